//! Scenarios held against cities that were made of edited rows.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    analysis::apportion,
    city::{
        LoadedFlows,
        scenario::{Edit, EditError, apply},
    },
    domain::{Flow, FlowPlace, Flows},
    query::{
        self,
        test_city::{Feature, TestCity, at, metres},
    },
    store::ImportRecord,
};

/// A feature with whole-number values.
#[derive(Clone, Debug, PartialEq)]
struct Spot {
    id: String,
    place: (f64, f64),
    values: Vec<(&'static str, i64)>,
    sector: Option<&'static str>,
}

/// A city as its rows.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    homes: Vec<Spot>,
    works: Vec<Spot>,
    schools: Vec<Spot>,
}

fn spot(id: String, place: (f64, f64), values: &[(&'static str, i64)]) -> Spot {
    Spot {
        id,
        place,
        values: values.to_vec(),
        sector: None,
    }
}

impl Model {
    /// Scattered over two squares of 1 km side by side.
    fn new() -> Self {
        let place = |n: i64| ((n * 337 % 1990) as f64 + 5.0, (n * 173 % 990) as f64 + 5.0);
        let homes = (1..=30).map(|n| {
            let people = n * 7 % 23 + 1;
            let values = [
                ("usual_residents", people),
                ("employed_residents", people / 2),
                ("households", people / 3),
                ("age_0_2", people / 4),
                ("age_18_59", people - people / 4),
            ];
            spot(format!("h{n:02}"), place(n), &values)
        });
        let works = (1..=12).map(|n| Spot {
            sector: Some(if n % 3 == 0 { "I" } else { "C" }),
            ..spot(
                format!("w{n:02}"),
                place(n + 40),
                &[("jobs", n * 5 % 17 + 1)],
            )
        });
        let schools =
            (1..=3).map(|n| spot(format!("s{n}"), place(n + 60), &[("seats_primary", 300)]));
        Model {
            homes: homes.collect(),
            works: works.collect(),
            schools: schools.collect(),
        }
    }

    fn city(&self) -> City {
        let squares: [Feature<'_>; 2] = [
            (
                "d1",
                (0.0, 0.0),
                &[("code", "440103"), ("name", "甲"), ("district", "440103")],
            ),
            (
                "d2",
                (1000.0, 0.0),
                &[("code", "440104"), ("name", "乙"), ("district", "440104")],
            ),
        ];
        let mut city = TestCity::new().with_squares("districts", 1000.0, &squares);
        let layers = [
            ("residences", &self.homes),
            ("workplaces", &self.works),
            ("schools", &self.schools),
        ];
        for (layer, spots) in layers {
            let texts: Vec<Vec<(&str, String)>> = spots
                .iter()
                .map(|spot| {
                    let values = spot.values.iter().map(|(key, n)| (*key, n.to_string()));
                    let sector = spot
                        .sector
                        .iter()
                        .map(|sector| ("sector", sector.to_string()));
                    let kind = (layer == "schools").then(|| ("kind", "primary".to_owned()));
                    let area = ("district", district(spot.place.0).to_owned());
                    values.chain(sector).chain(kind).chain([area]).collect()
                })
                .collect();
            let given: Vec<Vec<(&str, &str)>> = texts
                .iter()
                .map(|of| of.iter().map(|(key, text)| (*key, text.as_str())).collect())
                .collect();
            let features: Vec<Feature<'_>> = spots
                .iter()
                .zip(&given)
                .map(|(spot, given)| (spot.id.as_str(), spot.place, &given[..]))
                .collect();
            city = city.with(layer, &features);
        }
        city.with_raster_of_streets(21, 100.0).build()
    }

    fn layer(&mut self, name: &str) -> &mut Vec<Spot> {
        match name {
            "residences" => &mut self.homes,
            "workplaces" => &mut self.works,
            _ => &mut self.schools,
        }
    }
}

fn district(east: f64) -> &'static str {
    if east < 1000.0 { "440103" } else { "440104" }
}

/// A rectangle in metres as GeoJSON.
fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Json {
    let corner = |x: f64, y: f64| {
        let (lon, lat) = at(x, y);
        json!([lon, lat])
    };
    let ring = [
        corner(west, south),
        corner(east, south),
        corner(east, north),
        corner(west, north),
        corner(west, south),
    ];
    json!({"geometry": {"type": "Polygon", "coordinates": [ring]}})
}

fn edit(json: Json) -> Edit {
    serde_json::from_value(json).expect("an edit")
}

fn after(city: &City, edits: &[Json]) -> City {
    let numbered = (1..).zip(edits);
    numbered.fold(city.clone(), |city, (number, json)| {
        apply(&city, number, &edit(json.clone())).expect("an edit that is allowed")
    })
}

fn refused(city: &City, json: Json) -> EditError {
    apply(city, 1, &edit(json)).expect_err("refused")
}

/// The rows and totals of some questions.
fn answers(city: &City) -> Vec<Json> {
    let limits = Limits::generous();
    let balance = |json: Json| {
        let asked = serde_json::from_value(json).expect("a question");
        let answer = query::balance(city, &asked, &limits).expect("an answer");
        json!([answer.rows, answer.totals, answer.left_out])
    };
    let coverage = |mode: &str| {
        let asked = json!({"layer": "schools", "cutoff": 400.0, "mode": mode, "level": "district"});
        let asked = serde_json::from_value(asked).expect("a question");
        let answer = query::coverage(city, &asked, &limits).expect("an answer");
        json!([answer.rows, answer.totals, answer.left_out])
    };
    let statistics = {
        let asked = rectangle(200.0, 100.0, 1500.0, 800.0);
        let asked = serde_json::from_value(asked).expect("a question");
        let answer = query::statistics(city, &asked, &limits).expect("an answer");
        json!([answer.rows, answer.totals, answer.left_out])
    };
    let gaps = {
        let asked = json!({"level": "district", "services": "primary_school"});
        let asked = serde_json::from_value(asked).expect("a question");
        let found = query::gaps(city, &asked, &limits).expect("an answer");
        let answer = found.answer;
        assert!(
            answer.totals[0].straight_covered.is_some()
                && answer.totals[0].network_covered.is_some()
        );
        json!([answer.rows, answer.totals, answer.left_out])
    };
    let blind = {
        let asked = json!({"level": "district", "service": "primary_school", "mode": "walk"});
        let asked = serde_json::from_value(asked).expect("a question");
        let found = query::blind_spots(city, &asked, &limits).expect("an answer");
        json!([found.answer.rows, found.answer.totals, found.blind_spots])
    };
    let access = |more: Json| {
        let mut asked = json!({"to": {"layer": "schools", "capacity": "seats_primary"},
            "cutoff": 600.0, "demand": "usual_residents"});
        asked
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let asked = serde_json::from_value(asked).expect("a question");
        let found = query::access(city, &asked, &limits).expect("an answer");
        json!([found.answer.rows, found.answer.totals, found.summary])
    };
    let near_schools = |mode: &str| {
        let asked = json!({"origins": [{"layer": "schools"}], "mode": mode, "cutoffs": [200, 500]});
        let asked = serde_json::from_value(asked).expect("a question");
        let found = query::catchments(city, &asked, &limits).expect("an answer");
        let found = query::flat_catchments(&found, Language::En);
        json!([found.rows, found.totals])
    };
    let gaussian = json!({"kind": "gaussian", "sigma": 250.0});
    vec![
        gaps,
        blind,
        near_schools("straight"),
        near_schools("walk"),
        access(json!({"measure": "2sfca"})),
        access(json!({"measure": "2sfca", "mode": "walk"})),
        access(json!({"measure": "e2sfca", "mode": "walk"})),
        access(json!({"measure": "gravity", "mode": "walk", "decay": gaussian})),
        access(json!({"measure": "nearest", "mode": "walk"})),
        access(json!({"measure": "cumulative", "by": "district"})),
        balance(json!({"level": "district"})),
        balance(json!({"level": "district", "catchment_m": 500.0})),
        balance(json!({"level": "city", "catchment_m": 700.0, "mode": "walk"})),
        coverage("straight"),
        coverage("walk"),
        statistics,
    ]
}

fn sum(city: &City, layer: &str, attribute: &str) -> i64 {
    let loaded = city.layer(layer, None).expect("a layer");
    let mut counts = loaded.layer().counts();
    let at = counts
        .position(|(_, a)| a.id == *attribute)
        .expect("a count");
    loaded.index.sums().counts[at].sum
}

fn question(name: &str, json: Json) -> Question {
    struct Given(Json);
    impl Asked for Given {
        type Error = serde_json::Error;
        fn read<Q: serde::de::DeserializeOwned>(&self) -> Result<Q, Self::Error> {
            serde_json::from_value(self.0.clone())
        }
    }
    let read = Question::read(name, &Given(json)).expect("a sound question");
    read.expect("a known question")
}

#[test]
fn what_is_not_touched_is_shared_and_differs_by_exactly_zero() {
    let base = Model::new().city();
    let (lon, lat) = at(500.0, 500.0);
    let values = json!({"seats_primary": 900, "name": "新校"});
    let add = json!({"kind": "add", "layer": "schools", "lon": lon, "lat": lat, "values": values});
    let scenario = after(&base, &[add]);
    for layer in ["residences", "workplaces", "districts"] {
        let (a, b) = (
            base.layer(layer, None).unwrap(),
            scenario.layer(layer, None).unwrap(),
        );
        assert!(Arc::ptr_eq(a, b), "{layer}");
    }
    assert!(std::ptr::eq(base.areas(), scenario.areas()));
    let limits = Limits::generous();
    let balance = question(
        "balance",
        json!({"level": "district", "catchment_m": 500.0}),
    );
    let same = compare([&base, &scenario], &balance, Language::En, false, &limits).unwrap();
    assert_eq!(same.rows.len(), 2);
    for row in same.rows.iter().chain(&same.totals) {
        assert!(!rows::is_changed(row), "{row:?}");
        let differences = row.iter().filter(|(key, _)| key.starts_with("difference."));
        let numbers: Vec<&Json> = differences
            .map(|(_, v)| v)
            .filter(|v| !v.is_null())
            .collect();
        assert!(
            numbers.len() > 5 && numbers.iter().all(|n| n.as_f64() == Some(0.0)),
            "{row:?}"
        );
    }
    let changed = compare([&base, &scenario], &balance, Language::En, true, &limits).unwrap();
    assert!(changed.rows.is_empty());
    let reached = question(
        "coverage",
        json!({"layer": "schools", "cutoff": 400.0, "level": "district"}),
    );
    let found = compare([&base, &scenario], &reached, Language::En, false, &limits).unwrap();
    let of = |row: &Row, key: &str| row[key].as_i64().expect("a count");
    let total = &found.totals[0];
    assert!(of(total, "difference.covered") > 0);
    assert_eq!(
        of(total, "scenario.covered") - of(total, "base.covered"),
        of(total, "difference.covered")
    );
    let rows: i64 = found
        .rows
        .iter()
        .map(|row| of(row, "difference.covered"))
        .sum();
    assert_eq!(rows, of(total, "difference.covered"));
    let features = question("statistics", rectangle(0.0, 0.0, 2000.0, 1000.0));
    let found = compare([&base, &scenario], &features, Language::Zh, true, &limits).unwrap();
    assert_eq!(found.rows[0]["difference.value"], 900);
    assert_eq!(found.totals[0]["difference.schools.features"], 1);
}

#[test]
fn gaps_blind_spots_sites_and_classes_are_compared_and_nothing_changed_is_exactly_zero() {
    let base = Model::new().city();
    let (lon, lat) = at(100.0, 300.0);
    let add = json!({"kind": "add", "layer": "schools", "lon": lon, "lat": lat,
        "values": {"kind": "primary", "seats_primary": 500}});
    let young = json!({"kind": "add", "layer": "kindergartens", "lon": lon, "lat": lat, "values": {"seats": 90}});
    let work = json!({"kind": "add", "layer": "workplaces", "lon": lon, "lat": lat, "values": {"jobs": 9}});
    let (scenario, other) = (after(&base, &[add, young]), after(&base, &[work]));
    let limits = Limits::generous();
    let asked = [
        (
            "gaps",
            json!({"level": "district", "services": "primary_school"}),
        ),
        (
            "blind_spots",
            json!({"level": "district", "service": "primary_school"}),
        ),
        ("zoning", json!({"level": "district"})),
        (
            "siting",
            json!({"layer": "schools", "objective": "cover", "sites": 2, "cutoff": 300,
                "candidates": {"grid_m": 500}}),
        ),
    ];
    for (name, json) in asked {
        let question = question(name, json);
        let ask = |scenario: &City| {
            compare([&base, scenario], &question, Language::Zh, false, &limits).expect(name)
        };
        // Another layer's edit changes nothing of it.
        let same = ask(&other);
        assert!(!same.rows.is_empty(), "{name}");
        for row in same.rows.iter().chain(&same.totals) {
            assert!(!rows::is_changed(row), "{name}: {row:?}");
            let mut differences = row.iter().filter(|(key, _)| key.starts_with("difference."));
            assert!(
                differences.all(|(_, v)| v.is_null() || v.as_f64() == Some(0.0)),
                "{name}: {row:?}"
            );
        }
        let changed = ask(&scenario);
        let is_changed = changed
            .rows
            .iter()
            .chain(&changed.totals)
            .any(rows::is_changed);
        assert!(is_changed, "{name}");
    }
    let gaps = question(
        "gaps",
        json!({"level": "district", "services": "primary_school"}),
    );
    let found = compare([&base, &scenario], &gaps, Language::Zh, true, &limits).expect("gaps");
    assert_eq!(found.rows.len(), 1, "only the district of the school");
    assert_eq!(found.rows[0]["difference.capacity"], 500);
    assert_eq!(found.totals[0]["difference.facilities"], 1);
    let zoning = question("zoning", json!({"level": "district"}));
    let found =
        compare([&base, &scenario], &zoning, Language::Zh, false, &limits).expect("classes");
    assert!(
        found.rows[0].contains_key("base.class") && found.rows[0].contains_key("scenario.class")
    );
}

#[test]
fn growth_is_exact_and_age_groups_still_add_up() {
    let base = Model::new().city();
    let all = sum(&base, "residences", "usual_residents");
    let ages =
        |city: &City| sum(city, "residences", "age_0_2") + sum(city, "residences", "age_18_59");
    assert_eq!(ages(&base), all);
    let area = |code: &str| json!({"area": code});
    for (by, wanted) in [
        (json!({"factor": 1.37}), None),
        (json!({"amount": 1001}), Some(1001)),
        (json!({"amount": -50}), Some(-50)),
    ] {
        let mut grow = json!({"kind": "grow", "layer": "residences", "within": area("440103")});
        grow.as_object_mut()
            .unwrap()
            .extend(by.as_object().unwrap().clone());
        let scenario = after(&base, &[grow]);
        let grown = sum(&scenario, "residences", "usual_residents");
        if let Some(wanted) = wanted {
            assert_eq!(grown - all, wanted);
        }
        assert_eq!(ages(&scenario), grown);
        let outside = rectangle(1000.0, 0.0, 2000.0, 1000.0);
        let other = |city: &City| {
            let asked = serde_json::from_value(outside.clone()).unwrap();
            json!(
                query::statistics(city, &asked, &Limits::generous())
                    .unwrap()
                    .rows
            )
        };
        assert_eq!(other(&base), other(&scenario));
    }
    let jobs = json!({"kind": "grow", "layer": "workplaces", "amount": 7,
                      "within": rectangle(0.0, 0.0, 2000.0, 1000.0)});
    let scenario = after(&base, &[jobs]);
    assert_eq!(
        sum(&scenario, "workplaces", "jobs"),
        sum(&base, "workplaces", "jobs") + 7
    );
}

/// The base with flows between its districts: as many commuters as jobs.
fn with_flows(base: &City) -> City {
    let place = |code: &str| FlowPlace {
        code: code.parse().unwrap(),
        is_outside: false,
    };
    let by_area = base
        .layer("workplaces", None)
        .unwrap()
        .index
        .sums_by_area("district");
    let jobs = |code: &str| by_area[&Some(code.into())].counts[0].sum;
    let (first, second) = (jobs("440103"), jobs("440104"));
    let flow = |from: &str, to: &str, commuters: i64| Flow {
        origin: place(from),
        destination: place(to),
        mode: None,
        sector: None,
        commuters,
    };
    let flows = Flows::sum([
        flow("440103", "440103", first / 3),
        flow("440104", "440103", first - first / 3),
        flow("440103", "440104", second / 4),
        flow("440104", "440104", second - second / 4),
    ]);
    let loaded = LoadedFlows {
        level: "district".parse().unwrap(),
        period: "2020".parse().unwrap(),
        flows,
        record: ImportRecord::default(),
        version: 1,
    };
    base.clone().with_flows([Arc::new(loaded)])
}

#[test]
fn jobs_move_with_their_sectors_and_commuters() {
    let base = with_flows(&Model::new().city());
    let whole = |code: &str| json!({"area": code});
    let jobs = |city: &City, code: &str| {
        let loaded = city.layer("workplaces", None).unwrap();
        let by_area = loaded.index.sums_by_area("district");
        by_area
            .get(&Some(code.into()))
            .map_or(0, |sums| sums.counts[0].sum)
    };
    let commuters = |city: &City, code: &str, home: bool| -> i64 {
        let flows = &city.flows("district", None).unwrap().flows;
        let rows = flows.iter();
        let end =
            |row: &crate::domain::FlowRow<'_>| if home { row.origin } else { row.destination };
        let of = rows.filter(|row| flows.places()[end(row)].code.as_str() == code);
        of.map(|row| row.commuters).sum()
    };
    let sectors = |city: &City| {
        let index = &city.layer("workplaces", None).unwrap().index;
        let at = |id: &str| index.layer().attribute_index(id).unwrap();
        let mut sums = std::collections::BTreeMap::<String, i64>::new();
        for feature in index.iter() {
            let sector = index.text(feature, at("sector")).unwrap_or("").to_owned();
            *sums.entry(sector).or_default() +=
                index.value(feature, at("jobs")).as_integer().unwrap();
        }
        sums
    };
    let moved =
        json!({"kind": "move_jobs", "jobs": 19, "from": whole("440103"), "to": whole("440104")});
    let scenario = after(&base, &[moved]);
    assert_eq!(jobs(&scenario, "440103"), jobs(&base, "440103") - 19);
    assert_eq!(jobs(&scenario, "440104"), jobs(&base, "440104") + 19);
    assert_eq!(sectors(&scenario), sectors(&base));
    for code in ["440103", "440104"] {
        assert_eq!(
            commuters(&scenario, code, true),
            commuters(&base, code, true),
            "homes {code}"
        );
        assert_eq!(
            commuters(&scenario, code, false),
            jobs(&scenario, code),
            "jobs {code}"
        );
    }
    // Into a corner where nobody works: a workplace for each sector is new there.
    let corner = rectangle(1995.0, 995.0, 1999.0, 999.0);
    let moved = json!({"kind": "move_jobs", "jobs": 19, "from": whole("440103"), "to": corner});
    let scenario = after(&base, &[moved]);
    assert_eq!(jobs(&scenario, "440104"), jobs(&base, "440104") + 19);
    assert_eq!(sectors(&scenario), sectors(&base));
    assert_eq!(
        commuters(&scenario, "440104", false),
        jobs(&scenario, "440104")
    );
    // All of them.
    let all = jobs(&base, "440103");
    let moved =
        json!({"kind": "move_jobs", "jobs": all, "from": whole("440103"), "to": whole("440104")});
    let scenario = after(&base, &[moved]);
    assert_eq!(
        (
            jobs(&scenario, "440103"),
            commuters(&scenario, "440103", false)
        ),
        (0, 0)
    );
    // Within one district nobody commutes elsewhere.
    let (west, east) = (
        rectangle(0.0, 0.0, 500.0, 1000.0),
        rectangle(500.0, 0.0, 999.0, 1000.0),
    );
    let moved = json!({"kind": "move_jobs", "jobs": 3, "from": west, "to": east});
    let scenario = after(&base, &[moved]);
    let flows = |city: &City| city.flows("district", None).unwrap().clone();
    assert!(Arc::ptr_eq(&flows(&scenario), &flows(&base)));
    let too_many = json!({"kind": "move_jobs", "jobs": all + 1, "from": whole("440103"), "to": whole("440104")});
    assert_eq!(refused(&base, too_many).field, "jobs");
}

#[test]
fn bad_edits_are_refused_with_place_and_remedy() {
    let base = Model::new().city();
    let (lon, lat) = at(500.0, 500.0);
    let here = json!({"lon": lon, "lat": lat});
    let with = |mut json: Json, more: &Json| {
        json.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json
    };
    let whole = rectangle(0.0, 0.0, 2000.0, 1000.0);
    let grow = |more: Json| {
        with(
            json!({"kind": "grow", "layer": "residences", "within": whole}),
            &more,
        )
    };
    for (json, field) in [
        (
            with(json!({"kind": "add", "layer": "schoolz"}), &here),
            "layer",
        ),
        (
            with(json!({"kind": "add", "layer": "districts"}), &here),
            "layer",
        ),
        (
            json!({"kind": "add", "layer": "schools", "lon": lat, "lat": lon}),
            "lon",
        ),
        (
            with(
                json!({"kind": "add", "layer": "schools", "id": "s1"}),
                &here,
            ),
            "id",
        ),
        (
            with(
                json!({"kind": "add", "layer": "schools", "values": {"seats": 5}}),
                &here,
            ),
            "values",
        ),
        (
            with(
                json!({"kind": "add", "layer": "schools", "values": {"seats_primary": -5}}),
                &here,
            ),
            "values",
        ),
        (
            with(
                json!({"kind": "add", "layer": "schools", "values": {"kind": "castle"}}),
                &here,
            ),
            "values",
        ),
        (
            with(
                json!({"kind": "move", "layer": "schools", "id": "gone"}),
                &here,
            ),
            "id",
        ),
        (
            json!({"kind": "remove", "layer": "schools", "id": "gone"}),
            "id",
        ),
        (
            json!({"kind": "change", "layer": "schools", "id": "s1", "values": {}}),
            "values",
        ),
        (grow(json!({"amount": -1_000_000})), "amount"),
        (grow(json!({"factor": -1.0})), "factor"),
        (grow(json!({"factor": 2.0, "amount": 2})), "factor"),
        (
            grow(json!({"attribute": "jobs", "factor": 2.0})),
            "attribute",
        ),
        (
            json!({"kind": "grow", "layer": "residences", "factor": 2.0, "within": {"area": "999"}}),
            "within",
        ),
        (
            json!({"kind": "grow", "layer": "residences", "amount": 5,
                "within": rectangle(1998.0, 998.0, 1999.0, 999.0)}),
            "within",
        ),
        (
            json!({"kind": "line", "name": "9", "stops": [{"name": "无", "run_s": 60}, {"name": "无二"}],
                "headways": [{"from": "06:00", "until": "23:00", "headway_min": 5}]}),
            "stops",
        ),
        (json!({"kind": "street", "points": [[lon, lat]]}), "points"),
        (
            json!({"kind": "street", "points": [[lon, lat], [lon + 1e-4, lat]], "modes": ["car"]}),
            "modes",
        ),
        (
            json!({"kind": "street", "points": [[lon, lat], [lon + 1e-4, lat]], "class": "motorway"}),
            "class",
        ),
    ] {
        let error = refused(&base, json.clone());
        assert_eq!(error.field, field, "{json}: {error}");
        assert!(
            !error.problem.zh.is_empty() && error.problem.zh != error.problem.en,
            "{json}"
        );
    }
    for json in [
        json!({"kind": "explode"}),
        json!({"kind": "remove", "layer": "schools", "id": "s1", "x": 1}),
    ] {
        assert!(serde_json::from_value::<Edit>(json).is_err());
    }
}

#[test]
fn a_station_a_line_and_a_street_open_ways() {
    let base = Model::new().city();
    let spot = |x: f64, y: f64| {
        let (lon, lat) = at(x, y);
        json!({"lon": lon, "lat": lat})
    };
    let mut station = json!({"kind": "station", "values": {"name": "东门", "mode": "metro"},
        "entrances": [spot(90.0, 110.0), spot(120.0, 100.0)]});
    station
        .as_object_mut()
        .unwrap()
        .extend(spot(100.0, 100.0).as_object().unwrap().clone());
    let mut far = spot(1900.0, 900.0);
    far["name"] = json!("西门");
    let line = json!({"kind": "line", "name": "9号线", "mode": "metro",
        "stops": [{"name": "东门", "run_s": 120}, far],
        "headways": [{"from": "06:00", "until": "23:00", "headway_min": 4}]});
    let scenario = after(&base, &[station, line]);
    let stations = &scenario.layer("stations", None).expect("stations").index;
    assert_eq!(
        (
            stations.features(),
            scenario.layer("entrances", None).unwrap().index.features()
        ),
        (2, 2)
    );
    let lines = stations.layer().attribute_index("lines").unwrap();
    for id in ["scenario-1", "scenario-2-2"] {
        let feature = stations.find(id).expect("a station");
        assert_eq!(stations.text(feature, lines), Some("9号线"), "{id}");
    }
    let transit = scenario.transit().expect("a timetable");
    assert_eq!(
        (transit.schedule.stops.len(), transit.schedule.trips.len()),
        (2, 2)
    );
    let ride = json!({"origins": [spot(100.0, 100.0)], "destinations": [spot(1900.0, 900.0)],
        "mode": "transit", "arrival": {"date": "2020-06-01", "by": "09:00"}});
    let ask = |mode: Json| {
        let asked = serde_json::from_value(mode).expect("a question");
        let found = query::travel_times(&scenario, &asked, &Limits::generous()).expect("an answer");
        found.rows[0]["seconds"].as_i64().expect("reached")
    };
    let seconds = ask(ride);
    assert!((120..600).contains(&seconds), "{seconds}");
    // A station that moves takes its stop along, one that goes is passed.
    let (lon, lat) = at(1900.0, 800.0);
    let moved =
        json!({"kind": "move", "layer": "stations", "id": "scenario-2-2", "lon": lon, "lat": lat});
    let moved = apply(&scenario, 3, &edit(moved)).expect("allowed");
    let stop = &moved.transit().expect("a timetable").schedule.stops[1];
    assert_eq!(stop.lon_lat, Some((lon, lat)));
    let gone = json!({"kind": "remove", "layer": "stations", "id": "scenario-2-2"});
    let gone = apply(&scenario, 3, &edit(gone)).expect("allowed");
    assert!(
        gone.transit()
            .expect("a timetable")
            .schedule
            .trips
            .is_empty()
    );
    // A street across the block of streets.
    let way = json!({"kind": "street", "class": "footway",
        "points": [[at(100.0, 100.0).0, at(100.0, 100.0).1], [at(900.0, 900.0).0, at(900.0, 900.0).1]]});
    let shortcut = after(&base, &[way]);
    let walk = |city: &City| {
        let asked = json!({"origins": [spot(100.0, 100.0)], "destinations": [spot(900.0, 900.0)],
            "mode": "walk"});
        let asked = serde_json::from_value(asked).expect("a question");
        let found = query::travel_times(city, &asked, &Limits::generous()).expect("an answer");
        found.rows[0]["seconds"].as_f64().expect("reached")
    };
    let (long, short) = (walk(&base), walk(&shortcut));
    assert!(
        (long / short - std::f64::consts::SQRT_2).abs() < 0.01,
        "{long} {short}"
    );
    assert!(base.transit().is_none());
}

/// A random edit, as JSON and upon the rows.
#[derive(Clone, Debug)]
enum Deed {
    Add(usize, (f64, f64), i64),
    Move(usize, usize, (f64, f64)),
    Change(usize, usize, i64),
    Remove(usize, usize),
    Grow(bool, [f64; 4], f64),
}

const LAYERS: [(&str, &str); 3] = [
    ("residences", "usual_residents"),
    ("workplaces", "jobs"),
    ("schools", "seats_primary"),
];

fn place() -> impl Strategy<Value = (f64, f64)> {
    (1.0..1999.0f64, 1.0..999.0f64)
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..3usize, place(), 0..500i64).prop_map(|(l, p, n)| Deed::Add(l, p, n)),
        (0..3usize, 0..40usize, place()).prop_map(|(l, f, p)| Deed::Move(l, f, p)),
        (0..3usize, 0..40usize, 0..500i64).prop_map(|(l, f, n)| Deed::Change(l, f, n)),
        (0..3usize, 0..40usize).prop_map(|(l, f)| Deed::Remove(l, f)),
        (any::<bool>(), place(), place(), 0.0..3.0f64).prop_map(|(jobs, a, b, factor)| {
            let (west, east) = (a.0.min(b.0), a.0.max(b.0));
            let (south, north) = (a.1.min(b.1), a.1.max(b.1));
            Deed::Grow(jobs, [west, south, east, north], factor)
        }),
    ]
}

/// Does a deed to the rows by plain loops; the same as an edit, `None` where there is nothing to do.
fn done(model: &mut Model, number: usize, deed: &Deed) -> Option<Json> {
    let spot_json = |kind: &str, layer: &str, place: (f64, f64)| {
        let (lon, lat) = at(place.0, place.1);
        json!({"kind": kind, "layer": layer, "lon": lon, "lat": lat})
    };
    match deed {
        Deed::Add(layer, place, n) => {
            let (layer, attribute) = LAYERS[*layer];
            let id = format!("scenario-{number}");
            model
                .layer(layer)
                .push(spot(id, *place, &[(attribute, *n)]));
            let mut json = spot_json("add", layer, *place);
            json["values"] = json!({attribute: n});
            if layer == "schools" {
                json["values"]["kind"] = json!("primary");
            }
            Some(json)
        }
        Deed::Move(layer, feature, place) => {
            let (layer, _) = LAYERS[*layer];
            let spots = model.layer(layer);
            let count = spots.len();
            let moved = spots.get_mut(feature % count.max(1))?;
            moved.place = *place;
            let mut json = spot_json("move", layer, *place);
            json["id"] = json!(moved.id);
            Some(json)
        }
        Deed::Change(layer, feature, n) => {
            let (layer, attribute) = LAYERS[*layer];
            let spots = model.layer(layer);
            let count = spots.len();
            let changed = spots.get_mut(feature % count.max(1))?;
            let value = changed
                .values
                .iter_mut()
                .find(|(key, _)| *key == attribute)?;
            value.1 = *n;
            let values = json!({attribute: n});
            Some(json!({"kind": "change", "layer": layer, "id": changed.id, "values": values}))
        }
        Deed::Remove(layer, feature) => {
            let (layer, _) = LAYERS[*layer];
            let spots = model.layer(layer);
            // A layer without features would be another city.
            (spots.len() > 1).then(|| {
                let gone = spots.remove(feature % spots.len());
                json!({"kind": "remove", "layer": layer, "id": gone.id})
            })
        }
        Deed::Grow(jobs, [west, south, east, north], factor) => {
            let (layer, attribute) = LAYERS[usize::from(*jobs)];
            let spots = model.layer(layer);
            let is_inside = |spot: &Spot| {
                let (lon, lat) = at(spot.place.0, spot.place.1);
                let (x, y) = metres(lon, lat);
                (*west..*east).contains(&x) && (*south..*north).contains(&y)
            };
            let mut inside: Vec<usize> =
                (0..spots.len()).filter(|i| is_inside(&spots[*i])).collect();
            inside.sort_by_key(|at| spots[*at].id.clone());
            let keys: &[&str] = match jobs {
                true => &["jobs"],
                false => &[
                    "usual_residents",
                    "employed_residents",
                    "households",
                    "age_0_2",
                    "age_18_59",
                ],
            };
            let held = |spots: &[Spot], key: &str| -> Vec<(usize, i64)> {
                let value = |at: &usize| {
                    let known = spots[*at].values.iter().find(|(own, _)| *own == key);
                    known.map(|(_, n)| (*at, *n))
                };
                inside.iter().filter_map(value).collect()
            };
            let total = |held: &[(usize, i64)]| held.iter().map(|(_, n)| n).sum::<i64>();
            let old = total(&held(spots, attribute));
            let new = (old as f64 * factor).round() as i64;
            let ages = ["age_0_2", "age_18_59"].map(|key| total(&held(spots, key)));
            let ages_add_up = ages[0] + ages[1] == old;
            let of_ages = apportion(new, &ages);
            if old > 0 {
                for key in keys {
                    let held = held(spots, key);
                    let age = ["age_0_2", "age_18_59"].iter().position(|age| age == key);
                    let wanted = match age {
                        _ if *key == attribute => new,
                        Some(age) if ages_add_up => of_ages.as_ref().unwrap()[age],
                        _ => (2 * total(&held) * new + old) / (2 * old),
                    };
                    let weights: Vec<i64> = held.iter().map(|(_, n)| *n).collect();
                    let shares = apportion(wanted, &weights).unwrap_or(weights);
                    for ((at, _), share) in held.into_iter().zip(shares) {
                        let mut values = spots[at].values.iter_mut();
                        values.find(|(own, _)| own == key).unwrap().1 = share;
                    }
                }
            }
            let within = rectangle(*west, *south, *east, *north);
            Some(json!({"kind": "grow", "layer": layer, "factor": factor, "within": within}))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn edits_answer_as_a_city_made_of_edited_rows_and_undo_is_exact(
        deeds in prop::collection::vec(deed(), 1..10)
    ) {
        let mut model = Model::new();
        let base = model.city();
        let mut city = base.clone();
        let mut history = vec![answers(&city)];
        let mut edits = Vec::new();
        for deed in &deeds {
            let Some(json) = done(&mut model, edits.len() + 1, deed) else { continue };
            edits.push(json.clone());
            city = apply(&city, edits.len() as u64, &edit(json)).expect("allowed");
            history.push(answers(&city));
        }
        prop_assert_eq!(history.last().unwrap(), &answers(&model.city()));
        // Each step replayed anew answers as it did, and the same way names it by the same number.
        let fresh = after(&base, &edits);
        prop_assert_eq!(fresh.stamp(), city.stamp());
        for count in (0..edits.len()).rev() {
            prop_assert_eq!(&answers(&after(&base, &edits[..count])), &history[count]);
        }
    }
}
