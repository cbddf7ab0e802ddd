use serde::{Deserialize, Serialize};

use super::BalanceRow;
use crate::{definitions::balance_rules, domain::Title};

/// Which ratios count as balanced (职住平衡区间), and how maps put them into classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BalanceBand {
    pub title: Title,
    /// Where the band comes from.
    pub source: String,
    /// What else is to be known of it.
    pub note: Title,
    pub confidence: String,
    /// Inclusive.
    pub from: f64,
    /// Inclusive.
    pub to: f64,
    /// Edges of the classes of a map.
    pub edges: Vec<f64>,
    /// Reach of the floating catchment beside, metres.
    pub catchment_m: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassFile {
    title: Title,
    edges: Vec<f64>,
    catchment_m: f64,
}

impl BalanceBand {
    /// The band and the classes that come with the program.
    pub fn built_in() -> Self {
        let text = include_str!("../../../layers/balance/classes.toml");
        let classes: ClassFile = toml::from_str(text).expect("a test reads it");
        let band = balance_rules().band;
        BalanceBand {
            title: classes.title,
            source: band.source,
            note: band.note,
            confidence: band.confidence,
            from: band.least,
            to: band.most,
            edges: classes.edges,
            catchment_m: classes.catchment_m,
        }
    }
}

/// How the areas of a level stand to the band of balance.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Standing {
    pub areas: usize,
    pub balanced: usize,
    /// Share of areas with a ratio that are balanced, 0–1.
    pub share_balanced: Option<f64>,
    /// Fewer jobs than employed residents ask for.
    pub more_workers: usize,
    pub more_jobs: usize,
    /// Without a ratio.
    pub undefined: usize,
    /// The greatest and the least ratio with their row; the first of equals.
    pub highest: Option<(usize, f64)>,
    pub lowest: Option<(usize, f64)>,
}

impl Standing {
    pub fn of(rows: &[BalanceRow], band: &BalanceBand) -> Self {
        let mut standing = Standing {
            areas: rows.len(),
            ..Standing::default()
        };
        for (at, row) in rows.iter().enumerate() {
            let Some(ratio) = row.jobs_per_employed_resident else {
                standing.undefined += 1;
                continue;
            };
            if standing.highest.is_none_or(|(_, most)| ratio > most) {
                standing.highest = Some((at, ratio));
            }
            if standing.lowest.is_none_or(|(_, least)| ratio < least) {
                standing.lowest = Some((at, ratio));
            }
            match ratio {
                _ if ratio < band.from => standing.more_workers += 1,
                _ if ratio > band.to => standing.more_jobs += 1,
                _ => standing.balanced += 1,
            }
        }
        let rated = standing.areas - standing.undefined;
        standing.share_balanced = (rated > 0).then(|| standing.balanced as f64 / rated as f64);
        standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ratio: Option<f64>) -> BalanceRow {
        BalanceRow {
            jobs_per_employed_resident: ratio,
            ..BalanceRow::default()
        }
    }

    #[test]
    fn the_band_is_inclusive_and_every_area_stands_somewhere() {
        let band = BalanceBand::built_in();
        let ratios = [
            Some(0.79),
            Some(0.8),
            None,
            Some(1.2),
            Some(3.0),
            Some(0.79),
        ];
        let rows: Vec<BalanceRow> = ratios.into_iter().map(row).collect();
        let standing = Standing::of(&rows, &band);
        assert_eq!(
            (
                standing.more_workers,
                standing.balanced,
                standing.more_jobs,
                standing.undefined
            ),
            (2, 2, 1, 1)
        );
        assert_eq!(standing.share_balanced, Some(0.4));
        assert_eq!(standing.highest, Some((4, 3.0)));
        assert_eq!(standing.lowest, Some((0, 0.79)));
    }

    #[test]
    fn no_areas_have_no_share() {
        let standing = Standing::of(&[], &BalanceBand::built_in());
        assert_eq!(standing, Standing::default());
    }
}
