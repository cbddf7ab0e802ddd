use super::text::{Words, printed};
use crate::{
    domain::{Catalog, Language, TermFormat, Value},
    export::{ResultColumn, ResultTable},
    query::{self, Row},
};

/// A table (表) with unit at the top right and rows 合计 that reconcile.
#[derive(Clone, Debug)]
pub struct Table {
    /// The same in every language and format: what a check compares by.
    pub id: String,
    /// `表2-1`
    pub number: String,
    pub title: String,
    /// `单位：人、%`
    pub unit: String,
    pub columns: Vec<ResultColumn>,
    pub lines: Vec<Line>,
    /// Footnotes.
    pub notes: Vec<String>,
    /// Whether it needs a page across.
    pub is_wide: bool,
    pub language: Language,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Line {
    pub kind: LineKind,
    pub values: Vec<Value>,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    Body,
    /// What lies in none of the rows above.
    Rest,
    /// 合计
    Total,
}

impl Table {
    /// An empty table with these columns; unknown keys have none.
    pub fn new(
        id: &str,
        title: String,
        catalog: &Catalog,
        language: Language,
        keys: &[&str],
    ) -> Self {
        Table {
            id: id.to_owned(),
            number: String::new(),
            title,
            unit: String::new(),
            columns: keys
                .iter()
                .filter_map(|key| query::column(catalog, key))
                .collect(),
            lines: Vec::new(),
            notes: Vec::new(),
            is_wide: false,
            language,
        }
    }

    /// An empty table with columns of a result, which names them itself; those that the result has
    /// left out are there too, to say why they are empty.
    pub fn choosing(
        id: &str,
        title: String,
        catalog: &Catalog,
        language: Language,
        keys: &[&str],
        from: &ResultTable,
    ) -> Self {
        let mut table = Table::new(id, title, catalog, language, keys);
        for column in &mut table.columns {
            if let Some(own) = from.columns.iter().find(|own| own.key == column.key) {
                *column = own.clone();
            }
        }
        table
    }

    /// Whether its columns are so many that it is set smaller.
    pub fn is_dense(&self) -> bool {
        const MANY: usize = 9;
        self.columns.len() > MANY
    }

    /// Whether a column holds sentences, which take several lines.
    pub fn is_prose(&self, at: usize) -> bool {
        const PROSE: [&str; 7] = [
            "reasons",
            "guidance",
            "stability",
            "sentence",
            "override_reason",
            "criterion",
            "source",
        ];
        PROSE.contains(&self.columns[at].key.as_str())
    }

    pub fn push(&mut self, kind: LineKind, row: &Row) {
        let values = self
            .columns
            .iter()
            .map(|column| query::plain_value(row.get(&column.key)));
        let values = values.collect();
        self.lines.push(Line { kind, values });
    }

    /// A row that is called by `name` instead of a first value: rest or total.
    pub fn push_named(&mut self, kind: LineKind, name: &str, row: &Row) {
        self.push(kind, row);
        if let Some(line) = self.lines.last_mut() {
            // A total is nameless otherwise.
            for (value, column) in line.values.iter_mut().zip(&self.columns) {
                if column.format == TermFormat::Text && !is_reason(&column.key) {
                    *value = Value::Missing;
                }
            }
            if let Some(first) = line.values.first_mut() {
                *first = Value::Text(name.to_owned());
            }
        }
    }

    /// Takes columns that no row fills out of the table and says which, with `why` for each key.
    pub fn drop_empty(&mut self, why: impl Fn(&str) -> String) {
        let words = Words(self.language);
        let is_empty = |at: usize| self.lines.iter().all(|line| line.values[at].is_missing());
        let mut dropped: Vec<usize> = (0..self.columns.len()).filter(|at| is_empty(*at)).collect();
        if self.lines.is_empty() {
            dropped.clear();
        }
        // Columns that are empty for one reason share it.
        let mut by_reason: Vec<(String, Vec<String>)> = Vec::new();
        let silent = |at: &&usize| !is_reason(&self.columns[**at].key);
        for at in dropped.iter().filter(silent) {
            let column = &self.columns[*at];
            let title = column.title.in_language(self.language).to_owned();
            let reason = why(&column.key);
            match by_reason.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, titles)) => titles.push(title),
                None => by_reason.push((reason, vec![title])),
            }
        }
        let said = |(reason, titles): &(String, Vec<String>)| {
            let titles = words.list(titles);
            words.tell(
                || format!("{titles}（{reason}）"),
                || format!("{titles} ({reason})"),
            )
        };
        let texts: Vec<String> = by_reason.iter().map(said).collect();
        if !texts.is_empty() {
            let list = texts.join(words.say("；", "; "));
            self.notes.push(words.tell(
                || format!("未列出的指标：{list}。"),
                || format!("Not shown: {list}."),
            ));
        }
        for at in dropped.into_iter().rev() {
            self.columns.remove(at);
            for line in &mut self.lines {
                line.values.remove(at);
            }
        }
    }

    /// Takes the columns of reasons out of the table and tells them below it: `straight_reason` of
    /// the columns `straight_…` where it is there, `reason` of all others.
    pub fn reasons_below(&mut self) {
        const KEYS: [&str; 3] = ["reason", "straight_reason", "network_reason"];
        let place = |key: &&str| self.columns.iter().position(|column| column.key == **key);
        let mut there: Vec<usize> = KEYS.iter().filter_map(place).collect();
        let sides = there.iter().map(|at| self.side_of(*at));
        let sides: Vec<String> = sides.filter(|side| !side.is_empty()).collect();
        for at in &there {
            let own = self.side_of(*at);
            let told = self.reasons(*at, |key| match own.is_empty() {
                true => !sides.iter().any(|side| key.starts_with(side)),
                false => key.starts_with(&own),
            });
            self.notes.extend(told);
        }
        there.sort_unstable();
        for at in there.into_iter().rev() {
            self.columns.remove(at);
            for line in &mut self.lines {
                line.values.remove(at);
            }
        }
    }

    /// What the keys begin with that a column of reasons explains: `straight_`, or nothing.
    fn side_of(&self, at: usize) -> String {
        let key = &self.columns[at].key;
        key.strip_suffix("reason").unwrap_or(key).to_owned()
    }

    /// The reasons of a column for the dashes of the columns that it explains, each with its rows.
    fn reasons(&self, at: usize, explains: impl Fn(&str) -> bool) -> Vec<String> {
        let words = Words(self.language);
        let dashed = |line: &Line| -> Option<&ResultColumn> {
            let mut cells = self.columns.iter().zip(&line.values);
            let dashed = cells.find(|(column, value)| {
                column.format != TermFormat::Text && value.is_missing() && explains(&column.key)
            });
            dashed.map(|(column, _)| column)
        };
        let mut by_reason: Vec<(String, Vec<String>)> = Vec::new();
        let mut heading = None;
        for line in &self.lines {
            let Some(column) = dashed(line) else { continue };
            let reason = printed(&self.columns[at], &line.values[at], self.language);
            if reason.is_empty() {
                continue;
            }
            heading = heading.or(Some(column));
            let name = self
                .columns
                .first()
                .map(|first| printed(first, &line.values[0], self.language));
            let name = name.unwrap_or_default();
            match by_reason.iter_mut().find(|(known, _)| *known == reason) {
                // What rows say of themselves a total need not say again.
                Some(_) if line.kind != LineKind::Body => {}
                Some((_, names)) => names.push(name),
                None => by_reason.push((reason, vec![name])),
            }
        }
        // Where columns have reasons of their own, a note says whose it is.
        let heading = heading.filter(|_| !self.side_of(at).is_empty());
        let of = heading.map_or("", |column| column.title.in_language(self.language));
        let space = words.say("", if of.is_empty() { "" } else { " " });
        /// As many names as a footnote bears.
        const MOST: usize = 12;
        let told = by_reason.into_iter().map(|(reason, names)| {
            let count = names.len();
            let list = words.list(&names[..count.min(MOST)]);
            words.tell(
                || match count > MOST {
                    true => format!("{of}“—”：{list}等 {count} 个，{reason}。"),
                    false => format!("{of}“—”：{list}，{reason}。"),
                },
                || match count > MOST {
                    true => {
                        format!("{of}{space}“—”: {list} and others, {count} in all: {reason}.")
                    }
                    false => format!("{of}{space}“—”: {list}: {reason}."),
                },
            )
        });
        told.collect()
    }

    /// The heading of a column, without the unit where that of all counts stands above the table.
    pub fn heading(&self, column: &ResultColumn) -> String {
        let title = column.title.in_language(self.language);
        let unit = unit_of(column, self.language);
        let unit = match column.format {
            TermFormat::Integer if is_plain(&unit) && !self.has_mixed_counts() => "",
            _ => &unit,
        };
        // Brackets are not put beside brackets.
        let open = title.strip_suffix(['）', ')']);
        match (unit, open, self.language) {
            ("", ..) => title.to_owned(),
            (unit, Some(open), Language::Zh) => format!("{open}，{unit}）").replace('(', "（"),
            (unit, Some(open), Language::En) => format!("{open}, {unit})"),
            (unit, None, Language::Zh) => format!("{title}({unit})"),
            (unit, None, Language::En) => format!("{title} ({unit})"),
        }
    }

    /// Whether its counts are of more than one thing: each column then says of which.
    fn has_mixed_counts(&self) -> bool {
        let counts = self.columns.iter();
        let counts = counts.filter(|column| column.format == TermFormat::Integer);
        let units = counts.map(|column| unit_of(column, self.language));
        let mut units: Vec<String> = units.filter(|unit| is_plain(unit)).collect();
        units.sort();
        units.dedup();
        units.retain(|unit| !unit.is_empty());
        units.len() > 1
    }

    /// `单位：人、%`, every unit once in the order of the columns.
    pub fn units(&self) -> String {
        let mut units: Vec<String> = Vec::new();
        for column in &self.columns {
            let unit = unit_of(column, self.language);
            if !unit.is_empty() && !units.contains(&unit) {
                units.push(unit);
            }
        }
        let words = Words(self.language);
        match units.is_empty() {
            true => String::new(),
            false => {
                let list = words.list(&units);
                words.tell(|| format!("单位：{list}"), || format!("Units: {list}"))
            }
        }
    }

    /// The cells of a row as they are printed.
    pub fn cells(&self, line: &Line) -> Vec<String> {
        let printed = |(column, value)| printed(column, value, self.language);
        self.columns.iter().zip(&line.values).map(printed).collect()
    }

    pub fn has_shares(&self) -> bool {
        self.columns
            .iter()
            .any(|column| column.format == TermFormat::Share)
    }

    /// Whether a column stands right-aligned.
    pub fn is_number(&self, at: usize) -> bool {
        self.columns[at].format != TermFormat::Text
    }
}

/// Whether a column says why others are undefined.
pub(super) fn is_reason(key: &str) -> bool {
    key == "reason" || key.ends_with("_reason")
}

/// Whether a unit is no ratio of two.
fn is_plain(unit: &str) -> bool {
    !unit.contains('/') && !unit.contains("per ")
}

/// A share is printed as percent.
fn unit_of(column: &ResultColumn, language: Language) -> String {
    match column.format {
        TermFormat::Share => "%".to_owned(),
        _ => column.unit.in_language(language).to_owned(),
    }
}
