//! Published totals per area (官方控制数), to be spread over buildings.

use std::path::PathBuf;

use super::{
    ImportError, ReadOptions, Report,
    collect::{Collector, Wishes, summarize},
    plan::Matcher,
    read::{collect_files, in_order, settle_ids},
    text,
};
use crate::domain::{
    AreaCode, Attribute, AttributeId, AttributeType, Column, Layer, LayerKind, Role, Title,
};

/// The counts of areas as a file has them.
#[derive(Clone, Debug)]
pub struct AreaTotals {
    /// The counts that the file has, in the order of the layer.
    pub attributes: Vec<AttributeId>,
    pub rows: Vec<AreaTotal>,
    pub report: Report,
}

/// The counts of one area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaTotal {
    pub code: AreaCode,
    /// In the order of [`AreaTotals::attributes`]; `None` where the file has no value.
    pub values: Vec<Option<i64>>,
}

/// Reads rows of an area code and counts of `layer`. The code stands in a column called `code`,
/// 区划代码 or the like, or in the one that `--map code=COLUMN` names.
///
/// # Errors
/// As [`read`](super::read), but no coordinates are looked for; a file without a column of codes
/// or without any count is refused.
pub fn read_totals(
    files: &[PathBuf],
    layer: &Layer,
    options: ReadOptions<'_>,
) -> Result<AreaTotals, ImportError> {
    let layer = totals_layer(layer);
    let matcher = Matcher::new(&layer, &options.map, None)?;
    let wishes = Wishes {
        crs: None,
        encoding: options.encoding.as_deref().map(text::named).transpose()?,
        locate: None,
        needs_place: false,
    };
    let mut collector = Collector::new(&layer, &matcher, wishes, options.progress);
    collect_files(files, &mut collector)?;
    for (id, code) in collector
        .rows
        .ids
        .iter_mut()
        .zip(codes(&collector.rows.columns[0]))
    {
        *id = code.map(Into::into);
    }
    settle_ids(&mut collector);
    let Collector {
        rows,
        mut report,
        mut errors,
        fed,
        ..
    } = collector;
    summarize(&layer, &rows.columns, &fed, &mut report);
    report.kept = rows.ids.len() as u64;
    report.refused.listed = in_order(&mut errors);

    let used: Vec<usize> = (1..fed.len()).filter(|at| fed[*at]).collect();
    if used.is_empty() {
        return Err(ImportError::NoCounts {
            file: super::error::list(report.files.iter().map(|f| &f.name)),
            counts: super::error::list(layer.attributes[1..].iter().map(|a| a.id.as_str())),
            columns: super::error::list(&report.dropped_columns),
        });
    }
    let values = |row: usize| used.iter().map(move |at| (at, row));
    let totals = codes(&rows.columns[0])
        .enumerate()
        .filter_map(|(row, code)| {
            let values = values(row).map(|(at, row)| match &rows.columns[*at] {
                Column::Integer(values) => values[row],
                _ => None,
            });
            Some(AreaTotal {
                code: code?.parse().ok()?,
                values: values.collect(),
            })
        });
    let totals = totals.collect();
    let attributes = used.iter().map(|at| layer.attributes[*at].id.clone());
    Ok(AreaTotals {
        attributes: attributes.collect(),
        rows: totals,
        report,
    })
}

fn codes(column: &Column) -> impl Iterator<Item = Option<&str>> {
    let text = match column {
        Column::Text(text) => Some(text),
        _ => None,
    };
    let rows = text.map_or(0, |text| text.len());
    (0..rows).map(move |row| text.and_then(|text| text.get(row)))
}

/// A table of an area code, which is required, and the counts of `layer`.
fn totals_layer(layer: &Layer) -> Layer {
    let code = Attribute {
        id: "code".parse().expect("`code` is a name"),
        kind: AttributeType::Text,
        title: Title {
            zh: "区划代码".into(),
            en: "Area code".into(),
        },
        unit: String::new(),
        caliber: String::new(),
        role: Role::Code,
        aliases: Vec::new(),
        values: Vec::new(),
        required: true,
        refers_to: None,
        open: false,
    };
    let counts = layer.counts().map(|(_, attribute)| Attribute {
        required: false,
        ..attribute.clone()
    });
    Layer {
        kind: LayerKind::Area,
        attributes: std::iter::once(code).chain(counts).collect(),
        ..layer.clone()
    }
}
