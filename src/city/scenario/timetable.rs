//! What becomes of a timetable when a station moves or goes.

use std::sync::Arc;

use super::apply::Step;
use crate::{
    city::{City, LoadedLayer, Transit},
    index::FeatureRef,
    transit::Schedule,
};

/// The city in which no vehicle calls at a station that is gone.
pub(super) fn close(at: &Step<'_>, city: City, loaded: &LoadedLayer, feature: FeatureRef) -> City {
    changed(at, city, loaded, feature, |schedule, stop| {
        schedule.passing(stop)
    })
}

/// The city in which vehicles call at a station where it stands now.
pub(super) fn follow(
    at: &Step<'_>,
    city: City,
    (loaded, feature): (&LoadedLayer, FeatureRef),
    place: (f64, f64),
) -> City {
    changed(at, city, loaded, feature, |schedule, stop| {
        schedule.with_stop_at(stop, place)
    })
}

/// `feature` is a station as it was; other layers have no stops.
fn changed(
    at: &Step<'_>,
    city: City,
    loaded: &LoadedLayer,
    feature: FeatureRef,
    change: impl FnOnce(&Schedule, u32) -> Schedule,
) -> City {
    let index = &loaded.index;
    let Some(transit) = city.transit().filter(|_| loaded.layer().id == *"stations") else {
        return city;
    };
    let schedule = &transit.schedule;
    let Some(stop) = schedule.stop_of(index.id(feature), index.place(feature)) else {
        return city;
    };
    let transit = Transit::new(
        Arc::new(change(schedule, stop)),
        transit.period.clone(),
        transit.record.clone(),
        at.version(transit.version),
        transit.streets().cloned(),
    );
    city.with_transit(Some(Arc::new(transit)))
}
