mod dated;
mod keys;
mod no_store;
mod spread;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use geo::Geometry;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, interrupt::Interrupt, now};
use crate::{
    city::{self, City, IngestError, Intake, ingest},
    crs::{Crs, detect_shift},
    domain::{Catalog, Language, Layer, LayerKind, LevelId, Origin, Period},
    import::{self, Imported, Locate, Progress, ReadOptions},
    store::{self, BatchMode, ControlTotal, Home, ImportRecord, Store, StoreError},
};
use dated::{period, told};
use keys::Keys;
use no_store::NoStore;
use spread::spread;

#[derive(Debug, clap::Args)]
pub struct ImportArguments {
    /// The layer that the files are features of, `streets` for networks to travel on: of
    /// OpenStreetMap (`.osm.pbf`) or lines of one's own, `transit` for timetables: GTFS feeds, or
    /// tables of lines and headways; `flows` for commuters between areas; `targets` for figures of
    /// plans; `zoning` for rules of layout classes; or `crosswalk` for what became of area codes.
    pub(super) layer: String,
    /// Files: CSV, XLSX, GeoJSON, Shapefile, GeoPackage, FlatGeobuf; plain, .gz or .zip.
    #[arg(required = true)]
    pub(super) files: Vec<PathBuf>,
    #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
    pub(super) city: Home,
    /// The coordinate system: EPSG:4490, EPSG:4547, GCJ-02, BD-09 or a +proj definition.
    #[arg(long, value_parser = parse_crs)]
    pub(super) crs: Option<Crs>,
    /// The reference date of the data: 2020, 2020-11 or 2020-11-01. Another date than those that are
    /// there is added beside them; without one it is today, or the newest that is there for
    /// --replace, --update and --append.
    #[arg(long)]
    pub(super) period: Option<Period>,
    /// Which column feeds an attribute (also id, lon, lat, wkt).
    #[arg(long, value_name = "ATTRIBUTE=COLUMN", value_parser = parse_map)]
    pub(super) map: Vec<(String, String)>,
    /// The text encoding of CSV and DBF files, where it is not found out rightly, e.g. GB18030.
    #[arg(long, value_name = "NAME")]
    pub(super) encoding: Option<String>,
    /// Places rows without coordinates at the features of this layer that have the same key.
    #[arg(
        long,
        value_name = "LAYER",
        requires = "key",
        conflicts_with = "spread"
    )]
    locate: Option<String>,
    /// The column that holds the key.
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    /// The files hold totals per area of this level, to be spread over the features inside.
    #[arg(
        long,
        value_name = "LEVEL",
        requires = "weight",
        conflicts_with_all = ["replace", "crs"]
    )]
    spread: Option<LevelId>,
    /// The attribute that totals are spread by.
    #[arg(long, value_name = "ATTRIBUTE")]
    weight: Option<String>,
    /// The layer that a matrix leads from; the only one with all the ids without it.
    #[arg(long, value_name = "LAYER")]
    pub(super) from_layer: Option<String>,
    /// The layer that a matrix leads to.
    #[arg(long, value_name = "LAYER")]
    pub(super) to_layer: Option<String>,
    /// Who publishes the data: printed beside every number.
    #[arg(long, default_value = "")]
    pub(super) source: String,
    #[arg(long, default_value = "")]
    pub(super) licence: String,
    /// Takes the place of what the layer holds for the period.
    #[arg(long, conflicts_with_all = ["update", "append"])]
    pub(super) replace: bool,
    /// Changes features by id and adds new ones; says how many of each.
    #[arg(long, conflicts_with = "append")]
    update: bool,
    /// Adds features beside those that are there; an id that is there already is refused.
    #[arg(long, conflicts_with = "spread")]
    append: bool,
    /// For `transit`: one source of a name (`metro`, `bus`) beside those that the timetable has;
    /// with --replace in the place of the one of that name.
    #[arg(long, value_name = "NAME")]
    pub(super) feed: Option<String>,
    /// For `streets`: only this way of travelling (`walk`, `bicycle`, `car`); repeatable.
    #[arg(long = "mode", value_name = "MODE")]
    pub(super) modes: Vec<String>,
    /// The first date on which a line table holds; else the year of the period. Of a crosswalk, the
    /// date of the old codes.
    #[arg(long, value_name = "DATE")]
    pub(super) from: Option<String>,
    /// The last date on which a line table holds.
    #[arg(long, value_name = "DATE")]
    pub(super) until: Option<String>,
    /// The level of the areas that flows begin and end in; without it the one that has their codes.
    /// Of a crosswalk, the level of the codes.
    #[arg(long)]
    pub(super) level: Option<LevelId>,
    /// Keeps flows from and to codes that no area has, as places outside the city.
    #[arg(long)]
    pub(super) outside: bool,
    /// For `flows`: the columns that count the commuters by each mode, with commas between.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(super) mode_columns: Vec<String>,
    /// Checks everything and writes nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
}

fn parse_crs(text: &str) -> Result<Crs, String> {
    text.parse()
        .map_err(|e: crate::crs::CrsError| e.to_string())
}

fn parse_map(text: &str) -> Result<(String, String), String> {
    let (attribute, column) = text.split_once('=').ok_or("write attribute=column")?;
    Ok((attribute.trim().to_owned(), column.trim().to_owned()))
}

pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let layer = super::layer(&catalog, &arguments.layer)?.clone();
    let interrupt = Interrupt::listen();
    let is_new = !arguments.city.exists();
    // A dry run on a new city needs no file.
    let store = match (is_new, arguments.dry_run) {
        (true, true) => None,
        _ => Some(store::open_or_create(&arguments.city, catalog.clone())?),
    };
    let result = interrupt.told(import_into(
        arguments,
        &catalog,
        &layer,
        store.as_deref(),
        language,
        &interrupt,
    ));
    if result.is_err() && is_new {
        // Nothing is left behind of a city that never held anything.
        drop(store);
        arguments.city.discard();
    }
    result
}

fn import_into(
    arguments: &ImportArguments,
    catalog: &Arc<Catalog>,
    layer: &Arc<Layer>,
    store: Option<&dyn Store>,
    language: Language,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let city = match store {
        Some(store) => city::catch_up(store, city::load(store, catalog.clone())?)?,
        None => City::new(catalog.clone(), 0, Default::default(), []),
    };
    let period = period(arguments, &city, layer)?;
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template(
        "{spinner} {msg} {human_pos} ({elapsed})",
    )?);
    bar.set_message(if language == Language::Zh {
        "读取"
    } else {
        "reading"
    });
    let (imported, control_totals) = match &arguments.spread {
        Some(level) => spread(arguments, &city, layer, level, &period)?,
        None => (read(arguments, &city, layer, &bar, interrupt)?, Vec::new()),
    };
    let report = &imported.report;
    let text = report.to_text(layer, language);
    if imported.table.is_empty() {
        bar.finish_and_clear();
        println!("{text}");
        return Err("no row could be kept; nothing was written".into());
    }
    let warning = shift_warning(&city, layer, &imported);
    let origins = || report.files.iter().filter_map(|f| f.origin.as_ref());
    let said = |said: &str, carried: fn(&Origin) -> &str| match said {
        "" => distinct(origins().map(carried)),
        said => said.to_owned(),
    };
    let record = ImportRecord {
        source: said(&arguments.source, |o| &o.source),
        // What a steward says of a source is told once.
        source_en: match arguments.source.is_empty() {
            true => distinct(origins().map(|origin| origin.source_en.as_str())),
            false => String::new(),
        },
        licence: said(&arguments.licence, |o| &o.licence),
        files: report.files.iter().map(|f| f.name.clone()).collect(),
        crs: report.crs(),
        imported_at: now(),
        read: report.read,
        kept: report.kept,
        repaired: report.repaired.count,
        located: report.located.map_or(0, |located| located.matched),
        refused: report.refused.count,
        estimated: match &arguments.spread {
            None => origins()
                .flat_map(|origin| origin.estimated.iter().cloned())
                .filter(|id| layer.attribute(id.as_str()).is_some())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            Some(_) => control_totals
                .iter()
                .map(|t: &ControlTotal| t.attribute.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        },
        synthetic: origins().any(|origin| origin.synthetic),
    };
    let mode = match (
        arguments.replace,
        arguments.update || arguments.spread.is_some(),
        arguments.append,
    ) {
        (_, true, _) => BatchMode::Update,
        (true, ..) => BatchMode::Replace,
        (_, _, true) => BatchMode::Append,
        _ => BatchMode::Insert,
    };
    // An update changes what its file has a column for; a spread changes what it spreads.
    let place = |id: &crate::domain::AttributeId| layer.attribute_index(id.as_str());
    let only = match (&arguments.spread, arguments.update) {
        (Some(_), _) => {
            let mut spread: Vec<usize> = control_totals
                .iter()
                .filter_map(|total| place(&total.attribute))
                .collect();
            spread.sort_unstable();
            spread.dedup();
            Some((spread, false))
        }
        (None, true) => {
            if report.notes.contains_key(&import::Note::AssignedIds) {
                return Err(
                    "--update changes features by id, but the files have no column of \
                            ids; say --map id=COLUMN"
                        .into(),
                );
            }
            let given = report.missing.iter().filter_map(|(id, _)| place(id));
            Some((given.collect(), true))
        }
        (None, false) => None,
    };
    let intake = Intake {
        layer,
        period: period.clone(),
        mode,
        table: imported.table,
        source_geometries: imported.source_geometries,
        record,
        control_totals,
        only,
    };
    bar.set_message(if language == Language::Zh {
        "写入"
    } else {
        "writing"
    });
    let mut progress = |rows: u64| {
        bar.set_position(rows);
        !interrupt.is_asked()
    };
    let empty;
    let store: &dyn crate::store::Store = match store {
        Some(store) => store,
        None => {
            empty = NoStore;
            &empty
        }
    };
    let is_numbered = report.notes.contains_key(&import::Note::AssignedIds);
    let done = ingest(&city, store, vec![intake], arguments.dry_run, &mut progress);
    let done = done.map_err(|error| match error {
        IngestError::Store(StoreError::DuplicateId { id, .. }) if is_numbered => {
            taken_number(&id, language)
        }
        other => other.into(),
    })?;
    bar.finish_and_clear();
    println!("{text}");
    for (level, outside) in done.outside_areas.iter().filter(|(_, n)| **n > 0) {
        let areas = city.catalog().area_layer(level.as_str());
        let level = areas.map_or(level.as_str(), |layer| layer.title.in_language(language));
        println!(
            "{}",
            match language {
                Language::Zh => format!("  {outside} 个要素不在任何“{level}”单元内"),
                Language::En => format!("  {outside} features lie outside all {level}"),
            }
        );
    }
    if let Some(difference) = &done.difference {
        println!("{}", told(difference, mode, &period, language));
    }
    if let Some(warning) = warning {
        println!("  ! {}", warning.text().in_language(language));
    }
    println!(
        "{}",
        match (language, done.number) {
            (Language::Zh, Some(number)) => format!("已写入，版本 {number}"),
            (Language::En, Some(number)) => format!("written, version {number}"),
            (Language::Zh, None) => "试运行：未写入任何内容".into(),
            (Language::En, None) => "dry run: nothing was written".into(),
        }
    );
    Ok(())
}

/// Rows without ids that were to be added beside rows numbered likewise.
fn taken_number(id: &str, language: Language) -> Failure {
    match language {
        Language::Zh => format!(
            "文件没有编号列，各行依次编为 1、2、…，而编号“{id}”已被占用，因此未写入任何内容；\
             请用 --map id=列名 指明编号列，或用 --replace 整体替换"
        ),
        Language::En => format!(
            "the files have no column of ids, so their rows are numbered 1, 2, …, and `{id}` is \
             there already: nothing was written; say --map id=COLUMN, or --replace to put these \
             in the place of all"
        ),
    }
    .into()
}

/// The texts that are not empty, each once.
fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: BTreeSet<&str> = texts.filter(|text| !text.is_empty()).collect();
    texts.into_iter().collect::<Vec<_>>().join("; ")
}

fn read(
    arguments: &ImportArguments,
    city: &City,
    layer: &Layer,
    bar: &ProgressBar,
    interrupt: &Interrupt,
) -> Result<Imported, Failure> {
    let keys = match &arguments.locate {
        Some(target) => Some(Keys::of(city, target)?),
        None => None,
    };
    let mut progress = |progress: Progress| {
        bar.set_position(progress.done);
        !interrupt.is_asked()
    };
    let options = ReadOptions {
        crs: arguments.crs.clone(),
        map: arguments.map.clone(),
        encoding: arguments.encoding.clone(),
        locate: keys.as_ref().map(|keys| keys as &dyn Locate),
        locate_key: arguments.key.clone(),
        ignore_ids: false,
        progress: Some(&mut progress),
    };
    let mut imported = import::read(&arguments.files, layer, options)?;
    if let (Some(keys), Some(located)) = (&keys, &mut imported.report.located) {
        located.features = keys.places.len() as u64;
        located.without_row = keys.without_row();
    }
    Ok(imported)
}

/// Compares new points with points that are already there.
fn shift_warning(
    city: &City,
    layer: &Layer,
    imported: &Imported,
) -> Option<crate::crs::ShiftWarning> {
    if layer.is_area() || imported.report.located.is_some() {
        return None;
    }
    let places = |table: &crate::domain::Table| -> Vec<geo::Coord<f64>> {
        let points = table.geometries.iter().filter_map(|g| match g {
            Geometry::Point(p) => Some(p.0),
            _ => None,
        });
        points.collect()
    };
    let fresh = places(&imported.table);
    let references = city.all_states().filter(|loaded| {
        matches!(
            loaded.layer().kind,
            LayerKind::Station | LayerKind::Facility
        ) && loaded.index.features() < 200_000
    });
    references
        .filter_map(|loaded| {
            let index = &loaded.index;
            let known: Vec<geo::Coord<f64>> = index
                .iter()
                .map(|feature| index.place(feature).into())
                .collect();
            detect_shift(&fresh, &known)
        })
        .next()
}
