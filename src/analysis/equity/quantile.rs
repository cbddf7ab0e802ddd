use super::Share;

/// For each share of people, rising from 0 to 1, the least value that so many do not exceed
/// (人口加权分位数, nearest rank), by shares that [rise](super::rising). Empty without people.
pub fn quantiles(sorted: &[Share], of: &[f64]) -> Vec<f64> {
    let Some(last) = sorted.last() else {
        return Vec::new();
    };
    let all: f64 = sorted.iter().map(|share| share.people).sum();
    let mut below = 0.0;
    let mut zones = sorted.iter();
    let mut value = sorted[0].value;
    let mut read = |share: f64| {
        // A hair of tolerance: 0.1 of 1000 people are 100, however that is rounded.
        while below < share * all * (1.0 - 1e-12) {
            let Some(zone) = zones.next() else {
                return last.value;
            };
            below += zone.people;
            value = zone.value;
        }
        value
    };
    of.iter().map(|share| read(*share)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::equity::rising;

    #[test]
    fn people_count_not_zones() {
        let zones = [(10.0, 3.0), (80.0, 1.0), (10.0, 2.0), (0.0, 99.0)];
        let zones = zones.map(|(people, value)| Share { people, value });
        let zones = rising(zones.to_vec());
        let found = quantiles(&zones, &[0.0, 0.5, 0.8, 0.81, 0.9, 1.0]);
        assert_eq!(found, [1.0, 1.0, 1.0, 2.0, 2.0, 3.0]);
        assert!(quantiles(&[], &[0.5]).is_empty());
    }
}
