use std::io::{self, Write};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Arrival, Departure, Direction, Ends, Input, Limits, Mode, Provenance, QueryError,
    Reading, Row, Ruler, Start, Targets, Travel, Unit, answer::definition,
};
use crate::{
    city::{City, LoadedLayer},
    domain::{LeftOut, Period, formula_guard::guarded},
};

/// `POST /api/travel_times`: how long it takes from every origin to every destination.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TravelTimesQuery {
    pub origins: Ends,
    pub destinations: Ends,
    #[serde(default)]
    pub mode: Mode,
    /// When one sets out, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    /// When one must be there, by timetable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// Which percentiles of the times of a departure window are told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub percentiles: Vec<u32>,
    /// The longest time; pairs beyond it count as unreachable.
    #[serde(default = "usual_max_min")]
    pub max_min: f64,
    /// The longest walk to a first stop and from a last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    #[serde(default)]
    pub period: Option<Period>,
}

fn usual_max_min() -> f64 {
    120.0
}

impl TravelTimesQuery {
    fn travel(&self) -> Travel {
        Travel {
            mode: self.mode.clone(),
            unit: match self.mode {
                Mode::Straight => Unit::Metres,
                _ => Unit::Minutes,
            },
            direction: match self.arrival {
                Some(_) => Direction::To,
                None => Direction::From,
            },
            walk_speed_km_h: self.walk_speed_km_h,
            bicycle_speed_km_h: self.bicycle_speed_km_h,
            departure: self.departure.clone(),
            arrival: self.arrival.clone(),
            max_walk_m: self.max_walk_m,
        }
    }
}

/// More pairs than this come as a stream of CSV, never as one answer.
const MAX_PAIRS: u64 = 250_000;

/// Pairs that are held at a time while they are streamed.
const PAIRS_AT_ONCE: usize = 1 << 20;

const MAX_PERCENTILES: usize = 9;

/// The fields of the two ends of every pair.
const ENDS: [&str; 2] = ["origins", "destinations"];

/// A question with everything found that it needs; nothing is computed yet.
pub struct TravelTimes<'c> {
    ruler: Ruler<'c>,
    cost: f64,
    columns: Columns,
    origins: Vec<String>,
    destinations: Vec<String>,
    /// One search begins at each: at the origins or, looking backwards, at the destinations.
    starts: Vec<Start>,
    targets: Targets,
    is_backward: bool,
    /// Origins that nothing is known of, and destinations, each by its number.
    lost: [Vec<usize>; 2],
    used: Vec<&'c LoadedLayer>,
}

/// What is told of a pair.
#[derive(Clone, Debug, PartialEq)]
enum Columns {
    Metres,
    Seconds { percentile: u32 },
    Window { percentiles: Vec<u32> },
}

/// The pairs of one start, in the order of the targets.
struct Pairs {
    start: usize,
    targets: Vec<u32>,
    /// `[pairs x columns]`, row = pair; metres as millimetres.
    values: Vec<Option<u32>>,
}

impl Columns {
    fn of(query: &TravelTimesQuery) -> Result<Self, QueryError> {
        let mut percentiles = query.percentiles.clone();
        if query.mode != Mode::Transit || query.arrival.is_some() {
            if !percentiles.is_empty() {
                let problem = "percentiles belong to a departure window by timetable";
                return Err(QueryError::field("percentiles", problem));
            }
            return Ok(match query.mode {
                Mode::Straight => Columns::Metres,
                _ => Columns::Seconds { percentile: 100 },
            });
        }
        if percentiles.len() > MAX_PERCENTILES || percentiles.iter().any(|p| !(1..=100).contains(p))
        {
            let problem = format!("at most {MAX_PERCENTILES} percentiles, each 1 to 100");
            return Err(QueryError::field("percentiles", problem));
        }
        let departure = query.departure.as_ref();
        let departures = departure.map_or(1, Departure::departures);
        if departures <= 1 && percentiles.is_empty() {
            return Ok(Columns::Seconds { percentile: 100 });
        }
        if percentiles.is_empty() {
            percentiles.extend(departure.map(|departure| departure.percentile));
        }
        percentiles.sort_unstable();
        percentiles.dedup();
        Ok(Columns::Window { percentiles })
    }

    fn keys(&self) -> Vec<String> {
        match self {
            Columns::Metres => vec!["metres".into()],
            Columns::Seconds { .. } => vec!["seconds".into()],
            Columns::Window { percentiles } => {
                let of = percentiles.iter().map(|percent| format!("p{percent}"));
                std::iter::once("reached".into()).chain(of).collect()
            }
        }
    }

    /// Adds what is told of a pair; `false` where it is not reachable.
    fn read(&self, reading: Reading<'_>, values: &mut Vec<Option<u32>>) -> bool {
        match (self, reading) {
            (Columns::Window { percentiles }, Reading::Times(mut times)) => {
                let reached = times.reached() as u32;
                if reached > 0 {
                    values.push(Some(reached));
                    values.extend(percentiles.iter().map(|percent| times.percentile(*percent)));
                }
                reached > 0
            }
            (Columns::Seconds { percentile }, Reading::Times(mut times)) => {
                let seconds = times.percentile(*percentile);
                values.extend(seconds.map(Some));
                seconds.is_some()
            }
            (_, Reading::Seconds(seconds)) => {
                values.push(Some(seconds));
                true
            }
            (_, Reading::Metres(metres)) => {
                values.push(Some((metres * 1000.0).round() as u32));
                true
            }
            (Columns::Metres, Reading::Times(_)) => false,
        }
    }
}

impl<'c> TravelTimes<'c> {
    /// # Errors
    /// Unknown places, times without a timetable, a longest time that is none; where no origin or no
    /// destination can be measured, nothing would be known of any pair.
    pub fn find(city: &'c City, query: &TravelTimesQuery) -> Result<Self, QueryError> {
        if query.mode == Mode::Straight {
            let problem =
                "a straight line has no minutes: leave max_min out, every distance is told";
            if query.max_min != usual_max_min() {
                return Err(QueryError::field("max_min", problem));
            }
        }
        let columns = Columns::of(query)?;
        let travel = query.travel();
        let ruler = Ruler::new(city, &travel)?;
        let cost = match query.mode {
            Mode::Straight => f64::INFINITY,
            _ => ruler.cost("max_min", query.max_min)?,
        };
        let period = query.period.as_ref();
        let origins = query.origins.find(city, ENDS[0], period)?;
        let destinations = query.destinations.find(city, ENDS[1], period)?;
        let mut used = origins.used.clone();
        used.extend(&destinations.used);
        let is_backward = travel.direction == Direction::To;
        let (from, to) = match is_backward {
            true => (&destinations, &origins),
            false => (&origins, &destinations),
        };
        let targets = match to.layer {
            Some(loaded) => ruler.targets_of(loaded),
            None => ruler.targets(&to.starts),
        };
        let starts = from.starts.clone();
        let is_lost = |at: &usize| !ruler.is_measurable(&starts[*at]);
        let lost_starts = (0..starts.len()).into_par_iter().filter(is_lost).collect();
        let mut lost = [lost_starts, ruler.lost(&targets)];
        if is_backward {
            lost.reverse();
        }
        for (field, (ends, lost)) in ENDS
            .into_iter()
            .zip([&origins, &destinations].into_iter().zip(&lost))
        {
            if lost.len() == ends.names.len() {
                return Err(QueryError::Unmeasurable {
                    field,
                    names: ends.names.clone(),
                    reason: ruler.unmeasurable(),
                });
            }
        }
        Ok(TravelTimes {
            starts,
            targets,
            lost,
            ruler,
            cost,
            columns,
            origins: origins.names,
            destinations: destinations.names,
            is_backward,
            used,
        })
    }

    /// How many pairs are asked for.
    pub fn pairs(&self) -> u64 {
        self.origins.len() as u64 * self.destinations.len() as u64
    }

    /// Calls `each` for the pairs of every start in turn, those of several starts found at once.
    fn for_each(
        &self,
        limits: &Limits,
        mut each: impl FnMut(&Pairs) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let threads = rayon::current_num_threads();
        let at_once = (PAIRS_AT_ONCE / self.targets.len().max(1)).clamp(threads, 16 * threads);
        for first in (0..self.starts.len()).step_by(at_once) {
            let last = (first + at_once).min(self.starts.len());
            let found: Vec<Result<Pairs, QueryError>> = (first..last)
                .into_par_iter()
                .map_init(
                    || self.ruler.traveler(limits),
                    |traveler, start| {
                        let mut pairs = Pairs {
                            start,
                            targets: Vec::new(),
                            values: Vec::new(),
                        };
                        traveler.each(
                            &self.targets,
                            &self.starts[start],
                            self.cost,
                            |target, reading| {
                                if self.columns.read(reading, &mut pairs.values) {
                                    pairs.targets.push(target as u32);
                                }
                            },
                        )?;
                        Ok(pairs)
                    },
                )
                .collect();
            for pairs in found {
                each(&pairs?)?;
            }
            limits.progress(last as u64, self.starts.len() as u64);
        }
        Ok(())
    }

    /// What the times were measured on; whether anybody rides is told once they were written.
    pub fn inputs(&self) -> Vec<Input> {
        self.ruler.input()
    }

    /// Writes every reachable pair as CSV with the keys as headings, start by start; then, with a
    /// reason, every place that nothing is known of.
    ///
    /// # Errors
    /// What `out` says, [`QueryError::Cancelled`] inside.
    pub fn write_csv(&self, limits: &Limits, mut out: impl Write) -> io::Result<()> {
        let field = |name: &String| {
            let mut writer = csv::WriterBuilder::new()
                .terminator(csv::Terminator::Any(b'\n'))
                .from_writer(Vec::new());
            let written = writer.write_record([&*guarded(name)]);
            written.expect("memory takes what is written to it");
            let mut field = writer
                .into_inner()
                .expect("memory takes what is written to it");
            field.pop();
            field
        };
        let [origins, destinations] = [&self.origins, &self.destinations]
            .map(|names| names.iter().map(field).collect::<Vec<_>>());
        out.write_all(b"\xef\xbb\xbffrom,to")?;
        let keys = self.columns.keys();
        for key in &keys {
            write!(out, ",{key}")?;
        }
        let has_lost = self.lost.iter().any(|lost| !lost.is_empty());
        if has_lost {
            out.write_all(b",reason")?;
        }
        out.write_all(b"\n")?;
        let mut failed = None;
        let mut lines = Vec::new();
        let written = self.for_each(limits, |pairs| {
            lines.clear();
            for (target, values) in pairs.targets.iter().zip(pairs.values.chunks(keys.len())) {
                let (from, to) = self.ends(pairs.start, *target as usize);
                lines.extend_from_slice(&origins[from]);
                lines.push(b',');
                lines.extend_from_slice(&destinations[to]);
                for value in values {
                    lines.push(b',');
                    if let Some(value) = value {
                        let told = match self.columns {
                            Columns::Metres => write!(lines, "{}", f64::from(*value) / 1000.0),
                            _ => write!(lines, "{value}"),
                        };
                        told.expect("memory takes what is written to it");
                    }
                }
                if has_lost {
                    lines.push(b',');
                }
                lines.push(b'\n');
            }
            out.write_all(&lines).map_err(|error| {
                failed = Some(error);
                QueryError::Cancelled
            })
        });
        match (failed, written) {
            (Some(error), _) => return Err(error),
            (None, written) => written.map_err(io::Error::other)?,
        }
        let reason = self.ruler.unmeasurable().key();
        let empty = ",".repeat(keys.len());
        let [lost_origins, lost_destinations] = &self.lost;
        for origin in lost_origins {
            out.write_all(&origins[*origin])?;
            writeln!(out, ",{empty},{reason}")?;
        }
        for destination in lost_destinations {
            out.write_all(b",")?;
            out.write_all(&destinations[*destination])?;
            writeln!(out, "{empty},{reason}")?;
        }
        out.flush()
    }

    /// A row for every place that nothing is known of, with the reason.
    fn lost_rows(&self) -> impl Iterator<Item = Row> + '_ {
        let reason = self.ruler.unmeasurable().key();
        let [origins, destinations] = &self.lost;
        let origins = origins.iter().map(|at| (Some(&self.origins[*at]), None));
        let destinations = destinations
            .iter()
            .map(|at| (None, Some(&self.destinations[*at])));
        origins.chain(destinations).map(move |(from, to)| {
            let mut row = Row::new();
            row.insert("from".into(), json!(from));
            row.insert("to".into(), json!(to));
            let keys = self.columns.keys().into_iter();
            row.extend(keys.map(|key| (key, json!(null))));
            row.insert("reason".into(), json!(reason));
            row
        })
    }

    /// Origin and destination of a start and a target.
    fn ends(&self, start: usize, target: usize) -> (usize, usize) {
        match self.is_backward {
            true => (target, start),
            false => (start, target),
        }
    }
}

/// Travel times (出行时间) as one answer of at most a quarter of a million pairs.
///
/// # Errors
/// As [`TravelTimes::find`], and more pairs than that.
pub fn travel_times(
    city: &City,
    query: &TravelTimesQuery,
    limits: &Limits,
) -> Result<Answer<Row, Row>, QueryError> {
    let found = TravelTimes::find(city, query)?;
    if found.pairs() > MAX_PAIRS {
        let problem = format!(
            "{} pairs are more than {MAX_PAIRS}; ask with format=csv, which streams any number",
            found.pairs()
        );
        return Err(QueryError::field("destinations", problem));
    }
    let keys = found.columns.keys();
    let mut rows = Vec::new();
    found.for_each(limits, |pairs| {
        for (target, values) in pairs.targets.iter().zip(pairs.values.chunks(keys.len())) {
            let (from, to) = found.ends(pairs.start, *target as usize);
            let mut row = Row::new();
            row.insert("from".into(), json!(found.origins[from]));
            row.insert("to".into(), json!(found.destinations[to]));
            for (key, value) in keys.iter().zip(values) {
                let value = match found.columns {
                    Columns::Metres => json!(value.map(|mm| f64::from(mm) / 1000.0)),
                    _ => json!(value),
                };
                row.insert(key.clone(), value);
            }
            rows.push(row);
        }
        limits.allow(rows.len() as u64 * 512)
    })?;
    rows.extend(found.lost_rows());
    let mut left_out = LeftOut::default();
    for (side, lost) in ENDS.into_iter().zip(&found.lost) {
        left_out.add_missing(side, found.ruler.unmeasurable().key(), lost.len() as u64);
    }
    let used = found.used.iter().copied();
    let mut provenance = Provenance::of(city, query.period.as_ref(), None, used);
    provenance.inputs.extend(found.ruler.input());
    Ok(Answer {
        query: json!(query),
        definition: definition(
            city,
            found.ruler.question("travel_times", "travel_times_walk"),
        ),
        provenance,
        rows,
        totals: Row::new(),
        left_out,
    })
}
