//! Scenarios held against cities that were made of edited rows.

mod change;
mod comparison;
mod growth;
mod refusals;
mod replay;
mod ways;

use serde_json::{Value as Json, json};

use super::*;
use crate::{
    city::scenario::{Edit, EditError, apply},
    query::{
        self,
        test_city::{Feature, TestCity, at},
    },
};

/// Whether the sides of a row of a scenario differ.
fn is_changed(row: &Row) -> bool {
    let pairing = Pairing {
        sides: rows::SCENARIO,
        keys: &[],
        words: &[],
        is_number: &|_| false,
        is_count: &|_| false,
    };
    pairing.is_changed(row)
}

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
