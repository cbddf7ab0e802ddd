use std::collections::BTreeMap;

use serde::Serialize;

/// Why a value is undefined (metrics: undefined is not zero).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The denominator counts nobody.
    NoPopulation,
    NoJobs,
    /// Neither people nor jobs.
    Empty,
    /// The layer or attribute that the value needs was never loaded, or every row of it is missing.
    NoData,
    NoSupplyInCatchment,
    NoReachablePair,
}

/// What a result leaves out: by `layer.attribute`, the number of rows without a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LeftOut(pub BTreeMap<String, LeftOutCount>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOutCount {
    /// Rows whose value is missing.
    pub missing: u64,
    /// Rows outside every area of the level asked for.
    #[serde(skip_serializing_if = "is_zero")]
    pub outside_areas: u64,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

impl LeftOut {
    /// Adds `missing` rows of `layer.attribute`; nothing is recorded for zero.
    pub fn add_missing(&mut self, layer: &str, attribute: &str, missing: u64) {
        if missing > 0 {
            self.0
                .entry(format!("{layer}.{attribute}"))
                .or_default()
                .missing += missing;
        }
    }

    /// Adds rows of `layer` that lie outside every area of the level.
    pub fn add_outside(&mut self, layer: &str, attribute: &str, outside: u64) {
        if outside > 0 {
            self.0
                .entry(format!("{layer}.{attribute}"))
                .or_default()
                .outside_areas += outside;
        }
    }
}
