//! A town of several cells: what is remembered against what is made anew, and against plain loops.

use serde_json::{Value as Json, json};

use crate::{
    city::{City, scenario::apply},
    domain::measure::distance_m,
    query::{
        self, Limits,
        test_city::{Feature, TestCity, at},
    },
};

const HOMES: usize = 40_000;

fn spot(n: usize) -> (f64, f64) {
    (
        (n * 7919 % 21_001) as f64 / 10.0,
        (n * 104_729 % 23_003) as f64 / 10.0,
    )
}

/// More homes than one cell holds, schools among them, streets and two districts.
fn town() -> City {
    let texts: Vec<[String; 2]> = (0..HOMES)
        .map(|n| [format!("h{n}"), (n % 5).to_string()])
        .collect();
    let values: Vec<[(&str, &str); 3]> = texts
        .iter()
        .enumerate()
        .map(|(n, [_, people])| {
            let district = if spot(n).0 < 1000.0 {
                "440103"
            } else {
                "440104"
            };
            [
                ("usual_residents", people.as_str()),
                ("age_6_11", people.as_str()),
                ("district", district),
            ]
        })
        .collect();
    let homes = texts.iter().zip(&values).enumerate();
    let homes = homes.map(|(n, ([id, _], values))| (id.as_str(), spot(n), &values[..]));
    let homes: Vec<Feature<'_>> = homes.collect();
    let ids: Vec<String> = (0..12).map(|n| format!("s{n:02}")).collect();
    let school = |(n, id): (usize, &'_ String)| {
        (
            id.clone(),
            ((n * 171) as f64 + 30.0, (n * n * 15) as f64 + 40.0),
        )
    };
    let schools: Vec<(String, (f64, f64))> = ids.iter().enumerate().map(school).collect();
    let values = [("kind", "primary"), ("seats_primary", "300")];
    let schools = schools
        .iter()
        .map(|(id, spot)| (id.as_str(), *spot, &values[..]));
    let schools: Vec<Feature<'_>> = schools.collect();
    TestCity::new()
        .with_squares(
            "districts",
            1000.0,
            &[
                ("w", (0.0, 0.0), &[("code", "440103"), ("name", "西")]),
                ("e", (1000.0, 0.0), &[("code", "440104"), ("name", "东")]),
            ],
        )
        .with("residences", &homes)
        .with("schools", &schools)
        .with_raster_of_streets(22, 100.0)
        .build()
}

fn access(city: &City, more: Json) -> query::Access {
    let mut asked = json!({"to": {"layer": "schools", "capacity": "seats_primary"},
        "cutoff": 350.0, "demand": "usual_residents"});
    let more = more.as_object().expect("fields").clone();
    asked.as_object_mut().expect("a question").extend(more);
    let asked = serde_json::from_value(asked).expect("a question");
    query::access(city, &asked, &Limits::generous()).expect("an answer")
}

fn answers(city: &City) -> Vec<Json> {
    let access = |more: Json| {
        let found = access(city, more);
        json!([
            found.answer.rows,
            found.answer.totals,
            found.summary,
            found.answer.left_out
        ])
    };
    let gaps = |denominator: &str| {
        let asked = json!({"level": "district", "norms": "gb_50180_2018", "circle": 10,
            "denominator": denominator});
        let asked = serde_json::from_value(asked).expect("a question");
        let found = query::gaps(city, &asked, &Limits::generous()).expect("an answer");
        let answer = found.answer;
        json!([answer.rows, answer.totals, answer.left_out, found.circles])
    };
    let stations = |level: &str| {
        let asked = json!({"layer": "schools", "level": level, "cutoffs": [150, 350]});
        let asked = serde_json::from_value(asked).expect("a question");
        let found = query::station_coverage(city, &asked, &Limits::generous());
        let answer = found.expect("an answer");
        json!([answer.rows, answer.totals, answer.left_out])
    };
    let gaussian = json!({"kind": "gaussian", "sigma": 150.0});
    let by = "district";
    vec![
        access(json!({"measure": "2sfca", "by": by})),
        access(json!({"measure": "e2sfca", "by": by, "mode": "walk"})),
        access(json!({"measure": "competitive", "by": by, "decay": gaussian, "mode": "walk"})),
        access(json!({"measure": "gravity", "by": by, "decay": gaussian})),
        access(json!({"measure": "nearest", "by": by, "mode": "walk", "nearest_k": 2})),
        access(json!({"measure": "nearest", "nearest_mean": true, "mode": "walk"})),
        gaps("population"),
        gaps("buildings"),
        stations("district"),
        stations("city"),
    ]
}

/// The same city with nothing remembered.
fn forgetful(city: &City) -> City {
    let new = City::new(city.catalog().clone(), 1, Default::default(), []);
    city.clone().remembering(&new)
}

#[test]
fn what_is_remembered_is_what_would_be_made_again_whatever_was_edited() {
    let base = town();
    let homes = base.layer("residences", None).expect("homes");
    assert!(homes.index.cells().len() > 2);
    let ((lon, lat), (x, y)) = (at(170.0, 14.0), at(1690.0, 900.0));
    let (a, b) = (at(600.0, 600.0), at(700.0, 700.0));
    let within = json!({"geometry": {"type": "Polygon", "coordinates":
        [[[a.0, a.1], [b.0, a.1], [b.0, b.1], [a.0, b.1], [a.0, a.1]]]}});
    let edits = [
        json!({"kind": "add", "layer": "schools", "lon": lon, "lat": lat,
            "values": {"kind": "primary", "seats_primary": 77}}),
        json!({"kind": "change", "layer": "schools", "id": "s05", "values": {"seats_primary": 3}}),
        json!({"kind": "move", "layer": "schools", "id": "s07", "lon": x, "lat": y}),
        json!({"kind": "remove", "layer": "schools", "id": "s01"}),
        json!({"kind": "move", "layer": "residences", "id": "h77", "lon": lon, "lat": lat}),
        json!({"kind": "grow", "layer": "residences", "factor": 2.0, "within": within}),
        json!({"kind": "street", "points": [at(150.0, 0.0), at(150.0, 100.0)]}),
    ];
    let first = answers(&base);
    let mut city = base.clone();
    for (number, edit) in edits.iter().enumerate() {
        let edit = serde_json::from_value(edit.clone()).expect("an edit");
        city = apply(&city, number as u64 + 1, &edit).expect("allowed");
        let renewed = answers(&city);
        assert!(renewed == answers(&forgetful(&city)), "{edit:?}");
        assert!(renewed != first, "{edit:?}");
    }
    assert!(first == answers(&base));
}

/// Two-step floating catchments and the nearest school by plain loops over all pairs.
#[test]
fn cells_add_up_to_what_plain_loops_find() {
    let city = town();
    let (homes, schools) = (
        &city.layer("residences", None).expect("homes").index,
        &city.layer("schools", None).expect("schools").index,
    );
    let place = |(x, y): (f64, f64)| geo::Point::new(x, y);
    let shared = access(&city, json!({"measure": "2sfca"}));
    let nearest = access(&city, json!({"measure": "nearest"}));
    let catchment = |school| {
        let near = homes
            .iter()
            .map(move |home| distance_m(place(schools.place(school)), place(homes.place(home))));
        near.collect::<Vec<f64>>()
    };
    let people: Vec<i64> = shared
        .answer
        .rows
        .iter()
        .map(|row| row.demand.unwrap_or(0))
        .collect();
    let (mut wanted, mut least) = (vec![0.0; HOMES], vec![f64::INFINITY; HOMES]);
    for school in schools.iter() {
        let metres = catchment(school);
        let reached = || (0..HOMES).filter(|home| metres[*home] <= 350.0);
        let sharing: i64 = reached().map(|home| people[home]).sum();
        for home in reached() {
            wanted[home] += 300.0 / sharing as f64;
            least[home] = least[home].min(metres[home]);
        }
    }
    for home in 0..HOMES {
        let (shared, nearest) = (&shared.answer.rows[home], &nearest.answer.rows[home]);
        let value = shared.value.expect("everywhere");
        assert!(
            (value - wanted[home]).abs() < 1e-12,
            "{shared:?} {}",
            wanted[home]
        );
        match nearest.value {
            Some(metres) => assert!((metres - least[home]).abs() <= 1e-3, "{nearest:?}"),
            None => assert_eq!(least[home], f64::INFINITY),
        }
    }
}
