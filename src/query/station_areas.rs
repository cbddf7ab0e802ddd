use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Answer, Arrival, Departure, FoundOrigin, Limits, Mode, Provenance, QueryError, Row, Ruler,
    Travel, Unit,
    answer::definition,
    catchments::{Bands, Tally, reach, to_geojson_shape},
    origins::{choose, found_origin, layer_of},
    sources::{CountSource, known, named_population, with_role},
    station_coverage::stations,
    stations::{Entrances, StationTypes},
};
use crate::{
    analysis,
    city::{City, LoadedLayer},
    domain::{Language, LayerId, LayerKind, LeftOut, Period, Reason, Role, Title, measure},
    index::{FeatureRef, LayerIndex, Sums},
};

/// `GET /api/station_areas`: people and jobs around every station.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StationAreasQuery {
    #[serde(default = "stations")]
    pub layer: LayerId,
    /// Only the stations of this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    #[serde(default)]
    pub mode: Mode,
    #[serde(default)]
    pub unit: Unit,
    /// What minutes on foot are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    /// What minutes by bicycle are turned into metres by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    /// When one sets out, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// When one must be there, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// The longest walk to a first stop and from a last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    /// How far the core area reaches (核心区).
    #[serde(default = "usual_core")]
    pub core: f64,
    /// How far the influence area reaches (影响区).
    #[serde(default = "usual_influence")]
    pub influence: f64,
    /// The area level that each station is placed in.
    #[serde(default = "usual_level")]
    pub level: String,
    /// Only the stations in the area with this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The population attribute; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
}

fn usual_core() -> f64 {
    500.0
}

fn usual_influence() -> f64 {
    800.0
}

fn usual_level() -> String {
    "district".into()
}

/// The surroundings of one station (站点影响区), or of all together, each person once.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StationAreaRow {
    pub id: String,
    pub name: Option<String>,
    pub name_en: Option<String>,
    pub lines: Option<String>,
    /// The year.
    pub opened: Option<String>,
    /// How many entrances it was measured from; none where from its own place.
    pub entrances: Option<usize>,
    /// The area that it lies in.
    pub level: String,
    pub code: Option<String>,
    pub area: Option<String>,
    /// The plan tier of that area (圈层), where it has one.
    pub tier: Option<String>,
    pub core_residents: Option<i64>,
    pub core_jobs: Option<i64>,
    pub influence_residents: Option<i64>,
    pub influence_jobs: Option<i64>,
    pub influence_employed_residents: Option<i64>,
    /// Of the influence area.
    pub area_km2: Option<f64>,
    pub residents_per_km2: Option<f64>,
    pub jobs_per_km2: Option<f64>,
    /// 综合密度, residents and jobs.
    pub activity_per_km2: Option<f64>,
    pub jobs_per_employed_resident: Option<f64>,
    /// 站点类型, by [`StationTypes`].
    pub station_type: Option<String>,
    /// Why the ratio is undefined.
    pub reason: Option<Reason>,
    /// The influence area.
    #[serde(skip)]
    pub shape: Option<geojson::Geometry>,
}

/// People, jobs and densities in the core and the influence area of every station; an area that
/// belongs to several stations counts for each, in the totals once.
///
/// # Errors
/// An unknown layer, line, area, level or caliber; a core that reaches beyond the influence area.
pub fn station_areas(
    city: &City,
    query: &StationAreasQuery,
    limits: &Limits,
) -> Result<Answer<StationAreaRow>, QueryError> {
    let period = query.period.as_ref();
    let ruler = Ruler::new(city, &travel(query))?;
    let (core, influence) = (
        ruler.cost("core", query.core)?,
        ruler.cost("influence", query.influence)?,
    );
    if core > influence {
        let problem = "the core lies in the influence area: give at most its reach";
        return Err(QueryError::field("core", problem));
    }
    super::balance::areas_of_level(city, &query.level, period)?;
    let loaded = layer_of(city, &query.layer, period)?;
    let features = chosen(city, query, loaded)?;
    let entrances = Entrances::of(city, period);
    let origins: Vec<FoundOrigin> = features
        .iter()
        .map(|feature| found_origin(&entrances, loaded, *feature))
        .collect();
    let parts = Parts {
        people: named_population(city, query.caliber.as_deref(), period)?,
        employed: with_role(city, LayerKind::Residence, Role::Employed, period),
        jobs: with_role(city, LayerKind::Workplace, Role::Jobs, period),
    };
    let mut counted: Vec<&Arc<LoadedLayer>> = parts.all().map(|source| &source.loaded).collect();
    counted.sort_by(|a, b| a.layer().id.cmp(&b.layer().id));
    counted.dedup_by(|a, b| Arc::ptr_eq(a, b));
    let bands = Bands::new(&[core, influence]);
    let tallies = reach(&ruler, &counted, &origins, &bands, &mut None, limits)?;
    let shapes: Vec<_> = origins
        .par_iter()
        .map_init(
            || ruler.traveler(limits),
            |traveler, origin| traveler.shape(std::slice::from_ref(&origin.start), influence),
        )
        .collect::<Result<_, _>>()?;
    let types = StationTypes::built_in();
    let around = |pick: &dyn Fn(&Tally<'_>, usize) -> Sums, shape: geo::MultiPolygon<f64>| {
        let count = |source: &Option<CountSource>, cost: f64| {
            let source = source.as_ref()?;
            let mut tallies = tallies.iter();
            let tally = tallies.find(|tally| Arc::ptr_eq(tally.loaded, &source.loaded))?;
            known(&pick(tally, bands.of(cost)), source.count)
        };
        let row = StationAreaRow {
            core_residents: count(&parts.people, core),
            core_jobs: count(&parts.jobs, core),
            influence_residents: count(&parts.people, influence),
            influence_jobs: count(&parts.jobs, influence),
            influence_employed_residents: count(&parts.employed, influence),
            area_km2: Some(measure::area_km2(&geo::Geometry::MultiPolygon(
                shape.clone(),
            ))),
            shape: Some(to_geojson_shape(shape)),
            ..StationAreaRow::default()
        };
        with_ratios(row, &types)
    };
    let each = origins.iter().zip(&features).zip(shapes).enumerate();
    let rows = each.map(|(number, ((origin, feature), shape))| {
        let row = match ruler.is_measurable(&origin.start) {
            true => around(&|tally, band| tally.each.sums(number, band), shape),
            false => StationAreaRow {
                reason: Some(Reason::OffNetwork),
                ..StationAreaRow::default()
            },
        };
        describe(city, query, &loaded.index, *feature, origin, row)
    });
    let rows: Vec<StationAreaRow> = rows.collect();
    let starts: Vec<_> = origins.iter().map(|origin| origin.start.clone()).collect();
    let all = ruler.traveler(limits).shape(&starts, influence)?;
    let totals = around(&|tally, band| tally.union.sums(0, band), all);
    let mut left_out = LeftOut::default();
    for source in parts.all() {
        let (layer, attribute) = (source.layer_id(), source.attribute().id.as_str());
        let total = source.total(Some(source.loaded.index.sums()));
        left_out.add_missing(layer, attribute, total.missing);
    }
    let caliber = parts.people.as_ref().map(|p| p.attribute().id.to_string());
    let inputs = counted.iter().map(|l| &***l).chain([loaded]);
    let inputs = inputs.chain(entrances.sources(&query.layer));
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.extend(ruler.input());
    let mut asked = json!(query);
    asked["station_types"] = json!(types);
    let defined = definition(city, question(&query.mode));
    let in_words = types.in_words();
    Ok(Answer {
        query: asked,
        definition: Title {
            zh: defined.zh + &in_words.zh,
            en: defined.en + " " + &in_words.en,
        },
        provenance,
        rows,
        totals: StationAreaRow {
            level: "city".into(),
            ..totals
        },
        left_out,
    })
}

fn question(mode: &Mode) -> &'static str {
    match mode {
        Mode::Straight => "station_areas",
        _ => "station_areas_network",
    }
}

fn travel(query: &StationAreasQuery) -> Travel {
    Travel {
        mode: query.mode.clone(),
        unit: query.unit,
        walk_speed_km_h: query.walk_speed_km_h,
        bicycle_speed_km_h: query.bicycle_speed_km_h,
        departure: query.departure.clone(),
        arrival: query.arrival.clone(),
        max_walk_m: query.max_walk_m,
        ..Travel::default()
    }
}

/// The counts that the table is made of.
struct Parts {
    people: Option<CountSource>,
    employed: Option<CountSource>,
    jobs: Option<CountSource>,
}

impl Parts {
    fn all(&self) -> impl Iterator<Item = &CountSource> {
        [&self.people, &self.employed, &self.jobs]
            .into_iter()
            .flatten()
    }
}

/// The stations asked for, by id.
fn chosen(
    city: &City,
    query: &StationAreasQuery,
    loaded: &LoadedLayer,
) -> Result<Vec<FeatureRef>, QueryError> {
    let mut features = choose("line", loaded, query.line.as_deref(), None)?;
    if let Some(code) = &query.area {
        let area = city.areas().find(city, code, query.period.as_ref());
        let area = area.ok_or_else(|| QueryError::NotFound {
            what: "area",
            name: code.clone(),
        })?;
        let index = &loaded.index;
        let level = index.level_index(area.level.as_str());
        let code_of = |feature: &FeatureRef| index.area_code(*feature, level?);
        features.retain(|feature| code_of(feature) == Some(area.code.as_str()));
    }
    if features.len() > super::origins::MAX_ORIGINS {
        let problem = format!(
            "these are {} stations; give the code of an area or a line with at most {}",
            features.len(),
            super::origins::MAX_ORIGINS
        );
        return Err(QueryError::field("layer", problem));
    }
    Ok(features)
}

/// Densities and the type of a station area.
fn with_ratios(mut row: StationAreaRow, types: &StationTypes) -> StationAreaRow {
    let km2 = row.area_km2.filter(|km2| *km2 > 0.0);
    let density = |count: Option<i64>| Some(count? as f64 / km2?);
    row.residents_per_km2 = density(row.influence_residents);
    row.jobs_per_km2 = density(row.influence_jobs);
    let active = row.influence_residents.zip(row.influence_jobs);
    row.activity_per_km2 = density(active.map(|(residents, jobs)| residents + jobs));
    let ratio = analysis::ratio(row.influence_jobs, row.influence_employed_residents);
    row.station_type = types.of(ratio).map(|kind| kind.key.clone());
    (row.jobs_per_employed_resident, row.reason) = (ratio.ok(), ratio.err());
    row
}

/// Puts what is known of the station itself into its row.
fn describe(
    city: &City,
    query: &StationAreasQuery,
    index: &LayerIndex,
    feature: FeatureRef,
    origin: &FoundOrigin,
    row: StationAreaRow,
) -> StationAreaRow {
    let text = |role| {
        let at = index.layer().index_with_role(role)?;
        index.text(feature, at).map(str::to_owned)
    };
    let level_at = index.level_index(&query.level);
    let code = level_at.and_then(|level| index.area_code(feature, level));
    let period = query.period.as_ref();
    let area = code.and_then(|code| city.areas().find_at(&query.level, code, period));
    let year = |date: String| date.get(..4).map(str::to_owned);
    StationAreaRow {
        id: index.id(feature).to_owned(),
        name: origin.name.clone(),
        name_en: text(Role::NameEn),
        lines: text(Role::Lines),
        opened: text(Role::Opened).and_then(year),
        entrances: origin.entrances,
        level: query.level.clone(),
        code: code.map(str::to_owned),
        area: area.map(|area| area.name.clone()),
        tier: area.and_then(|area| tier_of(city, area, period)),
        ..row
    }
}

/// The category of an area, such as its plan tier.
fn tier_of(city: &City, area: &crate::city::Area, period: Option<&Period>) -> Option<String> {
    let layer = city.catalog().area_layer(area.level.as_str())?;
    let at = layer.index_with_role(Role::Category)?;
    let loaded = city.layer(layer.id.as_str(), period)?;
    loaded.index.text(area.feature, at).map(str::to_owned)
}

/// The table in words: station, tier and type named, for people to read.
pub fn flat_station_areas(
    city: &City,
    answer: &Answer<StationAreaRow>,
    language: Language,
) -> Answer<Row, Row> {
    let types = StationTypes::built_in();
    let tiers = |level: &str, code: &str| {
        let layer = city.catalog().area_layer(level)?;
        let tier = layer.with_role(Role::Category)?;
        let mut values = tier.values.iter();
        values
            .find(|value| value.code == code)
            .map(|value| value.title.clone())
    };
    let flat = |row: &StationAreaRow| {
        let mut flat = Row::new();
        let Ok(Json::Object(fields)) = serde_json::to_value(row) else {
            return flat;
        };
        let said = |title: Option<Title>| title.map(|title| title.in_language(language).to_owned());
        for (key, value) in fields {
            let (key, value) = match key.as_str() {
                "name" => ("station".to_owned(), value),
                "area" => ("station_area".to_owned(), value),
                "tier" => {
                    let tier = value
                        .as_str()
                        .and_then(|code| said(tiers(&row.level, code)));
                    (key, tier.map_or(value, Json::from))
                }
                "station_type" => {
                    let kind = value.as_str().and_then(|key| types.title_of(key).cloned());
                    (key, said(kind).map_or(value, Json::from))
                }
                "level" => continue,
                _ => (key, value),
            };
            flat.insert(key, value);
        }
        flat
    };
    Answer {
        query: answer.query.clone(),
        definition: answer.definition.clone(),
        provenance: answer.provenance.clone(),
        rows: answer.rows.iter().map(flat).collect(),
        totals: flat(&answer.totals),
        left_out: answer.left_out.clone(),
    }
}

/// The influence areas as GeoJSON features.
pub fn station_areas_to_geojson(answer: &Answer<StationAreaRow>) -> Json {
    let feature = |row: &StationAreaRow| json!({"type": "Feature", "id": row.id, "geometry": row.shape, "properties": row});
    let features: Vec<Json> = answer.rows.iter().map(feature).collect();
    json!({
        "type": "FeatureCollection",
        "features": features,
        "definition": answer.definition,
        "provenance": answer.provenance,
    })
}
