use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::{
    Limits, QueryError, Ruler, Start,
    costs::{MOST_REMEMBERED, Travelers},
};
use crate::{city::LoadedLayer, index::FeatureRef};

/// The nearest of some starts: how far it is, infinite where none is within reach, and its number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearestStart {
    pub cost: f64,
    pub start: u32,
}

impl NearestStart {
    const NOWHERE: NearestStart = NearestStart {
        cost: f64::INFINITY,
        start: u32::MAX,
    };

    /// The nearer; of equally near ones the first.
    fn or(self, other: Self) -> Self {
        let order = other.cost.total_cmp(&self.cost);
        match order.then(other.start.cmp(&self.start)).is_lt() {
            true => other,
            false => self,
        }
    }
}

/// For each feature of a layer, in the order of its index: the cost from the nearest of some
/// starts, infinite where none is within `cost`.
///
/// # Errors
/// A layer that a table of travel times does not know or that is too large to hold, or nobody waits
/// any longer.
pub fn nearest_costs(
    ruler: &Ruler<'_>,
    loaded: &LoadedLayer,
    starts: &[Start],
    cost: f64,
    limits: &Limits,
) -> Result<Vec<f64>, QueryError> {
    let nearest = nearest_starts(ruler, loaded, starts, cost, limits)?;
    Ok(nearest.into_iter().map(|nearest| nearest.cost).collect())
}

/// As [`nearest_costs`], searched from each feature of a layer to those of another: where one sets
/// out at a time only the start knows when. Of a departure window it is the percentile of the
/// times to the feature of which that is least.
///
/// # Errors
/// As [`nearest_costs`].
pub fn nearest_of_each(
    ruler: &Ruler<'_>,
    starts: &LoadedLayer,
    to: &LoadedLayer,
    cost: f64,
    limits: &Limits,
) -> Result<Vec<f64>, QueryError> {
    ruler.require(starts)?;
    let walks = ruler.walks(starts, to, cost, limits)?;
    limits.step("从各住处搜索", "searching from every home");
    let travelers = Travelers::new(ruler, limits, false);
    let features: Vec<FeatureRef> = starts.index.iter().collect();
    let done = AtomicU64::new(0);
    let of_one = |(number, feature): (usize, &FeatureRef)| {
        limits.progress(done.fetch_add(1, Ordering::Relaxed), features.len() as u64);
        let mut nearest = f64::INFINITY;
        let visit = |_, cost: f64| nearest = nearest.min(cost);
        travelers.with(|traveler| match &walks {
            Some(walks) => traveler.within_known(walks, number, to, cost, visit),
            None => traveler.within(to, &Start::of(starts, *feature), cost, visit),
        })?;
        Ok(nearest)
    };
    features.par_iter().enumerate().map(of_one).collect()
}

/// Like [`nearest_costs`], with the start that is the nearest.
///
/// # Errors
/// As [`nearest_costs`].
pub fn nearest_starts(
    ruler: &Ruler<'_>,
    loaded: &LoadedLayer,
    starts: &[Start],
    cost: f64,
    limits: &Limits,
) -> Result<Vec<NearestStart>, QueryError> {
    ruler.require(loaded)?;
    let features = loaded.index.features() as usize;
    let nowhere = || vec![NearestStart::NOWHERE; features];
    if starts.is_empty() {
        return Ok(nowhere());
    }
    let parts = starts.len().min(rayon::current_num_threads());
    limits.allow((features * size_of::<NearestStart>() * parts) as u64)?;
    let numbering = loaded.index.numbering();
    limits.step("量算设施可达范围", "measuring the reach of the facilities");
    let done = AtomicU64::new(0);
    let part = starts.len().div_ceil(parts);
    let of_some = |(first, some): (usize, &[Start])| {
        let mut traveler = match starts.len() <= MOST_REMEMBERED {
            true => ruler.traveler(limits).remembering(),
            false => ruler.traveler(limits),
        };
        let mut nearest = nowhere();
        for (number, start) in some.iter().enumerate() {
            limits.progress(done.fetch_add(1, Ordering::Relaxed), starts.len() as u64);
            let number = (first * part + number) as u32;
            traveler.within(loaded, start, cost, |feature, cost| {
                let known = &mut nearest[numbering.number(feature)];
                *known = known.or(NearestStart {
                    cost,
                    start: number,
                });
            })?;
        }
        Ok(nearest)
    };
    let parts: Vec<Vec<NearestStart>> = starts
        .par_chunks(part)
        .enumerate()
        .map(of_some)
        .collect::<Result<_, QueryError>>()?;
    let nearer = |mut a: Vec<NearestStart>, b: Vec<NearestStart>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a = a.or(b));
        a
    };
    Ok(parts.into_iter().reduce(nearer).unwrap_or_default())
}
