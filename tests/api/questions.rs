use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use super::helpers::App;

fn row<'a>(answer: &'a Json, code: &str) -> &'a Json {
    let rows = answer["rows"].as_array().expect("rows");
    rows.iter()
        .find(|row| row["code"] == code)
        .expect("the area has a row")
}

#[tokio::test]
async fn the_balance_of_vector_v1_comes_over_http() {
    let app = App::new();
    let answer = app.get("/api/balance?level=district").await.json();
    for (code, ratio) in [("440103", 0.5), ("440104", 3.0), ("440105", 50.0 / 150.0)] {
        assert_eq!(
            row(&answer, code)["jobs_per_employed_resident"],
            json!(ratio)
        );
    }
    assert_eq!(
        row(&answer, "440106")["jobs_per_employed_resident"],
        Json::Null
    );
    assert_eq!(row(&answer, "440106")["reason"], "empty");
    assert_eq!(answer["totals"]["jobs"], 450);
    assert_eq!(answer["totals"]["employed_residents"], 450);
    assert_eq!(answer["totals"]["jobs_per_employed_resident"], 1.0);
    let left_out = &answer["left_out"]["residences.employed_residents"];
    assert_eq!(
        (&left_out["missing"], &left_out["outside_areas"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(answer["provenance"]["inputs"][0]["source"], "test");
}

#[tokio::test]
async fn a_floating_catchment_as_large_as_the_city_has_one_ratio() {
    let app = App::new();
    let answer = app
        .get("/api/balance?level=district&catchment_m=60000")
        .await
        .json();
    assert_eq!(row(&answer, "440103")["jobs_per_employed_resident"], 1.0);
    assert_eq!(row(&answer, "440103")["catchment_jobs"], 450.0);
    let answer = app
        .get("/api/balance?level=district&catchment_m=3000")
        .await
        .json();
    assert_eq!(row(&answer, "440104")["jobs_per_employed_resident"], 3.0);
}

#[tokio::test]
async fn density_uses_the_official_area_and_tells_how_far_the_outline_deviates() {
    let app = App::new();
    let answer = app.get("/api/areas?level=district").await.json();
    let first = row(&answer, "440103");
    assert_eq!(first["density_per_km2"], json!(400.0 / 110.0));
    let drawn = first["area_km2"].as_f64().expect("a number");
    let deviation = first["area_deviation_share"].as_f64().expect("a number");
    assert!((deviation - (drawn - 110.0) / 110.0).abs() < 1e-12);
    assert_eq!(row(&answer, "440105")["area_deviation_share"], Json::Null);
    assert_eq!(answer["totals"]["residences.usual_residents"], 900);
    assert_eq!(
        answer["left_out"]["residences.features"]["outside_areas"],
        1
    );
}

#[tokio::test]
async fn a_polygon_around_everything_gives_the_totals() {
    let app = App::new();
    let ring = json!([
        [112.0, 22.0],
        [114.0, 22.0],
        [114.0, 24.0],
        [112.0, 24.0],
        [112.0, 22.0]
    ]);
    let question = json!({"geometry": {"type": "Polygon", "coordinates": [ring]}});
    let answer = app.post("/api/statistics", question).await.json();
    assert_eq!(answer["totals"]["residences.usual_residents"], 900);
    assert_eq!(answer["totals"]["residences.features"], 4);
    assert_eq!(answer["totals"]["workplaces.jobs"], 450);
    assert_eq!(
        answer["left_out"]["residences.employed_residents"]["missing"],
        1
    );
    let answer = app
        .post("/api/statistics", json!({"area": "440104"}))
        .await
        .json();
    assert_eq!(answer["totals"]["residences.usual_residents"], 180);
}

#[tokio::test]
async fn a_circle_stands_beside_each_catchment_in_every_form() {
    let app = App::new();
    let question = |more: Json| {
        let mut question = json!({"origins": [{"layer": "stations", "id": "s1"},
            {"layer": "stations", "id": "s2"}], "cutoffs": [500, 50, 500]});
        let fields = question.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        question
    };
    let key = "residences.usual_residents";
    let plain = app
        .post("/api/catchments", question(json!({})))
        .await
        .json();
    assert!(plain["catchments"][0].get("straight").is_none());
    // Of s2 only 500 m reach the 400 people beside s1.
    let asked = question(json!({"straight_m": [50, 500, 50]}));
    let answer = app.post("/api/catchments", asked.clone()).await.json();
    let found = answer["catchments"].as_array().expect("catchments");
    let of = |n: usize| {
        (
            &found[n]["cutoff"],
            &found[n]["straight_m"],
            &found[n]["straight"][key],
        )
    };
    assert_eq!(found.len(), 4);
    assert_eq!(of(2), (&json!(500.0), &json!(50.0), &json!(0)));
    assert_eq!(of(3), (&json!(50.0), &json!(500.0), &json!(400)));
    assert_eq!(answer["union"][0]["straight"][key], 400);
    let one = question(json!({"straight_m": [50]}));
    let one = app.post("/api/catchments", one).await.json();
    assert_eq!(one["catchments"][3]["straight_m"], 50.0);
    // What is told is the same in a table and on a map.
    let features = app
        .post("/api/catchments?format=geojson", asked.clone())
        .await
        .json();
    let properties = &features["features"][3]["properties"];
    assert_eq!(properties[format!("straight.{key}")], 400);
    assert_eq!(properties[format!("against_straight.{key}")], -1.0);
    assert_eq!(
        features["features"][2]["properties"][format!("against_straight.{key}")],
        Json::Null
    );
    let csv = app.post("/api/catchments?format=csv&lang=zh", asked).await;
    let csv = String::from_utf8(csv.body).expect("UTF-8");
    let heading = csv.lines().next().expect("a heading");
    for column in ["圆形半径", "圆形 常住人口", "常住人口 与圆形之差"] {
        assert!(heading.contains(column), "{column}: {heading}");
    }
    for (wrong, words) in [
        (json!([50, 500]), "one for each"),
        (json!([0]), "more than 0"),
    ] {
        let refused = app
            .post("/api/catchments", question(json!({"straight_m": wrong})))
            .await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let problem = refused.json();
        assert_eq!(problem["field"], "straight_m");
        assert!(
            problem["detail"]
                .as_str()
                .expect("a detail")
                .contains(words),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn two_stations_side_by_side_share_their_people() {
    let app = App::new();
    let question = json!({
        "origins": [{"layer": "stations", "id": "s1"}, {"layer": "stations", "id": "s2"}],
        "cutoffs": [50, 500], "geometry": true
    });
    let answer = app.post("/api/catchments", question).await.json();
    let catchments = answer["catchments"].as_array().expect("catchments");
    assert_eq!(catchments.len(), 4);
    let people = |n: usize, part: &str| catchments[n][part]["residences.usual_residents"].clone();
    assert_eq!(
        (people(0, "totals"), people(0, "exclusive")),
        (json!(400), json!(400))
    );
    assert_eq!(
        (people(1, "totals"), people(1, "exclusive")),
        (json!(400), json!(0))
    );
    assert_eq!(people(2, "totals"), json!(0));
    assert_eq!(
        answer["union"][1]["totals"]["residences.usual_residents"],
        400
    );
    assert_eq!(catchments[0]["origin"]["name"], "天河");
    assert_eq!(catchments[0]["geometry"]["type"], "Polygon");
}

#[tokio::test]
async fn coverage_counts_each_person_once() {
    let app = App::new();
    let path = "/api/coverage?layer=stations&cutoff=500&level=district";
    let answer = app.get(path).await.json();
    assert_eq!(row(&answer, "440103")["share_covered"], 1.0);
    assert_eq!(row(&answer, "440104")["share_covered"], 0.0);
    assert_eq!(row(&answer, "440106")["share_covered"], Json::Null);
    assert_eq!(answer["totals"]["covered"], 400);
    assert_eq!(answer["totals"]["total"], 900);
    let answer = app
        .get(&format!("{path}&denominator=buildings"))
        .await
        .json();
    assert_eq!(answer["totals"]["total"], 4);
}

#[tokio::test]
async fn places_are_found_by_initials() {
    let app = App::new();
    let answer = app.get("/api/search?q=thq").await.json();
    assert_eq!(answer["rows"], json!([]));
    let answer = app.get("/api/search?q=th").await.json();
    assert_eq!(answer["rows"][0]["name"], "天河");
    assert_eq!(answer["rows"][0]["context"], "甲区");
}

#[tokio::test]
async fn the_same_rows_come_as_csv_and_xlsx() {
    let app = App::new();
    let answer = app.get("/api/balance?level=district&format=csv").await;
    let text = String::from_utf8(answer.body).expect("UTF-8");
    assert!(text.starts_with("\u{feff}代码,单元"), "{text}");
    assert!(
        text.contains("440104,乙区") && text.lines().last().is_some_and(|l| l.starts_with("合计"))
    );
    let answer = app.get("/api/balance?level=district&format=xlsx").await;
    assert!(answer.body.starts_with(b"PK"));
    let again = app.get("/api/balance?level=district&format=xlsx").await;
    assert!(
        answer.body == again.body,
        "the same question gives the same bytes"
    );
}

#[tokio::test]
async fn balance_is_told_at_several_scales_at_once() {
    let app = App::new();
    let report = app.get("/api/balance_report").await.json();
    let rows = report["rows"].as_array().expect("rows");
    let of = |scale: &str| {
        rows.iter()
            .find(|row| row["scale"] == scale)
            .expect("a scale")
    };
    // The whole city is balanced, none of its districts is.
    assert_eq!(of("city")["balanced_units"], 1);
    let district = of("district");
    assert_eq!(district["units"], 4);
    for (key, wanted) in [
        ("undefined_units", 1),
        ("balanced_units", 0),
        ("over_units", 1),
        ("under_units", 2),
    ] {
        assert_eq!(district[key], wanted, "{key}");
    }
    assert_eq!(district["greatest_ratio"], 3.0);
    assert_eq!(district["self_containment"], 195.0 / 450.0);
    assert_eq!(district["nominal_units"], 0);
    // The city as one unit has no self-containment of its own; an area has that of its commuters.
    assert!(of("city").get("self_containment").is_none());
    let area = app.get("/api/balance_report?area=440103").await.json();
    assert_eq!(area["rows"][0]["scale"], "district");
    assert_eq!(area["rows"][0]["self_containment"], 0.4);
    // Within 5 km every home has the jobs of its own district.
    assert_eq!(of("catchment_m")["units"], 3);
    assert_eq!(of("catchment_m")["median_ratio"], 0.5);
    assert_eq!(of("minutes")["reason"], "no_streets");
    let grid = of("grid")["units"].as_u64().expect("a number");
    assert!((3..=6).contains(&grid), "{grid}");
    let title = report["title"]["zh"].as_str().expect("a title");
    assert!(
        title.contains("就业岗位 ÷ 就业人口，0.8–1.2 为平衡"),
        "{title}"
    );
    assert_eq!(report["rules"]["band"]["confidence"], "B");
}

#[tokio::test]
async fn who_is_balanced_by_count_alone_is_listed() {
    let app = App::new();
    let asked = "/api/balance_report?levels=district&least=0.3&most=3";
    let report = app.get(asked).await.json();
    // Self-containment 0.4, 0.9 and 1/6: the third is below the median.
    let nominal = report["nominal"].as_array().expect("a list");
    assert_eq!(nominal.len(), 1);
    assert_eq!(nominal[0]["code"], "440105");
    assert_eq!(nominal[0]["self_containment_threshold"], 0.4);
    let asked = format!("{asked}&self_containment=0.95&part=nominal&format=csv");
    let text = String::from_utf8(app.get(&asked).await.body).expect("UTF-8");
    assert!(
        text.contains("自足性阈值") && text.contains("甲区"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 4, "{text}");
    let table = app.get("/api/balance_report?format=csv&lang=en").await;
    let text = String::from_utf8(table.body).expect("UTF-8");
    assert!(
        text.contains("Share of workers in balanced units"),
        "{text}"
    );
    assert!(text.contains("Floating catchment, 5 km straight"), "{text}");
    for (asked, field) in [
        ("levels=street", "levels"),
        ("least=2&most=1", "least"),
        ("self_containment=7", "self_containment"),
        ("grid_m=1", "grid_m"),
        ("catchment_m=-1", "catchment_m"),
    ] {
        let answer = app.get(&format!("/api/balance_report?{asked}")).await;
        assert_eq!(answer.status, 400, "{asked}");
        assert_eq!(answer.json()["field"], field, "{asked}");
    }
}
