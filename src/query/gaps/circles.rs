use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Zones,
    count::sums_by_zone,
    cover::{Base, Side},
};
use crate::{
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
    straight: Option<Vec<bool>>,
    network: Option<Vec<bool>>,
    services: CircleServices,
}

impl Circles {
    /// Adds a required item of a circle with the homes that have it; none where it was not measured.
    pub fn add(&mut self, item: &NormItem, straight: Option<&[bool]>, network: Option<&[bool]>) {
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
        for (all, one) in [
            (&mut circle.straight, straight),
            (&mut circle.network, network),
        ] {
            match (all.as_mut(), one) {
                (_, None) => {}
                (None, Some(one)) => *all = Some(one.to_vec()),
                (Some(all), Some(one)) => all.iter_mut().zip(one).for_each(|(a, o)| *a &= o),
            }
        }
    }

    /// One row for each circle and area, the largest circle first, and what was tested.
    pub fn rows(
        self,
        set: &NormSet,
        base: &Base<'_>,
        zones: &Zones<'_>,
    ) -> (Vec<CircleRow>, Vec<CircleServices>) {
        let (mut rows, mut services) = (Vec::new(), Vec::new());
        let residents = sums_by_zone(
            zones.len(),
            &base.home_zones,
            base.home_people.iter().copied(),
        );
        for (minutes, circle) in self.found.into_iter().rev() {
            let title = set.circles.iter().find(|known| known.minutes == minutes);
            let title =
                title.map_or_else(Title::default, |circle: &LifeCircle| circle.title.clone());
            let sums = |flags: &Option<Vec<bool>>| {
                let flags = flags.as_ref()?;
                let people = base.home_people.iter().zip(flags);
                let people = people.map(|(p, has)| p.map(|p| if *has { p } else { 0 }));
                Some(sums_by_zone(zones.len(), &base.home_zones, people))
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
                    residents: base.residents.as_ref().and(residents[zone]),
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
