use serde::Serialize;

use super::sums::Bands;
use crate::{
    domain::Reason,
    index::{FeatureRef, Numbering},
    query::{Limits, QueryError, sources::CountSource},
};

/// What two catchments have in common (服务区重叠) within one cutoff.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlap {
    pub cutoff: f64,
    /// The id of an origin, else its name or place.
    pub a: String,
    pub b: String,
    /// Residents of the chosen caliber whom both reach.
    pub residents: Option<i64>,
    /// Those ÷ residents whom either reaches (Jaccard, weighted by people).
    pub share_overlap: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// Which origins reach each home, and from which band on.
pub struct Shared {
    people: CountSource,
    numbering: Numbering,
    /// Number of the home, origin, band.
    reached: Vec<(u32, u32, u8)>,
}

/// Homes and people in common of one pair of origins.
#[derive(Clone, Copy, Default)]
struct Common {
    homes: i64,
    people: i64,
    known: i64,
}

impl Shared {
    pub fn new(people: CountSource) -> Self {
        Shared {
            numbering: people.loaded.index.numbering(),
            people,
            reached: Vec::new(),
        }
    }

    pub fn is_of(&self, loaded: &crate::city::LoadedLayer) -> bool {
        std::ptr::eq(&*self.people.loaded, loaded)
    }

    /// # Errors
    /// Where the pairs of home and origin are too many to hold.
    pub fn add(
        &mut self,
        bands: &Bands,
        origin: usize,
        found: &[(FeatureRef, f64)],
        limits: &Limits,
    ) -> Result<(), QueryError> {
        limits.allow((self.reached.len() + found.len()) as u64 * 24)?;
        self.reached.extend(found.iter().map(|(feature, cost)| {
            let number = self.numbering.number(*feature) as u32;
            (number, origin as u32, bands.of(*cost) as u8)
        }));
        Ok(())
    }

    /// Every pair with a home in common in each of `cutoffs` (with its band), in their order, then
    /// that of the origins. `reached` gives the people within reach of an origin in a band.
    ///
    /// # Errors
    /// Too many origins for a table of their pairs, or nobody waits any longer.
    pub fn overlaps(
        mut self,
        cutoffs: &[(f64, usize)],
        bands: &Bands,
        labels: &[String],
        reached: impl Fn(usize, usize) -> i64,
        limits: &Limits,
    ) -> Result<Vec<Overlap>, QueryError> {
        let origins = labels.len();
        let cells = origins * origins.saturating_sub(1) / 2 * bands.len();
        limits.allow((cells * size_of::<Common>()) as u64)?;
        let mut common = vec![Common::default(); cells];
        // The pair a < b stands in the row of b.
        let at = |a: usize, b: usize, band: usize| (b * (b - 1) / 2 + a) * bands.len() + band;
        self.reached.sort_unstable();
        for of_home in self.reached.chunk_by(|a, b| a.0 == b.0) {
            let home = self.numbering.feature(of_home[0].0 as usize);
            let people = self.people.loaded.index.value(home, self.people.place);
            let people = people.as_integer();
            for (later, (_, b, band_b)) in of_home.iter().enumerate() {
                for (_, a, band_a) in &of_home[..later] {
                    let band = usize::from(*band_a.max(band_b));
                    let common = &mut common[at(*a as usize, *b as usize, band)];
                    common.homes += 1;
                    common.people += people.unwrap_or(0);
                    common.known += i64::from(people.is_some());
                }
            }
        }
        limits.check()?;
        for pair in common.chunks_exact_mut(bands.len().max(1)) {
            for band in 1..pair.len() {
                let before = pair[band - 1];
                pair[band].homes += before.homes;
                pair[band].people += before.people;
                pair[band].known += before.known;
            }
        }
        let mut overlaps = Vec::new();
        for (cutoff, band) in cutoffs {
            for a in 0..origins {
                for b in a + 1..origins {
                    let common = common[at(a, b, *band)];
                    if common.homes == 0 {
                        continue;
                    }
                    let either = reached(a, *band) + reached(b, *band) - common.people;
                    let (share, reason) = match (common.known, either) {
                        (0, _) => (None, Some(Reason::NoData)),
                        (_, 0) => (None, Some(Reason::NoPopulation)),
                        _ => (Some(common.people as f64 / either as f64), None),
                    };
                    overlaps.push(Overlap {
                        cutoff: *cutoff,
                        a: labels[a].clone(),
                        b: labels[b].clone(),
                        residents: (common.known > 0).then_some(common.people),
                        share_overlap: share,
                        reason,
                    });
                }
            }
        }
        Ok(overlaps)
    }
}
