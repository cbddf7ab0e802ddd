//! North, scale and what stands below a map.

use super::{Map, STRIP};
use crate::{
    domain::Language,
    reports::figure::{
        place::Frame,
        svg::{Anchor, Canvas, Type, text_width},
    },
};

impl Map {
    pub(super) fn draw_north(&self, canvas: &mut Canvas, at: Frame) {
        let x = (at.0 + at.2) / 2.0;
        let (top, foot) = (at.1 + 9.0, at.3 - 1.0);
        let bold = Type {
            bold: true,
            halo: true,
            ..Type::new(8.0, Anchor::Middle)
        };
        canvas.text((x, at.1 + 7.0), "N", bold);
        let left = vec![(x, top), (x - 6.0, foot), (x, foot - 6.0)];
        let right = vec![(x, top), (x + 6.0, foot), (x, foot - 6.0)];
        canvas.path(
            &[left],
            true,
            r##"fill="#1a1a1a" stroke="#1a1a1a" stroke-width="0.6""##,
        );
        canvas.path(
            &[right],
            true,
            r##"fill="#ffffff" stroke="#1a1a1a" stroke-width="0.6""##,
        );
    }

    pub(super) fn draw_scale(&self, canvas: &mut Canvas, at: Frame, metres: f64, per_metre: f64) {
        let (x, y, long) = (at.0 + 8.0, at.3 - 3.0, metres * per_metre);
        canvas.rect(
            (x, y - 4.0),
            (long / 2.0, 4.0),
            r##"fill="#1a1a1a" stroke="#1a1a1a" stroke-width="0.6""##,
        );
        canvas.rect(
            (x + long / 2.0, y - 4.0),
            (long / 2.0, 4.0),
            r##"fill="#ffffff" stroke="#1a1a1a" stroke-width="0.6""##,
        );
        let unit = match (metres >= 1000.0, self.language) {
            (true, Language::Zh) => "公里",
            (true, Language::En) => "km",
            (false, Language::Zh) => "米",
            (false, Language::En) => "m",
        };
        let shown = if metres >= 1000.0 {
            metres / 1000.0
        } else {
            metres
        };
        let look = Type {
            halo: true,
            ..Type::new(6.5, Anchor::Middle)
        };
        canvas.text((x, y - 6.5), "0", look);
        canvas.text((x + long / 2.0, y - 6.5), &format!("{}", shown / 2.0), look);
        canvas.text((x + long, y - 6.5), &format!("{shown} {unit}"), look);
    }

    pub(super) fn draw_imprint(&self, canvas: &mut Canvas, width: f64, height: f64) {
        let top = height - STRIP;
        canvas.rect((0.0, top), (width, STRIP), r##"fill="#ffffff""##);
        canvas.rect(
            (0.4, 0.4),
            (width - 0.8, height - 0.8),
            r##"fill="none" stroke="#3a3a3a" stroke-width="0.8""##,
        );
        canvas.line(
            (0.4, top),
            (width - 0.4, top),
            r##"stroke="#3a3a3a" stroke-width="0.5""##,
        );
        let mut right: Vec<&str> = self.imprint.marks.iter().map(String::as_str).collect();
        if !self.imprint.approval.is_empty() {
            right.insert(0, &self.imprint.approval);
        }
        let right = right.join("  ·  ");
        let size = 6.2;
        canvas.text(
            (6.0, top + 10.5),
            &shortened(&self.imprint.source, size, width - 12.0),
            Type::new(size, Anchor::Start),
        );
        canvas.text(
            (width - 6.0, top + 20.0),
            &right,
            Type::new(size, Anchor::End),
        );
    }
}

/// The first of a text that fits, with dots where it was cut.
fn shortened(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if text_width(&kept, size) > width - size {
            kept.pop();
            break;
        }
    }
    kept + "…"
}
