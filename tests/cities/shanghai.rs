//! A Shapefile in GBK without a word about it, and places that say their own district.

use super::*;

/// The name since 2015 and 2016 of a district in the older outlines.
fn today(name: &str) -> &str {
    match name {
        "闸北区" => "静安区",
        "崇明县" => "崇明区",
        other => other,
    }
}

#[test]
fn shanghai_places_lie_in_the_district_that_they_name() {
    let Some(outlines) = data("shanghai/boundaries/区县界_area.shp") else {
        return;
    };
    let desk = Desk::new();
    desk.done(&[
        "import",
        "districts",
        text(&outlines),
        "--period",
        "2010",
        "--map",
        "code=ADMINCODE",
    ]);
    let rows = desk.json(&["query", "areas", "--level", "district"]);
    let names: std::collections::HashMap<&str, &str> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["code"].as_str().unwrap(), row["name"].as_str().unwrap()))
        .collect();
    assert_eq!(names.len(), 17);
    assert!(names.values().any(|name| *name == "闸北区"));

    let (mut all, mut same) = (0, 0);
    for (layer, file) in [
        ("schools", "shanghai/poi/shanghai_school.csv"),
        ("clinics", "shanghai/poi/shanghai_hospital.csv"),
    ] {
        let Some(file) = data(file) else { return };
        // The district that each place says, row by row.
        let mut reader = csv::Reader::from_path(&file).unwrap();
        let headings = reader.headers().unwrap().clone();
        let at = headings.iter().position(|h| h == "adname").unwrap();
        let said: Vec<String> = reader
            .records()
            .map(|r| r.unwrap()[at].to_owned())
            .collect();
        desk.done(&[
            "import",
            layer,
            text(&file),
            "--crs",
            "EPSG:4326",
            "--period",
            "2010",
        ]);
        desk.done(&["export", layer, "--out", "places.geojson"]);
        let bytes = std::fs::read(desk.path("places.geojson")).unwrap();
        let places: Json = serde_json::from_slice(&bytes).unwrap();
        for place in places["features"].as_array().unwrap() {
            // Rows without an id are numbered as they come.
            let row: usize = place["id"].as_str().unwrap().parse().unwrap();
            let code = place["properties"]["district_code"].as_str();
            let named = code.and_then(|code| names.get(code)).copied().map(today);
            all += 1;
            same += usize::from(named == Some(said[row - 1].as_str()));
        }
    }
    assert_eq!(all, 13_664);
    let share = same as f64 / all as f64;
    println!("{same} of {all}: {share:.4}");
    assert!(share >= 0.969, "{share}");
    desk.answers_alike_in_a_database(&[&["areas", "--level", "district"]]);
}

/// Great-circle metres.
fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (x1, y1) = (a.0.to_radians(), a.1.to_radians());
    let (x2, y2) = (b.0.to_radians(), b.1.to_radians());
    let (half_y, half_x) = ((y2 - y1) / 2.0, (x2 - x1) / 2.0);
    let h = half_y.sin().powi(2) + y1.cos() * y2.cos() * half_x.sin().powi(2);
    2.0 * 6_371_008.8 * h.sqrt().asin()
}

#[test]
fn primary_schools_cover_districts_of_which_nothing_else_is_known() {
    let (Some(outlines), Some(places)) = (
        data("shanghai/boundaries/区县界_area.shp"),
        data("shanghai/poi/shanghai_school.csv"),
    ) else {
        return;
    };
    let desk = Desk::new();
    let map = ["--period", "2010", "--map", "code=ADMINCODE"];
    desk.done(&[&["import", "districts", text(&outlines)][..], &map].concat());
    // Of the places named schools those that say 小学; how many places they have nobody says.
    let mut reader = csv::Reader::from_path(&places).unwrap();
    let headings = reader.headers().unwrap().clone();
    let at = |name: &str| headings.iter().position(|h| h == name).unwrap();
    let (kind, lon, lat) = (at("type"), at("lon"), at("lat"));
    let mut schools: Vec<(f64, f64)> = Vec::new();
    let mut file = String::from("id,lon,lat,办学类型\n");
    for row in reader.records().map(Result::unwrap) {
        if row[kind].contains("学校;小学") {
            schools.push((row[lon].parse().unwrap(), row[lat].parse().unwrap()));
            file += &format!("{},{},{},小学\n", schools.len(), &row[lon], &row[lat]);
        }
    }
    std::fs::write(desk.path("primary.csv"), file).unwrap();
    desk.done(&[
        "import",
        "schools",
        "primary.csv",
        "--crs",
        "EPSG:4326",
        "--period",
        "2010",
    ]);

    let ask = [
        "query",
        "gaps",
        "--level",
        "district",
        "--services",
        "primary_school",
    ];
    let found = desk.json(&[&ask[..], &["--denominator", "land"]].concat());
    let rows = found["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 17);
    let total = &found["totals"][0];
    let inside: i64 = rows
        .iter()
        .map(|row| row["facilities"].as_i64().unwrap())
        .sum();
    assert_eq!(total["facilities"], inside);
    assert!(
        (930..=schools.len() as i64).contains(&inside),
        "{inside} of {}",
        schools.len()
    );
    for row in rows {
        assert_eq!(row["capacity_unknown"], row["facilities"]);
        for (missing, reason, why) in [
            ("required", "reason", "no_data"),
            ("shortfall", "reason", "no_data"),
            ("network_share_covered", "network_reason", "no_streets"),
            ("shared_per_1000", "shared_reason", "no_data"),
        ] {
            assert_eq!(
                (&row[missing], &row[reason]),
                (&Json::Null, &Json::from(why)),
                "{row}"
            );
        }
    }
    // By people nothing can be said, and by buildings neither.
    let by_people = desk.json(&ask);
    assert_eq!(by_people["rows"][0]["straight_share_covered"], Json::Null);
    assert_eq!(by_people["rows"][0]["straight_reason"], "no_data");

    // Points strewn over each district agree with the land that circles cover.
    desk.done(&["export", "districts", "--out", "districts.geojson"]);
    let bytes = std::fs::read(desk.path("districts.geojson")).unwrap();
    let outlines: geojson::FeatureCollection = serde_json::from_slice(&bytes).unwrap();
    for feature in &outlines.features {
        use geo::{BoundingRect, Contains};
        let code = feature.property("code").and_then(Json::as_str).unwrap();
        let row = rows.iter().find(|row| row["code"] == code).unwrap();
        let shape: geo::Geometry<f64> = feature.geometry.clone().unwrap().try_into().unwrap();
        let bounds = shape.bounding_rect().unwrap();
        let (mut all, mut near) = (0, 0);
        for step in 0..4000 {
            // A golden-ratio sequence fills the box evenly.
            let across = (f64::from(step) * 0.618_033_988_749_895).fract();
            let up = (f64::from(step) + 0.5) / 4000.0;
            let place = (
                bounds.min().x + across * bounds.width(),
                bounds.min().y + up * bounds.height(),
            );
            if shape.contains(&geo::Point::new(place.0, place.1)) {
                all += 1;
                near += i32::from(schools.iter().any(|school| metres(*school, place) <= 500.0));
            }
        }
        let strewn = f64::from(near) / f64::from(all);
        let share = row["straight_share_covered"].as_f64().unwrap();
        assert!(
            (share - strewn).abs() < 0.03,
            "{}: {share:.4}, {strewn:.4}",
            row["name"]
        );
    }
    let share = |name: &str| {
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        row["straight_share_covered"].as_f64().unwrap()
    };
    println!(
        "虹口区 {:.4}, 崇明县 {:.4}",
        share("虹口区"),
        share("崇明县")
    );
    assert!(share("虹口区") > 0.7 && share("崇明县") < 0.05);
}

#[test]
fn a_report_of_half_the_inputs_says_what_is_missing() {
    let (Some(outlines), Some(places)) = (
        data("shanghai/boundaries/区县界_area.shp"),
        data("shanghai/poi/shanghai_school.csv"),
    ) else {
        return;
    };
    let desk = Desk::new();
    let map = ["--period", "2010", "--map", "code=ADMINCODE"];
    desk.done(&[&["import", "districts", text(&outlines)][..], &map].concat());
    // Schools whose type says 小学 are primary schools; what a 中学 is nobody says.
    let mut reader = csv::Reader::from_path(&places).unwrap();
    let headings = reader.headers().unwrap().clone();
    let at = |name: &str| headings.iter().position(|h| h == name).unwrap();
    let (kind, lon, lat) = (at("type"), at("lon"), at("lat"));
    let mut primary: Vec<geo::Point<f64>> = Vec::new();
    let (mut file, mut unsorted) = (String::from("id,lon,lat,办学类型\n"), 0);
    for (number, row) in reader.records().map(Result::unwrap).enumerate() {
        let place = || geo::Point::new(row[lon].parse().unwrap(), row[lat].parse().unwrap());
        let stage = match &row[kind] {
            kind if kind.contains("学校;小学") => {
                primary.push(place());
                "小学"
            }
            kind if kind.contains("学校;中学") => {
                unsorted += 1;
                ""
            }
            _ => continue,
        };
        file += &format!("{number},{},{},{stage}\n", &row[lon], &row[lat]);
    }
    std::fs::write(desk.path("schools.csv"), file).unwrap();
    let wgs84 = ["--crs", "EPSG:4326", "--period", "2010"];
    desk.done(&[&["import", "schools", "schools.csv"][..], &wgs84].concat());
    desk.done(&["report", "service-gap", "--out", "gaps.html"]);

    let page = std::fs::read_to_string(desk.path("gaps.html")).unwrap();
    for said in [
        // No column is empty without a word.
        "no population: import the layer residences",
        "Surplus, Fulfilment, Rating (no population: import the layer residences",
        "no facility has a known capacity",
        "Coverage by network (no streets were imported",
        "coverage is a share of the land of the areas",
        "These facilities have no known capacity",
        &format!("{unsorted} of the layer Schools do not say their kind"),
    ] {
        assert!(page.contains(said), "{said}");
    }
    let (_, seal) = page.split_once("id=\"suitu-report\">").unwrap();
    let seal: Json = serde_json::from_str(seal.split_once("</script>").unwrap().0).unwrap();
    let tables = seal["tables"].as_array().unwrap();
    let rows = |id: &str| -> Vec<serde_json::Map<String, Json>> {
        let table = tables.iter().find(|table| table["id"] == id).unwrap();
        let keys = table["columns"].as_array().unwrap();
        let keys: Vec<&str> = keys.iter().map(|key| key.as_str().unwrap()).collect();
        let rows = table["rows"].as_array().unwrap().iter();
        let named = |row: &Json| {
            let cells = keys.iter().zip(row.as_array().unwrap());
            cells
                .map(|(key, cell)| (key.to_string(), cell.clone()))
                .collect()
        };
        rows.map(named).collect()
    };
    // Of junior schools nothing is known, which is not that there are none.
    let junior = rows("services");
    let junior = junior
        .iter()
        .find(|row| row["service"] == "Junior secondary schools")
        .unwrap();
    assert_eq!(
        (&junior["facilities"], &junior["straight_share_covered"]),
        (&Json::Null, &Json::Null)
    );
    // Each district has the schools that lie in its outline, counted here by themselves.
    desk.done(&["export", "districts", "--out", "districts.geojson"]);
    let bytes = std::fs::read(desk.path("districts.geojson")).unwrap();
    let outlines: geojson::FeatureCollection = serde_json::from_slice(&bytes).unwrap();
    let found = rows("service.primary_school");
    let mut inside = 0;
    for feature in &outlines.features {
        use geo::Contains;
        let shape: geo::Geometry<f64> = feature.geometry.clone().unwrap().try_into().unwrap();
        let own = primary
            .iter()
            .filter(|place| shape.contains(*place))
            .count();
        let names = ["name", "name_en"].map(|key| feature.property(key).and_then(Json::as_str));
        let row = found
            .iter()
            .find(|row| names.contains(&row["name"].as_str()))
            .unwrap();
        assert_eq!(row["facilities"], own, "{names:?}");
        inside += own;
    }
    assert_eq!(found.last().unwrap()["facilities"], inside);
    // Square kilometres: the districts together are what the city is.
    let land = rows("coverage.primary_school");
    let total = land.last().unwrap()["total"].as_f64().unwrap();
    assert!((6800.0..6900.0).contains(&total), "{total}");
    let told = desk.done(&["report", "--verify", "gaps.html"]);
    assert!(told.contains("same"), "{told}");
}
