use super::{
    GapsQuery, Service, Zones,
    count::{self, Counted},
    demand::People,
    row::GapRow,
    supply::Supply,
};
use crate::{
    city::City,
    domain::{LayerKind, NormItem, Period},
};

/// What changes are counted from: the period asked for, else the last one before the present state
/// of the homes or of a facility layer in question.
pub(super) fn earlier_period(
    city: &City,
    query: &GapsQuery,
    items: &[&NormItem],
) -> Option<Period> {
    if query.earlier.is_some() {
        return query.earlier.clone();
    }
    let period = query.period.as_ref();
    let of_items = items.iter().map(|item| item.layer.as_str());
    let homes = city.layers_at(period).map(|loaded| loaded.layer());
    let homes = homes.filter(|layer| layer.kind == LayerKind::Residence);
    let mut names: Vec<&str> = of_items
        .chain(homes.map(|layer| layer.id.as_str()))
        .collect();
    names.sort_unstable();
    names.dedup();
    let before = names.iter().filter_map(|name| {
        let now = city.layer(name, period)?.index.period();
        let states = city.states(name).map(|loaded| loaded.index.period());
        states.filter(|state| *state < now).last().cloned()
    });
    before.max()
}

/// The same service in the same areas at an earlier time.
pub(super) fn before(
    city: &City,
    zones: &Zones<'_>,
    service: &Service<'_>,
    query: &GapsQuery,
    earlier: &Period,
) -> Vec<Counted> {
    let period = Some(earlier);
    let supply = Supply::of(city, service.item, period);
    let demand = service.item.demand.as_ref();
    let people =
        demand.and_then(|demand| People::of(city, demand, query.caliber.as_deref(), period));
    count::count(zones, supply.as_ref(), people.as_ref(), &service.need)
}

pub(super) fn write(row: &mut GapRow, now: &Counted, before: &Counted) {
    let change = |now: Option<i64>, before: Option<i64>| Some(now? - before?);
    let shortfall = |counted: &Counted| counted.gap.map(|gap| gap.0);
    row.change_facilities = change(now.facilities, before.facilities);
    // What is unknown then or now did not grow or shrink.
    let whole = |counted: &Counted| counted.capacity.filter(|_| counted.unknown == Some(0));
    row.change_capacity = change(whole(now), whole(before));
    row.change_required = change(now.required, before.required);
    row.change_shortfall = change(shortfall(now), shortfall(before));
}
