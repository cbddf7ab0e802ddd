//! Class breaks of choropleths (分级). All take sorted finite values and give `classes + 1` edges,
//! the least and the greatest value included; fewer where values repeat.

/// Classes of equal number of values (分位数).
pub fn quantile_breaks(sorted: &[f64], classes: usize) -> Vec<f64> {
    let Some(last) = sorted.len().checked_sub(1) else {
        return Vec::new();
    };
    let edge = |i: usize| sorted[(i * last + classes / 2) / classes];
    distinct((0..=classes).map(edge))
}

/// Classes of equal width (等间距).
pub fn equal_breaks(sorted: &[f64], classes: usize) -> Vec<f64> {
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
        return Vec::new();
    };
    distinct((0..=classes).map(|i| low + (high - low) * i as f64 / classes as f64))
}

/// Natural breaks (自然断点): the classes with the least squared deviation from their means.
///
/// Exact by dynamic programming; repeated values count once per occurrence. A class that holds
/// nothing but the greatest value has it as both of its edges.
///
/// # Source
/// Fisher (1958), Journal of the American Statistical Association 53; Jenks (1977).
pub fn natural_breaks(sorted: &[f64], classes: usize) -> Vec<f64> {
    let mut values: Vec<(f64, f64)> = Vec::new();
    for &value in sorted {
        match values.last_mut() {
            Some((same, weight)) if *same == value => *weight += 1.0,
            _ => values.push((value, 1.0)),
        }
    }
    let count = values.len();
    if count <= classes {
        return distinct(
            sorted
                .first()
                .copied()
                .into_iter()
                .chain(values.iter().map(|v| v.0)),
        );
    }
    // Running sums relative to the middle keep the squares small.
    let middle = values[count / 2].0;
    let mut sums = vec![(0.0, 0.0, 0.0)];
    for (value, weight) in &values {
        let (w, s, q) = sums[sums.len() - 1];
        let v = value - middle;
        sums.push((w + weight, s + weight * v, q + weight * v * v));
    }
    let cost = |from: usize, until: usize| {
        let (a, b) = (sums[from], sums[until]);
        let (w, s, q) = (b.0 - a.0, b.1 - a.1, b.2 - a.2);
        (q - s * s / w).max(0.0)
    };
    let mut best: Vec<f64> = (0..=count)
        .map(|i| if i == 0 { 0.0 } else { cost(0, i) })
        .collect();
    let mut starts: Vec<Vec<usize>> = Vec::new();
    for class in 1..classes {
        let mut next = vec![f64::INFINITY; count + 1];
        let mut start = vec![0; count + 1];
        for until in class + 1..=count {
            for from in (class..until).rev() {
                let last = cost(from, until);
                // The last class only grows; once it alone is worse, no earlier start is better.
                if last > next[until] {
                    break;
                }
                if best[from] + last < next[until] {
                    next[until] = best[from] + last;
                    start[until] = from;
                }
            }
        }
        best = next;
        starts.push(start);
    }
    let mut edges = vec![values[count - 1].0];
    let mut until = count;
    for start in starts.iter().rev() {
        until = start[until];
        edges.push(values[until].0);
    }
    edges.push(values[0].0);
    edges.reverse();
    edges
}

fn distinct(edges: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut edges: Vec<f64> = edges.collect();
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn natural_breaks_fall_into_the_gaps() {
        let values = [1.0, 2.0, 3.0, 50.0, 51.0, 52.0, 100.0, 101.0];
        assert_eq!(natural_breaks(&values, 3), [1.0, 50.0, 100.0, 101.0]);
        assert_eq!(
            quantile_breaks(&[1.0, 2.0, 3.0, 4.0, 5.0], 4),
            [1.0, 2.0, 3.0, 4.0, 5.0]
        );
        assert_eq!(
            equal_breaks(&[0.0, 3.0, 10.0], 5),
            [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        );
        assert!(natural_breaks(&[], 5).is_empty() && quantile_breaks(&[], 5).is_empty());
        assert_eq!(natural_breaks(&[7.0, 7.0], 5), [7.0]);
    }

    /// The squared deviation of a division into classes `[edge, next edge)`, the last one closed.
    fn deviation(values: &[f64], edges: &[f64]) -> f64 {
        let mut total = 0.0;
        for (number, pair) in edges.windows(2).enumerate() {
            let last = number + 2 == edges.len();
            let class: Vec<f64> = values
                .iter()
                .copied()
                .filter(|v| *v >= pair[0] && (*v < pair[1] || (last && *v == pair[1])))
                .collect();
            let mean = class.iter().sum::<f64>() / class.len().max(1) as f64;
            total += class.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        }
        total
    }

    proptest! {
        #[test]
        fn no_other_division_into_three_is_better(
            mut values in prop::collection::vec((0..1000i32).prop_map(f64::from), 5..25)
        ) {
            values.sort_by(f64::total_cmp);
            let mut unique = values.clone();
            unique.dedup();
            prop_assume!(unique.len() > 3);
            let found = deviation(&values, &natural_breaks(&values, 3));
            let last = unique[unique.len() - 1];
            for i in 1..unique.len() {
                for j in i + 1..unique.len() {
                    let other = deviation(&values, &[unique[0], unique[i], unique[j], last]);
                    prop_assert!(found <= other + 1e-6);
                }
            }
        }
    }
}
