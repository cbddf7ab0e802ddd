//! Tables of flows: places outside, smaller areas, other programs.

use serde_json::json;

use super::*;

/// Two districts of two subdistricts each.
fn city() -> Desk {
    let desk = Desk::new();
    let square = |code: &str, west: f64, east: f64| {
        json!({"type": "Feature", "id": code, "properties": {"code": code, "name": format!("单元{code}")},
            "geometry": {"type": "Polygon", "coordinates":
                [[[west, 23.0], [east, 23.0], [east, 23.1], [west, 23.1], [west, 23.0]]]}})
    };
    let write = |file: &str, squares: &[Json]| {
        let collection = json!({"type": "FeatureCollection", "features": squares});
        std::fs::write(desk.path(file), collection.to_string()).unwrap();
    };
    let districts = [
        square("440101", 113.0, 113.2),
        square("440102", 113.2, 113.4),
    ];
    write("districts.geojson", &districts);
    let subdistricts = [
        square("440101001", 113.0, 113.1),
        square("440101002", 113.1, 113.2),
        square("440102001", 113.2, 113.3),
        square("440102002", 113.3, 113.4),
    ];
    write("subdistricts.geojson", &subdistricts);
    for layer in ["districts", "subdistricts"] {
        let file = format!("{layer}.geojson");
        desk.done(&[
            "import",
            layer,
            &file,
            "--crs",
            "EPSG:4490",
            "--period",
            "2020",
        ]);
    }
    let flows = "居住地代码,就业地代码,通勤人数,通勤方式\n\
        440101001000,440101002000,30,地铁\n440101001,440101001,10,步行\n440101001,440101001,5,步行\n\
        440101002,440102001,20,地铁\n440102001,440102001,40,步行\n\
        440102002,440600,7,小汽车\n440600,440101001,3,小汽车\n440600,440605,99,小汽车\n440102002,440102001,0,步行\n";
    std::fs::write(desk.path("flows.csv"), flows).unwrap();
    desk
}

const IMPORT: [&str; 5] = ["import", "flows", "flows.csv", "--period", "2020"];

fn by_code<'a>(found: &'a Json, code: &str) -> &'a Json {
    let mut rows = found["rows"].as_array().unwrap().iter();
    rows.find(|row| row["code"] == code).expect("a row")
}

#[test]
fn places_outside_are_kept_only_when_told() {
    let desk = city();
    let told = desk.refused(&IMPORT);
    assert!(
        told.contains("4406: 109 commuters") && told.contains("440605"),
        "{told}"
    );
    desk.refused(&["query", "commute", "--level", "district"]);
    let told = desk.done(&[&IMPORT[..], &["--outside", "--source", "test"]].concat());
    for said in [
        "level subdistrict: 6 flows, 115 commuters",
        "1 rows were added to another",
        "1 rows of nobody",
        "1 rows neither begin nor end in the city",
        "2 places outside",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let found = desk.json(&["query", "commute", "--level", "subdistrict"]);
    let home = by_code(&found, "440101001");
    assert_eq!(
        (
            &home["commuters"],
            &home["inside"],
            &home["out_commuters"],
            &home["in_commuters"]
        ),
        (&json!(45), &json!(15), &json!(30), &json!(3))
    );
    assert_eq!(home["self_containment"], json!(15.0 / 45.0));
    let leaving = by_code(&found, "440102002");
    assert_eq!(
        (&leaving["commuters"], &leaving["self_containment"]),
        (&json!(7), &json!(0.0))
    );
    // All of its commuters work outside the city: how far nobody knows.
    assert_eq!(
        (&leaving["mean_distance_km"], &leaving["self_sufficiency"]),
        (&Json::Null, &Json::Null)
    );
    assert_eq!(leaving["reason"], "no_jobs");
    let totals = &found["totals"];
    assert_eq!(
        (&totals["leaving_city"], &totals["entering_city"]),
        (&json!(7), &json!(3))
    );
    assert_eq!(totals["commuters"], 112);
}

#[test]
fn flows_of_subdistricts_count_for_their_district() {
    let desk = city();
    desk.done(&[&IMPORT[..], &["--outside"]].concat());
    let found = desk.json(&["query", "commute", "--level", "district"]);
    let first = by_code(&found, "440101");
    assert_eq!(
        (&first["inside"], &first["commuters"]),
        (&json!(45), &json!(65))
    );
    let balance = desk.json(&["query", "balance", "--level", "district"]);
    assert_eq!(
        by_code(&balance, "440101")["self_containment"],
        json!(45.0 / 65.0)
    );
    assert_eq!(
        by_code(&balance, "440102")["independence"],
        json!(40.0 / 27.0)
    );
    // One mode alone, and one that nobody goes by.
    std::fs::write(desk.path("rail.json"), r#"{"mode": "地铁"}"#).unwrap();
    let rail = desk.json(&[
        "query",
        "commute",
        "--level",
        "district",
        "--json",
        "rail.json",
    ]);
    assert_eq!(rail["totals"]["commuters"], 50);
    std::fs::write(desk.path("ship.json"), r#"{"mode": "轮渡"}"#).unwrap();
    let told = desk.refused(&[
        "query",
        "commute",
        "--level",
        "district",
        "--json",
        "ship.json",
    ]);
    assert!(told.contains("地铁") && told.contains("轮渡"), "{told}");
}

#[test]
fn the_largest_flows_are_lines_and_the_rest_is_counted() {
    let desk = city();
    desk.done(&[&IMPORT[..], &["--outside"]].concat());
    let lines = desk.json(&["query", "flows", "--level", "subdistrict", "--limit", "1"]);
    assert_eq!(lines["rows"][0]["commuters"], 30);
    assert_eq!(lines["rows"][0]["share_of_origin"], json!(30.0 / 45.0));
    let totals = &lines["totals"];
    assert_eq!(
        (&totals["more_flows"], &totals["more_commuters"]),
        (&json!(1), &json!(20))
    );
    assert_eq!(totals["inside"], 55);
}
