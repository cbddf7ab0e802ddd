//! The compact form that a schedule is kept in: columns of small numbers, compressed.

mod columns;

use std::collections::BTreeSet;
use std::io::{Read, Write};

use super::{
    Call, Entrance, Feed, Headway, Route, Schedule, Service, ServiceDate, Stop, Transfer,
    TransitError, Trip,
};
use columns::{CUT_SHORT, Columns, Reader, damaged};

const MAGIC: &[u8; 8] = b"suituway";
/// Version 1 did not name its feeds.
const VERSION: u32 = 2;
/// More than this is no schedule but a bomb.
const MAX_PLAIN_BYTES: u64 = 4 << 30;

/// The schedule as bytes; the same schedule gives the same bytes.
pub fn schedule_to_bytes(schedule: &Schedule) -> Vec<u8> {
    let mut out = Columns::default();
    stops(&mut out, &schedule.stops);
    routes(&mut out, &schedule.routes);
    services(&mut out, &schedule.services);
    trips(&mut out, &schedule.trips);
    transfers(&mut out, &schedule.transfers);
    entrances(&mut out, &schedule.entrances);
    feeds(&mut out, &schedule.feeds);
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(packed(&out.0).expect("memory takes what is written to it"));
    bytes
}

/// # Errors
/// [`TransitError::Damaged`] for bytes that are no schedule of a version known here, cut short or
/// inconsistent.
pub fn schedule_from_bytes(bytes: &[u8]) -> Result<Schedule, TransitError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(damaged("no timetable"))?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(CUT_SHORT)?;
    let version = u32::from_le_bytes(*version);
    if !(1..=VERSION).contains(&version) {
        return Err(damaged("another version"));
    }
    let mut plain = Vec::new();
    zstd::Decoder::new(rest)
        .and_then(|unpacked| unpacked.take(MAX_PLAIN_BYTES).read_to_end(&mut plain))
        .map_err(|_| damaged("cannot be unpacked"))?;
    let mut from = Reader(&plain);
    let schedule = Schedule {
        stops: read_stops(&mut from)?,
        routes: read_routes(&mut from)?,
        services: read_services(&mut from)?,
        trips: read_trips(&mut from)?,
        transfers: read_transfers(&mut from)?,
        entrances: read_entrances(&mut from)?,
        feeds: match version {
            1 => Vec::new(),
            _ => read_feeds(&mut from)?,
        },
    };
    if !from.0.is_empty() {
        return Err(damaged("it goes on after its end"));
    }
    if !schedule.is_sound() {
        return Err(damaged("numbers do not fit"));
    }
    Ok(schedule)
}

fn packed(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 6)?;
    encoder.include_checksum(true)?;
    encoder.write_all(plain)?;
    encoder.finish()
}

fn stops(out: &mut Columns, stops: &[Stop]) {
    out.number(stops.len() as u64);
    stops.iter().for_each(|stop| out.text(&stop.id));
    stops.iter().for_each(|stop| out.text(&stop.name));
    stops.iter().for_each(|stop| out.optional(stop.station));
    stops
        .iter()
        .for_each(|stop| out.number(u64::from(stop.kind)));
    for stop in stops {
        out.number(u64::from(stop.lon_lat.is_some()));
        // Degrees as they are: a rounded stop would be another stop.
        if let Some((lon, lat)) = stop.lon_lat {
            out.0.extend(lon.to_bits().to_le_bytes());
            out.0.extend(lat.to_bits().to_le_bytes());
        }
    }
}

fn read_stops(from: &mut Reader<'_>) -> Result<Vec<Stop>, TransitError> {
    let count = from.count()?;
    let ids = from.column(count, Reader::text)?;
    let names = from.column(count, Reader::text)?;
    let stations = from.column(count, Reader::optional)?;
    let kinds: Vec<u8> = from.column(count, Reader::small)?;
    let places = from.column(count, |from| {
        if from.number()? == 0 {
            return Ok(None);
        }
        let mut degrees = || {
            let (bits, rest) = from.0.split_first_chunk::<8>().ok_or(CUT_SHORT)?;
            from.0 = rest;
            Ok(f64::from_bits(u64::from_le_bytes(*bits)))
        };
        Ok(Some((degrees()?, degrees()?)))
    })?;
    let rows = ids
        .into_iter()
        .zip(names)
        .zip(stations)
        .zip(kinds)
        .zip(places);
    let stop = |((((id, name), station), kind), lon_lat)| Stop {
        id,
        name,
        lon_lat,
        station,
        kind,
    };
    Ok(rows.map(stop).collect())
}

fn routes(out: &mut Columns, routes: &[Route]) {
    out.number(routes.len() as u64);
    for route in routes {
        out.text(&route.id);
        out.text(&route.name);
        out.optional(route.kind.map(u32::from));
    }
}

fn read_routes(from: &mut Reader<'_>) -> Result<Vec<Route>, TransitError> {
    let count = from.count()?;
    from.column(count, |from| {
        let (id, name) = (from.text()?, from.text()?);
        let kind = from.optional()?.map(u16::try_from).transpose();
        let kind = kind.map_err(|_| damaged("a number too large"))?;
        Ok(Route { id, name, kind })
    })
}

fn services(out: &mut Columns, services: &[Service]) {
    out.number(services.len() as u64);
    for service in services {
        out.text(&service.id);
        let days = service.week.map_or(0, |(days, ..)| {
            days.iter()
                .rev()
                .fold(1, |bits, &day| bits << 1 | u64::from(day))
        });
        out.number(days);
        if let Some((_, from, until)) = service.week {
            out.steps([i64::from(from.0), i64::from(until.0)]);
        }
        for dates in [&service.added, &service.removed] {
            out.number(dates.len() as u64);
            out.steps(dates.iter().map(|date| i64::from(date.0)));
        }
    }
}

fn read_services(from: &mut Reader<'_>) -> Result<Vec<Service>, TransitError> {
    let count = from.count()?;
    from.column(count, |from| {
        let id = from.text()?;
        let days = from.number()?;
        let week = match days {
            0 => None,
            // A one stands above the seven days.
            128..=255 => {
                let bounds: Vec<i32> = from.steps(2)?;
                let days = std::array::from_fn(|day| days >> day & 1 == 1);
                Some((days, ServiceDate(bounds[0]), ServiceDate(bounds[1])))
            }
            _ => return Err(damaged("a week without seven days")),
        };
        let mut dates = || -> Result<BTreeSet<ServiceDate>, TransitError> {
            let count = from.count()?;
            let days: Vec<i32> = from.steps(count)?;
            Ok(days.into_iter().map(ServiceDate).collect())
        };
        let (added, removed) = (dates()?, dates()?);
        Ok(Service {
            id,
            week,
            added,
            removed,
        })
    })
}

fn trips(out: &mut Columns, trips: &[Trip]) {
    out.number(trips.len() as u64);
    trips.iter().for_each(|trip| out.text(&trip.id));
    // Trips of a route stand together: most routes are the one before.
    let mut last = None;
    for trip in trips {
        let is_same = last == Some(&trip.route);
        out.number(u64::from(!is_same));
        if !is_same {
            out.text(&trip.route);
        }
        last = Some(&trip.route);
    }
    out.steps(trips.iter().map(|trip| i64::from(trip.service)));
    for trip in trips {
        out.number(trip.headways.len() as u64);
        for headway in &trip.headways {
            out.steps([headway.from_s, headway.until_s].map(i64::from));
            out.signed(i64::from(headway.every_s));
        }
    }
    trips
        .iter()
        .for_each(|trip| out.number(trip.calls.len() as u64));
    let calls = || trips.iter().flat_map(|trip| &trip.calls);
    out.steps(calls().map(|call| i64::from(call.stop)));
    for call in calls() {
        out.number(u64::from(call.boards) | u64::from(call.alights) << 1);
    }
    // The way to the next stop and the time spent there repeat from trip to trip.
    for trip in trips {
        let mut last = 0;
        for call in &trip.calls {
            out.signed(i64::from(call.arrival_s) - last);
            last = i64::from(call.departure_s);
        }
    }
    for call in calls() {
        out.signed(i64::from(call.departure_s) - i64::from(call.arrival_s));
    }
}

fn read_trips(from: &mut Reader<'_>) -> Result<Vec<Trip>, TransitError> {
    let count = from.count()?;
    let ids = from.column(count, Reader::text)?;
    let mut last = String::new();
    let routes = from.column(count, |from| {
        if from.number()? != 0 {
            last = from.text()?;
        }
        Ok(last.clone())
    })?;
    let services: Vec<u32> = from.steps(count)?;
    let headways = from.column(count, |from| {
        let count = from.count()?;
        from.column(count, |from| {
            let bounds: Vec<i32> = from.steps(2)?;
            Ok(Headway {
                from_s: bounds[0],
                until_s: bounds[1],
                every_s: from.seconds()?,
            })
        })
    })?;
    let lengths = from.column(count, Reader::count)?;
    let total = lengths
        .iter()
        .try_fold(0usize, |sum, n| sum.checked_add(*n));
    let total = total
        .filter(|total| *total <= from.0.len())
        .ok_or(CUT_SHORT)?;
    let stops: Vec<u32> = from.steps(total)?;
    let flags = from.column(total, Reader::number)?;
    let rides = from.column(total, Reader::seconds)?;
    let dwells = from.column(total, Reader::seconds)?;
    let mut at = 0;
    let mut trips = Vec::with_capacity(count);
    let heads = ids.into_iter().zip(routes).zip(services).zip(headways);
    for ((((id, route), service), headways), length) in heads.zip(lengths) {
        let mut last = 0i32;
        let calls = (at..at + length).map(|at| {
            let arrival_s = last.wrapping_add(rides[at]);
            last = arrival_s.wrapping_add(dwells[at]);
            Call {
                stop: stops[at],
                arrival_s,
                departure_s: last,
                boards: flags[at] & 1 == 1,
                alights: flags[at] & 2 == 2,
            }
        });
        let calls = calls.collect();
        at += length;
        trips.push(Trip {
            id,
            route,
            service,
            calls,
            headways,
        });
    }
    Ok(trips)
}

fn transfers(out: &mut Columns, transfers: &[Transfer]) {
    out.number(transfers.len() as u64);
    out.steps(transfers.iter().map(|transfer| i64::from(transfer.from)));
    out.steps(transfers.iter().map(|transfer| i64::from(transfer.to)));
    transfers
        .iter()
        .for_each(|transfer| out.optional(transfer.seconds));
}

fn read_transfers(from: &mut Reader<'_>) -> Result<Vec<Transfer>, TransitError> {
    let count = from.count()?;
    let froms: Vec<u32> = from.steps(count)?;
    let tos: Vec<u32> = from.steps(count)?;
    let seconds = from.column(count, Reader::optional)?;
    let rows = froms.into_iter().zip(tos).zip(seconds);
    let transfer = |((from, to), seconds)| Transfer { from, to, seconds };
    Ok(rows.map(transfer).collect())
}

fn entrances(out: &mut Columns, entrances: &[Entrance]) {
    out.number(entrances.len() as u64);
    out.steps(entrances.iter().map(|way| i64::from(way.entrance)));
    out.steps(entrances.iter().map(|way| i64::from(way.platform)));
    entrances.iter().for_each(|way| out.optional(way.in_s));
    entrances.iter().for_each(|way| out.optional(way.out_s));
}

fn read_entrances(from: &mut Reader<'_>) -> Result<Vec<Entrance>, TransitError> {
    let count = from.count()?;
    let entrances: Vec<u32> = from.steps(count)?;
    let platforms: Vec<u32> = from.steps(count)?;
    let ins = from.column(count, Reader::optional)?;
    let outs = from.column(count, Reader::optional)?;
    let rows = entrances.into_iter().zip(platforms).zip(ins).zip(outs);
    let way = |(((entrance, platform), in_s), out_s)| Entrance {
        entrance,
        platform,
        in_s,
        out_s,
    };
    Ok(rows.map(way).collect())
}

fn feeds(out: &mut Columns, feeds: &[Feed]) {
    out.number(feeds.len() as u64);
    for feed in feeds {
        out.number(u64::from(feed.number));
        for text in [&feed.name, &feed.source, &feed.licence, &feed.crs] {
            out.text(text);
        }
        out.number(feed.files.len() as u64);
        feed.files.iter().for_each(|file| out.text(file));
    }
}

fn read_feeds(from: &mut Reader<'_>) -> Result<Vec<Feed>, TransitError> {
    let count = from.count()?;
    from.column(count, |from| {
        let number = from.small()?;
        let [name, source, licence, crs] = [from.text()?, from.text()?, from.text()?, from.text()?];
        let files = from.count()?;
        Ok(Feed {
            number,
            name,
            source,
            licence,
            crs,
            files: from.column(files, Reader::text)?,
        })
    })
}

#[cfg(test)]
mod tests;
