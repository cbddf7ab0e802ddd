//! What every home does with what other programs write into it by SQL.

use std::{collections::BTreeSet, ops::Deref};

use geo::{Geometry, wkt};
use geozero::{CoordDimensions, ToWkb};
use suitu::{
    city::{
        self, City,
        edit::{self, Editor, FeatureEdit},
    },
    domain::{Language, SecurityLevel, Value},
    query,
    store::{BatchMode, Store},
};

use super::sample::{batch, catalog, district, homes, layer, period};

/// How one writes into a home from outside.
pub trait Outside: Deref<Target: Store + Sized> {
    /// Runs a statement; answers what the home says against it. `{residences}` and `{residential_land}`
    /// are the tables of these layers.
    fn run(&self, sql: &str) -> Result<(), String>;

    /// A shape as a value in SQL.
    fn shape(&self, wkb: &str) -> String;
}

/// Every check.
pub fn hold<H: Outside>(make: impl Fn() -> H) {
    a_period_that_cannot_be_meant_is_refused(&make());
    what_comes_without_a_period_belongs_to_the_newest_features(&make());
    bad_rows_are_listed_until_they_are_mended(&make());
    what_is_not_sound_can_be_edited(&make());
}

fn filled<H: Outside>(home: &H) -> City {
    let (districts, homes_layer) = (layer("districts"), layer("residences"));
    let (district, homes) = (district(), homes(&["a", "b"], &[10, 20]));
    let batches = [
        batch(&districts, "2020", BatchMode::Insert, &district),
        batch(&homes_layer, "2020", BatchMode::Insert, &homes),
    ];
    home.commit(&batches, &mut |_| true).expect("a commit");
    city::load(&**home, catalog()).expect("a city")
}

fn follow<H: Outside>(home: &H, before: &City) -> City {
    let followed = city::follow(&**home, before).expect("the store answers");
    followed.expect("a change")
}

fn shape<H: Outside>(home: &H, shape: impl Into<Geometry<f64>>) -> String {
    let wkb = shape.into().to_wkb(CoordDimensions::xy()).expect("a shape");
    let hex: String = wkb.iter().map(|byte| format!("{byte:02x}")).collect();
    home.shape(&hex)
}

fn point<H: Outside>(home: &H, lon: f64, lat: f64) -> String {
    shape(home, geo::Point::new(lon, lat))
}

fn refused<H: Outside>(home: &H, sql: &str) -> String {
    home.run(sql).expect_err(sql)
}

fn a_period_that_cannot_be_meant_is_refused<H: Outside>(home: &H) {
    let before = filled(home);
    let at = point(home, 113.1, 23.05);
    for (sql, words) in [
        (
            "update {residences} set period = 'banana' where id = 'a'".to_owned(),
            "not a period",
        ),
        (
            "update {residences} set period = '2021' where id = 'a'".to_owned(),
            "holds nothing",
        ),
        (
            format!("insert into {{residences}} (period, geom) values ('1999', {at})"),
            "holds nothing",
        ),
        (
            format!("insert into {{residences}} (period, geom) values ('2020-13', {at})"),
            "not a period",
        ),
        (
            format!("insert into {{residences}} (id, geom) values ('', {at})"),
            "needs an id",
        ),
        (
            format!("insert into {{schools}} (period, geom) values ('2023-02-29', {at})"),
            "not a period",
        ),
        (
            format!("insert into {{schools}} (period, geom) values ('0000', {at})"),
            "not a period",
        ),
    ] {
        let said = refused(home, &sql);
        assert!(said.contains(words), "{sql}: {said}");
    }
    assert_eq!(home.change_number().unwrap(), before.version());
    // A layer without features takes any period that can be read.
    home.run(&format!(
        "insert into {{schools}} (period, id, geom) values ('2024-02-29', 's', {at})"
    ))
    .expect("a first feature");
    let after = follow(home, &before);
    assert!(after.layer("schools", None).is_some());
    assert_eq!(after.layer("residences", None).unwrap().index.features(), 2);
    assert!(after.faults().is_empty());
}

fn what_comes_without_a_period_belongs_to_the_newest_features<H: Outside>(home: &H) {
    filled(home);
    let (homes_layer, later) = (layer("residences"), homes(&["z"], &[1]));
    let newer = batch(&homes_layer, "2029", BatchMode::Insert, &later);
    home.commit(&[newer], &mut |_| true).unwrap();
    home.run("delete from {residences} where period = '2029'")
        .expect("a delete");
    let before = city::load(&**home, catalog()).expect("a city");
    let at = point(home, 113.1, 23.05);
    home.run(&format!(
        "insert into {{residences}} (id, geom) values ('drawn', {at})"
    ))
    .expect("an insert");
    let after = follow(home, &before);
    let shown = after.layer("residences", None).expect("homes");
    assert_eq!(
        (shown.index.period().as_str(), shown.index.features()),
        ("2020", 3)
    );
    // What was imported and emptied may be filled again.
    home.run(&format!(
        "insert into {{residences}} (period, geom) values ('2029', {at})"
    ))
    .expect("an imported period");
}

fn told(city: &City) -> BTreeSet<(String, String, String)> {
    let listed = query::faults(city);
    assert_eq!(listed.total, listed.rows.len());
    for row in &listed.rows {
        assert!(!row.reason.zh.is_empty() && !row.reason.en.is_empty());
        assert_eq!(row.since.is_some(), row.id != "far", "{row:?}");
    }
    let rows = listed.rows.into_iter();
    rows.map(|row| (row.layer.to_string(), row.id, row.field))
        .collect()
}

fn bad_rows_are_listed_until_they_are_mended<H: Outside>(home: &H) {
    let before = filled(home);
    assert_eq!(told(&before), BTreeSet::new());
    let good = wkt!(POLYGON((113.05 23.05,113.06 23.05,113.06 23.06,113.05 23.05)));
    let bow = wkt!(POLYGON((113.05 23.05,113.06 23.06,113.06 23.05,113.05 23.06,113.05 23.05)));
    let flat = wkt!(POLYGON((113.05 23.05,113.06 23.05,113.055 23.05,113.05 23.05)));
    let line = wkt!(LINESTRING(113.05 23.05,113.06 23.06));
    let land = [
        ("good", shape(home, good.clone()), "R2"),
        ("kind", shape(home, good.clone()), "nonsense"),
        ("bow", shape(home, bow), "R2"),
        ("flat", shape(home, flat), "R2"),
        (
            "empty",
            shape(home, geo::MultiPolygon::new(Vec::new())),
            "R2",
        ),
        ("line", shape(home, line), "R2"),
        ("null", "null".to_owned(), "R2"),
    ];
    let rows = land.map(|(id, shape, kind)| format!("('2020', '{id}', {shape}, '{kind}')"));
    home.run(&format!(
        "insert into {{residential_land}} (period, id, geom, kind) values {}",
        rows.join(", ")
    ))
    .expect("an insert");
    home.run("update {residences} set usual_residents = -5 where id = 'b'")
        .expect("an update");
    // A valid number of nobody: GB 11643 gives it as its example.
    home.run("update {residences} set name = '张三 11010519491231002X' where id = 'a'")
        .expect("an update");
    home.run(&format!(
        "insert into {{residences}} (id, geom) values ('zero', {}), ('far', {}), ('void', null)",
        point(home, 0.0, 0.0),
        point(home, 116.4, 39.9),
    ))
    .expect("an insert");
    let after = follow(home, &before);
    let expected: BTreeSet<_> = [
        ("residences", "a", "name"),
        ("residences", "b", "usual_residents"),
        ("residences", "far", "geom"),
        ("residences", "void", "geom"),
        ("residences", "zero", "geom"),
        ("residential_land", "bow", "geom"),
        ("residential_land", "empty", "geom"),
        ("residential_land", "flat", "geom"),
        ("residential_land", "kind", "kind"),
        ("residential_land", "line", "geom"),
        ("residential_land", "null", "geom"),
    ]
    .map(|(layer, id, field)| (layer.to_owned(), id.to_owned(), field.to_owned()))
    .into();
    assert_eq!(told(&after), expected);
    // Read whole it is the same city.
    let again = city::load(&**home, catalog()).expect("a city");
    assert_eq!(told(&again), expected);
    for city in [&after, &again] {
        let land = &city.layer("residential_land", None).expect("land").index;
        let ids: BTreeSet<&str> = land.iter().map(|feature| land.id(feature)).collect();
        assert_eq!(ids, ["bow", "good", "kind"].into());
        let state = |id: &str| land.state(land.find(id).expect("a feature"));
        assert!(
            matches!(state("bow").geometry, Geometry::MultiPolygon(parts) if parts.0.len() == 2)
        );
        assert_eq!(state("good").geometry, good.clone().into());
        let kind = land.layer().attribute_index("kind").unwrap();
        assert_eq!(state("kind").values[kind], Value::Missing);
        assert_eq!(state("good").values[kind], Value::Text("R2".into()));
        let homes = &city.layer("residences", None).expect("homes").index;
        let people = homes.layer().attribute_index("usual_residents").unwrap();
        let value = |id: &str| homes.state(homes.find(id).expect("a home")).values[people].clone();
        assert_eq!(
            (value("a"), value("b")),
            (Value::Integer(10), Value::Missing)
        );
        assert!(homes.find("zero").is_none() && homes.find("void").is_none());
        let name = homes.layer().attribute_index("name").unwrap();
        let of_a = homes.state(homes.find("a").expect("a home")).values[name].clone();
        assert_eq!(of_a, Value::Missing);
    }
    // They stand in the list of doubts, and nothing is gone from the tables.
    let doubts = query::check(&after, &query::Limits::generous()).unwrap();
    let of_kind = |text: &str| text.contains("`kind`") && text.contains("nonsense");
    assert!(
        doubts
            .iter()
            .any(|d| of_kind(d.text.in_language(Language::En)))
    );
    let states = home.states().unwrap();
    let rows = |id: &str| states.iter().find(|s| s.layer == *id).map(|s| s.features);
    assert_eq!(
        (rows("residential_land"), rows("residences")),
        (Some(7), Some(5))
    );

    // Mended one by one, the last ones by taking the rows away.
    let sound = shape(home, good);
    for sql in [
        "update {residential_land} set kind = 'R1' where id = 'kind'".to_owned(),
        format!(
            "update {{residential_land}} set geom = {sound} where id in ('bow', 'line', 'null')"
        ),
        "update {residences} set usual_residents = 5 where id = 'b'".to_owned(),
        "update {residences} set name = '一号院' where id = 'a'".to_owned(),
    ] {
        home.run(&sql).expect("an update");
    }
    let mended = follow(home, &after);
    let left: BTreeSet<String> = told(&mended).into_iter().map(|(_, id, _)| id).collect();
    assert_eq!(
        left,
        ["empty", "far", "flat", "void", "zero"]
            .map(str::to_owned)
            .into()
    );
    let land = &mended.layer("residential_land", None).expect("land").index;
    assert!(land.find("line").is_some() && land.find("null").is_some());
    home.run("delete from {residential_land} where id in ('empty', 'flat')")
        .expect("a delete");
    home.run("delete from {residences} where id in ('far', 'void', 'zero')")
        .expect("a delete");
    let clean = follow(home, &mended);
    assert_eq!(told(&clean), BTreeSet::new());
    assert_eq!(
        told(&city::load(&**home, catalog()).unwrap()),
        BTreeSet::new()
    );
}

/// The version that somebody has seen is that of the feature as it is shown.
fn what_is_not_sound_can_be_edited<H: Outside>(home: &H) {
    let before = filled(home);
    home.run("update {residences} set usual_residents = -5 where id = 'b'")
        .expect("an update");
    let city = follow(home, &before);
    let index = &city.layer("residences", None).unwrap().index;
    let state = index.state(index.find("b").unwrap());
    let edit: FeatureEdit = serde_json::from_value(serde_json::json!({
        "kind": "change", "layer": "residences", "id": "b", "values": {"usual_residents": 6},
        "version": state.version(index.layer()).to_string(),
    }))
    .unwrap();
    let editor = Editor {
        who: "local",
        why: "",
        clearance: SecurityLevel::Core,
    };
    let plan = edit::plan(&city, &editor, &[edit]).expect("a plan");
    plan.commit(&**home, &editor, None).expect("an edit");
    let after = follow(home, &city);
    assert_eq!(told(&after), BTreeSet::new());
    let at = period("2020");
    assert_eq!(home.read(&layer("residences"), &at).unwrap().len(), 2);
}
