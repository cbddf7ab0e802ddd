//! A grid of cells that are both homes and workplaces.

use super::*;

#[test]
fn porto_alegre_keeps_totals_and_names_missing_values() {
    let Some(grid) = data("porto-alegre/poa_hexgrid.csv") else {
        return;
    };
    let desk = Desk::new();
    let crs = ["--crs", "EPSG:4326", "--period", "2019"];
    let mut homes = vec!["import", "residences", text(&grid)];
    homes.extend(["--map", "usual_residents=population"]);
    homes.extend(crs);
    assert!(desk.done(&homes).replace(',', "").contains("812935"));
    let mut jobs = vec!["import", "workplaces", text(&grid)];
    jobs.extend(crs);
    let told = desk.done(&jobs);
    assert!(told.replace(',', "").contains("337921"), "{told}");

    let found = desk.json(&["query", "balance", "--level", "city"]);
    assert_eq!(found["totals"]["usual_residents"], 812_935);
    assert_eq!(found["totals"]["jobs"], 337_921);
    assert_eq!(found["left_out"]["workplaces.jobs"]["missing"], 5);
    // Nobody's employment is known: the ratio is not defined, and says why.
    assert!(found["totals"]["jobs_per_employed_resident"].is_null());

    // The same answer again, to the byte.
    let again =
        |format: &str| desk.run(&["query", "balance", "--level", "city", "--format", format]);
    assert_eq!(again("csv").stdout, again("csv").stdout);
    desk.answers_alike_in_a_database(&[&["balance", "--level", "city"]]);
    // What goes out comes back in.
    desk.done(&["export", "workplaces", "--out", "jobs.fgb"]);
    let other = Desk::new();
    let told = other.done(&[
        "import",
        "workplaces",
        text(&desk.path("jobs.fgb")),
        "--period",
        "2019",
    ]);
    assert!(told.replace(',', "").contains("337921"), "{told}");
    let found = other.json(&["query", "balance", "--level", "city"]);
    assert_eq!(found["totals"]["jobs"], 337_921);
    assert_eq!(found["left_out"]["workplaces.jobs"]["missing"], 5);
}

#[test]
fn a_coordinate_system_is_never_guessed() {
    let Some(grid) = data("porto-alegre/poa_hexgrid.csv") else {
        return;
    };
    let desk = Desk::new();
    let told = desk.refused(&["import", "workplaces", text(&grid)]);
    assert!(told.contains("--crs"), "{told}");
    assert_eq!(desk.files(), Vec::<String>::new());
}

/// Number columns of a CSV file by heading; empty cells are missing.
fn columns(path: &Path, headings: &[&str]) -> Vec<Vec<Option<f64>>> {
    let text = std::fs::read_to_string(path).expect("readable");
    let mut lines = text.lines();
    let found: Vec<&str> = lines.next().expect("headings").split(',').collect();
    let plain = |heading: &str| heading.trim_matches(['"', '\u{feff}']).to_owned();
    let at = |wanted: &&str| {
        found
            .iter()
            .position(|h| plain(h) == **wanted)
            .expect("a heading")
    };
    let places: Vec<usize> = headings.iter().map(at).collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        places
            .iter()
            .map(|place| cells[*place].trim_matches('"').parse().ok())
            .collect()
    };
    lines.map(row).collect()
}

fn great_circle_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (lat_a, lat_b) = (a.1.to_radians(), b.1.to_radians());
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let chord = half(b.1 - a.1) + lat_a.cos() * lat_b.cos() * half(b.0 - a.0);
    2.0 * 6_371_008.8 * chord.sqrt().asin()
}

#[test]
fn stations_cover_whom_a_plain_sum_finds_and_streets_cover_fewer() {
    let (Some(grid), Some(places), Some(streets)) = (
        data("porto-alegre/poa_hexgrid.csv"),
        data("porto-alegre/poa_points_of_interest.csv"),
        data("porto-alegre/poa_osm.pbf"),
    ) else {
        return;
    };
    let desk = Desk::new();
    let crs = ["--crs", "EPSG:4326", "--period", "2019"];
    let import = |layer: &str, file: &Path, more: &[&str]| {
        let mut arguments = vec!["import", layer, text(file)];
        arguments.extend(more);
        arguments.extend(crs);
        desk.done(&arguments);
    };
    import(
        "residences",
        &grid,
        &["--map", "usual_residents=population"],
    );
    import("workplaces", &grid, &[]);
    import("stations", &places, &[]);
    desk.done(&["import", "streets", text(&streets), "--period", "2020"]);

    let cutoffs = [300.0, 500.0, 800.0, 1500.0];
    let asked = "300,500,800,1500";
    let coverage = desk.json(&[
        "query",
        "station_coverage",
        "--level",
        "city",
        "--cutoffs",
        asked,
    ]);
    let totals = coverage["totals"].as_array().unwrap();
    let cells = columns(&grid, &["lon", "lat", "population", "jobs"]);
    let stations = columns(&places, &["lon", "lat"]);
    let place = |row: &[Option<f64>]| (row[0].unwrap(), row[1].unwrap());
    for (cutoff, row) in cutoffs.iter().zip(totals) {
        let near = |cell: &&Vec<Option<f64>>| {
            let near =
                |station: &Vec<Option<f64>>| great_circle_m(place(station), place(cell)) <= *cutoff;
            stations.iter().any(near)
        };
        let sum = |column: usize| {
            let near = cells.iter().filter(near).filter_map(|cell| cell[column]);
            near.sum::<f64>() as i64
        };
        assert_eq!(row["straight_residents"], sum(2), "{cutoff} m");
        assert_eq!(row["straight_jobs"], sum(3), "{cutoff} m");
        assert_eq!(
            (&row["residents"], &row["jobs"]),
            (&812_935.into(), &337_921.into())
        );
        let number = |key: &str| row[key].as_i64().unwrap();
        assert!(number("walk_residents") <= number("straight_residents"));
        assert!(number("walk_jobs") <= number("straight_jobs"));
    }
    let on_foot = |n: usize| totals[n]["walk_residents"].as_i64().unwrap();
    assert!(on_foot(0) <= on_foot(1) && on_foot(1) < on_foot(2) && on_foot(2) < on_foot(3));
    assert_eq!(coverage["left_out"]["workplaces.jobs"]["missing"], 5);

    // The same people as those of the catchments together, and of a network that opens at once.
    let question = serde_json::json!({"origins": [{"layer": "stations"}], "mode": "walk",
        "cutoffs": cutoffs, "nearest": true});
    std::fs::write(desk.path("question.json"), question.to_string()).unwrap();
    let reached = desk.json(&["query", "catchments", "--json", "question.json"]);
    let question = serde_json::json!({"before": [], "after": [{"layer": "stations"}],
        "mode": "walk", "cutoffs": cutoffs});
    std::fs::write(desk.path("question.json"), question.to_string()).unwrap();
    let opened = desk.json(&["query", "station_change", "--json", "question.json"]);
    let people = "residences.usual_residents";
    for (number, row) in totals.iter().enumerate() {
        let union = &reached["union"][number]["totals"][people];
        assert_eq!(union, &row["walk_residents"]);
        assert_eq!(&opened["totals"][number]["gained_residents"], union);
        let catchments = reached["catchments"].as_array().unwrap();
        let of_cutoff = catchments.iter().filter(|c| c["cutoff"] == row["cutoff"]);
        let nearest = of_cutoff.filter_map(|c| c["nearest"][people].as_i64());
        assert_eq!(
            Some(nearest.sum()),
            union.as_i64(),
            "the parts are the whole"
        );
    }

    // A station's surroundings on foot are part of its circle.
    let areas = |mode: &str| desk.json(&["query", "station_areas", "--mode", mode]);
    let (straight, walk) = (areas("straight"), areas("walk"));
    let rows = |answer: &Json| answer["rows"].as_array().unwrap().clone();
    assert_eq!(rows(&walk).len(), 15);
    for (straight, walk) in rows(&straight).iter().zip(&rows(&walk)) {
        if walk["reason"] == "off_network" {
            continue;
        }
        for key in ["core_residents", "influence_residents", "influence_jobs"] {
            assert!(walk[key].as_i64() <= straight[key].as_i64(), "{key}");
        }
        assert!(walk["area_km2"].as_f64() < straight["area_km2"].as_f64());
    }

    // Nobody's employment is known here: floating balance says so and does not invent a ratio.
    let balance = desk.json(&[
        "query",
        "balance",
        "--level",
        "city",
        "--minutes",
        "20",
        "--mode",
        "walk",
    ]);
    assert!(balance["totals"]["jobs_per_employed_resident"].is_null());
    assert_eq!(balance["totals"]["reason"], "no_data");
}
