use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{AttributeType, Value};

/// The values of one attribute for every row of a [`Table`](super::Table), missing ones included.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Counts, integers and flags (0 or 1).
    Integer(Vec<Option<i64>>),
    /// Finite numbers.
    Number(Vec<Option<f64>>),
    /// Text, category codes and dates.
    Text(TextColumn),
}

impl Column {
    /// An empty column that fits values of `kind`.
    pub fn for_type(kind: AttributeType) -> Self {
        match kind {
            AttributeType::Count | AttributeType::Integer | AttributeType::Flag => {
                Column::Integer(Vec::new())
            }
            AttributeType::Number => Column::Number(Vec::new()),
            AttributeType::Text | AttributeType::Category | AttributeType::Date => {
                Column::Text(TextColumn::default())
            }
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Column::Integer(values) => values.len(),
            Column::Number(values) => values.len(),
            Column::Text(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes room for `rows` more values.
    pub fn reserve(&mut self, rows: usize) {
        match self {
            Column::Integer(values) => values.reserve(rows),
            Column::Number(values) => values.reserve(rows),
            Column::Text(values) => values.reserve(rows),
        }
    }

    /// Takes in all values of a column of the same kind.
    ///
    /// # Panics
    /// It is of another kind.
    pub fn append(&mut self, more: Column) {
        match (self, more) {
            (Column::Integer(values), Column::Integer(more)) => values.extend(more),
            (Column::Number(values), Column::Number(more)) => values.extend(more),
            (Column::Text(values), Column::Text(more)) => values.append(&more),
            _ => panic!("both columns are of one attribute"),
        }
    }

    /// Puts the values in another order, which names each row once.
    pub fn reorder(&mut self, order: &[usize]) {
        match self {
            Column::Integer(values) => *values = order.iter().map(|row| values[*row]).collect(),
            Column::Number(values) => *values = order.iter().map(|row| values[*row]).collect(),
            Column::Text(values) => values.reorder(order),
        }
    }

    /// An empty column of the same kind.
    pub fn empty_like(&self) -> Column {
        match self {
            Column::Integer(_) => Column::Integer(Vec::new()),
            Column::Number(_) => Column::Number(Vec::new()),
            Column::Text(_) => Column::Text(TextColumn::default()),
        }
    }

    /// Appends `value`; a value of another kind than the column's is kept as missing.
    pub fn push(&mut self, value: &Value) {
        match self {
            Column::Integer(values) => values.push(value.as_integer()),
            Column::Number(values) => values.push(value.as_number()),
            Column::Text(values) => values.push(value.as_text()),
        }
    }

    pub fn get(&self, row: usize) -> Value {
        match self {
            Column::Integer(values) => values[row].map_or(Value::Missing, Value::Integer),
            Column::Number(values) => values[row].map_or(Value::Missing, Value::Number),
            Column::Text(values) => values
                .get(row)
                .map_or(Value::Missing, |text| Value::Text(text.to_owned())),
        }
    }
}

/// Text by dictionary: each distinct text is held once, rows hold its number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextColumn {
    codes: Vec<u32>,
    words: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32, FixedState>,
}

impl TextColumn {
    /// The code of a row without text.
    pub const MISSING: u32 = u32::MAX;

    pub fn len(&self) -> usize {
        self.codes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Makes room for `rows` more values.
    pub fn reserve(&mut self, rows: usize) {
        self.codes.reserve(rows);
    }

    pub fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(Self::MISSING, |text| self.number(text));
        self.codes.push(code);
    }

    /// Appends all rows of `more`.
    pub fn append(&mut self, more: &TextColumn) {
        let numbers: Vec<u32> = more.words.iter().map(|word| self.number(word)).collect();
        let code = |&code: &u32| numbers.get(code as usize).copied().unwrap_or(Self::MISSING);
        self.codes.extend(more.codes.iter().map(code));
    }

    /// Puts the rows in another order, which names each of them once; texts are numbered as if they
    /// had come in it.
    pub fn reorder(&mut self, order: &[usize]) {
        let mut known: Vec<Option<u32>> = vec![None; self.words.len()];
        let mut fresh = TextColumn::default();
        for row in order {
            let code = self.codes[*row];
            let number = match known.get(code as usize) {
                None => Self::MISSING,
                Some(Some(number)) => *number,
                Some(None) => {
                    let number = fresh.number(&self.words[code as usize]);
                    known[code as usize] = Some(number);
                    number
                }
            };
            fresh.codes.push(number);
        }
        *self = fresh;
    }

    /// Makes the rows missing whose text `judge` finds fault with, and forgets these texts; answers the
    /// rows with what was found.
    pub fn take_out<R: Clone>(&mut self, judge: impl Fn(&str) -> Option<R>) -> Vec<(usize, R)> {
        let judged: Vec<Option<R>> = self.words.iter().map(|word| judge(word)).collect();
        if judged.iter().all(Option::is_none) {
            return Vec::new();
        }
        let mut kept = TextColumn::default();
        let mut out = Vec::new();
        for row in 0..self.codes.len() {
            let fault = judged.get(self.codes[row] as usize).cloned().flatten();
            kept.push(self.get(row).filter(|_| fault.is_none()));
            out.extend(fault.map(|fault| (row, fault)));
        }
        *self = kept;
        out
    }

    /// The number of a text, a new one where it is new.
    fn number(&mut self, text: &str) -> u32 {
        // Neighbours are mostly alike.
        if let Some(last) = self.codes.last()
            && self.word(*last) == Some(text)
        {
            return *last;
        }
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.words.len() as u32;
        self.words.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    pub fn get(&self, row: usize) -> Option<&str> {
        self.word(self.codes[row])
    }

    /// The dictionary number of each row, [`TextColumn::MISSING`] where there is no text.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The distinct texts, in the order of their numbers.
    pub fn words(&self) -> &[Box<str>] {
        &self.words
    }

    pub fn word(&self, code: u32) -> Option<&str> {
        self.words.get(code as usize).map(|word| &**word)
    }
}
