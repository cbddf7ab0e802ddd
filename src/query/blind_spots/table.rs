use geo::Geometry;
use serde_json::{Value as Json, json};

use super::{BlindSpots, to_square_metre};
use crate::{
    city::City,
    domain::{Language, Title},
    export::ResultTable,
    query::{Answer, Row, table::to_table},
};

/// What the table is called: the service and whom it leaves out.
fn title(found: &BlindSpots) -> Title {
    let item = &found.norm.title;
    Title {
        zh: format!("{}覆盖盲区", item.zh),
        en: format!("{}: blind spots", item.en),
    }
}

/// What a blind spot is called: the area in which most of its people live, and how many areas of
/// the level it takes in.
pub fn spot_name(first: &str, areas: usize, level: &str, language: Language) -> String {
    match (areas, language) {
        (0 | 1, _) => first.to_owned(),
        (_, Language::Zh) => format!("{first}等 {areas} 个{level}"),
        (_, Language::En) => format!("{first} and {} more", areas - 1),
    }
}

/// The blind spots as a table, one row each, with their outlines.
pub fn blind_spots_table(city: &City, found: &BlindSpots, language: Language) -> ResultTable {
    let answer = &found.answer;
    let level = answer.query["level"].as_str();
    let level = level.and_then(|level| city.catalog().area_layer(level));
    let level = level.map_or("", |level| level.title.in_language(language));
    let row = |(number, spot): (usize, &super::BlindSpot)| {
        let mut row = Row::new();
        row.insert("rank".into(), json!(number + 1));
        row.insert("code".into(), json!(spot.code));
        let names: Vec<&str> = spot.areas.iter().map(|area| area.name(language)).collect();
        let first = names.first().copied().unwrap_or_default();
        let name = spot_name(first, names.len(), level, language);
        row.insert("name".into(), json!(name));
        let between = match language {
            Language::Zh => "、",
            Language::En => ", ",
        };
        row.insert("area_names".into(), json!(names.join(between)));
        row.insert("uncovered".into(), json!(spot.uncovered));
        row.insert("demand_uncovered".into(), json!(spot.demand_uncovered));
        row.insert("homes".into(), json!(spot.homes));
        row.insert("area_km2".into(), json!(spot.area_km2));
        row.insert("lon".into(), json!(spot.lon));
        row.insert("lat".into(), json!(spot.lat));
        row
    };
    let spots = &found.blind_spots;
    let mut totals = Row::new();
    let sum = |pick: fn(&super::BlindSpot) -> i64| spots.iter().map(pick).sum::<i64>();
    totals.insert("rank".into(), json!(spots.len()));
    totals.insert("uncovered".into(), json!(sum(|spot| spot.uncovered)));
    totals.insert("homes".into(), json!(sum(|spot| spot.homes)));
    let demand = spots.iter().map(|spot| spot.demand_uncovered);
    totals.insert(
        "demand_uncovered".into(),
        json!(demand.sum::<Option<i64>>()),
    );
    let area: f64 = spots.iter().map(|spot| spot.area_km2).sum();
    totals.insert("area_km2".into(), json!(to_square_metre(area)));
    let answer = Answer {
        query: answer.query.clone(),
        definition: answer.definition.clone(),
        provenance: answer.provenance.clone(),
        rows: spots.iter().enumerate().map(row).collect::<Vec<Row>>(),
        totals,
        left_out: answer.left_out.clone(),
    };
    let mut table = to_table(city, &answer, title(found), language);
    let shapes = spots
        .iter()
        .map(|s| Geometry::MultiPolygon(s.geometry.clone()));
    table.geometries = Some(shapes.collect());
    table
}

/// The blind spots as GeoJSON features; who is not covered stands beside them in `rows`.
pub fn blind_spots_to_geojson(found: &BlindSpots) -> Json {
    let feature = |(number, spot): (usize, &super::BlindSpot)| {
        let mut properties = json!(spot);
        properties["rank"] = json!(number + 1);
        let geometry = geojson::Geometry::from(&spot.geometry);
        json!({"type": "Feature", "id": number + 1, "geometry": geometry, "properties": properties})
    };
    let features: Vec<Json> = found.blind_spots.iter().enumerate().map(feature).collect();
    let mut collection = json!(found.answer);
    collection["type"] = json!("FeatureCollection");
    collection["features"] = json!(features);
    collection["norm"] = json!(found.norm);
    collection
}
