use std::collections::BTreeMap;

use super::super::{nesting, sources::known};
use crate::{
    city::{Area, City, LoadedLayer},
    domain::{AreaCode, FigureKind, Period, PlanFigure, Reason},
    store::StoredDefinition,
};

/// What definitions of plan figures are kept under.
pub const KIND: &str = "targets";

/// A figure with where it stands.
#[derive(Clone, Debug)]
pub(super) struct Recorded<'c> {
    pub figure: PlanFigure,
    pub stored: &'c StoredDefinition,
    /// A later figure says otherwise.
    pub superseded: bool,
}

/// Every figure of plans and bulletins that a city has.
pub(in crate::query) struct Plans<'c> {
    city: &'c City,
    pub(super) all: Vec<Recorded<'c>>,
}

/// What is so, by bulletin or by the city's own data.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Actual {
    pub value: i64,
    pub year: i32,
    pub date: String,
    pub is_published: bool,
    pub source: String,
    /// The same in English; empty where it is not told.
    pub source_en: String,
    pub confidence: String,
}

impl<'c> Plans<'c> {
    pub fn of(city: &'c City) -> Self {
        let mut all: Vec<Recorded<'c>> = Vec::new();
        for stored in city.definitions(KIND) {
            // Only checked figures are stored.
            let figures: Vec<PlanFigure> =
                serde_json::from_str(&stored.definition.text).unwrap_or_default();
            all.extend(figures.into_iter().map(|figure| Recorded {
                figure,
                stored,
                superseded: false,
            }));
        }
        // Oldest first: what follows and is of the same takes its place.
        all.sort_by(|a, b| {
            let key = |r: &Recorded<'_>| (r.figure.date.clone(), r.stored.number);
            key(a).cmp(&key(b))
        });
        let mut last: BTreeMap<(Vec<AreaCode>, i32, String, bool), usize> = BTreeMap::new();
        for at in 0..all.len() {
            let figure = &all[at].figure;
            let is_actual = figure.kind == FigureKind::Actual;
            let areas = figure.areas.clone();
            let key = (areas, figure.year, figure.indicator.to_string(), is_actual);
            if let Some(before) = last.insert(key, at) {
                all[before].superseded = true;
            }
        }
        Plans { city, all }
    }

    fn current(&self) -> impl Iterator<Item = &PlanFigure> {
        let current = self.all.iter().filter(|recorded| !recorded.superseded);
        current.map(|recorded| &recorded.figure)
    }

    /// The figure that a plan has for exactly these areas; none of them is the whole city.
    pub fn planned(&self, areas: &[AreaCode], indicator: &str, year: i32) -> Option<i64> {
        let mut current = self.current();
        let found = current.find(|figure| {
            figure.kind != FigureKind::Actual
                && figure.areas == areas
                && figure.indicator == *indicator
                && figure.year == year
        });
        found.map(|figure| figure.value)
    }

    /// The planned figure of every area of a level by code: its own, else the sum of those inside.
    pub fn planned_by_area(
        &self,
        level: &str,
        indicator: &str,
        year: i32,
        period: Option<&Period>,
    ) -> BTreeMap<String, i64> {
        let mut own: BTreeMap<&str, i64> = BTreeMap::new();
        for figure in self.current().filter(|f| f.kind != FigureKind::Actual) {
            if let [code] = &figure.areas[..]
                && figure.indicator == *indicator
                && figure.year == year
            {
                own.insert(code.as_str(), figure.value);
            }
        }
        let of = |area: &Area| own.get(area.code.as_str()).copied();
        nesting::own_or_summed(self.city, level, period, of)
    }

    /// The years that plans have figures for, of any area.
    pub fn years(&self, indicator: &str) -> Vec<i32> {
        let planned = self.current().filter(|f| f.kind != FigureKind::Actual);
        let fits = planned.filter(|figure| figure.indicator == *indicator);
        let mut years: Vec<i32> = fits.map(|figure| figure.year).collect();
        years.sort_unstable();
        years.dedup();
        years
    }

    /// Where the figures stand, for provenance.
    pub fn stored(&self) -> Vec<&'c StoredDefinition> {
        let mut stored: Vec<&StoredDefinition> = self.all.iter().map(|r| r.stored).collect();
        stored.sort_by(|a, b| a.definition.id.cmp(&b.definition.id));
        stored.dedup_by(|a, b| a.definition.id == b.definition.id);
        stored
    }

    /// What is so in the areas: the later of what is published and what the data sum to.
    ///
    /// # Errors
    /// Why neither is known.
    pub(super) fn actual(
        &self,
        areas: &[AreaCode],
        indicator: &str,
        period: Option<&Period>,
    ) -> Result<Actual, Reason> {
        let computed = computed(self.city, areas, indicator, period);
        let published = self.published(areas, indicator, period);
        match (published, computed) {
            (Some(published), Ok(computed)) if published.year > computed.year => Ok(published),
            (Some(published), Err(_)) => Ok(published),
            (_, computed) => computed,
        }
    }

    /// The newest published figure of the areas together, else the sum of theirs of one year; of
    /// the whole city else the sum of its largest areas.
    fn published(
        &self,
        areas: &[AreaCode],
        indicator: &str,
        period: Option<&Period>,
    ) -> Option<Actual> {
        let is_before = |figure: &&PlanFigure| {
            let year: Option<Period> = figure.year.to_string().parse().ok();
            period.is_none_or(|period| year.is_some_and(|year| year.is_at_or_before(period)))
        };
        let actual: Vec<&PlanFigure> = self
            .current()
            .filter(|figure| figure.kind == FigureKind::Actual && figure.indicator == *indicator)
            .filter(is_before)
            .collect();
        let told = |figure: &PlanFigure, value: i64| Actual {
            value,
            year: figure.year,
            date: figure.year.to_string(),
            is_published: true,
            source: figure.source.clone(),
            source_en: figure.source_en.clone(),
            confidence: figure.confidence.clone(),
        };
        let own = actual.iter().filter(|figure| figure.areas == areas);
        if let Some(own) = own.max_by_key(|figure| figure.year) {
            return Some(told(own, own.value));
        }
        let parts: Vec<AreaCode> = match areas {
            [] => {
                let levels = self.city.catalog().levels();
                let largest = levels
                    .iter()
                    .map(|level| self.city.areas().at(level.as_str(), period))
                    .find(|areas| !areas.is_empty())?;
                largest.iter().map(|area| area.code.clone()).collect()
            }
            [_] => return None,
            several => several.to_vec(),
        };
        let mut years: Vec<i32> = actual.iter().map(|figure| figure.year).collect();
        years.sort_unstable();
        years.dedup();
        years.into_iter().rev().find_map(|year| {
            let of = |code: &AreaCode| {
                let mut fits = actual.iter();
                fits.find(|f| f.year == year && f.areas == std::slice::from_ref(code))
            };
            let found: Option<Vec<_>> = parts.iter().map(of).collect();
            let found = found?;
            let sum = found.iter().map(|figure| figure.value).sum();
            Some(told(found.first()?, sum))
        })
    }
}

/// What the features of the areas sum to.
fn computed(
    city: &City,
    areas: &[AreaCode],
    indicator: &str,
    period: Option<&Period>,
) -> Result<Actual, Reason> {
    let (loaded, count) = counted(city, indicator, period).ok_or(Reason::NoData)?;
    let value = match areas {
        [] => known(loaded.index.sums(), count).ok_or(Reason::NoData)?,
        several => {
            let mut sum = 0;
            for code in several {
                let area = city.areas().find(city, code.as_str(), period);
                let area = area.ok_or(Reason::NoData)?;
                let by_area = loaded.index.sums_by_area(area.level.as_str());
                let sums = by_area.get(&Some(code.as_str().into()));
                sum += match sums {
                    Some(sums) => known(sums, count).ok_or(Reason::NoData)?,
                    None => 0,
                };
            }
            sum
        }
    };
    let date = loaded.index.period().to_string();
    let input = super::super::Input::of(loaded);
    Ok(Actual {
        value,
        year: date[..4].parse().unwrap_or(0),
        date,
        is_published: false,
        source: input.source,
        source_en: input.source_en,
        confidence: String::new(),
    })
}

/// The layer that holds a count of this name, and its place among the counts.
pub(super) fn counted<'c>(
    city: &'c City,
    indicator: &str,
    period: Option<&Period>,
) -> Option<(&'c LoadedLayer, usize)> {
    let states: Vec<_> = city
        .layers_at(period)
        .filter(|loaded| !loaded.layer().is_area())
        .collect();
    states.into_iter().find_map(|loaded| {
        let mut counts = loaded.layer().counts().enumerate();
        let (count, _) = counts.find(|(_, (_, attribute))| attribute.id == *indicator)?;
        known(loaded.index.sums(), count)?;
        let id = loaded.layer().id.clone();
        let loaded = city.layer(id.as_str(), period)?;
        Some((&**loaded, count))
    })
}
