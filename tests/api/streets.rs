//! Questions along streets, by each way of travelling.

use serde_json::{Value as Json, json};
use suitu::{
    network::{Lines, Rules, graph_to_bytes},
    store::{ImportRecord, Store, StoredNetwork, geopackage::GeoPackage},
};

use super::helpers::App;

/// A triangle of one-way streets from home `a` and station `s1` (113.05, 23.05) east to workplace
/// `x` (113.06, 23.05), north, and back home; bicycles may go both ways.
fn bring_streets(store: &GeoPackage) {
    let corners = vec![
        [1_130_500_000, 230_500_000],
        [1_130_600_000, 230_500_000],
        [1_130_550_000, 230_600_000],
    ];
    let tags = [
        ("highway", "primary"),
        ("oneway", "yes"),
        ("oneway:bicycle", "no"),
    ];
    let networks: Vec<(String, StoredNetwork)> = Rules::all()
        .expect("sound rules")
        .into_iter()
        .map(|rules| {
            let lines = Lines {
                points: corners.clone(),
                lines: vec![vec![0, 1], vec![1, 2], vec![2, 0]],
                passages: vec![rules.passage(&tags).expect("a street"); 3],
                leg_cost_per_m: rules.leg_cost_per_m(),
                junctions: Default::default(),
            };
            let (graph, _) = lines.build().expect("a network");
            let network = StoredNetwork {
                period: "2020-08".parse().expect("a period"),
                record: ImportRecord {
                    source: "a bureau of streets".into(),
                    ..ImportRecord::default()
                },
                bytes: graph_to_bytes(&graph),
            };
            (rules.mode, network)
        })
        .collect();
    let networks: Vec<_> = networks.iter().map(|(m, n)| (m.as_str(), n)).collect();
    store.set_networks(&networks).expect("kept");
}

fn walks(origins: Json, destinations: Json) -> Json {
    json!({"origins": origins, "destinations": destinations, "mode": "walk"})
}

#[tokio::test]
async fn places_off_the_network_are_told_in_every_form() {
    let app = App::with(bring_streets);
    let home = json!({"lon": 113.05, "lat": 23.05, "name": "home"});
    let sea = json!({"lon": 112.0, "lat": 21.0, "name": "sea"});
    let work = json!({"lon": 113.06, "lat": 23.05, "name": "work"});
    let reef = json!({"lon": 111.0, "lat": 20.0});
    let some = walks(json!([home, sea]), json!([work, reef]));
    let answer = app.post("/api/travel_times", some.clone()).await.json();
    let rows = answer["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 3, "{answer}");
    assert_eq!(
        (&rows[0]["from"], &rows[0]["to"]),
        (&json!("home"), &json!("work"))
    );
    assert!(rows[0]["seconds"].as_u64().expect("a time") > 700);
    let lost = |from: Json, to: Json| json!({"from": from, "to": to, "seconds": null, "reason": "off_network"});
    assert_eq!(rows[1], lost(json!("sea"), Json::Null));
    assert_eq!(rows[2], lost(Json::Null, json!("111,20")));
    for side in ["origins", "destinations"] {
        let told = &answer["left_out"][format!("{side}.off_network")];
        assert_eq!(told["missing"], 1, "{answer}");
    }
    let csv = app.post("/api/travel_times?format=csv", some).await;
    let text = String::from_utf8(csv.body).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "\u{feff}from,to,seconds,reason");
    assert!(
        lines[1].starts_with("home,work,") && lines[1].ends_with(','),
        "{text}"
    );
    assert_eq!(
        lines[2..],
        ["sea,,,off_network", ",\"111,20\",,off_network"]
    );
    // Where nothing is lost there is no such column.
    let all = walks(json!([home]), json!([work]));
    let csv = app.post("/api/travel_times?format=csv", all).await;
    let text = String::from_utf8(csv.body).expect("UTF-8");
    assert!(text.starts_with("\u{feff}from,to,seconds\n"), "{text}");
    // Where no origin or no destination is on the network there is no answer.
    for (question, field, name) in [
        (walks(json!([sea]), json!([work])), "origins", "sea"),
        (
            walks(json!([home]), json!([reef])),
            "destinations",
            "111,20",
        ),
        (walks(json!([home]), json!({"layer": "stations"})), "", ""),
    ] {
        for path in ["/api/travel_times", "/api/travel_times?format=csv"] {
            let answer = app.post(path, question.clone()).await;
            if field.is_empty() {
                assert_eq!(answer.status, 200);
                continue;
            }
            assert_eq!(answer.status, 400);
            let problem = answer.json();
            assert_eq!(problem["field"], field, "{problem}");
            assert_eq!(problem["reason"], "off_network", "{problem}");
            assert_eq!(problem["values"]["names"], json!([name]), "{problem}");
        }
    }
}

#[tokio::test]
async fn a_cutoff_without_an_answer_says_what_is_allowed() {
    let app = App::with(bring_streets);
    for (cutoff, unit, most) in [(0.0, "m", 50_000), (525_600.0, "min", 666)] {
        let question = json!({"origins": [{"layer": "stations", "id": "s1"}], "mode": "walk",
            "unit": unit, "cutoffs": [cutoff]});
        let answer = app.post("/api/catchments", question).await;
        assert_eq!(answer.status, 400);
        let problem = answer.json();
        assert_eq!(problem["reason"], "beyond", "{problem}");
        assert_eq!(problem["field"], "cutoffs", "{problem}");
        assert_eq!(problem["values"], json!({"most": most, "unit": unit}));
    }
}

async fn jobs(app: &App, question: Json) -> Json {
    let mut body = json!({"origins": [{"layer": "stations", "id": "s1"}]});
    let fields = body.as_object_mut().expect("an object");
    fields.extend(question.as_object().expect("an object").clone());
    let answer = app.post("/api/catchments", body).await.json();
    let catchments = answer["catchments"].as_array().expect("an answer").iter();
    catchments
        .map(|catchment| catchment["totals"]["workplaces.jobs"].clone())
        .collect()
}

/// East 1,023 m and on around 2 × 1,224 m; at 65 km/h 57 s, around another 136 s.
#[tokio::test]
async fn each_mode_goes_its_own_way() {
    let app = App::with(bring_streets);
    let walk = json!({"mode": "walk", "cutoffs": [1000, 1050]});
    assert_eq!(jobs(&app, walk).await, json!([0, 100]));
    // At 15 km/h 4.1 minutes, at 30 km/h half of that, and back the same way.
    let bicycle = json!({"mode": "bicycle", "unit": "min", "cutoffs": [4, 4.2]});
    assert_eq!(jobs(&app, bicycle).await, json!([0, 100]));
    let fast = json!({"mode": "bicycle", "unit": "min", "cutoffs": [2, 2.1],
        "bicycle_speed_km_h": 30, "direction": "to"});
    assert_eq!(jobs(&app, fast).await, json!([0, 100]));
    let car = json!({"mode": "car", "unit": "min", "cutoffs": [0.9, 1]});
    assert_eq!(jobs(&app, car).await, json!([0, 100]));
    // From the workplace to the station cars go around.
    let back = json!({"mode": "car", "unit": "min", "cutoffs": [1, 2.2, 2.3], "direction": "to"});
    assert_eq!(jobs(&app, back).await, json!([0, 0, 100]));
}

/// Coverage is measured from homes to facilities: home `a` stands at the station, none elsewhere.
#[tokio::test]
async fn coverage_knows_the_modes_and_says_what_it_measured() {
    let app = App::with(bring_streets);
    let city = app.get("/api/city").await.json();
    let modes = city["modes"].as_array().expect("modes").iter();
    let modes: Vec<&Json> = modes.map(|mode| &mode["mode"]).collect();
    assert_eq!(json!(modes), json!(["walk", "bicycle", "car"]));
    assert_eq!(city["modes"][2]["source"], "a bureau of streets");
    assert_eq!(city["modes"][2]["period"], "2020-08");
    for mode in ["walk", "bicycle", "car"] {
        let path = format!("/api/coverage?layer=stations&cutoff=5&unit=min&mode={mode}&level=city");
        let answer = app.get(&path).await.json();
        assert_eq!(answer["totals"]["covered"], 400, "{mode}");
        let inputs = answer["provenance"]["inputs"].as_array().expect("inputs");
        let streets = inputs.iter().find(|input| input["layer"] == "streets");
        assert_eq!(
            streets.expect("the streets")["source"],
            "a bureau of streets"
        );
        let english = answer["definition"]["en"].as_str().expect("a definition");
        assert!(english.contains("street"), "{mode}: {english}");
    }
}

#[tokio::test]
async fn shapes_of_every_mode_hold_what_is_reached() {
    let app = App::with(bring_streets);
    let mut areas = Vec::new();
    for (mode, cutoffs) in [("walk", [5, 10]), ("bicycle", [2, 4]), ("car", [1, 2])] {
        let body = json!({"origins": [{"layer": "stations", "id": "s1"}], "mode": mode,
            "unit": "min", "cutoffs": cutoffs, "geometry": true});
        let answer = app.post("/api/catchments", body).await.json();
        for catchment in answer["catchments"].as_array().expect("catchments") {
            let shape = catchment["geometry"].to_string();
            assert!(shape.contains("Polygon"), "{mode}: {shape}");
            let shape: geojson::Geometry = shape.parse().expect("a shape");
            let shape = geo::Geometry::<f64>::try_from(shape).expect("a shape");
            areas.push(geo::Area::unsigned_area(&shape));
        }
    }
    assert!(
        areas.windows(2).step_by(2).all(|pair| pair[0] < pair[1]),
        "{areas:?}"
    );
}

#[tokio::test]
async fn what_a_mode_cannot_do_is_refused_by_field() {
    let app = App::with(bring_streets);
    let origin = json!([{"lon": 113.05, "lat": 23.05}]);
    for (field, body) in [
        (
            "unit",
            json!({"origins": origin, "mode": "car", "cutoffs": [500]}),
        ),
        (
            "cutoffs",
            json!({"origins": origin, "mode": "car", "unit": "min", "cutoffs": [121]}),
        ),
        (
            "bicycle_speed_km_h",
            json!({"origins": origin, "mode": "bicycle", "cutoffs": [500],
            "bicycle_speed_km_h": 200}),
        ),
    ] {
        let answer = app.post("/api/catchments", body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.json()["field"], field, "{body}");
    }
    let none = App::new();
    let body = json!({"origins": origin, "mode": "car", "unit": "min", "cutoffs": [5]});
    let answer = none.post("/api/catchments", body).await;
    assert_eq!(
        (answer.status, &answer.json()["field"]),
        (axum::http::StatusCode::BAD_REQUEST, &json!("mode"))
    );
    assert_eq!(none.get("/api/city").await.json()["modes"], json!([]));
}
