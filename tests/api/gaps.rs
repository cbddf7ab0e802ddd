//! Gaps, blind spots, school places and norms through their routes.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value as Json, json};

use super::helpers::{Answer, App};

const SCHOOLS: &str = "id,lon,lat,名称,办学类型,小学学位,班数\n\
    s1,113.05,23.05,甲小,小学,300,8\ns2,113.15,23.05,乙小,九年一贯制学校,,\n";
const RESIDENCES: &str = "id,经度,纬度,常住人口,6–11岁,3–5岁,0–2岁\n\
    e,113.0501,23.05,900,400,90,60\nf,113.09,23.09,100,50,8,6\ng,113.15,23.0501,80,40,8,6\n";

fn app() -> App {
    let app = App::new();
    app.import("schools", SCHOOLS);
    app.import("residences", RESIDENCES);
    app
}

async fn put(app: &App, path: &str, kind: &str, body: String) -> Answer {
    let request = Request::put(path).header("content-type", kind);
    app.send(request.body(Body::from(body)).expect("a request"))
        .await
}

#[tokio::test]
async fn a_gap_table_comes_in_every_form() {
    let app = app();
    let path = "/api/gaps?level=district&services=primary_school";
    let found = app.get(path).await.json();
    let row = &found["rows"][0];
    assert_eq!(row["code"], "440103");
    assert_eq!(
        (&row["demand"], &row["capacity"], &row["shortfall"]),
        (&json!(450), &json!(300), &json!(150))
    );
    assert_eq!(row["straight_demand_uncovered"], 50);
    assert_eq!(found["rows"][1]["reason"], "capacity_incomplete");
    assert_eq!(found["unknown_capacity"][0]["id"], "s2");
    assert_eq!(
        found["norms"]["items"][0]["service_radius"]["source"],
        "GB 50099-2011；GB 50180-2018 附录B"
    );
    let shortfalls = found["rows"].as_array().expect("rows").iter();
    let sum: i64 = shortfalls.filter_map(|row| row["shortfall"].as_i64()).sum();
    assert_eq!(found["totals"][0]["shortfall"], json!(sum));
    // The same question, the same bytes.
    assert_eq!(app.get(path).await.body, app.get(path).await.body);

    let csv = app.get(&format!("{path}&format=csv")).await;
    let text = String::from_utf8(csv.body).expect("text");
    let heading = text.lines().next().expect("a heading");
    for word in [
        "设施类别",
        "现状数量",
        "现状规模",
        "需求规模",
        "缺口",
        "富余",
        "满足率",
        "服务半径覆盖率·服务覆盖率（按人口）",
        "评价",
    ] {
        assert!(heading.contains(word), "{word}: {heading}");
    }
    assert!(
        text.contains("小学") && text.contains("规模不全") && text.contains("合计"),
        "{text}"
    );
    let xlsx = app.get(&format!("{path}&format=xlsx&lang=en")).await;
    assert_eq!((xlsx.status, &xlsx.body[..2]), (StatusCode::OK, &b"PK"[..]));
    let map = app.get(&format!("{path}&format=geojson")).await.json();
    assert_eq!(map["features"][0]["geometry"]["type"], "Polygon");
}

#[tokio::test]
async fn blind_spots_and_school_places_answer() {
    let app = app();
    let spots = app
        .get("/api/gaps/blind_spots?service=primary_school&level=district")
        .await
        .json();
    let first = &spots["features"][0];
    // Home c of the base city has no children's count but people.
    assert_eq!(first["properties"]["uncovered"], 310);
    assert_eq!(first["geometry"]["type"], "MultiPolygon");
    let of_f = spots["features"].as_array().expect("features").iter();
    let of_f = of_f.filter(|spot| spot["properties"]["demand_uncovered"] == 50);
    assert_eq!(of_f.count(), 1);
    let csv = app
        .get("/api/gaps/blind_spots?service=primary_school&format=csv")
        .await;
    assert!(
        String::from_utf8(csv.body)
            .expect("text")
            .contains("未覆盖")
    );

    let schools = app
        .get("/api/school_places?services=primary_school&ahead=3")
        .await
        .json();
    assert_eq!(schools["rows"][0]["children_nearest"], 400);
    assert_eq!(schools["rows"][0]["shortfall"], 100);
    assert_eq!(schools["rows"][0]["expected"][0]["children_nearest"], 290);
    let csv = app
        .get("/api/school_places?services=primary_school&format=csv")
        .await;
    let text = String::from_utf8(csv.body).expect("text");
    assert!(
        text.contains(" 年预计学位缺口") && text.contains("甲小"),
        "{text}"
    );
    let wrong = app.get("/api/gaps?level=district&services=libraries").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert_eq!(wrong.json()["field"], "services");
}

#[tokio::test]
async fn a_city_keeps_norms_of_its_own() {
    let app = app();
    let list = app.get("/api/norms").await.json();
    assert_eq!(list["default"], "public_services");
    assert_eq!(list["rows"][0]["id"], "gb_50180_2018");
    assert_eq!(list["rows"][0]["own"], false);
    let path = "/api/norms/public_services";
    let tag = async |app: &App| {
        app.get(path).await.headers["etag"]
            .to_str()
            .expect("text")
            .to_owned()
    };
    let seen = tag(&app).await;
    let mut set = app.get(path).await.json();
    assert!(
        set["set_by_city"]
            .as_array()
            .expect("a list")
            .contains(&json!("parks.provision"))
    );

    // What was got is changed and put back.
    let item = set["items"].as_array_mut().expect("items").iter_mut();
    let mut schools = item.filter(|item| item["id"] == "primary_school");
    let school = schools.next().expect("an item");
    school["enrolment_rate"] = json!({ "value": 0.5, "unit": "share", "source": "本市教育局", "date": "2024", "confidence": "city" });
    let kept = put(&app, path, "application/json", set.to_string()).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.json());
    assert_eq!(app.get("/api/norms").await.json()["rows"][1]["own"], true);
    let gaps = app
        .get("/api/gaps?level=district&services=primary_school")
        .await
        .json();
    assert_eq!(
        (&gaps["rows"][0]["demand"], &gaps["rows"][0]["required"]),
        (&json!(450), &json!(225))
    );

    // Whoever read it before that, and says so, does not undo it unseen.
    let late = |tag: &str| {
        let request = Request::put(path).header("content-type", "application/json");
        let request = request.header("if-match", tag.to_owned());
        let body = Body::from(set.to_string());
        app.send(request.body(body).expect("a request"))
    };
    let refused = late(&seen).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    let now = tag(&app).await;
    assert_ne!(now, seen);
    assert_eq!(late(&now).await.status, StatusCode::OK);
    let drop = Request::delete(path).header("if-match", &seen);
    let refused = app.send(drop.body(Body::empty()).expect("a request")).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);

    // A wrong file is refused with its place, and the set stays.
    let school = set["items"]
        .as_array_mut()
        .expect("items")
        .iter_mut()
        .find(|item| item["id"] == "primary_school");
    school.expect("an item")["service_radius"]["unit"] = json!("");
    let refused = put(&app, path, "application/json", set.to_string()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let problem = refused.json();
    assert_eq!(problem["field"], "items.primary_school.service_radius.unit");
    assert!(
        problem["detail"]
            .as_str()
            .expect("text")
            .contains("write one of: m"),
        "{problem}"
    );
    let other = put(
        &app,
        "/api/norms/mine",
        "application/json",
        app.get(path).await.json().to_string(),
    )
    .await;
    assert_eq!(other.json()["field"], "id");
    assert_eq!(
        put(&app, path, "application/json", "{".into()).await.status,
        StatusCode::BAD_REQUEST
    );

    // As TOML, under a name of its own.
    let request = Request::get(path).header("accept", "application/toml");
    let toml = app
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    let text = String::from_utf8(toml.body).expect("text");
    let own = text.replacen("id = \"public_services\"", "id = \"mine\"", 1);
    let kept = put(&app, "/api/norms/mine", "application/toml", own).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.json());
    assert_eq!(
        app.get("/api/gaps?level=city&norms=mine&services=primary_school")
            .await
            .status,
        StatusCode::OK
    );

    let delete = |path: &str| {
        Request::delete(path)
            .body(Body::empty())
            .expect("a request")
    };
    assert_eq!(app.send(delete(path)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.send(delete(path)).await.status, StatusCode::NOT_FOUND);
    let gaps = app
        .get("/api/gaps?level=district&services=primary_school")
        .await
        .json();
    assert_eq!(gaps["rows"][0]["required"], 450);
    assert_eq!(
        app.get("/api/norms/none").await.status,
        StatusCode::NOT_FOUND
    );
}

/// Numbers that look thrown, the same on every machine.
fn thrown(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// The rows of a layer's export, by heading of the key.
async fn exported(app: &App, layer: &str) -> Vec<Json> {
    let path = format!("/api/layers/{layer}/download?format=geojson");
    let found = app.get(&path).await.json();
    found["features"].as_array().expect("features").clone()
}

/// The square district that a place lies in, by the corners that the districts were drawn with.
fn district_of(feature: &Json) -> Option<usize> {
    let at = &feature["geometry"]["coordinates"];
    let (lon, lat) = (at[0].as_f64()? - 113.0, at[1].as_f64()? - 23.0);
    let inside = (0.0..0.2).contains(&lon) && (0.0..0.2).contains(&lat);
    inside.then_some((lon / 0.1) as usize + 2 * (lat / 0.1) as usize)
}

/// Great-circle metres, by the haversine.
fn metres(a: &Json, b: &Json) -> f64 {
    let of = |at: &Json, axis: usize| {
        let degrees = at["geometry"]["coordinates"][axis]
            .as_f64()
            .expect("a number");
        degrees.to_radians()
    };
    let (x, y) = (of(b, 0) - of(a, 0), of(b, 1) - of(a, 1));
    let h = (y / 2.0).sin().powi(2) + of(a, 1).cos() * of(b, 1).cos() * (x / 2.0).sin().powi(2);
    2.0 * 6_371_008.8 * h.sqrt().asin()
}

#[tokio::test]
async fn the_sums_of_a_gap_report_are_those_of_the_exported_layers() {
    let app = App::new();
    let mut throw = thrown(7);
    let mut homes = String::from("id,经度,纬度,常住人口,6–11岁\n");
    for number in 0..400 {
        let (lon, lat) = (throw(2400) as f64 / 1e4, throw(2400) as f64 / 1e4);
        let (people, children) = (60 + throw(900), throw(60));
        homes += &format!(
            "h{number},{},{},{people},{children}\n",
            112.98 + lon,
            22.98 + lat
        );
    }
    let mut schools = String::from("id,lon,lat,名称,办学类型,小学学位\n");
    for number in 0..30 {
        let (lon, lat) = (throw(2000) as f64 / 1e4, throw(2000) as f64 / 1e4);
        let kind = ["小学", "九年一贯制学校", "高级中学"][throw(3) as usize];
        let seats = 100 + throw(400);
        schools += &format!(
            "s{number},{},{},校{number},{kind},{seats}\n",
            113.0 + lon,
            23.0 + lat
        );
    }
    app.import("residences", &homes);
    app.import("schools", &schools);

    // Every sum again, from nothing but the files that people can download.
    let (homes, schools) = (
        exported(&app, "residences").await,
        exported(&app, "schools").await,
    );
    let is_primary = |school: &&Json| {
        matches!(
            school["properties"]["kind"].as_str(),
            Some("primary" | "nine_year")
        )
    };
    let schools: Vec<&Json> = schools.iter().filter(is_primary).collect();
    let mut wanted = [[0i64; 6]; 4];
    for school in &schools {
        let Some(zone) = district_of(school) else {
            continue;
        };
        wanted[zone][0] += 1;
        wanted[zone][1] += school["properties"]["seats_primary"]
            .as_i64()
            .expect("seats");
    }
    for home in &homes {
        let Some(zone) = district_of(home) else {
            continue;
        };
        let number = |key: &str| home["properties"][key].as_i64().unwrap_or(0);
        let (people, children) = (number("usual_residents"), number("age_6_11"));
        let is_near = schools.iter().any(|school| metres(home, school) <= 500.0);
        wanted[zone][2] += children;
        wanted[zone][3] += people;
        wanted[zone][4] += people * i64::from(is_near);
        wanted[zone][5] += children * i64::from(!is_near);
    }
    let is_peopled = |zone: &[i64; 6]| zone[..4].iter().all(|sum| *sum > 0);
    assert!(wanted.iter().all(is_peopled), "{wanted:?}");
    assert!(wanted.iter().any(|zone| zone[4] > 0), "{wanted:?}");

    let path = "/api/reports/service-gap?services=primary_school&by=district&format=html";
    let page = String::from_utf8(app.get(path).await.body).expect("text");
    let (_, seal) = page.split_once("id=\"suitu-report\">").expect("a seal");
    let seal: Json =
        serde_json::from_str(seal.split_once("</script>").expect("its end").0).expect("JSON");
    let table = |id: &str| {
        let mut tables = seal["tables"].as_array().expect("tables").iter();
        tables.find(|table| table["id"] == id).expect("the table")
    };
    let cell = |id: &str, row: &str, key: &str| {
        let table = table(id);
        let mut columns = table["columns"].as_array().expect("columns").iter();
        let at = columns.position(|column| column == key).expect(key);
        let mut rows = table["rows"].as_array().expect("rows").iter();
        rows.find(|cells| cells[0] == row).expect(row)[at].clone()
    };
    let names = ["甲区", "乙区", "丙区", "丁区"];
    let (service, coverage) = ("service.primary_school", "coverage.primary_school");
    let mut sums = [0i64; 8];
    for (name, [facilities, capacity, children, people, near, far]) in names.iter().zip(wanted) {
        let (short, over) = ((children - capacity).max(0), (capacity - children).max(0));
        let own = [
            facilities, capacity, children, short, over, people, near, far,
        ];
        sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        for (id, key, own) in [
            (service, "facilities", facilities),
            (service, "capacity", capacity),
            (service, "demand", children),
            (service, "required", children),
            (service, "shortfall", short),
            (service, "surplus", over),
            (coverage, "total", people),
            (coverage, "straight_covered", near),
            (coverage, "straight_uncovered", people - near),
            (coverage, "straight_demand_uncovered", far),
        ] {
            assert_eq!(cell(id, name, key), json!(own), "{name}: {key}");
        }
        let share = cell(coverage, name, "straight_share_covered")
            .as_f64()
            .expect("a share");
        assert!(
            (share - near as f64 / people as f64).abs() < 1e-12,
            "{name}"
        );
    }
    let [
        facilities,
        capacity,
        children,
        short,
        over,
        people,
        near,
        far,
    ] = sums;
    for (id, key, sum) in [
        (service, "facilities", facilities),
        (service, "capacity", capacity),
        (service, "demand", children),
        (service, "shortfall", short),
        (service, "surplus", over),
        (coverage, "total", people),
        (coverage, "straight_covered", near),
        (coverage, "straight_demand_uncovered", far),
    ] {
        assert_eq!(cell(id, "合计", key), json!(sum), "合计: {key}");
    }
    let net = cell("services", "小学", "net");
    assert_eq!(net, json!(over - short));
}
