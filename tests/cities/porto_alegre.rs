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
