//! Stations, lines and streets that are not there yet.

use super::*;

#[test]
fn a_station_a_line_and_a_street_open_ways() {
    let base = Model::new().city();
    let spot = |x: f64, y: f64| {
        let (lon, lat) = at(x, y);
        json!({"lon": lon, "lat": lat})
    };
    let mut station = json!({"kind": "station", "values": {"name": "东门", "mode": "metro"},
        "entrances": [spot(90.0, 110.0), spot(120.0, 100.0)]});
    station
        .as_object_mut()
        .unwrap()
        .extend(spot(100.0, 100.0).as_object().unwrap().clone());
    let mut far = spot(1900.0, 900.0);
    far["name"] = json!("西门");
    let line = json!({"kind": "line", "name": "9号线", "mode": "metro",
        "stops": [{"name": "东门", "run_s": 120}, far],
        "headways": [{"from": "06:00", "until": "23:00", "headway_min": 4}]});
    let scenario = after(&base, &[station, line]);
    let stations = &scenario.layer("stations", None).expect("stations").index;
    assert_eq!(
        (
            stations.features(),
            scenario.layer("entrances", None).unwrap().index.features()
        ),
        (2, 2)
    );
    let lines = stations.layer().attribute_index("lines").unwrap();
    for id in ["scenario-1", "scenario-2-2"] {
        let feature = stations.find(id).expect("a station");
        assert_eq!(stations.text(feature, lines), Some("9号线"), "{id}");
    }
    let transit = scenario.transit().expect("a timetable");
    assert_eq!(
        (transit.schedule.stops.len(), transit.schedule.trips.len()),
        (2, 2)
    );
    let ride = json!({"origins": [spot(100.0, 100.0)], "destinations": [spot(1900.0, 900.0)],
        "mode": "transit", "arrival": {"date": "2020-06-01", "by": "09:00"}});
    let ask = |mode: Json| {
        let asked = serde_json::from_value(mode).expect("a question");
        let found = query::travel_times(&scenario, &asked, &Limits::generous()).expect("an answer");
        found.rows[0]["seconds"].as_i64().expect("reached")
    };
    let seconds = ask(ride);
    assert!((120..600).contains(&seconds), "{seconds}");
    // A station that moves takes its stop along, one that goes is passed.
    let (lon, lat) = at(1900.0, 800.0);
    let moved =
        json!({"kind": "move", "layer": "stations", "id": "scenario-2-2", "lon": lon, "lat": lat});
    let moved = apply(&scenario, 3, &edit(moved)).expect("allowed");
    let stop = &moved.transit().expect("a timetable").schedule.stops[1];
    assert_eq!(stop.lon_lat, Some((lon, lat)));
    let gone = json!({"kind": "remove", "layer": "stations", "id": "scenario-2-2"});
    let gone = apply(&scenario, 3, &edit(gone)).expect("allowed");
    assert!(
        gone.transit()
            .expect("a timetable")
            .schedule
            .trips
            .is_empty()
    );
    // A street across the block of streets.
    let way = json!({"kind": "street", "class": "footway",
        "points": [[at(100.0, 100.0).0, at(100.0, 100.0).1], [at(900.0, 900.0).0, at(900.0, 900.0).1]]});
    let shortcut = after(&base, &[way]);
    let walk = |city: &City| {
        let asked = json!({"origins": [spot(100.0, 100.0)], "destinations": [spot(900.0, 900.0)],
            "mode": "walk"});
        let asked = serde_json::from_value(asked).expect("a question");
        let found = query::travel_times(city, &asked, &Limits::generous()).expect("an answer");
        found.rows[0]["seconds"].as_f64().expect("reached")
    };
    let (long, short) = (walk(&base), walk(&shortcut));
    assert!(
        (long / short - std::f64::consts::SQRT_2).abs() < 0.01,
        "{long} {short}"
    );
    assert!(base.transit().is_none());
}
