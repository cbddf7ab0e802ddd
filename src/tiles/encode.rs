use super::{
    Shapes, clip,
    mvt::{CLOSE_PATH, EXTENT, LINE_TO, LayerWriter, MOVE_TO, Shape, Tag, command, zigzag},
    shapes::{Corner, Outline},
};
use crate::{
    domain::{GeometryKind, Role, TileCoord},
    index::{Cell, Filter, GRID_BITS, LayerIndex, PackedColumn, stable_number},
};

/// A tile stays under this; a fuller one is served as coarser sums.
pub const MAX_TILE_BYTES: usize = 500_000;

/// An encoded tile, not compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    pub bytes: Vec<u8>,
    /// Whether features were summed in a grid although the zoom shows single ones.
    pub generalized: bool,
}

/// Outlines are off by at most this many of 4096 units: a third of a pixel on a tile of 512.
const TOLERANCE: f64 = 2.5;

/// How far outlines may be off where a tile would else be too large: eight pixels.
const COARSEST: f64 = 64.0;

/// The tile of a layer; `None` where nothing is inside.
///
/// Points stand for themselves from the layer's detail zoom on; below it, and where a tile would be
/// too large, there is one point per grid cell with exact sums of every count and `features`.
/// Filters apply before summing. Lines and polygons are simplified for the zoom, more so where the
/// tile would be too large, and cut at the buffered tile; polygons come with a second layer `{id}_label` of one point each.
pub fn encode(
    index: &LayerIndex,
    shapes: &Shapes,
    tile: TileCoord,
    filter: Option<&Filter>,
) -> Option<Tile> {
    let layer = index.layer();
    if tile.z() < layer.zoom.min || tile.z() > layer.zoom.max {
        return None;
    }
    if layer.geometry != GeometryKind::Point {
        let mut tolerance = TOLERANCE;
        loop {
            let bytes = outlines(index, shapes, tile, filter, tolerance)?;
            if bytes.len() <= MAX_TILE_BYTES || tolerance >= COARSEST {
                return Some(Tile {
                    bytes,
                    generalized: tolerance > TOLERANCE,
                });
            }
            tolerance *= 3.0;
        }
    }
    if tile.z() >= layer.zoom.detail
        && let Some(bytes) = points(index, tile, filter)?
    {
        return Some(Tile {
            bytes,
            generalized: false,
        });
    }
    let mut zoom = (tile.z() + GRID_BITS).min(28);
    loop {
        let bytes = grid(index, tile, zoom, filter)?;
        if bytes.len() <= MAX_TILE_BYTES || zoom <= tile.z() {
            return Some(Tile {
                bytes,
                generalized: tile.z() >= layer.zoom.detail,
            });
        }
        zoom -= 1;
    }
}

/// Grid sums; `None` for an empty tile.
fn grid(index: &LayerIndex, tile: TileCoord, zoom: u8, filter: Option<&Filter>) -> Option<Vec<u8>> {
    let cells = index.grid(tile, zoom, filter);
    if cells.is_empty() {
        return None;
    }
    let layer = index.layer();
    let mut keys: Vec<String> = layer.counts().map(|(_, a)| a.id.to_string()).collect();
    keys.push("features".into());
    let features_key = keys.len() as u32 - 1;
    let all = index.sums();
    let is_known: Vec<bool> = all
        .counts
        .iter()
        .map(|c| c.missing < all.features)
        .collect();
    let mut writer = LayerWriter::new(layer.id.as_str(), keys);
    let bits = zoom - tile.z();
    let side = EXTENT >> bits.min(12);
    let mut by_place: Vec<_> = cells.iter().collect();
    by_place.sort_unstable_by_key(|cell| (cell.y, cell.x));
    for cell in by_place {
        for (key, sum) in cell.sums.iter().enumerate() {
            // What no feature has a value of is unknown, not zero.
            if !is_known[key] {
                continue;
            }
            writer.tag(key as u32, Tag::Integer(*sum));
        }
        writer.tag(features_key, Tag::Integer(cell.features as i64));
        let place = |grid: u32, tile: u32| ((grid - (tile << bits)) as i32) * side + side / 2;
        let (x, y) = (place(cell.x, tile.x()), place(cell.y, tile.y()));
        let id = (u64::from(cell.x) << 26 | u64::from(cell.y)) & ((1 << 52) - 1);
        writer.feature(
            id,
            Shape::Point,
            &[command(MOVE_TO, 1), zigzag(x), zigzag(y)],
        );
    }
    let mut bytes = Vec::new();
    writer.finish(&mut bytes);
    Some(bytes)
}

/// Keys of a layer's single features: `id`, every attribute, every area code.
fn keys(index: &LayerIndex) -> Vec<String> {
    let attributes = index.layer().attributes.iter().map(|a| a.id.to_string());
    let codes = index.levels().iter().map(|level| format!("{level}_code"));
    std::iter::once("id".to_owned())
        .chain(attributes)
        .chain(codes)
        .collect()
}

fn tags(writer: &mut LayerWriter, cell: &Cell, row: usize) {
    writer.tag(0, Tag::Text(cell.id(row)));
    for (place, column) in cell.columns().iter().chain(cell.area_codes()).enumerate() {
        let value = match column {
            PackedColumn::Integer(values) => values.get(row).map(Tag::Integer),
            PackedColumn::Number(_) => column.number(row).map(Tag::Number),
            PackedColumn::Text { .. } => column.text(row).map(Tag::Text),
        };
        if let Some(value) = value {
            writer.tag(place as u32 + 1, value);
        }
    }
}

/// Single points: `None` for an empty tile, `Some(None)` for one that would be too large.
fn points(index: &LayerIndex, tile: TileCoord, filter: Option<&Filter>) -> Option<Option<Vec<u8>>> {
    let mut writer = LayerWriter::new(index.layer().id.as_str(), keys(index));
    index.for_each_in_tile(tile, filter, |cell, row| {
        if writer.len() > MAX_TILE_BYTES {
            return;
        }
        tags(&mut writer, cell, row);
        let (x, y) = (
            unit(cell.mercator_x()[row], tile.x(), tile.z()),
            unit(cell.mercator_y()[row], tile.y(), tile.z()),
        );
        let last = f64::from(EXTENT - 1);
        let (x, y) = (
            x.floor().clamp(0.0, last) as i32,
            y.floor().clamp(0.0, last) as i32,
        );
        let geometry = [command(MOVE_TO, 1), zigzag(x), zigzag(y)];
        writer.feature(stable_number(cell.id(row)), Shape::Point, &geometry);
    });
    if writer.is_empty() {
        return None;
    }
    if writer.len() > MAX_TILE_BYTES {
        return Some(None);
    }
    let mut bytes = Vec::new();
    writer.finish(&mut bytes);
    Some(Some(bytes))
}

/// A Mercator place in units of the tile.
fn unit(place: u32, tile: u32, z: u8) -> f64 {
    (f64::from(place) * f64::from(z).exp2() / 4_294_967_296.0 - f64::from(tile)) * f64::from(EXTENT)
}

fn outlines(
    index: &LayerIndex,
    shapes: &Shapes,
    tile: TileCoord,
    filter: Option<&Filter>,
    tolerance: f64,
) -> Option<Vec<u8>> {
    let layer = index.layer();
    let mut writer = LayerWriter::new(layer.id.as_str(), keys(index));
    let mut window = tile.bbox();
    let margin = (window.east - window.west) * clip::BUFFER / f64::from(EXTENT);
    window.west -= margin;
    window.east += margin;
    let height = (window.north - window.south) * clip::BUFFER / f64::from(EXTENT) * 1.5;
    window.south -= height;
    window.north += height;
    index.for_each_meeting(&window, filter, |feature| {
        let (number, row) = (feature.cell as usize, feature.row as usize);
        let cell = &index.cells()[number];
        let Some(outline) = shapes.outline(number, row) else {
            return;
        };
        let geometry = geometry_of(outline, tile, tolerance);
        if geometry.is_empty() {
            return;
        }
        tags(&mut writer, cell, row);
        let shape = if outline.is_line {
            Shape::Line
        } else {
            Shape::Polygon
        };
        writer.feature(stable_number(cell.id(row)), shape, &geometry);
    });
    let labels = labels(index, tile, filter);
    if writer.is_empty() && labels.is_empty() {
        return None;
    }
    let mut bytes = Vec::new();
    if !writer.is_empty() {
        writer.finish(&mut bytes);
    }
    if !labels.is_empty() {
        labels.finish(&mut bytes);
    }
    Some(bytes)
}

/// One point per polygon, in the tile that holds its place, so that a name stands once.
fn labels(index: &LayerIndex, tile: TileCoord, filter: Option<&Filter>) -> LayerWriter {
    let layer = index.layer();
    let places: Vec<usize> = [Role::Code, Role::Name, Role::NameEn]
        .into_iter()
        .filter_map(|role| layer.index_with_role(role))
        .collect();
    let keys = places
        .iter()
        .map(|&place| layer.attributes[place].id.to_string())
        .collect();
    let mut writer = LayerWriter::new(&format!("{}_label", layer.id), keys);
    index.for_each_in_tile(tile, filter, |cell, row| {
        for (key, &place) in places.iter().enumerate() {
            if let Some(text) = cell.columns()[place].text(row) {
                writer.tag(key as u32, Tag::Text(text));
            }
        }
        let x = unit(cell.mercator_x()[row], tile.x(), tile.z()).floor() as i32;
        let y = unit(cell.mercator_y()[row], tile.y(), tile.z()).floor() as i32;
        let geometry = [
            command(MOVE_TO, 1),
            zigzag(x.clamp(0, EXTENT - 1)),
            zigzag(y.clamp(0, EXTENT - 1)),
        ];
        writer.feature(stable_number(cell.id(row)), Shape::Point, &geometry);
    });
    writer
}

/// The commands that draw an outline in a tile; none where nothing of it is visible.
///
/// `tolerance` is in tile units.
fn geometry_of(outline: &Outline, tile: TileCoord, tolerance: f64) -> Vec<u32> {
    let scale = f64::from(tile.z()).exp2() * f64::from(EXTENT) / 4_294_967_296.0;
    let tolerance = (tolerance / scale) as f32;
    let shown = |ring: &[Corner]| -> Vec<(f64, f64)> {
        let kept = ring.iter().filter(|corner| corner.weight >= tolerance);
        let place = |c: &Corner| (unit(c.x, tile.x(), tile.z()), unit(c.y, tile.y(), tile.z()));
        kept.map(place).collect()
    };
    let mut pen = Pen::default();
    for part in &outline.parts {
        if outline.is_line {
            for ring in part {
                clip::line(&shown(ring))
                    .iter()
                    .for_each(|line| pen.line(line));
            }
            continue;
        }
        let mut rings = part.iter();
        let Some(exterior) = rings.next() else {
            continue;
        };
        if pen.ring(&clip::ring(&shown(exterior)), true) {
            for hole in rings {
                pen.ring(&clip::ring(&shown(hole)), false);
            }
        }
    }
    pen.commands
}

/// Writes commands; keeps the place of the cursor.
#[derive(Default)]
struct Pen {
    commands: Vec<u32>,
    x: i32,
    y: i32,
}

impl Pen {
    fn step(&mut self, (x, y): (i32, i32)) {
        self.commands.push(zigzag(x - self.x));
        self.commands.push(zigzag(y - self.y));
        (self.x, self.y) = (x, y);
    }

    /// Draws a ring, an exterior clockwise on the screen and a hole the other way; answers whether
    /// anything is left of it.
    fn ring(&mut self, points: &[(f64, f64)], exterior: bool) -> bool {
        let mut corners = whole(points);
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        drop_spikes(&mut corners);
        let area = doubled_area(&corners);
        if corners.len() < 3 || area == 0 {
            return false;
        }
        if (area > 0) != exterior {
            corners.reverse();
        }
        self.commands.push(command(MOVE_TO, 1));
        self.step(corners[0]);
        self.commands
            .push(command(LINE_TO, corners.len() as u32 - 1));
        corners[1..].iter().for_each(|&corner| self.step(corner));
        self.commands.push(command(CLOSE_PATH, 1));
        true
    }

    fn line(&mut self, points: &[(f64, f64)]) {
        let corners = whole(points);
        if corners.len() < 2 {
            return;
        }
        self.commands.push(command(MOVE_TO, 1));
        self.step(corners[0]);
        self.commands
            .push(command(LINE_TO, corners.len() as u32 - 1));
        corners[1..].iter().for_each(|&corner| self.step(corner));
    }
}

/// Rounded to whole units, without repeats.
fn whole(points: &[(f64, f64)]) -> Vec<(i32, i32)> {
    let mut corners: Vec<(i32, i32)> = points
        .iter()
        .map(|p| (p.0.round() as i32, p.1.round() as i32))
        .collect();
    corners.dedup();
    corners
}

/// Takes out corners where the outline turns straight back.
fn drop_spikes(corners: &mut Vec<(i32, i32)>) {
    let mut again = true;
    while again && corners.len() >= 3 {
        again = false;
        let count = corners.len();
        for i in 0..count {
            if corners[(i + count - 1) % count] == corners[(i + 1) % count] {
                let next = (i + 1) % count;
                corners.remove(i.max(next));
                corners.remove(i.min(next));
                again = true;
                break;
            }
        }
    }
}

/// Twice the area in tile units, positive for a ring that runs clockwise on the screen.
fn doubled_area(corners: &[(i32, i32)]) -> i64 {
    let pairs = corners.iter().zip(corners.iter().cycle().skip(1));
    pairs
        .map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1))
        .sum()
}
