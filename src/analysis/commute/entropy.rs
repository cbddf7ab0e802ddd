use crate::domain::Reason;

/// How evenly uses are mixed (土地利用混合度): `−Σ s ln s / ln K` over `K` uses fixed in advance, from 0
/// (one use) to 1 (all alike).
///
/// # Arguments
/// * `amounts` - one per use, finite and >= 0; a use that is absent is 0 and still counts in `K`
///
/// # Errors
/// [`Reason::NoData`] with fewer than two uses, [`Reason::Empty`] where there is nothing at all.
///
/// # Source
/// Cervero & Kockelman (1997), Transportation Research D 2(3).
pub fn entropy_mix(amounts: &[f64]) -> Result<f64, Reason> {
    if amounts.len() < 2 {
        return Err(Reason::NoData);
    }
    let total: f64 = amounts.iter().sum();
    if total <= 0.0 {
        return Err(Reason::Empty);
    }
    let shares = amounts.iter().filter(|a| **a > 0.0).map(|a| a / total);
    let entropy: f64 = shares.map(|share| -share * share.ln()).sum();
    Ok(entropy / (amounts.len() as f64).ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_use_is_zero_and_equal_uses_are_one() {
        assert_eq!(entropy_mix(&[5.0, 0.0, 0.0]), Ok(0.0));
        assert!((entropy_mix(&[2.0, 2.0, 2.0]).unwrap() - 1.0).abs() < 1e-12);
        // Two of four uses: ln 2 / ln 4.
        assert!((entropy_mix(&[3.0, 0.0, 3.0, 0.0]).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(entropy_mix(&[1.0]), Err(Reason::NoData));
        assert_eq!(entropy_mix(&[0.0, 0.0]), Err(Reason::Empty));
    }
}
