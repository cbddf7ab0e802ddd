//! Tables of travel times (出行时间矩阵): from, to and minutes, by the ids of features.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::PathBuf,
};

use super::{
    ImportError, ReadOptions, Refusal, Report,
    collect::{Collector, Wishes, summarize},
    identity::masked,
    plan::Matcher,
    raw::Cell,
    read::{collect_files, in_order},
    text,
    value::identifier,
};
use crate::domain::{Column, Layer};

/// The times of files, not yet held against the layers of a city.
#[derive(Clone, Debug)]
pub struct TimesRead {
    /// Milliseconds by the ids of both ends.
    pub times: BTreeMap<(Box<str>, Box<str>), u32>,
    pub report: Report,
}

/// The columns of a table of times with the headings they are known by.
pub fn time_columns() -> Layer {
    let text = include_str!("../../layers/matrix/matrix.toml");
    toml::from_str(text).expect("the built-in columns are a layer definition")
}

/// Reads rows of two ids and the minutes between them. Only `map`, `encoding` and `progress` of the
/// options matter. A pair that stands twice is refused the second time.
///
/// # Errors
/// As [`read`](super::read), but no coordinates are looked for.
pub fn read_times(files: &[PathBuf], options: ReadOptions<'_>) -> Result<TimesRead, ImportError> {
    let layer = time_columns();
    let matcher = Matcher::new(&layer, &options.map, None)?;
    let wishes = Wishes {
        crs: None,
        encoding: options.encoding.as_deref().map(text::named).transpose()?,
        locate: None,
        needs_place: false,
    };
    let mut collector = Collector::new(&layer, &matcher, wishes, options.progress);
    collect_files(files, &mut collector)?;
    let columns = std::mem::take(&mut collector.rows.columns);
    let origins = std::mem::take(&mut collector.rows.origins);
    let mut times: BTreeMap<(Box<str>, Box<str>), u32> = BTreeMap::new();
    let id = |at: usize, row: usize| match &columns[at] {
        // Data frames write ids as numbers: 17.0.
        Column::Text(texts) => identifier(Cell::Text(texts.get(row)?)).map(Into::into),
        _ => None,
    };
    for (row, origin) in origins.into_iter().enumerate() {
        let minutes = match &columns[2] {
            Column::Number(values) => values[row],
            _ => None,
        };
        let (Some(from), Some(to), Some(minutes)) = (id(0, row), id(1, row), minutes) else {
            collector.refuse(origin, None, Refusal::Required);
            continue;
        };
        let of_minutes = Some("minutes".to_owned());
        let ms = (minutes * 60_000.0).round();
        if minutes < 0.0 {
            collector.refuse(origin, of_minutes, Refusal::Negative(minutes.to_string()));
        } else if ms > MAX_MS {
            collector.refuse(origin, of_minutes, Refusal::TooLarge(minutes.to_string()));
        } else {
            match times.entry((from, to)) {
                Entry::Vacant(place) => {
                    place.insert(ms as u32);
                }
                Entry::Occupied(known) => {
                    let (from, to) = known.key();
                    let pair = format!("{} → {}", masked(from), masked(to));
                    collector.refuse(origin, None, Refusal::DuplicatePair(pair));
                }
            }
        }
    }
    let Collector {
        mut report,
        mut errors,
        fed,
        ..
    } = collector;
    summarize(&layer, &columns, &fed, &mut report);
    report.kept = times.len() as u64;
    report.refused.listed = in_order(&mut errors);
    Ok(TimesRead { times, report })
}

/// A week: longer journeys are slips of the pen.
const MAX_MS: f64 = 7.0 * 24.0 * 3_600_000.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

    fn read(text: &str) -> TimesRead {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("times.csv");
        std::fs::write(&file, text).expect("written");
        read_times(&[file], ReadOptions::default()).expect("a readable table")
    }

    #[test]
    fn minutes_become_whole_milliseconds() {
        let found = read("起点编号,终点编号,出行时间\na,x,12.5\n17.0,x,0\n");
        let times: Vec<_> = found
            .times
            .iter()
            .map(|((a, b), ms)| (&**a, &**b, *ms))
            .collect();
        assert_eq!(times, [("17", "x", 0), ("a", "x", 750_000)]);
    }

    #[test]
    fn a_bad_row_is_refused_and_hides_no_other() {
        let found = read("from,to,minutes\na,x,-1\na,x,soon\na,,4\na,x,4\na,x,5\na,y,99999\n");
        assert_eq!((found.report.read, found.report.kept), (6, 1));
        let rows: Vec<u64> = found.report.refused.listed.iter().map(|e| e.row).collect();
        assert_eq!(rows, [2, 3, 4, 6, 7]);
        let text = found.report.to_text(&time_columns(), Language::En);
        assert!(
            text.contains("negative") && text.contains("a → x"),
            "{text}"
        );
    }
}
