use std::{collections::BTreeSet, ops::Range};

use super::{
    like::Pattern,
    mask::{Mask, Truth},
};
use crate::index::{Cell, Integers, PackedColumn};

/// Where a value of a feature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    /// The place of the attribute in the layer's definition.
    Attribute(usize),
    /// The place of the level in the index.
    AreaCode(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A condition, ready to be read from the columns of a cell.
#[derive(Clone, Debug)]
pub(super) enum Predicate {
    /// `None` is neither true nor false.
    Constant(Option<bool>),
    Not(Box<Predicate>),
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    IsMissing(Column),
    Number(Column, NumberTest),
    Text(Column, TextTest),
    /// Two columns of one type.
    Pair(Column, Comparison, Column),
}

#[derive(Clone, Debug)]
pub(super) enum NumberTest {
    Compare(Comparison, f64),
    /// In ascending order.
    OneOf(Vec<f64>),
}

#[derive(Clone, Debug)]
pub(super) enum TextTest {
    Compare(Comparison, String),
    OneOf(BTreeSet<String>),
    Like(Pattern),
}

impl Comparison {
    pub fn of(operator: &str) -> Option<Self> {
        Some(match operator {
            "=" => Comparison::Equal,
            "<>" => Comparison::Unequal,
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            ">" => Comparison::Greater,
            ">=" => Comparison::AtLeast,
            _ => return None,
        })
    }

    /// The comparison with its sides exchanged.
    pub fn turned(self) -> Self {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::AtMost => Comparison::AtLeast,
            Comparison::Greater => Comparison::Less,
            Comparison::AtLeast => Comparison::AtMost,
            same => same,
        }
    }

    pub fn holds<T: PartialOrd + ?Sized>(self, left: &T, right: &T) -> bool {
        match self {
            Comparison::Equal => left == right,
            Comparison::Unequal => left != right,
            Comparison::Less => left < right,
            Comparison::AtMost => left <= right,
            Comparison::Greater => left > right,
            Comparison::AtLeast => left >= right,
        }
    }
}

impl TextTest {
    fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::Compare(comparison, value) => comparison.holds(text, value.as_str()),
            TextTest::OneOf(values) => values.contains(text),
            TextTest::Like(pattern) => pattern.fits(text),
        }
    }
}

impl Column {
    fn packed(self, cell: &Cell) -> Option<&PackedColumn> {
        match self {
            Column::Id => None,
            Column::Attribute(place) => cell.columns().get(place),
            Column::AreaCode(place) => cell.area_codes().get(place),
        }
    }

    fn text(self, cell: &Cell, row: usize) -> Option<&str> {
        match self {
            Column::Id => Some(cell.id(row)),
            other => other.packed(cell)?.text(row),
        }
    }

    fn number(self, cell: &Cell, row: usize) -> Option<f64> {
        self.packed(cell)?.number(row)
    }

    fn is_missing(self, cell: &Cell, row: usize) -> bool {
        match self.packed(cell) {
            None => self != Column::Id,
            Some(PackedColumn::Number(values)) => values[row].is_nan(),
            Some(PackedColumn::Integer(values) | PackedColumn::Text { codes: values, .. }) => {
                values.get(row).is_none()
            }
        }
    }
}

impl Predicate {
    /// Where the condition is true, and where false, among `rows` of a cell.
    pub fn truth(&self, cell: &Cell, rows: Range<usize>) -> Truth {
        let start = rows.start;
        match self {
            Predicate::Constant(truth) => Truth::constant(rows.len(), *truth),
            Predicate::Not(inner) => inner.truth(cell, rows).not(),
            Predicate::And(parts) => {
                let mut all = Truth::constant(rows.len(), Some(true));
                let parts = parts.iter().map(|part| part.truth(cell, rows.clone()));
                parts.for_each(|part| all.and(&part));
                all
            }
            Predicate::Or(parts) => {
                let mut any = Truth::constant(rows.len(), Some(false));
                let parts = parts.iter().map(|part| part.truth(cell, rows.clone()));
                parts.for_each(|part| any.or(&part));
                any
            }
            Predicate::IsMissing(column) => {
                let yes = Mask::from_fn(rows.len(), |i| column.is_missing(cell, start + i));
                let no = yes.clone().not();
                Truth { yes, no }
            }
            Predicate::Number(column, test) => match test {
                // Adding 0 makes a negative zero the plain one.
                NumberTest::OneOf(values) => numbers(*column, cell, rows, |v| {
                    values.binary_search_by(|x| x.total_cmp(&(v + 0.0))).is_ok()
                }),
                NumberTest::Compare(comparison, value) => {
                    let value = *value;
                    // One loop for each comparison, so that none decides row by row.
                    match comparison {
                        Comparison::Equal => numbers(*column, cell, rows, |v| v == value),
                        Comparison::Unequal => numbers(*column, cell, rows, |v| v != value),
                        Comparison::Less => numbers(*column, cell, rows, |v| v < value),
                        Comparison::AtMost => numbers(*column, cell, rows, |v| v <= value),
                        Comparison::Greater => numbers(*column, cell, rows, |v| v > value),
                        Comparison::AtLeast => numbers(*column, cell, rows, |v| v >= value),
                    }
                }
            },
            Predicate::Text(column, test) => texts(*column, cell, rows, test),
            Predicate::Pair(left, comparison, right) => {
                pair(*left, *comparison, *right, cell, rows)
            }
        }
    }
}

/// A test of numbers; text columns have none.
fn numbers(column: Column, cell: &Cell, rows: Range<usize>, test: impl Fn(f64) -> bool) -> Truth {
    match column.packed(cell) {
        Some(PackedColumn::Integer(values)) => integers(values, rows, |v| test(v as f64)),
        Some(PackedColumn::Number(values)) => {
            let values = &values[rows];
            Truth::where_present(Mask::of(values, |v| !v.is_nan()), Mask::of(values, test))
        }
        _ => Truth::constant(rows.len(), None),
    }
}

fn integers(values: &Integers, rows: Range<usize>, test: impl Fn(i64) -> bool) -> Truth {
    fn of<T: Copy + PartialEq + Into<i64>>(
        values: &[T],
        missing: T,
        test: impl Fn(i64) -> bool,
    ) -> Truth {
        Truth::where_present(
            Mask::of(values, |v| v != missing),
            Mask::of(values, |v| test(v.into())),
        )
    }
    match values {
        Integers::U8(values) => of(&values[rows], u8::MAX, test),
        Integers::U16(values) => of(&values[rows], u16::MAX, test),
        Integers::U32(values) => of(&values[rows], u32::MAX, test),
        Integers::I64(values) => of(&values[rows], i64::MIN, test),
    }
}

/// A test of text: asked once per word of the cell's dictionary where that is shorter.
fn texts(column: Column, cell: &Cell, rows: Range<usize>, test: &TextTest) -> Truth {
    match column.packed(cell) {
        Some(PackedColumn::Text { codes, words }) if words.len() <= rows.len() => {
            let fits: Vec<bool> = words.iter().map(|word| test.holds(word)).collect();
            // The code that means missing is no word.
            integers(codes, rows, |code| {
                fits.get(code as usize).copied().unwrap_or(false)
            })
        }
        _ => {
            let (start, len) = (rows.start, rows.len());
            let text = |i: usize| column.text(cell, start + i);
            Truth::where_present(
                Mask::from_fn(len, |i| text(i).is_some()),
                Mask::from_fn(len, |i| text(i).is_some_and(|text| test.holds(text))),
            )
        }
    }
}

/// A comparison of two columns row by row; one of them missing decides nothing.
fn pair(
    left: Column,
    comparison: Comparison,
    right: Column,
    cell: &Cell,
    rows: Range<usize>,
) -> Truth {
    let holds = |i: usize| {
        let row = rows.start + i;
        match (left.number(cell, row), right.number(cell, row)) {
            (Some(a), Some(b)) => Some(comparison.holds(&a, &b)),
            _ => Some(comparison.holds(left.text(cell, row)?, right.text(cell, row)?)),
        }
    };
    Truth {
        yes: Mask::from_fn(rows.len(), |i| holds(i) == Some(true)),
        no: Mask::from_fn(rows.len(), |i| holds(i) == Some(false)),
    }
}
