use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use geo::{Contains, Point, Validation};
use proptest::prelude::*;

use super::*;
use crate::domain::{Title, measure::distance_m};

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

fn drawn(graph: &Graph, reach: &Reach, limit: u32) -> geo::MultiPolygon<f64> {
    let mut shape = ReachedShape::new(graph.node(0).y(), 30.0);
    shape.add(graph, reach, limit);
    shape.polygons()
}

/// What it costs from a place to every node by going over all edges until nothing changes.
fn relaxed(graph: &Graph, from: Snap) -> Vec<u64> {
    let mut costs = vec![FAR; graph.nodes()];
    let start = graph.edge(from.edge);
    let [there, back] = graph.costs(from.edge, Sense::From);
    let leg = u64::from(graph.leg_cost(from.leg_mm));
    for (node, cost) in [
        (start.from, share(back, from.at_mm, start.mm)),
        (start.to, between(there, from.at_mm, start.mm, start.mm)),
    ] {
        let at = &mut costs[node as usize];
        *at = (*at).min(leg + cost);
    }
    loop {
        let mut changed = false;
        for (number, edge) in graph.edges().iter().enumerate() {
            let [there, back] = graph.costs(number as u32, Sense::From);
            for (a, b, cost) in [(edge.from, edge.to, there), (edge.to, edge.from, back)] {
                let over = costs[a as usize] + if cost == CLOSED { FAR } else { u64::from(cost) };
                if over < costs[b as usize] {
                    costs[b as usize] = over;
                    changed = true;
                }
            }
        }
        if !changed {
            return costs;
        }
    }
}

/// More than any cost, and twice it still a number.
const FAR: u64 = u64::MAX / 4;

/// The cost of the first `at_mm` of an edge, rounded half up; far where it is closed.
fn share(cost: u32, at_mm: u32, mm: u32) -> u64 {
    match (cost, mm) {
        (CLOSED, _) => FAR,
        (_, 0) => 0,
        _ => (f64::from(cost) * f64::from(at_mm) / f64::from(mm)).round() as u64,
    }
}

fn between(cost: u32, low_mm: u32, high_mm: u32, mm: u32) -> u64 {
    match cost {
        CLOSED => FAR,
        _ => share(cost, high_mm, mm) - share(cost, low_mm, mm),
    }
}

/// What it costs from one place to another, given the costs to all nodes.
fn plainly(graph: &Graph, nodes: &[u64], from: Snap, to: Snap) -> u64 {
    let edge = graph.edge(to.edge);
    let [there, back] = graph.costs(to.edge, Sense::From);
    let mut best = (nodes[edge.from as usize] + share(there, to.at_mm, edge.mm))
        .min(nodes[edge.to as usize] + between(back, to.at_mm, edge.mm, edge.mm));
    if to.edge == from.edge {
        let along = match from.at_mm <= to.at_mm {
            true => between(there, from.at_mm, to.at_mm, edge.mm),
            false => between(back, to.at_mm, from.at_mm, edge.mm),
        };
        let leg = u64::from(graph.leg_cost(from.leg_mm));
        best = best.min(leg + if from.at_mm == to.at_mm { 0 } else { along });
    }
    best + u64::from(graph.leg_cost(to.leg_mm))
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
            ..Lines::default()
        }
    })
}

/// Streets of which some are one-way; by length, or by time with legs on foot.
fn random_traffic() -> impl Strategy<Value = Lines> {
    let ways = proptest::collection::vec((0u8..6, 5u32..90), 30);
    (random_lines(), ways, any::<bool>()).prop_map(|(mut lines, ways, is_timed)| {
        let passage = |(way, km_h): &(u8, u32)| Passage {
            there: ![0, 1].contains(way),
            back: ![0, 2].contains(way),
            cost_per_mm: if is_timed {
                3.6 / f64::from(*km_h)
            } else {
                1.0
            },
        };
        lines.passages = ways.iter().take(lines.lines.len()).map(passage).collect();
        lines.leg_cost_per_m = if is_timed { 800 } else { 1000 };
        lines
    })
}

/// Holds a search in one sense from each place to all others against the plain one.
fn holds(graph: &Graph, places: &[(f64, f64)], limit: u32, sense: Sense) {
    let snapper = Snapper::new(graph);
    let snap = |(lon, lat): &(f64, f64)| snapper.snap(graph, *lon, *lat);
    let snaps: Vec<Option<Snap>> = places.iter().map(snap).collect();
    let joined = Places::new(graph, &snaps);
    let nodes: Vec<Vec<u64>> = snaps
        .iter()
        .map(|snap| snap.map_or(Vec::new(), |snap| relaxed(graph, snap)))
        .collect();
    let mut reach = Reach::default();
    for (at, start) in snaps.iter().enumerate() {
        let Some(start) = start else { continue };
        reach.search(graph, &[*start], limit, sense);
        let mut found = HashMap::new();
        reach.for_each(graph, &joined, |number, cost| {
            assert!(found.insert(number, cost).is_none(), "each place once");
        });
        for (number, other) in snaps.iter().enumerate() {
            let wanted = other.and_then(|other| {
                let cost = match sense {
                    Sense::From => plainly(graph, &nodes[at], *start, other),
                    Sense::To => plainly(graph, &nodes[number], other, *start),
                };
                (cost <= u64::from(limit)).then_some(cost as u32)
            });
            assert_eq!(found.get(&(number as u32)).copied(), wanted, "{sense:?}");
        }
        let mut edges: Vec<u32> = reach.edges(graph).collect();
        let count = edges.len();
        edges.sort_unstable();
        edges.dedup();
        assert_eq!(edges.len(), count, "each edge once");
    }
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
        holds(&graph, &places, limit, Sense::From);
    }

    #[test]
    fn one_ways_are_kept_from_a_place_and_to_it(
        lines in random_traffic(),
        places in proptest::collection::vec((0.0f64..0.006, 0.0f64..0.006), 2..12),
        limit in 1u32..900_000,
    ) {
        let Ok((graph, _)) = lines.build() else { return Ok(()) };
        holds(&graph, &places, limit, Sense::From);
        holds(&graph, &places, limit, Sense::To);
        // From every node one gets to every other.
        for node in 0..graph.nodes() as u32 {
            let mut search = Search::default();
            search.run(&graph, [(node, 0)], u32::MAX - 1);
            prop_assert_eq!(search.settled().len(), graph.nodes());
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
    fn bytes_come_back_as_the_same_network(lines in random_traffic()) {
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
        junctions: Junctions::default(),
        points: vec![
            [0, 0],
            [10_000, 0],
            [20_000, 0],
            [10_000, 10_000],
            [900_000, 0],
            [910_000, 0],
        ],
        lines: vec![vec![0, 1, 2], vec![1, 3], vec![4, 5]],
        ..Lines::default()
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

/// A square of streets of 1,000 m, nodes numbered around from the corner in the south-west: the
/// southern side may be gone along eastward only.
fn square(southern: Passage) -> Graph {
    // 0.001 degrees of latitude are 111.195 m; close to the equator longitude is alike.
    let side = 89_932;
    let mut lines = Lines {
        points: vec![[0, 0], [side, 0], [side, side], [0, side]],
        lines: vec![vec![0, 1], vec![1, 2], vec![2, 3], vec![3, 0]],
        passages: vec![Passage::PLAIN; 4],
        ..Lines::default()
    };
    lines.passages[0] = southern;
    lines.build().expect("a network").0
}

#[test]
fn nobody_goes_against_a_one_way() {
    let eastward = Passage {
        back: false,
        ..Passage::PLAIN
    };
    let graph = square(eastward);
    let snapper = Snapper::new(&graph);
    let at = |x: f64| {
        snapper
            .snap(&graph, x * 0.0089932, 0.0)
            .expect("on the street")
    };
    let (west, east) = (at(0.25), at(0.75));
    let cost = |from: Snap, to: Snap, sense: Sense| {
        let mut reach = Reach::default();
        reach.search(&graph, &[from], 4_000_000, sense);
        let metres = f64::from(reach.cost(&graph, to)?) / 1000.0;
        Some((metres / 10.0).round() * 10.0)
    };
    // Half the side with the traffic; else on to the corner, round three sides and in again.
    assert_eq!(cost(west, east, Sense::From), Some(500.0));
    assert_eq!(cost(east, west, Sense::From), Some(3_500.0));
    assert_eq!(cost(west, east, Sense::To), Some(3_500.0));
    assert_eq!(cost(east, west, Sense::To), Some(500.0));
    // Where it is closed at both ends but one, the drawing stops at the start.
    let mut reach = Reach::default();
    reach.run(&graph, &[east], 200_000);
    let shape = drawn(&graph, &reach, 200_000);
    assert!(shape.contains(&Point::new(0.85 * 0.0089932, 0.0)));
    assert!(!shape.contains(&Point::new(0.65 * 0.0089932, 0.0)));
}

#[test]
fn a_car_is_walked_to_and_takes_time() {
    // 36 km/h: 100 ms for a metre.
    let road = Passage {
        cost_per_mm: 0.1,
        ..Passage::PLAIN
    };
    let lines = Lines {
        points: vec![[0, 0], [89_932, 0]],
        lines: vec![vec![0, 1]],
        passages: vec![road],
        leg_cost_per_m: 800,
        ..Lines::default()
    };
    let (graph, _) = lines.build().expect("a network");
    let snapper = Snapper::new(&graph);
    // 100 m north of the western end, 50 m south of the eastern.
    let from = snapper.snap(&graph, 0.0, 0.000_899_32).expect("near");
    let to = snapper
        .snap(&graph, 0.008_993_2, -0.000_449_66)
        .expect("near");
    let mut reach = Reach::default();
    reach.run(&graph, &[from], 300_000);
    let seconds = f64::from(reach.cost(&graph, to).expect("within reach")) / 1000.0;
    // 80 s on foot, 100 s by car, 40 s on foot.
    assert!((seconds - 220.0).abs() < 0.1, "{seconds}");
}

#[test]
fn what_one_cannot_leave_is_an_island() {
    // A ring, and a one-way into it from a far end that cannot be reached.
    let one_way = Passage {
        back: false,
        ..Passage::PLAIN
    };
    let lines = Lines {
        points: vec![[0, 0], [10_000, 0], [10_000, 10_000], [0, 90_000]],
        lines: vec![vec![0, 1, 2, 0], vec![3, 0]],
        passages: vec![one_way, one_way],
        ..Lines::default()
    };
    let (graph, report) = lines.build().expect("a network");
    assert_eq!((graph.nodes(), graph.edges().len()), (1, 1));
    assert_eq!((report.islands, report.island_nodes), (1, 1));
    let dead_end = Lines {
        lines: vec![vec![0, 1]],
        passages: vec![one_way],
        ..lines
    };
    assert!(matches!(dead_end.build(), Err(NetworkError::NoStreets)));
}

#[test]
fn lines_of_ones_own_meet_at_shared_corners() {
    let line = |corners: &[(f64, f64)]| geo::Geometry::LineString(corners.to_vec().into());
    // The second begins at an inner corner of the first, to less than a ten-millionth.
    let first = line(&[(113.0, 23.0), (113.01, 23.0), (113.02, 23.0)]);
    let second = line(&[(113.01 + 2e-8, 23.0 - 2e-8), (113.01, 23.01)]);
    let path = line(&[(113.02, 23.0), (113.03, 23.0)]);
    let primary = vec![("highway", "primary"), ("oneway", "-1")];
    let streets = [
        (&first, vec![("highway", "residential")]),
        (&second, primary),
        (&path, vec![("highway", "footway")]),
    ];
    let all = Rules::all().unwrap();
    let built = |rules: &Rules| read_lines(streets.clone(), rules).build().unwrap();
    let (walk, report) = built(&all[0]);
    assert_eq!(
        (walk.nodes(), walk.edges().len(), report.islands),
        (5, 4, 0)
    );
    // By car there is no way back from the one-way's far end.
    let (car, report) = built(&all[2]);
    assert_eq!((car.nodes(), car.edges().len()), (3, 2));
    assert_eq!((report.lines, report.islands), (2, 1));
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
            if reach.search.cost(node).is_some_and(|mm| mm <= limit) {
                assert!(shape.contains(&graph.node(node)), "{limit}");
            }
        }
    }
}

#[test]
fn a_file_that_is_cut_short_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let go_on = || true;
    let rules = [Rules::walk().unwrap()];
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

/// Where the parts of a file of OpenStreetMap begin, and its end.
fn borders(file: &Path) -> Vec<usize> {
    let blobs = osmpbf::BlobReader::seekable_from_path(file).expect("a file");
    let offsets = blobs.map(|blob| blob.expect("a part").offset().expect("an offset").0 as usize);
    let mut borders: Vec<usize> = offsets.collect();
    borders.push(std::fs::metadata(file).expect("a file").len() as usize);
    borders
}

#[test]
fn a_file_that_is_cut_between_two_parts_is_refused_or_has_every_street() {
    let files = [
        "porto-alegre/poa_osm.pbf",
        "porto-portugal/porto_portugal.osm.pbf",
    ];
    let folder = tempfile::tempdir().unwrap();
    let rules = [Rules::walk().unwrap()];
    for whole in files.into_iter().filter_map(data) {
        let path = folder.path().join("city.osm.pbf");
        let bytes = std::fs::read(&whole).unwrap();
        let read = read_osm(&[&whole], &rules, &|| true).expect("a whole file");
        assert_eq!(read.doubts, []);
        let streets = read.lines[0].lines.len();
        let mut refused = 0;
        let borders = borders(&whole);
        // The header alone, the nodes, and those with a part of the ways.
        let cuts = borders[1..borders.len() - 1].iter().rev().take(9);
        for cut in cuts {
            std::fs::write(&path, &bytes[..*cut]).unwrap();
            match read_osm(&[&path], &rules, &|| true) {
                Err(error) => {
                    refused += 1;
                    let Title { zh, en } = error.told();
                    assert!(en.starts_with("city.osm.pbf: "), "{en}");
                    assert!(
                        zh.starts_with("city.osm.pbf：") && zh.contains("重新下载"),
                        "{zh}"
                    );
                }
                // Relations alone are gone, and no street is made of them.
                Ok(read) => assert_eq!(read.lines[0].lines.len(), streets, "cut at {cut}"),
            }
        }
        assert!(refused >= 2, "{refused}");
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
    let read = read_osm(&[file], &[Rules::walk().unwrap()], &|| true).expect("a whole file");
    assert_eq!(read.doubts, []);
    Some(read.lines[0].build().expect("streets"))
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
            .map(|n| u64::from(search.cost(*n).unwrap()))
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
                if reach.search.cost(node).is_some_and(|mm| mm <= limit) {
                    assert!(shape.contains(&graph.node(node)), "{limit}: node {node}");
                }
            }
            if let Some(smaller) = smaller {
                use geo::{Area, BooleanOps};
                // But for corners that are left out here and not there.
                let beyond = smaller.difference(&shape).unsigned_area();
                assert!(beyond < 1e-3 * shape.unsigned_area(), "{limit}: {beyond}");
            }
            smaller = Some(shape);
        }
    }
}
