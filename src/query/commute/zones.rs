//! The flows of a city between the areas of one level.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    analysis::commute::{Containment, Trip, containment},
    city::{Area, City, LoadedFlows},
    domain::{LevelId, Period},
};

/// Flows told by the areas that they begin and end in.
pub struct ZonedFlows<'c> {
    pub loaded: &'c Arc<LoadedFlows>,
    /// The areas of the level by code.
    pub areas: &'c [Area],
    /// Between areas, in their order, each pair once.
    pub trips: Vec<Trip>,
    /// By area: who lives there and works outside the city.
    pub leaving: Vec<i64>,
    /// By area: who works there and lives outside the city.
    pub entering: Vec<i64>,
    /// Rows with an end in the city that lies in no area of the level.
    pub unplaced: u64,
}

/// Commuters of one area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Who lives and works there.
    pub inside: i64,
    /// Who lives there and works elsewhere, outside the city included.
    pub out: i64,
    /// Who works there and lives elsewhere, outside the city included.
    pub into: i64,
}

impl Ends {
    pub fn containment(self) -> Containment {
        containment(self.inside, self.out, self.into)
    }
}

impl<'c> ZonedFlows<'c> {
    /// The flows of `level`, else those of the smallest level whose areas lie in areas of `level`;
    /// only those of `mode` where one is given. `None` where the city has no such flows.
    pub fn of(
        city: &'c City,
        level: &str,
        period: Option<&Period>,
        mode: Option<&str>,
    ) -> Option<Self> {
        let levels = city.catalog().levels();
        let own = levels.iter().position(|known| *known == *level)?;
        let smaller = levels[own + 1..].iter().rev();
        let mut candidates = std::iter::once(&levels[own]).chain(smaller);
        let loaded = candidates.find_map(|level| city.flows(level.as_str(), period))?;
        let areas = city.areas().at(level, period);
        let flows = &loaded.flows;
        let places = flows.places().iter();
        let place_areas: Vec<Option<usize>> = places
            .map(|place| match place.is_outside {
                true => None,
                false => area_of(city, &loaded.level, place.code.as_str(), level, period),
            })
            .collect();
        let mut sums: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        let (mut leaving, mut entering) = (vec![0; areas.len()], vec![0; areas.len()]);
        let mut unplaced = 0;
        let is_unplaced =
            |place: usize| !flows.places()[place].is_outside && place_areas[place].is_none();
        for row in flows.iter() {
            if mode.is_some() && row.mode != mode {
                continue;
            }
            if is_unplaced(row.origin) || is_unplaced(row.destination) {
                unplaced += 1;
                continue;
            }
            match (place_areas[row.origin], place_areas[row.destination]) {
                (Some(origin), Some(destination)) => {
                    *sums.entry((origin, destination)).or_default() += row.commuters;
                }
                (Some(origin), None) => leaving[origin] += row.commuters,
                (None, Some(destination)) => entering[destination] += row.commuters,
                (None, None) => {}
            }
        }
        let trips = sums
            .into_iter()
            .map(|((origin, destination), commuters)| Trip {
                origin,
                destination,
                commuters,
            })
            .collect();
        Some(ZonedFlows {
            loaded,
            areas,
            trips,
            leaving,
            entering,
            unplaced,
        })
    }

    /// The commuters of every area, in the order of the areas.
    pub fn ends(&self) -> Vec<Ends> {
        let mut ends: Vec<Ends> = self
            .leaving
            .iter()
            .zip(&self.entering)
            .map(|(&out, &into)| Ends {
                inside: 0,
                out,
                into,
            })
            .collect();
        for trip in &self.trips {
            if trip.origin == trip.destination {
                ends[trip.origin].inside += trip.commuters;
            } else {
                ends[trip.origin].out += trip.commuters;
                ends[trip.destination].into += trip.commuters;
            }
        }
        ends
    }
}

/// The sums over areas; a commuter between two of them is out of one and into the other.
pub fn total(ends: impl IntoIterator<Item = Ends>) -> Ends {
    ends.into_iter().fold(Ends::default(), |sum, ends| Ends {
        inside: sum.inside + ends.inside,
        out: sum.out + ends.out,
        into: sum.into + ends.into,
    })
}

/// Where the area of `level` that holds the area `code` of level `own` stands among its like.
pub(super) fn area_of(
    city: &City,
    own: &LevelId,
    code: &str,
    level: &str,
    period: Option<&Period>,
) -> Option<usize> {
    let areas = city.areas();
    let mut area = areas.find_at(own.as_str(), code, period)?;
    while area.level != *level {
        let parent = area.parent.as_ref()?;
        let levels = city.catalog().levels();
        let larger = levels
            .iter()
            .rev()
            .skip_while(|l| **l != area.level)
            .skip(1);
        area = larger
            .into_iter()
            .find_map(|level| areas.find_at(level.as_str(), parent.as_str(), period))?;
    }
    let places = areas.at(level, period);
    places
        .binary_search_by(|other| other.code.cmp(&area.code))
        .ok()
}
