use super::Supply;
use crate::{
    analysis::access::{Decay, Floating},
    city::LoadedLayer,
    query::{
        Limits, QueryError, Ruler,
        access::{Costs, Offer},
    },
};

/// What the homes of a city have within reach of one service.
pub(in crate::query) struct Reached {
    /// Whether any facility is.
    pub covered: Vec<bool>,
    /// Whether one of unknown capacity is: what the home has is then unknown too.
    pub is_unknown: Vec<bool>,
    /// Capacity per person, shared with all who reach the same facilities, across every border.
    pub per_person: Vec<f64>,
}

/// How far a service is measured, in the unit of its norm.
pub(in crate::query) struct Way<'r, 'c> {
    pub ruler: &'r Ruler<'c>,
    pub cutoff: f64,
    /// Whether ways are searched from the homes, which alone know when people set out.
    pub is_from_homes: bool,
}

/// Measures one service to every home, in the order of its index; `people` share the capacity.
///
/// # Errors
/// A cutoff that is no distance; more than the memory; nobody waits any longer.
pub(in crate::query) fn reach(
    way: &Way<'_, '_>,
    homes: &LoadedLayer,
    people: &[Option<i64>],
    supply: &Supply,
    limits: &Limits,
) -> Result<Reached, QueryError> {
    let count = homes.index.features() as usize;
    limits.allow(count as u64 * 26)?;
    let cost = way.ruler.cost("services", way.cutoff)?;
    let facilities = supply.facilities.iter();
    let offer = Offer::given(
        supply.loaded.clone(),
        facilities.map(|f| (f.feature, f.start.clone(), f.capacity.unwrap_or(0.0))),
    );
    let costs = Costs {
        ruler: way.ruler,
        limits,
        places: homes,
        offer: &offer,
        is_from_places: way.is_from_homes,
        cutoff: cost,
    };
    let wanted: Vec<f64> = people.iter().map(|p| p.unwrap_or(0) as f64).collect();
    let decay = Decay::within(way.cutoff);
    let mut reached = Reached {
        covered: vec![false; count],
        is_unknown: vec![false; count],
        per_person: Vec::new(),
    };
    let mut floating = Floating::new(count);
    costs.for_each(|matrix, some| {
        for (row, facility) in some.clone().enumerate() {
            let is_unknown = supply.facilities[facility].capacity.is_none();
            for place in matrix.row(row).places {
                reached.covered[*place as usize] = true;
                reached.is_unknown[*place as usize] |= is_unknown;
            }
        }
        floating.add_competitive(matrix, &wanted, &offer.supply[some], &decay);
    })?;
    reached.per_person = floating.access;
    Ok(reached)
}
