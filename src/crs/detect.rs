//! Finds a wrong tag by comparing new points with points that are already there.

use geo::{Coord, Point};
use rstar::{RTree, primitives::GeomWithData};

use super::{bd09_to_gcj02, gcj02_to_wgs84, wgs84_to_gcj02};
use crate::domain::{Title, measure::distance_m};

/// New points fit what is already there much better under another tag.
#[derive(Clone, Debug, PartialEq)]
pub struct ShiftWarning {
    /// How far the points seem to be shifted, metres.
    pub distance_m: f64,
    /// Whereto, e.g. south-east.
    pub direction: Title,
    /// What the tag should probably have been, e.g. `GCJ-02 tagged as WGS 84`.
    pub guess: Title,
}

impl ShiftWarning {
    /// The warning as a sentence.
    pub fn text(&self) -> Title {
        let rounded = (self.distance_m / 10.0).round() * 10.0;
        Title {
            zh: format!(
                "这些点看来整体向{}偏移约 {rounded:.0} 米：{}？",
                self.direction.zh, self.guess.zh
            ),
            en: format!(
                "these points look shifted by about {rounded:.0} m to the {}: {}?",
                self.direction.en, self.guess.en
            ),
        }
    }
}

/// A way in which a tag can be wrong: what takes the points back to their true place.
struct Hypothesis {
    undo: fn(Coord<f64>) -> Coord<f64>,
    zh: &'static str,
    en: &'static str,
}

const HYPOTHESES: [Hypothesis; 3] = [
    Hypothesis {
        undo: gcj02_to_wgs84,
        zh: "GCJ-02 坐标被标为 WGS 84",
        en: "GCJ-02 tagged as WGS 84",
    },
    Hypothesis {
        undo: wgs84_to_gcj02,
        zh: "WGS 84 坐标被标为 GCJ-02",
        en: "WGS 84 tagged as GCJ-02",
    },
    Hypothesis {
        undo: |c| gcj02_to_wgs84(bd09_to_gcj02(c)),
        zh: "BD-09 坐标被标为 WGS 84",
        en: "BD-09 tagged as WGS 84",
    },
];

/// Two places this near are taken for the same thing.
const SAME_PLACE_M: f64 = 120.0;

/// How many of the new points are looked at.
const SAMPLE: usize = 2000;

/// Compares points (longitude, latitude as their tag gives it) with `references` that are already
/// loaded. Answers only where another tag explains the points clearly better: at least a fifth of
/// them then meet a reference within 120 m, and at least twice as many as do now.
pub fn detect_shift(points: &[Coord<f64>], references: &[Coord<f64>]) -> Option<ShiftWarning> {
    let step = points.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<Coord<f64>> = points.iter().copied().step_by(step).collect();
    if sample.len() < 5 || references.len() < 5 {
        return None;
    }
    let middle_lat = sample.iter().map(|c| c.y).sum::<f64>() / sample.len() as f64;
    let squeeze = middle_lat.to_radians().cos();
    let tree = RTree::bulk_load(
        references
            .iter()
            .map(|c| GeomWithData::new([c.x * squeeze, c.y], *c))
            .collect(),
    );
    let score = |undo: fn(Coord<f64>) -> Coord<f64>| {
        let mut met = 0usize;
        let mut residual = 0.0;
        for point in &sample {
            let place = undo(*point);
            let Some(nearest) = tree.nearest_neighbor([place.x * squeeze, place.y]) else {
                continue;
            };
            let distance = distance_m(Point(place), Point(nearest.data));
            if distance <= SAME_PLACE_M {
                met += 1;
                residual += distance;
            }
        }
        (
            met,
            if met > 0 {
                residual / met as f64
            } else {
                f64::INFINITY
            },
        )
    };
    let (met_as_is, _) = score(|c| c);
    let scored = HYPOTHESES.iter().map(|h| (score(h.undo), h));
    let ((met, _), best) =
        scored.max_by(|((a, ra), _), ((b, rb), _)| a.cmp(b).then(rb.total_cmp(ra)))?;
    if met * 5 < sample.len() || met < 2 * met_as_is || met < 5 {
        return None;
    }
    let shifts: Vec<Coord<f64>> = sample.iter().map(|c| *c - (best.undo)(*c)).collect();
    let mean = shifts.iter().fold(Coord::zero(), |sum, s| sum + *s) / shifts.len() as f64;
    let true_place = sample[0] - mean;
    Some(ShiftWarning {
        distance_m: distance_m(Point(sample[0]), Point(true_place)),
        direction: direction(mean.x * squeeze, mean.y),
        guess: Title {
            zh: best.zh.into(),
            en: best.en.into(),
        },
    })
}

fn direction(east: f64, north: f64) -> Title {
    const NAMES: [(&str, &str); 8] = [
        ("东", "east"),
        ("东北", "north-east"),
        ("北", "north"),
        ("西北", "north-west"),
        ("西", "west"),
        ("西南", "south-west"),
        ("南", "south"),
        ("东南", "south-east"),
    ];
    let eighth = (north.atan2(east).to_degrees() / 45.0).round() as i32;
    let (zh, en) = NAMES[eighth.rem_euclid(8) as usize];
    Title {
        zh: zh.into(),
        en: en.into(),
    }
}

#[cfg(test)]
mod tests {
    use geo::coord;
    use proptest::prelude::*;

    use super::*;
    use crate::crs::gcj02_to_bd09;

    /// Stations some kilometres apart, without a regular pattern.
    fn stations() -> Vec<Coord<f64>> {
        let place = |i: u32| {
            let (a, b) = (f64::from(i * 7919 % 1009), f64::from(i * 104_729 % 997));
            coord! { x: 113.2 + a / 4000.0, y: 23.0 + b / 4000.0 }
        };
        (1..120).map(place).collect()
    }

    #[test]
    fn points_of_a_shifted_system_are_noticed() {
        let references = stations();
        for (shift, guess) in [
            (
                wgs84_to_gcj02 as fn(Coord<f64>) -> Coord<f64>,
                "GCJ-02 tagged as WGS 84",
            ),
            (gcj02_to_wgs84, "WGS 84 tagged as GCJ-02"),
            (
                |c| gcj02_to_bd09(wgs84_to_gcj02(c)),
                "BD-09 tagged as WGS 84",
            ),
        ] {
            let shifted: Vec<_> = references.iter().map(|c| shift(*c)).collect();
            let warning = detect_shift(&shifted, &references).expect("a shift");
            assert_eq!(warning.guess.en, guess);
        }
        let shifted: Vec<_> = references.iter().map(|c| wgs84_to_gcj02(*c)).collect();
        let text = detect_shift(&shifted, &references).unwrap().text();
        assert!(text.en.contains("to the south-east"), "{}", text.en);
        assert!((580.0..650.0).contains(&detect_shift(&shifted, &references).unwrap().distance_m));
    }

    #[test]
    fn points_in_their_place_raise_no_alarm() {
        let references = stations();
        assert_eq!(detect_shift(&references, &references), None);
    }

    proptest! {
        #[test]
        fn unrelated_points_raise_no_alarm(
            points in prop::collection::vec((113.2..113.45f64, 23.0..23.25f64), 20..200)
        ) {
            let points: Vec<_> = points.into_iter().map(|(x, y)| coord! { x: x, y: y }).collect();
            prop_assert_eq!(detect_shift(&points, &stations()), None);
        }
    }
}
