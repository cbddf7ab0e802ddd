use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use indicatif::ProgressBar;

use super::{
    Failure, import::ImportArguments, interrupt::Interrupt, lines, now, open, streets::check_free,
};
use crate::{
    city::{City, StopFit},
    domain::{Catalog, Language, Period},
    store::{self, ImportRecord, StoredNetwork},
    transit::{Schedule, Summary, gtfs, schedule_to_bytes},
};

/// What an import read: a schedule and how it came to be.
pub(super) struct ReadTimetable {
    pub schedule: Schedule,
    /// About the files, line by line.
    pub told: Vec<String>,
    pub source: String,
    pub crs: String,
    /// Rows that were left out.
    pub refused: u64,
}

/// Brings timetables into a city, in place of those it has.
pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let interrupt = Interrupt::listen();
    let city = match arguments.city.exists() {
        true => Some(open(&arguments.city, &catalog)?.1),
        false => None,
    };
    let are_tables = arguments.files.iter().filter(|file| is_table(file)).count();
    let read = if are_tables == 0 {
        interrupt.told(read_feeds(arguments, language, &interrupt))?
    } else if are_tables == arguments.files.len() {
        lines::read(arguments, city.as_ref(), language)?
    } else {
        return Err(
            "feeds (.zip or folders) and line tables (.csv, .xlsx) cannot be one \
                    timetable; import feeds alone or tables alone"
                .into(),
        );
    };
    let summary = Summary::of(&read.schedule);
    for line in read.told.iter().chain(&summary.to_text(language)) {
        println!("{line}");
    }
    for line in city
        .iter()
        .flat_map(|city| fit(city, &read.schedule, language))
    {
        println!("{line}");
    }
    if arguments.dry_run {
        let text = match language {
            Language::Zh => "试运行：未写入任何内容",
            Language::En => "dry run: nothing was written",
        };
        println!("{text}");
        return Ok(());
    }
    let network = stored(arguments, &read, &summary)?;
    interrupt.check()?;
    let store = store::open_or_create(&arguments.city, catalog)?;
    check_free(&*store, "transit", arguments.replace)?;
    let number = store.set_network("transit", &network)?;
    match language {
        Language::Zh => println!("已写入，版本 {number}"),
        Language::En => println!("written, version {number}"),
    }
    Ok(())
}

/// A line table rather than a feed.
fn is_table(file: &Path) -> bool {
    let name = file.to_string_lossy().to_lowercase();
    let name = name.split('#').next().unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let is_text = [".csv", ".xlsx", ".tsv", ".txt"]
        .iter()
        .any(|end| name.ends_with(end));
    is_text && !file.is_dir()
}

fn read_feeds(
    arguments: &ImportArguments,
    language: Language,
    interrupt: &Interrupt,
) -> Result<ReadTimetable, Failure> {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let read = gtfs::read_while(&arguments.files, &|| !interrupt.is_asked());
    bar.finish_and_clear();
    let (schedule, report) = read?;
    Ok(ReadTimetable {
        schedule,
        told: report.to_text(language),
        source: report.publishers(),
        crs: "EPSG:4326".into(),
        refused: report.rows_left_out() as u64,
    })
}

fn stored(
    arguments: &ImportArguments,
    read: &ReadTimetable,
    summary: &Summary,
) -> Result<StoredNetwork, Failure> {
    let period: Period = match (&arguments.period, summary.dates()) {
        (Some(period), _) => period.clone(),
        (None, Some((first, _))) => first.to_string().parse()?,
        (None, None) => now()[..10].parse()?,
    };
    let name = |file: &PathBuf| Some(file.file_name()?.to_string_lossy().into_owned());
    let kept = summary.calls as u64;
    let source = match arguments.source.as_str() {
        "" => &read.source,
        own => own,
    };
    Ok(StoredNetwork {
        period,
        record: ImportRecord {
            source: source.to_owned(),
            licence: arguments.licence.clone(),
            files: arguments.files.iter().filter_map(name).collect(),
            crs: read.crs.clone(),
            imported_at: now(),
            read: kept + read.refused,
            kept,
            refused: read.refused,
            ..ImportRecord::default()
        },
        bytes: schedule_to_bytes(&read.schedule),
    })
}

/// How the stops lie in the city, where that is doubtful.
fn fit(city: &City, schedule: &Schedule, language: Language) -> Vec<String> {
    const SHOWN: usize = 3;
    let fit = StopFit::of(city, schedule);
    let line = |stops: &[String], zh: &str, en: &str| {
        let shown = stops.iter().take(SHOWN).map(String::as_str);
        let shown = shown.collect::<Vec<_>>();
        let more = if stops.len() > SHOWN { " …" } else { "" };
        let count = stops.len();
        let text = match language {
            Language::Zh => format!("! {count} {zh}（{}{more}）", shown.join("；")),
            Language::En => format!("! {count} {en} ({}{more})", shown.join("; ")),
        };
        (count > 0).then_some(text)
    };
    let outside = line(
        &fit.outside,
        "个站点在城市已有数据的范围之外，请核对坐标",
        "stops lie outside everything that the city holds; check the coordinates",
    );
    let off_streets = line(
        fit.off_streets.as_deref().unwrap_or_default(),
        "个站点距最近的步行道路超过 500 米，不能步行到达",
        "stops are over 500 m from every walking street, so that nobody can walk to them",
    );
    outside.into_iter().chain(off_streets).collect()
}
