use std::path::PathBuf;

use super::{
    ImportError, ReadOptions, Report,
    columns::{self, ColumnPlan},
    identity::{is_identity_heading, shown},
    raw::{RawHeader, RawRow, RawValue, Sink},
    report::RowError,
    source, value,
};
use crate::domain::{AreaCode, Layer, Value};

/// Published totals per area, to be spread over the features inside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AreaTotals {
    pub codes: Vec<AreaCode>,
    /// For each attribute of the layer, one total per code; `None` where the file has none.
    pub totals: Vec<Option<Vec<Option<i64>>>>,
    pub report: Report,
}

/// Reads a table of area codes and counts of `layer`; `--map code=COLUMN` names the code column.
///
/// # Errors
/// A file that cannot be read, or that lacks a code column or any count of the layer.
pub fn read_totals(
    files: &[PathBuf],
    layer: &Layer,
    options: ReadOptions<'_>,
) -> Result<AreaTotals, ImportError> {
    let totals = vec![None; layer.attributes.len()];
    let mut taker = TotalsTaker {
        layer,
        map: options.map,
        plan: ColumnPlan::default(),
        code: 0,
        columns: Vec::new(),
        result: AreaTotals {
            totals,
            ..AreaTotals::default()
        },
    };
    for path in files {
        source::read(path, &mut taker)?;
    }
    let mut result = taker.result;
    for (attribute, totals) in layer.attributes.iter().zip(&result.totals) {
        if let Some(totals) = totals {
            let sum = totals.iter().flatten().sum();
            result.report.sums.insert(attribute.id.to_string(), sum);
        }
    }
    result.report.kept = result.codes.len() as u64;
    Ok(result)
}

struct TotalsTaker<'a> {
    layer: &'a Layer,
    map: Vec<(String, String)>,
    plan: ColumnPlan,
    code: usize,
    columns: Vec<String>,
    result: AreaTotals,
}

const CODE: [&str; 9] = [
    "code",
    "代码",
    "区划代码",
    "行政区划代码",
    "areacode",
    "adcode",
    "geo_code",
    "区域代码",
    "编码",
];

impl Sink for TotalsTaker<'_> {
    fn header(&mut self, header: RawHeader) -> Result<(), ImportError> {
        let file = header.file.clone();
        if let Some(column) = header.columns.iter().find(|c| is_identity_heading(c)) {
            return Err(ImportError::IdentityNumbers {
                file,
                column: column.clone(),
            });
        }
        let named = self.map.iter().find(|(attribute, _)| attribute == "code");
        let is_code = |heading: &String| match named {
            Some((_, column)) => heading.trim() == column.trim(),
            None => CODE.contains(&heading.trim().to_lowercase().as_str()),
        };
        let Some(code) = header.columns.iter().position(is_code) else {
            let problem = "no column of area codes; name it with --map code=COLUMN".to_owned();
            return Err(ImportError::Columns { file, problem });
        };
        let others: Vec<_> = self
            .map
            .iter()
            .filter(|(a, _)| a != "code")
            .cloned()
            .collect();
        self.plan = columns::plan(self.layer, &header, &others, None)?;
        let counts = self
            .layer
            .counts()
            .filter(|(at, _)| self.plan.attributes[*at].is_some());
        let counts: Vec<usize> = counts.map(|(at, _)| at).collect();
        if counts.is_empty() {
            let problem = format!("no column holds a count of layer {}", self.layer.id);
            return Err(ImportError::Columns { file, problem });
        }
        for at in counts {
            let rows = self.result.codes.len();
            self.result.totals[at].get_or_insert_with(|| vec![None; rows]);
        }
        self.code = code;
        self.result.report.files.push(file);
        self.columns = header.columns;
        Ok(())
    }

    fn row(&mut self, row: RawRow<'_>) -> Result<(), ImportError> {
        self.result.report.read += 1;
        if let Err((field, reason)) = self.take(&row) {
            let file = self.result.report.files.last().cloned().unwrap_or_default();
            self.result.report.refuse(RowError {
                file,
                row: row.number,
                field,
                reason,
            });
        }
        Ok(())
    }

    fn broken(&mut self, number: u64, problem: &str) -> Result<(), ImportError> {
        self.result.report.read += 1;
        let file = self.result.report.files.last().cloned().unwrap_or_default();
        let (row, reason) = (number, problem.to_owned());
        self.result.report.refuse(RowError {
            file,
            row,
            field: String::new(),
            reason,
        });
        Ok(())
    }
}

impl TotalsTaker<'_> {
    fn take(&mut self, row: &RawRow<'_>) -> Result<(), (String, String)> {
        let code_name = || self.columns[self.code].clone();
        let text = row.values.get(self.code).and_then(RawValue::text);
        let Some(text) = text else {
            return Err((code_name(), "the code is empty".into()));
        };
        let code: AreaCode = text.parse().map_err(|e: crate::domain::AreaCodeError| {
            (code_name(), format!("{}: {e}", shown(&text)))
        })?;
        if self.result.codes.contains(&code) {
            return Err((
                code_name(),
                format!("the code {} stands twice", shown(&text)),
            ));
        }
        let mut counts = Vec::new();
        for (at, attribute) in self.layer.counts() {
            let checked = match self.plan.attributes[at].and_then(|column| row.values.get(column)) {
                None => Value::Missing,
                Some(raw) => {
                    value::check(attribute, raw).map_err(|r| (attribute.id.to_string(), r))?
                }
            };
            counts.push((at, checked.as_integer()));
        }
        self.result.codes.push(code);
        for (at, count) in counts {
            if let Some(totals) = &mut self.result.totals[at] {
                totals.push(count);
            }
        }
        Ok(())
    }
}
