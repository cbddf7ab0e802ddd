//! Publishing from a file to a file, and what may be learned from it.

mod grouping;
mod kept;
mod people;
mod scope;

use std::{collections::BTreeMap, sync::Arc};

use geo::{Geometry, Point, polygon};
use tempfile::TempDir;

use super::{
    History, Policy, PublishError, Published,
    pieces::Pieces,
    publish, retire_key,
    shown::{Rows, ShownLayer},
};
use crate::{
    city::{self, City, Intake, ingest},
    definitions::read_catalog,
    domain::{Attribute, Catalog, Flow, FlowPlace, Flows, Groups, OwnAreas, Table, Value},
    store::{BatchMode, FlowBatch, ImportRecord, Store, geopackage::GeoPackage},
};

/// A file city: homes in two subdistricts of one district, a few workplaces, one school.
struct Exact {
    folder: TempDir,
    catalog: Arc<Catalog>,
    store: GeoPackage,
}

/// A home as tests say it: id, metres east and north, residents, children of them.
type Home<'a> = (&'a str, f64, f64, i64, i64);

/// A feature: id, place, values by attribute.
type Row<'a> = (&'a str, Geometry<f64>, &'a [(&'a str, Value)]);

impl Exact {
    fn new(homes: &[Home<'_>]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalog = Arc::new(read_catalog(None).expect("sound definitions"));
        let path = folder.path().join("exact.gpkg");
        let store = GeoPackage::create(&path, catalog.clone()).expect("a new city");
        let exact = Exact {
            folder,
            catalog,
            store,
        };
        let square = |west: f64, east: f64| {
            let (w, s) = place(west, 0.0);
            let (e, n) = place(east, 4000.0);
            Geometry::Polygon(polygon![(x: w, y: s), (x: e, y: s), (x: e, y: n), (x: w, y: n)])
        };
        let area = |code: &str| {
            [
                ("code", Value::Text(code.into())),
                ("name", Value::Text("区".into())),
            ]
        };
        exact.put(
            "districts",
            &[("440106", square(0.0, 8000.0), &area("440106"))],
        );
        let (west, east) = (area("440106001"), area("440106002"));
        exact.put(
            "subdistricts",
            &[
                ("440106001", square(0.0, 4040.0), &west),
                ("440106002", square(4040.0, 8000.0), &east),
            ],
        );
        exact.put_homes(homes);
        let jobs = [40, 50, 60, 9000].map(|jobs| {
            [
                ("jobs", Value::Integer(jobs)),
                ("name", Value::Text("秘密公司".into())),
            ]
        });
        exact.put(
            "workplaces",
            &[
                ("w1", point(210.0, 210.0), &jobs[0]),
                ("w2", point(220.0, 210.0), &jobs[1]),
                ("w3", point(230.0, 210.0), &jobs[2]),
                ("w4", point(5000.0, 300.0), &jobs[3]),
            ],
        );
        let school = [
            ("name", Value::Text("第一小学".into())),
            ("seats_primary", Value::Integer(721)),
        ];
        exact.put("schools", &[("s", point(300.0, 300.0), &school)]);
        exact
    }

    fn put(&self, layer: &str, rows: &[Row<'_>]) {
        let layer = self.catalog.layer(layer).expect("built in");
        let mut table = Table::for_layer(layer);
        for (id, geometry, given) in rows {
            let mut values = vec![Value::Missing; layer.attributes.len()];
            for (name, value) in *given {
                values[layer.attribute_index(name).expect("an attribute")] = value.clone();
            }
            table.push(id, geometry.clone(), &values);
        }
        let city = city::load(&self.store, self.catalog.clone()).expect("loads");
        let intake = Intake {
            layer,
            period: "2020-11-01".parse().expect("a period"),
            mode: BatchMode::Replace,
            table,
            source_geometries: None,
            record: ImportRecord {
                source: "登记册".into(),
                files: vec![format!("{}_secret.csv", layer.id)],
                read: rows.len() as u64,
                kept: rows.len() as u64,
                ..ImportRecord::default()
            },
            control_totals: Vec::new(),
            only: None,
        };
        ingest(&city, &self.store, vec![intake], false, &mut |_| true).expect("written");
    }

    fn put_homes(&self, homes: &[Home<'_>]) {
        let values: Vec<_> = homes
            .iter()
            .map(|(id, _, _, people, children)| {
                [
                    ("usual_residents", Value::Integer(*people)),
                    ("age_6_11", Value::Integer(*children)),
                    ("age_18_59", Value::Integer(*people - *children)),
                    ("name", Value::Text(format!("{id}号楼"))),
                ]
            })
            .collect();
        let rows: Vec<_> = homes
            .iter()
            .zip(&values)
            .map(|((id, east, north, ..), values)| (*id, point(*east, *north), &values[..]))
            .collect();
        self.put("residences", &rows);
    }

    fn city(&self) -> City {
        city::load(&self.store, self.catalog.clone()).expect("loads")
    }

    fn target(&self, name: &str) -> GeoPackage {
        let path = self.folder.path().join(name);
        let catalog = Arc::new(self.catalog.protected());
        GeoPackage::open_or_create(&path, catalog).expect("opens")
    }

    fn publish(&self, to: &GeoPackage, policy: &Policy) -> Result<Published, PublishError> {
        publish(&self.city(), &self.store, to, policy, "2026-11-26")
    }

    /// The published city as a server loads it: with the whole catalog.
    fn published(&self, to: &GeoPackage) -> City {
        city::load(to, self.catalog.clone()).expect("loads")
    }
}

fn place(east: f64, north: f64) -> (f64, f64) {
    (113.3 + east / 102_000.0, 23.1 + north / 111_195.0)
}

fn point(east: f64, north: f64) -> Geometry<f64> {
    Geometry::Point(Point::from(place(east, north)))
}

fn policy(key: u8) -> Policy {
    Policy::new(10, [key; 32]).expect("a policy")
}

/// Homes of 1 to 17 people all over the city.
fn many() -> Vec<(String, f64, f64, i64, i64)> {
    (0..1500)
        .map(|n: i64| {
            let (east, north) = ((n * 37 % 790) as f64 * 10.0, (n * 53 % 390) as f64 * 10.0);
            let people = 1 + n * 7 % 17;
            (format!("h{n}"), east + 3.0, north + 3.0, people, people / 4)
        })
        .collect()
}

fn borrowed(homes: &[(String, f64, f64, i64, i64)]) -> Vec<Home<'_>> {
    homes
        .iter()
        .map(|(id, e, n, p, c)| (&**id, *e, *n, *p, *c))
        .collect()
}

/// A layer as it is published for the first time.
fn pieces_of(city: &City, loaded: &city::LoadedLayer, policy: &Policy) -> Option<Pieces> {
    Past::default().pieces_of(city, loaded, policy)
}

/// What the publications of a layer at a period had.
#[derive(Clone, Debug, Default, PartialEq)]
struct Past {
    groups: Groups,
    shown: Option<ShownLayer>,
    publications: u32,
}

/// The exact counts behind the last publication.
fn rows_of(past: &Past) -> &Rows {
    &past.shown.as_ref().expect("published").rows
}

impl Past {
    /// Publishes once more.
    fn pieces_of(
        &mut self,
        city: &City,
        loaded: &city::LoadedLayer,
        policy: &Policy,
    ) -> Option<Pieces> {
        let mut own = OwnAreas::default();
        own.extend(&self.groups, self.publications);
        self.publications += 1;
        let mut history = History {
            groups: &mut self.groups,
            own,
            shown: self.shown.take(),
            publication: self.publications,
        };
        let pieces = super::pieces_of(city, loaded, policy, &mut history);
        self.shown = history.shown;
        pieces
    }
}

/// Every row of a layer by id: its counts by attribute.
fn counts(city: &City, layer: &str) -> BTreeMap<String, BTreeMap<String, i64>> {
    let Some(loaded) = city.layer(layer, None) else {
        return BTreeMap::new();
    };
    let index = &loaded.index;
    let row = |feature| {
        let counts = loaded.layer().counts();
        counts.filter_map(move |(at, a)| Some((a.id.to_string(), index.integer(feature, at)?)))
    };
    index
        .iter()
        .map(|feature| (index.id(feature).to_owned(), row(feature).collect()))
        .collect()
}

#[test]
fn every_count_is_a_multiple_of_k_and_totals_are_near() {
    let homes = many();
    let exact = Exact::new(&borrowed(&homes));
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    assert_eq!(public.protection().map(|p| p.k), Some(10));
    let pieces = counts(&public, "residences");
    let all: Vec<i64> = pieces
        .values()
        .flat_map(|row| row.values().copied())
        .collect();
    assert!(all.len() > 1000 && all.iter().all(|count| count % 10 == 0));
    let sum = |key: &str| pieces.values().filter_map(|row| row.get(key)).sum::<i64>();
    let people: i64 = homes.iter().map(|home| home.3).sum();
    let margin = public
        .protection()
        .expect("there")
        .margin(pieces.len() as u64);
    assert!(
        (sum("usual_residents") - people).abs() as f64 <= margin,
        "{}",
        sum("usual_residents")
    );
    // Sums by area: each piece counts where its homes are.
    let index = &public.layer("residences", None).expect("there").index;
    let level = index.level_index("subdistrict").expect("a level");
    for code in ["440106001", "440106002"] {
        let features = index
            .iter()
            .filter(|f| index.area_code(*f, level) == Some(code));
        let published: i64 = features.filter_map(|f| index.integer(f, 0)).sum();
        let is_west = code.ends_with('1');
        let there = homes.iter().filter(|home| (home.1 < 4040.0) == is_west);
        let people: i64 = there.map(|home| home.3).sum();
        assert!(
            (published - people).abs() as f64 <= margin,
            "{code}: {published} of {people}"
        );
    }
}

#[test]
fn nothing_but_counts_is_published_of_people_and_units() {
    let exact = Exact::new(&[("secret_home", 10.0, 10.0, 400, 30)]);
    let target = exact.target("public.gpkg");
    let published = exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    for layer in ["residences", "workplaces"] {
        let Some(loaded) = public.layer(layer, None) else {
            continue;
        };
        assert!(
            loaded.layer().attributes.iter().all(|a| a.is_count()),
            "{layer}"
        );
    }
    // Three workplaces in a cell are safe; the giant elsewhere would be found out beside any.
    let jobs = counts(&public, "workplaces");
    assert_eq!(
        jobs.values().filter_map(|row| row.get("jobs")).sum::<i64>(),
        150
    );
    let withheld: u64 = published.layers.iter().map(|layer| layer.withheld).sum();
    assert_eq!(withheld, 1);
    drop((target, public));
    let bytes = std::fs::read(exact.folder.path().join("public.gpkg")).expect("read");
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    for secret in [
        "secret_home",
        "residences_secret",
        "workplaces_secret",
        "秘密公司",
        "号楼",
        "w4",
    ] {
        assert!(!holds(secret), "{secret}");
    }
    assert!(holds("第一小学"));
}

#[test]
fn publishing_again_writes_only_what_differs() {
    let homes = many();
    let exact = Exact::new(&borrowed(&homes));
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let number = target.change_number().expect("a number");
    let again = exact.publish(&target, &policy(1)).expect("published");
    assert!(again.layers.iter().all(|layer| !layer.is_new));
    assert_eq!(target.change_number().expect("a number"), number);
    exact.put_homes(&borrowed(&homes[..1000]));
    let fewer = exact.publish(&target, &policy(1)).expect("published");
    let changed: Vec<&str> = fewer
        .layers
        .iter()
        .filter(|layer| layer.is_new)
        .map(|layer| layer.layer.as_str())
        .collect();
    assert_eq!(changed, ["residences"]);
}

#[test]
fn another_key_or_an_exact_target_is_refused() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let other = exact.publish(&target, &policy(2));
    assert!(matches!(other, Err(PublishError::OtherPolicy)));
    // Nor is it published into another home with another key, before the first is retired.
    let beside = exact.target("beside.gpkg");
    let other = exact.publish(&beside, &policy(2));
    let known = policy(1).fingerprint();
    assert!(matches!(other, Err(PublishError::OtherKey(key)) if key == known));
    assert_eq!(beside.change_number().expect("read"), 0);
    let retire = |key: &Policy| retire_key(&exact.store, &key.fingerprint());
    assert!(matches!(retire(&policy(2)), Err(PublishError::OtherKey(_))));
    exact.publish(&beside, &policy(1)).expect("published");
    retire(&policy(1)).expect("retired");
    let after = exact.target("after.gpkg");
    exact.publish(&after, &policy(2)).expect("published");
    let back = exact.publish(&target, &policy(1));
    assert!(matches!(back, Err(PublishError::OtherKey(_))));
    let onto_itself = exact.publish(&exact.store, &policy(1));
    assert!(matches!(onto_itself, Err(PublishError::Exact)));
    let public = exact.published(&target);
    let twice = publish(
        &public,
        &target,
        &exact.target("b.gpkg"),
        &policy(1),
        "2026-11-26",
    );
    assert!(matches!(twice, Err(PublishError::Protected)));
}

/// What somebody knows of a count after reading all rows of its piece: the least and the most it
/// can be, by the rounding alone and by the parts that make up the whole.
fn known(row: &BTreeMap<String, i64>, key: &str) -> (i64, i64) {
    let alone = |key: &str| {
        let shown = row.get(key).copied().unwrap_or(0);
        ((shown - 9).max(0), shown + 9)
    };
    let parts = ["age_6_11", "age_18_59"].map(&alone);
    let (least, most) = alone(key);
    match key {
        "usual_residents" => {
            let sum = (parts[0].0 + parts[1].0, parts[0].1 + parts[1].1);
            (least.max(sum.0), most.min(sum.1))
        }
        _ => {
            let whole = alone("usual_residents");
            let other = parts[usize::from(key == "age_6_11")];
            (least.max(whole.0 - other.1), most.min(whole.1 - other.0))
        }
    }
}

#[test]
fn sum_identities_never_give_a_small_count_away() {
    let homes = many();
    let exact = Exact::new(&borrowed(&homes));
    let city = exact.city();
    let loaded = city.layer("residences", None).expect("there");
    for key in 0..40 {
        let Pieces { layer, table, .. } = pieces_of(&city, loaded, &policy(key)).expect("pieces");
        for (row, id) in table.ids.iter().enumerate() {
            let count = |(at, a): (usize, &Attribute)| {
                Some((a.id.to_string(), table.columns[at].get(row).as_integer()?))
            };
            let row: BTreeMap<String, i64> = layer.counts().filter_map(count).collect();
            for attribute in ["usual_residents", "age_6_11", "age_18_59"] {
                let (least, most) = known(&row, attribute);
                assert!(
                    most - least >= 5,
                    "{id} {attribute}: {least} to {most} of {row:?}"
                );
            }
        }
    }
}

#[test]
fn one_person_more_is_not_seen_but_as_a_step_of_k_in_one_piece() {
    let homes = many();
    let exact = Exact::new(&borrowed(&homes));
    let mut seen = 0;
    for changed in (0..homes.len()).step_by(190) {
        let before = pieces_of(
            &exact.city(),
            exact.city().layer("residences", None).expect("there"),
            &policy(9),
        );
        let mut more = homes.clone();
        more[changed].3 += 1;
        exact.put_homes(&borrowed(&more));
        let after = pieces_of(
            &exact.city(),
            exact.city().layer("residences", None).expect("there"),
            &policy(9),
        );
        let (before, after) = (before.expect("there").table, after.expect("there").table);
        let rows = |table: &Table| -> BTreeMap<Box<str>, Vec<Value>> {
            let row = |row: usize| table.columns.iter().map(|c| c.get(row)).collect();
            (0..table.len())
                .map(|n| (table.ids[n].clone(), row(n)))
                .collect()
        };
        let (before, after) = (rows(&before), rows(&after));
        let ids = before
            .keys()
            .chain(after.keys())
            .collect::<std::collections::BTreeSet<_>>();
        let differing = ids
            .iter()
            .filter(|id| before.get(**id) != after.get(**id))
            .count();
        assert!(differing <= 1);
        seen += differing;
        exact.put_homes(&borrowed(&homes));
    }
    // By chance one addition in k moves a published number.
    assert!(seen <= 5, "{seen} of 8 additions were seen");
}

#[test]
fn the_same_piece_has_the_same_draw_at_all_periods() {
    let exact = Exact::new(&borrowed(&many()));
    let city = exact.city();
    let loaded = city.layer("residences", None).expect("there");
    let first = pieces_of(&city, loaded, &policy(4)).expect("pieces");
    let index = crate::index::LayerIndex::build(
        loaded.layer().clone(),
        "2025-11-01".parse().expect("a period"),
        loaded.index.levels().to_vec(),
        &loaded.index.to_table(),
    );
    let later = city::LoadedLayer {
        index,
        records: Vec::new(),
        control_totals: Vec::new(),
        version: 99,
    };
    let later = pieces_of(&city, &later, &policy(4)).expect("pieces");
    assert_eq!(first.table, later.table);
}

#[test]
fn flows_are_published_rounded_under_the_same_level() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let end = |code: &str| FlowPlace {
        code: code.parse().expect("a code"),
        is_outside: false,
    };
    let flow = |from: &str, to: &str, commuters| Flow {
        origin: end(from),
        destination: end(to),
        mode: None,
        sector: None,
        commuters,
    };
    let flows = Flows::sum([
        flow("440106001", "440106002", 1234),
        flow("440106002", "440106001", 5),
    ]);
    let batch = FlowBatch {
        level: "subdistrict".parse().expect("a level"),
        period: "2020-11-01".parse().expect("a period"),
        flows: &flows,
        record: ImportRecord::default(),
        replace: false,
    };
    exact
        .store
        .put_flows(&batch, &mut |_| true)
        .expect("written");
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    let flows = &public.flows("subdistrict", None).expect("flows").flows;
    assert!(flows.iter().all(|row| row.commuters % 10 == 0));
    assert!(
        (flows.commuters() - 1239).abs() < 20,
        "{}",
        flows.commuters()
    );
}
