//! What stewards do with a city that is there already, and other programs with its file.

use serde_json::json;

use super::*;

fn square(code: &str, name: &str, west: f64, east: f64) -> Json {
    json!({"type": "Feature", "id": code, "properties": {"code": code, "name": name},
        "geometry": {"type": "Polygon", "coordinates":
            [[[west, 23.0], [east, 23.0], [east, 23.1], [west, 23.1], [west, 23.0]]]}})
}

fn write_squares(desk: &Desk, file: &str, squares: &[Json]) {
    let collection = json!({"type": "FeatureCollection", "features": squares});
    std::fs::write(desk.path(file), collection.to_string()).unwrap();
}

/// Two districts side by side and a home of 10 and one of 20 people in them, of 2020.
fn city() -> Desk {
    let desk = Desk::new();
    let squares = [
        square("440101", "甲区", 113.0, 113.1),
        square("440102", "乙区", 113.1, 113.2),
    ];
    write_squares(&desk, "districts.geojson", &squares);
    let homes = "id,lon,lat,常住人口,就业人口\na,113.05,23.05,10,5\nb,113.15,23.05,20,8\n";
    std::fs::write(desk.path("homes.csv"), homes).unwrap();
    import(&desk, "districts", "districts.geojson", &[]);
    import(&desk, "residences", "homes.csv", &[]);
    desk
}

fn import(desk: &Desk, layer: &str, file: &str, more: &[&str]) -> String {
    let mut all = vec!["import", layer, file, "--crs", "EPSG:4490"];
    if !more.contains(&"--period") {
        all.extend(["--period", "2020"]);
    }
    all.extend(more);
    desk.done(&all)
}

/// People by district code.
fn people(desk: &Desk, more: &[&str]) -> Vec<(String, Option<i64>)> {
    let mut question = vec!["query", "balance", "--level", "district"];
    question.extend(more);
    let found = desk.json(&question);
    let rows = found["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let code = row["code"].as_str().unwrap().to_owned();
        (code, row["usual_residents"].as_i64())
    })
    .collect()
}

fn both(a: i64, b: i64) -> Vec<(String, Option<i64>)> {
    vec![("440101".into(), Some(a)), ("440102".into(), Some(b))]
}

#[test]
fn boundaries_of_another_time_leave_the_present_as_it_is() {
    let desk = city();
    write_squares(
        &desk,
        "old.geojson",
        &[square("440199", "旧区", 113.0, 113.2)],
    );
    import(&desk, "districts", "old.geojson", &["--period", "1990"]);
    assert_eq!(people(&desk, &[]), both(10, 20));
    // People of that time lie in the boundaries of that time.
    import(&desk, "residences", "homes.csv", &["--period", "1990"]);
    let then = people(&desk, &["--period", "1990"]);
    assert_eq!(then, [("440199".to_owned(), Some(30))]);
    assert_eq!(people(&desk, &["--period", "2020"]), both(10, 20));
    // Boundaries of later days hold for nothing that was counted before.
    write_squares(
        &desk,
        "new.geojson",
        &[square("440188", "新区", 113.0, 113.2)],
    );
    import(&desk, "districts", "new.geojson", &["--period", "2022"]);
    assert_eq!(people(&desk, &[]), both(10, 20));
}

#[test]
fn an_update_changes_what_its_file_has_and_nothing_else() {
    let desk = city();
    let file = "id,lon,lat,户籍人口\na,113.05,23.05,7\n";
    std::fs::write(desk.path("hukou.csv"), file).unwrap();
    import(&desk, "residences", "hukou.csv", &["--update"]);
    assert_eq!(people(&desk, &[]), both(10, 20));
    let found = desk.json(&[
        "query",
        "balance",
        "--level",
        "city",
        "--caliber",
        "hukou_residents",
    ]);
    assert_eq!(found["totals"]["usual_residents"], 7);
    // Without ids nobody knows which feature a row is.
    std::fs::write(
        desk.path("nameless.csv"),
        "lon,lat,常住人口\n113.15,23.05,99\n",
    )
    .unwrap();
    let told = desk.refused(&[
        "import",
        "residences",
        "nameless.csv",
        "--crs",
        "EPSG:4490",
        "--period",
        "2020",
        "--update",
    ]);
    assert!(told.contains("--map id="), "{told}");
}

#[test]
fn an_area_code_stands_once() {
    let desk = city();
    let mut again = square("440102", "乙区", 113.1, 113.2);
    again["id"] = json!("other");
    write_squares(&desk, "again.geojson", &[again]);
    let told = desk.refused(&[
        "import",
        "districts",
        "again.geojson",
        "--crs",
        "EPSG:4490",
        "--period",
        "2020",
        "--update",
    ]);
    assert!(told.contains("440102"), "{told}");
    assert_eq!(people(&desk, &[]), both(10, 20));
}

#[test]
fn no_file_takes_the_place_of_a_city() {
    let desk = city();
    let told = desk.refused(&["export", "residences", "--out", "city.gpkg"]);
    assert!(told.contains("is a city"), "{told}");
    let told = desk.refused(&["template", "schools", "--out", "city.gpkg"]);
    assert!(
        told.contains("let the name end with .xlsx or .csv"),
        "{told}"
    );
    assert_eq!(people(&desk, &[]), both(10, 20));
}

#[test]
fn totals_that_are_spread_leave_the_rest_of_a_row() {
    let desk = city();
    std::fs::write(
        desk.path("areas.csv"),
        "id,lon,lat,floor_area_m2\na,113.05,23.05,100\nb,113.15,23.05,300\n",
    )
    .unwrap();
    import(&desk, "residences", "areas.csv", &["--update"]);
    std::fs::write(
        desk.path("totals.csv"),
        "code,户籍人口\n440101,70\n440102,90\n",
    )
    .unwrap();
    desk.done(&[
        "import",
        "residences",
        "totals.csv",
        "--spread",
        "district",
        "--weight",
        "floor_area_m2",
        "--period",
        "2020",
    ]);
    assert_eq!(people(&desk, &[]), both(10, 20));
    assert_eq!(
        people(&desk, &["--caliber", "hukou_residents"]),
        both(70, 90)
    );
}

#[test]
fn shapefiles_come_back_with_their_short_names() {
    let desk = city();
    desk.done(&["export", "residences", "--out", "homes.zip"]);
    let other = Desk::new();
    let file = desk.path("homes.zip");
    other.done(&["import", "residences", text(&file), "--period", "2020"]);
    let found = other.json(&["query", "balance", "--level", "city"]);
    assert_eq!(found["totals"]["usual_residents"], 30);
    assert_eq!(found["totals"]["employed_residents"], 13);
}

#[test]
fn what_is_exported_comes_back_with_its_origin() {
    let desk = Desk::new();
    let made_up = r#"{"type":"FeatureCollection",
        "provenance":{"software":"Suitu 穗图 0.1.0","source":"a bureau","licence":"free","synthetic":true,
                      "estimated":["jobs"]},
        "features":[{"type":"Feature","id":"a","properties":{"jobs":7},
                     "geometry":{"type":"Point","coordinates":[113.3,23.1]}}]}"#;
    std::fs::write(desk.path("made-up.geojson"), made_up).unwrap();
    let told = desk.done(&[
        "import",
        "workplaces",
        "made-up.geojson",
        "--period",
        "2020",
    ]);
    assert!(told.contains("source a bureau; synthetic data"), "{told}");
    for file in ["a.geojson", "a.fgb", "a.gpkg", "a.xlsx"] {
        desk.done(&["export", "workplaces", "--out", file]);
        let other = Desk::new();
        let file = desk.path(file);
        other.done(&["import", "workplaces", text(&file), "--period", "2020"]);
        let found = other.json(&["query", "balance", "--level", "city"]);
        assert_eq!(found["totals"]["jobs"], 7, "{}", file.display());
        let input = &found["provenance"]["inputs"][0];
        let told = [&input["source"], &input["licence"], &input["synthetic"]];
        let told = serde_json::to_string(&told).unwrap();
        assert_eq!(told, r#"["a bureau","free",true]"#, "{}", file.display());
        assert_eq!(input["estimated"], serde_json::json!(["jobs"]));
    }
}

fn other_program(desk: &Desk, sql: &str) {
    let file = rusqlite::Connection::open(desk.path("city.gpkg")).unwrap();
    file.execute_batch(sql).unwrap();
}

#[test]
fn edits_of_other_programs_are_placed_at_the_next_start() {
    let desk = city();
    other_program(
        &desk,
        "insert into residences (geom, usual_residents) select geom, 7 from residences where id = 'a'",
    );
    assert_eq!(people(&desk, &[]), both(17, 20));
    // A district gives its land to the other; a negative count is none.
    other_program(
        &desk,
        "update districts set geom = (select geom from districts where code = '440101') where code = '440102';
         delete from districts where code = '440101';
         update residences set usual_residents = -5 where id = 'b'",
    );
    assert_eq!(people(&desk, &[]), [("440102".to_owned(), Some(17))]);
    let found = desk.json(&["query", "balance", "--level", "district"]);
    let left_out = &found["left_out"]["residences.usual_residents"];
    assert_eq!(
        (&left_out["missing"], &left_out["outside_areas"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn a_shape_that_is_none_is_left_out_and_harms_nobody() {
    let desk = city();
    // Not a number, more rings than bytes, collections without end.
    let deep = "0107000000".to_owned() + "01000000" + &"010700000001000000".repeat(100_000);
    for body in [
        "0101000000000000000000f87f000000000000f87f".to_owned(),
        "0103000000ffffffff".to_owned(),
        deep,
    ] {
        other_program(
            &desk,
            &format!(
                "insert into residences (geom, usual_residents) values (x'47500001{}{body}', 5)",
                "8a110000"
            ),
        );
    }
    assert_eq!(people(&desk, &[]), both(10, 20));
}

#[test]
fn a_city_is_given_its_name_and_its_approval_number() {
    let desk = city();
    let told = desk.done(&[
        "settings",
        "--title-zh",
        "乙市",
        "--approval-number",
        "粤S(2026)001号",
    ]);
    assert!(told.contains("乙市"), "{told}");
    let told = desk.done(&["settings"]);
    assert!(told.contains("粤S(2026)001号"), "{told}");
    let city = desk.json(&["query", "balance", "--level", "city"]);
    assert_eq!(city["provenance"]["city"]["zh"], "乙市");
}

#[test]
fn an_import_says_what_it_makes_of_the_state_that_is_there() {
    let desk = city();
    let write = |name: &str, rows: &str| {
        let text = format!("id,lon,lat,常住人口,就业人口\n{rows}");
        std::fs::write(desk.path(name), text).unwrap();
    };
    write(
        "more.csv",
        "a,113.05,23.05,10,5\nb,113.15,23.05,25,8\nc,113.05,23.06,3,1\n",
    );
    let told = import(&desk, "residences", "more.csv", &["--update"]);
    let summary = "2020: 1 added, 1 changed, 1 unchanged, 0 not in the files and kept";
    assert!(told.contains(summary), "{told}");
    assert_eq!(people(&desk, &[]), both(13, 25));
    // The newest state is changed where no date is said.
    write("one.csv", "c,113.05,23.06,4,1\n");
    let newest = ["import", "residences", "one.csv", "--crs", "EPSG:4490"];
    let told = desk.done(&[&newest[..], &["--update"]].concat());
    let summary = "2020: 0 added, 1 changed, 0 unchanged, 2 not in the files and kept";
    assert!(told.contains(summary), "{told}");
    // Rows beside those that are there; a second one of the same id is refused.
    write("new.csv", "d,113.15,23.06,7,1\n");
    let append = [
        "import",
        "residences",
        "new.csv",
        "--crs",
        "EPSG:4490",
        "--append",
    ];
    assert!(desk.done(&append).contains("2020: 1 added, 0 changed"));
    assert!(desk.refused(&append).contains("id `d` stands twice"));
    assert_eq!(people(&desk, &[]), both(14, 32));
    // Rows without ids are numbered, which goes well once.
    let header = "lon,lat,常住人口,就业人口\n113.15,23.06,1,1\n";
    std::fs::write(desk.path("bare.csv"), header).unwrap();
    let mut bare = append;
    bare[2] = "bare.csv";
    assert!(desk.done(&bare).contains("2020: 1 added, 0 changed"));
    let told = desk.refused(&bare);
    assert!(told.contains("say --map id=COLUMN"), "{told}");
    assert_eq!(people(&desk, &[]), both(14, 33));
    // A slip in the date makes no state of one home.
    let slip = [&newest[..], &["--update", "--period", "2021"]].concat();
    let told = desk.refused(&slip);
    assert!(
        told.contains("holds nothing for 2021") && told.contains("it holds 2020"),
        "{told}"
    );
    let told = import(&desk, "residences", "homes.csv", &["--replace"]);
    let summary = "2020: 0 added, 1 changed, 1 unchanged, 3 removed";
    assert!(told.contains(summary), "{told}");
    assert_eq!(people(&desk, &[]), both(10, 20));
}

#[test]
fn another_date_is_added_beside_and_what_changed_between_them_is_told() {
    let desk = city();
    let then = "id,lon,lat,常住人口,就业人口\na,113.05,23.05,8,5\nb,113.15,23.05,20,8\n";
    std::fs::write(desk.path("then.csv"), then).unwrap();
    import(&desk, "residences", "then.csv", &["--period", "2010"]);
    assert_eq!(
        people(&desk, &[]),
        both(10, 20),
        "the newest is asked by default"
    );
    assert_eq!(people(&desk, &["--period", "2015"]), both(8, 20));
    let info = desk.done(&["info"]);
    let states = info.lines().filter(|line| line.starts_with("residences"));
    assert_eq!(states.count(), 2, "{info}");
    let again = [
        "import",
        "residences",
        "then.csv",
        "--crs",
        "EPSG:4490",
        "--period",
        "2010",
    ];
    assert!(
        desk.refused(&again)
            .contains("already holds 2 features for 2010")
    );
    let change = ["query", "change", "--of", "areas", "--from", "2010"];
    let found = desk.json(&change);
    let of = |row: usize, key: &str| found["rows"][row][key].clone();
    assert_eq!(of(0, "difference.residences.usual_residents"), 2);
    assert_eq!(of(0, "change_share.residences.usual_residents"), 0.25);
    assert_eq!(of(1, "difference.residences.usual_residents"), 0);
    let text = desk.refused(&["query", "change", "--of", "areas", "--from", "2001"]);
    assert!(text.contains("it holds 2010, 2020"), "{text}");
    // In 2010 both were one district.
    write_squares(
        &desk,
        "old.geojson",
        &[square("440199", "旧区", 113.0, 113.2)],
    );
    import(&desk, "districts", "old.geojson", &["--period", "2010"]);
    let text = desk.refused(&change);
    assert!(text.contains("only then: 440199"), "{text}");
    let crosswalk = |file: &'static str| {
        let dates = ["--from", "2010", "--period", "2020"];
        [
            &["import", "crosswalk", file, "--level", "district"][..],
            &dates,
        ]
        .concat()
    };
    std::fs::write(
        desk.path("half.csv"),
        "原代码,现代码,权重\n440199,440101,0.4\n440199,440102,0.5\n",
    )
    .unwrap();
    let text = desk.refused(&crosswalk("half.csv"));
    assert!(
        text.contains("weights of 440199 add up to 0.900000"),
        "{text}"
    );
    std::fs::write(
        desk.path("whole.csv"),
        "原代码,现代码,权重\n440199,440101,0.3\n440199,440102,0.7\n",
    )
    .unwrap();
    desk.done(&crosswalk("whole.csv"));
    assert!(desk.refused(&crosswalk("whole.csv")).contains("--replace"));
    let found = desk.json(&change);
    let then = |row: usize| found["rows"][row]["then.residences.usual_residents"].clone();
    assert_eq!(
        (then(0), then(1)),
        (json!(8), json!(20)),
        "28 people by 0.3 and 0.7"
    );
    assert_eq!(
        found["totals"][0]["difference.residences.usual_residents"],
        2
    );
}
