use super::City;
use crate::transit::Schedule;

/// How the stops of a timetable lie in a city; each list holds ids of stops that trips call at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopFit {
    /// Outside the bounds of everything the city holds.
    pub outside: Vec<String>,
    /// Within them, but too far from every walking street to be reached on foot; `None` where
    /// the city has no streets.
    pub off_streets: Option<Vec<String>>,
}

impl StopFit {
    pub fn of(city: &City, schedule: &Schedule) -> Self {
        let mut is_called = vec![false; schedule.stops.len()];
        for call in schedule.trips.iter().flat_map(|trip| &trip.calls) {
            is_called[call.stop as usize] = true;
        }
        let bounds = city.bounds();
        let mut fit = StopFit {
            off_streets: city.streets("walk").map(|_| Vec::new()),
            ..StopFit::default()
        };
        for (stop, _) in schedule.stops.iter().zip(is_called).filter(|stop| stop.1) {
            let Some((lon, lat)) = stop.lon_lat else {
                continue;
            };
            if bounds.is_some_and(|bounds| !bounds.contains(lon, lat)) {
                fit.outside.push(stop.id.clone());
            } else if let (Some(streets), Some(off_streets)) =
                (city.streets("walk"), &mut fit.off_streets)
                && streets.snap(lon, lat).is_none()
            {
                off_streets.push(stop.id.clone());
            }
        }
        fit
    }
}
