//! The built-in layer and term definitions, and the folder that may override them.

use std::{fs, io, path::Path};

use rust_embed::Embed;

use crate::domain::{
    BalanceRules, Catalog, CatalogError, CommuteRules, Layer, NormSet,
    zoning::{RuleError, ZoningRules},
};

#[derive(Embed)]
#[folder = "layers/"]
#[include = "*.toml"]
#[exclude = "*/*"]
struct BuiltIn;

#[derive(Embed)]
#[folder = "layers/norms/"]
#[prefix = "norms/"]
#[include = "*.toml"]
struct BuiltInNorms;

/// Why the definitions could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    #[error("cannot read layer definitions in {folder}: {source}")]
    Read { folder: String, source: io::Error },
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Zoning(#[from] RuleError),
}

/// The built-in definitions, overridden and extended by the `*.toml` files in `folder` and in its
/// folder `norms`.
///
/// # Errors
/// A folder that cannot be read, or a definition that contradicts itself, by file name.
pub fn read_catalog(folder: Option<&Path>) -> Result<Catalog, DefinitionError> {
    let mut files: Vec<(String, String)> = Vec::new();
    let built_in = BuiltIn::iter().map(|name| (BuiltIn::get(&name), name));
    let norms = BuiltInNorms::iter().map(|name| (BuiltInNorms::get(&name), name));
    for (file, name) in built_in.chain(norms) {
        let bytes = file.expect("an embedded name has an embedded file").data;
        let text = String::from_utf8(bytes.into_owned()).expect("definitions are UTF-8");
        files.push((name.into_owned(), text));
    }
    files.sort();
    if let Some(folder) = folder {
        let mut folders = vec![folder.to_owned()];
        let norms = folder.join("norms");
        folders.extend(norms.is_dir().then_some(norms));
        for folder in folders {
            files.extend(
                read_folder(&folder).map_err(|source| DefinitionError::Read {
                    folder: folder.display().to_string(),
                    source,
                })?,
            );
        }
    }
    let catalog = Catalog::parse(
        files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    )?;
    Ok(catalog.with_zoning(read_zoning(folder)?))
}

/// The text of a norm set as it is built in, with its comments: a file to start from.
pub fn norms_text(set: &NormSet, catalog: &Catalog) -> String {
    let built_in = BuiltInNorms::get(&format!("norms/{}.toml", set.id));
    let text = built_in.and_then(|file| String::from_utf8(file.data.into_owned()).ok());
    let same = |text: &String| NormSet::parse(text, catalog).is_ok_and(|known| known == *set);
    let written = || toml::to_string_pretty(set).expect("a norm set is a table");
    text.filter(same).unwrap_or_else(written)
}

/// The columns that street lines of one's own may have; no layer of a city.
pub fn street_lines() -> Layer {
    let text = include_str!("../layers/streets/lines.toml");
    toml::from_str(text).expect("the built-in definition holds together")
}

/// When jobs and homes are called balanced.
pub fn balance_rules() -> BalanceRules {
    let text = include_str!("../layers/balance/rules.toml");
    toml::from_str(text).expect("the built-in rules hold together")
}

/// What the yearly monitor of commuting measures by.
pub fn commute_rules() -> CommuteRules {
    let text = include_str!("../layers/commute/monitor.toml");
    toml::from_str(text).expect("the built-in rules hold together")
}

/// What the rows of a line table hold; no layer of a city.
pub fn line_rows() -> Layer {
    let text = include_str!("../layers/transit/lines.toml");
    toml::from_str(text).expect("the built-in definition holds together")
}

/// The columns of [`line_rows`] that a template offers: one unit for each quantity.
pub fn line_rows_to_fill() -> Layer {
    let mut table = line_rows();
    let spare = ["run_min", "headway_s", "band"];
    table
        .attributes
        .retain(|attribute| !spare.contains(&attribute.id.as_str()));
    table
}

/// The rules of layout classes: the built-in ones and those in the `zoning` of the folder.
fn read_zoning(folder: Option<&Path>) -> Result<Vec<ZoningRules>, DefinitionError> {
    let built_in = (
        "layers/zoning/default.toml".to_owned(),
        zoning_rules_text().to_owned(),
    );
    let mut files = vec![built_in];
    let own = folder.map(|folder| folder.join("zoning"));
    if let Some(own) = own.filter(|own| own.is_dir()) {
        files.extend(read_folder(&own).map_err(|source| DefinitionError::Read {
            folder: own.display().to_string(),
            source,
        })?);
    }
    let read = files
        .iter()
        .map(|(name, text)| ZoningRules::from_toml(name, text));
    Ok(read.collect::<Result<_, _>>()?)
}

/// The file that a city's own rules of layout classes begin as.
pub fn zoning_rules_text() -> &'static str {
    include_str!("../layers/zoning/default.toml")
}

fn read_folder(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            files.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::domain::{NormItem, Role, SecurityLevel, TermFormat, Title, zoning::Indicator};

    fn built_in() -> Catalog {
        read_catalog(None).expect("the built-in definitions hold together")
    }

    /// A heading as an import compares it: no case, separators or unit in brackets.
    fn plain(heading: &str) -> String {
        let bare = heading.split(['(', '（']).next().unwrap_or(heading);
        let kept = bare.chars().filter(|c| !" _-.·/".contains(*c));
        kept.flat_map(char::to_lowercase).collect()
    }

    fn spellings(layer: &Layer) -> impl Iterator<Item = (&str, &str)> {
        layer.attributes.iter().flat_map(|attribute| {
            let own = [
                attribute.id.as_str(),
                &attribute.title.zh,
                &attribute.title.en,
            ];
            let all = own
                .into_iter()
                .chain(attribute.aliases.iter().map(String::as_str));
            all.map(move |spelling| (attribute.id.as_str(), spelling))
        })
    }

    #[test]
    fn the_layers_of_the_contract_are_built_in() {
        let catalog = built_in();
        for id in [
            "residences",
            "workplaces",
            "schools",
            "kindergartens",
            "clinics",
            "elderly_care",
            "parks",
            "stations",
            "entrances",
            "districts",
            "planning_units",
            "subdistricts",
            "communities",
        ] {
            let layer = catalog.layer(id).unwrap_or_else(|| panic!("{id}"));
            assert!(layer.with_role(Role::Name).is_some(), "{id} has a name");
        }
        let levels: Vec<String> = catalog
            .levels()
            .iter()
            .map(|l| l.as_str().to_owned())
            .collect();
        assert_eq!(
            levels,
            ["district", "planning_unit", "subdistrict", "community"]
        );
    }

    #[test]
    fn no_built_in_layer_demands_accounts() {
        for layer in built_in().layers() {
            assert!(layer.level <= SecurityLevel::Internal, "{}", layer.id);
        }
    }

    #[test]
    fn a_heading_fits_at_most_one_attribute_of_a_layer() {
        const OF_PLACE: [&str; 9] = ["id", "编号", "lon", "lat", "x", "y", "经度", "纬度", "wkt"];
        for layer in built_in().layers() {
            let mut owners: BTreeMap<String, &str> = BTreeMap::new();
            for (attribute, spelling) in spellings(layer) {
                let heading = plain(spelling);
                assert!(!heading.is_empty(), "{}: `{spelling}`", layer.id);
                assert!(
                    !OF_PLACE.contains(&heading.as_str()),
                    "{}: `{spelling}` names an id or a place",
                    layer.id
                );
                let owner = *owners.entry(heading).or_insert(attribute);
                assert_eq!(owner, attribute, "{}: `{spelling}`", layer.id);
            }
        }
    }

    #[test]
    fn a_category_value_has_one_meaning() {
        for layer in built_in().layers() {
            for attribute in &layer.attributes {
                let mut owners: BTreeMap<String, &str> = BTreeMap::new();
                for value in &attribute.values {
                    let own = [&value.code, &value.title.zh, &value.title.en];
                    for spelling in own.into_iter().chain(&value.aliases) {
                        let owner = *owners
                            .entry(spelling.to_lowercase())
                            .or_insert(value.code.as_str());
                        assert_eq!(owner, value.code, "{}: `{spelling}`", attribute.id);
                    }
                }
            }
        }
    }

    #[test]
    fn every_text_is_in_both_languages() {
        let catalog = built_in();
        for layer in catalog.layers() {
            let attributes = layer.attributes.iter().map(|a| &a.title);
            for title in attributes.chain([&layer.title, &layer.source]) {
                assert!(
                    !title.zh.is_empty() && !title.en.is_empty(),
                    "{}: {title:?}",
                    layer.id
                );
            }
            let titles = layer.attributes.iter().map(|a| &a.title);
            let distinct: BTreeSet<&String> = titles.clone().map(|t| &t.zh).collect();
            assert_eq!(
                distinct.len(),
                titles.count(),
                "{}: a heading twice",
                layer.id
            );
        }
    }

    /// The keys of the rows that design and API promise, but `layer.attribute`.
    const RESULT_KEYS: &str = "code name name_en level parent official_area_km2 area_km2 density_area_km2 \
        area_deviation_share density_per_km2 usual_residents employed_residents households jobs \
        jobs_per_employed_resident jobs_per_household balance_index entropy_mix age_0_14 age_15_59 age_60_plus age_65_plus residents_change_share catchment_jobs \
        catchment_employed_residents catchment_jobs_per_employed_resident areas_count \
        balanced_areas share_balanced more_workers_areas more_jobs_areas undefined_areas \
        lowest_ratio highest_ratio reason layer attribute title unit caliber value missing \
        features origin cutoff entrances exclusive nearest multiplicity share_overlap covered \
        uncovered total share_covered id lon lat period area_names \
        station station_area tier lines opened core_residents core_jobs influence_residents \
        influence_jobs influence_employed_residents residents_per_km2 jobs_per_km2 \
        activity_per_km2 station_type residents straight_residents walk_residents \
        straight_share_residents walk_share_residents straight_jobs walk_jobs \
        straight_share_jobs walk_share_jobs jobs_reason walk_reason before_residents \
        after_residents difference_residents gained_residents lost_residents \
        before_share_residents after_share_residents before_jobs after_jobs difference_jobs \
        covered_m2 uncovered_m2 total_m2 gained_jobs lost_jobs before_share_jobs after_share_jobs \
        commuters inside out_commuters in_commuters self_containment self_sufficiency independence \
        mean_distance_km share_within_5_km mean_minutes share_within_45_min share_over_60_min \
        center observed_commute minimum_commute maximum_commute random_commute excess_share \
        potential_used dissimilarity mismatch leaving_city entering_city without_way origin_code \
        origin_name destination_code destination_name share_of_origin share_of_destination \
        more_flows more_commuters commuting_space_radius_km share_rail_both_ends rail_metres \
        scale units undefined_units balanced_units over_units under_units share_balanced_units \
        share_balanced_workers least_ratio median_ratio greatest_ratio jobs_gini nominal_units \
        self_containment_threshold \
        rank site within_reach newly_covered newly_covered_beside overlap_existing \
        cumulative_covered cumulative_share mean_cost largest_cost site_capacity site_served sites existing \
        covered_before share_before covered_after share_after beside beside_before \
        mean_cost_before mean_cost_after largest_cost_before largest_cost_after served_before served_after newly_served added_capacity shortfall_after \
        service facilities capacity capacity_unit capacity_unknown required shortfall surplus net \
        fulfilment evaluation straight_covered straight_uncovered straight_share_covered \
        straight_demand_uncovered straight_reason network_covered network_uncovered \
        network_share_covered network_demand_uncovered network_reason shared_per_1000 \
        share_below_norm shared_reason change_facilities change_capacity change_required \
        change_shortfall norm.provision norm.enrolment_rate norm.service_radius norm.walk \
        norm.class_size unit.facility unit.per_person unit.per_1000 unit.per_10000 \
        unit.persons_per_facility \
        demand_uncovered homes school school_kind classes children_within children_nearest \
        children_beyond shortfall_in \
        demand from to seconds metres reached percentile \
        indicator indicator_title target_year figure_kind target actual actual_year actual_date \
        actual_source completion_share target_difference status target_share_of_city \
        actual_share_of_city source source_date confidence target_of_year district \
        present_residents planned_residents planned_capacity capacity_ratio \
        planned_capacity_ratio capacity_of class reasons guidance stability outline_class \
        undecided conflicts override_reason override_by override_at";

    #[test]
    fn every_result_column_and_question_is_defined() {
        let catalog = built_in();
        let questions = "balance balance_report balance_floating balance_floating_network age_structure commute flows \
            statistics areas calibers \
            catchments catchments_walk catchments_bicycle catchments_car coverage coverage_walk \
            coverage_bicycle coverage_car coverage.population coverage.buildings \
            coverage.residential_land coverage.land gaps blind_spots school_places station_areas station_areas_network station_coverage \
            station_change station_change_network access access_cumulative access_gravity \
            access_competitive access_2sfca access_e2sfca access_3sfca access_bfca access_raam \
            access_nearest costs costs_walk costs_matrix coverage_matrix catchments_matrix \
            costs_bicycle costs_car costs_transit catchments_transit \
            coverage_transit travel_times travel_times_walk travel_times_bicycle travel_times_car \
            travel_times_transit travel_times_matrix siting siting_cover siting_median siting_centre siting_set \
            siting_capacity zoning plan compare change crosswalk then now change_share";
        for key in RESULT_KEYS
            .split_whitespace()
            .chain(questions.split_whitespace())
        {
            let term = catalog
                .term(key)
                .unwrap_or_else(|| panic!("no term `{key}`"));
            let texts = [
                &term.title.zh,
                &term.title.en,
                &term.definition.zh,
                &term.definition.en,
            ];
            assert!(texts.iter().all(|text| !text.is_empty()), "{key}");
        }
    }

    #[test]
    fn every_indicator_of_rules_is_a_term_in_its_unit() {
        let catalog = built_in();
        for indicator in Indicator::ALL {
            let key = indicator.key();
            let term = catalog
                .term(key)
                .unwrap_or_else(|| panic!("no term `{key}`"));
            let unit = match term.format {
                TermFormat::Share => "share",
                _ if term.unit.is_empty() => "ratio",
                _ => term.unit.as_str(),
            };
            assert_eq!(unit, indicator.unit(), "{key}");
        }
    }

    #[test]
    fn rules_hold_together() {
        let balance = balance_rules();
        assert!(balance.band.least < 1.0 && 1.0 < balance.band.most);
        let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let (note, nominal) = (&balance.band.note, &balance.nominal);
        assert!(is_chinese(&note.zh) && is_chinese(&nominal.source));
        for english in [&balance.band.source, &note.en, &nominal.source_en] {
            assert!(!english.is_empty() && !is_chinese(english));
        }
        let commute = commute_rules();
        assert!((0.5..1.0).contains(&commute.space.share));
        assert!(built_in().layer(&commute.rail.layer).is_some());
        for source in [
            &balance.band.source,
            &commute.space.source,
            &commute.rail.source,
        ] {
            assert!(!source.is_empty());
        }
    }

    #[test]
    fn what_a_chinese_source_says_is_told_in_english_too() {
        let catalog = built_in();
        let norms = catalog.norm_sets().flat_map(|set| {
            let figures = set.items.iter().flat_map(NormItem::figures);
            let figures = figures.map(|(_, figure)| figure.source_title());
            figures.chain([set.source_title()])
        });
        let rules = catalog.zoning().flat_map(|rules| {
            let criteria = rules.criteria().into_iter();
            let criteria = criteria.map(|own| Title::of_source(&own.source, &own.source_en));
            criteria.chain([Title::of_source(&rules.source, &rules.source_en)])
        });
        let sources: Vec<Title> = norms.chain(rules).collect();
        assert!(sources.len() > 40);
        for source in sources {
            let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
            assert!(!source.en.contains(is_chinese), "{source:?}");
        }
    }

    #[test]
    fn rules_of_a_folder_stand_beside_the_built_in_ones() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = folder.path().join("zoning");
        fs::create_dir(&own).expect("a folder");
        let text = zoning_rules_text().replace("id = \"default\"", "id = \"own\"");
        fs::write(own.join("own.toml"), text).expect("written");
        let catalog = read_catalog(Some(folder.path())).expect("sound definitions");
        let ids: Vec<&str> = catalog.zoning().map(|rules| rules.id.as_str()).collect();
        assert_eq!(ids, ["default", "own"]);
        assert!(catalog.zoning().all(|rules| rules.placeholder));
        fs::write(own.join("own.toml"), "id = 1").expect("written");
        let error = read_catalog(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("own.toml"), "{error}");
    }

    #[test]
    fn every_unit_is_defined() {
        let catalog = built_in();
        let of_layers = catalog
            .layers()
            .flat_map(|l| l.attributes.iter().map(|a| &a.unit));
        for unit in of_layers.chain(catalog.terms().map(|term| &term.unit)) {
            let known = unit.is_empty() || catalog.term(&format!("unit.{unit}")).is_some();
            assert!(known, "no term `unit.{unit}`");
        }
    }

    #[test]
    fn a_folder_adds_a_layer_and_replaces_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let markets = r##"
id = "markets"
kind = "facility"
geometry = "point"
level = "public"
title = { zh = "菜市场", en = "Markets" }
zoom = { min = 0, max = 22, detail = 8 }
style = { color = "#336699" }
[[attributes]]
id = "stalls"
type = "count"
title = { zh = "摊位", en = "Stalls" }
role = "capacity"
"##;
        fs::write(folder.path().join("markets.toml"), markets).expect("written");
        let catalog = read_catalog(Some(folder.path())).expect("sound definitions");
        assert!(catalog.layer("markets").is_some() && catalog.layer("residences").is_some());
        fs::write(folder.path().join("markets.toml"), "id = 1").expect("written");
        let error = read_catalog(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("markets.toml"), "{error}");
    }
}
