use std::collections::{BTreeMap, HashMap};

use geo::{Geometry, Point};

use super::{
    Policy,
    merging::merge,
    piece::{Piece, Unit},
    rounding,
};
use crate::{
    city::{Boundaries, City, LoadedLayer},
    domain::{Grid, GroupName, Groups, Layer, LayerKind, LevelId, Role, Table, TextColumn, Value},
};

/// The level whose areas no piece crosses, if it can be helped.
const LEVEL: &str = "subdistrict";

/// A layer of people or units as it is published.
#[derive(Debug)]
pub struct Pieces {
    /// The layer with its counts only.
    pub layer: Layer,
    /// Points at the middle of cells; every count a multiple of k. Rows without any are left out.
    pub table: Table,
    /// Features that could not be merged with enough others to be published.
    pub withheld: u64,
}

/// Homes or workplaces as pieces (cell and subdistrict); `None` for a layer of which nothing is
/// published.
///
/// The same data, policy and groups give the same pieces; the draws do not depend on the period. What
/// was merged by earlier publications stays so, what is merged now is noted in `groups` under the
/// number of this one.
pub fn pieces_of(
    city: &City,
    loaded: &LoadedLayer,
    policy: &Policy,
    groups: &mut Groups,
    publication: u32,
) -> Option<Pieces> {
    let layer = loaded.layer().protected()?;
    let levels = levels_above(city);
    let gathered = gather(loaded, &levels).pieces;
    let (pieces, withheld) = match is_merged(&layer) {
        true => merge(gathered, groups, publication),
        false => (gathered.into_iter().map(|p| (p.name(), p)).collect(), 0),
    };
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
    })
}

/// The levels whose areas no piece crosses, larger areas first.
pub(super) fn levels_above(city: &City) -> Vec<LevelId> {
    let catalog = city.catalog();
    let rank = catalog.area_layer(LEVEL).map_or(0, |layer| layer.rank);
    let areas = catalog.area_layers().into_iter();
    let above = areas.filter(|layer| layer.rank <= rank);
    above.filter_map(|layer| layer.area_level.clone()).collect()
}

/// One piece for each cell and area.
pub(super) struct Gathered {
    /// In the order of their names; each has itself as its only member.
    pub pieces: Vec<Piece>,
    /// The piece of each feature, in the order of the layer.
    pub of_feature: Vec<u32>,
}

/// Whether the pieces of a layer are merged until nobody can tell one unit.
pub(super) fn is_merged(layer: &Layer) -> bool {
    layer.kind == LayerKind::Workplace || layer.with_role(Role::Jobs).is_some()
}

pub(super) fn gather(loaded: &LoadedLayer, levels: &[LevelId]) -> Gathered {
    let (index, layer) = (&loaded.index, loaded.layer());
    let grid = Grid {
        cell_m: Policy::CELL_M,
    };
    let counts: Vec<usize> = layer.counts().map(|(place, _)| place).collect();
    let judged = layer.index_with_role(Role::Jobs);
    let judged = judged.or_else(|| counts.first().copied());
    let at: Vec<Option<usize>> = levels
        .iter()
        .map(|level| index.level_index(level.as_str()))
        .collect();
    let mut units: HashMap<Vec<Option<&str>>, usize> = HashMap::new();
    let mut numbers: HashMap<(usize, (i32, i32)), u32> = HashMap::new();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut of_feature: Vec<u32> = Vec::new();
    for feature in index.iter() {
        let code = |at: &Option<usize>| at.and_then(|at| index.area_code(feature, at));
        let unit: Vec<Option<&str>> = at.iter().map(code).collect();
        let next = units.len();
        let number = *units.entry(unit.clone()).or_insert(next);
        let (lon, lat) = index.place(feature);
        let cell = grid.cell(lon, lat);
        let number = *numbers.entry((number, cell)).or_insert_with(|| {
            let number = pieces.len() as u32;
            pieces.push(Piece {
                unit: unit.iter().map(|code| code.map(Into::into)).collect(),
                cell_m: grid.cell_m,
                cell,
                features: 0,
                largest: 0,
                total: 0,
                counts: vec![None; layer.attributes.len()],
                members: vec![number],
                names: Vec::new(),
            });
            number
        });
        of_feature.push(number);
        let piece = &mut pieces[number as usize];
        piece.features += 1;
        let weight = judged
            .and_then(|at| index.integer(feature, at))
            .unwrap_or(0);
        piece.largest = piece.largest.max(weight);
        piece.total = piece.total.saturating_add(weight);
        for &at in &counts {
            if let Some(count) = index.integer(feature, at) {
                let sum = piece.counts[at].unwrap_or(0);
                piece.counts[at] = Some(sum.saturating_add(count));
            }
        }
    }
    let mut named: BTreeMap<GroupName, Vec<Piece>> = BTreeMap::new();
    for piece in pieces {
        named.entry(piece.name()).or_default().push(piece);
    }
    let mut place = vec![0; numbers.len()];
    let mut pieces = Vec::with_capacity(named.len());
    for (at, (name, mut same)) in (0u32..).zip(named) {
        // Areas of one code in several larger ones, where boundaries do not nest, are one.
        same.sort_unstable_by(|a, b| a.unit.cmp(&b.unit));
        let unit = same[0].unit.clone();
        let members = same.iter().flat_map(|piece| &piece.members);
        members.for_each(|number| place[*number as usize] = at);
        let sum = same.into_iter().reduce(|mut sum, other| {
            sum.add(other);
            sum
        });
        pieces.extend(sum.map(|sum| Piece {
            unit,
            members: vec![at],
            names: vec![name],
            ..sum
        }));
    }
    of_feature
        .iter_mut()
        .for_each(|number| *number = place[*number as usize]);
    Gathered { pieces, of_feature }
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
