use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use geo::Point;
use rayon::prelude::*;

use super::{LoadedLayer, Streets, recent::Recent};
use crate::{
    domain::{LayerId, Period, measure::distance_m},
    network::{Places, Reach, Snap},
    store::{ChangeNumber, ImportRecord, StoredNetwork},
    transit::{
        Egress, Feed, Leg, Schedule, ServiceDate, Summary, Timetable, TransitError,
        schedule_from_bytes,
    },
};

/// The timetable of a city (公交时刻表), its stops joined to the streets.
///
/// Walks go along the streets, straight legs counted, or in a straight line where the city has no
/// streets.
#[derive(Debug)]
pub struct Transit {
    pub schedule: Arc<Schedule>,
    pub period: Period,
    pub record: ImportRecord,
    /// The commit that wrote it.
    pub version: ChangeNumber,
    streets: Option<Arc<Streets>>,
    summary: OnceLock<Summary>,
    gates: OnceLock<Gates>,
    changes: OnceLock<Vec<Change>>,
    days: Recent<(ServiceDate, Pace), Day>,
    egress: Recent<EgressKey, Egress>,
}

type EgressKey = (Option<(LayerId, Period, ChangeNumber)>, Pace, Way);

/// How one walks: exact, so that equal questions share what was prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Millimetres an hour.
    speed_mm_h: u64,
    /// The longest walk to a first stop and from a last one.
    pub max_walk_mm: u32,
}

/// Which way round a walk at a stop goes: it may take longer in than out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    In,
    Out,
}

/// One service date, both ways round.
#[derive(Debug)]
pub struct Day {
    pub forward: Timetable,
    backward: OnceLock<Timetable>,
}

/// Where stops are entered and left: at their own place, or at the entrances of their station.
#[derive(Debug)]
struct Gates {
    gates: Vec<Gate>,
    /// Joined to the streets, numbered as `gates`.
    places: Places,
    /// Of each stop, and one more: where its gates begin.
    first: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Gate {
    stop: u32,
    lon_lat: (f64, f64),
    snap: Option<Snap>,
    /// Seconds from the street to the platform and back.
    in_s: Option<u32>,
    out_s: Option<u32>,
}

/// A walk out of one gate and into another.
#[derive(Clone, Copy, Debug)]
struct Change {
    from: u32,
    to: u32,
    mm: u32,
}

/// The longest walk between two stops.
pub const MAX_CHANGE_MM: u32 = 600_000;

impl Pace {
    /// # Panics
    /// Where the speed is not positive.
    pub fn new(speed_km_h: f64, max_walk_m: f64) -> Self {
        assert!(speed_km_h > 0.0, "a walking speed is positive");
        Pace {
            speed_mm_h: (speed_km_h * 1e6).round().max(1.0) as u64,
            max_walk_mm: (max_walk_m * 1000.0) as u32,
        }
    }

    /// Whole seconds of a walk, the last one counted: nobody arrives before they are there.
    pub fn seconds(self, mm: u32) -> u32 {
        let seconds = (u64::from(mm) * 3600).div_ceil(self.speed_mm_h);
        seconds.min(u64::from(u32::MAX)) as u32
    }

    /// The longest walk within so many seconds.
    pub fn mm(self, seconds: u32) -> u32 {
        let mm = u64::from(seconds) * self.speed_mm_h / 3600;
        mm.min(u64::from(u32::MAX)) as u32
    }
}

impl Day {
    fn new(forward: Timetable) -> Self {
        Day {
            forward,
            backward: OnceLock::new(),
        }
    }

    /// The same day run backwards.
    pub fn backward(&self) -> &Timetable {
        self.backward.get_or_init(|| self.forward.transposed())
    }
}

impl Transit {
    /// # Errors
    /// Bytes that are no timetable.
    pub fn read(
        stored: StoredNetwork,
        version: ChangeNumber,
        streets: Option<Arc<Streets>>,
    ) -> Result<Self, TransitError> {
        let schedule = schedule_from_bytes(&stored.bytes)?;
        let StoredNetwork { period, record, .. } = stored;
        let feed = Feed {
            source: record.source.clone(),
            licence: record.licence.clone(),
            crs: record.crs.clone(),
            files: record.files.clone(),
            ..Feed::default()
        };
        let schedule = Arc::new(schedule.with_named_feeds(&feed));
        Ok(Self::new(schedule, period, record, version, streets))
    }

    pub fn new(
        schedule: Arc<Schedule>,
        period: Period,
        record: ImportRecord,
        version: ChangeNumber,
        streets: Option<Arc<Streets>>,
    ) -> Self {
        Transit {
            schedule,
            period,
            record,
            version,
            streets,
            summary: OnceLock::new(),
            gates: OnceLock::new(),
            changes: OnceLock::new(),
            days: Recent::new(6),
            egress: Recent::new(12),
        }
    }

    /// The same timetable beside streets of another version.
    pub fn beside(&self, streets: Option<Arc<Streets>>) -> Self {
        let (period, record) = (self.period.clone(), self.record.clone());
        Self::new(self.schedule.clone(), period, record, self.version, streets)
    }

    pub fn streets(&self) -> Option<&Arc<Streets>> {
        self.streets.as_ref()
    }

    /// What it offers, counted when first asked for.
    pub fn summary(&self) -> &Summary {
        self.summary.get_or_init(|| Summary::of(&self.schedule))
    }

    /// The stops at which vehicles may call, by number.
    pub fn platforms(&self) -> impl Iterator<Item = u32> + '_ {
        let stops = (0..).zip(&self.schedule.stops);
        stops
            .filter(|(_, stop)| stop.kind == 0)
            .map(|(number, _)| number)
    }

    /// A service date with the walks between its stops.
    ///
    /// # Errors
    /// [`TransitError::NoService`] with the nearest dates on which a trip runs.
    pub fn day(&self, date: ServiceDate, pace: Pace) -> Result<Arc<Day>, TransitError> {
        self.days.get_or((date, pace), || {
            let walks = self.walks(pace);
            Timetable::for_date(&self.schedule, date, &walks).map(Day::new)
        })
    }

    /// The walks from and to the stops within the longest walk of a place, cheapest gates first
    /// taken; `reach` has searched the streets from the place.
    pub fn legs(
        &self,
        from: &[(f64, f64)],
        reach: Option<&Reach>,
        pace: Pace,
        way: Way,
    ) -> Vec<Leg> {
        let gates = self.gates();
        let mut best: BTreeMap<u32, u32> = BTreeMap::new();
        let mut offer = |gate: &Gate, mm: u32| {
            if mm <= pace.max_walk_mm
                && let Some(inside_s) = gate.inside_s(way)
            {
                let seconds = pace.seconds(mm).saturating_add(inside_s);
                let known = best.entry(gate.stop).or_insert(u32::MAX);
                *known = seconds.min(*known);
            }
        };
        match (&self.streets, reach) {
            (Some(streets), Some(reach)) => {
                let longest_m = f64::from(pace.max_walk_mm) / 1000.0;
                let is_far =
                    |gate: &&Gate| from.iter().all(|p| is_beyond(*p, gate.lon_lat, longest_m));
                for gate in gates.gates.iter().filter(|gate| !is_far(gate)) {
                    if let Some(mm) = gate.snap.and_then(|snap| reach.cost(&streets.graph, snap)) {
                        offer(gate, mm);
                    }
                }
            }
            _ => {
                for gate in &gates.gates {
                    let straight = from.iter().map(|place| straight_mm(*place, gate.lon_lat));
                    offer(gate, straight.min().unwrap_or(u32::MAX));
                }
            }
        }
        best.into_iter().collect()
    }

    /// The walks between the stops and the features of a layer, numbered in the order of its index;
    /// prepared once for each version of the layer.
    pub fn egress(&self, loaded: &LoadedLayer, pace: Pace, way: Way) -> Arc<Egress> {
        let way = self.way(way);
        let name = (
            loaded.layer().id.clone(),
            loaded.index.period().clone(),
            loaded.version,
        );
        let made = self.egress.get_or((Some(name), pace, way), || {
            let features = loaded.index.features() as usize;
            let walks = match &self.streets {
                Some(streets) => self.along(streets, &streets.places(loaded), pace, way),
                None => {
                    let numbering = loaded.index.numbering();
                    let near = |gate: &Gate, walks: &mut Vec<(u32, u32)>| {
                        let ((lon, lat), most_m) =
                            (gate.lon_lat, f64::from(pace.max_walk_mm) / 1e3);
                        loaded.index.within(lon, lat, most_m, |near| {
                            let mm = (near.distance_m * 1000.0).round() as u32;
                            walks.push((numbering.number(near.feature) as u32, mm));
                        });
                    };
                    self.straight(near, pace, way)
                }
            };
            Ok::<_, std::convert::Infallible>(Egress::new(features, walks))
        });
        made.unwrap_or_else(|never| match never {})
    }

    /// The walks between the stops and some places; `joined` are they on the streets.
    pub fn egress_of(
        &self,
        places: &[(f64, f64)],
        joined: Option<&Places>,
        pace: Pace,
        way: Way,
    ) -> Vec<(u32, u32, u32)> {
        match (&self.streets, joined) {
            (Some(streets), Some(joined)) => self.along(streets, joined, pace, way),
            _ => {
                let near = |gate: &Gate, walks: &mut Vec<(u32, u32)>| {
                    for (number, place) in places.iter().enumerate() {
                        let mm = straight_mm(*place, gate.lon_lat);
                        if mm <= pace.max_walk_mm {
                            walks.push((number as u32, mm));
                        }
                    }
                };
                self.straight(near, pace, way)
            }
        }
    }

    /// The walks between the stops and the nodes of the streets; `None` without streets.
    pub fn egress_of_nodes(&self, pace: Pace, way: Way) -> Option<Arc<Egress>> {
        let streets = self.streets.as_ref()?;
        let way = self.way(way);
        let made = self.egress.get_or((None, pace, way), || {
            let graph = &streets.graph;
            let near = |reach: &mut Reach, snap: Snap, walks: &mut Vec<(u32, u32)>| {
                reach.run(graph, &[snap], pace.max_walk_mm);
                let settled = reach.search.settled().iter();
                walks.extend(settled.filter_map(|&node| Some((node, reach.search.cost(node)?))));
            };
            let walks = self.searched(near, pace, way);
            Ok::<_, std::convert::Infallible>(Egress::new(graph.nodes(), walks))
        });
        Some(made.unwrap_or_else(|never| match never {}))
    }

    /// Where on the streets a stop is entered and left, with the seconds inside.
    pub fn snaps(&self, stop: u32, way: Way) -> impl Iterator<Item = (Snap, u32)> + '_ {
        let gates = self.gates();
        let own = gates.first[stop as usize] as usize..gates.first[stop as usize + 1] as usize;
        let gates = gates.gates[own].iter();
        gates.filter_map(move |gate| Some((gate.snap?, gate.inside_s(way)?)))
    }

    /// Where a stop is entered and left, with the seconds inside.
    pub fn places(&self, stop: u32, way: Way) -> impl Iterator<Item = ((f64, f64), u32)> + '_ {
        let gates = self.gates();
        let own = gates.first[stop as usize] as usize..gates.first[stop as usize + 1] as usize;
        let gates = gates.gates[own].iter();
        gates.filter_map(move |gate| Some((gate.lon_lat, gate.inside_s(way)?)))
    }

    /// Both ways are one where no station says otherwise.
    fn way(&self, way: Way) -> Way {
        let differs = |gate: &Gate| gate.in_s != gate.out_s;
        match self.gates().gates.iter().any(differs) {
            true => way,
            false => Way::Out,
        }
    }

    /// (place, stop, seconds) along the streets from every gate to the places around it.
    fn along(
        &self,
        streets: &Streets,
        places: &Places,
        pace: Pace,
        way: Way,
    ) -> Vec<(u32, u32, u32)> {
        let near = |reach: &mut Reach, snap: Snap, walks: &mut Vec<(u32, u32)>| {
            reach.run(&streets.graph, &[snap], pace.max_walk_mm);
            reach.for_each(&streets.graph, places, |place, mm| walks.push((place, mm)));
        };
        self.searched(near, pace, way)
    }

    fn searched(
        &self,
        near: impl Fn(&mut Reach, Snap, &mut Vec<(u32, u32)>) + Sync,
        pace: Pace,
        way: Way,
    ) -> Vec<(u32, u32, u32)> {
        if pace.max_walk_mm == 0 {
            return Vec::new();
        }
        let of_gate = |(reach, walks): &mut (Reach, Vec<(u32, u32)>), gate: &Gate| {
            walks.clear();
            if let Some(snap) = gate.snap {
                near(reach, snap, walks);
            }
            gate.timed(walks, pace, way)
        };
        let gates = self.gates().gates.par_iter();
        let found: Vec<Vec<_>> = gates.map_init(Default::default, of_gate).collect();
        found.concat()
    }

    fn straight(
        &self,
        near: impl Fn(&Gate, &mut Vec<(u32, u32)>) + Sync,
        pace: Pace,
        way: Way,
    ) -> Vec<(u32, u32, u32)> {
        if pace.max_walk_mm == 0 {
            return Vec::new();
        }
        let of_gate = |gate: &Gate| {
            let mut walks = Vec::new();
            near(gate, &mut walks);
            gate.timed(&walks, pace, way)
        };
        let found: Vec<Vec<_>> = self.gates().gates.par_iter().map(of_gate).collect();
        found.concat()
    }

    /// The walks between stops on which a rider may change, by stop.
    fn walks(&self, pace: Pace) -> Vec<Vec<Leg>> {
        let mut walks = vec![Vec::new(); self.schedule.stops.len()];
        let limit_mm = pace.max_walk_mm.min(MAX_CHANGE_MM);
        if limit_mm == 0 {
            return walks;
        }
        let gates = &self.gates().gates;
        let mut best: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for change in self.changes().iter().filter(|c| c.mm <= limit_mm) {
            let (from, to) = (&gates[change.from as usize], &gates[change.to as usize]);
            if let (Some(out_s), Some(in_s)) = (from.out_s, to.in_s) {
                let seconds = pace.seconds(change.mm).saturating_add(out_s + in_s);
                let known = best.entry((from.stop, to.stop)).or_insert(u32::MAX);
                *known = seconds.min(*known);
            }
        }
        for ((from, to), seconds) in best {
            walks[from as usize].push((to, seconds));
        }
        walks
    }

    /// Every pair of gates of two stops within the longest change.
    fn changes(&self) -> &[Change] {
        self.changes.get_or_init(|| {
            let Gates { gates, places, .. } = self.gates();
            let other = |from: u32, (to, mm): (u32, u32)| {
                let differ = gates[from as usize].stop != gates[to as usize].stop;
                differ.then_some(Change { from, to, mm })
            };
            let numbers = (0..gates.len() as u32).into_par_iter();
            let found: Vec<Vec<Change>> = match &self.streets {
                Some(streets) => numbers
                    .map_init(Reach::default, |reach, from| {
                        let mut found = Vec::new();
                        if let Some(snap) = gates[from as usize].snap {
                            reach.run(&streets.graph, &[snap], MAX_CHANGE_MM);
                            reach.for_each(&streets.graph, places, |to, mm| {
                                found.extend(other(from, (to, mm)));
                            });
                        }
                        found
                    })
                    .collect(),
                None => numbers
                    .map(|from| {
                        let here = gates[from as usize].lon_lat;
                        let mm = |to: u32| straight_mm(here, gates[to as usize].lon_lat);
                        let near = (0..gates.len() as u32).map(|to| (to, mm(to)));
                        near.filter(|(_, mm)| *mm <= MAX_CHANGE_MM)
                            .filter_map(|to| other(from, to))
                            .collect()
                    })
                    .collect(),
            };
            found.concat()
        })
    }

    fn gates(&self) -> &Gates {
        self.gates
            .get_or_init(|| Gates::of(&self.schedule, self.streets.as_deref()))
    }
}

impl Gates {
    fn of(schedule: &Schedule, streets: Option<&Streets>) -> Self {
        let snapped = |stop: u32, at: u32, in_s: Option<u32>, out_s: Option<u32>| {
            let lon_lat = schedule.stops[at as usize].lon_lat?;
            let snap = streets.and_then(|streets| streets.snap(lon_lat.0, lon_lat.1));
            Some(Gate {
                stop,
                lon_lat,
                snap,
                in_s,
                out_s,
            })
        };
        let mut gates: Vec<Gate> = schedule
            .entrances
            .iter()
            .filter_map(|way| snapped(way.platform, way.entrance, way.in_s, way.out_s))
            .collect();
        let mut has_entrance = vec![false; schedule.stops.len()];
        gates
            .iter()
            .for_each(|gate| has_entrance[gate.stop as usize] = true);
        let mut is_called = vec![false; schedule.stops.len()];
        for call in schedule.trips.iter().flat_map(|trip| &trip.calls) {
            is_called[call.stop as usize] = true;
        }
        let own = (0..schedule.stops.len() as u32)
            .filter(|&stop| is_called[stop as usize] && !has_entrance[stop as usize]);
        gates.extend(own.filter_map(|stop| snapped(stop, stop, Some(0), Some(0))));
        gates.sort_by_key(|gate| gate.stop);
        let mut first = vec![0u32; schedule.stops.len() + 1];
        gates
            .iter()
            .for_each(|gate| first[gate.stop as usize + 1] += 1);
        for stop in 0..schedule.stops.len() {
            first[stop + 1] += first[stop];
        }
        let snaps: Vec<Option<Snap>> = gates.iter().map(|gate| gate.snap).collect();
        let places = match streets {
            Some(streets) => Places::new(&streets.graph, &snaps),
            None => Places::default(),
        };
        Gates {
            gates,
            places,
            first,
        }
    }
}

impl Gate {
    fn inside_s(&self, way: Way) -> Option<u32> {
        match way {
            Way::In => self.in_s,
            Way::Out => self.out_s,
        }
    }

    /// Walks to places as (place, stop, seconds).
    fn timed(&self, walks: &[(u32, u32)], pace: Pace, way: Way) -> Vec<(u32, u32, u32)> {
        let Some(inside_s) = self.inside_s(way) else {
            return Vec::new();
        };
        let timed = |&(place, mm): &(u32, u32)| {
            (place, self.stop, pace.seconds(mm).saturating_add(inside_s))
        };
        walks.iter().map(timed).collect()
    }
}

fn straight_mm(from: (f64, f64), to: (f64, f64)) -> u32 {
    let metres = distance_m(Point::new(from.0, from.1), Point::new(to.0, to.1));
    (metres * 1000.0).round().min(f64::from(u32::MAX)) as u32
}
/// Whether a place is certainly farther than some metres, however one goes: quickly told, of most
/// that are. Beyond a hundredth more there is no doubt of rounding.
fn is_beyond(from: (f64, f64), to: (f64, f64), metres: f64) -> bool {
    const METRES_PER_DEGREE: f64 = 110_000.0;
    let around = (from.0 - to.0).abs();
    let lon = around.min(360.0 - around);
    let lat = (from.1 - to.1).abs();
    let narrowest = from.1.abs().max(to.1.abs()).min(90.0).to_radians().cos();
    // A great circle is at least 2/π of the parallel, and nearly all of it where that is short.
    let share = if lon < 1.0 { 1.0 } else { 0.63 };
    let straight = (lat * METRES_PER_DEGREE).max(lon * narrowest * METRES_PER_DEGREE * share);
    straight > metres * 1.01 + 1.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_beyond_is_farther(
            from in (-180.0..180.0f64, -89.0..89.0f64),
            step in (-3.0..3.0f64, -3.0..3.0f64),
            scale in 0..5i32,
            metres in 0.0..10_000.0f64,
        ) {
            let scale = 10f64.powi(-scale);
            let lon = (from.0 + step.0 * scale + 540.0).rem_euclid(360.0) - 180.0;
            let to = (lon, (from.1 + step.1 * scale).clamp(-90.0, 90.0));
            let straight = straight_mm(from, to);
            if is_beyond(from, to, metres) {
                prop_assert!(f64::from(straight) > metres * 1000.0, "{straight} mm");
            } else {
                // At most twice as far as it need be, but near the poles and at large steps.
                let is_plain = from.1.abs() < 60.0 && scale < 0.5;
                prop_assert!(!is_plain || f64::from(straight) < (metres * 2.0 + 10.0) * 1000.0);
            }
        }
    }
}
