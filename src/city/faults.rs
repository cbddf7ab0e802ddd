use std::sync::Arc;

use super::{City, LoadedLayer};
use crate::{
    domain::{Bbox, Language, LayerId, RowFault, RowReason},
    index::LayerIndex,
    store::{Store, StoreError},
};

/// What is wrong with the rows of a state as they stand in the home; nothing where all are sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFaults {
    pub layer: LayerId,
    /// As it stands in the home: of rows that no state is made of it is no period.
    pub period: Box<str>,
    pub rows: Vec<RowFault>,
}

impl StateFaults {
    pub(super) fn new(layer: LayerId, period: &str, mut rows: Vec<RowFault>) -> Self {
        rows.sort_by(|a, b| (&a.id, &a.field).cmp(&(&b.id, &b.field)));
        StateFaults {
            layer,
            period: period.into(),
            rows,
        }
    }

    /// Says since when each row is as it is; what was told `before` keeps its time.
    pub(super) fn date(
        &mut self,
        store: &dyn Store,
        before: &[RowFault],
    ) -> Result<(), StoreError> {
        let mut undated = Vec::new();
        for (row, fault) in self.rows.iter_mut().enumerate() {
            match told(before, fault) {
                Some(told) => fault.since = told.since.clone(),
                None => undated.push(row),
            }
        }
        let ids: Vec<&str> = undated.iter().map(|row| &*self.rows[*row].id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let written = store.written_outside(&self.layer, &self.period, &ids)?;
        for row in undated {
            let fault = &mut self.rows[row];
            fault.since = written.get(&*fault.id).map(|at| at.as_str().into());
        }
        Ok(())
    }

    /// Writes into the log what was not told `before`; of very many only the first.
    pub(super) fn warn_beside(&self, before: &[RowFault]) {
        const MOST: usize = 20;
        let (layer, period) = (&self.layer, &*self.period);
        let mut fresh = self
            .rows
            .iter()
            .filter(|fault| told(before, fault).is_none());
        for fault in fresh.by_ref().take(MOST) {
            let told = fault.reason.told();
            tracing::warn!(
                %layer,
                period,
                id = &*fault.id,
                field = &*fault.field,
                "written outside and not sound: {}",
                told.in_language(Language::En)
            );
        }
        if fresh.next().is_some() {
            tracing::warn!(%layer, period, "more rows are not sound: `suitu check` lists them");
        }
    }
}

/// The same fault among those told `before`, which stand in order.
fn told<'a>(before: &'a [RowFault], fault: &RowFault) -> Option<&'a RowFault> {
    let place = |told: &RowFault| (&*told.id, &*told.field).cmp(&(&*fault.id, &*fault.field));
    let first = before.partition_point(|told| place(told).is_lt());
    let mut here = before[first..]
        .iter()
        .take_while(|told| place(told).is_eq());
    here.find(|told| told.is_same(fault))
}

impl City {
    /// What is wrong with rows as they stand in the home, by layer and period; states whose rows are all
    /// sound are not listed.
    pub fn faults(&self) -> Vec<Arc<StateFaults>> {
        let mut all: Vec<Arc<StateFaults>> = Vec::new();
        let told = self.told_faults();
        all.extend(told.filter(|faults| !faults.rows.is_empty()).cloned());
        let Some(reach) = self.reach() else {
            return all;
        };
        for loaded in self.all_states().filter(|loaded| !loaded.layer().is_area()) {
            let far = far_off(loaded, &reach);
            if far.is_empty() {
                continue;
            }
            let (layer, period) = (&loaded.layer().id, loaded.index.period().as_str());
            let is_same = |f: &Arc<StateFaults>| f.layer == *layer && *f.period == *period;
            match all.iter_mut().find(|faults| is_same(faults)) {
                Some(faults) => {
                    let rows = faults.rows.iter().cloned().chain(far).collect();
                    *faults = Arc::new(StateFaults::new(layer.clone(), period, rows));
                }
                None => all.push(Arc::new(StateFaults::new(layer.clone(), period, far))),
            }
        }
        all.sort_by(|a, b| (&a.layer, &a.period).cmp(&(&b.layer, &b.period)));
        all
    }

    /// The city's areas of all times and some 20 km around; `None` where it has no areas.
    pub(super) fn reach(&self) -> Option<Bbox> {
        const MARGIN: f64 = 0.2;
        let mut reach = Bbox::EMPTY;
        let areas = self.all_states().filter(|loaded| loaded.layer().is_area());
        areas.for_each(|loaded| reach.expand(loaded.index.bounds()));
        (!reach.is_empty()).then_some(Bbox {
            west: reach.west - MARGIN,
            south: reach.south - MARGIN,
            east: reach.east + MARGIN,
            north: reach.north + MARGIN,
        })
    }
}

/// The bounds of the features whose places are within reach: of all where nothing says how far that is.
pub(super) fn within(index: &LayerIndex, reach: Option<&Bbox>) -> Bbox {
    let all = index.bounds();
    let Some(reach) = reach.filter(|reach| !reach.contains_bbox(all)) else {
        return *all;
    };
    let mut bounds = Bbox::EMPTY;
    for feature in index.iter() {
        let (lon, lat) = index.place(feature);
        if reach.contains(lon, lat) {
            bounds.expand(&at(lon, lat));
        }
    }
    bounds
}

fn at(lon: f64, lat: f64) -> Bbox {
    Bbox {
        west: lon,
        south: lat,
        east: lon,
        north: lat,
    }
}

/// Features far outside the city.
fn far_off(loaded: &LoadedLayer, reach: &Bbox) -> Vec<RowFault> {
    let index = &loaded.index;
    if reach.contains_bbox(index.bounds()) {
        return Vec::new();
    }
    let far = index.iter().filter(|feature| {
        let (lon, lat) = index.place(*feature);
        !reach.contains(lon, lat)
    });
    let told = |feature| RowFault::new(index.id(feature), RowFault::SHAPE, RowReason::OutsideCity);
    far.map(told).collect()
}
