//! Where areas are so small on paper that nobody reads them: a second map shows that part enlarged.

use geo::{BoundingRect, Coord, Intersects, Rect};

use super::{MARGIN, Map, STRIP, TALLEST, TEXT_WIDTH_PT, bounds};
use crate::reports::figure::{plane::Plane, svg::Canvas};

/// An area that is smaller than this on paper bears no label, points.
const READABLE: (f64, f64) = (22.0, 14.0);

/// So many unreadable areas are worth a map.
const MANY: usize = 10;

/// A part that is no smaller than this share of the whole, by width and by height, is not enlarged.
const SMALLER: f64 = 0.6;

impl Map {
    /// The box around most of the areas that are too small to be read; `None` where they are few,
    /// or lie all over the map.
    pub(super) fn crowded(&self) -> Option<Rect<f64>> {
        if self.window.is_some() {
            return None;
        }
        let shapes = self.areas.iter().map(|area| &area.shape);
        let around = bounds(shapes.chain(&self.borders))?;
        let paper = (TEXT_WIDTH_PT - 2.0 * MARGIN, TALLEST - STRIP - 2.0 * MARGIN);
        let plane = Plane::fitting(around, (0.0, 0.0), paper);
        let boxes = self.areas.iter().filter_map(|area| {
            let own = area.shape.bounding_rect()?;
            let (left, top) = plane.point(own.min().x, own.max().y);
            let (right, foot) = plane.point(own.max().x, own.min().y);
            let is_small = right - left < READABLE.0 || foot - top < READABLE.1;
            is_small.then_some(own)
        });
        let boxes: Vec<Rect<f64>> = boxes.collect();
        if boxes.len() < MANY {
            return None;
        }
        // Some that lie apart do not widen the box.
        let middle = |pick: fn(Coord<f64>) -> f64, share: f64| {
            let mut all: Vec<f64> = boxes.iter().map(|own| pick(own.center())).collect();
            all.sort_by(f64::total_cmp);
            all[((all.len() - 1) as f64 * share).round() as usize]
        };
        let core = Rect::new(
            (middle(|c| c.x, 0.08), middle(|c| c.y, 0.08)),
            (middle(|c| c.x, 0.92), middle(|c| c.y, 0.92)),
        );
        let inside = boxes.iter().filter(|own| own.intersects(&core));
        let window = inside.copied().reduce(joined)?;
        let is_smaller = window.width() < SMALLER * around.width()
            && window.height() < SMALLER * around.height();
        is_smaller.then_some(window)
    }

    /// The crowded part of the map, enlarged.
    pub fn closer(&self) -> Option<Map> {
        let window = self.crowded()?;
        let mut map = self.clone();
        map.areas
            .retain(|area| is_in(area.shape.bounding_rect(), window));
        map.borders
            .retain(|border| is_in(border.bounding_rect(), window));
        map.window = Some(window);
        Some(map)
    }

    /// Shows which part is enlarged.
    pub(super) fn draw_window(&self, canvas: &mut Canvas, plane: &Plane, window: Rect<f64>) {
        let (left, top) = plane.point(window.min().x, window.max().y);
        let (right, foot) = plane.point(window.max().x, window.min().y);
        let style = r##"fill="none" stroke="#1a1a1a" stroke-width="0.9" stroke-dasharray="4 2""##;
        canvas.rect((left, top), (right - left, foot - top), style);
    }
}

fn joined(a: Rect<f64>, b: Rect<f64>) -> Rect<f64> {
    Rect::new(
        (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
        (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
    )
}

pub(super) fn is_in(own: Option<Rect<f64>>, window: Rect<f64>) -> bool {
    own.is_some_and(|own| own.intersects(&window))
}

#[cfg(test)]
mod tests {
    use geo::MultiPolygon;

    use super::*;
    use crate::{
        domain::Language,
        reports::figure::{Classes, Imprint, MapArea, MapLines},
    };

    fn square(x: f64, y: f64, side: f64) -> MapArea {
        let own = Rect::new((x, y), (x + side, y + side));
        MapArea {
            shape: MultiPolygon(vec![own.to_polygon()]),
            place: (x + side / 2.0, y + side / 2.0),
            value: Some(0.5),
            name: "某街".into(),
            printed: "1".into(),
        }
    }

    fn map(areas: Vec<MapArea>) -> Map {
        Map {
            language: Language::Zh,
            areas,
            borders: Vec::new(),
            classes: Classes::rising(&[0.5], |n| n.to_string(), Language::Zh),
            legend_title: String::new(),
            surface: None,
            marks: Vec::new(),
            imprint: Imprint::default(),
            lines: MapLines::default(),
            window: None,
        }
    }

    #[test]
    fn a_crowd_is_enlarged_and_nothing_else() {
        // Sixteen small squares in the middle of four large ones.
        let large = [(113.0, 23.0), (113.6, 23.0), (113.0, 23.6), (113.6, 23.6)];
        let mut areas: Vec<MapArea> = large.map(|(x, y)| square(x, y, 0.4)).into();
        assert!(map(areas.clone()).closer().is_none());
        let small = (0..16).map(f64::from).map(|n: f64| {
            let (x, y) = (n % 4.0, (n / 4.0).floor());
            square(113.46 + 0.02 * x, 23.46 + 0.02 * y, 0.02)
        });
        areas.extend(small);
        let whole = map(areas);
        let closer = whole.closer().expect("a crowd");
        let window = closer.window.expect("a window");
        assert!(window.width() < 0.1 && window.height() < 0.1);
        assert_eq!(closer.areas.len(), 16);
        assert!(closer.closer().is_none());
        // All of them can be read now; of the whole map some cannot.
        let named = |map: &Map| map.draw().svg.matches("某街").count();
        assert_eq!(named(&closer), 16);
        assert!(named(&whole) < 20);
        assert!(whole.draw().svg.contains("stroke-dasharray=\"4 2\""));
    }
}
