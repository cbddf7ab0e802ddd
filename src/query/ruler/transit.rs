use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use geo::MultiPolygon;

use super::{
    super::{HoursOfService, timetable::refused as refused_date},
    Direction, Input, Limits, QueryError, Start, Travel, circle,
    streets::{STREET_WIDTH_M, walk_speed_km_h},
    targets::{Targets, straight_mm},
    walks::Walks,
};
use crate::{
    city::{City, Day, LoadedLayer, Pace, Streets, Transit, Way},
    domain::Title,
    index::FeatureRef,
    network::{Graph, Places, Reach, ReachedShape, Snap},
    transit::{
        Egress, FeedDoubt, Journeys, Leg, ServiceDate, Times, Timetable, TransitError, clock,
        raptor::Window,
    },
};

/// The longest walk to a first stop and from a last one where none is asked for, metres.
const USUAL_WALK_M: f64 = 1500.0;

/// The longest walk that can be asked for, metres.
const MAX_WALK_M: f64 = 10_000.0;

/// The longest departure window.
const MAX_DEPARTURES: u32 = 24 * 60;

/// Measures door to door by timetable, in seconds: on foot to a stop, by vehicles with walks
/// between them, on foot from a stop; or all the way on foot where that is sooner.
pub(super) struct ByTransit<'c> {
    pub(super) transit: &'c Arc<Transit>,
    date: ServiceDate,
    day: Arc<Day>,
    /// Of the day or, looking backwards, of its mirror image.
    from_s: i32,
    departures: u32,
    percentile: u32,
    pub(super) pace: Pace,
    is_backward: bool,
    /// The field that asked for the time.
    field: &'static str,
    /// When the first vehicle leaves after one may set out, in the sense of the search.
    next_departure_s: Option<i32>,
    /// As [`Used`], of all searches.
    is_measured: AtomicBool,
    is_ridden: AtomicBool,
    /// The longest time that was looked for, seconds.
    longest_s: AtomicU32,
}

/// Whether any place was measured, and any that a vehicle gets to sooner than one walks.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    is_measured: bool,
    is_ridden: bool,
}

/// What a search by timetable keeps to be used again.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    reach: Reach,
    journeys: Journeys,
    /// Seconds on foot all the way, by place.
    on_foot: Vec<u32>,
    /// What was ridden last, with the stops it set out to: the layers of one question share it.
    ridden: Option<(Start, u32, Vec<Leg>)>,
    spread: Option<Spread>,
}

/// How long it takes to get everywhere on the streets from the nearest of some starts.
#[derive(Debug)]
struct Spread {
    starts: Vec<Start>,
    longest_s: u32,
    /// Seconds to each node.
    nodes: Vec<u32>,
    /// The starts and the stops between nodes, with the seconds to them.
    places: Vec<(Snap, u32)>,
}

const NOT_ON_FOOT: u32 = u32::MAX;

impl<'c> ByTransit<'c> {
    pub fn new(city: &'c City, travel: &Travel) -> Result<Self, QueryError> {
        let none = || QueryError::field("mode", "this city has no timetable; import one (transit)");
        let transit = city.transit().ok_or_else(none)?;
        let max_walk_m = travel.max_walk_m.unwrap_or(USUAL_WALK_M);
        if !(0.0..=MAX_WALK_M).contains(&max_walk_m) {
            let problem = format!("a walk to a stop is 0 to {MAX_WALK_M:.0} m");
            return Err(QueryError::field("max_walk_m", problem));
        }
        let pace = Pace::new(walk_speed_km_h(travel)?, max_walk_m);
        let asked = Asked::of(travel)?;
        let refused = |error: TransitError| refused_date(asked.field, error);
        let date: ServiceDate = asked.date.parse().map_err(refused)?;
        let day = transit.day(date, pace).map_err(refused)?;
        let timetable = match asked.is_backward {
            true => day.backward(),
            false => &day.forward,
        };
        Ok(ByTransit {
            transit,
            date,
            next_departure_s: timetable.next_departure_s(asked.from_s),
            day,
            field: asked.field,
            is_measured: AtomicBool::new(false),
            is_ridden: AtomicBool::new(false),
            longest_s: AtomicU32::new(0),
            from_s: asked.from_s,
            departures: asked.departures,
            percentile: asked.percentile,
            pace,
            is_backward: asked.is_backward,
        })
    }

    /// Whether a start is a stop or near a street: from anywhere else nobody sets out.
    pub fn is_near(&self, start: &Start) -> bool {
        !start.stops.is_empty() || self.transit.streets().is_none() || !self.snaps(start).is_empty()
    }

    pub fn within(
        &self,
        buffers: &mut Buffers,
        loaded: &LoadedLayer,
        start: &Start,
        seconds: f64,
        limits: &Limits,
        visit: &mut impl FnMut(FeatureRef, f64),
    ) -> Result<(), QueryError> {
        let longest_s = seconds as u32;
        self.ride(buffers, start, longest_s, limits)?;
        buffers.forget_walks(loaded.index.features() as usize);
        match self.transit.streets() {
            _ if self.pace.max_walk_mm == 0 => {}
            Some(streets) => {
                let places = streets.places(loaded);
                buffers.walk_all_the_way(&streets.graph, &places, None, self.pace);
            }
            None => {
                let radius_m = f64::from(self.pace.mm(longest_s)) / 1000.0;
                let numbering = loaded.index.numbering();
                for (lon, lat) in &start.points {
                    loaded.index.within(*lon, *lat, radius_m, |near| {
                        let mm = (near.distance_m * 1000.0).round() as u32;
                        let seconds = self.pace.seconds(mm);
                        sooner(
                            &mut buffers.on_foot,
                            numbering.number(near.feature),
                            seconds,
                        );
                    });
                }
            }
        }
        self.visit(buffers, loaded, visit);
        Ok(())
    }

    /// As [`ByTransit::within`] from the start of a number, whose walks are known.
    #[expect(
        clippy::too_many_arguments,
        reason = "those of `within` and the start's"
    )]
    pub fn within_known(
        &self,
        buffers: &mut Buffers,
        walks: &Walks,
        start: usize,
        to: &LoadedLayer,
        seconds: f64,
        limits: &Limits,
        visit: &mut impl FnMut(FeatureRef, f64),
    ) -> Result<(), QueryError> {
        buffers.ridden = None;
        self.set_out(buffers, &walks.legs(start), seconds as u32, limits)?;
        buffers.forget_walks(to.index.features() as usize);
        for (place, seconds) in walks.all_the_way(start) {
            buffers.on_foot[place] = seconds;
        }
        self.visit(buffers, to, visit);
        Ok(())
    }

    /// Visits the features of a layer that any departure reaches in time.
    fn visit(
        &self,
        buffers: &mut Buffers,
        to: &LoadedLayer,
        visit: &mut impl FnMut(FeatureRef, f64),
    ) {
        let egress = self.egress_of(to);
        let numbering = to.index.numbering();
        let mut used = Used::default();
        buffers.read(&egress, |number, mut times, on_foot| {
            if let Some(seconds) = times.percentile(self.percentile) {
                used.is_measured = true;
                used.is_ridden |= seconds < on_foot;
                visit(numbering.feature(number), f64::from(seconds));
            }
        });
        self.remember(used);
    }

    fn remember(&self, used: Used) {
        self.is_measured
            .fetch_or(used.is_measured, Ordering::Relaxed);
        self.is_ridden.fetch_or(used.is_ridden, Ordering::Relaxed);
    }

    /// The times to each of some targets that any departure reaches.
    pub fn each(
        &self,
        buffers: &mut Buffers,
        targets: &Targets,
        start: &Start,
        seconds: f64,
        limits: &Limits,
        visit: &mut impl FnMut(usize, Times<'_>),
    ) -> Result<(), QueryError> {
        let longest_s = seconds as u32;
        let access = self.ride(buffers, start, longest_s, limits)?;
        let egress = targets.egress.as_ref().expect("targets of this ruler");
        buffers.forget_walks(egress.places());
        if self.pace.max_walk_mm > 0 {
            match (self.transit.streets(), &targets.joined) {
                (Some(streets), Some(joined)) => {
                    let owners = targets.owners.as_deref();
                    buffers.walk_all_the_way(&streets.graph, joined, owners, self.pace);
                }
                _ => {
                    for (end, place) in targets.places() {
                        let straight = start.points.iter().map(|from| straight_mm(*from, place));
                        if let Some(mm) = straight.min() {
                            sooner(&mut buffers.on_foot, end, self.pace.seconds(mm));
                        }
                    }
                }
            }
        }
        for (end, stop) in &targets.stops {
            if let Ok(at) = access.binary_search_by_key(stop, |leg| leg.0) {
                sooner(&mut buffers.on_foot, *end as usize, access[at].1);
            }
        }
        let mut used = Used {
            is_measured: false,
            // Once is enough: a look at every pair takes time.
            is_ridden: self.is_ridden.load(Ordering::Relaxed),
        };
        buffers.read(egress, |end, mut times, on_foot| {
            used.is_measured = true;
            used.is_ridden |=
                used.is_ridden || times.percentile(1).is_some_and(|soonest| soonest < on_foot);
            visit(end, times);
        });
        self.remember(used);
        Ok(())
    }

    /// The walks between the stops and some targets.
    pub fn egress(&self, targets: &Targets) -> Egress {
        let joined = targets.joined.as_deref();
        let way = self.way_at_places();
        let mut walks = self
            .transit
            .egress_of(&targets.points, joined, self.pace, way);
        if let Some(owners) = &targets.owners {
            walks
                .iter_mut()
                .for_each(|walk| walk.0 = owners[walk.0 as usize]);
        }
        let opposite = self.opposite();
        for &(end, stop) in &targets.stops {
            walks.push((end, stop, 0));
            let here = opposite.walks(stop);
            walks.extend(here.map(|(other, seconds)| (end, other, seconds)));
        }
        Egress::new(targets.ends, walks)
    }

    /// As [`ByTransit::egress`] for a layer; prepared once for each version of it.
    pub fn egress_of(&self, loaded: &LoadedLayer) -> Arc<Egress> {
        self.transit.egress(loaded, self.pace, self.way_at_places())
    }

    pub fn streets(&self) -> Option<&Arc<Streets>> {
        self.transit.streets()
    }

    /// The timetable in the sense of the search.
    fn timetable(&self) -> &Timetable {
        match self.is_backward {
            true => self.day.backward(),
            false => &self.day.forward,
        }
    }

    /// The timetable the other way round.
    fn opposite(&self) -> &Timetable {
        match self.is_backward {
            true => &self.day.forward,
            false => self.day.backward(),
        }
    }

    /// Rides from a start, and the stops one sets out to; the streets are searched as far as one
    /// may walk.
    fn ride(
        &self,
        buffers: &mut Buffers,
        start: &Start,
        longest_s: u32,
        limits: &Limits,
    ) -> Result<Vec<Leg>, QueryError> {
        if let Some((last, last_s, access)) = &buffers.ridden
            && last == start
            && longest_s <= *last_s
        {
            buffers.journeys.look_within(longest_s);
            return Ok(access.clone());
        }
        buffers.ridden = None;
        let mut access: Vec<Leg> = Vec::new();
        if self.pace.max_walk_mm > 0 {
            let walk_mm = self.pace.mm(longest_s).max(self.pace.max_walk_mm);
            let reach = self.transit.streets().map(|streets| {
                let snaps = self.snaps(start);
                buffers.reach.run(&streets.graph, &snaps, walk_mm);
                &buffers.reach
            });
            let way = self.way_at_start();
            access = self.transit.legs(&start.points, reach, self.pace, way);
        }
        for &stop in &start.stops {
            access.push((stop, 0));
            access.extend(self.timetable().walks(stop));
        }
        access.sort_unstable();
        access.dedup_by_key(|leg| leg.0);
        self.set_out(buffers, &access, longest_s, limits)?;
        buffers.ridden = Some((start.clone(), longest_s, access.clone()));
        Ok(access)
    }

    /// Rides from the stops that one sets out to.
    fn set_out(
        &self,
        buffers: &mut Buffers,
        access: &[Leg],
        longest_s: u32,
        limits: &Limits,
    ) -> Result<(), QueryError> {
        self.require_vehicles(longest_s)?;
        let stops = self.transit.schedule.stops.len() as u64;
        limits.allow(stops * u64::from(self.departures) * 2)?;
        let window = Window {
            from_s: self.from_s,
            departures: self.departures,
            longest_s,
            max_transfers: None,
        };
        let done = buffers
            .journeys
            .run(self.timetable(), window, access, limits.flag());
        done.map_err(|_| QueryError::Cancelled)
    }

    /// The longest time after the last departure, in the sense of the search.
    fn until_s(&self, longest_s: u32) -> i32 {
        let window_s = 60 * (self.departures.saturating_sub(1)) as i32;
        (self.from_s + window_s).saturating_add(longest_s as i32)
    }

    /// What the date and the times asked about lack of what feeds offer at others.
    fn doubts(&self) -> Vec<FeedDoubt> {
        let summary = self.transit.summary();
        let until_s = self.until_s(self.longest_s.load(Ordering::Relaxed));
        let (from_s, until_s) = match self.is_backward {
            true => (
                Timetable::mirrored(until_s),
                Timetable::mirrored(self.from_s),
            ),
            false => (self.from_s, until_s),
        };
        let mut doubts = summary.doubts_on(self.date);
        doubts.extend(summary.doubts_between(self.date, from_s, until_s));
        doubts
    }

    /// # Errors
    /// Where no vehicle leaves any stop from the first time one may set out until the longest time
    /// after the last: an answer would be walking alone.
    fn require_vehicles(&self, longest_s: u32) -> Result<(), QueryError> {
        self.longest_s.fetch_max(longest_s, Ordering::Relaxed);
        let until_s = self.until_s(longest_s);
        if self
            .next_departure_s
            .is_some_and(|next_s| next_s <= until_s)
        {
            return Ok(());
        }
        // A date without hours has no service and is refused before.
        let Some(hours) = self.transit.summary().hours_on(self.date) else {
            return Ok(());
        };
        let HoursOfService {
            first_departure,
            last_departure,
            last_arrival,
        } = hours.into();
        Err(QueryError::NoVehicle {
            field: self.field,
            date: self.date.to_string(),
            first_departure,
            last_departure,
            last_arrival,
        })
    }

    /// That every place of the answer is reached on foot at least as soon as by a vehicle.
    fn walked_note(&self) -> Option<Title> {
        let is_walked =
            self.is_measured.load(Ordering::Relaxed) && !self.is_ridden.load(Ordering::Relaxed);
        let hours = self.transit.summary().hours_on(self.date)?;
        is_walked.then(|| {
            let (first, last) = (
                clock(hours.first_departure_s),
                clock(hours.last_departure_s),
            );
            let date = self.date;
            Title {
                zh: format!(
                    "所问时段内乘车不比步行快：结果全部为步行所得，没有乘坐任何车辆\
                     （{date} 的发车时间为 {first} 至 {last}）"
                ),
                en: format!(
                    "no vehicle gets anywhere sooner than one walks within the time asked for: the \
                     answer is walking alone (on {date} vehicles depart from {first} to {last})"
                ),
            }
        })
    }

    pub fn way_at_start(&self) -> Way {
        match self.is_backward {
            true => Way::Out,
            false => Way::In,
        }
    }

    fn way_at_places(&self) -> Way {
        match self.is_backward {
            true => Way::In,
            false => Way::Out,
        }
    }

    /// For each number of seconds the streets reached from any of the starts: on foot from the
    /// start, and on foot from every stop with the time that is left there.
    pub fn shapes(
        &self,
        buffers: &mut Buffers,
        starts: &[Start],
        seconds: &[f64],
        limits: &Limits,
    ) -> Result<Vec<MultiPolygon<f64>>, QueryError> {
        let longest_s = seconds.iter().copied().fold(0.0, f64::max) as u32;
        let Some(streets) = self.transit.streets() else {
            return self.circles(buffers, starts, seconds, limits);
        };
        let graph = &streets.graph;
        let known = buffers.spread.take();
        let known = known.filter(|known| known.starts == starts && longest_s <= known.longest_s);
        let spread = match known {
            Some(known) => known,
            None => self.spread(buffers, graph, starts, longest_s, limits)?,
        };
        let lat = starts.iter().flat_map(|start| &start.points).next();
        let lat = lat.map_or(0.0, |(_, lat)| *lat);
        let shape = |seconds: &f64| {
            let limit_s = *seconds as u32;
            let left = |at_s: u32| Some(self.pace.mm(limit_s.checked_sub(at_s)?));
            let nodes: Vec<Option<u32>> = spread.nodes.iter().map(|at_s| left(*at_s)).collect();
            let places = spread.places.iter();
            let places = places.filter_map(|(snap, at_s)| Some((*snap, left(*at_s)?)));
            let mut shape = ReachedShape::new(lat, STREET_WIDTH_M);
            shape.add_left(graph, &nodes, &places.collect::<Vec<_>>());
            shape.polygons()
        };
        let shapes = seconds.iter().map(shape).collect();
        buffers.spread = Some(spread);
        Ok(shapes)
    }

    /// The times at every node of the streets.
    fn spread(
        &self,
        buffers: &mut Buffers,
        graph: &Graph,
        starts: &[Start],
        longest_s: u32,
        limits: &Limits,
    ) -> Result<Spread, QueryError> {
        let egress = self
            .transit
            .egress_of_nodes(self.pace, self.way_at_places());
        let egress = egress.expect("there are streets");
        // What was ridden for the places may reach farther: smaller shapes then follow for nothing.
        let longest_s = match (&buffers.ridden, starts) {
            (Some((ridden, ridden_s, _)), [start]) if ridden == start => longest_s.max(*ridden_s),
            _ => longest_s,
        };
        let mut spread = Spread {
            starts: starts.to_vec(),
            longest_s,
            nodes: vec![NOT_ON_FOOT; graph.nodes()],
            places: Vec::new(),
        };
        for start in starts {
            self.ride(buffers, start, longest_s, limits)?;
            spread.places.extend(self.reached_places(buffers, start));
            buffers.forget_walks(graph.nodes());
            if self.pace.max_walk_mm > 0 {
                let Buffers { reach, on_foot, .. } = buffers;
                for &node in reach.search.settled() {
                    if let Some(mm) = reach.search.cost(node) {
                        sooner(on_foot, node as usize, self.pace.seconds(mm));
                    }
                }
            }
            buffers.read(&egress, |node, mut times, _| {
                if let Some(seconds) = times.percentile(self.percentile) {
                    sooner(&mut spread.nodes, node, seconds);
                }
            });
        }
        Ok(spread)
    }

    /// The start itself and the stops that were reached, on the streets, with the seconds to them.
    fn reached_places(&self, buffers: &mut Buffers, start: &Start) -> Vec<(Snap, u32)> {
        if self.pace.max_walk_mm == 0 {
            return Vec::new();
        }
        let mut places: Vec<(Snap, u32)> = self.snaps(start).into_iter().map(|s| (s, 0)).collect();
        for stop in 0..self.transit.schedule.stops.len() as u32 {
            if let Some(seconds) = buffers.journeys.at_stop(stop, self.percentile) {
                let gates = self.transit.snaps(stop, self.way_at_places());
                places.extend(gates.map(|(snap, inside_s)| (snap, seconds + inside_s)));
            }
        }
        places
    }

    /// Without streets: a circle around every start and stop for the time that is left there.
    fn circles(
        &self,
        buffers: &mut Buffers,
        starts: &[Start],
        seconds: &[f64],
        limits: &Limits,
    ) -> Result<Vec<MultiPolygon<f64>>, QueryError> {
        let longest_s = seconds.iter().copied().fold(0.0, f64::max) as u32;
        let mut reached: Vec<((f64, f64), u32)> = Vec::new();
        for start in starts {
            self.ride(buffers, start, longest_s, limits)?;
            reached.extend(start.points.iter().map(|place| (*place, 0)));
            for stop in 0..self.transit.schedule.stops.len() as u32 {
                if let Some(seconds) = buffers.journeys.at_stop(stop, self.percentile) {
                    let gates = self.transit.places(stop, self.way_at_places());
                    reached.extend(gates.map(|(place, inside_s)| (place, seconds + inside_s)));
                }
            }
        }
        let dissolved = |seconds: &f64| {
            let circles: Vec<_> = reached
                .iter()
                .filter_map(|((lon, lat), at_s)| {
                    let left_s = (*seconds as u32).checked_sub(*at_s)?;
                    // Of a start one may go on all the way, of a stop as far as one walks.
                    let most_mm = if *at_s == 0 {
                        u32::MAX
                    } else {
                        self.pace.max_walk_mm
                    };
                    let mm = self.pace.mm(left_s).min(most_mm);
                    (mm > 0 && self.pace.max_walk_mm > 0)
                        .then(|| circle(*lon, *lat, f64::from(mm) / 1000.0))
                })
                .collect();
            geo::unary_union(&circles)
        };
        Ok(seconds.iter().map(dissolved).collect())
    }

    /// The timetable and the streets that were measured on.
    pub fn inputs(&self) -> Vec<Input> {
        let transit = self.transit;
        let doubts = self.doubts();
        let timetable = Input {
            layer: "transit".parse().expect("a layer name"),
            title: Title {
                zh: "公共交通时刻表".into(),
                en: "Timetable".into(),
            },
            source: transit.record.source.clone(),
            source_en: transit.record.source_en.clone(),
            licence: transit.record.licence.clone(),
            reference_date: transit.period.clone(),
            features: transit.schedule.trips.len() as u64,
            crs: transit.record.crs.clone(),
            synthetic: transit.record.synthetic,
            estimated: Vec::new(),
            notes: doubts
                .iter()
                .map(|doubt| doubt.text(self.date))
                .chain(self.walked_note())
                .collect(),
        };
        let streets = transit.streets().map(super::streets::input);
        std::iter::once(timetable).chain(streets).collect()
    }

    fn snaps(&self, start: &Start) -> Vec<Snap> {
        let Some(streets) = self.transit.streets() else {
            return Vec::new();
        };
        let snap = |(lon, lat): &(f64, f64)| streets.snap(*lon, *lat);
        start.points.iter().filter_map(snap).collect()
    }
}

impl Buffers {
    fn forget_walks(&mut self, places: usize) {
        self.on_foot.clear();
        self.on_foot.resize(places, NOT_ON_FOOT);
    }

    /// The walks from where the streets were searched to the joined places, each counted for the
    /// end that it belongs to.
    fn walk_all_the_way(
        &mut self,
        graph: &Graph,
        joined: &Places,
        owners: Option<&[u32]>,
        pace: Pace,
    ) {
        let on_foot = &mut self.on_foot;
        self.reach.for_each(graph, joined, |place, mm| {
            let place = place as usize;
            let end = owners.map_or(place, |owners| owners[place] as usize);
            sooner(on_foot, end, pace.seconds(mm));
        });
    }

    /// The times to every place that any departure reaches, with the seconds on foot all the way,
    /// [`NOT_ON_FOOT`] where one cannot walk.
    fn read(&mut self, egress: &Egress, mut visit: impl FnMut(usize, Times<'_>, u32)) {
        for (number, on_foot_s) in self.on_foot.iter().enumerate() {
            let on_foot = (*on_foot_s != NOT_ON_FOOT).then_some(*on_foot_s);
            if let Some(times) = self.journeys.to(egress, number, on_foot) {
                visit(number, times, *on_foot_s);
            }
        }
    }
}

fn sooner(on_foot: &mut [u32], place: usize, seconds: u32) {
    on_foot[place] = seconds.min(on_foot[place]);
}

/// The times of a question, in the sense of the search.
struct Asked<'t> {
    field: &'static str,
    date: &'t str,
    from_s: i32,
    departures: u32,
    percentile: u32,
    is_backward: bool,
}

impl<'t> Asked<'t> {
    fn of(travel: &'t Travel) -> Result<Self, QueryError> {
        match (travel.direction, &travel.departure, &travel.arrival) {
            (Direction::From, Some(departure), None) => {
                let departures = departure.departures();
                if departures == 0 {
                    let problem = "the window ends before it begins; `to` is later than `from`";
                    return Err(QueryError::field("departure", problem));
                }
                if departures > MAX_DEPARTURES {
                    let problem = "a departure window is at most a day long";
                    return Err(QueryError::field("departure", problem));
                }
                if !(1..=100).contains(&departure.percentile) {
                    let problem = "a percentile is 1 to 100";
                    return Err(QueryError::field("departure", problem));
                }
                Ok(Asked {
                    field: "departure",
                    date: &departure.date,
                    from_s: departure.from.0,
                    departures,
                    percentile: departure.percentile,
                    is_backward: false,
                })
            }
            (Direction::To, None, Some(arrival)) => Ok(Asked {
                field: "arrival",
                date: &arrival.date,
                from_s: Timetable::mirrored(arrival.by.0),
                departures: 1,
                percentile: 100,
                is_backward: true,
            }),
            (_, Some(_), Some(_)) => {
                let problem = "give a departure or an arrival, not both";
                Err(QueryError::field("arrival", problem))
            }
            (Direction::From, None, _) => {
                let problem = "by timetable one sets out at a time: give departure with date and \
                               from (and to, for a window)";
                Err(QueryError::field("departure", problem))
            }
            (Direction::To, Some(_), None) => {
                let problem = "a departure says when one leaves where the search begins; to know \
                               who can get there give arrival with date and by instead, or ask in \
                               the other direction";
                Err(QueryError::field("departure", problem))
            }
            (Direction::To, None, None) => {
                let problem = "who can get there by timetable depends on when they must be there: \
                               give arrival with date and by";
                Err(QueryError::field("arrival", problem))
            }
        }
    }
}
