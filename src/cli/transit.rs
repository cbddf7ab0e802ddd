use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use indicatif::ProgressBar;

use super::{
    Failure, Refused, import::ImportArguments, interrupt::Interrupt, lines, now, open,
    streets::check_free,
};
use crate::{
    city::{City, StopFit},
    domain::{Catalog, Language, Period},
    store::{self, ImportRecord, StoredNetwork},
    transit::{Feed, Schedule, Summary, gtfs, schedule_to_bytes},
};

/// What an import read of one source: its schedule, as feed 0, and how it came to be.
pub(super) struct ReadTimetable {
    pub schedule: Schedule,
    /// About the files, line by line.
    pub told: Vec<String>,
    /// Names, sources and coordinate systems of its feeds.
    pub feeds: Vec<Feed>,
    /// Rows that were left out.
    pub refused: u64,
}

/// Brings timetables into a city: in place of those it has or, one of a name, beside them.
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
    let (tables, feeds): (Vec<PathBuf>, Vec<PathBuf>) = arguments
        .files
        .iter()
        .cloned()
        .partition(|file| is_table(file));
    let mut read = Vec::new();
    if !feeds.is_empty() {
        read.push(interrupt.told(read_feeds(arguments, &feeds, language, &interrupt))?);
    }
    if !tables.is_empty() {
        read.push(lines::read(arguments, &tables, city.as_ref(), language)?);
    }
    for line in read.iter().flat_map(|read| &read.told) {
        println!("{line}");
    }
    let refused: u64 = read.iter().map(|read| read.refused).sum();
    let known = city.as_ref().and_then(City::transit);
    let (schedule, is_free) = match &arguments.feed {
        None => (together(read), known.is_none()),
        Some(name) => beside(name, read, known.map(|known| &*known.schedule))?,
    };
    let summary = Summary::of(&schedule);
    for line in summary.to_text(language) {
        println!("{line}");
    }
    for [first, second] in schedule.repeated_feeds() {
        let [first, second] = [first, second].map(|number| schedule.feed_name(number));
        println!(
            "{}",
            match language {
                Language::Zh => format!(
                    "! “{first}”与“{second}”的站点和班次大多相同，可能是同一份数据：这些班次会计两次；若是新版，请以 --feed {first} --replace 替换"
                ),
                Language::En => format!(
                    "! `{first}` and `{second}` have most stops and trips in common and may be one \
                     feed, whose trips then count twice; put a newer edition in its place with \
                     --feed {first} --replace"
                ),
            }
        );
    }
    for line in city.iter().flat_map(|city| fit(city, &schedule, language)) {
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
    let network = stored(arguments, &schedule, &summary, refused)?;
    interrupt.check()?;
    let store = store::open_or_create(&arguments.city, catalog)?;
    match &arguments.feed {
        Some(name) => check_feed_free(name, is_free || arguments.replace)?,
        None => check_free(&*store, "transit", arguments.replace)?,
    }
    let number = store.set_network("transit", &network)?;
    match language {
        Language::Zh => println!("已写入，版本 {number}"),
        Language::En => println!("written, version {number}"),
    }
    Ok(())
}

/// Sources as one timetable, each feed with a name of its own.
fn together(read: Vec<ReadTimetable>) -> Schedule {
    let mut joined = Schedule::default();
    for ReadTimetable {
        schedule, feeds, ..
    } in read
    {
        match joined.feeds.is_empty() {
            true => {
                joined = schedule;
                joined.feeds = feeds;
            }
            // The tables after the feeds: one source.
            false => {
                let all = joined.feeds.iter().cloned().chain(feeds);
                let last = Feed::told_apart(all).pop().expect("a feed");
                joined = joined.with_feed(last, schedule);
            }
        }
    }
    joined
}

/// The timetable with a source of a name in it, and whether nothing of that name was there.
fn beside(
    name: &str,
    mut read: Vec<ReadTimetable>,
    known: Option<&Schedule>,
) -> Result<(Schedule, bool), Failure> {
    let one = match (read.pop(), read.is_empty()) {
        (Some(one), true) if one.feeds.len() == 1 => one,
        _ => {
            return Err(Refused::because(
                "--feed 只给一个来源起名；请给出一个 GTFS 数据，或属于一套的线路表",
                "--feed names one source: give one GTFS feed, or the line tables that belong \
                 together",
            ));
        }
    };
    let ReadTimetable {
        schedule, feeds, ..
    } = one;
    let name = name.trim().to_owned();
    if name.is_empty() {
        return Err(Refused::because(
            "--feed：请给来源起一个名字",
            "--feed: give the source a name",
        ));
    }
    let known = known.cloned().unwrap_or_default();
    let is_free = known.feeds.iter().all(|feed| feed.name != name);
    let feed = feeds.into_iter().next().expect("one feed");
    Ok((known.with_feed(Feed { name, ..feed }, schedule), is_free))
}

/// Refuses to put a source in the place of another that nobody said to replace.
fn check_feed_free(name: &str, is_free: bool) -> Result<(), Failure> {
    match is_free {
        true => Ok(()),
        false => Err(Refused::because(
            format!(
                "时刻表中已有名为“{name}”的来源；要用这一份替换，请写 --replace；未写入任何内容"
            ),
            format!(
                "the timetable already has a feed `{name}`: say --replace to put this in its \
                 place; nothing was written"
            ),
        )),
    }
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
    files: &[PathBuf],
    language: Language,
    interrupt: &Interrupt,
) -> Result<ReadTimetable, Failure> {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    let read = gtfs::read_while(files, &|| !interrupt.is_asked());
    bar.finish_and_clear();
    let (schedule, report) = read?;
    let feed = |(number, facts): (u32, &gtfs::FeedFacts)| Feed {
        number,
        name: Feed::name_of(&facts.file),
        source: match arguments.source.as_str() {
            "" => facts.publisher.clone(),
            own => own.to_owned(),
        },
        licence: arguments.licence.clone(),
        crs: "EPSG:4326".into(),
        files: vec![facts.file.clone()],
    };
    Ok(ReadTimetable {
        schedule,
        told: report.to_text(language),
        feeds: Feed::told_apart((0..).zip(&report.feeds).map(feed)),
        refused: report.rows_left_out() as u64,
    })
}

fn stored(
    arguments: &ImportArguments,
    schedule: &Schedule,
    summary: &Summary,
    refused: u64,
) -> Result<StoredNetwork, Failure> {
    let period: Period = match (&arguments.period, summary.dates()) {
        (Some(period), _) => period.clone(),
        (None, Some((first, _))) => first.to_string().parse()?,
        (None, None) => now()[..10].parse()?,
    };
    let distinct = |pick: fn(&Feed) -> &String| {
        let texts: BTreeSet<&str> = schedule
            .feeds
            .iter()
            .map(|feed| pick(feed).as_str())
            .collect();
        let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        texts.join(", ")
    };
    let kept = summary.calls as u64;
    Ok(StoredNetwork {
        period,
        record: ImportRecord {
            source: distinct(|feed| &feed.source),
            licence: distinct(|feed| &feed.licence),
            files: schedule
                .feeds
                .iter()
                .flat_map(|feed| feed.files.clone())
                .collect(),
            crs: distinct(|feed| &feed.crs),
            imported_at: now(),
            read: kept + refused,
            kept,
            refused,
            ..ImportRecord::default()
        },
        bytes: schedule_to_bytes(schedule),
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
