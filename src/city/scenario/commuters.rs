//! Commuters who follow their jobs.

use std::sync::Arc;

use super::{
    apply::Step,
    jobs::{AreaShift, Shift},
};
use crate::{
    analysis::apportion,
    city::{City, LoadedFlows},
    domain::{Flow, FlowPlace, Flows},
};

/// The city with the commuters of jobs that moved working where these are now: as many commuters of
/// an area as the share of its jobs that left, from every home in proportion, to the areas that
/// gained jobs in proportion. How many live anywhere, and all commuters, stay as they are.
pub(super) fn follow(at: &Step<'_>, city: City, shift: &Shift) -> City {
    let mut all: Vec<Arc<LoadedFlows>> = city.all_flows().cloned().collect();
    for (level, of_level) in &shift.levels {
        let Some(loaded) = at.city.flows(level.as_str(), shift.period.as_ref()) else {
            continue;
        };
        let Some(flows) = shifted(&loaded.flows, of_level) else {
            continue;
        };
        let fresh = LoadedFlows {
            level: loaded.level.clone(),
            period: loaded.period.clone(),
            flows,
            record: loaded.record.clone(),
            version: at.version(loaded.version),
        };
        let same = |other: &&mut Arc<LoadedFlows>| Arc::ptr_eq(other, loaded);
        if let Some(slot) = all.iter_mut().find(same) {
            *slot = Arc::new(fresh);
        }
    }
    city.with_flows(all)
}

/// The flows after jobs left some areas for others; `None` where nobody moves.
fn shifted(flows: &Flows, shift: &AreaShift) -> Option<Flows> {
    let places = flows.places();
    let rows: Vec<_> = flows.iter().collect();
    let mut leaving = vec![0; rows.len()];
    for (code, (lost, all)) in &shift.lost {
        let to_it = |at: &usize| {
            let place = &places[rows[*at].destination];
            !place.is_outside && place.code.as_str() == code
        };
        let own: Vec<usize> = (0..rows.len()).filter(to_it).collect();
        let commuters: Vec<i64> = own.iter().map(|at| rows[*at].commuters).collect();
        let sum: i64 = commuters.iter().sum();
        let share = share(sum, *lost, *all);
        let Ok(shares) = apportion(share, &commuters) else {
            continue;
        };
        for (at, share) in own.into_iter().zip(shares) {
            leaving[at] = share;
        }
    }
    let total: i64 = leaving.iter().sum();
    let gained: Vec<i64> = shift.gained.values().copied().collect();
    let mut room = match total {
        0 => return None,
        total => apportion(total, &gained).ok()?,
    };
    let mut fresh: Vec<Flow> = Vec::with_capacity(rows.len() + gained.len());
    let mut left = total;
    for (row, leaving) in rows.iter().zip(leaving) {
        let flow = |destination: FlowPlace, commuters: i64| Flow {
            origin: places[row.origin].clone(),
            destination,
            mode: row.mode.map(Into::into),
            sector: row.sector.map(Into::into),
            commuters,
        };
        if row.commuters > leaving || leaving == 0 {
            let stay = row.commuters - leaving;
            fresh.push(flow(places[row.destination].clone(), stay));
        }
        // In proportion to the room that is left: no share exceeds it, and the last row fills it.
        debug_assert_eq!(room.iter().sum::<i64>(), left);
        let shares = apportion(leaving, &room).unwrap_or_default();
        for ((code, share), room) in shift.gained.keys().zip(shares).zip(&mut room) {
            *room -= share;
            if share > 0
                && let Ok(code) = code.parse()
            {
                let is_outside = false;
                fresh.push(flow(FlowPlace { code, is_outside }, share));
            }
        }
        left -= leaving;
    }
    Some(Flows::sum(fresh))
}

/// The commuters of `lost` of `all` jobs, rounded half up, never more than there are.
fn share(commuters: i64, lost: i64, all: i64) -> i64 {
    if all <= 0 {
        return 0;
    }
    let (wide, lost, all) = (i128::from(commuters), i128::from(lost), i128::from(all));
    (((2 * wide * lost + all) / (2 * all)) as i64).min(commuters)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn flow(origin: usize, destination: usize, commuters: i64) -> Flow {
        let place = |at: usize| FlowPlace {
            code: format!("a{at}").parse().expect("a code"),
            is_outside: false,
        };
        Flow {
            origin: place(origin),
            destination: place(destination),
            mode: None,
            sector: None,
            commuters,
        }
    }

    fn by_destination(flows: &Flows) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        for row in flows.iter() {
            *sums
                .entry(flows.places()[row.destination].code.to_string())
                .or_default() += row.commuters;
        }
        sums
    }

    fn by_origin(flows: &Flows) -> BTreeMap<String, i64> {
        let mut sums = BTreeMap::new();
        for row in flows.iter() {
            *sums
                .entry(flows.places()[row.origin].code.to_string())
                .or_default() += row.commuters;
        }
        sums
    }

    proptest! {
        #[test]
        fn homes_stay_and_workplaces_change_by_what_moved(
            trips in prop::collection::vec(0..500i64, 25),
            lost in prop::collection::vec(1..40i64, 2),
            gained in prop::collection::vec(1..30i64, 2),
        ) {
            let flows = Flows::sum((0..25).map(|at| flow(at / 5, at % 5, trips[at])));
            let jobs = |area: usize| (0..5).map(|home| trips[home * 5 + area]).sum::<i64>();
            prop_assume!((0..2).all(|area| jobs(area) >= lost[area]));
            // As many jobs arrive as leave.
            let gained = apportion(lost[0] + lost[1], &gained).unwrap();
            let shift = AreaShift {
                lost: (0..2).map(|at| (format!("a{at}"), (lost[at], jobs(at)))).collect(),
                gained: (0..2).map(|at| (format!("a{}", at + 3), gained[at])).collect(),
            };
            let after = shifted(&flows, &shift).expect("somebody moves");
            prop_assert_eq!(after.commuters(), flows.commuters());
            let none = |sums: BTreeMap<String, i64>| -> BTreeMap<String, i64> {
                sums.into_iter().filter(|(_, sum)| *sum > 0).collect()
            };
            prop_assert_eq!(none(by_origin(&after)), none(by_origin(&flows)));
            let (before, now) = (by_destination(&flows), by_destination(&after));
            for area in 0..5 {
                let code = format!("a{area}");
                let change = now.get(&code).unwrap_or(&0) - before.get(&code).unwrap_or(&0);
                let wanted = match area {
                    0 | 1 => -lost[area],
                    3 | 4 => gained[area - 3],
                    _ => 0,
                };
                prop_assert_eq!(change, wanted, "{}", code);
            }
        }
    }
}
