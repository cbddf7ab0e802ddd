use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use serde_json::{Value as Json, json};

use super::helpers::App;

/// The cells of the first sheet as text, row by row.
fn sheet(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let first = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&first).expect("a sheet");
    let text = |row: &[Data]| row.iter().map(ToString::to_string).collect();
    range.rows().map(text).collect()
}

#[tokio::test]
async fn a_layer_downloads_in_every_format_with_a_name_of_its_own() {
    let app = App::new();
    for (format, begins) in [
        ("xlsx", &b"PK"[..]),
        ("shapefile", b"PK"),
        ("csv", b"\xEF\xBB\xBF"),
        ("geojson", b"{"),
        ("geojsonl", b"{"),
        ("flatgeobuf", b"fgb"),
        ("gpkg", b"SQLite format 3"),
    ] {
        let path = format!("/api/layers/residences/download?format={format}");
        let file = app.get(&path).await;
        assert_eq!(file.status, 200, "{format}");
        assert!(file.body.starts_with(begins), "{format}");
        let name = file.headers["content-disposition"].to_str().unwrap();
        assert!(name.starts_with("attachment"), "{format}: {name}");
        assert_eq!(app.get(&path).await.body, file.body, "{format}");
    }
    let refused = app.get("/api/layers/residences/download?format=dwg").await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["detail"].as_str().unwrap().contains("gpkg"));
    assert_eq!(app.get("/api/layers/nothing/download").await.status, 404);
}

#[tokio::test]
async fn the_workbook_of_a_layer_sums_its_counts() {
    let app = App::new();
    let rows = sheet(app.get("/api/layers/workplaces/download").await.body);
    let jobs = rows[0]
        .iter()
        .position(|h| h.starts_with("就业岗位"))
        .unwrap();
    let last = rows.last().unwrap();
    assert_eq!((last[0].as_str(), last[jobs].as_str()), ("合计", "450"));
}

#[tokio::test]
async fn a_template_has_chinese_headings_to_fill() {
    let app = App::new();
    let rows = sheet(app.get("/api/layers/schools/template").await.body);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][0], "编号");
}

#[tokio::test]
async fn statistics_of_a_polygon_are_a_table_in_words() {
    let app = App::new();
    let ring = json!([
        [112.0, 22.0],
        [114.0, 22.0],
        [114.0, 24.0],
        [112.0, 24.0],
        [112.0, 22.0]
    ]);
    let question = json!({"geometry": {"type": "Polygon", "coordinates": [ring]}});
    let found = app
        .post("/api/statistics?format=xlsx", question.clone())
        .await;
    let rows = sheet(found.body);
    assert_eq!(rows[0][..3], ["图层", "要素数", "名称"]);
    let jobs = rows.iter().find(|row| row[2] == "就业岗位").expect("jobs");
    assert!(jobs.contains(&"450".to_owned()), "{jobs:?}");
    let plain = app.post("/api/statistics", question).await.json();
    let value = |rows: &Json| {
        let mut all = rows.as_array().unwrap().iter();
        all.find(|row| row["attribute"] == "jobs").unwrap()["value"].clone()
    };
    assert_eq!(value(&plain["rows"]), 450);
}

#[tokio::test]
async fn catchments_are_a_table_and_shapes() {
    let app = App::new();
    let question = json!({"origins": [{"layer": "stations", "id": "s1"}, {"layer": "stations", "id": "s2"}],
        "mode": "straight", "cutoffs": [500, 3000], "unit": "m", "geometry": true});
    let table = app
        .post("/api/catchments?format=csv", question.clone())
        .await;
    let text = String::from_utf8(table.body).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + 4 + 2, "{text}");
    assert!(lines[0].contains("独占 常住人口"), "{text}");
    assert!(lines[6].starts_with("合并"), "{text}");
    let shapes = app
        .post("/api/catchments?format=geojson", question)
        .await
        .json();
    let features = shapes["features"].as_array().unwrap();
    assert_eq!(features.len(), 6);
    assert!(features.iter().all(|f| f["geometry"]["type"].is_string()));
}
