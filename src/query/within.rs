//! The areas of a level inside another area, and what of a total lies in none of them.

use geo::{Geometry, MultiPolygon};

use super::{BalanceRow, QueryError, Row, balance::areas_of_level};
use crate::{
    city::{Area, City},
    domain::{AreaCode, Period},
};

/// The area with a code.
///
/// # Errors
/// No area has this code.
pub fn find_area<'c>(
    city: &'c City,
    code: &str,
    period: Option<&Period>,
) -> Result<&'c Area, QueryError> {
    let missing = || QueryError::NotFound {
        what: "area",
        name: code.chars().take(64).collect(),
    };
    city.areas().find(city, code, period).ok_or_else(missing)
}

/// The areas of a level inside the area with a code, by code; all of them without one.
///
/// # Errors
/// An unknown level.
pub fn areas_within<'c>(
    city: &'c City,
    level: &str,
    code: Option<&AreaCode>,
    period: Option<&Period>,
) -> Result<Vec<&'c Area>, QueryError> {
    let mut areas = areas_of_level(city, level, period)?;
    if let Some(code) = code {
        areas.retain(|area| is_inside(city, area, code, period));
    }
    Ok(areas)
}

/// Whether one of the areas above an area has that code.
fn is_inside(city: &City, area: &Area, code: &AreaCode, period: Option<&Period>) -> bool {
    let levels = city.catalog().levels();
    let mut below = area;
    // Each step goes up a level, so there are at most as many as there are levels.
    for _ in 0..levels.len() {
        let Some(parent) = &below.parent else {
            return false;
        };
        if parent == code {
            return true;
        }
        let own = levels.iter().position(|level| *level == below.level);
        let mut larger = levels[..own.unwrap_or(0)].iter().rev();
        let found = larger.find_map(|level| {
            city.areas()
                .find_at(level.as_str(), parent.as_str(), period)
        });
        match found {
            Some(above) => below = above,
            None => return false,
        }
    }
    false
}

/// The polygon of an area.
pub fn outline(city: &City, area: &Area, period: Option<&Period>) -> MultiPolygon<f64> {
    let layer = city.catalog().area_layer(area.level.as_str());
    // The boundaries may be newer than the period asked for: the oldest stand in then.
    let states = layer.map(|layer| city.states(layer.id.as_str()));
    let of = city.areas().period_at(area.level.as_str(), period);
    let loaded = states.and_then(|mut states| states.find(|l| Some(l.index.period()) == of));
    match loaded.map(|loaded| loaded.index.geometry(area.feature)) {
        Some(Geometry::MultiPolygon(shape)) => shape,
        Some(Geometry::Polygon(shape)) => MultiPolygon(vec![shape]),
        _ => MultiPolygon(Vec::new()),
    }
}

/// Longitude and latitude of a feature.
pub fn place_of(city: &City, layer: &str, id: &str, period: Option<&Period>) -> Option<(f64, f64)> {
    let loaded = city.layer(layer, period)?;
    Some(loaded.index.place(loaded.index.find(id)?))
}

/// What of `whole` lies in none of `parts`, count by count; `None` where nothing is left over.
/// A count that is unknown in the whole, or in every part, has no remainder.
pub fn balance_rest(whole: &BalanceRow, parts: &[BalanceRow]) -> Option<BalanceRow> {
    let left = |pick: fn(&BalanceRow) -> Option<i64>| -> Option<i64> {
        let known: Vec<i64> = parts.iter().filter_map(pick).collect();
        match known.is_empty() {
            true => None,
            false => Some(pick(whole)? - known.iter().sum::<i64>()),
        }
    };
    let rest = BalanceRow {
        usual_residents: left(|row| row.usual_residents),
        employed_residents: left(|row| row.employed_residents),
        households: left(|row| row.households),
        jobs: left(|row| row.jobs),
        ..BalanceRow::default()
    };
    let counts = [
        rest.usual_residents,
        rest.employed_residents,
        rest.households,
        rest.jobs,
    ];
    counts
        .iter()
        .flatten()
        .any(|count| *count != 0)
        .then_some(rest)
}

/// The same for rows of counts under keys; shares and texts have no remainder.
pub fn rest_of_counts(whole: &Row, parts: &[&Row]) -> Option<Row> {
    let mut rest = Row::new();
    for (key, value) in whole {
        let Some(value) = value.as_i64() else {
            continue;
        };
        let known: Vec<i64> = parts
            .iter()
            .filter_map(|row| row.get(key)?.as_i64())
            .collect();
        if !known.is_empty() {
            rest.insert(key.clone(), (value - known.iter().sum::<i64>()).into());
        }
    }
    rest.values()
        .any(|left| left.as_i64() != Some(0))
        .then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::test_city::TestCity;

    #[test]
    fn an_area_holds_those_whose_parents_lead_to_it() {
        let city = TestCity::new()
            .with_squares(
                "districts",
                1000.0,
                &[
                    (
                        "440103",
                        (0.0, 0.0),
                        &[("code", "440103"), ("name", "甲区")],
                    ),
                    (
                        "440104",
                        (1000.0, 0.0),
                        &[("code", "440104"), ("name", "乙区")],
                    ),
                ],
            )
            .with_squares(
                "planning_units",
                500.0,
                &[(
                    "JA01",
                    (0.0, 0.0),
                    &[("code", "JA01"), ("name", "一"), ("district", "440103")],
                )],
            )
            .with_squares(
                "subdistricts",
                250.0,
                &[
                    (
                        "440103001",
                        (0.0, 0.0),
                        &[
                            ("code", "440103001"),
                            ("name", "子"),
                            ("district", "440103"),
                            ("planning_unit", "JA01"),
                        ],
                    ),
                    (
                        "440104001",
                        (1000.0, 0.0),
                        &[
                            ("code", "440104001"),
                            ("name", "丑"),
                            ("district", "440104"),
                        ],
                    ),
                ],
            )
            .build();
        let within = |code: Option<&str>| -> Vec<String> {
            let code = code.map(|code| code.parse().unwrap());
            let areas = areas_within(&city, "subdistrict", code.as_ref(), None).unwrap();
            areas.iter().map(|area| area.name.clone()).collect()
        };
        assert_eq!(within(Some("440103")), ["子"]);
        assert_eq!(within(Some("JA01")), ["子"]);
        assert_eq!(within(Some("440104")), ["丑"]);
        assert_eq!(within(None), ["子", "丑"]);
        let area = find_area(&city, "440103", None).unwrap();
        assert_eq!(outline(&city, area, None).0.len(), 1);
        assert!(find_area(&city, "9", None).is_err());
    }

    #[test]
    fn parts_and_rest_make_the_whole() {
        let row = |people, jobs| BalanceRow {
            usual_residents: people,
            jobs,
            ..BalanceRow::default()
        };
        let whole = row(Some(10), Some(7));
        let rest = balance_rest(&whole, &[row(Some(4), Some(3)), row(None, Some(4))]).unwrap();
        assert_eq!((rest.usual_residents, rest.jobs), (Some(6), Some(0)));
        assert_eq!(balance_rest(&whole, &[row(Some(10), Some(7))]), None);
        assert_eq!(balance_rest(&whole, &[]), None);
    }
}
