//! Which dates a question may ask about.

use super::QueryError;
use crate::{
    city::City,
    domain::{Layer, Period},
};

/// Checks that the city knew anything at or before `period`; without one it is asked about now.
///
/// # Errors
/// [`QueryError::NoPeriod`] with the reference dates that there are.
pub(super) fn check_period(city: &City, period: Option<&Period>) -> Result<(), QueryError> {
    let Some(asked) = period else {
        return Ok(());
    };
    let mut features = city.layers_at(period).filter(|l| !l.layer().is_area());
    // A city of areas alone, or without any data, has nothing to name a date by.
    let known = dates(city, |layer| !layer.is_area());
    match known.is_empty() || features.next().is_some() {
        true => Ok(()),
        false => Err(no_period("the city", asked, known)),
    }
}

/// Why a layer has no state at or before `period`: there is no such layer, or it holds later ones
/// alone.
pub fn no_state(city: &City, layer: &str, period: Option<&Period>) -> QueryError {
    let known = dates(city, |known| known.id == *layer);
    match (period, known.is_empty()) {
        (Some(asked), false) => no_period(layer, asked, known),
        _ => QueryError::NotFound {
            what: "layer",
            name: layer.chars().take(64).collect(),
        },
    }
}

fn no_period(what: &str, asked: &Period, known: Vec<Period>) -> QueryError {
    QueryError::NoPeriod {
        what: what.to_owned(),
        asked: asked.clone(),
        known,
    }
}

/// The reference dates of the layers that fit, oldest first.
fn dates(city: &City, fits: impl Fn(&Layer) -> bool) -> Vec<Period> {
    let states = city.all_states().filter(|l| fits(l.layer()));
    let mut known: Vec<Period> = states.map(|l| l.index.period().clone()).collect();
    known.sort_unstable();
    known.dedup();
    known
}
