use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{demand::People, pieces::PeopleByZone};
use crate::{
    city::{Area, City, LoadedLayer, Parts},
    domain::{AreaCode, LayerId, Period, Title},
    index::FeatureRef,
    query::{QueryError, balance::areas_of_level},
};

/// The zone of each feature of a layer, in the order of its index; none outside all areas.
type FeatureZones = Arc<Vec<Option<u32>>>;

/// A layer's state and what is counted of it.
type CountKey = (LayerId, Period, Vec<u64>);

/// The areas that a table has rows for: those of a level, all or within one area, or the whole
/// city as one.
pub(in crate::query) struct Zones<'c> {
    city: &'c City,
    level: String,
    /// All areas of the level by code; none for the whole city.
    pub areas: Vec<&'c Area>,
    /// Which of them are asked for.
    kept: Vec<bool>,
    /// The zones of the features of a layer's state, found once.
    placed: Mutex<BTreeMap<(LayerId, Period), FeatureZones>>,
    /// The people of every zone, by what is counted of a layer's state, found once.
    people: Mutex<BTreeMap<CountKey, Arc<PeopleByZone>>>,
}

impl<'c> Zones<'c> {
    /// # Errors
    /// An unknown level or area; an area that holds none of the level.
    pub fn of(
        city: &'c City,
        level: &str,
        within: Option<&str>,
        period: Option<&Period>,
    ) -> Result<Self, QueryError> {
        let areas = areas_of_level(city, level, period)?;
        let mut kept = vec![true; areas.len()];
        if let Some(code) = within {
            let fail = |problem: String| Err(QueryError::field("area", problem));
            let shown: String = code.chars().take(64).collect();
            let Ok(code) = code.parse::<AreaCode>() else {
                return fail(format!("`{shown}` is no area code"));
            };
            let Some(outer) = city.areas().find(city, code.as_str(), period) else {
                return fail(format!("there is no area `{shown}`"));
            };
            for (kept, area) in kept.iter_mut().zip(&areas) {
                *kept = lies_in(city, area, outer, period);
            }
            if level == "city" {
                return fail("the whole city is no part of an area; leave one of them out".into());
            }
            if !kept.contains(&true) {
                return fail(format!("{} holds no area of level {level}", outer.name));
            }
        }
        Ok(Zones {
            city,
            level: level.to_owned(),
            areas,
            kept,
            placed: Mutex::default(),
            people: Mutex::default(),
        })
    }

    pub fn level(&self) -> &str {
        &self.level
    }

    pub fn is_city(&self) -> bool {
        self.level == "city"
    }

    /// How many zones there are, those not asked for too.
    pub fn len(&self) -> usize {
        match self.is_city() {
            true => 1,
            false => self.areas.len(),
        }
    }

    /// The numbers of the zones asked for.
    pub fn asked(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(|zone| self.is_city() || self.kept[*zone])
    }

    /// The zone that a feature lies in, by the code that it carries.
    pub fn zone(&self, loaded: &LoadedLayer, feature: FeatureRef) -> Option<usize> {
        if self.is_city() {
            return Some(0);
        }
        let index = &loaded.index;
        self.with_code(index.area_code(feature, index.level_index(&self.level)?)?)
    }

    /// The zone of a code.
    pub fn with_code(&self, code: &str) -> Option<usize> {
        let found = self
            .areas
            .binary_search_by(|area| area.code.as_str().cmp(code));
        found.ok()
    }

    /// Parts of answers that were made before.
    pub fn parts(&self) -> &Parts {
        self.city.parts()
    }

    /// The zones of all features of a layer, in the order of its index.
    pub fn of_features(&self, loaded: &LoadedLayer) -> FeatureZones {
        let key = (loaded.layer().id.clone(), loaded.index.period().clone());
        let lock = || self.placed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let index = &loaded.index;
        let zone = |code: &str| self.with_code(code).map(|zone| zone as u32);
        let zones = match index.level_index(&self.level) {
            _ if self.is_city() => vec![Some(0); index.features() as usize],
            None => vec![None; index.features() as usize],
            Some(level) => index.by_area_code(level, zone),
        };
        let zones = Arc::new(zones);
        lock().insert(key, zones.clone());
        zones
    }

    /// The people of every zone.
    pub(super) fn people(&self, people: &People) -> Arc<PeopleByZone> {
        let index = &people.loaded.index;
        let (layer, period) = (people.loaded.layer().id.clone(), index.period().clone());
        let key = (layer, period, people.key().collect());
        let lock = || self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let found = Arc::new(self.add_up_people(people));
        lock().insert(key, found.clone());
        found
    }

    pub fn code(&self, zone: usize) -> String {
        let area = self.areas.get(zone);
        area.map_or_else(String::new, |area| area.code.to_string())
    }

    /// What a zone is called, in both languages where both are known.
    pub fn name(&self, zone: usize) -> (String, Option<String>) {
        match self.areas.get(zone) {
            Some(area) => (area.name.clone(), area.name_en.clone()),
            None => {
                let Title { zh, en } = self.city.title();
                (zh, Some(en))
            }
        }
    }
}

/// Whether an area is another or lies in it: administrative areas by their code, others by what they
/// are part of.
fn lies_in(city: &City, area: &Area, outer: &Area, period: Option<&Period>) -> bool {
    if area.code == outer.code {
        return true;
    }
    let is_administrative = |code: &AreaCode| {
        let text = code.as_str();
        matches!(text.len(), 2 | 4 | 6 | 9 | 12) && text.bytes().all(|b| b.is_ascii_digit())
    };
    if is_administrative(&outer.code) && is_administrative(&area.code) {
        return outer.code.contains(&area.code);
    }
    let mut parent = area.parent.clone();
    // Levels are few, and each is larger than the last.
    for _ in 0..16 {
        let Some(code) = parent else { return false };
        if code == outer.code {
            return true;
        }
        let above = city.areas().find(city, code.as_str(), period);
        parent = above.and_then(|above| above.parent.clone());
    }
    false
}
