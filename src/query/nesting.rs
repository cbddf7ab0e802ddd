//! Which areas lie in which: streets in planning units in districts.

use std::collections::BTreeMap;

use crate::{
    city::{Area, City},
    domain::Period,
};

/// The area of a level that `area` lies in, itself where it is of that level.
pub fn ancestor<'c>(
    city: &'c City,
    area: &'c Area,
    level: &str,
    period: Option<&Period>,
) -> Option<&'c Area> {
    above(city, area, period)
        .into_iter()
        .find(|above| above.level == *level)
}

/// The area and all that it lies in, smaller ones first.
pub fn above<'c>(city: &'c City, area: &'c Area, period: Option<&Period>) -> Vec<&'c Area> {
    let mut found = vec![area];
    let levels = city.catalog().levels();
    let place = |area: &Area| levels.iter().position(|level| *level == area.level);
    while let (Some(parent), true) = (&found[found.len() - 1].parent, found.len() <= levels.len()) {
        let own = place(found[found.len() - 1]).unwrap_or(0);
        // The code of the next larger level that holds it: a smaller one may have the same.
        let larger = levels[..own].iter().rev();
        let mut larger = larger.filter_map(|level| {
            city.areas()
                .find_at(level.as_str(), parent.as_str(), period)
        });
        let Some(next) = larger.next() else { break };
        found.push(next);
    }
    found
}

/// A count of each area of `level`: its own, else the sum of the next smaller areas inside, where
/// every one of them has it.
pub fn own_or_summed(
    city: &City,
    level: &str,
    period: Option<&Period>,
    own: impl Fn(&Area) -> Option<i64>,
) -> BTreeMap<String, i64> {
    let levels = city.catalog().levels();
    let from = levels.iter().position(|known| *known == *level);
    let mut found = BTreeMap::new();
    for area in city.areas().at(level, period) {
        if let Some(value) = own(area) {
            found.insert(area.code.to_string(), value);
        }
    }
    let Some(from) = from else { return found };
    for smaller in &levels[from + 1..] {
        let mut sums: BTreeMap<&str, Option<i64>> = BTreeMap::new();
        for area in city.areas().at(smaller.as_str(), period) {
            if let Some(holder) = ancestor(city, area, level, period) {
                let sum = sums.entry(holder.code.as_str()).or_insert(Some(0));
                *sum = sum.zip(own(area)).map(|(sum, value)| sum + value);
            }
        }
        for (code, sum) in sums {
            if let Some(sum) = sum {
                found.entry(code.to_owned()).or_insert(sum);
            }
        }
    }
    found
}
