//! Tables of commuting flows (通勤 OD): a home, a workplace and how many, by code.

use std::path::PathBuf;

use super::{
    ImportError, ReadOptions, Refusal, Report,
    collect::{Collector, Wishes, summarize},
    error::shorten,
    identity::masked,
    plan::Matcher,
    raw::Cell,
    read::{collect_files, in_order},
    text,
    value::identifier,
};
use crate::domain::{AreaCode, Attribute, Column, Flow, FlowPlace, Layer, Title};

/// The flows of files, not yet held against the areas of a city.
#[derive(Clone, Debug)]
pub struct FlowsRead {
    pub flows: Vec<Flow>,
    pub report: Report,
    /// The columns that the report tells of.
    pub columns: Layer,
}

/// The columns of a table of flows with the headings they are known by.
pub fn flow_columns() -> Layer {
    let text = include_str!("../../layers/flows/flows.toml");
    toml::from_str(text).expect("the built-in columns are a layer definition")
}

/// Reads rows of origin, destination and commuters, with mode, sector and flags of places outside
/// where the files have them. Only `map`, `encoding` and `progress` of the options matter.
///
/// Of `modes` each is a column with the commuters by that mode, in one row for two places (宽表);
/// where there is a column of all commuters as well, the rest goes by no mode.
///
/// # Errors
/// As [`read`](super::read), but no coordinates are looked for; a mode that no column is called.
pub fn read_flows(
    files: &[PathBuf],
    modes: &[String],
    options: ReadOptions<'_>,
) -> Result<FlowsRead, ImportError> {
    let layer = with_modes(flow_columns(), modes)?;
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
    let by_mode = layer.attributes.len() - modes.len();
    for (column, name) in (by_mode..).zip(modes) {
        if !collector.fed[column] {
            let column = shorten(name, 60);
            return Err(ImportError::NoModeColumn { column });
        }
    }
    let columns = std::mem::take(&mut collector.rows.columns);
    let mut flows = Vec::with_capacity(collector.rows.origins.len());
    let mut kept = 0;
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
        // By each mode, then the rest; a long table has a rest alone.
        let parts = (by_mode..).zip(modes);
        let parts: Vec<(&str, i64)> = parts
            .map(|(column, name)| (name.as_str(), whole(&columns[column], row).unwrap_or(0)))
            .collect();
        let sum = parts
            .iter()
            .fold(0i64, |sum, (_, part)| sum.saturating_add(*part));
        let total = whole(&columns[commuters], row);
        let rest = || match total.unwrap_or(sum) - sum {
            rest if rest < 0 => Err((
                "commuters".to_owned(),
                Refusal::MoreThanTotal {
                    parts: sum,
                    total: sum + rest,
                },
            )),
            rest => Ok(rest),
        };
        match (place(ends[0]), place(ends[1]), rest()) {
            (Ok(origin), Ok(destination), Ok(rest)) => {
                kept += 1;
                let flow = |mode: Option<&str>, commuters| Flow {
                    origin: origin.clone(),
                    destination: destination.clone(),
                    mode: mode.map(Into::into),
                    sector: words(&columns[sector], row).map(Into::into),
                    commuters,
                };
                let by_mode = parts.iter().filter(|(_, part)| *part > 0);
                flows.extend(by_mode.map(|(mode, part)| flow(Some(mode), *part)));
                if rest > 0 || modes.is_empty() {
                    let mode = words(&columns[mode], row).filter(|_| modes.is_empty());
                    flows.push(flow(mode, rest));
                }
            }
            (Err((field, refusal)), ..)
            | (_, Err((field, refusal)), _)
            | (.., Err((field, refusal))) => {
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
    report.kept = kept;
    report.refused.listed = in_order(&mut errors);
    Ok(FlowsRead {
        flows,
        report,
        columns: layer,
    })
}

/// The columns of flows with one more for the commuters by each mode, at the end.
fn with_modes(mut layer: Layer, modes: &[String]) -> Result<Layer, ImportError> {
    let at = layer.attribute_index("commuters");
    let commuters = &mut layer.attributes[at.expect("a built-in column")];
    commuters.required = modes.is_empty();
    let like = commuters.clone();
    for (number, name) in modes.iter().enumerate() {
        if name.is_empty() || modes[..number].contains(name) {
            let given = shorten(&modes.join(","), 200);
            return Err(ImportError::ModeColumns { given });
        }
        let id = format!("commuters_by_mode_{number}");
        layer.attributes.push(Attribute {
            id: id.parse().expect("a name"),
            title: Title {
                zh: name.clone(),
                en: name.clone(),
            },
            aliases: Vec::new(),
            required: false,
            ..like.clone()
        });
    }
    Ok(layer)
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
        read_wide(text, &[]).expect("a readable table")
    }

    fn read_wide(text: &str, modes: &[&str]) -> Result<FlowsRead, ImportError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("flows.csv");
        std::fs::write(&file, text).expect("written");
        let modes: Vec<String> = modes.iter().map(|mode| mode.to_string()).collect();
        read_flows(&[file], &modes, ReadOptions::default())
    }

    #[test]
    fn each_column_of_a_wide_table_is_a_mode() {
        let text = "居住地代码,就业地代码,通勤人数,地铁,小汽车\n\
             a,b,100,60,30\na,c,7,,7\nb,a,5,4,3\nb,b,,2,0\n";
        let found = read_wide(text, &["地铁", "小汽车"]).expect("a readable table");
        let rows: Vec<_> = found
            .flows
            .iter()
            .map(|flow| {
                let ends = [&flow.origin, &flow.destination].map(|end| end.code.to_string());
                (ends.concat(), flow.mode.as_deref(), flow.commuters)
            })
            .collect();
        let wanted = [
            ("ab", Some("地铁"), 60),
            ("ab", Some("小汽车"), 30),
            ("ab", None, 10),
            ("ac", Some("小汽车"), 7),
            ("bb", Some("地铁"), 2),
        ];
        assert_eq!(
            rows,
            wanted.map(|(ends, mode, n)| (ends.to_owned(), mode, n))
        );
        assert_eq!((found.report.kept, found.report.refused.count), (3, 1));
        assert_eq!(found.report.refused.listed[0].row, 4);
        let text = found.report.to_text(&found.columns, Language::Zh);
        assert!(text.contains("各方式合计 7，超过通勤总人数 5"), "{text}");
    }

    #[test]
    fn a_mode_that_no_column_is_called_is_told() {
        let text = "origin,destination,rail\na,b,4\n";
        assert_eq!(read_wide(text, &["rail"]).expect("a table").flows.len(), 1);
        let error = read_wide(text, &["rail", "bus"]).unwrap_err().to_string();
        assert!(
            error.contains("bus") && error.contains("--mode-columns"),
            "{error}"
        );
        let error = read_wide(text, &["rail", "rail"]).unwrap_err().to_string();
        assert!(error.contains("once"), "{error}");
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
