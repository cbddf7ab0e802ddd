use serde_json::{Value as Json, json};

use super::helpers::App;

fn row<'a>(rows: &'a Json, key: &str, value: &str, cutoff: Option<f64>) -> &'a Json {
    let mut rows = rows.as_array().expect("rows").iter();
    let fits = |row: &&Json| row[key] == value && cutoff.is_none_or(|c| row["cutoff"] == c);
    rows.find(fits).expect("a row")
}

#[tokio::test]
async fn catchments_start_from_lines_and_whole_layers() {
    let app = App::new();
    let ids = |answer: &Json| -> Vec<String> {
        let catchments = answer["catchments"].as_array().expect("catchments").iter();
        let id = |catchment: &Json| catchment["origin"]["id"].as_str().unwrap().to_owned();
        catchments.map(id).collect()
    };
    let question = json!({"origins": [{"layer": "stations", "line": "2"}], "cutoffs": [500],
        "nearest": true, "overlaps": true});
    let answer = app.post("/api/catchments", question.clone()).await.json();
    assert_eq!(ids(&answer), ["s1", "s2"]);
    let nearest = &answer["catchments"][1]["nearest"]["residences.usual_residents"];
    assert_eq!(*nearest, 0);
    assert_eq!(answer["union"][0]["multiplicity"], 2.0);
    let overlap = &answer["overlaps"][0];
    assert_eq!(
        (
            &overlap["a"],
            &overlap["b"],
            &overlap["residents"],
            &overlap["share_overlap"]
        ),
        (&json!("s1"), &json!("s2"), &json!(400), &json!(1.0))
    );
    let question = json!({"origins": [{"layer": "stations"}], "cutoffs": [500]});
    let answer = app.post("/api/catchments", question).await.json();
    assert_eq!(ids(&answer), ["s1", "s2", "s3"]);
    assert_eq!(answer["catchments"][2]["origin"]["entrances"], 2);
    assert!(answer.get("overlaps").is_none());
}

#[tokio::test]
async fn a_table_of_catchments_says_entrances_and_what_is_nearest() {
    let app = App::new();
    let question = json!({"origins": [{"layer": "stations"}], "cutoffs": [500], "nearest": true});
    let table = app.post("/api/catchments?format=csv", question).await;
    let text = String::from_utf8(table.body).unwrap();
    let heading = text.lines().next().unwrap();
    assert!(
        heading.contains("出入口数") && heading.contains("就近 常住人口"),
        "{heading}"
    );
}

#[tokio::test]
async fn every_station_has_its_surroundings() {
    let app = App::new();
    let path = "/api/station_areas?core=500&influence=1100";
    let answer = app.get(path).await.json();
    let rows = &answer["rows"];
    assert_eq!(rows.as_array().unwrap().len(), 3);
    let first = row(rows, "id", "s1", None);
    for (key, value) in [
        ("name", json!("天河")),
        ("lines", json!("1/2")),
        ("opened", json!("2018")),
        ("code", json!("440103")),
        ("area", json!("甲区")),
        ("core_residents", json!(400)),
        ("core_jobs", json!(0)),
        ("influence_residents", json!(400)),
        ("influence_jobs", json!(100)),
        ("jobs_per_employed_resident", json!(0.5)),
        ("station_type", json!("residential")),
    ] {
        assert_eq!(first[key], value, "{key}");
    }
    let km2 = first["area_km2"].as_f64().unwrap();
    let circle = std::f64::consts::PI * 1.1 * 1.1;
    assert!((km2 / circle - 1.0).abs() < 0.01, "{km2}");
    assert_eq!(first["activity_per_km2"], json!(500.0 / km2));
    // Nobody lives or works near the third one: no ratio and no type, but no zero either.
    let third = row(rows, "id", "s3", None);
    assert_eq!(
        (&third["reason"], &third["station_type"]),
        (&json!("empty"), &json!(null))
    );
    assert_eq!(
        (&third["influence_residents"], &third["entrances"]),
        (&json!(0), &json!(2))
    );
    // Two stations share their people; together each counts once.
    assert_eq!(answer["totals"]["influence_residents"], 400);
    let definition = answer["definition"]["zh"].as_str().unwrap();
    assert!(definition.contains("居住型 < 0.8"), "{definition}");

    let some = app.get("/api/station_areas?area=440106").await.json();
    assert_eq!(some["rows"].as_array().unwrap().len(), 1);
    let line = app.get("/api/station_areas?line=1").await.json();
    assert_eq!(line["rows"][0]["id"], "s1");
    let text = app.get(&format!("{path}&format=csv")).await.body;
    let text = String::from_utf8(text).unwrap();
    let last = text.lines().last().unwrap();
    assert!(
        text.contains("站点,") && text.contains("居住型") && last.starts_with("合计"),
        "{text}"
    );
    assert!(
        text.contains("核心区 500 m 人口") && text.contains("影响区 1100 m 岗位"),
        "{text}"
    );
    let english = app.get(&format!("{path}&format=csv&lang=en")).await.body;
    let english = String::from_utf8(english).unwrap();
    assert!(english.contains("Residents, core area 500 m"), "{english}");
    let shapes = app.get(&format!("{path}&format=geojson")).await.json();
    assert_eq!(shapes["features"][0]["geometry"]["type"], "Polygon");
    let book = app.get(&format!("{path}&format=xlsx")).await.body;
    assert!(book.starts_with(b"PK"));
}

#[tokio::test]
async fn coverage_by_stations_counts_each_once_and_says_where_nothing_is_known() {
    let app = App::new();
    let path = "/api/station_coverage?level=district&cutoffs=500,1100";
    let answer = app.get(path).await.json();
    let rows = &answer["rows"];
    assert_eq!(rows.as_array().unwrap().len(), 4 * 2);
    let near = row(rows, "code", "440103", Some(1100.0));
    for (key, value) in [
        ("residents", json!(400)),
        ("straight_residents", json!(400)),
        ("straight_share_residents", json!(1.0)),
        ("walk_residents", json!(null)),
        ("walk_share_residents", json!(null)),
        ("walk_reason", json!("no_streets")),
        ("straight_jobs", json!(100)),
        ("straight_share_jobs", json!(1.0)),
    ] {
        assert_eq!(near[key], value, "{key}");
    }
    assert_eq!(row(rows, "code", "440103", Some(500.0))["straight_jobs"], 0);
    let nobody = row(rows, "code", "440106", Some(500.0));
    assert_eq!(nobody["straight_share_residents"], json!(null));
    assert_eq!(
        (&nobody["reason"], &nobody["jobs_reason"]),
        (&json!("no_population"), &json!("no_jobs"))
    );
    let totals = answer["totals"].as_array().unwrap();
    assert_eq!(totals.len(), 2);
    assert_eq!(totals[1]["straight_share_residents"], json!(400.0 / 900.0));
    assert_eq!(totals[1]["straight_share_jobs"], json!(100.0 / 450.0));
    // The planned station at the second home counts for nothing.
    assert_eq!(
        row(rows, "code", "440104", Some(500.0))["straight_residents"],
        0
    );
    let text = app.get(&format!("{path}&format=csv")).await.body;
    let text = String::from_utf8(text).unwrap();
    let totals = text.lines().filter(|line| line.starts_with("合计"));
    assert_eq!(totals.count(), 2, "{text}");
    assert!(text.contains("未载入路网"), "{text}");
    let usual = app.get("/api/station_coverage?level=city").await.json();
    let cutoffs = usual["totals"].as_array().unwrap().iter();
    let cutoffs: Vec<f64> = cutoffs.map(|row| row["cutoff"].as_f64().unwrap()).collect();
    assert_eq!(cutoffs, [300.0, 500.0, 600.0, 800.0]);
}

#[tokio::test]
async fn another_set_of_stations_gains_and_loses_and_the_same_one_changes_nothing() {
    let app = App::new();
    let ask = |before: Json, after: Json| {
        json!({"before": before, "after": after,
        "cutoffs": [500, 1100], "level": "district"})
    };
    let planned = json!([{"layer": "stations", "id": "s4"}]);
    let open = json!([{"layer": "stations"}]);
    let answer = app
        .post("/api/station_change", ask(open.clone(), planned.clone()))
        .await
        .json();
    let lost = row(&answer["rows"], "code", "440103", Some(500.0));
    assert_eq!(
        (&lost["lost_residents"], &lost["difference_residents"]),
        (&json!(400), &json!(-400))
    );
    let gained = row(&answer["rows"], "code", "440104", Some(500.0));
    assert_eq!(
        (
            &gained["gained_residents"],
            &gained["after_share_residents"]
        ),
        (&json!(180), &json!(1.0))
    );
    assert_eq!(answer["totals"][0]["difference_residents"], 180 - 400);

    let same = app
        .post("/api/station_change", ask(open.clone(), open.clone()))
        .await
        .json();
    for row in same["rows"].as_array().unwrap() {
        for key in ["difference", "gained", "lost"] {
            assert_eq!(row[format!("{key}_residents")], 0);
            assert_eq!(row[format!("{key}_jobs")], 0);
        }
    }
    // Before the first line there was none.
    let first = app
        .post("/api/station_change", ask(json!([]), open))
        .await
        .json();
    assert_eq!(first["totals"][0]["gained_residents"], 400);
    let table = app
        .post("/api/station_change?format=csv", ask(json!([]), planned))
        .await;
    let text = String::from_utf8(table.body).unwrap();
    assert!(
        text.lines().next().unwrap().contains("新增覆盖人口"),
        "{text}"
    );
}

#[tokio::test]
async fn what_is_asked_wrongly_of_stations_is_refused_by_name() {
    let app = App::new();
    for (path, told) in [
        ("/api/station_areas?layer=trams", "trams"),
        ("/api/station_areas?line=99", "it is one of: 1, 2"),
        ("/api/station_areas?core=0", "core"),
        ("/api/station_areas?core=900&influence=800", "core"),
        ("/api/station_areas?area=999999", "999999"),
        ("/api/station_areas?level=village", "village"),
        ("/api/station_areas?mode=walk", "streets"),
        ("/api/station_areas?caliber=ghosts", "ghosts"),
        ("/api/station_areas?unknown=1", "unknown"),
        ("/api/station_coverage?level=village", "village"),
        ("/api/station_coverage", "level"),
        ("/api/station_coverage?level=city&cutoffs=500,0", "cutoffs"),
        ("/api/station_coverage?level=city&cutoffs=a", "300,500"),
        ("/api/station_coverage?level=city&line=99", "99"),
        ("/api/station_coverage?level=city&layer=trams", "trams"),
    ] {
        let answer = app.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(told), "{path}: {detail}");
    }
    for (origins, cutoffs, told) in [
        (
            json!([{"layer": "stations", "line": "99"}]),
            json!([500]),
            "1, 2",
        ),
        (
            json!([{"layer": "stations", "line": "1", "id": "s1"}]),
            json!([500]),
            "origin",
        ),
        (json!([{"layer": "trams"}]), json!([500]), "trams"),
        (json!([{"layer": "stations"}]), json!([0]), "cutoffs"),
        (json!([{"layer": "stations"}]), json!([]), "cutoffs"),
    ] {
        for path in ["/api/catchments", "/api/station_change"] {
            let mut question = json!({"cutoffs": cutoffs});
            match path {
                "/api/catchments" => question["origins"] = origins.clone(),
                _ => (question["before"], question["after"]) = (json!([]), origins.clone()),
            }
            let answer = app.post(path, question).await;
            assert!(answer.status.is_client_error(), "{path} {origins}");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(told), "{path} {origins}: {detail}");
        }
    }
}
