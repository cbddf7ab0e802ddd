use serde_json::{Value as Json, json};

use super::helpers::App;

fn row<'a>(answer: &'a Json, id: &str) -> &'a Json {
    let rows = answer["rows"].as_array().expect("rows");
    rows.iter()
        .find(|row| row["id"] == id)
        .expect("the place has a row")
}

fn jobs(measure: &str, more: Json) -> Json {
    let mut question = json!({
        "to": {"layer": "workplaces", "capacity": "jobs"}, "measure": measure, "cutoff": 2000
    });
    let more = more.as_object().expect("fields").clone();
    question.as_object_mut().expect("fields").extend(more);
    question
}

/// Within 2 km each home has a workplace of its own, but the one outside.
#[tokio::test]
async fn each_home_competes_for_its_own_jobs() {
    let app = App::new();
    let answer = app
        .post("/api/access", jobs("2sfca", json!({})))
        .await
        .json();
    for (id, value) in [
        ("a", 100.0 / 400.0),
        ("b", 300.0 / 180.0),
        ("c", 50.0 / 310.0),
    ] {
        assert_eq!(row(&answer, id)["value"], json!(value));
        assert_eq!(row(&answer, id)["reason"], Json::Null);
    }
    assert_eq!(row(&answer, "a")["code"], "440103");
    assert_eq!(row(&answer, "d")["value"], 0.0);
    assert_eq!(row(&answer, "d")["reason"], "no_supply_in_catchment");
    let summary = &answer["summary"];
    assert_eq!(
        (&summary["people"], &summary["supply"]),
        (&json!(900), &json!(450.0))
    );
    assert_eq!(answer["totals"]["value"], json!(450.0 / 900.0));
    assert_eq!(summary["lorenz"].as_array().expect("points").len(), 5);
    assert_eq!(answer["query"]["demand"], "usual_residents");
    assert_eq!(answer["provenance"]["inputs"][1]["layer"], "workplaces");
}

#[tokio::test]
async fn workers_may_be_the_ones_who_want_and_missing_ones_are_counted() {
    let app = App::new();
    let question = jobs(
        "competitive",
        json!({"demand": "employed_residents", "cutoff": 40000}),
    );
    let answer = app.post("/api/access", question).await.json();
    // Everyone in the city reaches every job: one for each of the 450 workers.
    assert_eq!(row(&answer, "a")["value"], 1.0);
    assert_eq!(answer["totals"], json!({"demand": 450, "value": 1.0}));
    assert_eq!(answer["summary"]["gini"], 0.0);
    assert_eq!(
        answer["left_out"]["residences.employed_residents"]["missing"],
        1
    );
    assert_eq!(row(&answer, "d")["demand"], Json::Null);
}

#[tokio::test]
async fn areas_have_the_mean_of_their_people() {
    let app = App::new();
    let question = jobs("cumulative", json!({"by": "district", "poverty_line": 200}));
    let answer = app.post("/api/access", question).await.json();
    assert_eq!(row(&answer, "440104")["value"], 300.0);
    assert_eq!(row(&answer, "440104")["demand"], 180);
    assert_eq!(row(&answer, "440106")["value"], Json::Null);
    assert_eq!(row(&answer, "440106")["reason"], "no_population");
    assert_eq!(
        answer["left_out"]["residences.usual_residents"]["outside_areas"],
        1
    );
    // 720 of 900 reach fewer than 200 jobs: 400 lack a half, 310 three quarters, 10 all.
    let fgt = &answer["summary"]["fgt"];
    assert_eq!(fgt["share_below"], json!(720.0 / 900.0));
    let depth = fgt["depth"].as_f64().expect("a number");
    assert!((depth - (400.0 * 0.5 + 310.0 * 0.75 + 10.0) / 900.0).abs() < 1e-12);
}

#[tokio::test]
async fn cells_and_areas_are_places_too() {
    let app = App::new();
    let question = jobs("2sfca", json!({"from": "grid", "cell_m": 500}));
    let answer = app.post("/api/access", question.clone()).await.json();
    assert_eq!(answer["rows"].as_array().expect("rows").len(), 4);
    let values = |answer: &Json| {
        let rows = answer["rows"].as_array().expect("rows").iter();
        let mut values: Vec<f64> = rows.filter_map(|row| row["value"].as_f64()).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    assert_eq!(values(&answer), [0.0, 50.0 / 310.0, 0.25, 300.0 / 180.0]);
    let squares = app
        .post("/api/access?format=geojson", question)
        .await
        .json();
    assert_eq!(squares["features"][0]["geometry"]["type"], "Polygon");
    let question = jobs(
        "nearest",
        json!({"from": "district", "nearest_k": 1, "cutoff": 3000}),
    );
    let answer = app.post("/api/access", question).await.json();
    assert_eq!(row(&answer, "440104")["name"], "乙区");
    let metres = row(&answer, "440104")["value"].as_f64().expect("metres");
    assert!((metres - 1111.95).abs() < 20.0, "{metres}");
    assert_eq!(row(&answer, "440106")["reason"], "no_reachable_pair");
}

#[tokio::test]
async fn each_facility_may_count_one_and_some_not_at_all() {
    let app = App::new();
    let stations = json!({
        "to": {"layer": "stations", "capacity": "features", "where": "name = '天河'"},
        "measure": "cumulative", "cutoff": 500
    });
    let answer = app.post("/api/access", stations).await.json();
    assert_eq!(row(&answer, "a")["value"], 1.0);
    assert_eq!(answer["summary"]["facilities"], 1);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_by_field() {
    let app = App::new();
    for (question, field, word) in [
        (
            json!({"to": {"layer": "workplaces"}, "measure": "2sfca", "cutoff": 9}),
            "to",
            "jobs",
        ),
        (jobs("2sfca", json!({"cutoff": null})), "cutoff", "15"),
        (jobs("2sfca", json!({"cutoff": 0})), "cutoff", "more than 0"),
        (
            jobs("2sfca", json!({"decay": {"kind": "linear"}})),
            "decay",
            "e2sfca",
        ),
        (jobs("gravity", json!({})), "decay", "gaussian"),
        (
            jobs("gravity", json!({"decay": {"kind": "power", "alpha": 1}})),
            "decay",
            "floor",
        ),
        (
            jobs(
                "e2sfca",
                json!({"decay": {"kind": "bands", "bands": [[9, 1], [5, 0.5]]}}),
            ),
            "decay",
            "rising",
        ),
        (jobs("raam", json!({})), "unit", "min"),
        (
            jobs("nearest", json!({"nearest_k": 0})),
            "nearest_k",
            "1 to",
        ),
        (
            jobs("nearest", json!({"poverty_line": 5})),
            "poverty_line",
            "less",
        ),
        (
            jobs("2sfca", json!({"from": "province"})),
            "from",
            "district",
        ),
        (
            jobs("2sfca", json!({"from": "grid", "cell_m": 1})),
            "cell_m",
            "50",
        ),
        (jobs("2sfca", json!({"by": "street"})), "by", "district"),
        (
            jobs("2sfca", json!({"demand": "age_0_2"})),
            "demand",
            "age_0_2",
        ),
        (jobs("2sfca", json!({"mode": "walk"})), "mode", "streets"),
        (jobs("2sfca", json!({"income": "name"})), "income", "name"),
        (
            jobs("2sfca", json!({"income": "usual_residents"})),
            "income",
            "per person",
        ),
    ] {
        let answer = app.post("/api/access", question.clone()).await;
        let problem = answer.json();
        assert_eq!(answer.status, 400, "{question} {problem}");
        assert_eq!(problem["field"], field, "{question} {problem}");
        let detail = problem["detail"].as_str().expect("words");
        assert!(detail.contains(word), "{detail}");
    }
    let answer = app.post("/api/access", jobs("magic", json!({}))).await;
    assert_eq!(answer.status, 400);
    let unknown = json!({"to": {"layer": "shops", "capacity": "features"}, "measure": "nearest", "cutoff": 9});
    assert_eq!(app.post("/api/access", unknown).await.status, 404);
}

#[tokio::test]
async fn rows_come_as_a_table_with_headings() {
    let app = App::new();
    let answer = app
        .post("/api/access?format=csv", jobs("2sfca", json!({})))
        .await;
    let text = String::from_utf8(answer.body).expect("UTF-8");
    assert!(text.starts_with("\u{feff}编号,代码,经度(度)"), "{text}");
    assert!(text.contains("范围内无设施"), "{text}");
    assert!(
        text.lines().last().is_some_and(|l| l.starts_with("合计")),
        "{text}"
    );
    let xlsx = app
        .post("/api/access?format=xlsx", jobs("2sfca", json!({})))
        .await;
    assert!(xlsx.body.starts_with(b"PK"));
    let points = app
        .post("/api/access?format=geojson", jobs("2sfca", json!({})))
        .await
        .json();
    assert_eq!(points["features"][0]["geometry"]["type"], "Point");
}
