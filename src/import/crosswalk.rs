//! Tables of area codes then and now (区划代码对照表).

use std::path::PathBuf;

use super::{ImportError, ReadOptions, Report, read_records};
use crate::domain::{AreaCode, CodeLink, Column, Layer};

/// The columns of such a table with the headings they are known by.
pub fn crosswalk_columns() -> Layer {
    let text = include_str!("../../layers/crosswalk/crosswalk.toml");
    toml::from_str(text).expect("the built-in columns are a layer definition")
}

/// Reads rows of old code, new code and weight, not yet held against each other. A row whose code
/// cannot be read is told as file, row and problem.
///
/// # Errors
/// As [`read`](super::read), but no coordinates are looked for.
pub fn read_crosswalk(
    files: &[PathBuf],
    options: ReadOptions<'_>,
) -> Result<(Vec<CodeLink>, Vec<String>, Report), ImportError> {
    let layer = crosswalk_columns();
    let read = read_records(files, &layer, options)?;
    let column = |id: &str| &read.columns[layer.attribute_index(id).expect("a built-in column")];
    let code = |id: &str, row: usize| -> Result<AreaCode, String> {
        let text = match column(id) {
            Column::Text(texts) => texts.get(row).unwrap_or_default(),
            _ => "",
        };
        // Spreadsheets write codes as numbers: 440106.0.
        let plain = text.strip_suffix(".0").unwrap_or(text);
        plain.parse().map_err(|e| format!("`{text}`: {e}"))
    };
    let link = |row: usize| -> Result<CodeLink, String> {
        let weight = match column("weight") {
            Column::Number(weights) => weights[row],
            _ => None,
        };
        Ok(CodeLink {
            from: code("from_code", row)?,
            to: code("to_code", row)?,
            weight: weight.ok_or("there is no weight")?,
        })
    };
    let (mut links, mut faults) = (Vec::new(), Vec::new());
    for (row, (file, line)) in read.places.iter().enumerate() {
        match link(row) {
            Ok(link) => links.push(link),
            Err(problem) => faults.push(format!("{file} row {line}: {problem}")),
        }
    }
    Ok((links, faults, read.report))
}
