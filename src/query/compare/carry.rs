//! Rows of old areas as those of new ones.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value as Json, json};

use super::{change::Between, question::Question};
use crate::{
    analysis::apportion,
    city::{Area, City},
    domain::{AreaCode, CodeLink, Crosswalk, CrosswalkFault, LevelId, Period, Reason},
    query::{QueryError, Row, balance::areas_of_level},
};

/// A crosswalk between the boundaries that hold at two times, held against their codes.
///
/// # Errors
/// There is no such level, or the boundaries are the same at both times; within, what is wrong with
/// the links.
pub fn checked_crosswalk(
    city: &City,
    level: &LevelId,
    [from, to]: [&Period; 2],
    links: Vec<CodeLink>,
) -> Result<Result<Crosswalk, Vec<CrosswalkFault>>, QueryError> {
    areas_of_level(city, level.as_str(), None)?;
    let areas = city.areas();
    let dated = |period| areas.period_at(level.as_str(), Some(period));
    let (Some(then), Some(now)) = (dated(from), dated(to)) else {
        let problem = format!("the city has no areas of level {level}: import them first");
        return Err(QueryError::field("level", problem));
    };
    if then >= now {
        let problem = format!(
            "the boundaries of {level} at {from} are those of {then} and at {to} those of {now}: a \
             crosswalk leads from older ones to newer ones; import both first"
        );
        return Err(QueryError::field("from", problem));
    }
    let crosswalk = Crosswalk {
        level: level.clone(),
        from: then.clone(),
        to: now.clone(),
        links,
    };
    let codes = |period| codes(city, level.as_str(), Some(period));
    Ok(crosswalk.check(&codes(then), &codes(now)))
}

fn codes(city: &City, level: &str, period: Option<&Period>) -> BTreeSet<AreaCode> {
    let areas = city.areas().at(level, period).iter();
    areas.map(|area| area.code.clone()).collect()
}

/// The crosswalks that a change needs, one after the other; none where the codes are the same at both
/// times.
///
/// # Errors
/// They are not, and no crosswalks lead from one to the other, or what is asked cannot be carried over.
pub(super) fn check_codes(
    city: &City,
    question: &Question,
    between: &Between,
) -> Result<Vec<Crosswalk>, QueryError> {
    let Some(level) = question.level().filter(|level| *level != "city") else {
        return Ok(Vec::new());
    };
    let Between { from, to } = between;
    let (from, to) = (Some(from), to.as_ref());
    let (then, now) = (codes(city, level, from), codes(city, level, to));
    if then == now {
        return Ok(Vec::new());
    }
    let dated = |period| city.areas().period_at(level, period).cloned();
    let (Some(old), Some(new)) = (dated(from), dated(to)) else {
        return Ok(Vec::new());
    };
    match way(city, level, &old, &new) {
        Some(way) if question.sums_areas() => Ok(way),
        Some(_) => Err(QueryError::NotCarried {
            level: level.to_owned(),
            old,
            new,
        }),
        None => Err(QueryError::NoCrosswalk {
            level: level.to_owned(),
            old,
            new,
            only_then: then.difference(&now).map(AreaCode::to_string).collect(),
            only_now: now.difference(&then).map(AreaCode::to_string).collect(),
        }),
    }
}

/// The fewest crosswalks that lead from the boundaries of one time to those of another, earliest
/// first; between boundaries of the same codes none is needed.
fn way(city: &City, level: &str, old: &Period, new: &Period) -> Option<Vec<Crosswalk>> {
    let codes = |period: &Period| codes(city, level, Some(period));
    let mut known: Vec<Crosswalk> = city
        .definitions(Crosswalk::KIND)
        .filter_map(|stored| serde_json::from_str::<Crosswalk>(&stored.definition.text).ok())
        .filter(|known| known.level.as_str() == level && known.from < known.to)
        // Areas may have been edited since it was brought.
        .filter_map(|known| {
            let (then, now) = (codes(&known.from), codes(&known.to));
            known.check(&then, &now).ok()
        })
        .collect();
    known.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
    let wanted = codes(new);
    let mut reached: BTreeSet<&Period> = BTreeSet::new();
    let mut ways: VecDeque<(BTreeSet<AreaCode>, Vec<Crosswalk>)> =
        [(codes(old), Vec::new())].into();
    while let Some((there, way)) = ways.pop_front() {
        if there == wanted {
            return Some(way);
        }
        let since = way.last().map_or(old, |last| &last.to);
        let next = known
            .iter()
            .filter(|next| since <= &next.from && &next.to <= new && codes(&next.from) == there);
        for next in next.filter(|next| reached.insert(&next.to)) {
            let way = [&way[..], std::slice::from_ref(next)].concat();
            ways.push_back((codes(&next.to), way));
        }
    }
    None
}

/// What an old row gives to a new area.
struct Part<'r> {
    row: &'r Row,
    /// Which of the old area's shares it is, and all of them.
    place: usize,
    shares: Vec<i64>,
}

/// The rows of old areas as rows of the new ones, in the order of these.
///
/// An area that one old area became whole keeps everything; of others the counts are added up, and
/// what is no count is undefined.
pub(super) fn carried(rows: &[Row], crosswalk: &Crosswalk, areas: &[Area]) -> Vec<Row> {
    let mut parts: BTreeMap<AreaCode, Vec<Part<'_>>> = BTreeMap::new();
    for row in rows {
        let code = row.get("code").and_then(Json::as_str);
        let Some(code) = code.and_then(|code| code.parse::<AreaCode>().ok()) else {
            continue;
        };
        let shares = crosswalk.shares(&code);
        let weights: Vec<i64> = shares.iter().map(|(_, share)| *share).collect();
        for (place, (to, _)) in shares.into_iter().enumerate() {
            parts.entry(to.clone()).or_default().push(Part {
                row,
                place,
                shares: weights.clone(),
            });
        }
    }
    let of_area = |area: &Area| {
        let mut row = match parts.get(&area.code).map(Vec::as_slice) {
            Some([one]) if one.shares.len() == 1 => one.row.clone(),
            Some(many) => added(many),
            None => Row::new(),
        };
        row.insert("code".into(), json!(area.code));
        row.insert("name".into(), json!(area.name));
        row
    };
    areas.iter().map(of_area).collect()
}

/// The counts of several parts added up; undefined where any of them is.
fn added(parts: &[Part<'_>]) -> Row {
    let mut sum = Row::new();
    let keys: BTreeSet<&String> = parts.iter().flat_map(|part| part.row.keys()).collect();
    for key in keys {
        let values = parts.iter().map(|part| part.row.get(key));
        let is_number = |value: Option<&Json>| value.is_none_or(|v| v.is_number() || v.is_null());
        if !values.clone().all(is_number) {
            continue;
        }
        let shares = values.zip(parts).map(|(value, part)| {
            let count = value.and_then(Json::as_i64)?;
            let shares = apportion(count.checked_abs()?, &part.shares).ok()?;
            Some(shares[part.place] * count.signum())
        });
        let total: Option<i64> = shares.sum();
        sum.insert(key.clone(), json!(total));
    }
    sum.insert("reason".into(), json!(Reason::AreasChanged));
    sum
}
