//! Several dated states of one city: every question and tile at a date, and what changed since.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use suitu::{
    domain::Crosswalk,
    store::{Definition, ImportRecord, Store},
};

use super::helpers::App;

const HOMES_2010: &str = "id,lon,lat,常住人口,就业人口,户数\n\
    a,113.05,23.05,300,150,100\nb,113.15,23.05,180,90,60\n";

/// The small city with its homes of 2010.
fn app() -> App {
    let app = App::new();
    app.import_at("residences", "2010", "homes.csv", HOMES_2010);
    app
}

fn row<'j>(found: &'j Json, code: &str) -> &'j Json {
    let rows = found["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["code"] == code).expect("a row")
}

#[tokio::test]
async fn a_question_reads_each_layer_at_or_before_its_date_and_says_which() {
    let app = app();
    let layers = app.get("/api/layers/residences").await.json();
    let periods = layers["periods"].as_array().expect("states").iter();
    let periods: Vec<&Json> = periods.map(|state| &state["period"]).collect();
    assert_eq!(periods, ["2010", "2020-11-01"]);
    let city = app.get("/api/city").await.json();
    assert_eq!(city["periods"], json!(["2010", "2020-11-01"]));
    let asked = |period: &str| format!("/api/balance?level=district{period}");
    let now = app.get(&asked("")).await.json();
    assert_eq!(row(&now, "440103")["usual_residents"], 400);
    let same = app.get(&asked("&period=2020-11-01")).await.json();
    assert_eq!(same["rows"], now["rows"], "the newest is asked by default");
    let then = app.get(&asked("&period=2015")).await.json();
    assert_eq!(row(&then, "440103")["usual_residents"], 300);
    assert_eq!(
        row(&then, "440103")["jobs"],
        Json::Null,
        "jobs are of later days"
    );
    let dates = |found: &Json| -> Vec<(String, String)> {
        let inputs = found["provenance"]["inputs"].as_array().expect("inputs");
        let text = |value: &Json| value.as_str().expect("a text").to_owned();
        let dated = inputs
            .iter()
            .map(|i| (text(&i["layer"]), text(&i["reference_date"])));
        dated.collect()
    };
    assert_eq!(dates(&then), [("residences".to_owned(), "2010".to_owned())]);
    let sums = json!({"area": "440103", "period": "2015"});
    let sums = app.post("/api/statistics", sums).await.json();
    assert_eq!(sums["totals"]["residences.usual_residents"], 300);
    let file = app
        .get("/api/layers/residences/download?format=csv&period=2015")
        .await;
    assert_eq!(
        String::from_utf8(file.body).expect("text").lines().count(),
        3
    );
    let tile = |period: &str| format!("/tiles/residences/9/416/222{period}");
    let [newest, older] = [
        app.get(&tile("")).await,
        app.get(&tile("?period=2015")).await,
    ];
    assert_eq!(
        (newest.status, older.status),
        (StatusCode::OK, StatusCode::OK)
    );
    assert_ne!(newest.headers["etag"], older.headers["etag"]);
    let again = app.get(&tile("?period=2012-05")).await;
    assert_eq!(
        again.headers["etag"], older.headers["etag"],
        "one state, the same bytes"
    );
}

#[tokio::test]
async fn a_date_before_all_data_is_answered_by_those_that_there_are() {
    let app = app();
    for (path, periods) in [
        (
            "/api/balance?level=district&period=2009",
            json!(["2010", "2020-11-01"]),
        ),
        (
            "/api/balance?level=city&period=2009",
            json!(["2010", "2020-11-01"]),
        ),
        (
            "/api/areas?level=district&period=2009",
            json!(["2010", "2020-11-01"]),
        ),
        (
            "/api/layers/workplaces/features?period=2015",
            json!(["2020-11-01"]),
        ),
        (
            "/api/layers/workplaces/download?format=csv&period=2015",
            json!(["2020-11-01"]),
        ),
        (
            "/api/layers/workplaces/values/jobs?period=2015",
            json!(["2020-11-01"]),
        ),
        (
            "/tiles/workplaces/14/13336/7124?period=2015",
            json!(["2020-11-01"]),
        ),
        ("/tiles/workplaces.json?period=2015", json!(["2020-11-01"])),
        (
            "/api/change?question=areas&level=district&from=2009",
            json!(["2010", "2020-11-01"]),
        ),
    ] {
        let refused = app.get(path).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
        let problem = refused.json();
        assert_eq!(
            (&problem["field"], &problem["periods"]),
            (&json!("period"), &periods),
            "{path}"
        );
    }
    let body = json!({"origins": [{"lon": 113.05, "lat": 23.05, "name": "x"}], "cutoffs": [500], "unit": "m", "period": "2009"});
    let refused = app.post("/api/catchments", body).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    // A layer without any data is no question of dates.
    assert_eq!(
        app.get("/tiles/parks/9/416/222?period=2015").await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_change_has_both_times_their_difference_and_its_share() {
    let app = app();
    let path = "/api/change?question=areas&level=district&from=2010";
    let found = app.get(path).await.json();
    let first = row(&found, "440103");
    let of = |side: &str| first[format!("{side}.residences.usual_residents")].clone();
    assert_eq!(
        [of("then"), of("now"), of("difference")],
        [json!(300), json!(400), json!(100)]
    );
    assert_eq!(of("change_share").as_f64(), Some(100.0 / 300.0));
    let same = row(&found, "440104");
    assert_eq!(same["difference.residences.usual_residents"], 0);
    assert_eq!(
        same["change_share.residences.usual_residents"].as_f64(),
        Some(0.0)
    );
    let new = row(&found, "440105");
    assert_eq!(
        (
            &new["then.residences.usual_residents"],
            &new["change_share.residences.usual_residents"]
        ),
        (&json!(0), &Json::Null),
        "nobody was there: no share of it"
    );
    let difference = |row: &Json| row["difference.residences.usual_residents"].as_i64();
    let sum: i64 = found["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(difference)
        .sum();
    // One home of now lies outside all areas.
    let outside = found["left_out"]["residences.features"]["outside_areas"].as_i64();
    assert_eq!(
        (difference(&found["totals"][0]), outside),
        (Some(sum + 10), Some(1))
    );
    let text = app.get(&format!("{path}&format=csv")).await;
    let text = String::from_utf8(text.body).expect("text");
    let heads = text.lines().next().expect("headings");
    for head in [
        "基期 常住人口",
        "现期 常住人口",
        "变化 常住人口",
        "常住人口 增减(%)",
    ] {
        assert!(heads.contains(head), "{head}: {heads}");
    }
    let outlines = app.get(&format!("{path}&format=geojson")).await.json();
    assert_eq!(outlines["features"][0]["geometry"]["type"], "Polygon");
    let changed = app
        .get(&format!("{path}&changed_only=true&to=2010-12"))
        .await
        .json();
    assert_eq!(
        changed["rows"],
        json!([]),
        "one state differs from itself in nothing"
    );
    let posted = app
        .post(
            "/api/change?question=statistics&from=2010",
            json!({"area": "440103"}),
        )
        .await
        .json();
    assert_eq!(
        posted["totals"][0]["difference.residences.usual_residents"],
        100
    );
    assert_eq!(app.get(path).await.body, app.get(path).await.body);
    for (wrong, field) in [
        (
            "/api/change?question=areas&level=district&from=2020-11-01&to=2010",
            "from",
        ),
        ("/api/change?question=weather&from=2010", "question"),
    ] {
        let refused = app.get(wrong).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert_eq!(refused.json()["field"], field, "{wrong}");
    }
    for wrong in [
        "/api/change?question=areas&level=district",
        "/api/change?question=areas&level=district&from=soon",
    ] {
        assert_eq!(
            app.get(wrong).await.status,
            StatusCode::BAD_REQUEST,
            "{wrong}"
        );
    }
}

/// In 2010 the two southern districts were one.
const DISTRICTS_2010: &str = r#"{"type":"FeatureCollection","features":[
 {"type":"Feature","id":"440191","properties":{"name":"旧区"},"geometry":{"type":"Polygon","coordinates":[[[113.0,23.0],[113.2,23.0],[113.2,23.1],[113.0,23.1],[113.0,23.0]]]}},
 {"type":"Feature","id":"440105","properties":{"name":"丙区"},"geometry":{"type":"Polygon","coordinates":[[[113.0,23.1],[113.1,23.1],[113.1,23.2],[113.0,23.2],[113.0,23.1]]]}},
 {"type":"Feature","id":"440106","properties":{"name":"丁区"},"geometry":{"type":"Polygon","coordinates":[[[113.1,23.1],[113.2,23.1],[113.2,23.2],[113.1,23.2],[113.1,23.1]]]}}]}"#;

#[tokio::test]
async fn changed_codes_are_refused_by_name_until_a_crosswalk_says_what_became_of_them() {
    let app = app();
    app.import_at("districts", "2010", "old.geojson", DISTRICTS_2010);
    let path = "/api/change?question=areas&level=district&from=2010";
    let refused = app.get(path).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let detail = refused.json()["detail"]
        .as_str()
        .expect("a text")
        .to_owned();
    assert!(
        detail.contains("only then: 440191; only now: 440103, 440104"),
        "{detail}"
    );
    let links = json!([{"from": "440191", "to": "440103", "weight": 0.6},
        {"from": "440191", "to": "440104", "weight": 0.4}]);
    let text = json!({"level": "district", "from": "2010", "to": "2020-11-01", "links": links});
    app.put(|store: &dyn Store| {
        let definition = Definition {
            kind: Crosswalk::KIND.into(),
            id: "district.2010.2020-11-01".into(),
            text: text.to_string(),
            record: ImportRecord {
                source: "a notice".into(),
                ..ImportRecord::default()
            },
        };
        store.put_definitions(&[definition]).expect("written");
    });
    let found = app.get(path).await.json();
    let then = |code: &str| row(&found, code)["then.residences.usual_residents"].clone();
    assert_eq!((then("440103"), then("440104")), (json!(288), json!(192)));
    assert_eq!(found["query"]["crosswalk"], "district.2010.2020-11-01");
    let definition = found["definition"]["zh"].as_str().expect("a text");
    assert!(definition.contains("a notice"), "{definition}");
}
