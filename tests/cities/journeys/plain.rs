//! A slow second opinion on journeys: its own reading of feeds and streets, a shortest path from
//! every place on foot, and a scan of all connections of a day.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap},
    fs::File,
    io::Read,
    path::Path,
};

use osmpbf::{Element, ElementReader};

pub type Place = (f64, f64);

/// Great-circle millimetres.
fn straight_mm(a: Place, b: Place) -> f64 {
    let [lon1, lat1, lon2, lat2] = [a.0, a.1, b.0, b.1].map(f64::to_radians);
    let (dlat, dlon) = ((lat2 - lat1) / 2.0, (lon2 - lon1) / 2.0);
    let h = dlat.sin().powi(2) + lat1.cos() * lat2.cos() * dlon.sin().powi(2);
    2.0 * 6_371_008_800.0 * h.sqrt().asin()
}

// ---- streets ----

struct Edge {
    ends: [usize; 2],
    mm: f64,
    line: Vec<Place>,
}

pub struct Streets {
    edges: Vec<Edge>,
    around: Vec<Vec<usize>>,
    /// Straight parts of edges by square of the map: edge and position in its line.
    squares: HashMap<(i64, i64), Vec<(usize, usize)>>,
}

/// Where a place meets the streets: edge, millimetres along it, millimetres to it.
#[derive(Clone, Copy)]
pub struct Joint {
    edge: usize,
    along: f64,
    leg: f64,
}

/// A little more than 500 m.
const SQUARE: f64 = 0.006;

fn square(place: Place) -> (i64, i64) {
    (
        (place.0 / SQUARE).floor() as i64,
        (place.1 / SQUARE).floor() as i64,
    )
}

const WALKED: &[&str] = &[
    "primary",
    "secondary",
    "tertiary",
    "trunk",
    "primary_link",
    "secondary_link",
    "tertiary_link",
    "trunk_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "pedestrian",
    "footway",
    "path",
    "steps",
    "track",
    "cycleway",
    "bridleway",
    "corridor",
    "platform",
    "road",
    "crossing",
];

fn is_walked(tags: &HashMap<&str, &str>) -> bool {
    let has = |key: &str, values: &[&str]| tags.get(key).is_some_and(|v| values.contains(v));
    let Some(highway) = tags.get("highway") else {
        return false;
    };
    let foot = [
        "yes",
        "designated",
        "permissive",
        "destination",
        "official",
        "public",
    ];
    let is_closed = has("area", &["yes"])
        || has("access", &["no", "private"])
        || has("foot", &["no", "private", "use_sidepath"]);
    has("foot", &foot) || (WALKED.contains(highway) && !is_closed)
}

impl Streets {
    pub fn read(pbf: &Path) -> Self {
        let (mut ways, mut places) = (Vec::<Vec<i64>>::new(), HashMap::<i64, Place>::new());
        let reader = ElementReader::new(File::open(pbf).expect("the streets"));
        let read = reader.for_each(|element| match element {
            Element::Way(way) if is_walked(&way.tags().collect()) => {
                ways.push(way.refs().collect())
            }
            Element::DenseNode(node) => {
                places.insert(node.id(), (node.lon(), node.lat()));
            }
            Element::Node(node) => {
                places.insert(node.id(), (node.lon(), node.lat()));
            }
            _ => {}
        });
        read.expect("whole streets");
        let mut parts: Vec<Vec<i64>> = Vec::new();
        for way in ways {
            let known = way.split(|node| !places.contains_key(node));
            parts.extend(known.filter(|part| part.len() > 1).map(<[i64]>::to_vec));
        }
        let mut uses: HashMap<i64, u32> = HashMap::new();
        for part in &parts {
            part.iter()
                .for_each(|node| *uses.entry(*node).or_default() += 1);
            *uses.entry(part[0]).or_default() += 1;
            *uses.entry(part[part.len() - 1]).or_default() += 1;
        }
        let mut pieces: Vec<(i64, i64, Vec<Place>)> = Vec::new();
        for part in &parts {
            let mut line = vec![places[&part[0]]];
            let mut first = part[0];
            for node in &part[1..] {
                line.push(places[node]);
                if uses[node] > 1 {
                    pieces.push((
                        first,
                        *node,
                        std::mem::replace(&mut line, vec![places[node]]),
                    ));
                    first = *node;
                }
            }
        }
        let island = largest_island(&pieces);
        let mut numbers: HashMap<i64, usize> = HashMap::new();
        let mut edges = Vec::new();
        for (from, to, line) in pieces.into_iter().filter(|piece| island.contains(&piece.0)) {
            let ends = [from, to].map(|node| {
                let next = numbers.len();
                *numbers.entry(node).or_insert(next)
            });
            let mm: f64 = line
                .windows(2)
                .map(|pair| straight_mm(pair[0], pair[1]))
                .sum();
            let mm = mm.round();
            edges.push(Edge { ends, mm, line });
        }
        let mut around = vec![Vec::new(); numbers.len()];
        let mut squares: HashMap<(i64, i64), Vec<(usize, usize)>> = HashMap::new();
        for (number, edge) in edges.iter().enumerate() {
            edge.ends.iter().for_each(|&end| around[end].push(number));
            for (at, pair) in edge.line.windows(2).enumerate() {
                let [a, b] = [square(pair[0]), square(pair[1])];
                for x in a.0.min(b.0)..=a.0.max(b.0) {
                    for y in a.1.min(b.1)..=a.1.max(b.1) {
                        squares.entry((x, y)).or_default().push((number, at));
                    }
                }
            }
        }
        Streets {
            edges,
            around,
            squares,
        }
    }

    pub fn join(&self, place: Place) -> Option<Joint> {
        let (x, y) = square(place);
        let mut best: Option<Joint> = None;
        for near in (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y))) {
            for &(number, at) in self.squares.get(&near).into_iter().flatten() {
                let edge = &self.edges[number];
                let [a, b] = [edge.line[at], edge.line[at + 1]];
                // A plane around the place is exact to less than a millimetre within 500 m.
                let scale = place.1.to_radians().cos();
                let flat = |p: Place| ((p.0 - place.0) * scale, p.1 - place.1);
                let ((ax, ay), (bx, by)) = (flat(a), flat(b));
                let (dx, dy) = (bx - ax, by - ay);
                let length = dx * dx + dy * dy;
                let t = match length > 0.0 {
                    true => (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0),
                    false => 0.0,
                };
                let leg = straight_mm(place, (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
                if leg <= 500_000.0 && best.is_none_or(|best| leg < best.leg) {
                    let parts = edge
                        .line
                        .windows(2)
                        .map(|pair| straight_mm(pair[0], pair[1]));
                    let before: f64 = parts.take(at).sum();
                    let along = before + t * straight_mm(a, b);
                    best = Some(Joint {
                        edge: number,
                        along,
                        leg,
                    });
                }
            }
        }
        best
    }

    /// Millimetres from a joint to others, up to a limit.
    pub fn walks(&self, from: Joint, to: &[Option<Joint>], limit: f64) -> Vec<Option<f64>> {
        let mut mm = vec![f64::INFINITY; self.around.len()];
        let mut open = BinaryHeap::new();
        let edge = &self.edges[from.edge];
        for (end, cost) in [
            (edge.ends[0], from.leg + from.along),
            (edge.ends[1], from.leg + edge.mm - from.along),
        ] {
            if cost <= limit && cost < mm[end] {
                mm[end] = cost;
                open.push(Reverse(((cost * 1024.0) as u64, end)));
            }
        }
        while let Some(Reverse((key, node))) = open.pop() {
            if key > (mm[node] * 1024.0) as u64 {
                continue;
            }
            for &number in &self.around[node] {
                let edge = &self.edges[number];
                for (here, there) in [(0, 1), (1, 0)] {
                    let cost = mm[node] + edge.mm;
                    let there = edge.ends[there];
                    if edge.ends[here] == node && cost <= limit && cost < mm[there] {
                        mm[there] = cost;
                        open.push(Reverse(((cost * 1024.0) as u64, there)));
                    }
                }
            }
        }
        let to_joint = |to: &Option<Joint>| {
            let to = to.as_ref()?;
            let edge = &self.edges[to.edge];
            let mut best = (mm[edge.ends[0]] + to.along).min(mm[edge.ends[1]] + edge.mm - to.along);
            if to.edge == from.edge {
                best = best.min(from.leg + (from.along - to.along).abs());
            }
            Some(best + to.leg).filter(|best| *best <= limit)
        };
        to.iter().map(to_joint).collect()
    }
}

/// The nodes of the connected part with most of them.
fn largest_island(pieces: &[(i64, i64, Vec<Place>)]) -> BTreeSet<i64> {
    let mut next: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (a, b, _) in pieces {
        next.entry(*a).or_default().push(*b);
        next.entry(*b).or_default().push(*a);
    }
    let (mut seen, mut largest) = (BTreeSet::new(), BTreeSet::new());
    for first in next.keys() {
        if !seen.insert(*first) {
            continue;
        }
        let (mut island, mut open) = (BTreeSet::from([*first]), vec![*first]);
        while let Some(node) = open.pop() {
            for other in &next[&node] {
                if seen.insert(*other) {
                    island.insert(*other);
                    open.push(*other);
                }
            }
        }
        if island.len() > largest.len() {
            largest = island;
        }
    }
    largest
}

// ---- timetable ----

#[derive(Clone, Debug)]
pub struct Stop {
    pub id: String,
    pub place: Place,
}

/// Stop, arrival, departure.
type Call = (usize, i64, i64);

#[derive(Default)]
pub struct Timetable {
    pub stops: Vec<Stop>,
    pub trips: Vec<Vec<Call>>,
}

type Rows = Vec<HashMap<String, String>>;

fn rows(feed: &Path, file: &str) -> Rows {
    let archive = File::open(feed).expect("a feed");
    let mut archive = zip::ZipArchive::new(archive).expect("a zip");
    let Ok(mut member) = archive.by_name(file) else {
        return Rows::new();
    };
    let mut text = String::new();
    member.read_to_string(&mut text).expect("UTF-8");
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader
        .deserialize()
        .map(|row| row.expect("a row"))
        .collect()
}

fn clock(text: &str) -> Option<i64> {
    let parts: Vec<i64> = text
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    (parts.len() == 3).then(|| parts[0] * 3600 + parts[1] * 60 + parts[2])
}

impl Timetable {
    /// The trips of a date (`20190513`, a `weekday` as calendar.txt names it).
    pub fn read(feeds: &[&Path], date: &str, weekday: &str) -> Self {
        let mut timetable = Timetable::default();
        for (number, feed) in feeds.iter().enumerate() {
            timetable.add(number, feed, date, weekday);
        }
        timetable
    }

    fn add(&mut self, feed_number: usize, feed: &Path, date: &str, weekday: &str) {
        let mut services = BTreeSet::new();
        for row in rows(feed, "calendar.txt") {
            let is_within = *row["start_date"] <= *date && *date <= *row["end_date"];
            if is_within && row[weekday] == "1" {
                services.insert(row["service_id"].clone());
            }
        }
        for row in rows(feed, "calendar_dates.txt")
            .iter()
            .filter(|row| row["date"] == date)
        {
            match &*row["exception_type"] {
                "1" => services.insert(row["service_id"].clone()),
                _ => services.remove(&row["service_id"]),
            };
        }
        let mut stops: HashMap<String, usize> = HashMap::new();
        for row in rows(feed, "stops.txt") {
            let degrees = |key: &str| row[key].parse::<f64>().expect("degrees");
            stops.insert(row["stop_id"].clone(), self.stops.len());
            self.stops.push(Stop {
                id: format!("{feed_number}:{}", row["stop_id"]),
                place: (degrees("stop_lon"), degrees("stop_lat")),
            });
        }
        let run: BTreeSet<String> = rows(feed, "trips.txt")
            .iter()
            .filter(|row| services.contains(&row["service_id"]))
            .map(|row| row["trip_id"].clone())
            .collect();
        type Timed = (i64, usize, Option<i64>, Option<i64>);
        let mut trips: BTreeMap<String, Vec<Timed>> = BTreeMap::new();
        for row in rows(feed, "stop_times.txt")
            .iter()
            .filter(|row| run.contains(&row["trip_id"]))
        {
            let order = row["stop_sequence"].parse().expect("a number");
            let (arrival, departure) = (clock(&row["arrival_time"]), clock(&row["departure_time"]));
            let call = (
                order,
                stops[&row["stop_id"]],
                arrival.or(departure),
                departure.or(arrival),
            );
            trips.entry(row["trip_id"].clone()).or_default().push(call);
        }
        for (_, mut calls) in trips {
            calls.sort_by_key(|call| call.0);
            let filled = self.fill(&calls);
            self.trips.push(filled);
        }
    }

    /// Blank times in proportion to the straight distance between timed stops.
    fn fill(&self, calls: &[(i64, usize, Option<i64>, Option<i64>)]) -> Vec<Call> {
        let timed: Vec<usize> = (0..calls.len())
            .filter(|&at| calls[at].2.is_some())
            .collect();
        let step = |at: usize| {
            straight_mm(
                self.stops[calls[at].1].place,
                self.stops[calls[at + 1].1].place,
            )
        };
        let mut filled = Vec::new();
        for (at, &(_, stop, arrival, departure)) in calls.iter().enumerate() {
            if let (Some(arrival), Some(departure)) = (arrival, departure) {
                filled.push((stop, arrival, departure));
                continue;
            }
            let after = timed.partition_point(|timed| *timed < at);
            let (before, after) = (timed[after - 1], timed[after]);
            let (left, arrives) = (calls[before].3.unwrap(), calls[after].2.unwrap());
            let whole: f64 = (before..after).map(step).sum();
            let part: f64 = (before..at).map(step).sum();
            let share = match whole > 0.0 {
                true => part / whole,
                false => (at - before) as f64 / (after - before) as f64,
            };
            let time = (left as f64 + share * (arrives - left) as f64 + 0.5).floor() as i64;
            filled.push((stop, time, time));
        }
        filled
    }
}

pub const NEVER: i64 = i64::MAX / 4;

/// A walk to a stop in seconds.
pub type Leg = (usize, i64);

impl Timetable {
    /// When a vehicle is left at each stop, setting out at `start`: all connections are looked at
    /// again and again until nothing improves.
    pub fn ride(&self, access: &[Leg], changes: &[Vec<Leg>], start: i64) -> Vec<i64> {
        let mut ready = vec![NEVER; self.stops.len()];
        let mut ridden = vec![NEVER; self.stops.len()];
        for &(stop, seconds) in access {
            ready[stop] = ready[stop].min(start + seconds);
        }
        let mut connections: Vec<(i64, usize, usize)> = Vec::new();
        for (trip, calls) in self.trips.iter().enumerate() {
            connections.extend((1..calls.len()).map(|at| (calls[at - 1].2, trip, at)));
        }
        connections.retain(|connection| connection.0 >= start);
        connections.sort_unstable();
        let mut boarded = vec![usize::MAX; self.trips.len()];
        loop {
            let mut is_better = false;
            for &(departure, trip, at) in &connections {
                let ((from, ..), (to, arrival, _)) =
                    (self.trips[trip][at - 1], self.trips[trip][at]);
                if boarded[trip] >= at && ready[from] > departure {
                    continue;
                }
                boarded[trip] = boarded[trip].min(at - 1);
                if arrival >= ridden[to] {
                    continue;
                }
                (ridden[to], is_better) = (arrival, true);
                ready[to] = ready[to].min(arrival);
                for &(other, seconds) in &changes[to] {
                    ready[other] = ready[other].min(arrival + seconds);
                }
            }
            if !is_better {
                return ridden;
            }
        }
    }
}
