use super::{Coverage, GapRow, GapsQuery, Measured, Service, Zones, count, items, norm_set};
use crate::{city::City, domain::Reason, query::QueryError};

/// What areas have and lack of one service, without how it is reached.
pub(in crate::query) struct Lack {
    /// One for each area asked for, in the order of the gap table and counted as there.
    pub rows: Vec<GapRow>,
    /// The unit of capacity, requirement and gap.
    pub unit: String,
    /// The layer of its facilities.
    pub layer: String,
}

/// What the areas of a level lack of the one service that is asked for.
///
/// # Errors
/// Unknown norms, services, level or area; a rate that is no share.
pub(in crate::query) fn lacking(city: &City, query: &GapsQuery) -> Result<Lack, QueryError> {
    query.check()?;
    let set = norm_set(city, query.norms.as_ref())?;
    let items = items(set, query.services.as_ref(), None)?;
    let zones = Zones::of(
        city,
        &query.level,
        query.area.as_deref(),
        query.period.as_ref(),
    )?;
    let mut service = Service::of(city, query, set, items[0]);
    service.supply = service.supply.filter(|supply| !supply.is_undecided());
    let (supply, people) = (service.supply.as_ref(), service.people.as_ref());
    let measured = Measured {
        counted: count::count(&zones, supply, people, &service.need),
        straight: Coverage::none(zones.len(), Reason::NotAsked),
        network: Coverage::none(zones.len(), Reason::NotAsked),
        shared: Err(Reason::NotAsked),
    };
    let row = |zone| service.row(&zones, zone, &measured, query.denominator);
    Ok(Lack {
        rows: zones.asked().map(row).collect(),
        layer: service.item.layer.to_string(),
        unit: service.unit.clone(),
    })
}
