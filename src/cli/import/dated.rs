//! The date of an import, and what it makes of the state of that date.

use super::ImportArguments;
use crate::{
    city::{City, Difference},
    cli::{Failure, now},
    domain::{Language, Layer, Period},
    store::BatchMode,
};

/// The date that the data are of: as said, else today; what changes a state is about the newest one.
pub(super) fn period(
    arguments: &ImportArguments,
    city: &City,
    layer: &Layer,
) -> Result<Period, Failure> {
    let changes = arguments.replace || arguments.update || arguments.append;
    let changes = changes || arguments.spread.is_some();
    let newest = city.states(layer.id.as_str()).last().filter(|_| changes);
    let newest = newest.map(|loaded| loaded.index.period().clone());
    match arguments.period.clone().or(newest) {
        Some(period) => Ok(period),
        None => Ok(now()[..10].parse()?),
    }
}

/// What an import makes of the state that is there, as one line.
pub(super) fn told(
    difference: &Difference,
    mode: BatchMode,
    period: &Period,
    language: Language,
) -> String {
    let Difference {
        added,
        changed,
        unchanged,
        absent,
    } = difference;
    let (zh, en) = match mode {
        BatchMode::Replace => ("移除", "removed"),
        _ => ("文件中没有、予以保留", "not in the files and kept"),
    };
    match language {
        Language::Zh => format!(
            "  时点 {period}：新增 {added}，变更 {changed}，不变 {unchanged}，{zh} {absent}"
        ),
        Language::En => format!(
            "  {period}: {added} added, {changed} changed, {unchanged} unchanged, {absent} {en}"
        ),
    }
}
