use super::{Zones, demand::People, supply::Supply};
use crate::{
    analysis,
    domain::{NormItem, Reason},
};

/// What an area has of a service and what it needs, at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counted {
    pub facilities: Option<i64>,
    pub unknown: Option<i64>,
    /// Of the facilities whose capacity is known; unknown where that is none of several.
    pub capacity: Option<i64>,
    pub demand: Option<i64>,
    pub required: Option<i64>,
    pub gap: Option<(i64, i64)>,
    pub fulfilment: Option<f64>,
    pub reason: Option<Reason>,
}

/// How a norm turns people into capacity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// The share of the people that comes, or why it is not known.
    rate: Result<f64, Reason>,
    /// Capacity for each who comes, or why it is not known.
    per_person: Result<f64, Reason>,
    is_facilities: bool,
}

impl Need {
    pub fn of(item: &NormItem, rate: Option<f64>) -> Self {
        Need {
            rate: share_that_comes(item, rate),
            per_person: match (&item.provision, item.need_per_person()) {
                (None, _) => Err(Reason::NotAsked),
                (Some(_), None) => Err(Reason::SetByCity),
                (_, Some(need)) => Ok(need),
            },
            is_facilities: item.capacity.is_empty(),
        }
    }

    /// The capacity that a person of the demand should have within reach.
    pub fn norm(&self) -> Result<f64, Reason> {
        Ok(self.per_person? * self.rate?)
    }

    fn of_people(&self, people: i64) -> Result<i64, Reason> {
        let (per_person, rate) = (self.per_person?, self.rate?);
        Ok(analysis::need(people, rate, per_person, self.is_facilities))
    }
}

/// The share of an age group that comes (入学率): as asked, else as the norm says; all of it where the
/// norm knows no such share. One that the norm leaves open is for the city to set.
pub(in crate::query) fn share_that_comes(
    item: &NormItem,
    asked: Option<f64>,
) -> Result<f64, Reason> {
    let Some(own) = &item.enrolment_rate else {
        return Ok(1.0);
    };
    asked.or(own.value).ok_or(Reason::SetByCity)
}

/// Counts a service in every zone.
pub(super) fn count(
    zones: &Zones<'_>,
    supply: Option<&Supply>,
    people: Option<&People>,
    need: &Need,
) -> Vec<Counted> {
    let mut counted = vec![Counted::default(); zones.len()];
    if let Some(supply) = supply {
        let mut sums = vec![(0i64, 0i64, 0.0f64); zones.len()];
        for facility in supply.facilities.iter() {
            let Some(zone) = zones.zone(&supply.loaded, facility.feature) else {
                continue;
            };
            sums[zone].0 += 1;
            match facility.capacity {
                Some(capacity) => sums[zone].2 += capacity,
                None => sums[zone].1 += 1,
            }
        }
        for (counted, (facilities, unknown, capacity)) in counted.iter_mut().zip(sums) {
            counted.facilities = Some(facilities);
            counted.unknown = Some(unknown);
            let none_known = facilities > 0 && unknown == facilities;
            counted.capacity = (!none_known).then(|| capacity.round() as i64);
        }
    }
    if let Some(people) = people {
        let by_zone = zones.people(people);
        for (counted, sum) in counted.iter_mut().zip(&by_zone.sums) {
            counted.demand = *sum;
        }
    }
    for counted in &mut counted {
        weigh(counted, need);
    }
    counted
}

fn weigh(counted: &mut Counted, need: &Need) {
    let people = counted.demand.ok_or(Reason::NoData);
    let required = need.norm().and(people).and_then(|n| need.of_people(n));
    let required = match required {
        Ok(required) => required,
        Err(reason) => {
            counted.reason = Some(reason);
            return;
        }
    };
    counted.required = Some(required);
    match (counted.capacity, counted.unknown) {
        (Some(capacity), Some(0)) => {
            counted.gap = Some(analysis::gap(capacity, required));
            counted.fulfilment = (required > 0).then(|| capacity as f64 / required as f64);
            counted.reason = (required == 0).then_some(Reason::NoPopulation);
        }
        (_, None) => counted.reason = Some(Reason::NoData),
        _ => counted.reason = Some(Reason::CapacityIncomplete),
    }
}

/// A sum of what may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::query) struct Known {
    sum: i64,
    pub features: u64,
    pub missing: u64,
}

impl Known {
    pub fn add(&mut self, value: Option<i64>) {
        self.sum += value.unwrap_or(0);
        self.features += 1;
        self.missing += u64::from(value.is_none());
    }

    pub fn add_all(&mut self, other: &Known) {
        self.sum += other.sum;
        self.features += other.features;
        self.missing += other.missing;
    }

    /// Unknown where there are features but none of them has a value.
    pub fn sum(&self) -> Option<i64> {
        (self.features == 0 || self.missing < self.features).then_some(self.sum)
    }
}

/// The sum in each zone; unknown where there are features but none of them has a value.
pub(super) fn sums_by_zone(
    zones: usize,
    zone_of: &[Option<u32>],
    values: impl IntoIterator<Item = Option<i64>>,
) -> Vec<Option<i64>> {
    let mut sums = vec![Known::default(); zones];
    for (zone, value) in zone_of.iter().zip(values) {
        if let Some(zone) = zone {
            sums[*zone as usize].add(value);
        }
    }
    sums.iter().map(Known::sum).collect()
}
