use std::collections::BTreeMap;

use serde::Serialize;

use super::rows::{ZoningRow, unclassified};
use crate::{
    city::Area,
    domain::{Title, zoning::ZoningRules},
};

/// What all areas of a class, or of a district in a class, come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ClassSummary {
    /// `None` is 未分类.
    pub class: Option<String>,
    pub class_title: Title,
    pub colour: Option<String>,
    pub areas: u64,
    pub residents: i64,
    /// Of all residents of the rows.
    pub residents_share: Option<f64>,
    /// Unknown where any of the areas has no figure.
    pub planned_residents: Option<i64>,
    pub planned_capacity: Option<i64>,
    pub area_km2: f64,
}

/// A district (区) with its areas by class.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DistrictSummary {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub areas: u64,
    pub residents: i64,
    pub planned_residents: Option<i64>,
    pub planned_capacity: Option<i64>,
    /// Residents over capacity, of the sums.
    pub capacity_ratio: Option<f64>,
    pub classes: Vec<ClassSummary>,
}

/// All areas together (合计).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ZoningTotals {
    pub areas: u64,
    pub residents: Option<i64>,
    pub planned_residents: Option<i64>,
    pub planned_capacity: Option<i64>,
    pub capacity_ratio: Option<f64>,
    pub planned_capacity_ratio: Option<f64>,
}

struct Sum {
    areas: u64,
    residents: i64,
    planned: Option<i64>,
    capacity: Option<i64>,
    km2: f64,
}

fn sum<'r>(rows: impl Iterator<Item = (&'r ZoningRow, &'r &'r Area)>) -> Sum {
    let mut sum = Sum {
        areas: 0,
        residents: 0,
        planned: Some(0),
        capacity: Some(0),
        km2: 0.0,
    };
    let add = |sum: Option<i64>, value: Option<i64>| sum.zip(value).map(|(a, b)| a + b);
    for (row, area) in rows {
        sum.areas += 1;
        sum.residents += row.residents.unwrap_or(0);
        sum.planned = add(sum.planned, row.planned_residents);
        sum.capacity = add(sum.capacity, row.planned_capacity);
        sum.km2 += area.density_area_km2();
    }
    sum
}

fn ratio(part: Option<i64>, whole: Option<i64>) -> Option<f64> {
    let (part, whole) = part.zip(whole)?;
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Every class of the rules in their order, then 未分类.
pub(super) fn by_class(
    rules: &ZoningRules,
    rows: &[ZoningRow],
    areas: &[&Area],
) -> Vec<ClassSummary> {
    let all: i64 = rows.iter().filter_map(|row| row.residents).sum();
    let classes = rules.classes.iter().map(Some).chain([None]);
    let one = |class: Option<&crate::domain::zoning::ZoningClass>| {
        let id = class.map(|class| class.id.clone());
        let of = rows.iter().zip(areas).filter(|(row, _)| row.class == id);
        let sum = sum(of);
        ClassSummary {
            class: id,
            class_title: class.map_or_else(unclassified, |class| class.title.clone()),
            colour: class.map(|class| class.colour.clone()),
            areas: sum.areas,
            residents: sum.residents,
            residents_share: ratio(Some(sum.residents), Some(all)),
            planned_residents: sum.planned,
            planned_capacity: sum.capacity,
            area_km2: sum.km2,
        }
    };
    classes.map(one).collect()
}

/// The districts by code, each with the classes that it has; none where rows are of the largest
/// level.
pub(super) fn by_district(
    rules: &ZoningRules,
    rows: &[ZoningRow],
    areas: &[&Area],
) -> Vec<DistrictSummary> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        if let Some(code) = &row.district_code {
            members.entry(code).or_default().push(at);
        }
    }
    let one = |(code, members): (&str, Vec<usize>)| {
        let own_rows: Vec<ZoningRow> = members.iter().map(|at| rows[*at].clone()).collect();
        let own_areas: Vec<&Area> = members.iter().map(|at| areas[*at]).collect();
        let sum = sum(own_rows.iter().zip(&own_areas));
        let first = &own_rows[0];
        let mut classes = by_class(rules, &own_rows, &own_areas);
        classes.retain(|class| class.areas > 0);
        DistrictSummary {
            code: code.to_owned(),
            name: first.district.clone().unwrap_or_default(),
            name_en: first.district_en.clone(),
            areas: sum.areas,
            residents: sum.residents,
            planned_residents: sum.planned,
            planned_capacity: sum.capacity,
            capacity_ratio: ratio(Some(sum.residents), sum.capacity),
            classes,
        }
    };
    members.into_iter().map(one).collect()
}

pub(super) fn totals(rows: &[ZoningRow], areas: &[&Area]) -> ZoningTotals {
    let sum = sum(rows.iter().zip(areas));
    let any_known = rows.iter().any(|row| row.residents.is_some());
    let residents = any_known.then_some(sum.residents);
    let known = |value: Option<i64>| value.filter(|_| !rows.is_empty());
    ZoningTotals {
        areas: sum.areas,
        residents,
        planned_residents: known(sum.planned),
        planned_capacity: known(sum.capacity),
        capacity_ratio: ratio(residents, sum.capacity),
        planned_capacity_ratio: ratio(sum.planned, sum.capacity),
    }
}
