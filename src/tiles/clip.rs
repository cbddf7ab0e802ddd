//! Rings and lines cut to a tile with its buffer, in tile units.

/// How far geometry reaches beyond the tile, so that outlines are not drawn on its edge.
pub const BUFFER: f64 = 64.0;

const LOW: f64 = -BUFFER;
const HIGH: f64 = super::mvt::EXTENT as f64 + BUFFER;

type Point = (f64, f64);

/// The part of a closed ring inside the buffered tile (Sutherland-Hodgman), first point not repeated.
pub fn ring(points: &[Point]) -> Vec<Point> {
    let inside_all = points
        .iter()
        .all(|p| (LOW..=HIGH).contains(&p.0) && (LOW..=HIGH).contains(&p.1));
    if inside_all {
        return points.to_vec();
    }
    let mut ring = points.to_vec();
    for side in SIDES {
        if ring.is_empty() {
            break;
        }
        let mut kept = Vec::with_capacity(ring.len() + 4);
        let mut before = ring[ring.len() - 1];
        for &point in &ring {
            if side.holds(point) != side.holds(before) {
                kept.push(side.crossing(before, point));
            }
            if side.holds(point) {
                kept.push(point);
            }
            before = point;
        }
        ring = kept;
    }
    ring
}

/// The parts of a line inside the buffered tile.
pub fn line(points: &[Point]) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut open = false;
    for pair in points.windows(2) {
        match segment(pair[0], pair[1]) {
            None => open = false,
            Some((from, to)) => {
                match parts
                    .last_mut()
                    .filter(|part| open && part.last() == Some(&from))
                {
                    Some(part) => part.push(to),
                    None => parts.push(vec![from, to]),
                }
                open = to == pair[1];
            }
        }
    }
    parts
}

fn segment(mut from: Point, mut to: Point) -> Option<(Point, Point)> {
    for side in SIDES {
        match (side.holds(from), side.holds(to)) {
            (true, true) => {}
            (true, false) => to = side.crossing(from, to),
            (false, true) => from = side.crossing(from, to),
            (false, false) => return None,
        }
    }
    Some((from, to))
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

const SIDES: [Side; 4] = [Side::Left, Side::Right, Side::Top, Side::Bottom];

impl Side {
    fn holds(self, p: Point) -> bool {
        match self {
            Side::Left => p.0 >= LOW,
            Side::Right => p.0 <= HIGH,
            Side::Top => p.1 >= LOW,
            Side::Bottom => p.1 <= HIGH,
        }
    }

    fn crossing(self, a: Point, b: Point) -> Point {
        let at_x = |x: f64| (x, a.1 + (x - a.0) / (b.0 - a.0) * (b.1 - a.1));
        let at_y = |y: f64| (a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0), y);
        match self {
            Side::Left => at_x(LOW),
            Side::Right => at_x(HIGH),
            Side::Top => at_y(LOW),
            Side::Bottom => at_y(HIGH),
        }
    }
}
