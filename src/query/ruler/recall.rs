//! Ways that are measured once for all snapshots of a city, cell by cell.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Ruler, Start, Traveler, Way, streets::OnStreets};
use crate::{
    city::{CellWays, LoadedLayer, PartKey, WayKey},
    index::{Cell, FeatureRef, LayerIndex},
    query::{QueryError, costs::whole},
};

/// How much longer than the straight line a network may say that a way is not: its lengths are
/// rounded edge by edge, and what was brought may know its own.
const SHORTER: f64 = 1.05;
const SHORTER_M: f64 = 50.0;

impl Ruler<'_> {
    /// What ways are remembered under: the network in its sense, 0 for straight lines; `None` where
    /// nothing is remembered of this way of travelling.
    fn network(&self) -> Option<u64> {
        match &self.way {
            Way::Straight => Some(0),
            Way::Streets(streets) if !streets.counts_time() => Some(streets.serial()),
            _ => None,
        }
    }

    pub fn remembers(&self) -> bool {
        self.network().is_some()
    }

    /// A key with all that ways from some starts depend on, but for the cells that they lead to.
    pub fn key_of_ways<'s>(
        &self,
        key: PartKey,
        starts: impl IntoIterator<Item = &'s Start>,
        cost: f64,
    ) -> PartKey {
        let key = key
            .with(self.network().unwrap_or(u64::MAX))
            .with(cost.to_bits());
        let starts = starts.into_iter();
        starts.fold(key, |key, start| {
            let points = start.points.iter();
            key.with_all(points.flat_map(|(x, y)| [x.to_bits(), y.to_bits()]))
        })
    }

    /// Makes the places of some cells ready to be measured to, each cell once: threads that come to
    /// one together would all do it.
    pub fn prepare(&self, index: &LayerIndex, cells: &[usize]) {
        if let Way::Streets(streets) = &self.way {
            cells.par_iter().for_each(|cell| {
                streets.streets().join_cell(&index.cells()[*cell]);
            });
        }
    }

    /// The cells of a layer that may be within a cost of a start, rising.
    pub fn cells_near(&self, index: &LayerIndex, start: &Start, cost: f64) -> Vec<u32> {
        let straight_m = match &self.way {
            Way::Straight => cost,
            _ => cost * SHORTER + SHORTER_M,
        };
        let points = start.points.iter();
        let near = points.flat_map(|(lon, lat)| index.cells_within(*lon, *lat, straight_m));
        let mut near: Vec<u32> = near.map(|cell| cell as u32).collect();
        near.sort_unstable();
        near.dedup();
        near
    }
}

impl Traveler<'_> {
    /// Visits what [`Traveler::within`] does, cell by cell, and remembers it; `false` where nothing is
    /// remembered of this way of travelling.
    pub(super) fn recall(
        &mut self,
        loaded: &LoadedLayer,
        start: &Start,
        cost: f64,
        visit: &mut impl FnMut(FeatureRef, f64),
    ) -> bool {
        if !self.ruler.remembers() {
            return false;
        }
        let near = self.ruler.cells_near(&loaded.index, start, cost);
        self.recall_in(&loaded.index, start, cost, &near, |cell, ways| {
            for (row, cost) in ways.in_metres() {
                let row = u32::from(row);
                visit(FeatureRef { cell, row }, cost);
            }
        });
        true
    }

    /// The ways from a start to the places of some cells near it, in their order.
    ///
    /// # Errors
    /// Where nobody waits for the answer any longer.
    ///
    /// # Panics
    /// Where the ruler does not remember.
    pub fn ways_to(
        &mut self,
        loaded: &LoadedLayer,
        start: &Start,
        cost: f64,
        cells: &[u32],
    ) -> Result<Vec<Arc<CellWays>>, QueryError> {
        self.limits.check()?;
        let mut found = Vec::with_capacity(cells.len());
        self.recall_in(&loaded.index, start, cost, cells, |_, ways| {
            found.push(ways)
        });
        Ok(found)
    }

    fn recall_in(
        &mut self,
        index: &LayerIndex,
        start: &Start,
        cost: f64,
        cells: &[u32],
        mut visit: impl FnMut(u32, Arc<CellWays>),
    ) {
        let network = self.ruler.network().expect("a ruler that remembers");
        let points = words(start);
        let mut is_searched = false;
        for number in cells {
            let cell = &index.cells()[*number as usize];
            let key = WayKey {
                network,
                longest: cost.to_bits(),
                start: points.clone(),
                ground: cell.ground(),
            };
            let (reach, room) = (&mut self.reach, &mut self.room);
            let ways = self
                .ruler
                .ways
                .find_or_measure(key, || match &self.ruler.way {
                    Way::Streets(streets) => {
                        if !std::mem::replace(&mut is_searched, true) {
                            streets.search(reach, start, cost);
                        }
                        along_streets(streets, reach, cell, room)
                    }
                    _ => straight(index, *number as usize, start, cost),
                });
            visit(*number, ways);
        }
    }
}

/// The bits of longitude and latitude of each point of a start.
fn words(start: &Start) -> Box<[[u64; 2]]> {
    let points = start.points.iter();
    points.map(|(x, y)| [x.to_bits(), y.to_bits()]).collect()
}

fn straight(index: &LayerIndex, number: usize, start: &Start, metres: f64) -> CellWays {
    let mut found: Vec<(u16, f64)> = Vec::new();
    for point in &start.points {
        index.within_in_cell(number, *point, metres, |near| {
            found.push((near.feature.row as u16, near.distance_m));
        });
    }
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    found.dedup_by_key(|(row, _)| *row);
    CellWays {
        rows: found.iter().map(|(row, _)| *row).collect(),
        costs: found.iter().map(|(_, metres)| whole(*metres)).collect(),
        metres: Some(found.iter().map(|(_, metres)| *metres).collect()),
    }
}

fn along_streets(
    streets: &OnStreets<'_>,
    reach: &crate::network::Reach,
    cell: &Cell,
    room: &mut Vec<(u32, u32)>,
) -> CellWays {
    let group = streets.streets().join_cell(cell);
    let found = reach.all_in(&streets.streets().graph, &group, room);
    CellWays {
        rows: found.iter().map(|(row, _)| *row as u16).collect(),
        costs: found.iter().map(|(_, cost)| *cost).collect(),
        metres: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        city::{City, scenario::apply},
        query::{
            Limits, Mode, Ruler, Travel,
            test_city::{Feature, TestCity, at},
        },
    };

    /// More homes than one cell holds, scattered over streets and beyond.
    fn town() -> City {
        let ids: Vec<String> = (0..40_000).map(|n| format!("h{n}")).collect();
        let spot = |n: usize| {
            (
                (n * 7919 % 21_001) as f64 / 10.0,
                (n * 104_729 % 23_003) as f64 / 10.0,
            )
        };
        let homes = ids.iter().enumerate();
        let homes = homes.map(|(n, id)| (id.as_str(), spot(n), &[("usual_residents", "3")][..]));
        let homes: Vec<Feature<'_>> = homes.collect();
        TestCity::new()
            .with("residences", &homes)
            .with_raster_of_streets(21, 100.0)
            .build()
    }

    fn found(city: &City, mode: &Mode, start: &Start, is_remembering: bool) -> Vec<(String, u64)> {
        let travel = Travel {
            mode: mode.clone(),
            ..Travel::default()
        };
        let ruler = Ruler::new(city, &travel).expect("a ruler");
        let homes = city.layer("residences", None).expect("homes");
        let traveler = ruler.traveler(&Limits::generous());
        let mut traveler = match is_remembering {
            true => traveler.remembering(),
            false => traveler,
        };
        let mut found = Vec::new();
        let visit = |home, cost: f64| found.push((homes.index.id(home).to_owned(), cost.to_bits()));
        traveler
            .within(homes, start, 350.0, visit)
            .expect("an answer");
        found.sort();
        found
    }

    #[test]
    fn what_is_remembered_is_what_would_be_measured_whatever_was_edited() {
        let base = town();
        assert!(base.layer("residences", None).unwrap().index.cells().len() > 2);
        let place = |x: f64, y: f64| Start::at(at(x, y).0, at(x, y).1);
        let mut starts: Vec<Start> = (0..12)
            .map(|n| place(f64::from(n) * 171.0, f64::from(n * n) * 13.0))
            .collect();
        starts.push(Start {
            points: vec![at(300.0, 300.0), at(1500.0, 420.0)],
            ..Start::default()
        });
        let (lon, lat) = at(170.0, 14.0);
        let edits = [
            json!({"kind": "move", "layer": "residences", "id": "h77", "lon": lon, "lat": lat}),
            json!({"kind": "add", "layer": "residences", "lon": lon, "lat": lat, "values": {}}),
            json!({"kind": "remove", "layer": "residences", "id": "h4321"}),
            json!({"kind": "change", "layer": "residences", "id": "h9", "values": {"usual_residents": 8}}),
            json!({"kind": "street", "points": [at(150.0, 0.0), at(150.0, 100.0)]}),
        ];
        let mut city = base.clone();
        for number in 0..=edits.len() {
            for mode in [Mode::Straight, Mode::Walk] {
                for start in &starts {
                    let measured = found(&city, &mode, start, false);
                    for _ in 0..2 {
                        assert!(
                            measured == found(&city, &mode, start, true),
                            "{mode} {number} {start:?}"
                        );
                    }
                }
            }
            if let Some(edit) = edits.get(number) {
                let edit = serde_json::from_value(edit.clone()).expect("an edit");
                city = apply(&city, number as u64 + 1, &edit).expect("allowed");
            }
        }
        let near = found(&base, &Mode::Straight, &starts[1], true);
        assert!(near.len() > 100, "{}", near.len());
    }

    #[test]
    fn other_values_leave_places_joined_to_the_streets_as_they_are() {
        let homes: [Feature<'_>; 2] = [
            ("a", (20.0, 5.0), &[("usual_residents", "3")]),
            ("b", (140.0, 5.0), &[("usual_residents", "3")]),
        ];
        let base = TestCity::new()
            .with("residences", &homes)
            .with_raster_of_streets(3, 100.0)
            .build();
        let joined = |city: &City| {
            let homes = city.layer("residences", None).expect("homes");
            city.streets("walk").expect("streets").places(homes)
        };
        let after = |edit: serde_json::Value| {
            let edit = serde_json::from_value(edit).expect("an edit");
            apply(&base, 1, &edit).expect("allowed")
        };
        let before = joined(&base);
        let grown = after(json!({"kind": "change", "layer": "residences", "id": "a",
            "values": {"usual_residents": 8, "name": "x"}}));
        assert!(std::sync::Arc::ptr_eq(&joined(&grown), &before));
        let (lon, lat) = at(60.0, 5.0);
        let moved = after(
            json!({"kind": "move", "layer": "residences", "id": "a", "lon": lon,
            "lat": lat}),
        );
        assert!(!std::sync::Arc::ptr_eq(&joined(&moved), &before));
        assert!(std::sync::Arc::ptr_eq(&joined(&base), &before));
    }
}
