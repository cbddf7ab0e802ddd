use std::collections::BTreeMap;

use super::{City, LoadedLayer};
use crate::{
    domain::{AreaCode, Bbox, LevelId, Period, Role, Value, measure},
    index::FeatureRef,
};

/// One area (行政区划 or any zone) at one period.
#[derive(Clone, Debug)]
pub struct Area {
    /// The id of its feature.
    pub id: String,
    pub code: AreaCode,
    pub name: String,
    pub name_en: Option<String>,
    pub level: LevelId,
    /// The code of the next larger area that it lies in.
    pub parent: Option<AreaCode>,
    /// The area as published; densities use it where it is known.
    pub official_area_km2: Option<f64>,
    /// The ellipsoidal area of the polygon.
    pub area_km2: f64,
    pub bounds: Bbox,
    /// A point inside.
    pub place: (f64, f64),
    pub feature: FeatureRef,
}

impl Area {
    /// How far the polygon's area lies from the published one: (polygon - published) / published.
    pub fn area_deviation_share(&self) -> Option<f64> {
        let official = self.official_area_km2.filter(|km2| *km2 > 0.0)?;
        Some((self.area_km2 - official) / official)
    }

    /// The area that densities divide by.
    pub fn density_area_km2(&self) -> f64 {
        self.official_area_km2
            .filter(|km2| *km2 > 0.0)
            .unwrap_or(self.area_km2)
    }
}

/// All areas of a city by level and period, in the order of their codes.
#[derive(Debug, Default)]
pub struct Areas {
    levels: BTreeMap<(LevelId, Period), Vec<Area>>,
    /// The newest date of what lies in areas: boundaries later than that hold for nothing yet.
    newest: Option<Period>,
}

impl Areas {
    pub(super) fn of(city: &City) -> Self {
        let mut levels = BTreeMap::new();
        for layer in city.catalog().area_layers() {
            let Some(level) = &layer.area_level else {
                continue;
            };
            for loaded in city.states(layer.id.as_str()) {
                let key = (level.clone(), loaded.index.period().clone());
                levels.insert(key, areas_of(level, loaded));
            }
        }
        let newest = city.newest_features().cloned();
        Areas { levels, newest }
    }

    /// The areas of a level by code, in the boundaries of `period`: the newest at or before it,
    /// else the oldest. Without a period it is that of the newest data.
    pub fn at(&self, level: &str, period: Option<&Period>) -> &[Area] {
        self.state_at(level, period).map_or(&[], |(_, areas)| areas)
    }

    /// The reference date of the boundaries that [`at`](Self::at) gives.
    pub fn period_at(&self, level: &str, period: Option<&Period>) -> Option<&Period> {
        self.state_at(level, period).map(|(period, _)| period)
    }

    fn state_at(&self, level: &str, period: Option<&Period>) -> Option<(&Period, &[Area])> {
        let asked = period.or(self.newest.as_ref());
        let states = || self.levels.iter().filter(|((l, _), _)| *l == *level);
        let fits = |p: &Period| asked.is_none_or(|asked| p.is_at_or_before(asked));
        let older = states().rev().find(|((_, p), _)| fits(p));
        let state = older.or_else(|| states().next());
        state.map(|((_, period), areas)| (period, &areas[..]))
    }

    /// The area with `code` at a level.
    pub fn find_at(&self, level: &str, code: &str, period: Option<&Period>) -> Option<&Area> {
        let areas = self.at(level, period);
        let place = areas
            .binary_search_by(|area| area.code.as_str().cmp(code))
            .ok()?;
        Some(&areas[place])
    }

    /// Whether there is no area of any level and time.
    pub fn is_empty(&self) -> bool {
        self.levels.values().all(Vec::is_empty)
    }

    /// Whether an area of any level and time has that code.
    pub fn knows(&self, code: &AreaCode) -> bool {
        let has = |areas: &Vec<Area>| areas.binary_search_by(|area| area.code.cmp(code)).is_ok();
        self.levels.values().any(has)
    }

    /// The area with `code` at the largest level that has it.
    pub fn find(&self, city: &City, code: &str, period: Option<&Period>) -> Option<&Area> {
        let levels = city.catalog().levels();
        levels
            .iter()
            .find_map(|level| self.find_at(level.as_str(), code, period))
    }
}

fn areas_of(level: &LevelId, loaded: &LoadedLayer) -> Vec<Area> {
    let index = &loaded.index;
    let layer = index.layer();
    let place_of = |role| layer.index_with_role(role);
    let text = |feature, place: Option<usize>| {
        place
            .and_then(|p| index.text(feature, p))
            .map(str::to_owned)
    };
    let own = index.level_index(level.as_str());
    let parent_level = own.and_then(|own| own.checked_sub(1));
    let (code_at, name_at) = (place_of(Role::Code), place_of(Role::Name));
    let (name_en_at, official_at) = (place_of(Role::NameEn), place_of(Role::OfficialArea));
    let mut areas: Vec<Area> = index
        .iter()
        .filter_map(|feature| {
            let code: AreaCode = text(feature, code_at)?.parse().ok()?;
            let geometry = index.geometry(feature);
            let bounds =
                geo::BoundingRect::bounding_rect(&geometry).map_or(Bbox::EMPTY, Bbox::from);
            // The next larger level that the area lies in; a level may be absent in between.
            let larger = 0..parent_level.map_or(0, |level| level + 1);
            let parent = larger
                .rev()
                .find_map(|level| index.area_code(feature, level))
                .and_then(|code| code.parse().ok());
            Some(Area {
                id: index.id(feature).to_owned(),
                name: text(feature, name_at).unwrap_or_else(|| code.to_string()),
                name_en: text(feature, name_en_at),
                level: level.clone(),
                parent,
                official_area_km2: official_at.and_then(|p| match index.value(feature, p) {
                    Value::Missing => None,
                    value => value.as_number(),
                }),
                area_km2: measure::area_km2(&geometry),
                bounds,
                place: index.place(feature),
                feature,
                code,
            })
        })
        .collect();
    areas.sort_by(|a, b| a.code.cmp(&b.code));
    areas
}
