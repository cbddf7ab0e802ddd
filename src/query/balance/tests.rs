use super::*;
use crate::query::test_city::{Feature, TestCity};

const STEP_M: f64 = 100.0;
const LINES: u32 = 11;

/// Homes and jobs scattered over a square of streets, with as many of each.
fn scattered() -> (TestCity, Vec<(f64, f64)>) {
    // A fixed scatter: multiples of two odd numbers, modulo the side.
    let side = STEP_M * f64::from(LINES - 1);
    let spots: Vec<(f64, f64)> = (1..=40)
        .map(|n| {
            (
                f64::from(n * 337 % 1000) / 1000.0 * side,
                f64::from(n * 173 % 1000) / 1000.0 * side,
            )
        })
        .collect();
    let rows = |people: fn(usize) -> usize| -> Vec<(String, (f64, f64), String)> {
        let row = |(n, spot): (usize, &(f64, f64))| (format!("f{n}"), *spot, people(n).to_string());
        spots.iter().enumerate().map(row).collect()
    };
    let (homes, jobs) = (rows(|n| n * 7 % 11 + 1), rows(|n| (39 - n) * 7 % 11 + 1));
    let layer =
        |city: TestCity, layer: &str, attribute: &str, rows: &[(String, (f64, f64), String)]| {
            let values: Vec<[(&str, &str); 1]> =
                rows.iter().map(|r| [(attribute, r.2.as_str())]).collect();
            let features: Vec<Feature<'_>> = rows
                .iter()
                .zip(&values)
                .map(|(row, value)| (row.0.as_str(), row.1, &value[..]))
                .collect();
            city.with(layer, &features)
        };
    let city = layer(TestCity::new(), "residences", "employed_residents", &homes);
    (layer(city, "workplaces", "jobs", &jobs), spots)
}

fn total(city: &City, question: serde_json::Value) -> BalanceRow {
    let question: BalanceQuery = serde_json::from_value(question).expect("a question");
    let answer = balance(city, &question, &Limits::generous());
    answer.expect("an answer").totals
}

#[test]
fn a_larger_network_catchment_never_holds_less_and_the_largest_holds_all() {
    let (city, spots) = scattered();
    let city = city.with_raster_of_streets(LINES, STEP_M).build();
    let all: i64 = (0..spots.len() as i64).map(|n| n * 7 % 11 + 1).sum();
    let mut before = (0.0, 0.0);
    for metres in [50.0, 200.0, 400.0, 800.0, 1600.0, 5000.0] {
        let walk = total(
            &city,
            json!({"level": "city", "catchment_m": metres, "mode": "walk"}),
        );
        let here = (
            walk.catchment_jobs.expect("jobs"),
            walk.catchment_employed_residents.expect("people"),
        );
        assert!(
            here.0 >= before.0 && here.1 >= before.1,
            "{metres}: {here:?} after {before:?}"
        );
        before = here;
    }
    assert_eq!(before, (all as f64, all as f64));
    // Twenty minutes at 4.5 km/h are 1,500 m.
    let minutes = total(
        &city,
        json!({"level": "city", "minutes": 20, "mode": "walk"}),
    );
    let metres = total(
        &city,
        json!({"level": "city", "catchment_m": 1500, "mode": "walk"}),
    );
    assert_eq!(minutes, metres);
}

/// Metres between two places along a full raster of streets, both legs counted: every way through
/// the ends of the streets that the places are joined to.
fn raster_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    /// The leg, the two ends of the street as crossings with the metres to them, the place on it.
    type Joined = (f64, [((f64, f64), f64); 2], (f64, f64));
    let most = f64::from(LINES - 1);
    let join = |(east, north): (f64, f64)| -> Joined {
        let (x, y) = (east / STEP_M, north / STEP_M);
        let line = |v: f64| v.round().clamp(0.0, most);
        let (on_row, on_column) = ((y - line(y)).abs(), (x - line(x)).abs());
        let (along, across, is_row) = match on_row <= on_column {
            true => (x.clamp(0.0, most), line(y), true),
            false => (y.clamp(0.0, most), line(x), false),
        };
        let first = along.floor().min(most - 1.0);
        let at = |along: f64| {
            if is_row {
                (along, across)
            } else {
                (across, along)
            }
        };
        let ends = [first, first + 1.0].map(|end| (at(end), (along - end).abs() * STEP_M));
        let place = at(along);
        let leg = (place.0 * STEP_M - east).hypot(place.1 * STEP_M - north);
        (leg, ends, place)
    };
    let (from, to) = (join(a), join(b));
    let over = |p: (f64, f64), q: (f64, f64)| ((p.0 - q.0).abs() + (p.1 - q.1).abs()) * STEP_M;
    let mut shortest = f64::INFINITY;
    for (end_a, to_a) in from.1 {
        for (end_b, to_b) in to.1 {
            shortest = shortest.min(to_a + over(end_a, end_b) + to_b);
        }
    }
    let is_same = from.1.map(|end| end.0) == to.1.map(|end| end.0);
    if is_same {
        shortest = shortest.min(over(from.2, to.2));
    }
    from.0 + shortest + to.0
}

#[test]
fn the_catchment_on_foot_agrees_with_plain_sums_over_all_pairs() {
    let (city, _) = scattered();
    let city = city.with_raster_of_streets(LINES, STEP_M).build();
    for metres in [260.0, 530.0] {
        let question = json!({"level": "city", "catchment_m": metres, "mode": "walk"});
        let found = total(&city, question);
        // Sums by cell of the same grid, read from the features one by one.
        let zoom = 19u8;
        let mut cells: std::collections::BTreeMap<(u32, u32), [i64; 2]> = Default::default();
        for (layer, which) in [("workplaces", 0), ("residences", 1)] {
            let loaded = city.layer(layer, None).expect("a layer");
            let attribute = ["jobs", "employed_residents"][which];
            let place = loaded
                .layer()
                .attribute_index(attribute)
                .expect("an attribute");
            for feature in loaded.index.iter() {
                let (lon, lat) = loaded.index.place(feature);
                let (x, y) = crate::domain::to_mercator(lon, lat);
                let cell = [x, y].map(|v| (v * f64::from(zoom).exp2()) as u32);
                let value = loaded
                    .index
                    .value(feature, place)
                    .as_integer()
                    .expect("a value");
                cells.entry((cell[0], cell[1])).or_default()[which] += value;
            }
        }
        let metres_of = |cell: &(u32, u32)| {
            let side = f64::from(zoom).exp2();
            let at = |v: u32| (f64::from(v) + 0.5) / side;
            let (lon, lat) = crate::domain::from_mercator(at(cell.0), at(cell.1));
            crate::query::test_city::metres(lon, lat)
        };
        let (mut weight, mut jobs, mut workers) = (0, 0, 0);
        for (own, [_, employed]) in &cells {
            for (other, [other_jobs, other_employed]) in &cells {
                let between = raster_m(metres_of(own), metres_of(other));
                assert!(
                    (between - metres).abs() > 0.3,
                    "too close to call: {between}"
                );
                if own == other || between <= metres {
                    jobs += employed * other_jobs;
                    workers += employed * other_employed;
                }
            }
            weight += employed;
        }
        assert_eq!(found.catchment_jobs, Some(jobs as f64 / weight as f64));
        assert_eq!(
            found.catchment_employed_residents,
            Some(workers as f64 / weight as f64)
        );
        assert_eq!(
            found.jobs_per_employed_resident,
            Some(jobs as f64 / workers as f64)
        );
    }
}

#[test]
fn a_reach_that_makes_no_sense_is_refused_with_its_field() {
    let (city, _) = scattered();
    let city = city.with_raster_of_streets(LINES, STEP_M).build();
    for (question, told) in [
        (json!({"level": "city", "mode": "walk"}), "mode: "),
        (
            json!({"level": "city", "minutes": 10, "catchment_m": 100, "mode": "walk"}),
            "minutes: give either",
        ),
        (json!({"level": "city", "minutes": 10}), "unit"),
        (
            json!({"level": "city", "catchment_m": 0, "mode": "walk"}),
            "catchment_m: more than 0",
        ),
        (
            json!({"level": "city", "catchment_m": 0}),
            "catchment_m: a radius",
        ),
        (
            json!({"level": "city", "minutes": -1, "mode": "walk"}),
            "minutes: more than 0",
        ),
    ] {
        let question: BalanceQuery = serde_json::from_value(question).expect("a question");
        let problem = balance(&city, &question, &Limits::generous()).expect_err("a refusal");
        assert!(problem.to_string().contains(told), "{problem}");
    }
}
