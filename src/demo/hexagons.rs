//! A grid of pointy-topped hexagons. Corners are whole numbers, so that neighbours share theirs
//! exactly, and a union of hexagons never touches itself in a point.

use std::collections::HashMap;

use geo::{Coord, LineString, Polygon};

use super::plane::Spot;

/// Between the centers of neighbours, metres.
pub const PITCH_M: f64 = 500.0;
/// From the center to a corner, metres: pitch ÷ √3.
const SIDE_M: f64 = PITCH_M / 1.732_050_807_568_877_2;
pub const CELL_KM2: f64 = PITCH_M * SIDE_M * 1.5 / 1e6;

/// A corner in units of half a pitch east and half a side north.
type Corner = (i32, i32);

/// The corners around a center, counter-clockwise; side `k` runs from corner `k` to `k + 1`.
const CORNERS: [Corner; 6] = [(1, -1), (1, 1), (0, 2), (-1, 1), (-1, -1), (0, -2)];

/// A number of a cell, row by row from the south-west.
pub type Cell = u32;

/// A block of hexagons on the sheet.
#[derive(Clone, Copy, Debug)]
pub struct HexGrid {
    pub columns: u32,
    pub rows: u32,
}

impl HexGrid {
    /// The block that reaches from the origin to `corner`.
    pub fn up_to(corner: Spot) -> Self {
        HexGrid {
            columns: (corner.x / PITCH_M) as u32 + 1,
            rows: (corner.y / (SIDE_M * 1.5)) as u32 + 1,
        }
    }

    pub fn len(&self) -> usize {
        (self.columns * self.rows) as usize
    }

    fn place(&self, cell: Cell) -> (i32, i32) {
        let (column, row) = ((cell % self.columns) as i32, (cell / self.columns) as i32);
        (2 * column + (row & 1), 3 * row)
    }

    pub fn center(&self, cell: Cell) -> Spot {
        spot(self.place(cell))
    }

    /// The cell whose center is nearest to `spot`.
    pub fn at(&self, spot: Spot) -> Option<Cell> {
        let row = (spot.y / (SIDE_M * 1.5)).round() as i64;
        let near = (row - 1..=row + 1).filter_map(|row| {
            let odd = if row & 1 == 1 { 0.5 } else { 0.0 };
            self.cell((spot.x / PITCH_M - odd).round() as i64, row)
        });
        near.min_by(|a, b| {
            let distance = |cell: &Cell| self.center(*cell).distance2(spot);
            distance(a).total_cmp(&distance(b))
        })
    }

    fn cell(&self, column: i64, row: i64) -> Option<Cell> {
        let inside = (0..i64::from(self.columns)).contains(&column)
            && (0..i64::from(self.rows)).contains(&row);
        inside.then(|| (row * i64::from(self.columns) + column) as Cell)
    }

    /// The neighbours across sides 0 to 5.
    pub fn neighbours(&self, cell: Cell) -> [Option<Cell>; 6] {
        let (column, row) = (
            i64::from(cell % self.columns),
            i64::from(cell / self.columns),
        );
        let east = column + (row & 1);
        [
            self.cell(column + 1, row),
            self.cell(east, row + 1),
            self.cell(east - 1, row + 1),
            self.cell(column - 1, row),
            self.cell(east - 1, row - 1),
            self.cell(east, row - 1),
        ]
    }

    /// A spot well inside a cell, from two numbers between 0 and 1.
    pub fn inside(&self, cell: Cell, across: f64, along: f64) -> Spot {
        // A hexagon is three rhombs; each is a sheared square.
        const KEEP: f64 = 0.94;
        let turn = (across * 3.0) as usize;
        let (u, v) = (across * 3.0 - turn as f64, along);
        let corner = |k: usize| {
            let (x, y) = CORNERS[(2 * turn + k) % 6];
            (f64::from(x) * PITCH_M / 2.0, f64::from(y) * SIDE_M / 2.0)
        };
        let (a, b) = (corner(0), corner(2));
        self.center(cell)
            .moved(KEEP * (u * a.0 + v * b.0), KEEP * (u * a.1 + v * b.1))
    }

    /// A cell drawn smaller about its center; `share` is of its width.
    pub fn inner(&self, cell: Cell, share: f64) -> Polygon<f64> {
        let corner = |(x, y): Corner| {
            let (east, north) = (f64::from(x) * PITCH_M / 2.0, f64::from(y) * SIDE_M / 2.0);
            let spot = self.center(cell).moved(share * east, share * north);
            spot.lon_lat()
        };
        let ring: Vec<Coord<f64>> = CORNERS.into_iter().map(corner).collect();
        Polygon::new(LineString(ring), Vec::new())
    }

    /// The outline of a connected set of cells: one exterior ring and the holes.
    ///
    /// At a corner three cells meet, so that at most one directed side of the outline leaves it
    /// and following the sides closes every ring.
    pub fn outline(&self, cells: &[Cell], is_inside: impl Fn(Cell) -> bool) -> Polygon<f64> {
        let mut next: HashMap<Corner, Corner> = HashMap::new();
        let mut starts = Vec::new();
        for &cell in cells {
            let (x, y) = self.place(cell);
            for (side, neighbour) in self.neighbours(cell).into_iter().enumerate() {
                if neighbour.is_some_and(&is_inside) {
                    continue;
                }
                let corner = |k: usize| (x + CORNERS[k % 6].0, y + CORNERS[k % 6].1);
                next.insert(corner(side), corner(side + 1));
                starts.push(corner(side));
            }
        }
        let mut rings: Vec<LineString<f64>> = Vec::new();
        for start in starts {
            let mut ring: Vec<Coord<f64>> = Vec::new();
            let mut at = start;
            while let Some(to) = next.remove(&at) {
                ring.push(spot(at).lon_lat());
                at = to;
            }
            if !ring.is_empty() {
                ring.push(ring[0]);
                rings.push(LineString(ring));
            }
        }
        let exterior = rings
            .iter()
            .position(|ring| doubled_area(ring) > 0.0)
            .expect("an outline has one counter-clockwise ring");
        let exterior = rings.swap_remove(exterior);
        Polygon::new(exterior, rings)
    }
}

/// The three rhombs of a cell: its center and the two corners beside, in units of corners.
pub fn rhombs(grid: &HexGrid, cell: Cell) -> [[[i32; 2]; 3]; 3] {
    let (x, y) = grid.place(cell);
    let corner = |k: usize| [x + CORNERS[k % 6].0, y + CORNERS[k % 6].1];
    [0, 2, 4].map(|k| [[x, y], corner(k), corner(k + 2)])
}

/// Where a point in parts of the units of corners lies.
pub fn spot_of_parts(point: [i32; 2], parts: i32) -> Spot {
    let share = |whole: i32, unit: f64| f64::from(whole) / f64::from(parts) * unit / 2.0;
    Spot {
        x: share(point[0], PITCH_M),
        y: share(point[1], SIDE_M),
    }
}

fn spot(corner: Corner) -> Spot {
    Spot {
        x: f64::from(corner.0) * PITCH_M / 2.0,
        y: f64::from(corner.1) * SIDE_M / 2.0,
    }
}

fn doubled_area(ring: &LineString<f64>) -> f64 {
    let origin = ring.0[0];
    let cross = |a: Coord<f64>, b: Coord<f64>| {
        (a.x - origin.x) * (b.y - origin.y) - (b.x - origin.x) * (a.y - origin.y)
    };
    ring.0.windows(2).map(|pair| cross(pair[0], pair[1])).sum()
}

#[cfg(test)]
mod tests {
    use geo::{Contains, Point, Validation};

    use super::*;

    const GRID: HexGrid = HexGrid {
        columns: 9,
        rows: 9,
    };

    #[test]
    fn neighbours_know_each_other() {
        for cell in 0..GRID.len() as Cell {
            for (side, other) in GRID.neighbours(cell).into_iter().enumerate() {
                let Some(other) = other else { continue };
                assert_eq!(GRID.neighbours(other)[(side + 3) % 6], Some(cell));
                let gap = GRID.center(cell).distance2(GRID.center(other));
                assert!((gap.sqrt() - PITCH_M).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_spot_inside_is_inside() {
        let cell = 4 * 9 + 4;
        let outline = GRID.outline(&[cell], |c| c == cell);
        for i in 0..30 {
            for j in 0..10 {
                let spot = GRID.inside(cell, f64::from(i) / 30.0, f64::from(j) / 10.0);
                assert_eq!(GRID.at(spot), Some(cell));
                assert!(outline.contains(&Point::from(spot.lon_lat())));
            }
        }
    }

    #[test]
    fn a_ring_of_cells_has_a_hole() {
        let middle = 4 * 9 + 4;
        let ring: Vec<Cell> = GRID.neighbours(middle).into_iter().flatten().collect();
        let outline = GRID.outline(&ring, |c| ring.contains(&c));
        assert_eq!(
            (outline.exterior().0.len(), outline.interiors().len()),
            (19, 1)
        );
        assert!(outline.is_valid());
    }
}
