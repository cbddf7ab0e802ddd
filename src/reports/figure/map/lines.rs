//! Desire lines (期望线): who goes from where to where, as lines by width.

use super::Map;
use crate::{
    domain::Language,
    reports::figure::{plane::Plane, svg::Canvas},
};

/// A line of a map, from one place to another, with how many go there.
#[derive(Clone, Debug)]
pub struct MapLine {
    pub ends: [(f64, f64); 2],
    pub count: i64,
}

/// Lines in classes of width, largest counts first: told apart in black and white.
#[derive(Clone, Debug, Default)]
pub struct MapLines {
    lines: Vec<MapLine>,
    classes: Vec<WidthClass>,
}

/// Lines of at least so many, with their width and words.
#[derive(Clone, Debug)]
pub(super) struct WidthClass {
    least: i64,
    pub width: f64,
    pub label: String,
}

/// Widths in points, the widest first.
const WIDTHS: [f64; 4] = [3.0, 1.9, 1.1, 0.6];

/// Where each class begins, as a share of the largest count; the last takes what is left.
const SHARES: [f64; 3] = [0.75, 0.55, 0.4];

/// How far a line swings to the right of the straight one, by its length: there and back lie apart.
const SWING: f64 = 0.11;

/// Into how many pieces a swung line is cut.
const PIECES: usize = 16;

pub(super) const INK: &str = "#1d3f47";

impl MapLines {
    /// With classes that begin at round numbers, as `print` tells them.
    pub fn of(mut lines: Vec<MapLine>, print: impl Fn(i64) -> String, language: Language) -> Self {
        lines.sort_by_key(|line| -line.count);
        let Some(most) = lines.first().map(|line| line.count as f64) else {
            return MapLines::default();
        };
        let mut edges = SHARES.map(|share| one_digit(share * most)).to_vec();
        edges.push(0);
        edges.dedup();
        let (mut classes, mut above) = (Vec::new(), None);
        for (least, width) in edges.into_iter().zip(WIDTHS) {
            let is_here = |line: &&MapLine| {
                line.count >= least && above.is_none_or(|above| line.count < above)
            };
            if lines.iter().any(|line| is_here(&line)) {
                let label = match (least, above) {
                    (least, None) => format!("≥ {}", print(least)),
                    (0, Some(above)) => format!("< {}", print(above)),
                    (least, Some(above)) => format!("{}–{}", print(least), print(above)),
                };
                let unit = match language {
                    Language::Zh => " 人",
                    Language::En => "",
                };
                let label = label + unit;
                classes.push(WidthClass {
                    least,
                    width,
                    label,
                });
            }
            above = Some(least);
        }
        MapLines { lines, classes }
    }

    pub(super) fn classes(&self) -> &[WidthClass] {
        &self.classes
    }

    fn width(&self, count: i64) -> f64 {
        let class = self.classes.iter().find(|class| count >= class.least);
        class.map_or(WIDTHS[3], |class| class.width)
    }
}

/// A number with all but its first digit at zero: 5975 is 5000.
fn one_digit(number: f64) -> i64 {
    let power = 10f64.powf(number.max(1.0).log10().floor());
    ((number / power).floor() * power) as i64
}

impl Map {
    /// The largest lie on top, each with a light edge that parts it from those below.
    pub(super) fn draw_lines(&self, canvas: &mut Canvas, plane: &Plane) {
        for line in self.lines.lines.iter().rev() {
            let [from, to] = line.ends.map(|(lon, lat)| plane.point(lon, lat));
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = dx.hypot(dy);
            if length < 1.0 {
                continue;
            }
            let width = self.lines.width(line.count);
            let swung = |share: f64| {
                let away = SWING * 4.0 * share * (1.0 - share);
                let (x, y) = (from.0 + dx * share, from.1 + dy * share);
                (x - dy * away, y + dx * away)
            };
            // The head is as long as the line is wide, and some more.
            let head = (3.0 + 1.5 * width).min(length * 0.45);
            let neck = 1.0 - head / length;
            let pieces = (0..=PIECES).map(|at| swung(neck * at as f64 / PIECES as f64));
            let pieces = vec![pieces.collect::<Vec<_>>()];
            for (stroke, width) in [("#ffffff", width + 1.1), (INK, width)] {
                let style = format!(
                    r#"fill="none" stroke="{stroke}" stroke-width="{width:.2}" stroke-linejoin="round""#
                );
                canvas.path(&pieces, false, &style);
            }
            let base = swung(neck);
            let (hx, hy) = (to.0 - base.0, to.1 - base.1);
            let half = (1.4 + 0.8 * width) / hx.hypot(hy).max(1e-6);
            let tip = vec![
                to,
                (base.0 - hy * half, base.1 + hx * half),
                (base.0 + hy * half, base.1 - hx * half),
            ];
            let style = format!(r##"fill="{INK}" stroke="#ffffff" stroke-width="0.5""##);
            canvas.path(&[tip], true, &style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_round_rising_and_hold_every_line() {
        let counts = [9200, 5000, 4999, 1500, 1499, 12];
        let lines = counts.map(|count| MapLine {
            ends: [(0.0, 0.0), (1.0, 1.0)],
            count,
        });
        let found = MapLines::of(lines.to_vec(), |n| n.to_string(), Language::Zh);
        let labels: Vec<&str> = found.classes().iter().map(|c| c.label.as_str()).collect();
        assert_eq!(
            labels,
            ["≥ 6000 人", "5000–6000 人", "3000–5000 人", "< 3000 人"]
        );
        let widths = counts.map(|count| found.width(count));
        assert_eq!(widths, [3.0, 1.9, 1.1, 0.6, 0.6, 0.6]);
        // Lines that are all alike have one class.
        let same = MapLines::of(lines[..1].to_vec(), |n| n.to_string(), Language::En);
        assert_eq!(same.classes().len(), 1);
        assert!(
            MapLines::of(Vec::new(), |n| n.to_string(), Language::Zh)
                .classes()
                .is_empty()
        );
    }
}
