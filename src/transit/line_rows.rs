//! From the rows of a line table to lines: every row is checked, and all that is wrong is told.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use super::{
    DayHeadway, Days, Halt, Headway, Line, LineFault, LineStation, LineTable, ServiceDate,
};

/// A row as a steward wrote it: a station of a line, a band of its headways, or both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineRow {
    pub line: String,
    pub direction: Option<String>,
    pub order: Option<i64>,
    pub station: Option<String>,
    pub station_id: Option<String>,
    pub lon_lat: Option<(f64, f64)>,
    pub run_s: Option<f64>,
    pub dwell_s: Option<f64>,
    /// `06:30`, may pass 24:00.
    pub from: Option<String>,
    pub until: Option<String>,
    pub headway_s: Option<f64>,
    pub days: Option<Days>,
}

/// What is wrong with a row, by its place among the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct LineRowError {
    pub row: usize,
    /// The attribute at fault.
    pub field: &'static str,
    pub fault: LineFault,
}

/// The stations that a city knows.
#[derive(Clone, Debug, Default)]
pub struct KnownStations {
    stations: Vec<LineStation>,
    by_id: HashMap<String, usize>,
    by_name: HashMap<String, Vec<usize>>,
}

impl KnownStations {
    pub fn new(stations: Vec<LineStation>) -> Self {
        let mut known = KnownStations {
            stations,
            ..KnownStations::default()
        };
        for (at, station) in known.stations.iter().enumerate() {
            known.by_id.insert(station.id.clone(), at);
            let name = plain_name(&station.name).to_owned();
            known.by_name.entry(name).or_default().push(at);
        }
        known
    }

    fn find(&self, row: &LineRow) -> Result<Option<&LineStation>, LineRowFault> {
        if let Some(id) = &row.station_id
            && let Some(&at) = self.by_id.get(id)
        {
            return Ok(Some(&self.stations[at]));
        }
        let Some(name) = &row.station else {
            return Ok(None);
        };
        match self.by_name.get(plain_name(name)).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([at]) => Ok(Some(&self.stations[*at])),
            Some(several) => {
                let ids = several.iter().map(|at| self.stations[*at].id.clone());
                let ids = ids.take(8).collect::<Vec<_>>().join(", ");
                Err(("station_id", LineFault::SeveralStations(name.clone(), ids)))
            }
        }
    }
}

/// Stewards write 体育西路站 and 体育西路.
fn plain_name(name: &str) -> &str {
    let name = name.trim();
    match name.strip_suffix('站') {
        Some(bare) if bare.chars().count() > 1 => bare,
        _ => name,
    }
}

type LineRowFault = (&'static str, LineFault);

/// The halts of a line in their order, each with its row.
type HaltRows = BTreeMap<i64, (usize, Halt)>;

/// The lines of the rows, for the dates between `dates`.
///
/// # Errors
/// Every row that is wrong; then there are no lines, for a line without one of its stations
/// would be another line.
pub fn read_lines(
    rows: &[LineRow],
    known: &KnownStations,
    dates: (ServiceDate, ServiceDate),
) -> Result<LineTable, Vec<LineRowError>> {
    let mut reader = Reader {
        known,
        stations: Vec::new(),
        numbers: HashMap::new(),
        halts: BTreeMap::new(),
        bands: Vec::new(),
        errors: Vec::new(),
    };
    for (at, row) in rows.iter().enumerate() {
        reader.row(at, row);
    }
    let lines = reader.lines(rows);
    if reader.errors.is_empty() {
        return Ok(LineTable {
            stations: reader.stations,
            lines,
            dates,
        });
    }
    reader.errors.sort_by_key(|error| error.row);
    Err(reader.errors)
}

struct Reader<'a> {
    known: &'a KnownStations,
    stations: Vec<LineStation>,
    /// Stations by id.
    numbers: HashMap<String, u32>,
    /// By line and direction.
    halts: BTreeMap<(String, Option<String>), HaltRows>,
    /// Headways with row, line and direction.
    bands: Vec<(usize, DayHeadway)>,
    errors: Vec<LineRowError>,
}

impl Reader<'_> {
    fn fail(&mut self, row: usize, (field, fault): LineRowFault) {
        self.errors.push(LineRowError { row, field, fault });
    }

    fn row(&mut self, at: usize, row: &LineRow) {
        let is_halt = row.order.is_some() || row.station.is_some() || row.station_id.is_some();
        let is_band = row.headway_s.is_some() || row.from.is_some() || row.until.is_some();
        if is_halt {
            match self.halt(row) {
                Err(fault) => self.fail(at, fault),
                Ok((order, halt)) => {
                    let line = (row.line.clone(), row.direction.clone());
                    match self.halts.entry(line).or_default().entry(order) {
                        Entry::Vacant(free) => drop(free.insert((at, halt))),
                        Entry::Occupied(_) => {
                            self.fail(at, ("order", LineFault::OrderTwice(order)));
                        }
                    }
                }
            }
        }
        if is_band {
            match band(row) {
                Err(fault) => self.fail(at, fault),
                Ok(band) => self.bands.push((at, band)),
            }
        }
        if !is_halt && !is_band {
            self.fail(at, ("station", LineFault::NothingInRow));
        }
    }

    fn halt(&mut self, row: &LineRow) -> Result<(i64, Halt), LineRowFault> {
        let order = row.order.ok_or(("order", LineFault::NoOrder))?;
        let station = self.station(row)?;
        let seconds = |value: Option<f64>, most: f64| match value {
            None => Ok(0),
            Some(seconds) if (0.0..=most).contains(&seconds) => Ok(seconds.round() as i32),
            Some(seconds) => Err(LineFault::Seconds(seconds)),
        };
        Ok((
            order,
            Halt {
                station,
                dwell_s: seconds(row.dwell_s, 3600.0).map_err(|fault| ("dwell_s", fault))?,
                run_s: seconds(row.run_s, 6.0 * 3600.0).map_err(|fault| ("run_s", fault))?,
            },
        ))
    }

    fn station(&mut self, row: &LineRow) -> Result<u32, LineRowFault> {
        let found = match (self.known.find(row)?, row.lon_lat) {
            (Some(station), _) => station.clone(),
            (None, Some((lon, lat))) if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) => {
                return Err(("station_lon", LineFault::Place));
            }
            (None, Some(lon_lat)) => {
                let id = row.station_id.as_ref().or(row.station.as_ref());
                let id = id.ok_or(("station", LineFault::NoStation))?.clone();
                LineStation {
                    name: row.station.clone().unwrap_or_else(|| id.clone()),
                    id,
                    lon_lat,
                }
            }
            (None, None) => {
                let name = row.station.as_ref().or(row.station_id.as_ref());
                let name = name.ok_or(("station", LineFault::NoStation))?;
                return Err(("station", LineFault::UnknownStation(name.clone())));
            }
        };
        let next = self.stations.len() as u32;
        let number = *self.numbers.entry(found.id.clone()).or_insert(next);
        match self.stations.get(number as usize) {
            None => self.stations.push(found),
            Some(earlier) if earlier.lon_lat != found.lon_lat => {
                return Err(("station_lon", LineFault::MovedStation(found.id)));
            }
            Some(_) => {}
        }
        Ok(number)
    }

    fn lines(&mut self, rows: &[LineRow]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut is_band_used = vec![false; self.bands.len()];
        for ((name, direction), halts) in std::mem::take(&mut self.halts) {
            let last = halts.len() - 1;
            let first_row = halts.values().next().map_or(0, |(row, _)| *row);
            for (place, (row, halt)) in halts.values().enumerate() {
                if place < last && halt.run_s == 0 {
                    self.fail(*row, ("run_s", LineFault::NoRun));
                }
            }
            if halts.len() < 2 {
                self.fail(first_row, ("order", LineFault::OneStation));
            }
            let of_line = self.bands.iter().zip(&mut is_band_used);
            let of_line = of_line.filter(|((row, _), _)| {
                let row = &rows[*row];
                let fits = row.direction.is_none() || row.direction == direction;
                row.line == name && fits
            });
            let headways: Vec<DayHeadway> = of_line
                .map(|((_, band), is_used)| {
                    *is_used = true;
                    *band
                })
                .collect();
            if headways.is_empty() {
                self.fail(first_row, ("headway_min", LineFault::NoHeadway));
            }
            lines.push(Line {
                name,
                direction,
                halts: halts.into_values().map(|(_, halt)| halt).collect(),
                headways,
            });
        }
        let unused = self.bands.iter().zip(is_band_used).filter(|band| !band.1);
        let unused: Vec<usize> = unused.map(|((row, _), _)| *row).collect();
        for row in unused {
            self.fail(row, ("line", LineFault::NoSuchLine(rows[row].line.clone())));
        }
        lines
    }
}

fn band(row: &LineRow) -> Result<DayHeadway, LineRowFault> {
    let time = |field: &'static str, text: &Option<String>| {
        let text = text.as_deref().ok_or((field, LineFault::NoTime))?;
        clock(text).ok_or((field, LineFault::Time(text.to_owned())))
    };
    let (from_s, until_s) = (time("from", &row.from)?, time("until", &row.until)?);
    if until_s <= from_s {
        return Err(("until", LineFault::Backwards));
    }
    let every = row.headway_s.ok_or(("headway_min", LineFault::NoTime))?;
    if !(10.0..=6.0 * 3600.0).contains(&every) {
        return Err(("headway_min", LineFault::Headway(every)));
    }
    Ok(DayHeadway {
        days: row.days.unwrap_or(Days::Daily),
        headway: Headway {
            from_s,
            until_s,
            every_s: every.round() as i32,
        },
    })
}

/// Seconds of `6:30`, `06:30:00` or `25:10`; the colon may be a wide one.
fn clock(text: &str) -> Option<i32> {
    let text = text.trim().replace('：', ":");
    let mut parts = text.split(':').map(|part| part.trim().parse::<i32>().ok());
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = parts.next().unwrap_or(Some(0))?;
    let fits =
        (0..=47).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    (fits && parts.next().is_none()).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// A band written as one, `06:30-09:00`, as its two ends.
pub fn split_band(text: &str) -> Option<(String, String)> {
    let (from, until) = text.split_once(['-', '－', '–', '—', '~', '～', '至'])?;
    Some((from.trim().to_owned(), until.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> KnownStations {
        let station = |id: &str, name: &str, lon| LineStation {
            id: id.into(),
            name: name.into(),
            lon_lat: (lon, 23.0),
        };
        KnownStations::new(vec![
            station("s1", "西塱", 113.0),
            station("s2", "芳村", 113.1),
            station("s3", "人民路", 113.2),
            station("s4", "人民路", 113.3),
        ])
    }

    fn halt(order: i64, station: &str, run_s: f64) -> LineRow {
        LineRow {
            line: "1号线".into(),
            order: Some(order),
            station: Some(station.into()),
            run_s: Some(run_s),
            dwell_s: Some(30.0),
            ..LineRow::default()
        }
    }

    fn band_row(from: &str, until: &str, headway_s: f64) -> LineRow {
        LineRow {
            line: "1号线".into(),
            from: Some(from.into()),
            until: Some(until.into()),
            headway_s: Some(headway_s),
            ..LineRow::default()
        }
    }

    fn read(rows: &[LineRow]) -> Result<LineTable, Vec<(usize, &'static str, LineFault)>> {
        let dates = ("2020-01-01".parse().unwrap(), "2020-12-31".parse().unwrap());
        let plain = |errors: Vec<LineRowError>| {
            let errors = errors.into_iter();
            errors
                .map(|error| (error.row, error.field, error.fault))
                .collect()
        };
        read_lines(rows, &known(), dates).map_err(plain)
    }

    #[test]
    fn rows_in_any_order_make_a_line() {
        let mut own = halt(3, "新站", 0.0);
        own.lon_lat = Some((113.5, 23.1));
        let rows = [
            band_row("6:30", "23：30", 300.0),
            own,
            halt(2, "芳村站", 200.0),
            halt(1, "西塱", 120.4),
        ];
        let table = read(&rows).unwrap();
        let names: Vec<&str> = table.lines[0]
            .halts
            .iter()
            .map(|halt| table.stations[halt.station as usize].id.as_str())
            .collect();
        assert_eq!(names, ["s1", "s2", "新站"]);
        let runs: Vec<i32> = table.lines[0].halts.iter().map(|halt| halt.run_s).collect();
        assert_eq!(runs, [120, 200, 0]);
        let headway = table.lines[0].headways[0];
        assert_eq!(headway.days, Days::Daily);
        assert_eq!(
            (headway.headway.from_s, headway.headway.until_s),
            (23_400, 84_600)
        );
        assert!(table.schedule().is_sound());
    }

    #[test]
    fn every_bad_row_is_told_with_its_field() {
        let rows = [
            halt(1, "西塱", 0.0),
            halt(2, "没有的站", 100.0),
            halt(3, "人民路", 100.0),
            halt(1, "芳村", 100.0),
            halt(4, "芳村", -5.0),
            LineRow {
                order: None,
                ..halt(0, "芳村", 100.0)
            },
            halt(9, "芳村", 0.0),
            band_row("6:30", "25:61", 300.0),
            band_row("9:00", "7:00", 300.0),
            band_row("7:00", "9:00", 1.0),
            LineRow {
                line: "2号线".into(),
                ..band_row("7:00", "9:00", 300.0)
            },
            LineRow {
                line: "1号线".into(),
                ..LineRow::default()
            },
        ];
        let ids = "s3, s4".to_owned();
        assert_eq!(
            read(&rows).unwrap_err(),
            [
                (0, "run_s", LineFault::NoRun),
                (0, "headway_min", LineFault::NoHeadway),
                (1, "station", LineFault::UnknownStation("没有的站".into())),
                (
                    2,
                    "station_id",
                    LineFault::SeveralStations("人民路".into(), ids)
                ),
                (3, "order", LineFault::OrderTwice(1)),
                (4, "run_s", LineFault::Seconds(-5.0)),
                (5, "order", LineFault::NoOrder),
                (7, "until", LineFault::Time("25:61".into())),
                (8, "until", LineFault::Backwards),
                (9, "headway_min", LineFault::Headway(1.0)),
                (10, "line", LineFault::NoSuchLine("2号线".into())),
                (11, "station", LineFault::NothingInRow),
            ]
        );
    }

    #[test]
    fn directions_have_their_own_halts_and_share_headways_without_one() {
        let there = |order, station, run_s, direction: &str| LineRow {
            direction: Some(direction.into()),
            ..halt(order, station, run_s)
        };
        let rows = [
            there(1, "西塱", 100.0, "上行"),
            there(2, "芳村", 0.0, "上行"),
            there(1, "芳村", 130.0, "下行"),
            there(2, "西塱", 0.0, "下行"),
            band_row("6:00", "7:00", 600.0),
        ];
        let table = read(&rows).unwrap();
        assert_eq!(table.lines.len(), 2);
        assert!(table.lines.iter().all(|line| line.headways.len() == 1));
        assert_eq!(table.schedule().trips.len(), 2);
    }

    #[test]
    fn bands_may_stand_in_one_cell() {
        let ends = Some(("06:30".to_owned(), "09:00".to_owned()));
        for text in ["06:30-09:00", "06:30～09:00", "06:30 至 09:00"] {
            assert_eq!(split_band(text), ends, "{text}");
        }
        assert_eq!(split_band("早高峰"), None);
    }
}
