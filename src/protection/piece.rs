use crate::domain::{Grid, GroupName};

/// The area codes of the levels down to the subdistrict that a piece lies in, larger areas first;
/// a piece that was merged across areas has fewer.
pub(super) type Unit = Vec<Option<Box<str>>>;

/// Features that are published as one, with their sums.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub unit: Unit,
    /// The side of its cell, metres.
    pub cell_m: u32,
    pub cell: (i32, i32),
    pub features: u64,
    /// What the largest of its features has of the count that dominance is judged by, and all.
    pub largest: i64,
    pub total: i64,
    /// By place in the layer's attributes; `None` where no feature has it.
    pub counts: Vec<Option<i64>>,
    /// The names that these and the groups of earlier publications had.
    pub names: Vec<GroupName>,
}

impl Piece {
    /// The middle of its cell.
    pub fn center(&self) -> (f64, f64) {
        let grid = Grid {
            cell_m: self.cell_m,
        };
        grid.center(self.cell)
    }

    /// The name that it has by its cell and area.
    pub fn name(&self) -> GroupName {
        name_of(&self.unit, self.cell_m, self.cell)
    }

    /// Whether nobody can tell one unit from it.
    pub fn is_safe(&self) -> bool {
        tells_of_none(self.features, self.largest, self.total)
    }

    /// Joins another piece to it; it then lies in the areas that both lie in.
    pub fn add(&mut self, other: Piece) {
        let common = self.unit.iter().zip(&other.unit);
        let common = common.take_while(|(own, other)| own == other).count();
        self.unit.truncate(common);
        self.features += other.features;
        self.largest = self.largest.max(other.largest);
        self.total = self.total.saturating_add(other.total);
        self.names.extend(other.names);
        for (sum, more) in self.counts.iter_mut().zip(other.counts) {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or(0).saturating_add(more));
            }
        }
    }
}

/// The name of what lies in areas and a cell.
pub(super) fn name_of(unit: &[Option<Box<str>>], cell_m: u32, cell: (i32, i32)) -> GroupName {
    GroupName {
        cell_m,
        cell,
        depth: unit.len() as u8,
        code: code_of(unit).into(),
    }
}

/// The code of the smallest area that something lies in; empty outside all.
pub(super) fn code_of(unit: &[Option<Box<str>>]) -> &str {
    unit.iter().rev().flatten().next().map_or("", |code| code)
}

/// Whether a sum over units tells of none of them: three at least, none with more than 85 % of all.
pub(super) fn tells_of_none(units: u64, largest: i64, total: i64) -> bool {
    let share = i128::from(largest) * 100;
    units >= LEAST_UNITS && share <= i128::from(total) * MOST_PERCENT
}

const LEAST_UNITS: u64 = 3;
const MOST_PERCENT: i128 = 85;
