//! Names and values of areas: in the area where there is room, else by number in a key below.

use geo::BoundingRect;

use super::{MARGIN, Map, MapArea, SMALL, bounds, closer::is_in as is_in_window};
use crate::reports::figure::{
    place::{Frame, Room, is_in},
    plane::Plane,
    svg::{Anchor, Canvas, Type, text_width},
};

/// Letters of names, the larger ones where they fit.
const SIZES: [f64; 2] = [SMALL, 6.0];
/// Letters of numbers on the map and of the key.
const KEY: f64 = 6.2;
const KEY_ROW: f64 = 9.0;
const BETWEEN: f64 = 12.0;
/// A key of more lines is no longer looked through: the table has the names.
const MOST_IN_KEY: usize = 60;

/// Where a label may stand, from the place of its area, in parts of its own size.
const SHIFTS: [(f64, f64); 7] = [
    (0.0, 0.0),
    (0.0, -0.5),
    (0.0, 0.5),
    (-0.35, 0.0),
    (0.35, 0.0),
    (0.0, -1.0),
    (0.0, 1.0),
];

/// Where a number may stand, from the place of its area, in its own widths and heights.
const ASIDE: [f64; 11] = [0.0, -0.5, 0.5, -1.0, 1.0, -1.7, 1.7, -2.5, 2.5, -3.5, 3.5];
const DOWN: [f64; 5] = [0.0, -0.5, 0.5, -1.0, 1.0];

/// The names that found no room, in the order of their numbers, and the lines that they take.
#[derive(Debug, Default)]
pub(super) struct Key {
    entries: Vec<String>,
    columns: usize,
    step: f64,
}

impl Key {
    fn of(entries: Vec<String>, width: f64) -> Self {
        let widest = entries.iter().map(|entry| text_width(entry, KEY));
        let step = widest.fold(1.0, f64::max) + BETWEEN;
        let columns = ((width - 2.0 * MARGIN + BETWEEN) / step).floor().max(1.0) as usize;
        Key {
            entries,
            columns,
            step,
        }
    }

    fn rows(&self) -> usize {
        self.entries.len().div_ceil(self.columns.max(1))
    }

    /// How much the map grows below.
    pub(super) fn height(&self) -> f64 {
        match self.entries.is_empty() {
            true => 0.0,
            false => self.rows() as f64 * KEY_ROW + 6.0,
        }
    }

    /// Column by column, below the map that ends at `top`.
    pub(super) fn draw(&self, canvas: &mut Canvas, width: f64, top: f64) {
        if self.entries.is_empty() {
            return;
        }
        canvas.rect((0.0, top), (width, self.height()), r##"fill="#ffffff""##);
        let hair = r##"stroke="#9a9a9a" stroke-width="0.5""##;
        canvas.line((0.4, top), (width - 0.4, top), hair);
        for (at, entry) in self.entries.iter().enumerate() {
            let (column, row) = (at / self.rows(), at % self.rows());
            let x = MARGIN + column as f64 * self.step;
            let y = top + 9.0 + row as f64 * KEY_ROW;
            canvas.text((x, y), entry, Type::new(KEY, Anchor::Start));
        }
    }
}

impl Map {
    /// Names and values, large areas first, in smaller letters or a little aside where it is narrow;
    /// what finds no room is numbered. What a closer map shows is named there.
    pub(super) fn draw_labels(
        &self,
        canvas: &mut Canvas,
        plane: &Plane,
        room: &mut Room,
        width: f64,
    ) -> Key {
        let size_of = |area: &MapArea| {
            bounds(std::iter::once(&area.shape)).map_or(0.0, |b| b.width() * b.height())
        };
        let mut order: Vec<&MapArea> = self.areas.iter().collect();
        order.retain(|area| !(area.name.is_empty() && area.printed.is_empty()));
        order.sort_by(|a, b| size_of(b).total_cmp(&size_of(a)));
        order.retain(|area| {
            let both = [area.name.as_str(), area.printed.as_str()];
            !draw_label(canvas, plane, room, area, &both)
        });
        let window = self.crowded();
        let is_closer = |area: &MapArea| {
            let own = area.shape.bounding_rect();
            window.is_some_and(|window| is_in_window(own, window))
        };
        let (mut numbered, mut told): (Vec<&MapArea>, Vec<&MapArea>) = order
            .into_iter()
            .partition(|area| !area.name.is_empty() && !is_closer(area));
        if numbered.len() > MOST_IN_KEY {
            told.append(&mut numbered);
        }
        // The value alone: a closer map or the table has the name.
        for area in told {
            draw_label(canvas, plane, room, area, &[&area.printed]);
        }
        draw_numbers(canvas, plane, room, numbered, width)
    }
}

/// Writes lines below each other where there is room; whether there was.
fn draw_label(
    canvas: &mut Canvas,
    plane: &Plane,
    room: &mut Room,
    area: &MapArea,
    lines: &[&str],
) -> bool {
    let lines: Vec<&str> = lines.iter().copied().filter(|l| !l.is_empty()).collect();
    let (x, y) = plane.point(area.place.0, area.place.1);
    let rings = plane.rings(&area.shape);
    for size in SIZES {
        let widest = lines.iter().map(|line| text_width(line, size));
        let widest = widest.fold(0.0, f64::max);
        let tall = lines.len() as f64 * (size + 1.0);
        for (aside, down) in SHIFTS {
            let (x, y) = (x + aside * widest, y + down * tall);
            let is_own = (aside, down) == (0.0, 0.0) || is_in((x, y), &rings);
            let (half, high) = (widest / 2.0, tall / 2.0);
            let frame = Frame(x - half, y - high, x + half, y + high);
            if lines.is_empty() || !is_own || !room.try_take(frame) {
                continue;
            }
            for (at, line) in lines.iter().enumerate() {
                let look = Type {
                    halo: true,
                    bold: *line == area.printed,
                    ..Type::new(size, Anchor::Middle)
                };
                let down = frame.1 + size * 0.85 + at as f64 * (size + 1.0);
                canvas.text((x, down), line, look);
            }
            return true;
        }
    }
    false
}

/// Numbers in reading order, and the key that says whose they are.
fn draw_numbers(
    canvas: &mut Canvas,
    plane: &Plane,
    room: &mut Room,
    areas: Vec<&MapArea>,
    width: f64,
) -> Key {
    // Room for as many digits as the last number has.
    let wide = text_width(&format!("[{}]", areas.len()), KEY) + 1.0;
    let placed = areas.into_iter().map(|area| {
        let (x, y) = plane.point(area.place.0, area.place.1);
        let frame = |(x, y): (f64, f64)| {
            Frame(x - wide / 2.0, y - KEY / 2.0, x + wide / 2.0, y + KEY / 2.0)
        };
        let rings = plane.rings(&area.shape);
        let spots = ASIDE.iter().flat_map(|aside| {
            DOWN.iter()
                .map(move |down| (x + aside * wide, y + down * KEY))
        });
        let mut spots = spots.filter(|spot| *spot == (x, y) || is_in(*spot, &rings));
        let spot = spots.find(|spot| room.try_take(frame(*spot)));
        // Among dots without end a number stands upon them: no area goes without its name.
        (spot.unwrap_or((x, y)), area)
    });
    let mut placed: Vec<((f64, f64), &MapArea)> = placed.collect();
    placed.sort_by(|((x, y), _), ((other_x, other_y), _)| {
        let line = |y: f64| (y / 24.0).floor();
        line(*y)
            .total_cmp(&line(*other_y))
            .then(x.total_cmp(other_x))
    });
    let mut entries = Vec::new();
    for (number, ((x, y), area)) in (1..).zip(placed) {
        let look = Type {
            halo: true,
            color: "#5c3a00",
            ..Type::new(KEY, Anchor::Middle)
        };
        let number = format!("[{number}]");
        canvas.text((x, y + KEY * 0.35), &number, look);
        entries.push(
            format!("{number} {} {}", area.name, area.printed)
                .trim_end()
                .to_owned(),
        );
    }
    Key::of(entries, width)
}

#[cfg(test)]
mod tests {
    use geo::{MultiPolygon, Rect};

    use super::*;
    use crate::{
        domain::Language,
        reports::figure::{Classes, Imprint, Mark, MarkSet},
    };

    fn area(name: &str, (x, y): (f64, f64), (wide, high): (f64, f64)) -> MapArea {
        let own = Rect::new((x, y), (x + wide, y + high));
        MapArea {
            shape: MultiPolygon(vec![own.to_polygon()]),
            place: (x + wide / 2.0, y + high / 2.0),
            value: Some(1.0),
            name: name.into(),
            printed: format!("{}.5%", name.len()),
        }
    }

    #[test]
    fn a_name_without_room_is_numbered_and_told_below_the_map() {
        let classes = Classes::rising(&[0.5], |n| n.to_string(), Language::Zh);
        let mut map = Map::new(classes, Imprint::default(), Language::Zh);
        map.areas = vec![area("宽阔街道", (113.0, 23.0), (0.5, 0.5))];
        let whole = map.draw();
        assert!(!whole.svg.contains('['), "{}", whole.svg);
        // Nine strips, each narrower than its name, north of it and of one another.
        let names = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬"];
        let names = names.map(|name| format!("{name}字街道办事处辖区"));
        for (at, name) in names.iter().enumerate() {
            let south = 23.5 + 0.015 * at as f64;
            map.areas.push(area(name, (113.15, south), (0.2, 0.015)));
        }
        let drawn = map.draw();
        for name in names.iter().map(String::as_str).chain(["宽阔街道"]) {
            assert_eq!(drawn.svg.matches(name).count(), 1, "{name}");
        }
        // A number stands on the map and in the key, and its name in the key alone.
        let numbers = drawn.svg.matches("[1]").count();
        assert_eq!(numbers, 2, "{}", drawn.svg);
        assert!(drawn.svg.contains(">[1] "));
        assert!(drawn.height_pt > map_height(&map) + 1.0);
    }

    #[test]
    fn among_dots_without_end_areas_and_sites_are_named_all_the_same() {
        let classes = Classes::rising(&[0.5], |n| n.to_string(), Language::Zh);
        let mut map = Map::new(classes, Imprint::default(), Language::Zh);
        map.areas = vec![area("宽阔街道", (113.0, 23.0), (0.5, 0.5))];
        let dot = |at: usize| Mark {
            place: (
                113.0 + 0.01 * (at % 50) as f64,
                23.0 + 0.01 * (at / 50) as f64,
            ),
            name: String::new(),
            number: None,
        };
        let set = |title: &str, marks| MarkSet {
            title: title.into(),
            marks,
        };
        map.marks = vec![set("学校", (0..2500).map(dot).collect())];
        map.marks.push(set(
            "推荐新址",
            vec![Mark {
                name: "+1,922".into(),
                number: Some(1),
                ..dot(1225)
            }],
        ));
        let drawn = map.draw();
        assert_eq!(drawn.svg.matches("[1]").count(), 2);
        for name in ["宽阔街道", "+1,922"] {
            assert_eq!(drawn.svg.matches(name).count(), 1, "{name}");
        }
    }

    /// The height of the same map where nothing is named.
    fn map_height(map: &Map) -> f64 {
        let mut map = map.clone();
        for area in &mut map.areas {
            area.name.clear();
            area.printed.clear();
        }
        map.draw().height_pt
    }
}
