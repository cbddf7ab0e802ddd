use std::{path::PathBuf, sync::Arc};

use indicatif::ProgressBar;
use rayon::prelude::*;

use super::{Failure, Refused, import::ImportArguments, interrupt::Interrupt, now};
use crate::{
    definitions,
    domain::{Attribute, Catalog, Column, Language, Period, Table, Title},
    import::{self, Progress, ReadOptions},
    network::{
        BuildReport, Graph, Junctions, Lines, NEAR_M, NetworkError, OsmStreets, Rules, TOUCH_M,
        graph_to_bytes, read_lines, read_osm,
    },
    store::{self, ImportRecord, Store, StoredNetwork},
};

/// Brings streets into a city, in place of those it has: one network for each way of travelling.
pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let interrupt = Interrupt::listen();
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let rules = asked_rules(&arguments.modes)?;
    let (lines, record) = match are_osm(&arguments.files)? {
        true => interrupt.told(osm(arguments, &rules, &interrupt, language))?,
        false => interrupt.told(own(arguments, &rules, &interrupt, language))?,
    };
    let built: Vec<Result<(Graph, BuildReport), NetworkError>> =
        lines.par_iter().map(Lines::build).collect();
    bar.finish_and_clear();
    let mut networks = Vec::new();
    for ((rules, lines), built) in rules.iter().zip(&lines).zip(built) {
        match built {
            // Footpaths alone are no network for cars; whoever asks for one is told.
            Err(NetworkError::NoStreets) if arguments.modes.is_empty() => {
                println!("{}", nothing(rules, language));
            }
            Err(problem) => {
                let title = rules.title.in_language(language);
                let Title { zh, en } = problem.told();
                return Err(match language {
                    Language::Zh => format!("{title}：{zh}").into(),
                    Language::En => format!("{title}: {en}").into(),
                });
            }
            Ok((graph, report)) => {
                println!("{}", told(rules, &report, language));
                for line in met(&lines.junctions, language) {
                    println!("{line}");
                }
                if report.island_length_m > LARGE_ISLANDS * report.length_m {
                    println!("{}", apart(language));
                }
                networks.push((rules, graph, report));
            }
        }
    }
    if networks.is_empty() {
        return Err(NetworkError::NoStreets.into());
    }
    if arguments.dry_run {
        println!(
            "{}",
            match language {
                Language::Zh => "试运行：未写入任何内容",
                Language::En => "dry run: nothing was written",
            }
        );
        return Ok(());
    }
    let period: Period = match &arguments.period {
        Some(period) => period.clone(),
        None => now()[..10].parse()?,
    };
    let stored: Vec<(&str, StoredNetwork)> = networks
        .par_iter()
        .map(|(rules, graph, report)| {
            let network = StoredNetwork {
                period: period.clone(),
                record: ImportRecord {
                    read: report.lines,
                    kept: report.edges,
                    ..record.clone()
                },
                bytes: graph_to_bytes(graph),
            };
            (rules.mode.as_str(), network)
        })
        .collect();
    interrupt.check()?;
    let store = store::open_or_create(&arguments.city, catalog)?;
    for (mode, _) in &stored {
        check_free(&*store, mode, arguments.replace)?;
    }
    let stored: Vec<_> = stored
        .iter()
        .map(|(mode, network)| (*mode, network))
        .collect();
    let number = store.set_networks(&stored)?;
    match language {
        Language::Zh => println!("已写入，版本 {number}"),
        Language::En => println!("written, version {number}"),
    }
    Ok(())
}

/// Refuses to put a network in the place of another that nobody said to replace.
pub(super) fn check_free(store: &dyn Store, name: &str, is_replaced: bool) -> Result<(), Failure> {
    if is_replaced || store.network_number(name)?.is_none() {
        return Ok(());
    }
    let known = store.network(name)?;
    let (of_zh, of) = known.map_or_else(Default::default, |known| {
        let (period, files) = (&known.period, known.record.files.join(", "));
        (
            format!("（{period}，{files}）"),
            format!(" of {period} ({files})"),
        )
    });
    Err(Refused::because(
        format!(
            "城市已有 {name}{of_zh}，只能存一份；要用这一份替换，请写 --replace；未写入任何内容"
        ),
        format!(
            "the city already has `{name}`{of}, and keeps one at a time: say --replace to put \
             this in its place; nothing was written"
        ),
    ))
}

/// The rules of the modes that were asked for, of all without any.
fn asked_rules(modes: &[String]) -> Result<Vec<Rules>, Failure> {
    let all = Rules::all()?;
    let known: Vec<&str> = all.iter().map(|rules| rules.mode.as_str()).collect();
    if let Some(other) = modes.iter().find(|mode| !known.contains(&mode.as_str())) {
        let known = known.join(", ");
        return Err(Refused::because(
            format!("--mode {other}：没有这种出行方式；应为 {known} 之一"),
            format!("--mode {other}: it is one of {known}"),
        ));
    }
    let is_asked = |rules: &Rules| modes.is_empty() || modes.contains(&rules.mode);
    Ok(all.into_iter().filter(is_asked).collect())
}

/// Whether the files are OpenStreetMap's; else they are lines of one's own.
fn are_osm(files: &[PathBuf]) -> Result<bool, Failure> {
    let is_osm = |file: &&PathBuf| {
        file.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("pbf"))
    };
    match files.iter().filter(is_osm).count() {
        0 => Ok(false),
        n if n == files.len() => Ok(true),
        _ => Err(Refused::because(
            "街道或来自 OpenStreetMap（.osm.pbf），或是自有的线；请一次只导入一种",
            "streets are either of OpenStreetMap (.osm.pbf) or lines of one's own: import one \
             kind at a time",
        )),
    }
}

fn osm(
    arguments: &ImportArguments,
    rules: &[Rules],
    interrupt: &Interrupt,
    language: Language,
) -> Result<(Vec<Lines>, ImportRecord), Failure> {
    let OsmStreets { lines, doubts } =
        read_osm(&arguments.files, rules, &|| !interrupt.is_asked())?;
    for doubt in &doubts {
        println!("{}", doubt.told().in_language(language));
    }
    let name = |file: &PathBuf| Some(file.file_name()?.to_string_lossy().into_owned());
    let source = match arguments.source.as_str() {
        "" => "© OpenStreetMap contributors",
        own => own,
    };
    let record = ImportRecord {
        source: source.to_owned(),
        licence: arguments.licence.clone(),
        files: arguments.files.iter().filter_map(name).collect(),
        crs: "EPSG:4326".into(),
        imported_at: now(),
        ..ImportRecord::default()
    };
    Ok((lines, record))
}

/// Lines that a bureau keeps, in any format that features come in.
fn own(
    arguments: &ImportArguments,
    rules: &[Rules],
    interrupt: &Interrupt,
    language: Language,
) -> Result<(Vec<Lines>, ImportRecord), Failure> {
    let layer = definitions::street_lines();
    let mut progress = |_: Progress| !interrupt.is_asked();
    let options = ReadOptions {
        crs: arguments.crs.clone(),
        map: arguments.map.clone(),
        encoding: arguments.encoding.clone(),
        ignore_ids: true,
        progress: Some(&mut progress),
        ..ReadOptions::default()
    };
    let imported = import::read(&arguments.files, &layer, options)?;
    let report = &imported.report;
    println!("{}", report.to_text(&layer, language));
    if imported.table.is_empty() {
        return Err(Refused::because(
            "没有一条线可用；未写入任何内容",
            "no line could be kept; nothing was written",
        ));
    }
    let table = &imported.table;
    let names: Vec<&str> = layer.attributes.iter().map(key_of).collect();
    let lines = |rules: &Rules| {
        let rows = 0..table.len();
        let streets = rows.map(|row| (&table.geometries[row], tags(table, &names, row)));
        read_lines(streets, rules)
    };
    let record = ImportRecord {
        source: arguments.source.clone(),
        licence: arguments.licence.clone(),
        files: report.files.iter().map(|f| f.name.clone()).collect(),
        crs: report.crs(),
        imported_at: now(),
        refused: report.refused.count,
        ..ImportRecord::default()
    };
    Ok((rules.iter().map(lines).collect(), record))
}

/// The key that a column has in OpenStreetMap: its first alias where that has a colon, else its id.
fn key_of(attribute: &Attribute) -> &str {
    let with_colon = attribute
        .aliases
        .first()
        .filter(|alias| alias.contains(':'));
    with_colon.map_or(attribute.id.as_str(), String::as_str)
}

/// The filled columns of a street; without a class it is one of no special class.
fn tags<'t>(table: &'t Table, names: &[&'t str], row: usize) -> Vec<(&'t str, &'t str)> {
    let filled = names
        .iter()
        .zip(&table.columns)
        .filter_map(|(name, column)| {
            let Column::Text(texts) = column else {
                return None;
            };
            Some((*name, texts.get(row)?))
        });
    let mut tags: Vec<(&str, &str)> = filled.collect();
    if !tags.iter().any(|(name, _)| *name == "highway") {
        tags.push(("highway", "unclassified"));
    }
    tags
}

/// Islands of more than this share of what is connected are no accident.
const LARGE_ISLANDS: f64 = 0.1;

fn apart(language: Language) -> &'static str {
    match language {
        Language::Zh => {
            "! 未连通的部分很多：道路只在共用折点处、或一条的端点落在另一条上时相连，请在平面交叉口处打断，并核对相距很近而未接上的端点"
        }
        Language::En => {
            "! much is not connected: lines meet only where they share a corner or where one ends \
             on the other; split them at crossings on one level, and look for ends that nearly \
             touch"
        }
    }
}

/// How many near misses are shown.
const SHOWN: usize = 3;

/// What became of lines that meet without a shared corner; nothing where all share theirs.
fn met(junctions: &Junctions, language: Language) -> Vec<String> {
    let Junctions {
        joined,
        crossings,
        near_misses,
    } = junctions;
    let zh = language == Language::Zh;
    let centimetres = TOUCH_M * 100.0;
    let mut lines = Vec::new();
    if *joined > 0 {
        lines.push(match zh {
            true => format!(
                "  {joined} 个端点落在另一条道路上（相距不超过 {centimetres} 厘米），已在该处接上"
            ),
            false => format!(
                "  {joined} ends lay on another line, to {centimetres} cm, and were joined to it"
            ),
        });
    }
    if *crossings > 0 {
        lines.push(match zh {
            true => format!("  {crossings} 处交叉没有共用折点，按立体交叉处理，不相连"),
            false => format!(
                "  {crossings} crossings without a shared corner are taken for bridges and stay apart"
            ),
        });
    }
    if !near_misses.is_empty() {
        let shown = near_misses.iter().take(SHOWN).map(|miss| {
            let ((lon, lat), gap_m) = (miss.lon_lat, miss.gap_m);
            match zh {
                true => format!("{lon:.6}, {lat:.6} 差 {gap_m:.2} 米"),
                false => format!("{lon:.6}, {lat:.6}: {gap_m:.2} m"),
            }
        });
        let shown: Vec<String> = shown.collect();
        let shown = shown.join(if zh { "；" } else { "; " });
        let more = if near_misses.len() > SHOWN {
            " …"
        } else {
            ""
        };
        let count = near_misses.len();
        lines.push(match zh {
            true => format!("  ! {count} 个悬空端点距另一条道路不足 {NEAR_M} 米而未接上（{shown}{more}）"),
            false => format!(
                "  ! {count} loose ends within {NEAR_M} m of a line are not joined to it ({shown}{more})"
            ),
        });
    }
    lines
}

fn nothing(rules: &Rules, language: Language) -> String {
    let title = rules.title.in_language(language);
    match language {
        Language::Zh => format!("{title}：文件中没有可用的道路，该路网保持不变"),
        Language::En => format!("{title}: no street of these files may be used; left as it was"),
    }
}

fn told(rules: &Rules, report: &BuildReport, language: Language) -> String {
    let BuildReport {
        lines,
        nodes,
        edges,
        one_ways,
        islands,
        island_nodes,
        ..
    } = report;
    let network = rules.network.in_language(language);
    let (km, lost_km) = (report.length_m / 1000.0, report.island_length_m / 1000.0);
    match language {
        Language::Zh => format!(
            "{network}：{lines} 条道路，{nodes} 个路口，{edges} 段（单行 {one_ways} 段），{km:.1} km；不能往返连通的孤岛 {islands} 处（{island_nodes} 个路口，{lost_km:.1} km）未计入"
        ),
        Language::En => format!(
            "{network}: {lines} streets, {nodes} nodes, {edges} edges ({one_ways} one-way), \
             {km:.1} km; {islands} islands that are not connected there and back ({island_nodes} \
             nodes, {lost_km:.1} km) are left out"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn own_lines_may_have_every_key_that_the_rules_look_at() {
        let layer = definitions::street_lines();
        let declared: BTreeSet<&str> = layer.attributes.iter().map(key_of).collect();
        for rules in Rules::all().expect("sound rules") {
            let missing: Vec<&str> = rules.keys().difference(&declared).copied().collect();
            assert!(missing.is_empty(), "{}: {missing:?}", rules.mode);
        }
    }
}
