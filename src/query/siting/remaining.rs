use serde::Serialize;

use super::Siting;
use crate::query::GapRow;

/// What an area lacks of a service before and after new sites, counted as the gap table counts:
/// where a facility stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RemainingGap {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub shortfall: i64,
    /// Places of the new sites in it.
    pub added_capacity: i64,
    pub shortfall_after: i64,
}

/// The areas that lack anything or get a site, with the sum of them; none where the sites have no
/// capacity.
///
/// # Arguments
/// * `rows` - the gaps of the service, area by area
pub fn remaining_gaps(
    rows: &[&GapRow],
    siting: &Siting,
) -> Option<(Vec<RemainingGap>, RemainingGap)> {
    let sites = &siting.answer.rows;
    let is_limited = sites.iter().any(|site| site.site_capacity.is_some());
    if !is_limited {
        return None;
    }
    let mut told = Vec::new();
    let mut sum = RemainingGap::default();
    for row in rows {
        let inside = sites.iter().filter(|site| site.areas.contains(&row.code));
        let added: i64 = inside.filter_map(|site| site.site_capacity).sum();
        let (Some(shortfall), Some(required), Some(capacity)) =
            (row.shortfall, row.required, row.capacity)
        else {
            continue;
        };
        if shortfall == 0 && added == 0 {
            continue;
        }
        let after = (required - capacity - added).max(0);
        sum.shortfall += shortfall;
        sum.added_capacity += added;
        sum.shortfall_after += after;
        told.push(RemainingGap {
            code: row.code.clone(),
            name: row.name.clone(),
            name_en: row.name_en.clone(),
            shortfall,
            added_capacity: added,
            shortfall_after: after,
        });
    }
    Some((told, sum))
}
