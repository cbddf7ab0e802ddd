//! Streets of real cities and of a bureau's own files, by every way of travelling.

use serde_json::json;

use super::*;

fn people(desk: &Desk, grid: &str) {
    let crs = ["--crs", "EPSG:4326", "--period", "2019"];
    let mut homes = vec![
        "import",
        "residences",
        grid,
        "--map",
        "usual_residents=population",
    ];
    homes.extend(crs);
    desk.done(&homes);
}

/// Residents within a cutoff of the center of Porto Alegre.
fn reached(desk: &Desk, question: Json) -> i64 {
    let file = desk.path("question.json");
    let mut body = json!({"origins": [{"lon": -51.2287, "lat": -30.0277}]});
    let fields = body.as_object_mut().unwrap();
    fields.extend(question.as_object().unwrap().clone());
    std::fs::write(&file, body.to_string()).unwrap();
    let answer = desk.json(&["query", "catchments", "--json", text(&file)]);
    let totals = &answer["catchments"][0]["totals"];
    totals["residences.usual_residents"].as_i64().unwrap()
}

#[test]
fn porto_alegre_is_reached_by_every_mode() {
    let (Some(grid), Some(streets)) = (
        data("porto-alegre/poa_hexgrid.csv"),
        data("porto-alegre/poa_osm.pbf"),
    ) else {
        return;
    };
    let desk = Desk::new();
    people(&desk, text(&grid));
    let told = desk.done(&[
        "import",
        "streets",
        text(&streets),
        "--period",
        "2020-08-12",
    ]);
    for network in [
        "Walking network",
        "Cycling network",
        "Road network for cars",
    ] {
        assert!(told.contains(network), "{told}");
    }
    let minutes = |mode: &str, direction: &str| {
        let question =
            json!({"mode": mode, "unit": "min", "cutoffs": [15], "direction": direction});
        reached(&desk, question)
    };
    let straight = reached(&desk, json!({"cutoffs": [1125]}));
    let walk = minutes("walk", "from");
    assert!(walk > 0 && walk < straight, "{walk} of {straight}");
    let (bicycle, car) = (minutes("bicycle", "from"), minutes("car", "from"));
    assert!(walk < bicycle && bicycle < car, "{walk}, {bicycle}, {car}");
    // On foot there and back are the same; one-ways make them differ by car.
    assert_eq!(walk, minutes("walk", "to"));
    assert_ne!(car, minutes("car", "to"));
}

#[test]
fn porto_loads_and_answers() {
    let Some(streets) = data("porto-portugal/porto_portugal.osm.pbf") else {
        return;
    };
    let desk = Desk::new();
    let told = desk.done(&[
        "import",
        "streets",
        text(&streets),
        "--mode",
        "walk",
        "--mode",
        "car",
    ]);
    assert!(
        told.contains("Walking network") && !told.contains("Cycling network"),
        "{told}"
    );
    let home = "id,lon,lat,常住人口\na,-8.6109,41.1496,10\nb,-8.6291,41.1579,20\n";
    std::fs::write(desk.path("homes.csv"), home).unwrap();
    desk.done(&[
        "import",
        "residences",
        "homes.csv",
        "--crs",
        "EPSG:4326",
        "--period",
        "2020",
    ]);
    let question = |mode: &str, cutoff: u32| {
        let body = json!({"origins": [{"lon": -8.6109, "lat": 41.1496}], "mode": mode,
            "unit": "min", "cutoffs": [cutoff], "geometry": true});
        std::fs::write(desk.path("question.json"), body.to_string()).unwrap();
        let answer = desk.json(&["query", "catchments", "--json", "question.json"]);
        answer["catchments"][0]["totals"]["residences.usual_residents"].clone()
    };
    // The second home is 1.8 km away in a straight line.
    assert_eq!(question("walk", 20), json!(10));
    assert_eq!(question("walk", 60), json!(30));
    assert_eq!(question("car", 15), json!(30));
    let body = json!({"origins": [{"lon": -8.6, "lat": 41.1}], "mode": "bicycle", "cutoffs": [9]});
    std::fs::write(desk.path("question.json"), body.to_string()).unwrap();
    let told = desk.refused(&["query", "catchments", "--json", "question.json"]);
    assert!(
        told.contains("bicycle") && told.contains("import"),
        "{told}"
    );
}

fn write_lines(desk: &Desk, file: &str, lines: &[(&str, Json, [[f64; 2]; 2])]) {
    let features: Vec<Json> = lines
        .iter()
        .map(|(id, properties, corners)| {
            json!({"type": "Feature", "id": id, "properties": properties,
                "geometry": {"type": "LineString", "coordinates": corners}})
        })
        .collect();
    let collection = json!({"type": "FeatureCollection", "features": features});
    std::fs::write(desk.path(file), collection.to_string()).unwrap();
}

/// A city with a home at each of three corners of a bureau's streets.
#[test]
fn streets_of_a_bureaus_own_are_joined_across_files() {
    let desk = Desk::new();
    let homes = "id,lon,lat,常住人口\na,113.0,23.0,1\nb,113.01,23.0,2\nc,113.01,23.01,4\n";
    std::fs::write(desk.path("homes.csv"), homes).unwrap();
    desk.done(&[
        "import",
        "residences",
        "homes.csv",
        "--crs",
        "EPSG:4490",
        "--period",
        "2020",
    ]);
    let road = |class: &str, oneway: &str| json!({"等级": class, "走向": oneway, "name": "x"});
    // Both files number their streets from 1; the last is planned only.
    write_lines(
        &desk,
        "east.geojson",
        &[("1", road("主干路", "单行"), [[113.0, 23.0], [113.01, 23.0]])],
    );
    write_lines(
        &desk,
        "north.geojson",
        &[
            ("1", road("支路", "双向"), [[113.01, 23.0], [113.01, 23.01]]),
            ("2", road("支路", "双向"), [[113.01, 23.01], [113.0, 23.0]]),
            (
                "3",
                road("规划道路", "双向"),
                [[113.0, 23.0], [113.0, 23.01]],
            ),
        ],
    );
    let mut import = vec!["import", "streets", "east.geojson", "north.geojson"];
    import.extend([
        "--crs",
        "EPSG:4490",
        "--map",
        "highway=等级",
        "--map",
        "oneway=走向",
    ]);
    import.extend(["--source", "streets bureau"]);
    let told = desk.done(&import);
    assert!(
        told.contains("Road network for cars: 3 streets, 3 nodes, 3 edges (1 one-way)"),
        "{told}"
    );
    let mut dry_run = import.clone();
    dry_run.extend(["--mode", "bicycle", "--dry-run"]);
    let told = desk.done(&dry_run);
    assert!(told.contains("Cycling network: 3 streets") && told.contains("nothing was written"));
    let within = |mode: &str, unit: &str, cutoff: f64, direction: &str| {
        let body = json!({"origins": [{"lon": 113.01, "lat": 23.0}], "mode": mode, "unit": unit,
            "cutoffs": [cutoff], "direction": direction});
        std::fs::write(desk.path("question.json"), body.to_string()).unwrap();
        let answer = desk.json(&["query", "catchments", "--json", "question.json"]);
        answer["catchments"][0]["totals"]["residences.usual_residents"].clone()
    };
    // 1,024 m to `a` on foot; by car `a` is 57 s away in the one direction, 240 s in the other.
    assert_eq!(within("walk", "m", 1_030.0, "from"), json!(3));
    assert_eq!(within("car", "min", 1.0, "to"), json!(3));
    assert_eq!(within("car", "min", 1.0, "from"), json!(2));
    assert_eq!(within("car", "min", 5.0, "from"), json!(7));
}

#[test]
fn own_lines_open_one_way_streets_to_bicycles_by_the_keys_of_openstreetmap() {
    let one_way = |tags: Json| {
        let desk = Desk::new();
        let mut road = json!({"highway": "residential", "oneway": "yes"});
        let fields = road.as_object_mut().expect("an object");
        fields.extend(tags.as_object().expect("an object").clone());
        let plain = json!({"highway": "residential"});
        let lines = [
            ("1", road, [[113.0, 23.0], [113.01, 23.0]]),
            ("2", plain.clone(), [[113.01, 23.0], [113.01, 23.01]]),
            ("3", plain, [[113.01, 23.01], [113.0, 23.0]]),
        ];
        write_lines(&desk, "streets.geojson", &lines);
        let mut import = vec!["import", "streets", "streets.geojson", "--crs", "EPSG:4490"];
        import.extend(["--mode", "bicycle", "--dry-run"]);
        let told = desk.done(&import);
        let edges = |count: &str| told.contains(&format!("({count} one-way)"));
        assert!(edges("0") != edges("1"), "{told}");
        edges("1")
    };
    assert!(one_way(json!({})));
    assert!(one_way(
        json!({"cycleway": "lane", "cycleway:left": "lane"})
    ));
    for tags in [
        json!({"oneway:bicycle": "no"}),
        json!({"cycleway": "opposite_lane"}),
        json!({"cycleway:left": "opposite_track"}),
        json!({"cycleway:right": "lane", "cycleway:right:oneway": "-1"}),
        // As Shapefiles name them, and as files that hold plain names only.
        json!({"oneway:bic": "no"}),
        json!({"cycleway:l": "opposite"}),
        json!({"oneway_bic": "no"}),
        json!({"cycleway_r": "opposite"}),
    ] {
        assert!(!one_way(tags.clone()), "{tags}");
    }
}

/// A main street that nobody split: a side street ends on it, another 50 cm short of it, a bridge
/// crosses it.
#[test]
fn ends_on_the_middle_of_a_line_are_joined_and_the_rest_is_told() {
    let desk = Desk::new();
    let road = json!({"highway": "residential"});
    let lines = [
        ("main", [[113.0, 23.0], [113.04, 23.0]]),
        ("side", [[113.01, 23.0], [113.01, 23.01]]),
        ("short", [[113.02, 23.000_004_5], [113.02, 23.009]]),
        ("bridge", [[113.03, 22.99], [113.03, 23.01]]),
        ("back", [[113.01, 23.01], [113.03, 23.01]]),
    ];
    let lines = lines.map(|(id, ends)| (id, road.clone(), ends));
    write_lines(&desk, "streets.geojson", &lines);
    let import = [
        "import",
        "streets",
        "streets.geojson",
        "--crs",
        "EPSG:4490",
        "--mode",
        "walk",
    ];
    let told = desk.done(&import);
    for wanted in [
        "Walking network: 5 streets",
        "1 ends lay on another line, to 5 cm",
        "1 crossings without a shared corner",
        "1 loose ends within 2 m of a line are not joined to it (113.020000, 23.000004: 0.50 m)",
    ] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
}

#[test]
fn what_is_no_street_is_refused_and_the_city_stays_as_it_was() {
    let desk = Desk::new();
    let road = json!({"highway": "residential"});
    write_lines(
        &desk,
        "streets.geojson",
        &[("1", road.clone(), [[113.0, 23.0], [113.01, 23.0]])],
    );
    let import = ["import", "streets", "streets.geojson", "--crs", "EPSG:4490"];
    desk.done(&import);
    let before = std::fs::read(desk.path("city.gpkg")).unwrap();
    let points = json!({"type": "FeatureCollection", "features": [{"type": "Feature",
        "properties": road, "geometry": {"type": "Point", "coordinates": [113.0, 23.0]}}]});
    std::fs::write(desk.path("points.geojson"), points.to_string()).unwrap();
    std::fs::write(desk.path("sentence.osm.pbf"), "not a map at all").unwrap();
    let planned = json!({"highway": "规划道路"});
    let corners = [[113.0, 23.0], [113.01, 23.0]];
    write_lines(&desk, "planned.geojson", &[("1", planned, corners)]);
    for (files, wanted) in [
        (&["points.geojson"][..], "no line"),
        (&["sentence.osm.pbf"][..], "sentence.osm.pbf: "),
        (&["gone.osm.pbf"][..], "gone.osm.pbf"),
        (&["planned.geojson"][..], "no street"),
        (
            &["sentence.osm.pbf", "streets.geojson"][..],
            "one kind at a time",
        ),
    ] {
        let mut all = vec!["import", "streets", "--crs", "EPSG:4490"];
        all.extend(files);
        let told = desk.refused(&all);
        assert!(told.contains(wanted), "{files:?}: {told}");
    }
    // What is there is replaced only where one says so.
    assert!(desk.refused(&import).contains("--replace"));
    let told = desk.refused(&["import", "streets", "streets.geojson", "--mode", "boat"]);
    assert!(told.contains("walk, bicycle, car"), "{told}");
    if let Some(whole) = data("porto-alegre/poa_osm.pbf") {
        let bytes = std::fs::read(whole).unwrap();
        std::fs::write(desk.path("half.osm.pbf"), &bytes[..bytes.len() / 2]).unwrap();
        let told = desk.refused(&["import", "streets", "half.osm.pbf"]);
        assert!(
            told.contains("half.osm.pbf: ") && told.contains("not a whole"),
            "{told}"
        );
    }
    assert_eq!(std::fs::read(desk.path("city.gpkg")).unwrap(), before);
}
