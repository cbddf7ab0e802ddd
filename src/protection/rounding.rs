use super::Policy;
use crate::domain::{Attribute, Layer, Role};

/// Which count of a layer each count is a part of, by place: ages and households of the residents
/// of the same caliber.
pub(super) fn wholes(layer: &Layer) -> Vec<Option<usize>> {
    let is_whole = |a: &Attribute| matches!(a.role, Role::Population | Role::Jobs);
    let whole_of = |part: &Attribute| {
        let mut counts = layer.counts();
        let found = counts.find(|(_, whole)| is_whole(whole) && whole.caliber == part.caliber);
        found.map(|(place, _)| place)
    };
    let attributes = layer.attributes.iter();
    attributes
        .map(|part| whole_of(part).filter(|_| part.is_count() && !is_whole(part)))
        .collect()
}

/// Rounds the counts of a piece, by place in the layer's attributes: each to a multiple of k, up or
/// down by its own draw, so that the mean of what may be published is the count.
///
/// The parts of a whole below k are rounded together with it: where it is published as 0 so are
/// they, where it is published as k each stands for its share of it. A piece therefore never shows
/// nobody of whom ten are children.
pub(super) fn round(
    policy: &Policy,
    piece: &str,
    layer: &Layer,
    wholes: &[Option<usize>],
    counts: &[Option<i64>],
) -> Vec<Option<i64>> {
    let draw = |place: usize| policy.draw(piece, layer.attributes[place].id.as_str());
    let k = i64::from(policy.k());
    let alone = |place: usize, count: i64| step(count, k, draw(place)).saturating_mul(k);
    (0..counts.len())
        .map(|place| {
            let count = counts[place]?;
            let whole = wholes[place].and_then(|at| Some((at, counts[at]?)));
            Some(match whole {
                Some((at, whole)) if whole < k => match alone(at, whole) {
                    0 => 0,
                    _ => step(count.min(whole), whole, draw(place)).saturating_mul(k),
                },
                _ => alone(place, count),
            })
        })
        .collect()
}

/// `count / unit` rounded to a whole number: up where the draw is below the rest.
fn step(count: i64, unit: i64, draw: f64) -> i64 {
    let rest = count % unit;
    count / unit + i64::from(draw < rest as f64 / unit as f64)
}

/// Rounds a count that stands for itself.
pub(super) fn round_one(policy: &Policy, piece: &str, attribute: &str, count: i64) -> i64 {
    let k = i64::from(policy.k());
    step(count, k, policy.draw(piece, attribute)).saturating_mul(k)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::read_catalog;

    fn policy() -> Policy {
        Policy::new(10, [3; 32]).expect("a policy")
    }

    #[test]
    fn rounding_has_no_bias_and_never_moves_by_k() {
        for count in [0, 1, 4, 9, 10, 11, 137] {
            let rounded = (0..8000).map(|n| round_one(&policy(), &n.to_string(), "jobs", count));
            let rounded: Vec<i64> = rounded.collect();
            assert!(
                rounded
                    .iter()
                    .all(|r| r % 10 == 0 && (r - count).abs() < 10)
            );
            let mean = rounded.iter().sum::<i64>() as f64 / 8000.0;
            assert!((mean - count as f64).abs() < 0.25, "{count}: {mean}");
        }
    }

    #[test]
    fn parts_of_a_small_whole_go_with_it_and_have_no_bias() {
        let catalog = read_catalog(None).expect("sound definitions");
        let layer = catalog.layer("residences").expect("built in");
        let place = |id: &str| layer.attribute_index(id).expect("built in");
        let (whole, part) = (place("usual_residents"), place("age_6_11"));
        let mut counts = vec![None; layer.attributes.len()];
        (counts[whole], counts[part]) = (Some(7), Some(3));
        let wholes = wholes(layer);
        assert_eq!(wholes[part], Some(whole));
        assert_eq!(wholes[place("hukou_residents")], None);
        let mut sums = [0, 0];
        for n in 0..8000 {
            let rounded = round(&policy(), &n.to_string(), layer, &wholes, &counts);
            let (people, children) = (
                rounded[whole].expect("there"),
                rounded[part].expect("there"),
            );
            assert!(children <= people && rounded[place("age_0_2")].is_none());
            sums = [sums[0] + people, sums[1] + children];
        }
        let means = sums.map(|sum| sum as f64 / 8000.0);
        assert!(
            (means[0] - 7.0).abs() < 0.25 && (means[1] - 3.0).abs() < 0.25,
            "{means:?}"
        );
    }
}
