use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use geo::{Geometry, Point};

use super::{
    Policy,
    held::{Settled, settle_people, settle_units},
    piece::{Piece, Unit, name_of},
    rounding,
    shown::{Areas, Counts, Key, Rows, ShownLayer},
};
use crate::{
    city::{Boundaries, City, LoadedLayer},
    domain::{
        Grid, GroupName, Groups, Layer, LayerKind, LevelId, OwnAreas, Period, Role, Table,
        TextColumn, Value,
    },
    index::FeatureRef,
};

/// The level whose areas no piece crosses, if it can be helped.
const LEVEL: &str = "subdistrict";

/// A layer of people or units as it is published.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The layer with its counts only.
    pub layer: Layer,
    /// Points at the middle of cells; every count a multiple of k. Rows without any are left out.
    pub table: Table,
    /// Features that could not be merged with enough others to be published.
    pub withheld: u64,
    /// Pieces of which a change waits for others before it shows.
    pub held: u64,
}

/// What earlier publications had of a layer at a period, and then this one.
pub(super) struct History<'a> {
    pub groups: &'a mut Groups,
    /// The areas that no group goes beyond, of all periods.
    pub own: OwnAreas,
    /// The exact counts behind the last publication; `None` before the first.
    pub shown: Option<ShownLayer>,
    /// The number of this publication.
    pub publication: u32,
}

/// Homes or workplaces as pieces (cell and subdistrict); `None` for a layer of which nothing is
/// published.
///
/// The same data, policy and history give the same pieces; the draws do not depend on the period. What
/// was merged by earlier publications stays so, what is merged now is noted in the groups; changes
/// that would tell of a person or a unit wait, and `shown` is what shows now.
pub(super) fn pieces_of(
    city: &City,
    loaded: &LoadedLayer,
    policy: &Policy,
    history: &mut History<'_>,
) -> Option<Pieces> {
    let layer = loaded.layer().protected()?;
    let levels = levels_above(city);
    let is_merged = is_merged(&layer);
    let now = rows_of(loaded, &levels, is_merged);
    let areas = areas_of(city, &levels, loaded.index.period());
    let shown = history.shown.take();
    let settled = match is_merged {
        true => {
            let judged = judged_of(loaded.layer());
            let (groups, own) = (&mut *history.groups, &history.own);
            settle_units(now, shown, groups, own, judged, history.publication)
        }
        false => settle_people(now, shown, &areas, policy.k(), history.publication),
    };
    let Settled {
        rows,
        pieces,
        past,
        withheld,
        held,
    } = settled;
    history.shown = Some(ShownLayer { areas, rows, past });
    let mut table = Table::for_layer(&layer);
    let mut units = Vec::new();
    let wholes = rounding::wholes(loaded.layer());
    let kept: Vec<usize> = layer
        .attributes
        .iter()
        .filter_map(|attribute| loaded.layer().attribute_index(attribute.id.as_str()))
        .collect();
    for (name, piece) in pieces {
        let id = name.to_string();
        let rounded = rounding::round(policy, &id, loaded.layer(), &wholes, &piece.counts);
        if rounded.iter().flatten().all(|count| *count == 0) {
            continue;
        }
        let values: Vec<Value> = kept
            .iter()
            .map(|&at| rounded[at].map_or(Value::Missing, Value::Integer))
            .collect();
        let (lon, lat) = piece.center();
        table.push(&id, Geometry::Point(Point::new(lon, lat)), &values);
        units.push(piece.unit);
    }
    let mut boundaries = Boundaries::of(city);
    boundaries.place(&layer, loaded.index.period(), &mut table);
    set_units(&mut table, &levels, &units);
    Some(Pieces {
        layer,
        table,
        withheld,
        held,
    })
}

/// The place of the count that dominance is judged by.
fn judged_of(layer: &Layer) -> Option<usize> {
    let first = || layer.counts().next().map(|(place, _)| place);
    layer.index_with_role(Role::Jobs).or_else(first)
}

/// The areas that pieces may lie in.
fn areas_of(city: &City, levels: &[LevelId], period: &Period) -> Areas {
    let codes = |level: &LevelId| {
        let areas = city.areas().at(level.as_str(), Some(period)).iter();
        areas.map(|area| area.code.as_str().into()).collect()
    };
    levels.iter().map(codes).collect()
}

/// The levels whose areas no piece crosses, larger areas first.
pub(super) fn levels_above(city: &City) -> Vec<LevelId> {
    let catalog = city.catalog();
    let rank = catalog.area_layer(LEVEL).map_or(0, |layer| layer.rank);
    let areas = catalog.area_layers().into_iter();
    let above = areas.filter(|layer| layer.rank <= rank);
    above.filter_map(|layer| layer.area_level.clone()).collect()
}

/// Whether the pieces of a layer are merged until nobody can tell one unit.
pub(super) fn is_merged(layer: &Layer) -> bool {
    layer.kind == LayerKind::Workplace || layer.with_role(Role::Jobs).is_some()
}

/// In which piece each feature of a layer lies.
pub(super) struct Gathered {
    /// The areas and cells of the pieces, in the order of their names; their ids are empty.
    pub pieces: Vec<Key>,
    /// The piece of each feature, in the order in which they were given.
    pub of_feature: Vec<u32>,
}

/// The pieces of all features, in the order of the layer.
pub(super) fn gather(loaded: &LoadedLayer, levels: &[LevelId]) -> Gathered {
    gather_of(loaded, levels, loaded.index.iter())
}

/// The pieces of some features.
pub(super) fn gather_of(
    loaded: &LoadedLayer,
    levels: &[LevelId],
    features: impl Iterator<Item = FeatureRef>,
) -> Gathered {
    let index = &loaded.index;
    let grid = Grid {
        cell_m: Policy::CELL_M,
    };
    let at: Vec<Option<usize>> = levels
        .iter()
        .map(|level| index.level_index(level.as_str()))
        .collect();
    let mut units: HashMap<Vec<Option<&str>>, usize> = HashMap::new();
    let mut numbers: HashMap<(usize, (i32, i32)), u32> = HashMap::new();
    let mut of_feature: Vec<u32> = Vec::new();
    for feature in features {
        let code = |at: &Option<usize>| at.and_then(|at| index.area_code(feature, at));
        let unit: Vec<Option<&str>> = at.iter().map(code).collect();
        let next = units.len();
        let unit = *units.entry(unit).or_insert(next);
        let (lon, lat) = index.place(feature);
        let next = numbers.len() as u32;
        of_feature.push(*numbers.entry((unit, grid.cell(lon, lat))).or_insert(next));
    }
    let mut all: Vec<(usize, Unit)> = units
        .into_iter()
        .map(|(unit, number)| {
            let codes = unit.into_iter().map(|code| code.map(Into::into));
            (number, codes.collect())
        })
        .collect();
    all.sort_unstable_by_key(|(number, _)| *number);
    let units: Vec<Arc<Unit>> = all.into_iter().map(|(_, unit)| Arc::new(unit)).collect();
    let mut named: BTreeMap<GroupName, Vec<(Arc<Unit>, u32)>> = BTreeMap::new();
    for ((unit, cell), number) in numbers {
        let unit = units[unit].clone();
        let name = name_of(&unit, grid.cell_m, cell);
        named.entry(name).or_default().push((unit, number));
    }
    let mut place = vec![0; named.values().map(Vec::len).sum()];
    let mut pieces = Vec::with_capacity(named.len());
    for (at, (name, mut same)) in (0u32..).zip(named) {
        // Areas of one code in several larger ones, where boundaries do not nest, are one.
        same.sort_unstable();
        same.iter()
            .for_each(|(_, number)| place[*number as usize] = at);
        pieces.push(Key {
            unit: same.swap_remove(0).0,
            cell: name.cell,
            id: Box::default(),
        });
    }
    let places = of_feature.iter_mut();
    places.for_each(|number| *number = place[*number as usize]);
    Gathered { pieces, of_feature }
}

/// The counts of a layer by unit, or summed by piece.
pub(super) fn rows_of(loaded: &LoadedLayer, levels: &[LevelId], by_unit: bool) -> Rows {
    let (index, layer) = (&loaded.index, loaded.layer());
    let Gathered { pieces, of_feature } = gather(loaded, levels);
    let places: Vec<usize> = layer.counts().map(|(place, _)| place).collect();
    let none = vec![None; layer.attributes.len()];
    let counts_of = |feature, sums: &mut Counts| {
        let own = |&place: &usize| Some((place, index.integer(feature, place)?));
        add(sums, places.iter().filter_map(own));
    };
    let features = index.iter().zip(of_feature);
    if by_unit {
        let row = |(feature, piece): (_, u32)| {
            let mut counts = none.clone();
            counts_of(feature, &mut counts);
            let key = Key {
                id: index.id(feature).into(),
                ..pieces[piece as usize].clone()
            };
            (key, counts)
        };
        return features.map(row).collect();
    }
    let mut sums = vec![none.clone(); pieces.len()];
    features.for_each(|(feature, piece)| counts_of(feature, &mut sums[piece as usize]));
    pieces.into_iter().zip(sums).collect()
}

/// The pieces that rows lie in, unmerged. `judged`: the place of the count that dominance is judged by.
pub(super) fn pieces_of_rows(rows: &Rows, judged: Option<usize>) -> Vec<Piece> {
    let mut pieces: BTreeMap<GroupName, Piece> = BTreeMap::new();
    for (key, counts) in rows {
        let name = key.piece();
        let piece = pieces.entry(name.clone()).or_insert_with(|| Piece {
            unit: (*key.unit).clone(),
            cell_m: name.cell_m,
            cell: key.cell,
            features: 0,
            largest: 0,
            total: 0,
            counts: vec![None; counts.len()],
            names: vec![name],
        });
        let weight = judged.and_then(|place| counts[place]).unwrap_or(0);
        // Units without jobs hide nobody.
        piece.features += u64::from(judged.is_none() || weight > 0);
        piece.largest = piece.largest.max(weight);
        piece.total = piece.total.saturating_add(weight);
        let own = counts.iter().enumerate();
        add(
            &mut piece.counts,
            own.filter_map(|(at, count)| Some((at, (*count)?))),
        );
    }
    pieces.into_values().collect()
}

fn add(sums: &mut [Option<i64>], counts: impl Iterator<Item = (usize, i64)>) {
    for (place, count) in counts {
        let sum = sums[place].unwrap_or(0);
        sums[place] = Some(sum.saturating_add(count));
    }
}

/// A piece lies in the areas that its features lie in, whatever side of a border its middle is on;
/// one that was merged across areas lies in none of them, nor in a part of one.
fn set_units(table: &mut Table, levels: &[LevelId], units: &[Unit]) {
    let mut placed: BTreeMap<LevelId, TextColumn> = std::mem::take(&mut table.area_codes);
    let below = placed
        .iter_mut()
        .filter(|(level, _)| !levels.contains(level));
    for (_, codes) in below {
        let mut own = TextColumn::default();
        for (row, unit) in units.iter().enumerate() {
            own.push(codes.get(row).filter(|_| unit.len() == levels.len()));
        }
        *codes = own;
    }
    for (at, level) in levels.iter().enumerate() {
        let mut own = TextColumn::default();
        for unit in units {
            own.push(unit.get(at).and_then(|code| code.as_deref()));
        }
        placed.insert(level.clone(), own);
    }
    table.area_codes = placed;
}
