use std::collections::BTreeMap;
use std::fmt;

/// What was found in the feeds, in plain words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedReport {
    pub stops: usize,
    pub trips: usize,
    pub calls: usize,
    /// Calls whose blank times were filled between their neighbors.
    pub filled_calls: usize,
    /// Trips that somewhere pass 200 km/h in a straight line.
    pub too_fast_trips: usize,
    /// Platforms at which no trip calls.
    pub unused_stops: usize,
    /// First and last date with service, and the number of dates in between that have it.
    pub service: Option<(String, String, usize)>,
    /// Rows left out: reason, how many, and the first of them.
    pub left_out: BTreeMap<String, (usize, String)>,
}

impl FeedReport {
    pub(super) fn leave_out(&mut self, reason: &str, place: String) {
        self.left_out
            .entry(reason.to_owned())
            .or_insert((0, place))
            .0 += 1;
    }
}

impl fmt::Display for FeedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            stops,
            trips,
            calls,
            filled_calls,
            too_fast_trips,
            unused_stops,
            ..
        } = self;
        writeln!(f, "{stops} stops, {trips} trips, {calls} calls")?;
        if let Some((from, until, days)) = &self.service {
            writeln!(f, "service on {days} dates from {from} to {until}")?;
        }
        for (count, what) in [
            (filled_calls, "blank times filled"),
            (too_fast_trips, "trips faster than 200 km/h somewhere"),
            (unused_stops, "platforms without any trip"),
        ] {
            if *count > 0 {
                writeln!(f, "{count} {what}")?;
            }
        }
        for (reason, (count, first)) in &self.left_out {
            writeln!(f, "{count} left out: {reason} (first: {first})")?;
        }
        Ok(())
    }
}
