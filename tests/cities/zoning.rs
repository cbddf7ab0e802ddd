//! Rules and targets through the commands, on the demonstration city.

use super::*;

fn demo() -> Desk {
    let desk = Desk::new();
    desk.done(&["demo", "--residences", "4000"]);
    desk
}

#[test]
fn the_demonstration_city_is_classified_and_adds_up() {
    let desk = demo();
    let found = desk.json(&["query", "zoning"]);
    let rows = found["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 178);
    // Nothing that the default rules ask for is missing, so none is left without a class.
    assert!(rows.iter().all(|row| row["class"].is_string()));
    let sum = |rows: &[Json], key: &str| -> i64 {
        rows.iter()
            .map(|row| row[key].as_i64().expect("a count"))
            .sum()
    };
    assert_eq!(sum(rows, "residents"), 18_676_605);
    assert_eq!(sum(rows, "planned_residents"), 22_000_000);
    for part in ["classes", "districts"] {
        let parts = found[part].as_array().expect("rows");
        assert_eq!(sum(parts, "residents"), 18_676_605, "{part}");
        assert_eq!(sum(parts, "areas"), 178, "{part}");
    }
    // Centre and outer districts are told apart: the one disperses, the other gathers.
    let share = |is_centre: bool, classes: &[&str]| {
        let centre = ["440103", "440104", "440105", "440106"];
        let of = rows.iter().filter(|row| {
            let district = row["district_code"].as_str().expect("a district");
            centre.contains(&district) == is_centre
        });
        let (mut all, mut fits) = (0, 0);
        for row in of {
            all += 1;
            fits += i32::from(row["class"].as_str().is_some_and(|c| classes.contains(&c)));
        }
        f64::from(fits) / f64::from(all)
    };
    let dense = ["disperse", "improve"];
    let open = ["gather", "gather_moderately", "ecology"];
    assert!(share(true, &dense) > 0.6, "{}", share(true, &dense));
    assert!(share(false, &open) > 0.5, "{}", share(false, &open));
    let units = desk.json(&["query", "zoning", "--level", "planning_unit"]);
    let capacity = |found: &Json| found["totals"]["planned_capacity"].as_i64();
    assert_eq!(capacity(&units), capacity(&found));
    let table = desk.done(&["query", "zoning", "--format", "csv"]);
    assert!(table.lines().count() > 178);
}

#[test]
fn rules_are_copied_changed_and_brought_in() {
    let desk = demo();
    desk.done(&["template", "zoning", "--out", "rules.toml"]);
    let text = std::fs::read_to_string(desk.path("rules.toml")).expect("a file");
    let own = text.replace("id = \"default\"", "id = \"own\"");
    std::fs::write(
        desk.path("own.toml"),
        own.replace("threshold = 20000", "threshold = 1e9"),
    )
    .expect("written");
    desk.done(&["import", "zoning", "own.toml"]);
    let told = desk.refused(&["import", "zoning", "own.toml"]);
    assert!(told.contains("--replace"), "{told}");
    desk.done(&["import", "zoning", "own.toml", "--replace"]);
    let found = desk.json(&["query", "zoning", "--rules", "own"]);
    let classes = found["classes"].as_array().expect("classes");
    let disperse = classes.iter().find(|class| class["class"] == "disperse");
    assert_eq!(disperse.map(|class| class["areas"].as_u64()), Some(Some(0)));
    std::fs::write(desk.path("bad.toml"), own_with_a_slip(&own)).expect("written");
    let told = desk.refused(&["import", "zoning", "bad.toml"]);
    for part in [
        "bad.toml",
        "class `disperse`, criterion 1",
        "density_per_kn2",
        "capacity_ratio",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

fn own_with_a_slip(text: &str) -> String {
    text.replacen("\"density_per_km2\"", "\"density_per_kn2\"", 1)
}

#[test]
fn targets_are_held_against_the_city() {
    let desk = demo();
    let rows = desk.json(&[
        "query",
        "plan",
        "--year",
        "2025",
        "--indicator",
        "usual_residents",
    ]);
    let rows = rows["rows"].as_array().expect("rows");
    let city = &rows[0];
    assert_eq!(
        (city["target"].as_i64(), city["actual"].as_i64()),
        (Some(21_000_000), Some(18_827_000))
    );
    assert_eq!(city["actual_year"].as_i64(), Some(2023));
    let outer = rows
        .iter()
        .find(|row| row["name"] == "外围七区")
        .expect("the outer districts");
    let share = |key: &str| (outer[key].as_f64().expect("a share") * 1e4).round() / 1e4;
    assert_eq!(
        (share("target_share_of_city"), share("actual_share_of_city")),
        (0.6786, 0.676)
    );
    std::fs::write(
        desk.path("draft.csv"),
        "单元代码,目标年,指标,目标值,来源,日期\n440106,2030,常住人口,2300000,讨论稿,2026-03\n\
         449999,2030,常住人口,1,讨论稿,2026-03\n440106,2030,人均绿地,12,讨论稿,2026-03\n\
         440103,2030,常住人口,-5,讨论稿,2026-03\n",
    )
    .expect("written");
    let told = desk.done(&["import", "targets", "draft.csv", "--source", "规资局"]);
    for part in ["449999", "人均绿地", "1 kept", "negative"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let found = desk.json(&["query", "plan", "--year", "2030", "--level", "district"]);
    assert_eq!(found["rows"][0]["target"].as_i64(), Some(2_300_000));
    assert_eq!(found["rows"][0]["source"], "讨论稿");
    let told = desk.refused(&["import", "targets", "draft.csv"]);
    assert!(told.contains("--replace"), "{told}");
}
