use std::path::PathBuf;

use super::{Failure, import::ImportArguments, now, transit::ReadTimetable};
use crate::{
    city::{City, known_stations},
    crs::{Crs, Transform},
    definitions,
    domain::{Column, Language, Layer, Period},
    import::{self, ReadOptions, Records},
    transit::{
        Days, Feed, KnownStations, LineFault, LineRow, LineRowError, ServiceDate, read_lines,
        split_band,
    },
};

/// How many bad rows are shown.
const SHOWN: usize = 40;

/// Reads tables of lines and headways as a schedule.
pub(super) fn read(
    arguments: &ImportArguments,
    files: &[PathBuf],
    city: Option<&City>,
    language: Language,
) -> Result<ReadTimetable, Failure> {
    let layer = definitions::line_rows();
    let options = ReadOptions {
        map: arguments.map.clone(),
        encoding: arguments.encoding.clone(),
        ..ReadOptions::default()
    };
    let records = import::read_records(files, &layer, options)?;
    let text = records.report.to_text(&layer, language);
    if records.report.refused.count > 0 {
        println!("{text}");
        return Err("some rows are wrong; nothing was written".into());
    }
    if records.places.is_empty() {
        return Err(
            "the tables hold no row; fill one for each station of a line and each band of \
                    its headways"
                .into(),
        );
    }
    let period = match &arguments.period {
        Some(period) => period.clone(),
        None => now()[..10].parse()?,
    };
    let known = city.map_or_else(KnownStations::default, |city| {
        known_stations(city, Some(&period))
    });
    let (rows, mut errors) = rows(&records, &layer, arguments.crs.as_ref())?;
    let table = read_lines(&rows, &known, dates(arguments, &period)?);
    let table = match (table, errors.is_empty()) {
        (Ok(table), true) => table,
        (table, _) => {
            errors.extend(table.err().into_iter().flatten());
            tell(&errors, &records, &layer, language);
            return Err(format!("{} rows are wrong; nothing was written", errors.len()).into());
        }
    };
    let crs = arguments
        .crs
        .as_ref()
        .map_or("EPSG:4490".into(), Crs::to_string);
    let name = |file: &PathBuf| Some(file.file_name()?.to_string_lossy().into_owned());
    let files: Vec<String> = files.iter().filter_map(name).collect();
    let feed = Feed {
        number: 0,
        name: Feed::name_of(files.first().map_or("", String::as_str)),
        source: arguments.source.clone(),
        licence: arguments.licence.clone(),
        crs,
        files,
    };
    Ok(ReadTimetable {
        schedule: table.schedule(),
        told: text.lines().map(str::to_owned).collect(),
        feeds: vec![feed],
        refused: 0,
    })
}

/// First and last date of the table: as told, else the whole year of the period.
fn dates(
    arguments: &ImportArguments,
    period: &Period,
) -> Result<(ServiceDate, ServiceDate), Failure> {
    let year = &period.as_str()[..4];
    let date = |told: &Option<String>, day: &str| -> Result<ServiceDate, Failure> {
        let default = || format!("{year}-{day}");
        Ok(told.clone().unwrap_or_else(default).parse()?)
    };
    let (from, until) = (
        date(&arguments.from, "01-01")?,
        date(&arguments.until, "12-31")?,
    );
    if until < from {
        return Err(format!("--until {until} is before --from {from}").into());
    }
    Ok((from, until))
}

fn rows(
    records: &Records,
    layer: &Layer,
    crs: Option<&Crs>,
) -> Result<(Vec<LineRow>, Vec<LineRowError>), Failure> {
    let transform = crs.map(Transform::new).transpose()?;
    let at = |id: &str| layer.attribute_index(id).map(|at| &records.columns[at]);
    let text = |id: &str, row: usize| match at(id) {
        Some(Column::Text(texts)) => texts.get(row).map(|text| text.trim().to_owned()),
        _ => None,
    };
    let number = |id: &str, row: usize| match at(id) {
        Some(Column::Number(numbers)) => numbers[row],
        Some(Column::Integer(numbers)) => numbers[row].map(|number| number as f64),
        _ => None,
    };
    let mut errors = Vec::new();
    let mut rows = Vec::with_capacity(records.places.len());
    for row in 0..records.places.len() {
        let minutes = |id: &str| number(id, row).map(|minutes| minutes * 60.0);
        let (mut from, mut until) = (text("from", row), text("until", row));
        if let Some(band) = text("band", row) {
            match split_band(&band) {
                Some((start, end)) => (from, until) = (Some(start), Some(end)),
                None => errors.push(LineRowError {
                    row,
                    field: "band",
                    fault: LineFault::Band(band),
                }),
            }
        }
        let lon_lat = number("station_lon", row).zip(number("station_lat", row));
        let lon_lat = match (lon_lat, &transform) {
            (Some((x, y)), Some(transform)) => {
                let place = transform.to_lonlat(geo::coord! { x: x, y: y });
                Some(place.map_or((f64::NAN, f64::NAN), |place| (place.x, place.y)))
            }
            (lon_lat, _) => lon_lat,
        };
        let days = text("days", row);
        rows.push(LineRow {
            line: text("line", row).unwrap_or_default(),
            direction: text("direction", row),
            order: number("order", row).map(|order| order as i64),
            station: text("station", row),
            station_id: text("station_id", row),
            lon_lat,
            run_s: number("run_s", row).or_else(|| minutes("run_min")),
            dwell_s: number("dwell_s", row),
            from,
            until,
            headway_s: number("headway_s", row).or_else(|| minutes("headway_min")),
            days: days.and_then(|days| Days::ALL.into_iter().find(|d| d.name() == days)),
        });
    }
    Ok((rows, errors))
}

fn tell(errors: &[LineRowError], records: &Records, layer: &Layer, language: Language) {
    for error in errors.iter().take(SHOWN) {
        let (file, row) = &records.places[error.row];
        let title = layer
            .attribute(error.field)
            .map(|a| a.title.in_language(language));
        let (field, reason) = (title.unwrap_or(error.field), error.fault.text(language));
        match language {
            Language::Zh => println!("  拒收 {file} 第 {row} 行 [{field}]：{reason}"),
            Language::En => println!("  refused {file} row {row} [{field}]: {reason}"),
        }
    }
    let rest = errors.len().saturating_sub(SHOWN);
    match language {
        Language::Zh if rest > 0 => println!("  …… 另有 {rest} 行"),
        Language::En if rest > 0 => println!("  … and {rest} more"),
        _ => {}
    }
}
