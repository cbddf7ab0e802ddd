//! A transit line that does not run yet.

use std::sync::Arc;

use super::{
    EditError, LineEdit,
    apply::Step,
    features::{put, same_place, target, values_of},
    place::check_place,
};
use crate::{
    city::{City, LoadedLayer, Transit, known_stations},
    domain::{Language, LayerId, Role, Value},
    index::Edit as IndexEdit,
    store::ImportRecord,
    transit::{Days, LineRow, LineRowError, LineTable, ServiceDate, read_lines},
};

const MAX_STOPS: usize = 200;
const MAX_BANDS: usize = 50;
/// Seconds at a stop where the edit says none.
const DWELL_S: f64 = 30.0;

/// Adds the line to the timetable, as a line table would, and to the stations: those that are there
/// get its name, others are new.
pub(super) fn line(at: &Step<'_>, change: &LineEdit) -> Result<City, EditError> {
    let name = change.name.trim();
    let letters = name.chars().count();
    if !(1..=60).contains(&letters) || name.chars().any(char::is_control) {
        return Err(EditError::new(
            "name",
            "线路名应为 1 到 60 个字",
            "the name of a line has 1 to 60 letters",
        ));
    }
    if change.stops.len() > MAX_STOPS || change.headways.len() > MAX_BANDS {
        return Err(EditError::new(
            "stops",
            "一条线路最多 200 站、50 个时段",
            "a line has 200 stops and 50 bands of headways at most",
        ));
    }
    let rows = rows(at, change, name)?;
    let known = known_stations(at.city, None);
    let table = read_lines(&rows, &known, dates(at.city)).map_err(|errors| {
        let first = errors.into_iter().next();
        first.map_or_else(no_line, |error| fault(change, &error))
    })?;
    for station in &table.stations {
        check_place(at.city, "stops", station.lon_lat, None)?;
    }
    let city = with_stations(at, change, name, &table)?;
    Ok(with_transit(at, city, &table))
}

/// The edit as the rows of a line table.
fn rows(at: &Step<'_>, change: &LineEdit, name: &str) -> Result<Vec<LineRow>, EditError> {
    let mut rows = Vec::new();
    for (number, stop) in change.stops.iter().enumerate() {
        let is_last = number + 1 == change.stops.len();
        let lon_lat = stop.lon.zip(stop.lat);
        let own = || lon_lat.map(|_| format!("{}-{}", at.id(), number + 1));
        rows.push(LineRow {
            line: name.to_owned(),
            direction: change.direction.clone(),
            order: Some(number as i64 + 1),
            station: stop.name.clone().filter(|name| !name.trim().is_empty()),
            station_id: stop.station.clone().or_else(own),
            lon_lat,
            run_s: if is_last { None } else { stop.run_s },
            dwell_s: Some(stop.dwell_s.unwrap_or(DWELL_S)),
            ..LineRow::default()
        });
    }
    for band in &change.headways {
        let days = match band.days.as_deref() {
            None => None,
            Some(text) => {
                let known = Days::ALL.into_iter().find(|days| days.name() == text);
                Some(known.ok_or_else(|| {
                    EditError::new(
                        "headways",
                        "日期类型应为 daily、weekday 或 weekend",
                        "days are daily, weekday or weekend",
                    )
                })?)
            }
        };
        rows.push(LineRow {
            line: name.to_owned(),
            from: Some(band.from.clone()),
            until: Some(band.until.clone()),
            headway_s: Some(band.headway_min * 60.0),
            days,
            ..LineRow::default()
        });
    }
    Ok(rows)
}

fn no_line() -> EditError {
    EditError::new("stops", "没有线路", "there is no line")
}

/// What is wrong with a row, by the stop or band that it came from.
fn fault(change: &LineEdit, error: &LineRowError) -> EditError {
    let (zh, en) = (
        error.fault.text(Language::Zh),
        error.fault.text(Language::En),
    );
    match error.row.checked_sub(change.stops.len()) {
        None => {
            let number = error.row + 1;
            EditError::new(
                "stops",
                format!("第 {number} 站（{}）：{zh}", error.field),
                format!("stop {number}, {}: {en}", error.field),
            )
        }
        Some(band) => {
            let number = band + 1;
            EditError::new(
                "headways",
                format!("第 {number} 个时段（{}）：{zh}", error.field),
                format!("band {number}, {}: {en}", error.field),
            )
        }
    }
}

/// The dates of the timetable that is there, else the year of the newest data.
fn dates(city: &City) -> (ServiceDate, ServiceDate) {
    let of_transit = city.transit().and_then(|transit| transit.schedule.dates());
    of_transit.unwrap_or_else(|| {
        let periods = city.periods();
        let year = periods
            .last()
            .map_or("2020", |period| &period.as_str()[..4]);
        let day = |day: &str| format!("{year}-{day}").parse().expect("a date");
        (day("01-01"), day("12-31"))
    })
}

/// The stations of the line in their layer.
fn with_stations(
    at: &Step<'_>,
    change: &LineEdit,
    name: &str,
    table: &LineTable,
) -> Result<City, EditError> {
    let id: LayerId = "stations".parse().expect("a name");
    let loaded = target(at.city, &id, None)?;
    let layer = loaded.layer();
    let place = |role| layer.index_with_role(role);
    let (names, lines, modes) = (place(Role::Name), place(Role::Lines), place(Role::Category));
    let mut edits: Vec<IndexEdit> = Vec::new();
    for station in &table.stations {
        match loaded.index.find(&station.id) {
            Some(feature) => {
                let mut values = values_of(&loaded, feature);
                if let Some(lines) = lines {
                    let known = values[lines].as_text().unwrap_or("").to_owned();
                    if known.split('/').any(|line| line.trim() == name) {
                        continue;
                    }
                    let more = match known.is_empty() {
                        true => name.to_owned(),
                        false => format!("{known}/{name}"),
                    };
                    values[lines] = Value::Text(more);
                }
                edits.push(same_place(&loaded, feature, values));
            }
            None => {
                let id = station.id.clone();
                edits.push(put(
                    at.city,
                    &loaded,
                    id,
                    station.lon_lat,
                    "stops",
                    |values| {
                        let given = [
                            (names, Some(station.name.clone())),
                            (lines, Some(name.to_owned())),
                            (modes, change.mode.clone()),
                        ];
                        for (place, text) in given {
                            if let (Some(place), Some(text)) = (place, text) {
                                values[place] = Value::Text(text);
                            }
                        }
                        known_mode(&loaded, change)
                    },
                )?);
            }
        }
    }
    if edits.is_empty() {
        return Ok(at.city.clone());
    }
    let layer = at.layer(&loaded, loaded.index.edited(&edits));
    Ok(at.city.clone().with_layer(layer))
}

fn known_mode(loaded: &LoadedLayer, change: &LineEdit) -> Result<(), EditError> {
    let category = loaded.layer().with_role(Role::Category);
    let (Some(category), Some(mode)) = (category, &change.mode) else {
        return Ok(());
    };
    if category.values.iter().any(|value| value.code == *mode) {
        return Ok(());
    }
    let known: Vec<&str> = category.values.iter().map(|v| v.code.as_str()).collect();
    let known = known.join(", ");
    Err(EditError::new(
        "mode",
        format!("没有制式 `{mode}`；可用：{known}"),
        format!("there is no mode `{mode}`; it is one of {known}"),
    ))
}

fn with_transit(at: &Step<'_>, city: City, table: &LineTable) -> City {
    let transit = match city.transit() {
        Some(known) => Transit::new(
            Arc::new(known.schedule.with_lines(table)),
            known.period.clone(),
            known.record.clone(),
            at.version(known.version),
            known.streets().cloned(),
        ),
        None => Transit::new(
            Arc::new(table.schedule()),
            city.periods()
                .last()
                .cloned()
                .expect("stations have a period"),
            ImportRecord {
                source: "方案 scenario".into(),
                ..ImportRecord::default()
            },
            at.version(0),
            city.streets("walk").cloned(),
        ),
    };
    city.with_transit(Some(Arc::new(transit)))
}
