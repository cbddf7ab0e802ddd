use super::{Map, SMALL, lines::INK, surface_style};
use crate::reports::figure::{
    classes::{Fill, NO_DATA},
    place::Frame,
    svg::{Anchor, Canvas, Type, text_width},
};

const ROW: f64 = 12.0;

/// What a line of the legend shows.
enum Sign<'m> {
    Fill(Fill),
    Surface(&'m super::Surface),
    /// A line of so many points.
    Line(f64),
    /// A plain mark, or a numbered one.
    Mark(bool),
}

impl Map {
    /// Sign and words of every line.
    fn legend_rows(&self) -> Vec<(Sign<'_>, &str)> {
        let mut rows = Vec::new();
        // A map that is only of marks has no classes to explain.
        if self.areas.iter().any(|area| area.value.is_some()) {
            let classes = self.classes.classes.iter();
            let classes = classes.filter(|class| !class.label.is_empty());
            rows.extend(classes.map(|class| (Sign::Fill(class.fill.clone()), &*class.label)));
        }
        let is_undefined = |area: &super::MapArea| self.classes.fill(area.value) == NO_DATA;
        if self.areas.iter().any(is_undefined) {
            rows.push((Sign::Fill(NO_DATA), self.classes.undefined));
        }
        if let Some(surface) = &self.surface {
            rows.push((Sign::Surface(surface), &*surface.title));
        }
        for class in self.lines.classes() {
            rows.push((Sign::Line(class.width), &*class.label));
        }
        for set in self.marks.iter().filter(|set| !set.marks.is_empty()) {
            let is_numbered = set.marks.iter().any(|mark| mark.number.is_some());
            rows.push((Sign::Mark(is_numbered), &*set.title));
        }
        rows
    }

    pub(super) fn legend_size(&self) -> (f64, f64) {
        let rows = self.legend_rows();
        let texts = rows.iter().map(|(_, text)| text_width(text, SMALL) + 24.0);
        let widest = texts.fold(text_width(&self.legend_title, SMALL), f64::max);
        (widest + 14.0, rows.len() as f64 * ROW + ROW + 8.0)
    }

    pub(super) fn draw_legend(&self, canvas: &mut Canvas, at: Frame) {
        let style = r##"fill="#ffffff" fill-opacity="0.92" stroke="#9a9a9a" stroke-width="0.5""##;
        canvas.rect((at.0, at.1), (at.2 - at.0, at.3 - at.1), style);
        let mut y = at.1 + 11.0;
        let bold = Type {
            bold: true,
            ..Type::new(SMALL, Anchor::Start)
        };
        canvas.text((at.0 + 6.0, y), &self.legend_title, bold);
        for (sign, text) in self.legend_rows() {
            y += ROW;
            let (corner, size) = ((at.0 + 6.0, y - 7.0), (16.0, 8.5));
            let edge = r##"stroke="#7d7d7d" stroke-width="0.5""##;
            match sign {
                Sign::Fill(fill) => {
                    canvas.rect(corner, size, &format!(r#"fill="{}" {edge}"#, fill.color));
                    if let Some(hatch) = fill.hatch {
                        canvas.define(&hatch.definition());
                        canvas.rect(
                            corner,
                            size,
                            &format!(r#"fill="url(#{})" {edge}"#, hatch.id()),
                        );
                    }
                }
                Sign::Surface(surface) => {
                    canvas.rect(corner, size, surface_style(surface.kind));
                }
                Sign::Line(width) => {
                    let style = format!(r#"stroke="{INK}" stroke-width="{width:.2}""#);
                    canvas.line((at.0 + 6.0, y - 2.8), (at.0 + 22.0, y - 2.8), &style);
                }
                Sign::Mark(is_numbered) => {
                    let style = match is_numbered {
                        true => r##"fill="#b3261e" stroke="#ffffff" stroke-width="1""##,
                        false => r##"fill="#ffffff" stroke="#1a1a1a" stroke-width="1""##,
                    };
                    let radius = if is_numbered { 4.2 } else { 2.2 };
                    canvas.circle((at.0 + 14.0, y - 2.8), radius, style);
                }
            }
            canvas.text((at.0 + 27.0, y), text, Type::new(SMALL, Anchor::Start));
        }
    }
}
