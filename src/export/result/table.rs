use std::borrow::Cow;

use geo::Geometry;

use crate::{
    domain::{Language, Reason, TermFormat, Title, Value, Watermark},
    export::words,
};

/// One column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultColumn {
    pub key: String,
    pub title: Title,
    /// The unit in words; empty where there is none.
    pub unit: Title,
    pub format: TermFormat,
    pub decimals: u8,
}

impl ResultColumn {
    /// The heading with its unit: `常住人口(人)`.
    pub fn heading(&self, language: Language) -> String {
        words::heading(&self.title, &self.unit, language)
    }

    /// A text of this column in words: reasons are keys elsewhere.
    pub(super) fn words<'t>(&self, text: &'t str, language: Language) -> Cow<'t, str> {
        let reason = (self.key == "reason" || self.key.ends_with("_reason"))
            .then(|| Reason::ALL.into_iter().find(|reason| reason.key() == text))
            .flatten();
        match reason {
            Some(reason) => Cow::Owned(reason.title().in_language(language).to_owned()),
            None => Cow::Borrowed(text),
        }
    }
}

/// The answer to a question as a table, ready for any format.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultTable {
    pub title: Title,
    pub columns: Vec<ResultColumn>,
    pub rows: Vec<Vec<Value>>,
    /// The rows 合计; their first cell is replaced by that word.
    pub totals: Vec<Vec<Value>>,
    /// Definition, sources, what is left out: (label, text).
    pub notes: Vec<(Title, Title)>,
    /// One per row.
    pub geometries: Option<Vec<Geometry<f64>>>,
    /// What stands on every printed page, where the security administrator asks for it.
    pub watermark: Option<Watermark>,
}

/// One row of a table, as writers take it.
pub(super) struct Line<'a> {
    pub values: &'a [Value],
    pub is_total: bool,
}

impl ResultTable {
    /// The same table with a watermark on its pages and among its notes.
    #[must_use]
    pub fn marked(mut self, watermark: Option<Watermark>) -> Self {
        if let Some(mark) = &watermark {
            let [zh, en] = Watermark::LABEL.map(str::to_owned);
            self.notes.push((Title { zh, en }, mark.text()));
        }
        self.watermark = watermark;
        self
    }

    /// The rows, those of totals last.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let line = |values, is_total| Line { values, is_total };
        let rows = self.rows.iter().map(move |row| line(&row[..], false));
        rows.chain(self.totals.iter().map(move |row| line(&row[..], true)))
    }
}

impl<'a> Line<'a> {
    /// What a writer puts into each column; a short row is filled up with missing values.
    pub(super) fn cells(
        &self,
        columns: &'a [ResultColumn],
        language: Language,
    ) -> impl Iterator<Item = (&'a ResultColumn, Printed<'a>)> {
        let is_total = self.is_total;
        let values = self.values;
        columns.iter().enumerate().map(move |(place, column)| {
            let printed = match values.get(place).unwrap_or(&Value::Missing) {
                _ if is_total && place == 0 => Printed::Text(words::total(language).into()),
                Value::Missing => Printed::Missing,
                Value::Integer(number) => Printed::Integer(*number),
                Value::Number(number) if !number.is_finite() => Printed::Missing,
                Value::Number(number) => Printed::Number(*number),
                Value::Text(text) => Printed::Text(column.words(text, language)),
            };
            (column, printed)
        })
    }
}

/// A value on its way into a cell.
#[derive(Debug)]
pub(super) enum Printed<'a> {
    Missing,
    Integer(i64),
    Number(f64),
    Text(Cow<'a, str>),
}
