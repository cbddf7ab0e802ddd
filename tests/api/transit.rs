//! Questions by timetable, small enough to be worked out on paper.
//!
//! Stops A, B and C stand at the homes a, b and c; without streets one walks straight lines at
//! 1.25 m/s. Work x is 1,023 m (819 s) from A, y and z are 1,112 m (890 s) from B and C.

use std::io::Cursor;

use axum::http::StatusCode;
use calamine::{DataType, Reader, Xlsx};
use serde_json::{Value as Json, json};
use suitu::{
    store::{ImportRecord, Store, StoredNetwork, geopackage::GeoPackage},
    transit::{Feed, gtfs, schedule_from_bytes, schedule_to_bytes},
};

use super::helpers::App;

const FEED: [(&str, &str); 4] = [
    (
        "stops.txt",
        "stop_id,stop_name,stop_lon,stop_lat\n\
         A,甲站,113.05,23.05\nB,乙站,113.15,23.05\nC,丙站,113.05,23.15\n",
    ),
    (
        "trips.txt",
        "route_id,service_id,trip_id\n1,daily,ab1\n1,daily,ab2\n2,daily,bc\n",
    ),
    (
        "stop_times.txt",
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n\
         ab1,08:00:00,08:00:00,A,1\nab1,08:20:00,08:20:00,B,2\n\
         ab2,08:30:00,08:30:00,A,1\nab2,08:50:00,08:50:00,B,2\n\
         bc,08:30:00,08:30:00,B,1\nbc,08:50:00,08:50:00,C,2\n",
    ),
    (
        "calendar.txt",
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n\
         daily,1,1,1,1,1,0,0,20240101,20241231\n",
    ),
];

fn bring_timetable(store: &GeoPackage) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in FEED {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let (schedule, _) = gtfs::read(&[folder.path()]).expect("a feed");
    let network = StoredNetwork {
        period: "2024".parse().expect("a period"),
        record: ImportRecord {
            source: "a bureau of transport".into(),
            ..ImportRecord::default()
        },
        bytes: schedule_to_bytes(&schedule),
    };
    store.set_network("transit", &network).expect("kept");
}

fn app() -> App {
    App::with(bring_timetable)
}

/// From station s1, which stands at A, to all work.
fn to_work(more: Json) -> Json {
    let mut question = json!({"origins": [{"layer": "stations", "id": "s1"}],
        "destinations": {"layer": "workplaces"}, "mode": "transit"});
    for (key, value) in more.as_object().expect("fields") {
        question[key] = value.clone();
    }
    question
}

fn sorted(answer: &Json) -> Vec<Json> {
    let mut rows = answer["rows"].as_array().expect("rows").clone();
    rows.sort_by_key(|row| row["to"].as_str().expect("an id").to_owned());
    rows
}

#[tokio::test]
async fn one_departure_walks_rides_changes_and_walks() {
    let app = app();
    let departure = json!({"date": "2024-05-13", "from": "08:00"});
    let answer = app
        .post(
            "/api/travel_times",
            to_work(json!({"departure": departure})),
        )
        .await;
    let answer = answer.json();
    let row = |to: &str, seconds: u32| json!({"from": "s1", "to": to, "seconds": seconds});
    assert_eq!(
        sorted(&answer),
        [row("x", 819), row("y", 2090), row("z", 3890)]
    );
    assert_eq!(
        answer["provenance"]["inputs"][2]["source"],
        "a bureau of transport"
    );
    // Without walks only stops are reached, and only from a stop.
    let stops = json!({"origins": [{"layer": "stops", "id": "0:A"}],
        "destinations": {"layer": "stops"}, "departure": departure, "max_walk_m": 0});
    let answer = app.post("/api/travel_times", to_work(stops)).await.json();
    let row = |to: &str, seconds: u32| json!({"from": "0:A", "to": to, "seconds": seconds});
    assert_eq!(
        sorted(&answer),
        [row("0:A", 0), row("0:B", 1200), row("0:C", 3000)]
    );
}

#[tokio::test]
async fn a_window_has_percentiles_and_what_does_not_arrive_is_infinite() {
    let app = app();
    // At 08:01 the first vehicle is gone: the next arrives at 08:50.
    let window = json!({"date": "2024-05-13", "from": "08:00", "to": "08:02"});
    let ask = |max_min: u32| {
        to_work(
            json!({"departure": window, "percentiles": [50, 100], "max_min": max_min,
            "destinations": [{"layer": "workplaces", "id": "y"}]}),
        )
    };
    let answer = app.post("/api/travel_times", ask(120)).await.json();
    let row = json!({"from": "s1", "to": "y", "reached": 2, "p50": 2090, "p100": 3830});
    assert_eq!(answer["rows"], json!([row]));
    let answer = app.post("/api/travel_times", ask(60)).await.json();
    let row = json!({"from": "s1", "to": "y", "reached": 1, "p50": 2090, "p100": null});
    assert_eq!(answer["rows"], json!([row]));
}

#[tokio::test]
async fn arriving_by_leaves_as_late_as_possible() {
    let app = app();
    let ask = |by: &str| {
        to_work(json!({"arrival": {"date": "2024-05-13", "by": by},
            "destinations": [{"layer": "workplaces", "id": "y"}]}))
    };
    // The vehicle of 08:00 is the last to leave 890 s for the walk before 08:40.
    let answer = app.post("/api/travel_times", ask("08:40")).await.json();
    assert_eq!(
        answer["rows"],
        json!([{"from": "s1", "to": "y", "seconds": 2400}])
    );
    let answer = app.post("/api/travel_times", ask("09:04:50")).await.json();
    assert_eq!(
        answer["rows"],
        json!([{"from": "s1", "to": "y", "seconds": 2090}])
    );
}

#[tokio::test]
async fn catchments_and_coverage_go_by_timetable() {
    let app = app();
    let question = json!({"origins": [{"layer": "stations", "id": "s1"}], "mode": "transit",
        "unit": "min", "cutoffs": [34, 35, 65], "geometry": true,
        "departure": {"date": "2024-05-13", "from": "08:00"}});
    let answer = app.post("/api/catchments", question).await.json();
    let jobs = |n: usize| answer["catchments"][n]["totals"]["workplaces.jobs"].clone();
    assert_eq!(
        [jobs(0), jobs(1), jobs(2)],
        [json!(100), json!(400), json!(450)]
    );
    assert_eq!(answer["catchments"][2]["geometry"]["type"], "MultiPolygon");
    let definition = answer["definition"]["en"].as_str().expect("a definition");
    assert!(definition.contains("timetable"), "{definition}");

    // A stop of the timetable is an origin as a station is.
    let question = json!({"origins": [{"layer": "stops", "id": "0:A"}], "mode": "transit",
        "unit": "min", "cutoffs": [35], "departure": {"date": "2024-05-13", "from": "08:00"}});
    let answer = app.post("/api/catchments", question).await.json();
    assert_eq!(answer["catchments"][0]["origin"]["name"], "甲站");
    assert_eq!(answer["catchments"][0]["totals"]["workplaces.jobs"], 400);

    let path = "/api/coverage?layer=workplaces&level=city&mode=transit&unit=min&cutoff=15";
    let answer = app
        .get(&format!("{path}&arrival=2024-05-13,09:00"))
        .await
        .json();
    assert_eq!(answer["totals"]["covered"], 890);
}

#[tokio::test]
async fn coverage_takes_the_percentile_of_a_departure_window() {
    let app = app();
    app.import("clinics", "id,lon,lat,名称\nk,113.15,23.05,乙医院\n");
    let covered = async |more: &str| {
        let path = "/api/coverage?layer=clinics&level=city&mode=transit&unit=min&cutoff=29";
        let answer = app.get(&format!("{path}&{more}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{more}");
        answer.json()["totals"]["covered"].clone()
    };
    // The clinic stands at B, where 180 live. From A it is 20 minutes at 08:00, and 49 at 08:01.
    assert_eq!(covered("departure=2024-05-13,08:00").await, 580);
    assert_eq!(covered("departure=2024-05-13,08:01").await, 180);
    assert_eq!(covered("departure=2024-05-13,08:00,08:02,50").await, 580);
    assert_eq!(covered("departure=2024-05-13,08:00,08:02,51").await, 180);
    let path =
        "/api/coverage?level=city&mode=transit&unit=min&cutoff=25&departure=2024-05-13,08:00";
    for more in ["&layer=clinics&denominator=land", "&layer=stations"] {
        let refused = app.get(&format!("{path}{more}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{more}");
        let problem = refused.json();
        assert_eq!(problem["field"], "departure", "{problem}");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains("give arrival"), "{detail}");
    }
}

#[tokio::test]
async fn the_table_streams_as_csv() {
    let app = app();
    let departure = json!({"date": "2024-05-13", "from": "08:00"});
    let answer = app
        .post(
            "/api/travel_times?format=csv",
            to_work(json!({"departure": departure})),
        )
        .await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
    let text = String::from_utf8(answer.body).expect("UTF-8");
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.remove(0), "\u{feff}from,to,seconds");
    lines.sort_unstable();
    assert_eq!(lines, ["s1,x,819", "s1,y,2090", "s1,z,3890"]);
    // What is refused is a problem, not the beginning of a table.
    let answer = app
        .post("/api/travel_times?format=csv", to_work(json!({})))
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["field"], "departure");
}

#[tokio::test]
async fn straight_lines_have_metres_and_no_times() {
    let app = app();
    let answer = app
        .post("/api/travel_times", to_work(json!({"mode": "straight"})))
        .await
        .json();
    let metres = sorted(&answer)[0]["metres"].as_f64().expect("metres");
    assert!((metres - 1023.0).abs() < 1.0, "{metres}");
    for (change, value, field) in [
        (
            "departure",
            json!({"date": "2024-05-13", "from": "08:00"}),
            "departure",
        ),
        ("max_walk_m", json!(500), "max_walk_m"),
        ("max_min", json!(30), "max_min"),
        ("percentiles", json!([50]), "percentiles"),
    ] {
        let mut question = to_work(json!({"mode": "straight"}));
        question[change] = value;
        let answer = app.post("/api/travel_times", question).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{change}");
        assert_eq!(answer.json()["field"], field);
    }
}

#[tokio::test]
async fn what_has_no_meaning_is_refused_with_advice() {
    let app = app();
    let departure = json!({"date": "2024-05-13", "from": "08:00"});
    let catchments = |more: Json| {
        let mut question = json!({"origins": [{"layer": "stations", "id": "s1"}],
            "mode": "transit", "unit": "min", "cutoffs": [30], "departure": departure});
        for (key, value) in more.as_object().expect("fields") {
            question[key] = value.clone();
        }
        question
    };
    for (more, field, words) in [
        (json!({"unit": "m"}), "unit", "write min"),
        (json!({"direction": "to"}), "departure", "give arrival"),
        (json!({"cutoffs": [0]}), "cutoffs", "more than 0"),
        (json!({"cutoffs": [525_600]}), "cutoffs", "at most 480"),
        (
            json!({"departure": {"date": "2024-05-12", "from": "08:00"}}),
            "departure",
            "2024-05-13",
        ),
    ] {
        let answer = app.post("/api/catchments", catchments(more.clone())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{more}");
        let problem = answer.json();
        assert_eq!(problem["field"], field, "{problem}");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains(words), "{detail}");
    }
    // What a page says in its own words.
    let sunday = json!({"departure": {"date": "2024-05-12", "from": "08:00"}});
    let problem = app.post("/api/catchments", catchments(sunday)).await.json();
    assert_eq!(problem["reason"], "no_service");
    let values = json!({"date": "2024-05-12",
        "nearest": ["2024-05-13", "2024-05-10", "2024-05-14"]});
    assert_eq!(problem["values"], values);
    // A city without a timetable says what to do.
    let answer = App::new()
        .post("/api/catchments", catchments(json!({})))
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let detail = answer.json()["detail"]
        .as_str()
        .expect("a detail")
        .to_owned();
    assert!(detail.contains("import"), "{detail}");
}

#[tokio::test]
async fn the_city_tells_which_dates_can_be_asked() {
    let answer = app().get("/api/city").await.json();
    let transit = &answer["transit"];
    assert_eq!(transit["first_date"], "2024-01-01");
    assert_eq!(transit["last_date"], "2024-12-31");
    assert_eq!(transit["default_date"], "2024-07-01");
    let hours = json!({"first_departure": "08:00", "last_departure": "08:30",
        "last_arrival": "08:50"});
    assert_eq!(transit["default_date_hours"], hours);
    assert_eq!(
        (&transit["stops"], &transit["trips"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(
        App::new().get("/api/city").await.json()["transit"],
        Json::Null
    );
}

#[tokio::test]
async fn a_date_tells_from_when_to_when_vehicles_run() {
    let app = App::with(bring_two_feeds);
    let ask = async |more: &str| app.get(&format!("/api/timetable{more}")).await;
    let day = ask("?date=2024-04-02").await.json();
    let expected = json!({"date": "2024-04-02", "trips": 3, "first_departure": "08:00",
        "last_departure": "08:30", "last_arrival": "08:50", "notes": day["notes"],
        "feeds": day["feeds"]});
    assert_eq!(day, expected);
    assert_eq!(day["feeds"].as_array().expect("feeds").len(), 1);
    let note = day["notes"][0]["en"].as_str().expect("a note");
    assert!(note.contains("runs from"), "{note}");
    let march = ask("?date=2024-03-05").await.json();
    assert_eq!((&march["trips"], &march["notes"]), (&json!(6), &json!([])));
    let ferry = json!({"name": "轮渡", "trips": 3, "first_departure": "08:00",
        "last_departure": "08:30", "last_arrival": "08:50"});
    assert_eq!(march["feeds"][1], ferry);
    let sunday = ask("?date=2024-05-12").await;
    assert_eq!(sunday.status, StatusCode::BAD_REQUEST);
    assert_eq!(sunday.json()["reason"], "no_service");
    assert_eq!(ask("?date=soon").await.json()["field"], "date");
    assert_eq!(ask("?day=2024-04-02").await.status, StatusCode::BAD_REQUEST);
    let none = App::new().get("/api/timetable").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_time_at_which_nothing_runs_is_refused_with_the_hours_of_the_date() {
    let app = app();
    let catchments = |when: Json, cutoffs: Json| {
        let mut question = json!({"origins": [{"layer": "stations", "id": "s1"}],
            "mode": "transit", "unit": "min", "cutoffs": cutoffs});
        let fields = question.as_object_mut().expect("an object");
        fields.extend(when.as_object().expect("an object").clone());
        question
    };
    let set_out =
        |from: &str, to: &str| json!({"departure": {"date": "2024-05-13", "from": from, "to": to}});
    let be_there =
        |by: &str| json!({"direction": "to", "arrival": {"date": "2024-05-13", "by": by}});
    let nobody_rides = [
        // The first vehicle leaves at 08:00, 31 minutes after the last minute of the window.
        (set_out("06:30", "07:30"), json!([10, 30])),
        (set_out("08:31", "09:00"), json!([30])),
        (be_there("08:19"), json!([60])),
        (be_there("12:00"), json!([60])),
    ];
    for (when, cutoffs) in nobody_rides {
        let question = catchments(when.clone(), cutoffs);
        let refused = app.post("/api/catchments", question).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{when}");
        let problem = refused.json();
        assert_eq!(problem["reason"], "no_vehicle", "{problem}");
        let field = if when["arrival"].is_null() {
            "departure"
        } else {
            "arrival"
        };
        assert_eq!(problem["field"], field);
        let values = json!({"date": "2024-05-13", "first_departure": "08:00",
            "last_departure": "08:30", "last_arrival": "08:50"});
        assert_eq!(problem["values"], values);
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains("from 08:00 to 08:30"), "{detail}");
    }
    // The longest cutoff of the window's last minute reaches the first departure.
    let question = catchments(set_out("06:30", "07:31"), json!([10, 30]));
    let answer = app.post("/api/catchments", question).await;
    assert_eq!(answer.status, StatusCode::OK);
    // Every question by timetable refuses alike.
    let times = to_work(json!({"departure": {"date": "2024-05-13", "from": "09:00"}}));
    let times = app.post("/api/travel_times", times).await;
    let access = json!({"from": "residences", "to": {"layer": "workplaces", "capacity": "jobs"},
        "measure": "cumulative", "mode": "transit", "unit": "min", "cutoff": 30,
        "arrival": {"date": "2024-05-13", "by": "08:00"}});
    let access = app.post("/api/access", access).await;
    let path = "/api/coverage?layer=workplaces&level=city&mode=transit&unit=min&cutoff=15";
    let coverage = app.get(&format!("{path}&arrival=2024-05-13,07:00")).await;
    for refused in [times, access, coverage] {
        assert_eq!(refused.json()["reason"], "no_vehicle");
    }
}

#[tokio::test]
async fn an_answer_of_walking_alone_says_so_in_every_form() {
    let app = app();
    let notes = |answer: &Json| {
        let inputs = answer["provenance"]["inputs"].as_array().expect("inputs");
        let timetable = inputs.iter().find(|input| input["layer"] == "transit");
        timetable.expect("the timetable")["notes"].clone()
    };
    let catchments = |cutoff: u32| {
        json!({"origins": [{"layer": "stations", "id": "s1"}], "mode": "transit", "unit": "min",
            "cutoffs": [cutoff], "departure": {"date": "2024-05-13", "from": "08:00"}})
    };
    // In 19 minutes the vehicle of 08:00 is not yet at B; in 20 it is.
    let walked = app.post("/api/catchments", catchments(19)).await.json();
    let told = notes(&walked);
    let zh = told[0]["zh"].as_str().expect("a note");
    assert!(
        zh.contains("全部为步行") && zh.contains("08:00 至 08:30"),
        "{zh}"
    );
    let en = told[0]["en"].as_str().expect("a note");
    assert!(en.contains("walking alone"), "{en}");
    let ridden = app.post("/api/catchments", catchments(20)).await.json();
    assert_eq!(notes(&ridden), Json::Null);
    let geojson = app
        .post("/api/catchments?format=geojson", catchments(19))
        .await;
    assert_eq!(notes(&geojson.json()), told);
    // A workbook tells it on the sheet of its sources.
    let xlsx = app
        .post("/api/catchments?format=xlsx", catchments(19))
        .await;
    let mut book = Xlsx::new(Cursor::new(xlsx.body)).expect("a workbook");
    let sheets: Vec<_> = book.worksheets().into_iter().map(|sheet| sheet.1).collect();
    let cells = sheets.iter().flat_map(|sheet| sheet.rows()).flatten();
    let mut texts = cells.filter_map(|cell| cell.get_string());
    assert!(texts.any(|text| text.contains("全部为步行")));
    let times = |to: &str| {
        to_work(json!({"departure": {"date": "2024-05-13", "from": "08:00"},
            "destinations": [{"layer": "workplaces", "id": to}]}))
    };
    let near = app.post("/api/travel_times", times("x")).await.json();
    let told = notes(&near)[0]["en"].as_str().expect("a note").to_owned();
    assert!(told.contains("walking alone"), "{told}");
    let far = app.post("/api/travel_times", times("y")).await.json();
    assert_eq!(notes(&far), Json::Null);
}

/// The timetable of [`FEED`] beside ferries that run in March alone.
fn bring_two_feeds(store: &GeoPackage) {
    bring_timetable(store);
    let stored = store
        .network("transit")
        .expect("read")
        .expect("a timetable");
    let roads = schedule_from_bytes(&stored.bytes).expect("a schedule");
    let march =
        FEED.map(|(name, text)| (name, text.replace("20240101,20241231", "20240301,20240331")));
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in march {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let (ferries, _) = gtfs::read(&[folder.path()]).expect("a feed");
    let named = |name: &str| Feed {
        name: name.into(),
        ..Feed::default()
    };
    let both = roads
        .with_named_feeds(&named(""))
        .with_feed(named("轮渡"), ferries);
    let network = StoredNetwork {
        bytes: schedule_to_bytes(&both),
        ..stored
    };
    store.set_network("transit", &network).expect("kept");
}

#[tokio::test]
async fn an_answer_says_which_feed_has_no_service_on_its_date() {
    let app = App::with(bring_two_feeds);
    let ask = |date: &str| to_work(json!({"departure": {"date": date, "from": "08:00"}}));
    let notes = |answer: &Json| {
        let inputs = answer["provenance"]["inputs"].as_array().expect("inputs");
        let timetable = inputs.iter().find(|input| input["layer"] == "transit");
        timetable.expect("the timetable")["notes"].clone()
    };
    let march = app
        .post("/api/travel_times", ask("2024-03-11"))
        .await
        .json();
    assert_eq!(notes(&march), Json::Null);
    let may = app
        .post("/api/travel_times", ask("2024-05-13"))
        .await
        .json();
    let told = notes(&may);
    assert_eq!(
        told[0]["zh"],
        "2024-05-13 不含“轮渡”的班次：该时刻表只有 2024-03-01 至 2024-03-29 的班次"
    );
    assert_eq!(told.as_array().expect("notes").len(), 1);
    // Where no feed has service nothing is answered.
    let refused = app.post("/api/travel_times", ask("2025-01-06")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
