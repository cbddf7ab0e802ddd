use std::sync::Arc;

use super::{Limits, QueryError, SitingQuery};
use crate::{
    city::{Area, City, LoadedLayer},
    domain::{AttributeType, LayerKind, LeftOut},
    index::FeatureRef,
    query::sources::population,
};

/// The homes of a question with who is to be served there.
pub(super) struct Demand {
    pub loaded: Arc<LoadedLayer>,
    /// By the number of the home: nobody where it lies outside the area or its value is missing.
    pub people: Vec<i64>,
    /// The people told beside; empty where none are asked for.
    pub beside: Vec<i64>,
    /// The area of the question.
    pub area: Option<Area>,
    /// The attributes and how many homes inside have no value of theirs.
    missing: Vec<(String, u64)>,
}

/// More people than live on earth: up to there people times costs stay whole numbers.
const MOST: i64 = 10_000_000_000;

impl Demand {
    /// # Errors
    /// Attributes that no residence layer has, an unknown area.
    pub fn of(city: &City, query: &mut SitingQuery, limits: &Limits) -> Result<Self, QueryError> {
        let period = query.period.clone();
        let period = period.as_ref();
        let (loaded, names) = match &query.demand {
            None => {
                let none = || QueryError::NotFound {
                    what: "population attribute with values",
                    name: "population".into(),
                };
                let source = population(city, None, period).ok_or_else(none)?;
                let name = source.attribute().id.to_string();
                (source.loaded.clone(), vec![name])
            }
            Some(text) => {
                let names = attributes("demand", text)?;
                let homes = city.layers_at(period);
                let mut homes = homes.filter(|l| l.layer().kind == LayerKind::Residence);
                let has_all = |loaded: &&Arc<LoadedLayer>| {
                    names.iter().all(|name| count(loaded, name).is_some())
                };
                let found = homes.find(has_all).ok_or_else(|| {
                    let problem = format!(
                        "no residence layer of the city counts `{text}`; write one count of it, \
                         or several with + between"
                    );
                    QueryError::field("demand", problem)
                })?;
                (found.clone(), names)
            }
        };
        query.demand = Some(names.join("+"));
        let beside = match &query.beside {
            None => None,
            Some(text) => {
                let names = attributes("beside", text)?;
                if let Some(name) = names.iter().find(|name| count(&loaded, name).is_none()) {
                    let problem = format!("{} counts no `{name}`", loaded.layer().id);
                    return Err(QueryError::field("beside", problem));
                }
                query.beside = Some(names.join("+"));
                Some(names)
            }
        };
        limits.allow(loaded.index.features() * 64)?;
        let area = match &query.area {
            None => None,
            Some(code) => {
                let found = city.areas().find(city, code, period);
                Some(found.cloned().ok_or_else(|| QueryError::NotFound {
                    what: "area",
                    name: code.chars().take(64).collect(),
                })?)
            }
        };
        let index = &loaded.index;
        let level = area
            .as_ref()
            .map(|area| index.level_index(area.level.as_str()));
        let inside = |home: FeatureRef| match (&area, level) {
            (Some(area), Some(Some(level))) => {
                index.area_code(home, level) == Some(area.code.as_str())
            }
            (Some(_), _) => false,
            (None, _) => true,
        };
        let is_inside: Vec<bool> = index.iter().map(inside).collect();
        let mut missing = Vec::new();
        let people = sums(&loaded, &names, &is_inside, &mut missing)?;
        let beside = match &beside {
            None => Vec::new(),
            Some(names) => sums(&loaded, names, &is_inside, &mut missing)?,
        };
        missing.sort();
        missing.dedup();
        Ok(Demand {
            loaded,
            people,
            beside,
            area,
            missing,
        })
    }

    pub fn total(&self) -> i64 {
        self.people.iter().sum()
    }

    pub fn left_out(&self, left_out: &mut LeftOut) {
        for (attribute, missing) in &self.missing {
            left_out.add_missing(self.loaded.layer().id.as_str(), attribute, *missing);
        }
    }
}

/// Attribute names with `+` between.
fn attributes(field: &'static str, text: &str) -> Result<Vec<String>, QueryError> {
    let names: Vec<String> = text.split('+').map(|name| name.trim().to_owned()).collect();
    let twice = names
        .iter()
        .enumerate()
        .any(|(at, name)| names[..at].contains(name));
    match names.iter().any(String::is_empty) || twice {
        false => Ok(names),
        true => Err(QueryError::field(
            field,
            "write each count once, with + between",
        )),
    }
}

/// Where a count of people stands.
fn count(loaded: &LoadedLayer, name: &str) -> Option<usize> {
    let at = loaded.layer().attribute_index(name)?;
    (loaded.layer().attributes[at].kind == AttributeType::Count).then_some(at)
}

/// The sum of some counts for each home inside; a home without a value of any of them has none.
fn sums(
    loaded: &LoadedLayer,
    names: &[String],
    is_inside: &[bool],
    missing: &mut Vec<(String, u64)>,
) -> Result<Vec<i64>, QueryError> {
    let places: Vec<usize> = names
        .iter()
        .filter_map(|name| count(loaded, name))
        .collect();
    let mut without = vec![0u64; places.len()];
    let mut of = |home: FeatureRef, is_inside: bool| {
        let mut sum = Some(0i64);
        for (place, without) in places.iter().zip(&mut without) {
            let value = loaded.index.value(home, *place).as_integer();
            *without += u64::from(is_inside && value.is_none());
            sum = sum.zip(value).map(|(sum, value)| sum.saturating_add(value));
        }
        sum.filter(|_| is_inside).unwrap_or(0)
    };
    let homes = loaded.index.iter().zip(is_inside);
    let sums: Vec<i64> = homes.map(|(home, inside)| of(home, *inside)).collect();
    missing.extend(names.iter().cloned().zip(without).filter(|(_, n)| *n > 0));
    let all = sums
        .iter()
        .try_fold(0i64, |all, next| all.checked_add(*next));
    match all.filter(|all| *all <= MOST) {
        Some(_) => Ok(sums),
        None => Err(QueryError::field(
            "demand",
            "these are more people than any city has",
        )),
    }
}
