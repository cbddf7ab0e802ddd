//! Tables of commuting flows (通勤 OD): a home, a workplace and how many, by code.

use std::path::PathBuf;

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
use crate::domain::{AreaCode, Column, Flow, FlowPlace, Layer};

/// The flows of files, not yet held against the areas of a city.
#[derive(Clone, Debug)]
pub struct FlowsRead {
    pub flows: Vec<Flow>,
    pub report: Report,
}

/// The columns of a table of flows with the headings they are known by.
pub fn flow_columns() -> Layer {
    let text = include_str!("../../layers/flows/flows.toml");
    toml::from_str(text).expect("the built-in columns are a layer definition")
}

/// Reads rows of origin, destination and commuters, with mode, sector and flags of places outside
/// where the files have them. Only `map`, `encoding` and `progress` of the options matter.
///
/// # Errors
/// As [`read`](super::read), but no coordinates are looked for.
pub fn read_flows(files: &[PathBuf], options: ReadOptions<'_>) -> Result<FlowsRead, ImportError> {
    let layer = flow_columns();
    let matcher = Matcher::new(&layer, &options.map, None)?;
    let wishes = Wishes {
        crs: None,
        encoding: options.encoding.as_deref().map(text::named).transpose()?,
        locate: None,
        needs_place: false,
    };
    let mut collector = Collector::new(&layer, &matcher, wishes, options.progress);
    collect_files(files, &mut collector)?;
    let at = |id: &str| layer.attribute_index(id).expect("a built-in column");
    let ends = [
        ("origin", at("origin"), at("origin_outside")),
        ("destination", at("destination"), at("destination_outside")),
    ];
    let (commuters, mode, sector) = (at("commuters"), at("mode"), at("sector"));
    let columns = std::mem::take(&mut collector.rows.columns);
    let mut flows = Vec::with_capacity(collector.rows.origins.len());
    for (row, origin) in collector.rows.origins.clone().into_iter().enumerate() {
        let place = |(id, code, outside): (&str, usize, usize)| {
            let text = words(&columns[code], row).unwrap_or_default();
            // Data frames write codes as numbers: 440106.0.
            let plain = identifier(Cell::Text(text)).unwrap_or_default();
            let code: Result<AreaCode, _> = plain.parse();
            let refused = |_| (id.to_owned(), Refusal::NotCode(masked(text)));
            Ok(FlowPlace {
                code: code.map_err(refused)?,
                is_outside: whole(&columns[outside], row) == Some(1),
            })
        };
        match (place(ends[0]), place(ends[1])) {
            (Ok(origin), Ok(destination)) => flows.push(Flow {
                origin,
                destination,
                mode: words(&columns[mode], row).map(Into::into),
                sector: words(&columns[sector], row).map(Into::into),
                commuters: whole(&columns[commuters], row).unwrap_or(0),
            }),
            (Err((field, refusal)), _) | (_, Err((field, refusal))) => {
                collector.refuse(origin, Some(field), refusal);
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
    report.kept = flows.len() as u64;
    report.refused.listed = in_order(&mut errors);
    Ok(FlowsRead { flows, report })
}

fn words(column: &Column, row: usize) -> Option<&str> {
    match column {
        Column::Text(texts) => texts.get(row),
        _ => None,
    }
}

fn whole(column: &Column, row: usize) -> Option<i64> {
    match column {
        Column::Integer(values) => values[row],
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;

    fn read(text: &str) -> FlowsRead {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("flows.csv");
        std::fs::write(&file, text).expect("written");
        read_flows(&[file], ReadOptions::default()).expect("a readable table")
    }

    #[test]
    fn chinese_headings_codes_and_flags_are_understood() {
        let found = read(
            "居住地代码,就业地代码,通勤人数,通勤方式,就业地在市外\n\
             440106000000,440103,\"1,200\",地铁,否\n\
             440106.0,佛山-南海,30,,是\n\
             合计,,1230,,\n",
        );
        let ends: Vec<_> = found
            .flows
            .iter()
            .map(|flow| {
                let (from, to) = (&flow.origin.code, &flow.destination);
                (
                    from.as_str(),
                    to.code.as_str(),
                    to.is_outside,
                    flow.commuters,
                )
            })
            .collect();
        let wanted = [
            ("440106", "440103", false, 1200),
            ("440106", "佛山-南海", true, 30),
        ];
        assert_eq!(ends, wanted);
        assert_eq!(found.flows[0].mode.as_deref(), Some("地铁"));
        assert_eq!(found.flows[1].mode, None);
        assert_eq!(found.report.refused.count, 0);
    }

    #[test]
    fn a_bad_row_is_refused_and_hides_no_other() {
        let found = read("origin,destination,commuters\na,b,-3\na,b,2.5\na,,4\nx y,b,4\na,b,4\n");
        assert_eq!((found.report.read, found.report.kept), (5, 1));
        let rows: Vec<u64> = found.report.refused.listed.iter().map(|e| e.row).collect();
        assert_eq!(rows, [2, 3, 4, 5]);
        let text = found.report.to_text(&flow_columns(), Language::En);
        assert!(
            text.contains("negative") && text.contains("no area code"),
            "{text}"
        );
    }
}
