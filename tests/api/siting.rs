use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use super::helpers::App;

fn question(more: Json) -> Json {
    let mut question = json!({
        "layer": "clinics", "objective": "cover", "sites": 2, "cutoff": 1000,
        "candidates": {"grid_m": 500}
    });
    let more = more.as_object().expect("fields").clone();
    question.as_object_mut().expect("fields").extend(more);
    question
}

/// Four homes far from each other and no clinic yet: one in each of the two largest.
#[tokio::test]
async fn sites_come_in_the_order_of_their_use() {
    let app = App::new();
    let answer = app.post("/api/siting", question(json!({}))).await.json();
    let rows = answer["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["rank"], &rows[0]["newly_covered"]),
        (&json!(1), &json!(400))
    );
    assert_eq!(
        (&rows[1]["code"], &rows[1]["name"]),
        (&json!("440105"), &json!("丙区"))
    );
    assert_eq!(rows[1]["cumulative_covered"], 710);
    assert_eq!(rows[1]["cumulative_share"], json!(710.0 / 900.0));
    assert_eq!(rows[0]["overlap_existing"], 0.0);
    assert_eq!(answer["totals"]["uncovered"], 190);
    assert_eq!(answer["totals"]["existing"], 0);
    let proof = json!({"value": 710.0, "bound": 710.0, "gap": 0.0, "is_proven": true});
    assert_eq!(answer["proof"], proof);
    assert_eq!(answer["out_of_reach"]["people"], 0);
    assert_eq!(answer["query"]["demand"], "usual_residents");
    assert_eq!(answer["provenance"]["caliber"], "usual_residents");
}

#[tokio::test]
async fn an_area_asks_for_its_own_people() {
    let app = App::new();
    let asked = question(json!({"area": "440104", "sites": 3}));
    let answer = app.post("/api/siting", asked).await.json();
    assert_eq!(answer["rows"].as_array().expect("rows").len(), 1);
    assert_eq!(answer["totals"]["demand"], 180);
    assert_eq!(answer["totals"]["share_after"], 1.0);
}

#[tokio::test]
async fn stations_that_stand_serve_and_planned_ones_do_not() {
    let app = App::new();
    let asked = question(json!({"layer": "stations", "cutoff": 900}));
    let answer = app.post("/api/siting", asked).await.json();
    // s1 and s2 stand at a; s3 is entered near b only by an entrance that is being built.
    assert_eq!(answer["totals"]["existing"], 3);
    assert_eq!(answer["totals"]["covered_before"], 400);
    assert_eq!(answer["rows"][0]["newly_covered"], 310);
}

#[tokio::test]
async fn sites_as_files_bear_headings_and_the_proof() {
    let app = App::new();
    let csv = app
        .post("/api/siting?format=csv", question(json!({})))
        .await;
    let text = String::from_utf8(csv.body).expect("UTF-8");
    let head = text.lines().next().expect("a heading");
    assert!(
        head.contains("序号") && head.contains("新增覆盖人口(人)"),
        "{head}"
    );
    assert!(text.contains("合计"), "{text}");
    let places = app
        .post("/api/siting?format=geojson", question(json!({})))
        .await
        .json();
    assert_eq!(places["features"][0]["geometry"]["type"], "Point");
    let sheet = app
        .post("/api/siting?format=xlsx&lang=en", question(json!({})))
        .await;
    assert_eq!(sheet.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_no_question_is_refused_with_its_field() {
    let app = App::new();
    for (more, said) in [
        (json!({"sites": 0}), "sites"),
        (
            json!({"candidates": {"layer": "nowhere"}}),
            "candidate layer",
        ),
        (json!({"layer": "districts"}), "facility layer"),
        (json!({"objective": "best"}), "objective"),
        (json!({"more": 1}), "more"),
    ] {
        let answer = app.post("/api/siting", question(more)).await;
        assert!(answer.status.is_client_error());
        let text = String::from_utf8(answer.body).expect("UTF-8");
        assert!(text.contains(said), "{text}");
    }
}

/// Primary schools that the districts lack: the seats count where a site stands.
#[tokio::test]
async fn places_go_where_districts_lack_them() {
    let app = App::new();
    let schools = "id,lon,lat,名称,办学类型,小学学位,班数\ns1,113.05,23.05,甲小,小学,300,8\n";
    let homes = "id,经度,纬度,常住人口,6–11岁\ne,113.0501,23.05,900,400\nf,113.09,23.09,100,50\n";
    app.import("schools", schools);
    app.import("residences", homes);
    let asked = json!({
        "layer": "schools", "objective": "shortfall", "demand": "age_6_11", "cutoff": 500,
        "candidates": {"grid_m": 500}, "sites": 3,
        "shortfall": {"service": "primary_school", "level": "district", "capacity": 100},
    });
    let answer = app.post("/api/siting", asked.clone()).await.json();
    let gaps = app
        .get("/api/gaps?level=district&services=primary_school")
        .await
        .json();
    let totals = &answer["totals"];
    assert_eq!(totals["shortfall"], gaps["totals"][0]["shortfall"]);
    assert_eq!(totals["shortfall"], 150);
    assert_eq!(
        (&totals["shortfall_after"], &totals["sites_to_close"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(answer["rows"].as_array().expect("rows").len(), 2);
    assert_eq!(answer["rows"][0]["code"], "440103");
    assert_eq!(answer["remaining"][0]["added_capacity"], 200);
    let csv = app.post("/api/siting?format=csv", asked).await;
    let text = String::from_utf8(csv.body).expect("UTF-8");
    let head = text.lines().next().expect("a heading");
    for heading in ["新增规模(个)", "补足缺口(个)", "新建后缺口(个)"] {
        assert!(head.contains(heading), "{head}");
    }
}
