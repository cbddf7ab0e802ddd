use serde_json::{Value as Json, json};

use super::helpers::App;

#[tokio::test]
async fn layers_tell_their_totals_dates_and_what_is_missing() {
    let app = App::new();
    let layer = app.get("/api/layers/residences").await.json();
    assert_eq!(layer["totals"]["usual_residents"], 900);
    assert_eq!(layer["missing"]["employed_residents"], 1);
    assert_eq!(layer["outside_areas"]["district"], 1);
    assert_eq!(layer["periods"][0]["period"], "2020-11-01");
    let layers = app.get("/api/layers").await.json();
    assert!(
        layers["rows"]
            .as_array()
            .is_some_and(|rows| rows.len() >= 11)
    );
}

#[tokio::test]
async fn sources_are_told_in_english_where_somebody_told_them() {
    let app = App::new();
    let layer = app.get("/api/layers/residences").await.json();
    let told = |of: &Json| (of["source"].clone(), of["source_en"].clone());
    let both = (json!("test"), json!("a test"));
    assert_eq!(told(&layer["periods"][0]), both);
    let card = app.get("/api/areas/440103").await.json();
    assert_eq!(told(&card["calibers"][0]), both);
    let city = app.get("/api/city").await.json();
    assert_eq!(told(&city["flows"][0]), (json!("test"), json!("")));
    let path = "/api/layers/residences/download?format=geojson";
    assert_eq!(told(&app.get(path).await.json()["provenance"]), both);
    let norms = app.get("/api/norms").await.json();
    let rows = norms["rows"].as_array().expect("rows");
    for row in rows {
        let english = row["source_en"].as_str().expect("a text");
        assert!(english.is_ascii() && !english.is_empty(), "{english}");
    }
}

#[tokio::test]
async fn features_come_page_by_page() {
    let app = App::new();
    let page = app
        .get("/api/layers/residences/features?limit=3")
        .await
        .json();
    assert_eq!(page["number_matched"], 4);
    assert_eq!(page["features"].as_array().map(Vec::len), Some(3));
    let next = page["next"].as_str().expect("a cursor");
    let rest = app
        .get(&format!(
            "/api/layers/residences/features?limit=3&cursor={next}"
        ))
        .await
        .json();
    assert_eq!(rest["features"].as_array().map(Vec::len), Some(1));
    assert_eq!(rest["next"], Json::Null);
    let page = app
        .get("/api/layers/residences/features?bbox=113,23,113.1,23.1")
        .await
        .json();
    assert_eq!(page["number_matched"], 1);
}

#[tokio::test]
async fn a_feature_knows_the_areas_around_it() {
    let app = App::new();
    let feature = app.get("/api/layers/workplaces/features/y").await.json();
    assert_eq!(feature["properties"]["jobs"], 300);
    assert_eq!(feature["properties"]["sector"], "J");
    assert_eq!(
        feature["areas"],
        json!([{"level": "district", "code": "440104", "name": "乙区"}])
    );
}

#[tokio::test]
async fn an_area_card_sets_the_calibers_side_by_side() {
    let app = App::new();
    let card = app.get("/api/areas/440103").await.json();
    assert_eq!(card["name"], "甲区");
    assert_eq!(card["calibers"][0]["attribute"], "usual_residents");
    assert_eq!(card["calibers"][0]["value"], 400);
    assert_eq!(card["calibers"][0]["reference_date"], "2020-11-01");
}

#[tokio::test]
async fn every_result_column_is_a_term_or_an_attribute() {
    let app = App::new();
    let terms = app.get("/api/terms").await.json();
    let known: Vec<&str> = terms["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|t| t["key"].as_str())
        .collect();
    for path in [
        "/api/balance?level=district&catchment_m=5000",
        "/api/areas?level=district",
        "/api/calibers?level=district",
        "/api/coverage?layer=stations&cutoff=500&level=district",
    ] {
        let answer = app.get(path).await.json();
        let rows = answer["rows"].as_array().expect("rows");
        for key in rows
            .iter()
            .flat_map(|row| row.as_object().expect("an object").keys())
        {
            let structural = matches!(key.as_str(), "bbox" | "center");
            assert!(
                structural || key.contains('.') || known.contains(&key.as_str()),
                "{path}: {key}"
            );
        }
    }
}

#[tokio::test]
async fn the_extent_of_the_city_leaves_out_what_lies_far_off_and_keeps_its_border() {
    let app = App::new();
    let extent = async || app.get("/api/city").await.json()["bbox"].clone();
    // One home lies half a degree away.
    let before = extent().await;
    assert_eq!(before, json!([113.0, 23.0, 113.2, 23.2]));
    app.import("residences", "id,经度,纬度,常住人口\nfar,118.9,26.9,5\n");
    assert_eq!(extent().await, before);
    app.import("residences", "id,经度,纬度,常住人口\nnear,113.39,23.39,5\n");
    assert_eq!(extent().await, json!([113.0, 23.0, 113.39, 23.39]));
    app.remove("residences", &["near"]);
    assert_eq!(extent().await, before);
}
