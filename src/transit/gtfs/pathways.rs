//! `pathways.txt` and entrances: the ways between the street and the platforms of a station.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::Fault;
use super::read::{Feed, Index, WALK_M_S};
use crate::transit::{Entrance, Transfer, TransitError};

const PLATFORM: u8 = 0;
const ENTRANCE: u8 = 2;
const BOARDING_AREA: u8 = 4;

/// Ways inside stations: from, then (to, seconds).
type Ways = BTreeMap<u32, Vec<(u32, u32)>>;

impl Feed<'_> {
    /// Joins the entrances of each station to its platforms: along the pathways of the station,
    /// straight where it has none.
    pub(super) fn pathways(&mut self, stops: &Index) -> Result<(), TransitError> {
        let ways = self.ways(stops)?;
        let mut entrances: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut platforms: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for number in self.first_stop as u32..self.schedule.stops.len() as u32 {
            let stop = &self.schedule.stops[number as usize];
            match (stop.station, stop.kind) {
                (Some(station), PLATFORM) => platforms.entry(station).or_default().push(number),
                (Some(station), ENTRANCE) if stop.lon_lat.is_some() => {
                    entrances.entry(station).or_default().push(number);
                }
                _ => {}
            }
        }
        let known = self.schedule.transfers.iter();
        let known: BTreeSet<(u32, u32)> = known.map(|t| (t.from, t.to)).collect();
        for (station, platforms) in &platforms {
            let entrances = entrances.get(station).map_or(&[][..], Vec::as_slice);
            self.join_station(&ways, entrances, platforms);
            self.change_inside(&ways, platforms, &known);
        }
        Ok(())
    }

    fn ways(&mut self, stops: &Index) -> Result<Ways, TransitError> {
        let needed = ["from_stop_id", "to_stop_id", "is_bidirectional"];
        let Some(mut table) = self.table("pathways.txt", &[])? else {
            return Ok(Ways::new());
        };
        let [from, to, both] = needed.map(|heading| table.column(heading));
        let [time, length] = ["traversal_time", "length"].map(|heading| table.column(heading));
        let mut ways = Ways::new();
        for row in table.by_ref() {
            let ends = (stops.get(row.get(from)), stops.get(row.get(to)));
            let is_both = match row.get(both) {
                "0" => Some(false),
                "1" => Some(true),
                _ => None,
            };
            let ((Some(&from), Some(&to)), Some(is_both)) = (ends, is_both) else {
                self.leave_out(Fault::PathwayEnds, "pathways.txt", &row);
                continue;
            };
            let number = |column| {
                let value: Option<f64> = row.get(column).parse().ok();
                value.filter(|value| (0.0..1e6).contains(value))
            };
            let seconds = match (number(time), number(length)) {
                (Some(seconds), _) => seconds.ceil() as u32,
                (None, Some(metres)) => (metres / WALK_M_S).ceil() as u32,
                (None, None) => self.walk_s(from, to),
            };
            ways.entry(from).or_default().push((to, seconds));
            if is_both {
                ways.entry(to).or_default().push((from, seconds));
            }
            self.report.pathways += 1;
        }
        if !ways.is_empty() {
            // A boarding area is a part of its platform.
            for number in self.first_stop as u32..self.schedule.stops.len() as u32 {
                let stop = &self.schedule.stops[number as usize];
                if let (Some(platform), BOARDING_AREA) = (stop.station, stop.kind) {
                    ways.entry(number).or_default().push((platform, 0));
                    ways.entry(platform).or_default().push((number, 0));
                }
            }
        }
        Ok(ways)
    }

    fn join_station(&mut self, ways: &Ways, entrances: &[u32], platforms: &[u32]) {
        let ins: Vec<_> = entrances
            .iter()
            .map(|from| seconds_from(ways, *from))
            .collect();
        for &platform in platforms {
            let out = seconds_from(ways, platform);
            let along = entrances.iter().zip(&ins).map(|(&entrance, ins)| Entrance {
                entrance,
                platform,
                in_s: ins.get(&platform).copied(),
                out_s: out.get(&entrance).copied(),
            });
            let mut along: Vec<Entrance> = along.collect();
            along.retain(|way| way.in_s.is_some() || way.out_s.is_some());
            let leads =
                |pick: fn(&Entrance) -> Option<u32>| along.iter().any(|w| pick(w).is_some());
            // Nobody is locked in or out by a station that is not wholly drawn.
            if !(leads(|way| way.in_s) && leads(|way| way.out_s)) {
                along = entrances
                    .iter()
                    .map(|&entrance| {
                        let seconds = Some(self.walk_s(entrance, platform));
                        Entrance {
                            entrance,
                            platform,
                            in_s: seconds,
                            out_s: seconds,
                        }
                    })
                    .collect();
            }
            self.schedule.entrances.extend(along);
        }
    }

    /// Changes between the platforms of a station along its pathways, where the feed says
    /// nothing else about the pair.
    fn change_inside(&mut self, ways: &Ways, platforms: &[u32], known: &BTreeSet<(u32, u32)>) {
        for &from in platforms {
            let reached = seconds_from(ways, from);
            for &to in platforms {
                if let Some(&seconds) = reached.get(&to)
                    && from != to
                    && !known.contains(&(from, to))
                {
                    let seconds = Some(seconds);
                    self.schedule.transfers.push(Transfer { from, to, seconds });
                }
            }
        }
    }
}

/// Seconds to every place that the ways lead to.
fn seconds_from(ways: &Ways, start: u32) -> BTreeMap<u32, u32> {
    let mut reached = BTreeMap::new();
    let mut open = BTreeSet::from([(0u32, start)]);
    while let Some((seconds, place)) = open.pop_first() {
        if reached.contains_key(&place) {
            continue;
        }
        reached.insert(place, seconds);
        for &(next, way_s) in ways.get(&place).into_iter().flatten() {
            if !reached.contains_key(&next) {
                open.insert((seconds.saturating_add(way_s), next));
            }
        }
    }
    reached
}
