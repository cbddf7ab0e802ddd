use std::collections::BTreeMap;

use crate::domain::{Language, Layer};

/// A row that was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    pub file: String,
    /// As a person counts, headings included.
    pub row: u64,
    /// The column or part at fault; empty for the row as a whole.
    pub field: String,
    pub reason: String,
}

/// A geometry that was mended, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    pub file: String,
    pub row: u64,
    pub id: String,
    pub what: String,
}

/// How many single rows a report lists; all of them are counted.
const LISTED: usize = 50;

/// What became of every row of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub files: Vec<String>,
    pub read: u64,
    pub kept: u64,
    pub repaired: u64,
    /// Rows placed by key; `None` where no key was asked for.
    pub located: Option<u64>,
    pub refused: u64,
    pub repairs: Vec<Repair>,
    pub errors: Vec<RowError>,
    /// The coordinate systems that the rows were in.
    pub crs: Vec<String>,
    pub encodings: Vec<String>,
    /// Columns that the layer does not declare.
    pub dropped: Vec<String>,
    /// By count attribute: the sum of what was kept.
    pub sums: BTreeMap<String, i64>,
    /// By attribute: kept rows without a value.
    pub missing: BTreeMap<String, u64>,
    /// Things worth knowing, both languages.
    pub notes: Vec<(String, String)>,
}

impl Report {
    pub(super) fn refuse(&mut self, error: RowError) {
        self.refused += 1;
        if self.errors.len() < LISTED {
            self.errors.push(error);
        }
    }

    pub(super) fn repair(&mut self, repair: Repair) {
        self.repaired += 1;
        if self.repairs.len() < LISTED {
            self.repairs.push(repair);
        }
    }

    pub(super) fn note(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        let note = (zh.into(), en.into());
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Share of the rows that found their place by key (匹配率), 0–1.
    pub fn match_rate(&self) -> Option<f64> {
        let located = self.located?;
        (self.read > 0).then(|| located as f64 / self.read as f64)
    }

    /// The summary in plain words.
    pub fn to_text(&self, layer: &Layer, language: Language) -> String {
        let zh = language == Language::Zh;
        let pick = |a: String, b: String| if zh { a } else { b };
        let mut lines = vec![pick(
            format!(
                "{}：读取 {} 行，保留 {}，修复 {}，拒绝 {}",
                layer.title.zh, self.read, self.kept, self.repaired, self.refused
            ),
            format!(
                "{}: {} rows read, {} kept, {} repaired, {} refused",
                layer.title.en, self.read, self.kept, self.repaired, self.refused
            ),
        )];
        if let (Some(located), Some(rate)) = (self.located, self.match_rate()) {
            lines.push(pick(
                format!("  按键定位 {located} 行，匹配率 {:.2}%", rate * 100.0),
                format!(
                    "  {located} rows located by key, match rate {:.2} %",
                    rate * 100.0
                ),
            ));
        }
        if !self.crs.is_empty() {
            let crs = self.crs.join(", ");
            lines.push(pick(
                format!("  坐标系：{crs}"),
                format!("  coordinate system: {crs}"),
            ));
        }
        if !self.encodings.is_empty() {
            let names = self.encodings.join(", ");
            lines.push(pick(
                format!("  文字编码：{names}"),
                format!("  text encoding: {names}"),
            ));
        }
        for (attribute, sum) in &self.sums {
            let title = layer
                .attribute(attribute)
                .map_or(attribute.as_str(), |a| a.title.in_language(language));
            let missing = self.missing.get(attribute).copied().unwrap_or(0);
            let absent = match missing {
                0 => String::new(),
                n => pick(
                    format!("（{n} 行无值，不作 0 计）"),
                    format!(" ({n} rows without a value, not zero)"),
                ),
            };
            lines.push(format!("  {title} {attribute} = {sum}{absent}"));
        }
        for (attribute, missing) in &self.missing {
            if !self.sums.contains_key(attribute) {
                lines.push(pick(
                    format!("  {attribute}：{missing} 行无值"),
                    format!("  {attribute}: {missing} rows without a value"),
                ));
            }
        }
        if !self.dropped.is_empty() {
            let names = self.dropped.join(", ");
            lines.push(pick(
                format!("  未声明的列，未保存：{names}"),
                format!("  columns not declared, not kept: {names}"),
            ));
        }
        for (a, b) in &self.notes {
            lines.push(format!("  {}", pick(a.clone(), b.clone())));
        }
        for repair in &self.repairs {
            lines.push(pick(
                format!(
                    "  修复 {} 第 {} 行（{}）：{}",
                    repair.file, repair.row, repair.id, repair.what
                ),
                format!(
                    "  repaired {} row {} ({}): {}",
                    repair.file, repair.row, repair.id, repair.what
                ),
            ));
        }
        for error in &self.errors {
            let field = if error.field.is_empty() {
                String::new()
            } else {
                format!(" {}", error.field)
            };
            lines.push(pick(
                format!(
                    "  拒绝 {} 第 {} 行{field}：{}",
                    error.file, error.row, error.reason
                ),
                format!(
                    "  refused {} row {}{field}: {}",
                    error.file, error.row, error.reason
                ),
            ));
        }
        let unlisted = self.refused - self.errors.len() as u64;
        if unlisted > 0 {
            lines.push(pick(
                format!("  另有 {unlisted} 行被拒绝"),
                format!("  and {unlisted} more rows refused"),
            ));
        }
        lines.join("\n")
    }
}
