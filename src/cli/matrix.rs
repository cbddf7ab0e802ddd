use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use super::{Failure, Refused, import::ImportArguments, interrupt::Interrupt, now};
use crate::{
    city::{self, City, LoadedLayer, TimeMatrix},
    domain::{Catalog, Language, LayerId, Period},
    import::{ReadOptions, TimesRead, read_times, time_columns},
    network::{Matrix, matrix_to_bytes},
    store::{self, ImportRecord, StoredNetwork},
};

/// How many unknown ids are named.
const LISTED: usize = 20;

/// Brings a table of travel times into a city, in place of the one of that name.
pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let Some((name, files)) = arguments.files.split_first().filter(|(_, f)| !f.is_empty()) else {
        return Err(Refused::because(
            "请写矩阵的名字和文件：suitu import matrix 名字 文件.csv",
            "name the matrix and its file: suitu import matrix NAME FILE.csv",
        ));
    };
    let name = name.to_string_lossy();
    let _: LayerId = name.parse()?;
    let interrupt = Interrupt::listen();
    let store = store::open(&arguments.city, catalog.clone())?;
    let city = city::load(&*store, catalog)?;
    let TimesRead { mut times, report } = {
        let mut progress = |_| !interrupt.is_asked();
        let options = ReadOptions {
            map: arguments.map.clone(),
            encoding: arguments.encoding.clone(),
            progress: Some(&mut progress),
            ..ReadOptions::default()
        };
        interrupt.told(read_times(files, options))?
    };
    println!("{}", report.to_text(&time_columns(), language));
    if report.refused.count > 0 {
        let rows = report.refused.count;
        return Err(match language {
            Language::Zh => format!("{rows} 行有误，未写入任何内容；到不了的一对不写行").into(),
            Language::En => format!(
                "{rows} rows are wrong; nothing was written. A pair that cannot be reached has no row"
            )
            .into(),
        });
    }
    let ends = |pick: fn(&(Box<str>, Box<str>)) -> &str| {
        times.keys().map(pick).collect::<BTreeSet<&str>>()
    };
    let asked = (
        arguments.from_layer.as_deref(),
        arguments.to_layer.as_deref(),
    );
    let (from_layer, from_unknown) = end(&city, asked.0, "--from-layer", ends(|pair| &pair.0))?;
    let (to_layer, to_unknown) = end(&city, asked.1, "--to-layer", ends(|pair| &pair.1))?;
    for (layer, unknown) in [(&from_layer, &from_unknown), (&to_layer, &to_unknown)] {
        if !unknown.is_empty() {
            println!("{}", told(layer, unknown, language));
        }
    }
    let before = times.len();
    let is_known = |(from, to): &(Box<str>, Box<str>)| {
        !from_unknown.contains(&**from) && !to_unknown.contains(&**to)
    };
    times.retain(|pair, _| is_known(pair));
    if times.is_empty() {
        return Err(Refused::because(
            "没有一行的两个编号都在图层中；请核对编号，或用 --from-layer、--to-layer 指定图层；未写入任何内容",
            "no row has both ids in the layers; check the ids, or name the layers with \
             --from-layer and --to-layer; nothing was written",
        ));
    }
    let (kept, lost) = (times.len(), before - times.len());
    let (from, to) = (from_layer.as_str(), to_layer.as_str());
    println!(
        "{}",
        match language {
            Language::Zh =>
                format!("矩阵 {name}：{from} → {to}，{kept} 对；编号不明的 {lost} 行未计入"),
            Language::En => format!(
                "matrix {name}: {from} to {to}, {kept} pairs; {lost} rows of unknown ids left out"
            ),
        }
    );
    if arguments.dry_run {
        let text = match language {
            Language::Zh => "试运行：未写入任何内容",
            Language::En => "dry run: nothing was written",
        };
        println!("{text}");
        return Ok(());
    }
    let period: Period = match &arguments.period {
        Some(period) => period.clone(),
        None => now()[..10].parse()?,
    };
    let file = |file: &PathBuf| Some(file.file_name()?.to_string_lossy().into_owned());
    let network = StoredNetwork {
        period,
        record: ImportRecord {
            source: arguments.source.clone(),
            licence: arguments.licence.clone(),
            files: files.iter().filter_map(file).collect(),
            imported_at: now(),
            read: report.read,
            kept: kept as u64,
            refused: lost as u64,
            ..ImportRecord::default()
        },
        bytes: matrix_to_bytes(&Matrix::new(from, to, &times)),
    };
    interrupt.check()?;
    let number = store.set_network(&format!("{}{name}", TimeMatrix::PREFIX), &network)?;
    match language {
        Language::Zh => println!("已写入，版本 {number}"),
        Language::En => println!("written, version {number}"),
    }
    Ok(())
}

/// The layer of one end of the pairs, and the ids that it does not have: the layer asked for, else
/// the only one that has every id.
fn end(
    city: &City,
    asked: Option<&str>,
    flag: &str,
    ids: BTreeSet<&str>,
) -> Result<(LayerId, BTreeSet<String>), Failure> {
    if let Some(asked) = asked {
        let loaded = city.layer(asked, None);
        let loaded = loaded.ok_or_else(|| {
            Refused::because(
                format!("{flag} {asked}：城市没有这个图层"),
                format!("{flag} {asked}: the city holds no such layer"),
            )
        })?;
        let unknown = unknown(loaded, &ids).map(str::to_owned).collect();
        return Ok((loaded.layer().id.clone(), unknown));
    }
    let fits = |loaded: &&Arc<LoadedLayer>| unknown(loaded, &ids).next().is_none();
    let fitting: Vec<_> = city.layers_at(None).filter(fits).collect();
    match &fitting[..] {
        [only] => Ok((only.layer().id.clone(), BTreeSet::new())),
        [] => {
            let first: Vec<&str> = ids.iter().take(3).copied().collect();
            let first = first.join(", ");
            Err(Refused::because(
                format!("没有一个图层包含全部编号（如 {first}）；请写 {flag} 图层"),
                format!("no layer has all of these ids ({first} …); say {flag} LAYER"),
            ))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|l| l.layer().id.as_str()).collect();
            let names = names.join(", ");
            Err(Refused::because(
                format!("{names} 都包含全部编号；请写 {flag} 图层"),
                format!("{names} have all of these ids; say {flag} LAYER"),
            ))
        }
    }
}

fn unknown<'i>(loaded: &LoadedLayer, ids: &BTreeSet<&'i str>) -> impl Iterator<Item = &'i str> {
    ids.iter()
        .copied()
        .filter(|id| loaded.index.find(id).is_none())
}

fn told(layer: &LayerId, unknown: &BTreeSet<String>, language: Language) -> String {
    let listed: Vec<&str> = unknown.iter().take(LISTED).map(String::as_str).collect();
    let (count, listed) = (unknown.len(), listed.join(", "));
    let more = if count > LISTED { " …" } else { "" };
    match language {
        Language::Zh => format!("  ! {layer} 中没有的编号 {count} 个：{listed}{more}"),
        Language::En => format!("  ! {count} ids that {layer} does not have: {listed}{more}"),
    }
}
