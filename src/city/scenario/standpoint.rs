use std::sync::Arc;

use super::{Change, Edit};
use crate::{
    city::City,
    domain::{AreaCode, Layer, LayerKind},
};

/// What the city is to whoever reads it (方案所属视角): a scenario belongs to the standpoint that it
/// was made from, for its edits and texts hold the numbers that were read there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standpoint(Arc<str>);

/// Of scenarios of which only is known that some part of the city was exact to their makers.
const UNKNOWN: &str = "scope ?";

impl Standpoint {
    /// The city that the home itself holds. All scenarios are read from here.
    pub fn own() -> Self {
        Standpoint("".into())
    }

    /// The published city of rounded counts.
    pub fn published() -> Self {
        Standpoint("published".into())
    }

    /// The published city with exact counts in these areas; their order does not matter.
    pub fn within(scope: &[AreaCode]) -> Self {
        let mut codes: Vec<&str> = scope.iter().map(AreaCode::as_str).collect();
        codes.sort_unstable();
        codes.dedup();
        Standpoint(format!("scope {}", codes.join(" ")).into())
    }

    /// As it is kept with a scenario.
    pub fn name(&self) -> &str {
        &self.0
    }

    fn is_own(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn sees(&self, reading: &str) -> bool {
        self.is_own() || *self.0 == *reading
    }

    pub(super) fn changes(&self, reading: &str) -> bool {
        *self.0 == *reading
    }

    /// A scenario that nobody can change any more is removed from where all are read.
    pub(super) fn removes(&self, reading: &str) -> bool {
        self.changes(reading) || (self.is_own() && reading == UNKNOWN)
    }
}

/// How a scenario of unknown makers is kept.
pub(super) fn unknown_reading() -> &'static str {
    UNKNOWN
}

/// Whether an edit tells of a layer that `base` leaves out for whoever reads it.
pub(super) fn is_withheld(base: &City, edit: &Edit) -> bool {
    if !base.catalog().layers().any(|layer| base.hides(layer)) {
        return false;
    }
    let mut layers = base.catalog().layers();
    layers.any(|layer| base.hides(layer) && touches(&edit.change, layer))
}

/// Whether an edit names a layer or adds to it.
fn touches(change: &Change, layer: &Layer) -> bool {
    let named = match change {
        Change::Add(change) => &change.layer,
        Change::Move(change) => &change.layer,
        Change::Alter(change) => &change.layer,
        Change::Remove(change) => &change.layer,
        Change::Grow(change) => &change.layer,
        Change::MoveJobs(change) => &change.layer,
        Change::Station(change) => {
            let mut attributes = layer.attributes.iter();
            let refers = attributes.any(|a| a.refers_to.as_ref() == Some(&change.layer));
            if refers && !change.entrances.is_empty() {
                return true;
            }
            &change.layer
        }
        Change::Line(_) => return layer.kind == LayerKind::Station,
        Change::Street(_) => return false,
    };
    *named == layer.id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_the_same_in_any_order_and_no_other() {
        let codes = |all: &[&str]| {
            let codes = all.iter().map(|code| code.parse().expect("a code"));
            Standpoint::within(&codes.collect::<Vec<_>>())
        };
        let both = codes(&["440104", "440103", "440104"]);
        assert_eq!(both, codes(&["440103", "440104"]));
        assert!(!both.sees(codes(&["440103"]).name()));
        assert!(!codes(&["440103"]).sees(both.name()));
        assert!(!both.sees("") && !both.sees("published") && !both.sees(UNKNOWN));
        let own = Standpoint::own();
        assert!(own.sees(both.name()) && own.sees(UNKNOWN) && !own.changes(both.name()));
        assert!(own.removes(UNKNOWN) && !own.removes(both.name()) && !both.removes(UNKNOWN));
    }
}
