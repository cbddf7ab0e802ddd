use std::sync::Arc;

use super::{
    Zones,
    count::{Need, sums_by_zone},
    demand::People,
    reached::{Asked, Piece, Reached, Way, reach},
    row::GapRow,
    supply::Supply,
};
use crate::{
    city::LoadedLayer,
    domain::Reason,
    query::{Denominator, Limits, QueryError, coverage::served_land, people::share},
};

/// What coverage is a share of, home by home or plot by plot.
pub(super) struct Base<'c> {
    pub denominator: Denominator,
    /// All residents, for whom coverage by population counts.
    pub residents: Option<People>,
    /// The plots of land, where that is the denominator.
    pub plots: Option<&'c Arc<LoadedLayer>>,
    /// The zone of each plot.
    pub plot_zones: Arc<Vec<Option<u32>>>,
}

/// Coverage of the zones by one way of measuring.
#[derive(Clone, Debug, Default)]
pub(super) struct Coverage {
    /// Covered and total in each zone.
    pub zones: Vec<(Option<i64>, Option<i64>)>,
    /// Those of the demand who are not covered, in each zone.
    pub people_uncovered: Vec<Option<i64>>,
    pub missing: Option<Reason>,
    /// Which homes of the residents are covered, where homes were measured to.
    pub homes: Option<Reached>,
}

impl Coverage {
    pub fn none(zones: usize, reason: Reason) -> Self {
        Coverage {
            zones: vec![(None, None); zones],
            people_uncovered: vec![None; zones],
            missing: Some(reason),
            homes: None,
        }
    }
}

/// What is shared of a capacity across borders in each zone: capacity times people who could have
/// it, people, people below the norm.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shared {
    pub offered: f64,
    pub people: i64,
    pub below: Option<i64>,
    /// People who reach a facility of unknown capacity.
    pub unknown: i64,
}

/// Measures the coverage of one service, and what the people of its demand share of it.
pub(super) fn cover(
    base: &Base<'_>,
    zones: &Zones<'_>,
    way: &Way<'_, '_>,
    supply: &Supply,
    people: Option<&People>,
    need: &Need,
    limits: &Limits,
) -> Result<(Coverage, Vec<Shared>), QueryError> {
    let homes = people.or(base.residents.as_ref());
    // Coverage counts residents at the homes that were measured to.
    let is_same = |residents: &&People| {
        homes.is_some_and(|homes| Arc::ptr_eq(&residents.loaded, &homes.loaded))
    };
    let measure = |homes: &People, counted, wanted| {
        let asked = Asked {
            homes: &homes.loaded,
            counted,
            denominator: base.denominator,
            wanted,
            norm: need.norm().ok(),
        };
        let reached = reach(way, &asked, zones, supply, limits)?;
        let by_zone = reached.by_zone(zones, &asked);
        Ok::<_, QueryError>((reached, by_zone))
    };
    let counted = base.residents.as_ref().filter(is_same);
    let found = homes.map(|homes| measure(homes, counted, people));
    let (reached, pieces) = found.transpose()?.unzip();
    let again;
    let of_residents = match (counted, base.residents.as_ref()) {
        (None, Some(residents)) if !base.denominator.is_land() => {
            again = measure(residents, Some(residents), None)?.1;
            Some(&again)
        }
        _ => pieces.as_ref().filter(|_| counted.is_some()),
    };
    let mut coverage = Coverage {
        people_uncovered: vec![None; zones.len()],
        homes: reached.filter(|_| counted.is_some()),
        ..of_denominator(base, zones, way, supply, of_residents, limits)?
    };
    let mut shared = vec![Shared::default(); zones.len()];
    if let (Some(_), Some(pieces)) = (people, pieces) {
        coverage.people_uncovered = pieces.iter().map(|p| p.covered.uncovered.sum()).collect();
        shared = pieces.iter().map(|piece| piece.shared).collect();
    }
    Ok((coverage, shared))
}

fn of_denominator(
    base: &Base<'_>,
    zones: &Zones<'_>,
    way: &Way<'_, '_>,
    supply: &Supply,
    of_residents: Option<&Vec<Piece>>,
    limits: &Limits,
) -> Result<Coverage, QueryError> {
    let none = || Coverage::none(zones.len(), base.denominator.missing());
    if base.denominator.is_land() {
        let Some(plots) = base.plots else {
            return Ok(none());
        };
        let cost = way.ruler.cost("services", way.cutoff)?;
        let starts = &supply.facilities.starts;
        let parts = served_land(way.ruler, plots, starts, cost, limits)?;
        let sums = |pick: fn(&(i64, i64)) -> i64| {
            let values = parts.iter().map(|part| Some(pick(part)));
            sums_by_zone(zones.len(), &base.plot_zones, values)
        };
        let (covered, total) = (sums(|part| part.0), sums(|part| part.1));
        return Ok(Coverage {
            zones: covered.into_iter().zip(total).collect(),
            ..Coverage::default()
        });
    }
    let Some(pieces) = of_residents else {
        return Ok(none());
    };
    let pieces = pieces.iter();
    Ok(Coverage {
        zones: pieces
            .map(|piece| (piece.covered.covered.sum(), piece.covered.total.sum()))
            .collect(),
        ..Coverage::default()
    })
}

impl Shared {
    /// Adds the people of a home with what each of them is offered, unknown where they reach a
    /// facility of unknown capacity.
    pub fn add_home(&mut self, people: i64, offered: Option<f64>, norm: Option<f64>) {
        let Some(offered) = offered else {
            self.unknown += people;
            return;
        };
        self.offered += people as f64 * offered;
        self.people += people;
        // Just as much as the norm asks is enough, whatever the last bit says.
        if let (Some(below), Some(norm)) = (&mut self.below, norm)
            && offered < norm * (1.0 - 1e-9)
        {
            *below += people;
        }
    }

    pub fn add(&mut self, other: &Shared) {
        self.offered += other.offered;
        self.people += other.people;
        self.unknown += other.unknown;
        self.below = self.below.zip(other.below).map(|(a, b)| a + b);
    }

    /// Puts capacity for each 1,000 and the share below the norm into a row.
    pub fn write(&self, row: &mut GapRow, has_people: bool) {
        if self.people > 0 {
            let people = self.people as f64;
            row.shared_per_1000 = Some(self.offered / people * 1000.0);
            row.share_below_norm = self.below.map(|below| below as f64 / people);
            row.shared_reason = match self.below {
                None => Some(Reason::SetByCity),
                Some(_) => None,
            };
            return;
        }
        row.shared_reason = Some(match (has_people, self.unknown) {
            (false, _) => Reason::NoData,
            (true, 0) => Reason::NoPopulation,
            _ => Reason::CapacityIncomplete,
        });
    }
}

/// Which of the two ways of measuring a coverage belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Straight,
    Network,
}

impl Coverage {
    /// Puts the coverage of a zone into a row.
    pub fn write(&self, row: &mut GapRow, zone: usize, side: Side, denominator: Denominator) {
        let (covered, total) = self.zones[zone];
        row.total = row.total.or(total);
        self.write_sums(
            row,
            covered,
            total,
            self.people_uncovered[zone],
            side,
            denominator,
        );
    }

    pub fn write_sums(
        &self,
        row: &mut GapRow,
        covered: Option<i64>,
        total: Option<i64>,
        people_uncovered: Option<i64>,
        side: Side,
        denominator: Denominator,
    ) {
        let found = match self.missing {
            Some(reason) => Err(reason),
            None => share(covered, total, Reason::NoPopulation).map_err(|reason| match reason {
                Reason::NoData => denominator.missing(),
                other => other,
            }),
        };
        let uncovered = covered.zip(total).map(|(covered, total)| total - covered);
        let (reason, found) = (found.err(), found.ok());
        match side {
            Side::Straight => {
                row.straight_covered = covered;
                row.straight_uncovered = uncovered;
                row.straight_share_covered = found;
                row.straight_demand_uncovered = people_uncovered;
                row.straight_reason = reason;
            }
            Side::Network => {
                row.network_covered = covered;
                row.network_uncovered = uncovered;
                row.network_share_covered = found;
                row.network_demand_uncovered = people_uncovered;
                row.network_reason = reason;
            }
        }
    }
}
