//! Rows without a place of their own: tables of lines, of headways …

use std::path::PathBuf;

use super::{
    ImportError, ReadOptions, Report,
    collect::{Collector, Wishes, summarize},
    plan::Matcher,
    read::{collect_files, in_order},
    text,
};
use crate::domain::{Column, Layer};

/// Checked rows and where each was.
#[derive(Clone, Debug)]
pub struct Records {
    /// In the order of the attributes.
    pub columns: Vec<Column>,
    /// File and row of each, as a person finds them.
    pub places: Vec<(String, u64)>,
    pub report: Report,
}

/// Reads rows of the attributes of `layer`; no coordinates are looked for.
///
/// # Errors
/// As [`read`](super::read), except for what concerns geometry.
pub fn read_records(
    files: &[PathBuf],
    layer: &Layer,
    options: ReadOptions<'_>,
) -> Result<Records, ImportError> {
    let matcher = Matcher::new(layer, &options.map, None)?;
    let wishes = Wishes {
        crs: None,
        encoding: options.encoding.as_deref().map(text::named).transpose()?,
        locate: None,
        needs_place: false,
    };
    let mut collector = Collector::new(layer, &matcher, wishes, options.progress);
    collect_files(files, &mut collector)?;
    let Collector {
        rows,
        mut report,
        mut errors,
        fed,
        ..
    } = collector;
    summarize(layer, &rows.columns, &fed, &mut report);
    report.kept = rows.origins.len() as u64;
    report.refused.listed = in_order(&mut errors);
    let place = |origin: &super::collect::Origin| {
        let file = &report.files[origin.file as usize].name;
        (file.clone(), origin.row)
    };
    Ok(Records {
        places: rows.origins.iter().map(place).collect(),
        columns: rows.columns,
        report,
    })
}
