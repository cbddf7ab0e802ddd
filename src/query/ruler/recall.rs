//! Ways that are measured once for all snapshots of a city, cell by cell.

use super::{Start, Traveler, Way, streets::OnStreets};
use crate::{
    city::{CellWays, LoadedLayer, WayKey},
    index::{FeatureRef, LayerIndex},
};

/// How much longer than the straight line a network may say that a way is not: its lengths are
/// rounded edge by edge, and what was brought may know its own.
const SHORTER: f64 = 1.05;
const SHORTER_M: f64 = 50.0;

impl Traveler<'_> {
    /// Visits what [`Traveler::within`] does, row by row, and remembers it; `false` where nothing is
    /// remembered of this way of travelling.
    pub(super) fn recall(
        &mut self,
        loaded: &LoadedLayer,
        start: &Start,
        cost: f64,
        visit: &mut impl FnMut(FeatureRef, f64),
    ) -> bool {
        let index = &loaded.index;
        let (network, straight_m) = match &self.ruler.way {
            Way::Straight => (0, cost),
            Way::Streets(streets) if !streets.counts_time() => {
                (streets.serial(), cost * SHORTER + SHORTER_M)
            }
            _ => return false,
        };
        let points = start.points.iter();
        let points: Box<[[u64; 2]]> = points.map(|(x, y)| [x.to_bits(), y.to_bits()]).collect();
        let mut is_searched = false;
        for number in cells_near(index, start, straight_m) {
            let cell = &index.cells()[number];
            let key = WayKey {
                network,
                longest: cost.to_bits(),
                start: points.clone(),
                ground: cell.ground(),
            };
            let reach = &mut self.reach;
            let ways = self
                .ruler
                .ways
                .find_or_measure(key, || match &self.ruler.way {
                    Way::Streets(streets) => {
                        if !std::mem::replace(&mut is_searched, true) {
                            streets.search(reach, start, cost);
                        }
                        along_streets(streets, reach, cell)
                    }
                    _ => straight(index, number, start, cost),
                });
            for (row, cost) in ways.rows.iter().zip(&ways.costs) {
                let feature = FeatureRef {
                    cell: number as u32,
                    row: u32::from(*row),
                };
                visit(feature, *cost);
            }
        }
        true
    }
}

/// The cells that may have a place within so many metres of any point of a start, rising.
fn cells_near(index: &LayerIndex, start: &Start, metres: f64) -> Vec<usize> {
    let points = start.points.iter();
    let near = points.flat_map(|(lon, lat)| index.cells_within(*lon, *lat, metres));
    let mut near: Vec<usize> = near.collect();
    near.sort_unstable();
    near.dedup();
    near
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
    of_rows(found)
}

fn along_streets(
    streets: &OnStreets<'_>,
    reach: &crate::network::Reach,
    cell: &crate::index::Cell,
) -> CellWays {
    let group = streets.streets().join_cell(cell);
    let mut found: Vec<(u16, f64)> = Vec::new();
    reach.for_each(&streets.streets().graph, &*group, |row, cost| {
        found.push((row as u16, f64::from(cost) / 1000.0));
    });
    found.sort_unstable_by_key(|(row, _)| *row);
    of_rows(found)
}

fn of_rows(found: Vec<(u16, f64)>) -> CellWays {
    let (rows, costs): (Vec<u16>, Vec<f64>) = found.into_iter().unzip();
    CellWays {
        rows: rows.into(),
        costs: costs.into(),
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
}
