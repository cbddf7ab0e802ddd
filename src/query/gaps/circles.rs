use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;
use serde::Serialize;

use super::{
    Zones,
    count::Known,
    cover::{Base, Side},
    demand::People,
    pieces::{Pieces, level_word},
    reached::Reached,
};
use crate::{
    city::{Part, PartKey},
    domain::{LifeCircle, NormItem, NormSet, Reason, Title},
    query::people::share,
};

/// A life circle in an area (生活圈达标): who has all of its required services within reach. Levels
/// do not contain one another; each is tested by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CircleRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    /// Minutes.
    pub circle: u32,
    pub title: Title,
    pub residents: Option<i64>,
    /// Residents with every tested service within its service radius.
    pub straight_covered: Option<i64>,
    pub straight_share_covered: Option<f64>,
    /// Residents with every tested service within its walk.
    pub network_covered: Option<i64>,
    pub network_share_covered: Option<f64>,
    pub reason: Option<Reason>,
    pub network_reason: Option<Reason>,
}

/// Which services of a circle were tested, and which could not be.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CircleServices {
    pub circle: u32,
    pub tested: Vec<String>,
    /// No layer, none of the kind in the whole city, or no radius in the norm: nobody knows who
    /// has these.
    pub untested: Vec<String>,
}

/// Gathers, service by service, who has all of a circle.
#[derive(Default)]
pub(super) struct Circles {
    found: BTreeMap<u32, Circle>,
}

#[derive(Default)]
struct Circle {
    /// What homes have of each service that was measured so.
    straight: Vec<Reached>,
    network: Vec<Reached>,
    services: CircleServices,
}

/// The residents in each piece of a cell who have all of a circle.
struct CellCircle(Box<[Known]>);

impl Part for CellCircle {
    fn heap_bytes(&self) -> usize {
        size_of_val(&*self.0)
    }
}

impl Circles {
    /// Adds a required item of a circle with the homes that have it; none where it was not measured.
    pub fn add(&mut self, item: &NormItem, straight: Option<&Reached>, network: Option<&Reached>) {
        let Some(minutes) = item.circle.filter(|_| item.required) else {
            return;
        };
        let circle = self.found.entry(minutes).or_default();
        circle.services.circle = minutes;
        let id = item.id.to_string();
        match straight {
            Some(_) => circle.services.tested.push(id),
            None => circle.services.untested.push(id),
        }
        circle.straight.extend(straight.cloned());
        circle.network.extend(network.cloned());
    }

    /// One row for each circle and area, the largest circle first, and what was tested.
    pub fn rows(
        self,
        set: &NormSet,
        base: &Base<'_>,
        zones: &Zones<'_>,
    ) -> (Vec<CircleRow>, Vec<CircleServices>) {
        let (mut rows, mut services) = (Vec::new(), Vec::new());
        let residents = base.residents.as_ref().filter(|_| !self.found.is_empty());
        let all = residents.map(|people| zones.people(people));
        for (minutes, circle) in self.found.into_iter().rev() {
            let title = set.circles.iter().find(|known| known.minutes == minutes);
            let title =
                title.map_or_else(Title::default, |circle: &LifeCircle| circle.title.clone());
            let sums = |services: &[Reached]| {
                let residents = residents.filter(|_| !services.is_empty())?;
                Some(with_all(services, residents, zones))
            };
            let (straight, network) = (sums(&circle.straight), sums(&circle.network));
            for zone in zones.asked() {
                let (name, name_en) = zones.name(zone);
                let mut row = CircleRow {
                    code: zones.code(zone),
                    name,
                    name_en,
                    level: zones.level().to_owned(),
                    circle: minutes,
                    title: title.clone(),
                    residents: all.as_ref().and_then(|all| all.sums[zone]),
                    ..CircleRow::default()
                };
                row.write(
                    Side::Straight,
                    straight.as_ref().and_then(|sums| sums[zone]),
                );
                row.write(Side::Network, network.as_ref().and_then(|sums| sums[zone]));
                if network.is_none() && straight.is_some() {
                    row.network_reason = Some(Reason::NoStreets);
                }
                rows.push(row);
            }
            services.push(circle.services);
        }
        (rows, services)
    }
}

/// The residents of every zone who have all of some services.
fn with_all(services: &[Reached], residents: &People, zones: &Zones<'_>) -> Vec<Option<i64>> {
    let loaded = &*residents.loaded;
    let level = zones.level_at(loaded);
    let cells = loaded.index.cells().par_iter().enumerate();
    let cells = cells.map(|(number, cell)| {
        let of_cell = || services.iter().map(|service| &*service.0[number].covered);
        let key = PartKey::new("circle").with_all(residents.key());
        let key = key.with(level_word(level)).with(cell.serial());
        let key = key.with_all(of_cell().map(|service| service.serial));
        zones.parts().find_or_make(key, || {
            let pieces = Pieces::of(cell, level);
            let mut found = vec![Known::default(); pieces.len()];
            for (row, people) in residents.in_cell(cell).enumerate() {
                let has_all = of_cell().all(|service| service.covers(row));
                let people = people.map(|people| if has_all { people } else { 0 });
                found[pieces.at(row)].add(people);
            }
            CellCircle(found.into())
        })
    });
    let cells: Vec<Arc<CellCircle>> = cells.collect();
    let pieces = cells.iter().map(|cell| &*cell.0);
    let sums = zones.sums_of_pieces(loaded, pieces, Known::default, Known::add_all);
    sums.iter().map(Known::sum).collect()
}

impl CircleRow {
    fn write(&mut self, side: Side, covered: Option<i64>) {
        let found = share(covered, self.residents, Reason::NoPopulation);
        match side {
            Side::Straight => {
                self.straight_covered = covered;
                self.straight_share_covered = found.ok();
                self.reason = found.err();
            }
            Side::Network => {
                self.network_covered = covered;
                self.network_share_covered = found.ok();
                self.network_reason = found.err();
            }
        }
    }
}
