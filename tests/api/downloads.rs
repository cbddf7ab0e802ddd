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
async fn a_workbook_names_its_source_in_its_language() {
    let app = App::new();
    for (language, source, input) in [
        ("zh", "来源 test", " test；"),
        ("en", "Source a test", " a test;"),
    ] {
        let path = format!("/api/layers/residences/download?format=xlsx&lang={language}");
        let told = notes(app.get(&path).await.body);
        assert!(told.lines().any(|line| line == source), "{told}");
        let path = format!("/api/balance?level=district&format=xlsx&lang={language}");
        let told = notes(app.get(&path).await.body);
        assert!(told.contains(input), "{told}");
    }
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
    // A file of shapes has them, whether the question says so or not.
    let mut without = question.clone();
    without["geometry"] = Json::Bool(false);
    for question in [question, without] {
        let shapes = app
            .post("/api/catchments?format=geojson", question)
            .await
            .json();
        let features = shapes["features"].as_array().unwrap();
        assert_eq!(features.len(), 6);
        assert!(features.iter().all(|f| f["geometry"]["type"].is_string()));
    }
}

#[tokio::test]
async fn columns_of_one_name_say_which_layer_they_are_of() {
    let app = App::new();
    app.import("clinics", "id,lon,lat,名称,床位\nk,113.05,23.05,医院,20\n");
    app.import(
        "elderly_care",
        "id,lon,lat,名称,养老床位\ne,113.05,23.05,养老院,30\n",
    );
    let question = json!({"origins": [{"layer": "stations", "id": "s1"}], "cutoffs": [3000]});
    let headings = async |language: &str| {
        let path = format!("/api/catchments?format=csv&lang={language}");
        let table = app.post(&path, question.clone()).await;
        let text = String::from_utf8(table.body).unwrap();
        text.lines().next().expect("headings").to_owned()
    };
    let english = headings("en").await;
    let mut all: Vec<&str> = english.split(',').collect();
    assert!(all.contains(&"Health facilities: Beds (beds)"), "{english}");
    let before = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), before, "{english}");
    // What is told apart by its own name stays as short as it was.
    let chinese = headings("zh").await;
    assert!(
        chinese.split(',').any(|heading| heading == "床位(张)"),
        "{chinese}"
    );
}

/// The cells of the last sheet as text: what the numbers mean and where they come from.
fn notes(bytes: Vec<u8>) -> String {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    let last = book.sheet_names().last().expect("a sheet").clone();
    let range = book.worksheet_range(&last).expect("a sheet");
    let lines = range.rows().map(|row| {
        let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
        cells.join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_notes_of_a_workbook_are_in_words_and_not_in_keys() {
    let app = App::new();
    let book = app.get("/api/balance?level=district&format=xlsx").await;
    let notes = notes(book.body);
    assert!(notes.contains("人口口径 常住人口"), "{notes}");
    assert!(
        notes.contains("居住 就业人口：无值 1 行，区外 1 行"),
        "{notes}"
    );
    assert!(!notes.contains("residences.employed_residents"), "{notes}");
}

#[tokio::test]
async fn a_floating_ratio_is_not_called_the_ratio_of_the_counts_beside_it() {
    let app = App::new();
    let path = "/api/balance?level=district&format=xlsx";
    let heads = |rows: Vec<Vec<String>>, head: &str| rows[0].iter().any(|h| h.starts_with(head));
    let plain = sheet(app.get(path).await.body);
    assert!(heads(plain, "职住比"));
    let floating = sheet(app.get(&format!("{path}&catchment_m=3000")).await.body);
    assert!(heads(floating.clone(), "浮动服务区职住比"));
    assert!(!heads(floating, "职住比"));
}

#[tokio::test]
async fn the_total_row_says_why_it_has_no_ratio() {
    let app = App::new();
    app.remove("workplaces", &["x", "y", "z"]);
    app.remove("residences", &["a", "b", "c"]);
    let path = "/api/balance?level=city&format=csv";
    let text = String::from_utf8(app.get(path).await.body).expect("UTF-8");
    let total = text.lines().last().expect("a total");
    assert!(
        total.starts_with("合计") && total.contains("无数据"),
        "{text}"
    );
}
