use serde::Serialize;

use super::StationAreaRow;

/// How much the influence areas of stations have in common (影响区重叠): summed station by station,
/// and everyone once.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StationOverlap {
    pub stations: usize,
    /// Residents added up over stations; unknown where none has a value.
    pub summed_residents: Option<i64>,
    /// Residents near any station, each once.
    pub residents: Option<i64>,
    /// What is counted more than once: 1 - once ÷ summed, 0–1; undefined where nobody is near.
    pub share_residents_again: Option<f64>,
    pub summed_jobs: Option<i64>,
    pub jobs: Option<i64>,
    pub share_jobs_again: Option<f64>,
}

impl StationOverlap {
    /// `all` is the row of all stations together.
    pub fn of(rows: &[StationAreaRow], all: &StationAreaRow) -> Self {
        let sum = |pick: fn(&StationAreaRow) -> Option<i64>| {
            let known: Vec<i64> = rows.iter().filter_map(pick).collect();
            (!known.is_empty()).then(|| known.iter().sum::<i64>())
        };
        let summed_residents = sum(|row| row.influence_residents);
        let summed_jobs = sum(|row| row.influence_jobs);
        StationOverlap {
            stations: rows.len(),
            summed_residents,
            residents: all.influence_residents,
            share_residents_again: again(all.influence_residents, summed_residents),
            summed_jobs,
            jobs: all.influence_jobs,
            share_jobs_again: again(all.influence_jobs, summed_jobs),
        }
    }
}

fn again(once: Option<i64>, summed: Option<i64>) -> Option<f64> {
    let (once, summed) = (once?, summed.filter(|summed| *summed > 0)?);
    Some(1.0 - once as f64 / summed as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_stations_share_is_counted_again() {
        let row = |residents| StationAreaRow {
            influence_residents: residents,
            ..StationAreaRow::default()
        };
        let found = StationOverlap::of(&[row(Some(60)), row(Some(40)), row(None)], &row(Some(80)));
        assert_eq!((found.stations, found.summed_residents), (3, Some(100)));
        assert!((found.share_residents_again.unwrap() - 0.2).abs() < 1e-12);
        assert_eq!((found.summed_jobs, found.share_jobs_again), (None, None));
        assert_eq!(
            StationOverlap::of(&[row(Some(0))], &row(Some(0))).share_residents_again,
            None
        );
    }
}
