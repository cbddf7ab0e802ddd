//! The file home: conformance, other programs in the file, damaged files.

use std::{ops::Deref, path::Path, process::Command};

use rusqlite::Connection;
use suitu::{
    city::{self, City},
    store::{BatchMode, Store, StoreError, geopackage::GeoPackage},
};
use tempfile::TempDir;

use super::{
    conformance::{hold, hold_against_a_map},
    edits::edit_once,
    external::{self, Outside},
    once::once,
    sample::{batch, catalog, district, homes, layer, period},
};

/// A store in a folder of its own.
struct Home {
    store: GeoPackage,
    _folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = GeoPackage::create(&folder.path().join("city.gpkg"), catalog());
        Home {
            store: store.expect("a new city"),
            _folder: folder,
        }
    }
}

impl Deref for Home {
    type Target = GeoPackage;

    fn deref(&self) -> &GeoPackage {
        &self.store
    }
}

impl Outside for Home {
    fn run(&self, sql: &str) -> Result<(), String> {
        let other = Connection::open(self.store.path()).expect("the file");
        let sql = sql.replace(['{', '}'], "");
        other.execute_batch(&sql).map_err(|error| error.to_string())
    }

    fn shape(&self, wkb: &str) -> String {
        // No envelope, little-endian, EPSG:4490.
        format!("x'475000018a110000{wkb}'")
    }
}

#[test]
fn a_geopackage_checks_what_other_programs_write() {
    external::hold(Home::new);
}

#[test]
fn a_file_with_periods_that_are_none_opens_and_names_them() {
    let home = filled();
    home.run(
        "drop trigger suitu_residences_update;
         update residences set period = 'banana' where id = 'b';
         insert into suitu_states values ('residences', 'banana', 1, 2), ('schools', 'banana', 0, 2);
         update suitu_states set features = 1 where layer = 'residences' and period = '2020';",
    )
    .unwrap();
    let reopened = GeoPackage::open(home.store.path(), catalog()).expect("the city opens");
    let shown = city::load(&reopened, catalog()).expect("a city");
    assert_eq!(shown.layer("residences", None).unwrap().index.features(), 1);
    let listed = suitu::query::faults(&shown).rows;
    let named: Vec<_> = listed
        .iter()
        .map(|f| (f.layer.as_str(), &*f.period, &*f.field))
        .collect();
    assert_eq!(named, [("residences", "banana", "period")]);
    // The trigger that was lacking is there again, and the way back is open.
    assert!(
        home.run("update residences set period = 'banana' where id = 'a'")
            .is_err()
    );
    home.run("update residences set period = '2020' where id = 'b'")
        .expect("a mended period");
    let mended = city::follow(&reopened, &shown).unwrap().expect("a change");
    assert_eq!(
        mended.layer("residences", None).unwrap().index.features(),
        2
    );
    assert!(mended.faults().is_empty());
}

#[test]
fn values_of_another_type_are_listed() {
    let home = filled();
    home.run(
        "update residences set usual_residents = 'many', floor_area_m2 = 'big' where id = 'a'",
    )
    .unwrap();
    let shown = load(&home);
    let listed = suitu::query::faults(&shown).rows;
    let named: Vec<_> = listed.iter().map(|f| (&*f.id, &*f.field)).collect();
    assert_eq!(named, [("a", "floor_area_m2"), ("a", "usual_residents")]);
}

#[test]
fn a_geopackage_keeps_what_a_store_promises() {
    hold(Home::new);
}

#[test]
fn a_geopackage_holds_what_a_map_would_hold() {
    hold_against_a_map(Home::new);
}

/// A city with a district and two homes in it.
fn filled() -> Home {
    let home = Home::new();
    let (districts, homes_layer) = (layer("districts"), layer("residences"));
    let (district, homes) = (district(), homes(&["a", "b"], &[10, 20]));
    let batches = [
        batch(&districts, "2020", BatchMode::Insert, &district),
        batch(&homes_layer, "2020", BatchMode::Insert, &homes),
    ];
    home.store
        .commit(&batches, &mut |_| true)
        .expect("a commit");
    home
}

fn load(home: &Home) -> City {
    city::load(&home.store, catalog()).expect("a city")
}

#[test]
fn what_another_program_edits_is_noticed_counted_and_placed() {
    let home = filled();
    let before = load(&home);
    let seen = home.store.stamp().unwrap();
    let other = Connection::open(home.store.path()).unwrap();
    other
        .execute_batch(
            "update residences set usual_residents = 11 where id = 'a';
             delete from residences where id = 'b';
             insert into residences (geom, usual_residents)
               select geom, 7 from residences where id = 'a';",
        )
        .unwrap();
    assert_ne!(home.store.stamp().unwrap(), seen);
    let changes = home.store.changes_since(before.version()).unwrap();
    assert_eq!(changes.len(), 3);
    assert!(changes.iter().all(|change| change.external));
    let states = home.store.states().unwrap();
    let homes = states.iter().find(|s| s.layer == *"residences").unwrap();
    assert_eq!(homes.features, 2);

    let after = city::follow(&home.store, &before)
        .unwrap()
        .expect("a change");
    let loaded = after.layer("residences", None).unwrap();
    assert_eq!(loaded.index.features(), 2);
    let district = loaded.index.level_index("district").unwrap();
    let codes: Vec<_> = loaded
        .index
        .iter()
        .map(|feature| loaded.index.area_code(feature, district))
        .collect();
    assert_eq!(codes, [Some("010203"), Some("010203")]);
    let again = city::follow(&home.store, &after).unwrap();
    assert!(again.is_none_or(|city| city.version() > after.version()));
}

#[test]
fn a_file_of_another_kind_or_time_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("city.gpkg");
    let open = |path: &Path| GeoPackage::open(path, catalog()).map(|_| ());
    assert!(
        open(&path)
            .unwrap_err()
            .to_string()
            .contains("no such file")
    );
    std::fs::write(&path, "id,lon,lat\n").unwrap();
    assert!(
        open(&path)
            .unwrap_err()
            .to_string()
            .contains("not a GeoPackage")
    );
    assert_eq!(std::fs::read(&path).unwrap(), b"id,lon,lat\n");

    let home = filled();
    // The first half of a city.
    drop(Connection::open(home.store.path()).unwrap().query_row(
        "pragma wal_checkpoint(truncate)",
        [],
        |_| Ok(()),
    ));
    let whole = std::fs::read(home.store.path()).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let cut = GeoPackage::open(&path, catalog()).and_then(|store| {
        store
            .read(&layer("residences"), &period("2020"))
            .map(|_| ())
    });
    assert!(cut.is_err(), "a truncated file is an error, not a panic");

    let other = Connection::open(home.store.path()).unwrap();
    other
        .execute(
            "update suitu_meta set value = '99' where key = 'schema'",
            [],
        )
        .unwrap();
    drop(other);
    match GeoPackage::open(home.store.path(), catalog()) {
        Err(StoreError::TooNew { found: 99, .. }) => {}
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[test]
fn answers_are_kept_for_a_day_and_not_for_ever() {
    let home = Home::new();
    let aged = |hours: u32| {
        let other = Connection::open(home.store.path()).unwrap();
        let ago = format!("-{hours} hours");
        let sql = "update suitu_answers set at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?1)
                   where key = 'old'";
        other.execute(sql, [ago]).unwrap();
    };
    let keep = |key: &str| edit_once(&*home, "li", &[], Some(once(key))).unwrap();
    let is_kept = || home.answered("li", "old").unwrap().is_some();
    keep("old");
    aged(25);
    keep("second");
    assert!(is_kept());
    aged(49);
    keep("third");
    assert!(!is_kept() && home.answered("li", "second").unwrap().is_some());
}

#[test]
fn an_older_file_is_copied_aside_before_it_is_upgraded() {
    let home = filled();
    let other = Connection::open(home.store.path()).unwrap();
    other
        .execute_batch(
            "update suitu_meta set value = '0' where key = 'schema'; drop table suitu_answers",
        )
        .unwrap();
    drop(other);
    let path = home.store.path().to_owned();
    let reopened = GeoPackage::open(&path, catalog()).expect("an older city");
    assert_eq!(reopened.states().unwrap().len(), 2);
    assert_eq!(reopened.answered("li", "k").unwrap(), None);
    let folder = path.parent().unwrap();
    let copies = std::fs::read_dir(folder).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("backup-v0")
    });
    assert_eq!(copies.count(), 1);
}

#[test]
fn desktop_programs_see_layers_types_and_coordinate_system() {
    let home = filled();
    let told = Command::new("ogrinfo")
        .args(["-ro", "-al", "-so"])
        .arg(home.store.path())
        .output();
    let Ok(told) = told else {
        eprintln!("skipped: ogrinfo is not installed");
        return;
    };
    let text = String::from_utf8_lossy(&told.stdout);
    let errors = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success() && errors.is_empty(), "{errors}");
    let of = |layer: &str| {
        let begin = text
            .find(&format!("Layer name: {layer}\n"))
            .expect("the layer");
        text[begin..]
            .split("\n\n")
            .next()
            .expect("a description")
            .to_owned()
    };
    let homes = of("residences");
    assert!(
        homes.contains("Geometry: Point") && homes.contains("Feature Count: 2"),
        "{homes}"
    );
    assert!(text.contains("usual_residents: Integer"), "{text}");
    assert!(text.contains("China Geodetic Coordinate System 2000") || text.contains("4490"));
    // An edit by GDAL itself, triggers and all.
    let edited = Command::new("ogrinfo")
        .arg(home.store.path())
        .args([
            "-dialect",
            "sqlite",
            "-sql",
            "update residences set households = 3 where id = 'a'",
        ])
        .output()
        .unwrap();
    assert!(edited.status.success());
    let change = home.store.changes_since(0).unwrap().pop().unwrap();
    assert!(
        change.external && change.id.as_deref() == Some("a"),
        "{change:?}"
    );
}

#[test]
fn reopening_gives_the_same_rows() {
    let home = filled();
    let before = home
        .store
        .read(&layer("residences"), &period("2020"))
        .unwrap();
    let path = home.store.path().to_owned();
    let again = GeoPackage::open(&path, catalog()).unwrap();
    let after = again.read(&layer("residences"), &period("2020")).unwrap();
    assert_eq!((before.ids, before.columns), (after.ids, after.columns));
}

#[test]
fn flows_are_a_table_that_other_programs_read_and_edit() {
    use suitu::{
        domain::{Flow, FlowPlace, Flows},
        store::{FlowBatch, ImportRecord},
    };
    let home = filled();
    let place = |code: &str, is_outside| FlowPlace {
        code: code.parse().unwrap(),
        is_outside,
    };
    let flows = Flows::sum([Flow {
        origin: place("010203", false),
        destination: place("foshan", true),
        mode: None,
        sector: None,
        commuters: 5,
    }]);
    let batch = FlowBatch {
        level: "district".parse().unwrap(),
        period: period("2020"),
        flows: &flows,
        record: ImportRecord::default(),
        replace: false,
    };
    home.store.put_flows(&batch, &mut |_| true).unwrap();
    let before = load(&home);
    assert_eq!(before.flows("district", None).unwrap().flows, flows);
    let other = Connection::open(home.store.path()).unwrap();
    let kind: String = other
        .query_row(
            "select data_type from gpkg_contents where table_name = 'flows'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(kind, "attributes");
    other
        .execute_batch(
            "update flows set commuters = 7 where destination = 'foshan';
             insert into flows (period, level, origin, destination, commuters)
               values ('2020', 'district', '010203', '010203', 4), ('2020', 'district', '', 'x', 1),
                 ('2020', 'district', '010203', 'y', -3);",
        )
        .unwrap();
    let after = city::follow(&home.store, &before)
        .unwrap()
        .expect("changes");
    let found = &after.flows("district", None).unwrap().flows;
    // What is no flow is passed over.
    assert_eq!((found.len(), found.commuters()), (2, 11));
    other.execute_batch("delete from flows").unwrap();
    let after = city::follow(&home.store, &after).unwrap().expect("changes");
    assert!(after.flows("district", None).is_none());
}

#[test]
fn scenarios_of_a_file_that_knew_no_readings_are_of_its_own_city() {
    let home = filled();
    let made = home.store.create_scenario("旧", "", "").unwrap();
    let path = home.store.path().to_owned();
    let other = Connection::open(&path).unwrap();
    let sql = "alter table suitu_scenarios drop column reading";
    other.execute(sql, []).unwrap();
    drop(other);
    let reopened = GeoPackage::open(&path, catalog()).expect("an older city");
    assert_eq!(reopened.scenarios().unwrap(), [made]);
    let new = reopened.create_scenario("新", "", "published").unwrap();
    assert_eq!(reopened.scenario(new.id).unwrap(), Some(new));
}
