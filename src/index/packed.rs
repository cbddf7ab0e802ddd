use std::{collections::HashMap, sync::Arc};

use foldhash::fast::FixedState;

use crate::domain::{Column, TextColumn, Value};

/// Whole numbers in the narrowest form that holds them; the widest value of a form means missing.
#[derive(Clone, Debug, PartialEq)]
pub enum Integers {
    U8(Arc<[u8]>),
    U16(Arc<[u16]>),
    U32(Arc<[u32]>),
    /// `i64::MIN` means missing.
    I64(Arc<[i64]>),
}

impl Integers {
    /// Packs `values` in the narrowest form.
    pub fn pack(values: impl Iterator<Item = Option<i64>> + Clone) -> Self {
        let (mut low, mut high) = (0i64, 0i64);
        for value in values.clone().flatten() {
            low = low.min(value);
            high = high.max(value);
        }
        if low < 0 || high >= i64::from(u32::MAX) {
            Integers::I64(values.map(|v| v.unwrap_or(i64::MIN)).collect())
        } else if high >= i64::from(u16::MAX) {
            Integers::U32(values.map(|v| v.map_or(u32::MAX, |v| v as u32)).collect())
        } else if high >= i64::from(u8::MAX) {
            Integers::U16(values.map(|v| v.map_or(u16::MAX, |v| v as u16)).collect())
        } else {
            Integers::U8(values.map(|v| v.map_or(u8::MAX, |v| v as u8)).collect())
        }
    }

    /// The same with other values at some rows, packed as if all had come at once.
    pub(super) fn with(&self, changes: &[(usize, Option<i64>)]) -> Self {
        let changed = match self {
            Integers::U8(values) => put(values, changes, u8::MAX, |_| true).map(Integers::U8),
            Integers::U16(values) => {
                let is_wide = |value| value >= u16::from(u8::MAX);
                put(values, changes, u16::MAX, is_wide).map(Integers::U16)
            }
            Integers::U32(values) => {
                let is_wide = |value| value >= u32::from(u16::MAX);
                put(values, changes, u32::MAX, is_wide).map(Integers::U32)
            }
            Integers::I64(values) => {
                let is_wide = |value| value < 0 || value >= i64::from(u32::MAX);
                put(values, changes, i64::MIN, is_wide).map(Integers::I64)
            }
        };
        changed.unwrap_or_else(|| {
            let mut all: Vec<Option<i64>> = (0..self.len()).map(|row| self.get(row)).collect();
            changes.iter().for_each(|(row, value)| all[*row] = *value);
            Integers::pack(all.iter().copied())
        })
    }

    pub fn len(&self) -> usize {
        match self {
            Integers::U8(values) => values.len(),
            Integers::U16(values) => values.len(),
            Integers::U32(values) => values.len(),
            Integers::I64(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn get(&self, row: usize) -> Option<i64> {
        match self {
            Integers::U8(values) => (values[row] != u8::MAX).then(|| i64::from(values[row])),
            Integers::U16(values) => (values[row] != u16::MAX).then(|| i64::from(values[row])),
            Integers::U32(values) => (values[row] != u32::MAX).then(|| i64::from(values[row])),
            Integers::I64(values) => (values[row] != i64::MIN).then(|| values[row]),
        }
    }

    /// Sum of the values present in a run of rows, and how many are missing.
    pub fn sum(&self, rows: std::ops::Range<usize>) -> (i64, u64) {
        fn run<T: Copy + PartialEq + Into<i64>>(values: &[T], missing: T) -> (i64, u64) {
            let (mut sum, mut absent) = (0i64, 0u64);
            for &value in values {
                let present = i64::from(value != missing);
                sum = sum.wrapping_add(present.wrapping_mul(value.into()));
                absent += u64::from(value == missing);
            }
            (sum, absent)
        }
        match self {
            Integers::U8(values) => run(&values[rows], u8::MAX),
            Integers::U16(values) => run(&values[rows], u16::MAX),
            Integers::U32(values) => run(&values[rows], u32::MAX),
            Integers::I64(values) => run(&values[rows], i64::MIN),
        }
    }

    pub fn heap_bytes(&self) -> usize {
        match self {
            Integers::U8(values) => values.len(),
            Integers::U16(values) => values.len() * 2,
            Integers::U32(values) => values.len() * 4,
            Integers::I64(values) => values.len() * 8,
        }
    }
}

/// A copy of packed values with some of them changed; `None` where these need another form: a value
/// does not fit, or none is left that is too wide for the next narrower one.
fn put<T>(
    values: &[T],
    changes: &[(usize, Option<i64>)],
    missing: T,
    is_wide: impl Fn(T) -> bool,
) -> Option<Arc<[T]>>
where
    T: Copy + PartialEq + TryFrom<i64>,
{
    let mut fresh: Arc<[T]> = values.into();
    let own = Arc::get_mut(&mut fresh)?;
    for (row, value) in changes {
        own[*row] = match value {
            Some(value) => T::try_from(*value).ok().filter(|fits| *fits != missing)?,
            None => missing,
        };
    }
    let mut present = own.iter().filter(|value| **value != missing);
    present.any(|value| is_wide(*value)).then_some(fresh)
}

/// The values of one attribute in one cell.
#[derive(Clone, Debug, PartialEq)]
pub enum PackedColumn {
    Integer(Integers),
    /// NaN means missing.
    Number(Arc<[f64]>),
    /// Rows hold the number of a word in the cell's own dictionary.
    Text {
        codes: Integers,
        words: Arc<[Box<str>]>,
    },
}

impl PackedColumn {
    /// Packs the values of `column` at `rows`, in that order.
    pub fn pack(column: &Column, rows: &[u32]) -> Self {
        match column {
            Column::Integer(values) => {
                PackedColumn::Integer(Integers::pack(rows.iter().map(|&r| values[r as usize])))
            }
            Column::Number(values) => PackedColumn::Number(
                rows.iter()
                    .map(|&r| values[r as usize].unwrap_or(f64::NAN))
                    .collect(),
            ),
            Column::Text(values) => Self::pack_text(values, rows),
        }
    }

    pub(super) fn pack_text(values: &TextColumn, rows: &[u32]) -> Self {
        let mut local: HashMap<u32, i64, FixedState> = HashMap::default();
        let mut words: Vec<Box<str>> = Vec::new();
        let codes: Vec<Option<i64>> = rows
            .iter()
            .map(|&row| {
                let code = values.codes()[row as usize];
                let word = values.word(code)?;
                Some(*local.entry(code).or_insert_with(|| {
                    words.push(word.into());
                    words.len() as i64 - 1
                }))
            })
            .collect();
        PackedColumn::Text {
            codes: Integers::pack(codes.iter().copied()),
            words: words.into(),
        }
    }

    /// The same with other values at some rows, packed as if all had come at once; `values` is a
    /// column of the same attribute with one entry for each of `rows`.
    pub(super) fn with(&self, rows: &[usize], values: &Column) -> Self {
        match (self, values) {
            (PackedColumn::Integer(known), Column::Integer(values)) => {
                let changes: Vec<_> = rows.iter().copied().zip(values.iter().copied()).collect();
                PackedColumn::Integer(known.with(&changes))
            }
            (PackedColumn::Number(known), Column::Number(values)) => {
                let mut all = known.to_vec();
                for (row, value) in rows.iter().zip(values) {
                    all[*row] = value.unwrap_or(f64::NAN);
                }
                PackedColumn::Number(all.into())
            }
            (PackedColumn::Text { codes, words }, Column::Text(values)) => {
                let mut all: Vec<&str> = words.iter().map(|word| &**word).collect();
                let mut numbers: HashMap<&str, usize, FixedState> =
                    all.iter().copied().zip(0..).collect();
                let mut of_rows: Vec<Option<usize>> =
                    (0..codes.len()).map(|row| self.word(row)).collect();
                for (at, row) in rows.iter().enumerate() {
                    of_rows[*row] = values.get(at).map(|text| {
                        *numbers.entry(text).or_insert_with(|| {
                            all.push(text);
                            all.len() - 1
                        })
                    });
                }
                renumbered(&of_rows, &all)
            }
            _ => unreachable!("both columns are of one attribute"),
        }
    }

    /// The column as it was before packing.
    pub fn unpack(&self) -> Column {
        match self {
            PackedColumn::Integer(values) => {
                Column::Integer((0..values.len()).map(|row| values.get(row)).collect())
            }
            PackedColumn::Number(values) => {
                Column::Number(values.iter().map(|v| (!v.is_nan()).then_some(*v)).collect())
            }
            PackedColumn::Text { codes, .. } => {
                let mut column = TextColumn::default();
                for row in 0..codes.len() {
                    column.push(self.text(row));
                }
                Column::Text(column)
            }
        }
    }

    #[inline]
    pub fn integer(&self, row: usize) -> Option<i64> {
        match self {
            PackedColumn::Integer(values) => values.get(row),
            _ => None,
        }
    }

    /// The value as a number, for integers too.
    #[inline]
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            PackedColumn::Integer(values) => values.get(row).map(|v| v as f64),
            PackedColumn::Number(values) => (!values[row].is_nan()).then(|| values[row]),
            PackedColumn::Text { .. } => None,
        }
    }

    pub fn text(&self, row: usize) -> Option<&str> {
        match self {
            PackedColumn::Text { codes, words } => codes.get(row).map(|c| &*words[c as usize]),
            _ => None,
        }
    }

    /// The words of a text column, each once.
    pub fn words(&self) -> &[Box<str>] {
        match self {
            PackedColumn::Text { words, .. } => words,
            _ => &[],
        }
    }

    /// Which of its [`words`](Self::words) a row has.
    #[inline]
    pub fn word(&self, row: usize) -> Option<usize> {
        match self {
            PackedColumn::Text { codes, .. } => codes.get(row).map(|code| code as usize),
            _ => None,
        }
    }

    /// Appends what `of` makes of the word of each row, asked once for each word; nothing where a
    /// row has none.
    pub(super) fn map_words(&self, of: impl Fn(&str) -> Option<u32>, all: &mut Vec<Option<u32>>) {
        let PackedColumn::Text { codes, words } = self else {
            return;
        };
        let made: Vec<Option<u32>> = words.iter().map(|word| of(word)).collect();
        let rows = (0..codes.len()).map(|row| codes.get(row).and_then(|code| made[code as usize]));
        all.extend(rows);
    }

    pub fn value(&self, row: usize) -> Value {
        match self {
            PackedColumn::Integer(values) => values.get(row).map_or(Value::Missing, Value::Integer),
            PackedColumn::Number(_) => self.number(row).map_or(Value::Missing, Value::Number),
            PackedColumn::Text { .. } => self
                .text(row)
                .map_or(Value::Missing, |t| Value::Text(t.to_owned())),
        }
    }

    pub fn heap_bytes(&self) -> usize {
        match self {
            PackedColumn::Integer(values) => values.heap_bytes(),
            PackedColumn::Number(values) => values.len() * 8,
            PackedColumn::Text { codes, words } => {
                codes.heap_bytes() + words.iter().map(|w| w.len() + 16).sum::<usize>()
            }
        }
    }
}

/// Text of rows that hold numbers of `all` words: those in use, in the order in which rows name them.
fn renumbered(of_rows: &[Option<usize>], all: &[&str]) -> PackedColumn {
    let mut numbers: Vec<Option<i64>> = vec![None; all.len()];
    let mut words: Vec<Box<str>> = Vec::new();
    let codes = of_rows.iter().map(|word| {
        let word = (*word)?;
        Some(*numbers[word].get_or_insert_with(|| {
            words.push(all[word].into());
            words.len() as i64 - 1
        }))
    });
    let codes: Vec<Option<i64>> = codes.collect();
    PackedColumn::Text {
        codes: Integers::pack(codes.iter().copied()),
        words: words.into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn integers_come_back_and_sum_exactly(
            values in prop::collection::vec(prop::option::weighted(0.8, prop_oneof![
                0..300i64, 0..70_000i64, 0..5_000_000_000i64, -5..5i64
            ]), 0..200)
        ) {
            let packed = Integers::pack(values.iter().copied());
            let back: Vec<_> = (0..packed.len()).map(|row| packed.get(row)).collect();
            prop_assert_eq!(&back, &values);
            let sum: i64 = values.iter().flatten().sum();
            let missing = values.iter().filter(|v| v.is_none()).count() as u64;
            prop_assert_eq!(packed.sum(0..values.len()), (sum, missing));
        }
    }

    proptest! {
        #[test]
        fn with_other_values_a_column_is_as_if_packed_of_them(
            before in prop::collection::vec(prop::option::weighted(0.8, prop_oneof![
                0..3i64, 250..260i64, 65_530..65_540i64, 4_294_967_290..4_294_967_300i64, -2..1i64
            ]), 1..40),
            changes in prop::collection::btree_map(0..40usize, prop::option::weighted(0.7, prop_oneof![
                0..3i64, 250..260i64, 65_530..65_540i64, 4_294_967_290..4_294_967_300i64, -2..1i64
            ]), 0..6),
        ) {
            let changes: Vec<_> = changes.into_iter().filter(|(row, _)| *row < before.len()).collect();
            let mut after = before.clone();
            changes.iter().for_each(|(row, value)| after[*row] = *value);
            let rows: Vec<u32> = (0..before.len() as u32).collect();
            let changed: Vec<usize> = changes.iter().map(|(row, _)| *row).collect();
            let text = |values: &[Option<i64>]| {
                let mut column = TextColumn::default();
                values.iter().for_each(|v| column.push(v.map(|v| v.to_string()).as_deref()));
                Column::Text(column)
            };
            let number = |values: &[Option<i64>]| {
                Column::Number(values.iter().map(|v| v.map(|v| v as f64 / 2.0)).collect())
            };
            let integer = |values: &[Option<i64>]| Column::Integer(values.to_vec());
            let given: Vec<Option<i64>> = changes.iter().map(|(_, value)| *value).collect();
            for of in [&integer as &dyn Fn(&[Option<i64>]) -> Column, &number, &text] {
                let fresh = PackedColumn::pack(&of(&before), &rows).with(&changed, &of(&given));
                // A missing number is no number, which equals nothing.
                prop_assert_eq!(
                    format!("{fresh:?}"),
                    format!("{:?}", PackedColumn::pack(&of(&after), &rows))
                );
            }
        }
    }

    #[test]
    fn text_is_packed_with_a_dictionary_of_its_own() {
        let mut column = TextColumn::default();
        for word in [Some("a"), None, Some("b"), Some("a")] {
            column.push(word);
        }
        let packed = PackedColumn::pack(&Column::Text(column), &[3, 1, 0]);
        assert_eq!(packed.text(0), Some("a"));
        assert_eq!(packed.text(1), None);
        assert!(matches!(&packed, PackedColumn::Text { words, .. } if words.len() == 1));
    }
}
