use super::equity::{Share, gini};
use crate::domain::Reason;

/// How many units of one size are balanced (不同尺度的职住平衡), and how unevenly jobs are spread over
/// those who work.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BalanceOfUnits {
    pub units: u64,
    /// Units without a ratio: nobody who works lives there, or a count is unknown.
    pub undefined: u64,
    /// With a ratio in the band, both ends inclusive.
    pub balanced: u64,
    /// Above the band: more jobs than workers.
    pub over: u64,
    /// Below it: more workers than jobs.
    pub under: u64,
    /// Employed residents of the units with a ratio, and of the balanced ones.
    pub workers: i64,
    pub workers_in_balanced: i64,
    /// Of the units with a ratio; none without any.
    pub range: Option<[f64; 3]>,
    /// Gini coefficient of jobs over employed residents.
    pub gini: Option<f64>,
}

/// A unit by its weight in employed residents, and the jobs and employed residents that its ratio
/// is made of: its own, or those within its catchment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BalanceUnit {
    pub workers: i64,
    /// `None` where either is unknown.
    pub reach: Option<(i64, i64)>,
}

/// Counts the units whose jobs per employed resident lie in a band.
///
/// # Errors
/// [`Reason::Empty`] where there are no units, [`Reason::NoPopulation`] where none has a ratio.
pub fn balance_of_units(
    units: &[BalanceUnit],
    least: f64,
    most: f64,
) -> (BalanceOfUnits, Option<Reason>) {
    let mut found = BalanceOfUnits {
        units: units.len() as u64,
        ..BalanceOfUnits::default()
    };
    let mut shares = Vec::with_capacity(units.len());
    for unit in units {
        let Some((jobs, workers)) = unit.reach.filter(|(_, workers)| *workers > 0) else {
            found.undefined += 1;
            continue;
        };
        let ratio = jobs as f64 / workers as f64;
        found.workers += unit.workers;
        if ratio < least {
            found.under += 1;
        } else if ratio > most {
            found.over += 1;
        } else {
            found.balanced += 1;
            found.workers_in_balanced += unit.workers;
        }
        shares.push(Share {
            people: unit.workers as f64,
            value: ratio,
        });
    }
    let mut ratios: Vec<f64> = shares.iter().map(|share| share.value).collect();
    ratios.sort_by(f64::total_cmp);
    if let (Some(first), Some(last)) = (ratios.first(), ratios.last()) {
        // Of two in the middle the lower: a ratio that some unit has.
        found.range = Some([*first, ratios[(ratios.len() - 1) / 2], *last]);
    }
    found.gini = gini(&shares);
    let reason = match (units.is_empty(), shares.is_empty()) {
        (true, _) => Some(Reason::Empty),
        (false, true) => Some(Reason::NoPopulation),
        _ => None,
    };
    (found, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own((jobs, workers): (i64, i64)) -> BalanceUnit {
        BalanceUnit {
            workers,
            reach: Some((jobs, workers)),
        }
    }

    #[test]
    fn the_zones_of_vector_v1_are_none_of_them_balanced() {
        let units = [(100, 200), (300, 100), (50, 150)].map(own);
        let (found, reason) = balance_of_units(&units, 0.8, 1.2);
        assert_eq!((found.balanced, found.over, found.under), (0, 1, 2));
        assert_eq!((found.workers, found.workers_in_balanced), (450, 0));
        assert_eq!(found.range, Some([50.0 / 150.0, 0.5, 3.0]));
        assert_eq!(reason, None);
        // Shares of workers 1/3, 4/9, 2/9 with 1/9, 2/9, 2/3 of the jobs, the poorest first.
        let gini = found.gini.expect("jobs");
        let curve: [[f64; 2]; 4] = [
            [0.0, 0.0],
            [1.0 / 3.0, 1.0 / 9.0],
            [7.0 / 9.0, 1.0 / 3.0],
            [1.0, 1.0],
        ];
        let twice: f64 = curve
            .windows(2)
            .map(|w| (w[1][1] + w[0][1]) * (w[1][0] - w[0][0]))
            .sum();
        assert!((gini - (1.0 - twice)).abs() < 1e-12);
    }

    #[test]
    fn both_ends_of_the_band_are_in_it() {
        let units = [(80, 100), (120, 100), (79, 100), (121, 100)].map(own);
        let (found, _) = balance_of_units(&units, 0.8, 1.2);
        assert_eq!((found.balanced, found.over, found.under), (2, 1, 1));
    }

    #[test]
    fn what_has_no_ratio_is_counted_apart() {
        let unknown = BalanceUnit {
            workers: 0,
            reach: None,
        };
        let (found, reason) = balance_of_units(&[unknown, own((7, 0))], 0.8, 1.2);
        assert_eq!((found.units, found.undefined), (2, 2));
        assert_eq!((found.range, found.gini), (None, None));
        assert_eq!(reason, Some(Reason::NoPopulation));
        assert_eq!(balance_of_units(&[], 0.8, 1.2).1, Some(Reason::Empty));
    }
}
