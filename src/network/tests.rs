use std::{collections::HashMap, path::PathBuf, time::Instant};

use geo::{Contains, Point, Validation};
use proptest::prelude::*;

use super::*;
use crate::domain::measure::distance_m;

/// A square lattice of streets `side` nodes wide, about 111 m apart.
fn lattice(side: u32) -> Graph {
    let mut lines = Lines::default();
    for y in 0..side {
        for x in 0..side {
            lines.points.push([x as i32 * 10_000, y as i32 * 10_000]);
            let here = y * side + x;
            if x > 0 {
                lines.lines.push(vec![here - 1, here]);
            }
            if y > 0 {
                lines.lines.push(vec![here - side, here]);
            }
        }
    }
    lines.build().expect("a network").0
}

fn drawn(graph: &Graph, reach: &Reach, limit_mm: u32) -> geo::MultiPolygon<f64> {
    let mut shape = ReachedShape::new(graph.node(0).y(), 30.0);
    shape.add(graph, reach, limit_mm);
    shape.polygons()
}

/// Distances from a place to every node by going over all edges until nothing changes.
fn relaxed(graph: &Graph, from: Snap) -> Vec<u64> {
    let mut mm = vec![u64::MAX / 2; graph.nodes()];
    let start = graph.edge(from.edge);
    let leg = u64::from(from.leg_mm);
    let ends = [(start.from, from.at_mm), (start.to, start.mm - from.at_mm)];
    for (node, along) in ends {
        let at = &mut mm[node as usize];
        *at = (*at).min(leg + u64::from(along));
    }
    loop {
        let mut changed = false;
        for edge in graph.edges() {
            for (a, b) in [(edge.from, edge.to), (edge.to, edge.from)] {
                let over = mm[a as usize] + u64::from(edge.mm);
                if over < mm[b as usize] {
                    mm[b as usize] = over;
                    changed = true;
                }
            }
        }
        if !changed {
            return mm;
        }
    }
}

fn random_lines() -> impl Strategy<Value = Lines> {
    let points = proptest::collection::vec((0i32..60, 0i32..60), 8..40);
    let lines = proptest::collection::vec(proptest::collection::vec(0u32..8, 2..5), 4..30);
    (points, lines).prop_map(|(points, lines)| {
        let count = points.len() as u32;
        Lines {
            points: points.iter().map(|(x, y)| [x * 1000, y * 1000]).collect(),
            lines: lines
                .into_iter()
                .enumerate()
                .map(|(at, line)| line.iter().map(|p| (p + at as u32 * 3) % count).collect())
                .collect(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn places_are_as_far_as_a_plain_search_says(
        lines in random_lines(),
        places in proptest::collection::vec((0.0f64..0.006, 0.0f64..0.006), 2..12),
        limit in 1u32..900_000,
    ) {
        let Ok((graph, _)) = lines.build() else { return Ok(()) };
        let snapper = Snapper::new(&graph);
        let snaps: Vec<Option<Snap>> =
            places.iter().map(|(lon, lat)| snapper.snap(&graph, *lon, *lat)).collect();
        let joined = Places::new(&graph, &snaps);
        let mut reach = Reach::default();
        for from in snaps.iter().flatten() {
            reach.run(&graph, &[*from], limit);
            let mut found = HashMap::new();
            reach.for_each(&graph, &joined, |number, mm| {
                assert!(found.insert(number, mm).is_none(), "each place once");
            });
            let nodes = relaxed(&graph, *from);
            for (number, to) in snaps.iter().enumerate() {
                let wanted = to.and_then(|to| {
                    let edge = graph.edge(to.edge);
                    let mut best = (nodes[edge.from as usize] + u64::from(to.at_mm))
                        .min(nodes[edge.to as usize] + u64::from(edge.mm - to.at_mm));
                    if to.edge == from.edge {
                        best = best.min(u64::from(from.leg_mm + from.at_mm.abs_diff(to.at_mm)));
                    }
                    let all = best + u64::from(to.leg_mm);
                    (all <= u64::from(limit)).then_some(all as u32)
                });
                prop_assert_eq!(found.get(&(number as u32)).copied(), wanted);
            }
        }
    }

    #[test]
    fn a_place_joins_the_nearest_street(
        lines in random_lines(),
        lon in -0.003f64..0.009,
        lat in -0.003f64..0.009,
    ) {
        let Ok((graph, _)) = lines.build() else { return Ok(()) };
        let snap = Snapper::new(&graph).snap(&graph, lon, lat);
        // Many points along every street, by great-circle distance.
        let place = Point::new(lon, lat);
        let mut nearest = f64::INFINITY;
        for edge in 0..graph.edges().len() as u32 {
            for (a, b) in graph.line(edge).zip(graph.line(edge).skip(1)) {
                for step in 0..=200 {
                    let t = f64::from(step) / 200.0;
                    let at = Point::new(a.x() + (b.x() - a.x()) * t, a.y() + (b.y() - a.y()) * t);
                    nearest = nearest.min(distance_m(place, at));
                }
            }
        }
        match snap {
            Some(snap) => prop_assert!((f64::from(snap.leg_mm) / 1000.0 - nearest).abs() < 3.0),
            None => prop_assert!(nearest > 499.0),
        }
    }

    #[test]
    fn bytes_come_back_as_the_same_network(lines in random_lines()) {
        let Ok((graph, _)) = lines.build() else { return Ok(()) };
        let bytes = graph_to_bytes(&graph);
        prop_assert_eq!(&graph_from_bytes(&bytes).expect("sound bytes"), &graph);
        for cut in [0, 7, 12, 19, bytes.len() / 2, bytes.len() - 1] {
            prop_assert!(graph_from_bytes(&bytes[..cut]).is_err());
        }
    }
}

#[test]
fn lines_meet_where_they_share_a_point_and_islands_are_told() {
    let lines = Lines {
        points: vec![
            [0, 0],
            [10_000, 0],
            [20_000, 0],
            [10_000, 10_000],
            [900_000, 0],
            [910_000, 0],
        ],
        lines: vec![vec![0, 1, 2], vec![1, 3], vec![4, 5]],
    };
    let (graph, report) = lines.build().expect("a network");
    assert_eq!((graph.nodes(), graph.edges().len()), (4, 3));
    assert_eq!((report.islands, report.island_nodes), (1, 2));
    let metres = distance_m(Point::new(0.0, 0.0), Point::new(0.001, 0.0));
    assert!((report.island_length_m - metres).abs() < 0.001);
    assert!(matches!(
        Lines::default().build(),
        Err(NetworkError::NoStreets)
    ));
}

#[test]
fn shapes_are_valid_and_grow_with_the_limit() {
    let graph = lattice(20);
    let snapper = Snapper::new(&graph);
    let from = snapper
        .snap(&graph, 0.0095, 0.0095)
        .expect("on the network");
    let mut reach = Reach::default();
    reach.run(&graph, &[from], 900_000);
    let mut area = 0.0;
    for limit in [100_000, 300_000, 600_000, 900_000] {
        let shape = drawn(&graph, &reach, limit);
        assert!(shape.is_valid(), "{limit}");
        let now = crate::domain::measure::area_km2(&geo::Geometry::MultiPolygon(shape.clone()));
        assert!(now > area, "{limit}: {now} after {area}");
        area = now;
        // What is reached lies inside, what is just beyond the width does not.
        for node in 0..graph.nodes() as u32 {
            if reach.search.mm(node).is_some_and(|mm| mm <= limit) {
                assert!(shape.contains(&graph.node(node)), "{limit}");
            }
        }
    }
}

#[test]
fn a_file_that_is_cut_short_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let go_on = || true;
    let rules = Rules::walk().unwrap();
    let path = folder.path().join("city.osm.pbf");
    for bytes in [
        &b""[..],
        b"not a map at all, only a sentence",
        &[0, 0, 0, 13, 10, 9, 79, 83],
    ] {
        std::fs::write(&path, bytes).unwrap();
        let refused = read_osm(&[&path], &rules, &go_on).unwrap_err().to_string();
        assert!(refused.starts_with("city.osm.pbf: "), "{refused}");
    }
    if let Some(whole) = data("porto-alegre/poa_osm.pbf") {
        let bytes = std::fs::read(whole).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let refused = read_osm(&[&path], &rules, &go_on).unwrap_err().to_string();
        assert!(refused.contains("not a whole"), "{refused}");
    }
}

fn data(file: &str) -> Option<PathBuf> {
    let home = std::env::var_os("SUITU_TEST_DATA").map(PathBuf::from);
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data");
    let path = home.unwrap_or_else(|| beside.into()).join(file);
    let found = path.exists();
    if !found {
        eprintln!("skipped: no test data at {}", path.display());
    }
    found.then_some(path)
}

fn porto_alegre() -> Option<(Graph, BuildReport)> {
    let file = data("porto-alegre/poa_osm.pbf")?;
    let lines = read_osm(&[file], &Rules::walk().unwrap(), &|| true).expect("a whole file");
    Some(lines.build().expect("streets"))
}

/// The same rule written down once more over plain maps, without any of the room's own parts but
/// the reader of the format.
#[test]
fn porto_alegre_is_walked_as_an_independent_search_walks_it() {
    let Some((graph, report)) = porto_alegre() else {
        return;
    };
    println!("{report:?}");
    let mut ways: Vec<Vec<i64>> = Vec::new();
    let mut at: HashMap<i64, Point<f64>> = HashMap::new();
    let file = data("porto-alegre/poa_osm.pbf").unwrap();
    let reader = osmpbf::ElementReader::from_path(file).unwrap();
    reader
        .for_each(|element| match element {
            osmpbf::Element::DenseNode(n) => drop(at.insert(n.id(), Point::new(n.lon(), n.lat()))),
            osmpbf::Element::Way(way) => {
                let tags: HashMap<&str, &str> = way.tags().collect();
                let tag = |key: &str| tags.get(key).copied().unwrap_or("");
                let classes = "primary secondary tertiary trunk primary_link secondary_link \
                    tertiary_link trunk_link unclassified residential living_street service \
                    pedestrian footway path steps track cycleway bridleway corridor platform road \
                    crossing";
                let is_class = classes
                    .split_whitespace()
                    .any(|class| class == tag("highway"));
                let yes = [
                    "yes",
                    "designated",
                    "permissive",
                    "destination",
                    "official",
                    "public",
                ];
                let no = ["no", "private", "use_sidepath"].contains(&tag("foot"))
                    || ["no", "private"].contains(&tag("access"))
                    || tag("area") == "yes";
                let has = tags.contains_key("highway");
                if has && (yes.contains(&tag("foot")) || (is_class && !no)) {
                    ways.push(way.refs().filter(|_| true).collect());
                }
            }
            _ => {}
        })
        .unwrap();
    let mut uses: HashMap<i64, u32> = HashMap::new();
    for way in &ways {
        way.iter().for_each(|n| *uses.entry(*n).or_default() += 1);
        *uses.entry(way[0]).or_default() += 1;
        *uses.entry(way[way.len() - 1]).or_default() += 1;
    }
    let mut streets: HashMap<i64, Vec<(i64, u64)>> = HashMap::new();
    for way in &ways {
        let (mut from, mut metres) = (way[0], 0.0);
        for pair in way.windows(2) {
            metres += distance_m(at[&pair[0]], at[&pair[1]]);
            if uses[&pair[1]] > 1 {
                let mm = (metres * 1000.0_f64).round() as u64;
                streets.entry(from).or_default().push((pair[1], mm));
                streets.entry(pair[1]).or_default().push((from, mm));
                (from, metres) = (pair[1], 0.0);
            }
        }
    }
    // Nodes of both by their place; where two nodes share one, neither is compared.
    let key = |p: Point<f64>| ((p.x() * 1e7).round() as i64, (p.y() * 1e7).round() as i64);
    let mut by_place: HashMap<(i64, i64), Vec<i64>> = HashMap::new();
    for node in streets.keys() {
        by_place.entry(key(at[node])).or_default().push(*node);
    }
    let mut compared = 0;
    let mut search = Search::default();
    for start in (0..graph.nodes() as u32).step_by(40) {
        search.run(&graph, [(start, 0)], 1_000_000);
        let [origin] = by_place[&key(graph.node(start))][..] else {
            continue;
        };
        let mut far: HashMap<i64, u64> = HashMap::new();
        let mut open = std::collections::BTreeSet::from([(0u64, origin)]);
        while let Some((mm, node)) = open.pop_first() {
            if far.get(&node).is_some_and(|known| *known <= mm) {
                continue;
            }
            far.insert(node, mm);
            for (next, step) in &streets[&node] {
                if mm + step <= 1_000_000 {
                    open.insert((mm + step, *next));
                }
            }
        }
        assert_eq!(search.settled().len(), far.len(), "from node {start}");
        let mut ours: Vec<u64> = search
            .settled()
            .iter()
            .map(|n| u64::from(search.mm(*n).unwrap()))
            .collect();
        let mut theirs: Vec<u64> = far.into_values().collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "from node {start}");
        compared += 1;
    }
    println!("{compared} searches compared");
    assert!(compared > 100);
}

#[test]
#[ignore = "a measurement: cargo test --release --lib network -- --ignored --nocapture"]
fn how_fast_streets_are() {
    let Some(file) = data("porto-alegre/poa_osm.pbf") else {
        return;
    };
    let start = Instant::now();
    let (graph, report) = porto_alegre().unwrap();
    println!("read and build: {:?}, {report:?}", start.elapsed());
    let bytes = graph_to_bytes(&graph);
    let start = Instant::now();
    let again = graph_from_bytes(&bytes).unwrap();
    println!("{} bytes, load: {:?}", bytes.len(), start.elapsed());
    assert_eq!(again.nodes(), graph.nodes());
    let start = Instant::now();
    let snapper = Snapper::new(&graph);
    println!("snapper: {:?}", start.elapsed());
    let grid = file.with_file_name("poa_hexgrid.csv");
    let mut reader = csv::Reader::from_path(grid).unwrap();
    let cells: Vec<(f64, f64, u64)> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let number = |at: usize| row[at].parse::<f64>().unwrap();
            (number(1), number(2), number(3) as u64)
        })
        .collect();
    let start = Instant::now();
    let snaps: Vec<_> = cells
        .iter()
        .map(|c| snapper.snap(&graph, c.0, c.1))
        .collect();
    println!("{} cells snapped: {:?}", cells.len(), start.elapsed());
    let start = Instant::now();
    let mut people = vec![0u64; graph.nodes()];
    let mut reach = Reach::default();
    for (cell, snap) in cells.iter().zip(&snaps) {
        let Some(snap) = snap else { continue };
        reach.run(&graph, &[*snap], 1_000_000);
        for node in reach.search.settled() {
            people[*node as usize] += cell.2;
        }
    }
    let sum: u64 = people.iter().sum();
    println!(
        "people within 1,000 m of {} nodes: {:?}, sum {sum}",
        people.len(),
        start.elapsed()
    );
    let center = snapper.snap(&graph, -51.2287, -30.0277).unwrap();
    for minutes in [15u32, 30, 60] {
        let start = Instant::now();
        reach.run(&graph, &[center], minutes * 75_000);
        let searched = start.elapsed();
        let shape = drawn(&graph, &reach, minutes * 75_000);
        let edges = reach.edges(&graph).count();
        println!(
            "{minutes} min: {edges} edges, search {searched:?}, with shape {:?}, {} parts, valid {}",
            start.elapsed(),
            shape.0.len(),
            shape.is_valid()
        );
    }
    let lattice = lattice(500);
    let start = Instant::now();
    let mut search = Search::default();
    let mut settled = 0;
    for node in 0..lattice.nodes() as u32 {
        search.run(&lattice, [(node, 0)], 1_000_000);
        settled += search.settled().len();
    }
    println!(
        "lattice of 250,000 nodes, 1,000 m each: {:?}, {settled} settled",
        start.elapsed()
    );
}

#[test]
fn shapes_of_a_real_city_are_valid_hold_what_is_reached_and_grow() {
    let Some((graph, _)) = porto_alegre() else {
        return;
    };
    let snapper = Snapper::new(&graph);
    let mut reach = Reach::default();
    for (lon, lat) in [(-51.2287, -30.0277), (-51.17, -30.06), (-51.14, -30.02)] {
        let Some(from) = snapper.snap(&graph, lon, lat) else {
            continue;
        };
        reach.run(&graph, &[from], 4_500_000);
        let mut smaller: Option<geo::MultiPolygon<f64>> = None;
        for limit in [375_000, 1_125_000, 2_250_000, 4_500_000] {
            let shape = drawn(&graph, &reach, limit);
            assert!(shape.is_valid(), "{lon}, {lat}: {limit}");
            for node in (0..graph.nodes() as u32).step_by(7) {
                if reach.search.mm(node).is_some_and(|mm| mm <= limit) {
                    assert!(shape.contains(&graph.node(node)), "{limit}: node {node}");
                }
            }
            if let Some(smaller) = smaller {
                use geo::{Area, BooleanOps};
                assert!(smaller.difference(&shape).unsigned_area() < 1e-9, "{limit}");
            }
            smaller = Some(shape);
        }
    }
}
