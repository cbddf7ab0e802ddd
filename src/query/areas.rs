use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    Answer, Limits, Provenance, QueryError, Row,
    answer::definition,
    balance::area_sums,
    sources::{known, named_population, populations},
};
use crate::{
    city::{Area, City, LoadedLayer},
    domain::{LeftOut, Period},
    store::ControlTotal,
};

/// `GET /api/areas`: all areas of a level.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AreasQuery {
    pub level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The population attribute of the density; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
}

/// Every area of a level with its sizes and the sum of every count inside.
///
/// Where published totals were attached to a layer, `layer.attribute.official` and
/// `layer.attribute.difference` stand beside the sum.
///
/// # Errors
/// An unknown level or caliber.
pub fn areas(city: &City, query: &AreasQuery, limits: &Limits) -> Result<Answer<Row>, QueryError> {
    let period = query.period.as_ref();
    if query.level == "city" {
        return Err(QueryError::field(
            "level",
            "the whole city is in the totals of any level",
        ));
    }
    let areas = super::balance::areas_of_level(city, &query.level, period)?;
    let people = named_population(city, query.caliber.as_deref(), period)?;
    let counted: Vec<_> = city
        .layers_at(period)
        .filter(|l| !l.layer().is_area())
        .collect();
    let mut left_out = LeftOut::default();
    for loaded in &counted {
        limits.check()?;
        left_out_of(loaded, &query.level, &mut left_out);
    }
    let rows: Vec<Row> = areas
        .iter()
        .map(|area| {
            let mut row = describe(area);
            let density = people.as_ref().and_then(|source| {
                let by_area = source.loaded.index.sums_by_area(&query.level);
                let people = source.known(area_sums(&by_area, area))?;
                let km2 = area.density_area_km2();
                (km2 > 0.0).then(|| people as f64 / km2)
            });
            row.insert("density_per_km2".into(), json!(density));
            counts_into(&mut row, &counted, area);
            row
        })
        .collect();
    let mut totals = Row::new();
    let sum = |pick: fn(&Area) -> f64| areas.iter().map(|a| pick(a)).sum::<f64>();
    if areas.iter().all(|area| area.official_area_km2.is_some()) && !areas.is_empty() {
        totals.insert(
            "official_area_km2".into(),
            json!(sum(|a| a.official_area_km2.unwrap_or(0.0))),
        );
    }
    totals.insert("area_km2".into(), json!(sum(|a| a.area_km2)));
    for loaded in &counted {
        let (layer, sums) = (loaded.layer(), loaded.index.sums());
        totals.insert(format!("{}.features", layer.id), json!(sums.features));
        for (count, (_, attribute)) in layer.counts().enumerate() {
            if let Some(sum) = known(sums, count) {
                totals.insert(format!("{}.{}", layer.id, attribute.id), json!(sum));
            }
        }
    }
    let inputs = counted.iter().map(|l| &***l).chain(
        city.catalog()
            .area_layer(&query.level)
            .and_then(|l| city.layer(l.id.as_str(), period))
            .map(|l| &**l),
    );
    let caliber = people
        .as_ref()
        .map(|source| source.attribute().id.to_string());
    Ok(Answer {
        query: json!(query),
        definition: definition(city, "areas"),
        provenance: Provenance::of(city, period, caliber, inputs),
        rows,
        totals,
        left_out,
    })
}

fn left_out_of(loaded: &LoadedLayer, level: &str, left_out: &mut LeftOut) {
    let layer = loaded.layer();
    let by_area = loaded.index.sums_by_area(level);
    let outside = by_area.get(&None).map_or(0, |sums| sums.features);
    left_out.add_outside(layer.id.as_str(), "features", outside);
    for (count, (_, attribute)) in layer.counts().enumerate() {
        let sums = loaded.index.sums();
        if known(sums, count).is_some() {
            let missing = sums.counts[count].missing;
            left_out.add_missing(layer.id.as_str(), attribute.id.as_str(), missing);
        }
    }
}

fn describe(area: &Area) -> Row {
    let mut row = Row::new();
    row.insert("code".into(), json!(area.code));
    row.insert("name".into(), json!(area.name));
    row.insert("name_en".into(), json!(area.name_en));
    row.insert("level".into(), json!(area.level));
    row.insert("parent".into(), json!(area.parent));
    row.insert("official_area_km2".into(), json!(area.official_area_km2));
    row.insert("area_km2".into(), json!(area.area_km2));
    row.insert(
        "area_deviation_share".into(),
        json!(area.area_deviation_share()),
    );
    row.insert("bbox".into(), json!(area.bounds.as_array()));
    row.insert("center".into(), json!([area.place.0, area.place.1]));
    row
}

fn counts_into(row: &mut Row, counted: &[&std::sync::Arc<LoadedLayer>], area: &Area) {
    for loaded in counted {
        let layer = loaded.layer();
        let by_area = loaded.index.sums_by_area(area.level.as_str());
        let sums = area_sums(&by_area, area);
        row.insert(
            format!("{}.features", layer.id),
            json!(sums.map_or(0, |s| s.features)),
        );
        for (count, (_, attribute)) in layer.counts().enumerate() {
            if known(loaded.index.sums(), count).is_none() {
                continue;
            }
            let key = format!("{}.{}", layer.id, attribute.id);
            let value = sums.map_or(Some(0), |sums| known(sums, count));
            let official = control_total(loaded, area, attribute.id.as_str());
            row.insert(key.clone(), value.map_or(Json::Null, |v| json!(v)));
            if let Some(official) = official {
                row.insert(format!("{key}.official"), json!(official.value));
                let difference = value.map(|value| value - official.value);
                row.insert(format!("{key}.difference"), json!(difference));
            }
        }
    }
}

/// The published total of an attribute in an area.
pub(super) fn control_total<'l>(
    loaded: &'l LoadedLayer,
    area: &Area,
    attribute: &str,
) -> Option<&'l ControlTotal> {
    loaded.control_totals.iter().find(|total| {
        total.code == area.code && total.level == area.level && total.attribute == *attribute
    })
}

/// Everything about one area.
#[derive(Clone, Debug, Serialize)]
pub struct AreaCard {
    #[serde(flatten)]
    pub row: Row,
    /// From the largest area down to this one's parent.
    pub breadcrumb: Vec<AreaName>,
    /// The areas of the next smaller level inside.
    pub children: Vec<AreaName>,
    /// 口径对照: every population caliber side by side.
    pub calibers: Vec<CaliberValue>,
    pub geometry: geojson::Geometry,
    pub provenance: Provenance,
}

#[derive(Clone, Debug, Serialize)]
pub struct AreaName {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
}

impl AreaName {
    fn of(area: &Area) -> Self {
        AreaName {
            code: area.code.to_string(),
            name: area.name.clone(),
            name_en: area.name_en.clone(),
            level: area.level.to_string(),
        }
    }
}

/// One population figure with its caliber, date and source.
#[derive(Clone, Debug, Serialize)]
pub struct CaliberValue {
    pub attribute: String,
    pub title: crate::domain::Title,
    pub caliber: String,
    pub value: Option<i64>,
    pub reference_date: Period,
    pub source: String,
    /// The same in English; as it stands without it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_en: String,
    pub estimated: bool,
    /// The published total, where one was attached.
    pub official: Option<i64>,
}

/// The card of one area.
///
/// # Errors
/// No area has this code.
pub fn area_card(
    city: &City,
    code: &str,
    period: Option<&Period>,
    limits: &Limits,
) -> Result<AreaCard, QueryError> {
    let missing = || QueryError::NotFound {
        what: "area",
        name: code.chars().take(64).collect(),
    };
    let area = city.areas().find(city, code, period).ok_or_else(missing)?;
    let query = AreasQuery {
        level: area.level.to_string(),
        period: period.cloned(),
        caliber: None,
    };
    let answer = areas(city, &query, limits)?;
    let row = answer
        .rows
        .into_iter()
        .find(|row| row.get("code") == Some(&json!(area.code)));
    let layer = city
        .catalog()
        .area_layer(area.level.as_str())
        .ok_or_else(missing)?;
    let loaded = city.layer(layer.id.as_str(), period).ok_or_else(missing)?;
    let geometry = loaded.index.geometry(area.feature);
    Ok(AreaCard {
        row: row.ok_or_else(missing)?,
        breadcrumb: breadcrumb(city, area, period),
        children: children(city, area, period),
        calibers: caliber_values(city, area, period),
        geometry: geojson::Geometry::from(&geometry),
        provenance: answer.provenance,
    })
}

fn breadcrumb(city: &City, area: &Area, period: Option<&Period>) -> Vec<AreaName> {
    let mut found = Vec::new();
    let mut parent = area.parent.clone();
    while let Some(code) = parent.take() {
        let Some(above) = city.areas().find(city, code.as_str(), period) else {
            break;
        };
        // Ten levels are more than any city has; a circle in the data ends here.
        if found.len() >= 10 {
            break;
        }
        found.push(AreaName::of(above));
        parent = above.parent.clone();
    }
    found.reverse();
    found
}

fn children(city: &City, area: &Area, period: Option<&Period>) -> Vec<AreaName> {
    let levels = city.catalog().levels();
    let smaller = levels
        .iter()
        .skip_while(|level| **level != area.level)
        .skip(1);
    for level in smaller {
        let inside = city.areas().at(level.as_str(), period).iter();
        let inside: Vec<AreaName> = inside
            .filter(|child| child.parent.as_ref() == Some(&area.code))
            .map(AreaName::of)
            .collect();
        if !inside.is_empty() {
            return inside;
        }
    }
    Vec::new()
}

pub(super) fn caliber_values(
    city: &City,
    area: &Area,
    period: Option<&Period>,
) -> Vec<CaliberValue> {
    populations(city, period)
        .into_iter()
        .map(|source| {
            let by_area = source.loaded.index.sums_by_area(area.level.as_str());
            let attribute = source.attribute();
            let input = super::answer::Input::of(&source.loaded);
            CaliberValue {
                attribute: attribute.id.to_string(),
                title: attribute.title.clone(),
                caliber: attribute.caliber.clone(),
                value: source.known(area_sums(&by_area, area)),
                reference_date: input.reference_date,
                estimated: input.estimated.contains(&attribute.id),
                official: control_total(&source.loaded, area, attribute.id.as_str())
                    .map(|total| total.value),
                source: input.source,
                source_en: input.source_en,
            }
        })
        .collect()
}
