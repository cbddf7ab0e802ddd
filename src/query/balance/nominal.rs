use serde::Serialize;

use super::BalanceRow;
use crate::domain::BalanceRules;

/// A place balanced by count but not in fact (名义平衡而非实际平衡).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NominalRow {
    pub level: String,
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub jobs: Option<i64>,
    pub employed_residents: Option<i64>,
    pub jobs_per_employed_resident: Option<f64>,
    pub self_containment: Option<f64>,
    pub self_sufficiency: Option<f64>,
    /// What the self-containment is below.
    pub self_containment_threshold: f64,
}

/// When a place of a level is balanced by count but not in fact: its ratio lies in the band and fewer
/// of its resident workers work inside than the threshold says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Nominal {
    least: f64,
    most: f64,
    threshold: f64,
}

impl Nominal {
    /// The rule of a level from all its areas: without a figure in the rules the threshold is their
    /// median. `None` where no flows tell who works inside.
    pub fn of(rows: &[BalanceRow], rules: &BalanceRules) -> Option<Self> {
        let mut known: Vec<f64> = rows.iter().filter_map(contained).collect();
        known.sort_by(f64::total_cmp);
        let median = match known.len() {
            0 => return None,
            odd if odd % 2 == 1 => known[odd / 2],
            even => (known[even / 2 - 1] + known[even / 2]) / 2.0,
        };
        Some(Nominal {
            least: rules.band.least,
            most: rules.band.most,
            threshold: rules.nominal.self_containment.unwrap_or(median),
        })
    }

    /// The row of a place that is balanced by count only.
    pub fn listed(&self, row: &BalanceRow) -> Option<NominalRow> {
        let band = self.least..=self.most;
        let ratio = row.jobs_per_employed_resident?;
        let share = contained(row)?;
        (band.contains(&ratio) && share < self.threshold).then(|| NominalRow {
            level: row.level.clone(),
            code: row.code.clone(),
            name: row.name.clone(),
            name_en: row.name_en.clone(),
            jobs: row.jobs,
            employed_residents: row.employed_residents,
            jobs_per_employed_resident: Some(ratio),
            self_containment: Some(share),
            self_sufficiency: row.contained.as_ref().and_then(|c| c.self_sufficiency),
            self_containment_threshold: self.threshold,
        })
    }
}

fn contained(row: &BalanceRow) -> Option<f64> {
    row.contained.as_ref()?.self_containment
}
