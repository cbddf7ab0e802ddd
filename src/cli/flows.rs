use std::{path::PathBuf, sync::Arc};

use indicatif::ProgressBar;

use super::{Failure, Refused, import::ImportArguments, interrupt::Interrupt, now};
use crate::{
    city::{self, City, PlacedFlows, level_of_flows, place_flows},
    domain::{Catalog, Language, Period},
    import::{self, ReadOptions},
    query::{Compared, check_flows},
    store::{self, FlowBatch, ImportRecord, Store},
};

/// Brings tables of commuting flows into a city that has their areas.
pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let interrupt = Interrupt::listen();
    let bar = ProgressBar::new_spinner();
    let store = store::open(&arguments.city, catalog.clone())?;
    let city = city::catch_up(&*store, city::load(&*store, catalog)?)?;
    let period: Period = match &arguments.period {
        Some(period) => period.clone(),
        None => now()[..10].parse()?,
    };
    let mut progress = |progress: import::Progress| {
        bar.set_position(progress.done);
        !interrupt.is_asked()
    };
    let options = ReadOptions {
        map: arguments.map.clone(),
        encoding: arguments.encoding.clone(),
        progress: Some(&mut progress),
        ..ReadOptions::default()
    };
    let read = import::read_flows(&arguments.files, &arguments.mode_columns, options);
    let read = interrupt.told(read)?;
    println!("{}", read.report.to_text(&read.columns, language));
    let nothing_kept = || {
        Refused::because(
            "没有可保留的行，未写入任何内容；请按上面所列修改文件后再导入",
            "no flow could be kept; nothing was written: mend what is listed above and import again",
        )
    };
    if read.flows.is_empty() {
        return Err(nothing_kept());
    }
    let level = match &arguments.level {
        Some(level) if city.catalog().area_layer(level.as_str()).is_some() => level.clone(),
        Some(level) => {
            let known: Vec<String> = city
                .catalog()
                .levels()
                .iter()
                .map(ToString::to_string)
                .collect();
            let known = known.join(", ");
            return Err(Refused::because(
                format!("--level {level}：没有这个层级；可用的有：{known}"),
                format!("--level {level}: there is no such level; it is one of: {known}"),
            ));
        }
        None => level_of_flows(&city, &period, &read.flows).ok_or_else(|| {
            Refused::because(
                "起讫点都不是单元代码；请先导入区域图层，或加 --level LEVEL",
                "no origin or destination is the code of an area; import the areas first, or say \
                 --level LEVEL",
            )
        })?,
    };
    let placed = place_flows(&city, &level, &period, read.flows, arguments.outside)
        .map_err(|unknown| Refused(unknown.told()))?;
    if placed.flows.is_empty() {
        return Err(nothing_kept());
    }
    println!("{}", told(&placed, level.as_str(), language));
    let check = check_flows(&city, &level, &period, &placed.flows);
    let (zh, en) = (
        ["居住地通勤者", "就业人口"],
        ["commuters by home", "employed residents"],
    );
    print_compared(check.homes.as_ref(), zh, en, language);
    let (zh, en) = (
        ["就业地通勤者", "就业岗位"],
        ["commuters by workplace", "jobs"],
    );
    print_compared(check.jobs.as_ref(), zh, en, language);
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
    let name = |file: &PathBuf| Some(file.file_name()?.to_string_lossy().into_owned());
    let record = ImportRecord {
        source: arguments.source.clone(),
        licence: arguments.licence.clone(),
        files: arguments.files.iter().filter_map(name).collect(),
        imported_at: now(),
        read: read.report.read,
        kept: placed.flows.len() as u64,
        refused: read.report.refused.count,
        ..ImportRecord::default()
    };
    let batch = FlowBatch {
        level,
        period,
        flows: &placed.flows,
        record,
        replace: arguments.replace,
    };
    let number = interrupt.told(write(&*store, &city, &batch, &interrupt))?;
    bar.finish_and_clear();
    match language {
        Language::Zh => println!("已写入，版本 {number}"),
        Language::En => println!("written, version {number}"),
    }
    Ok(())
}

fn write(
    store: &dyn Store,
    city: &City,
    batch: &FlowBatch<'_>,
    interrupt: &Interrupt,
) -> Result<u64, Failure> {
    // The codes were held against the areas of this version.
    if store.change_number()? != city.version() {
        return Err(city::IngestError::Stale.into());
    }
    Ok(store.put_flows(batch, &mut |_| !interrupt.is_asked())?)
}

/// What became of the rows, a line each.
fn told(placed: &PlacedFlows, level: &str, language: Language) -> String {
    let zh = language == Language::Zh;
    let (flows, commuters) = (placed.flows.len(), placed.flows.commuters());
    let mut lines = vec![match zh {
        true => format!("  层级 {level}：{flows} 条流，通勤者 {commuters} 人"),
        false => format!("  level {level}: {flows} flows, {commuters} commuters"),
    }];
    let mut line = |count: u64, zh_text: &str, en_text: &str| {
        if count > 0 {
            lines.push(match zh {
                true => format!("  {count} {zh_text}"),
                false => format!("  {count} {en_text}"),
            });
        }
    };
    line(
        placed.merged,
        "行与起讫点、方式、行业相同的行相加",
        "rows were added to another of the same places, mode and sector",
    );
    line(
        placed.empty,
        "行通勤人数为 0，未保留",
        "rows of nobody were left out",
    );
    line(
        placed.elsewhere.0,
        "行起讫点都在市外，未保留",
        "rows neither begin nor end in the city and were left out",
    );
    if !placed.outside.is_empty() {
        let mut most: Vec<(&String, &i64)> = placed.outside.iter().collect();
        most.sort_by_key(|(code, commuters)| (-**commuters, *code));
        let shown = most.iter().take(10);
        let shown: Vec<String> = shown.map(|(code, n)| format!("{code} {n}")).collect();
        let shown = shown.join(", ");
        lines.push(match zh {
            true => format!("  市外地点 {} 个（代码 通勤者）：{shown}", most.len()),
            false => format!("  {} places outside (code, commuters): {shown}", most.len()),
        });
    }
    lines.join("\n")
}

fn print_compared(
    compared: Option<&Compared>,
    [zh, zh_counted]: [&str; 2],
    [en, en_counted]: [&str; 2],
    language: Language,
) {
    let Some(compared) = compared else { return };
    let (commuters, counted) = (compared.commuters, compared.counted);
    let difference = commuters - counted;
    let apart = compared.apart.iter();
    let apart: Vec<String> = apart
        .map(|(code, a, b)| format!("{code} {a}/{b}"))
        .collect();
    let apart = apart.join(", ");
    match language {
        Language::Zh => println!(
            "  {zh} {commuters}，{zh_counted} {counted}，相差 {difference:+}；差别最大的单元：{apart}"
        ),
        Language::En => println!(
            "  {en} {commuters}, {en_counted} {counted}, difference {difference:+}; farthest apart: \
             {apart}"
        ),
    }
}
