use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::{Limits, QueryError, Ruler, Start};
use crate::city::LoadedLayer;

/// For each feature of a layer, in the order of its index: the cost from the nearest of some
/// starts, infinite where none is within `cost`.
///
/// # Errors
/// A layer that is too large to hold, or nobody waits any longer.
pub fn nearest_costs(
    ruler: &Ruler<'_>,
    loaded: &LoadedLayer,
    starts: &[Start],
    cost: f64,
    limits: &Limits,
) -> Result<Vec<f64>, QueryError> {
    let features = loaded.index.features() as usize;
    let nowhere = || vec![f64::INFINITY; features];
    if starts.is_empty() {
        return Ok(nowhere());
    }
    let parts = starts.len().min(rayon::current_num_threads());
    limits.allow((features * 8 * parts) as u64)?;
    let numbering = loaded.index.numbering();
    limits.step("量算设施可达范围", "measuring the reach of the facilities");
    let done = AtomicU64::new(0);
    let of_some = |some: &[Start]| {
        let mut traveler = ruler.traveler(limits);
        let mut nearest = nowhere();
        for start in some {
            limits.progress(done.fetch_add(1, Ordering::Relaxed), starts.len() as u64);
            traveler.within(loaded, start, cost, |feature, cost| {
                let known = &mut nearest[numbering.number(feature)];
                *known = known.min(cost);
            })?;
        }
        Ok(nearest)
    };
    let parts: Vec<Vec<f64>> = starts
        .par_chunks(starts.len().div_ceil(parts))
        .map(of_some)
        .collect::<Result<_, QueryError>>()?;
    let nearer = |mut a: Vec<f64>, b: Vec<f64>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a = a.min(b));
        a
    };
    Ok(parts.into_iter().reduce(nearer).unwrap_or_default())
}
