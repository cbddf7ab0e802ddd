//! Gaps, blind spots, school places and norms through their routes.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::json;

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
        text.contains("预计缺口（3年后）") && text.contains("甲小"),
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
