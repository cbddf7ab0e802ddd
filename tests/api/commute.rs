use serde_json::{Value as Json, json};

use super::helpers::App;

fn row<'a>(answer: &'a Json, code: &str) -> &'a Json {
    let rows = answer["rows"].as_array().expect("rows");
    rows.iter()
        .find(|row| row["code"] == code)
        .expect("the area has a row")
}

#[tokio::test]
async fn the_containment_of_vector_v1_comes_over_http() {
    let app = App::new();
    for path in ["/api/commute?level=district", "/api/balance?level=district"] {
        let answer = app.get(path).await.json();
        for (code, contained, sufficient, independent) in [
            ("440103", 0.4, 0.8, 80.0 / 140.0),
            ("440104", 0.9, 0.3, 90.0 / 220.0),
            ("440105", 25.0 / 150.0, 0.5, 25.0 / 150.0),
        ] {
            let row = row(&answer, code);
            assert_eq!(row["self_containment"], json!(contained), "{path}");
            assert_eq!(row["self_sufficiency"], json!(sufficient), "{path}");
            assert_eq!(row["independence"], json!(independent), "{path}");
        }
        assert_eq!(answer["totals"]["self_containment"], json!(195.0 / 450.0));
    }
    let answer = app.get("/api/commute?level=district").await.json();
    let empty = row(&answer, "440106");
    assert_eq!(
        (&empty["self_containment"], &empty["reason"]),
        (&Json::Null, &json!("empty"))
    );
    let inputs = answer["provenance"]["inputs"].as_array().expect("inputs");
    assert!(
        inputs
            .iter()
            .any(|input| input["layer"] == "flows" && input["source"] == "test")
    );
}

#[tokio::test]
async fn straight_commutes_go_from_home_to_home() {
    let app = App::new();
    let answer = app
        .get("/api/commute?level=district&intrazonal=zero")
        .await
        .json();
    let totals = &answer["totals"];
    // Homes stand 0.1 degrees apart: in three corners of a square.
    let degree = 6371.0088f64.to_radians();
    let (south, diagonal) = (great_circle(0.1, 0.0), great_circle(0.1, 0.1));
    let north = 0.1 * degree;
    let observed = (105.0 * south + 35.0 * north + 115.0 * diagonal) / 450.0;
    let value = |key: &str| totals[key].as_f64().expect("a number");
    assert!(
        (value("observed_commute") - observed).abs() < 1e-5,
        "{totals}"
    );
    assert_eq!(totals["unit"], "km");
    assert!(value("minimum_commute") < observed && observed < value("maximum_commute"));
    let share = (observed - value("minimum_commute")) / observed;
    assert!((value("excess_share") - share).abs() < 1e-5);
    assert!((value("dissimilarity") - 4.0 / 9.0).abs() < 1e-12);
    assert_eq!(row(&answer, "440103")["center"], "population");
    assert_eq!(row(&answer, "440106")["center"], "inner_point");
    assert_eq!(row(&answer, "440103")["share_within_5_km"], json!(0.4));
}

/// Kilometres between the home at 113.15, 23.05 and the one `dx` west and `dy` north of it.
fn great_circle(dx: f64, dy: f64) -> f64 {
    let (a, b) = (23.05f64.to_radians(), (23.05 + dy).to_radians());
    let chord =
        ((b - a) / 2.0).sin().powi(2) + a.cos() * b.cos() * (dx.to_radians() / 2.0).sin().powi(2);
    2.0 * 6371.0088 * chord.sqrt().asin()
}

#[tokio::test]
async fn the_largest_flows_are_lines() {
    let app = App::new();
    let answer = app.get("/api/flows?level=district&limit=2").await.json();
    assert_eq!(answer["type"], "FeatureCollection");
    let features = answer["features"].as_array().expect("lines");
    assert_eq!(features.len(), 2);
    assert_eq!(features[0]["geometry"]["type"], "LineString");
    let first = &features[0]["properties"];
    assert_eq!(
        (&first["origin_code"], &first["commuters"]),
        (&json!("440105"), &json!(110))
    );
    assert_eq!(answer["totals"]["inside"], 195);
    assert_eq!(answer["totals"]["more_commuters"], 45);
    let one = app
        .get("/api/flows?level=district&area=440103")
        .await
        .json();
    assert_eq!(one["features"].as_array().expect("lines").len(), 4);
    // No other district lies in one.
    let path = "/api/flows?level=district&within=440103";
    let inside = app.get(path).await.json();
    assert_eq!(inside["features"], json!([]));
    assert_eq!(inside["totals"]["more_commuters"], 0);
    let csv = app
        .get("/api/flows?level=district&format=csv&lang=en")
        .await;
    let csv = String::from_utf8(csv.body).expect("UTF-8");
    assert!(csv.contains("Home code") && csv.contains("440105"), "{csv}");
}

#[tokio::test]
async fn what_cannot_be_asked_names_the_field() {
    let app = App::new();
    for (path, field) in [
        ("/api/commute?level=city", "level"),
        ("/api/commute?level=nowhere", "level"),
        ("/api/commute?level=subdistrict", "level"),
        ("/api/commute?level=district&mode=rail", "mode"),
        ("/api/commute?level=district&unit=min", "unit"),
        ("/api/commute?level=district&cost=walk", "cost"),
        ("/api/flows?level=district&limit=0", "limit"),
        ("/api/flows?level=district&within=99", "within"),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(answer.json()["field"], field, "{path}");
    }
}

#[tokio::test]
async fn the_commuting_space_and_its_cover_by_rail_stand_beside() {
    let app = App::new();
    let totals = |answer: &Json| answer["totals"].clone();
    let answer = app.get("/api/commute?level=district").await.json();
    // All three ends are needed for 90 %: the farthest is (1 − 2/9) ÷ (2/9) squared deviations out.
    let radius = totals(&answer)["commuting_space_radius_km"]
        .as_f64()
        .expect("kilometres");
    assert!((radius - 11.08).abs() < 0.05, "{radius}");
    // A station at the home of the first district, none at any workplace.
    assert_eq!(totals(&answer)["share_rail_both_ends"], 0.0);
    assert_eq!(totals(&answer)["rail_metres"], 800.0);
    app.import(
        "stations",
        "id,lon,lat,站名,制式\ns5,113.15,23.061,从化,地铁\n",
    );
    let answer = app.get("/api/commute?level=district").await.json();
    assert_eq!(totals(&answer)["share_rail_both_ends"], 100.0 / 450.0);
    let rows = answer["rows"].as_array().expect("rows");
    let of = |code: &str| rows.iter().find(|row| row["code"] == code).expect("a row");
    assert_eq!(of("440103")["share_rail_both_ends"], 0.5);
    assert_eq!(of("440104")["share_rail_both_ends"], 0.0);
}
