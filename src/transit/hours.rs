//! From when to when vehicles run on a date (运营时段).

use super::{Schedule, ServiceDate, Summary, Trip};

/// The hours of service of a date; seconds of the service day, may pass 86,400.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// When the first vehicle leaves the first of its stops.
    pub first_departure_s: i32,
    /// When the last vehicle leaves a stop at which one may still board it.
    pub last_departure_s: i32,
    /// When the last vehicle gets to the last of its stops.
    pub last_arrival_s: i32,
}

impl Hours {
    /// Of all runs of a trip; `None` where it never runs.
    fn of_trip(trip: &Trip) -> Option<Hours> {
        let (last, before) = trip.calls.split_last()?;
        let first_s = trip.calls[0].departure_s;
        let own = Hours {
            first_departure_s: first_s,
            last_departure_s: before.last()?.departure_s,
            last_arrival_s: last.arrival_s,
        };
        if trip.headways.is_empty() {
            return Some(own);
        }
        let runs = trip.headways.iter().filter_map(|headway| {
            let until_s = headway.until_s - 1;
            let after_s = until_s.checked_sub(headway.from_s).filter(|s| *s >= 0)?;
            let last_s = headway.from_s + after_s / headway.every_s.max(1) * headway.every_s;
            let late = last_s - first_s;
            Some(Hours {
                first_departure_s: headway.from_s,
                last_departure_s: own.last_departure_s + late,
                last_arrival_s: own.last_arrival_s + late,
            })
        });
        runs.reduce(Hours::together)
    }

    /// Of each service of a schedule, by its number; `None` for one without runs.
    pub(super) fn of_services(schedule: &Schedule) -> Vec<Option<Hours>> {
        let mut hours = vec![None; schedule.services.len()];
        for trip in &schedule.trips {
            let of_service: &mut Option<Hours> = &mut hours[trip.service as usize];
            let both = of_service.iter().copied().chain(Hours::of_trip(trip));
            *of_service = both.reduce(Hours::together);
        }
        hours
    }

    /// From the sooner beginning to the later end.
    pub(super) fn together(self, other: Hours) -> Hours {
        Hours {
            first_departure_s: self.first_departure_s.min(other.first_departure_s),
            last_departure_s: self.last_departure_s.max(other.last_departure_s),
            last_arrival_s: self.last_arrival_s.max(other.last_arrival_s),
        }
    }
}

impl Summary {
    /// The hours of service of a date that has any.
    pub fn hours_on(&self, date: ServiceDate) -> Option<Hours> {
        self.hours.get(&date).copied()
    }
}

/// A time of a service day: `25:30` is half past one of the next night.
pub fn clock(time_s: i32) -> String {
    let sign = if time_s < 0 { "-" } else { "" };
    let time_s = time_s.unsigned_abs();
    let (hours, minutes, seconds) = (time_s / 3600, time_s / 60 % 60, time_s % 60);
    match seconds {
        0 => format!("{sign}{hours:02}:{minutes:02}"),
        _ => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transit::{Call, Headway};

    fn trip(times: &[i32], headways: &[(i32, i32, i32)]) -> Trip {
        let call = |time_s: &i32| Call {
            stop: 0,
            arrival_s: *time_s,
            departure_s: *time_s,
            boards: true,
            alights: true,
        };
        let headway = |&(from_s, until_s, every_s): &(i32, i32, i32)| Headway {
            from_s,
            until_s,
            every_s,
        };
        Trip {
            id: String::new(),
            route: String::new(),
            service: 0,
            calls: times.iter().map(call).collect(),
            headways: headways.iter().map(headway).collect(),
        }
    }

    fn of(trip: &Trip) -> Option<(i32, i32, i32)> {
        let hours = Hours::of_trip(trip)?;
        let Hours {
            first_departure_s,
            last_departure_s,
            last_arrival_s,
        } = hours;
        Some((first_departure_s, last_departure_s, last_arrival_s))
    }

    #[test]
    fn a_trip_can_be_boarded_until_the_stop_before_its_last() {
        assert_eq!(of(&trip(&[100, 160, 400], &[])), Some((100, 160, 400)));
        // From 1,000 before 1,601, every 300: the last one sets out at 1,600.
        let every = trip(&[100, 160, 400], &[(1000, 1601, 300)]);
        assert_eq!(of(&every), Some((1000, 1660, 1900)));
        let until = trip(&[100, 160, 400], &[(1000, 1600, 300), (500, 501, 60)]);
        assert_eq!(of(&until), Some((500, 1360, 1600)));
        // A band that ends before it begins has no run.
        assert_eq!(of(&trip(&[100, 160], &[(1000, 900, 300)])), None);
    }

    #[test]
    fn times_are_written_as_riders_read_them() {
        assert_eq!(clock(39_600), "11:00");
        assert_eq!(clock(91_830), "25:30:30");
        assert_eq!(clock(-60), "-00:01");
    }
}
