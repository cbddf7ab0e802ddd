//! Real commuting flows between the zones of a city, measured twice.

use std::collections::BTreeMap;

use super::*;

#[test]
fn leeds_commutes_as_an_independent_computation_says() {
    let (Some(zones), Some(flows)) = (
        data("leeds/leeds_zones.geojson"),
        data("leeds/leeds_od_2011.csv"),
    ) else {
        return;
    };
    let desk = Desk::new();
    let at = ["--period", "2011"];
    let mut areas = vec!["import", "communities", text(&zones)];
    areas.extend(["--map", "code=geo_code", "--map", "name=geo_name"]);
    areas.extend(at);
    desk.done(&areas);
    let mut od = vec![
        "import",
        "flows",
        text(&flows),
        "--source",
        "ONS Census 2011",
    ];
    od.extend([
        "--map",
        "origin=O",
        "--map",
        "destination=D",
        "--map",
        "commuters=all",
    ]);
    od.extend(at);
    let dry = desk.done(&[&od[..], &["--dry-run"]].concat());
    assert!(
        dry.contains("level community: 10536 flows, 236326 commuters"),
        "{dry}"
    );
    desk.refused(&["query", "commute", "--level", "community"]);
    desk.done(&od);
    let told = desk.refused(&od);
    assert!(told.contains("--replace"), "{told}");

    let found = desk.json(&["query", "commute", "--level", "community"]);
    let totals = &found["totals"];
    assert_eq!(
        (&totals["inside"], &totals["commuters"]),
        (&20_237.into(), &236_326.into())
    );
    let contained = totals["self_containment"].as_f64().unwrap();
    assert!((contained - 20_237.0 / 236_326.0).abs() < 1e-12);

    desk.answers_alike_in_a_database(&[
        &["commute", "--level", "community"],
        &["areas", "--level", "community"],
    ]);

    let own = Own::of(&desk);
    assert_eq!(own.trips.len(), 10_536);
    for row in found["rows"].as_array().unwrap() {
        let zone = own.number[row["code"].as_str().unwrap()];
        let living = own.trips.iter().filter(|(from, ..)| *from == zone);
        let (mut all, mut inside) = (0, 0);
        for (_, to, n) in living {
            all += n;
            inside += if *to == zone { *n } else { 0 };
        }
        assert_eq!(
            (&row["commuters"], &row["inside"]),
            (&all.into(), &inside.into())
        );
    }
    let n = own.trips.iter().map(|(.., n)| *n).sum::<i64>() as f64;
    let (mut homes, mut jobs) = (vec![0i64; own.number.len()], vec![0i64; own.number.len()]);
    let mut observed = 0.0;
    for (from, to, commuters) in &own.trips {
        homes[*from] += commuters;
        jobs[*to] += commuters;
        observed += *commuters as f64 * own.km[*from][*to] / n;
    }
    let mut random = 0.0;
    for (from, home) in homes.iter().enumerate() {
        for (to, job) in jobs.iter().enumerate() {
            random += (*home as f64 / n) * (*job as f64 / n) * own.km[from][to];
        }
    }
    let minimum = least_mean(&own.km, &homes, &jobs);
    let farthest = own.km.iter().flatten().copied().fold(0.0, f64::max);
    let turned: Vec<Vec<f64>> = own
        .km
        .iter()
        .map(|row| row.iter().map(|km| farthest - km).collect())
        .collect();
    let maximum = farthest - least_mean(&turned, &homes, &jobs);
    println!(
        "observed {observed:.4}, minimum {minimum:.4}, maximum {maximum:.4}, random {random:.4} km"
    );
    for (key, wanted) in [
        ("observed_commute", observed),
        ("mean_distance_km", observed),
        ("minimum_commute", minimum),
        ("maximum_commute", maximum),
        ("random_commute", random),
        ("excess_share", (observed - minimum) / observed),
        ("potential_used", (observed - minimum) / (maximum - minimum)),
    ] {
        let value = totals[key].as_f64().unwrap_or_else(|| panic!("{key}"));
        assert!(
            (value - wanted).abs() < 1e-6,
            "{key}: {value} is not {wanted}"
        );
    }
    assert_eq!(totals["unit"], "km");

    // The same, asked again, to the byte; and beside the balance.
    let again = || {
        desk.run(&[
            "query",
            "commute",
            "--level",
            "community",
            "--format",
            "csv",
        ])
        .stdout
    };
    assert_eq!(again(), again());
    let balance = desk.json(&["query", "balance", "--level", "community"]);
    assert_eq!(
        balance["totals"]["self_containment"],
        totals["self_containment"]
    );
}

/// The flows and distances as the lines of the map tell them, measured by hand.
struct Own {
    number: BTreeMap<String, usize>,
    trips: Vec<(usize, usize, i64)>,
    km: Vec<Vec<f64>>,
}

impl Own {
    fn of(desk: &Desk) -> Self {
        let lines = desk.run(&[
            "query",
            "flows",
            "--level",
            "community",
            "--limit",
            "20000",
            "--format",
            "geojson",
        ]);
        let lines: Json = serde_json::from_slice(&lines.stdout).expect("GeoJSON");
        let mut places: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        let mut trips = Vec::new();
        for line in lines["features"].as_array().expect("lines") {
            let ends = &line["geometry"]["coordinates"];
            let of = &line["properties"];
            for (end, code) in ["origin_code", "destination_code"].into_iter().enumerate() {
                let place = [0, 1].map(|axis| ends[end][axis].as_f64().expect("a number"));
                places.insert(of[code].as_str().expect("a code").into(), place.into());
            }
            trips.push((
                of["origin_code"].clone(),
                of["destination_code"].clone(),
                of["commuters"].clone(),
            ));
        }
        // Who stays in a zone has no line.
        let stay = desk.json(&["query", "commute", "--level", "community"]);
        for row in stay["rows"].as_array().expect("rows") {
            trips.push((
                row["code"].clone(),
                row["code"].clone(),
                row["inside"].clone(),
            ));
        }
        let number: BTreeMap<String, usize> = places.keys().cloned().zip(0..).collect();
        let at = |code: &Json| number[code.as_str().expect("a code")];
        let trips = trips.iter();
        let trips = trips.map(|(from, to, n)| (at(from), at(to), n.as_i64().expect("people")));
        let trips = trips.filter(|(.., n)| *n > 0).collect();
        let places: Vec<(f64, f64)> = places.into_values().collect();
        let mut km: Vec<Vec<f64>> = places
            .iter()
            .map(|from| {
                places
                    .iter()
                    .map(|to| great_circle_km(*from, *to))
                    .collect()
            })
            .collect();
        for zone in 0..km.len() {
            let others = (0..km.len()).filter(|other| *other != zone);
            km[zone][zone] = others
                .map(|other| km[zone][other])
                .fold(f64::INFINITY, f64::min)
                / 2.0;
        }
        Own { number, trips, km }
    }
}

fn great_circle_km(from: (f64, f64), to: (f64, f64)) -> f64 {
    let [(x, y), (u, v)] = [from, to].map(|(lon, lat)| (lon.to_radians(), lat.to_radians()));
    let chord = ((v - y) / 2.0).sin().powi(2) + y.cos() * v.cos() * ((u - x) / 2.0).sin().powi(2);
    2.0 * 6371.0088 * chord.sqrt().asin()
}

/// The least mean cost by sending people along one shortest path after the other.
fn least_mean(costs: &[Vec<f64>], homes: &[i64], jobs: &[i64]) -> f64 {
    let (rows, columns) = (homes.len(), jobs.len());
    let (mut waiting, mut free) = (homes.to_vec(), jobs.to_vec());
    let mut flow = vec![vec![0i64; columns]; rows];
    let mut potential = vec![0.0; rows + columns];
    let mut total = 0.0;
    while waiting.iter().any(|n| *n > 0) {
        // Dijkstra from all who wait; backwards along flow.
        let mut distance = vec![f64::INFINITY; rows + columns];
        let mut before = vec![usize::MAX; rows + columns];
        let mut done = vec![false; rows + columns];
        (0..rows)
            .filter(|i| waiting[*i] > 0)
            .for_each(|i| distance[i] = 0.0);
        let target = loop {
            let open = (0..rows + columns).filter(|node| !done[*node]);
            let node = open
                .min_by(|a, b| distance[*a].total_cmp(&distance[*b]))
                .expect("a way");
            done[node] = true;
            if node >= rows && free[node - rows] > 0 {
                break node;
            }
            let mut relax = |to: usize, cost: f64| {
                let reduced = (cost + potential[node] - potential[to]).max(0.0);
                if distance[node] + reduced < distance[to] {
                    (distance[to], before[to]) = (distance[node] + reduced, node);
                }
            };
            match node.checked_sub(rows) {
                None => (0..columns).for_each(|j| relax(rows + j, costs[node][j])),
                Some(j) => {
                    let used = (0..rows).filter(|i| flow[*i][j] > 0);
                    used.for_each(|i| relax(i, -costs[i][j]));
                }
            }
        };
        let reach = distance[target];
        for (node, potential) in potential.iter_mut().enumerate() {
            *potential += distance[node].min(reach);
        }
        let mut amount = free[target - rows];
        let mut node = target;
        while before[node] != usize::MAX {
            let from = before[node];
            if from >= rows {
                amount = amount.min(flow[node][from - rows]);
            }
            node = from;
        }
        amount = amount.min(waiting[node]);
        waiting[node] -= amount;
        free[target - rows] -= amount;
        node = target;
        while before[node] != usize::MAX {
            let from = before[node];
            if from < rows {
                flow[from][node - rows] += amount;
                total += amount as f64 * costs[from][node - rows];
            } else {
                flow[node][from - rows] -= amount;
                total -= amount as f64 * costs[node][from - rows];
            }
            node = from;
        }
    }
    total / homes.iter().sum::<i64>() as f64
}
