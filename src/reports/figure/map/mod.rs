mod closer;
mod furniture;
mod labels;
mod legend;
mod lines;

use geo::{MultiPolygon, Rect};

pub use lines::{MapLine, MapLines};

use super::{
    Classes, Drawing, Hatch, TEXT_WIDTH_PT,
    place::{Frame, Room, covered},
    plane::{Plane, bounds, round_length},
    svg::{Anchor, Canvas, Type, text_width},
};
use crate::domain::Language;

/// One area of a choropleth.
#[derive(Clone, Debug)]
pub struct MapArea {
    pub shape: MultiPolygon<f64>,
    /// A point inside, where its label stands.
    pub place: (f64, f64),
    pub value: Option<f64>,
    pub name: String,
    /// The value as it is printed below the name.
    pub printed: String,
}

/// A point on a map with a name, e.g. a station or a site.
#[derive(Clone, Debug)]
pub struct Mark {
    pub place: (f64, f64),
    pub name: String,
    /// A ranked mark shows its number in a circle.
    pub number: Option<usize>,
}

/// Marks of one kind, with their words in the legend.
#[derive(Clone, Debug)]
pub struct MarkSet {
    pub title: String,
    pub marks: Vec<Mark>,
}

/// A surface over the areas.
#[derive(Clone, Debug)]
pub struct Surface {
    pub shape: MultiPolygon<f64>,
    pub title: String,
    pub kind: SurfaceKind,
}

/// Whether a surface is what is reached or what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurfaceKind {
    Reached,
    Blind,
}

/// What stands below every map: source, date, approval number (审图号), marks.
#[derive(Clone, Debug, Default)]
pub struct Imprint {
    pub source: String,
    pub approval: String,
    pub marks: Vec<String>,
}

/// A map (专题地图): areas by class, what lies over them, legend, scale, north, imprint.
#[derive(Clone, Debug)]
pub struct Map {
    pub language: Language,
    pub areas: Vec<MapArea>,
    /// Larger areas whose borders stand out.
    pub borders: Vec<MultiPolygon<f64>>,
    pub classes: Classes,
    pub legend_title: String,
    pub surface: Option<Surface>,
    pub lines: MapLines,
    /// The last ones lie on top.
    pub marks: Vec<MarkSet>,
    pub imprint: Imprint,
    /// Only this part of it, enlarged; all of it without.
    pub window: Option<Rect<f64>>,
}

const SMALL: f64 = 7.0;
/// Two lines below the map: the sources, then approval number and marks.
const STRIP: f64 = 25.0;
const MARGIN: f64 = 10.0;
const TALLEST: f64 = 370.0;

impl Map {
    /// A map of nothing yet.
    pub fn new(classes: Classes, imprint: Imprint, language: Language) -> Self {
        Map {
            language,
            areas: Vec::new(),
            borders: Vec::new(),
            classes,
            legend_title: String::new(),
            surface: None,
            lines: MapLines::default(),
            marks: Vec::new(),
            imprint,
            window: None,
        }
    }

    pub fn draw(&self) -> Drawing {
        let no_shapes = || self.empty();
        let shapes = self
            .areas
            .iter()
            .map(|area| &area.shape)
            .chain(&self.borders);
        let Some(around) = self.window.or_else(|| bounds(shapes)) else {
            return no_shapes();
        };
        let width = TEXT_WIDTH_PT;
        let legend = self.legend_size();
        let full = (width - 2.0 * MARGIN) * Plane::aspect(around);
        let tall = full.clamp(150.0, TALLEST - STRIP - 2.0 * MARGIN);
        let lay = |left: f64, right: f64, tall: f64| {
            Plane::fitting(
                around,
                (MARGIN + left, MARGIN),
                (width - 2.0 * MARGIN - left - right, tall),
            )
        };
        // The legend lies in a free corner, else the map makes room for it on its right.
        let mut plane = lay(0.0, 0.0, tall);
        let mut height = tall + 2.0 * MARGIN + STRIP;
        let mut outlines = self.outlines(&plane);
        let mut corner = self.free_corner(legend, (width, height), &outlines, &[]);
        let mut frame = Frame(MARGIN, MARGIN, width - MARGIN, MARGIN + tall);
        if corner.1 > 0.02 || self.window.is_some() {
            let right = legend.0 + 10.0;
            let ratio = (width - 2.0 * MARGIN - right) / (width - 2.0 * MARGIN);
            let tall = (full * ratio).clamp(legend.1 + 60.0, TALLEST - STRIP - 2.0 * MARGIN);
            plane = lay(0.0, right, tall);
            height = tall + 2.0 * MARGIN + STRIP;
            outlines = self.outlines(&plane);
            frame = Frame(MARGIN, MARGIN, width - MARGIN - right, MARGIN + tall);
            let (x, y) = (width - legend.0 - 8.0, height - STRIP - legend.1 - 8.0);
            corner = (Frame(x, y, x + legend.0, y + legend.1), 0.0);
        }
        let legend_at = corner.0;
        let compass = (44.0, 34.0);
        let taken = [legend_at];
        let compass_at = self
            .free_corner(compass, (width, height), &outlines, &taken)
            .0;
        let bar_m = round_length((width * 0.22) / plane.points_per_metre());
        let bar = (bar_m * plane.points_per_metre() + 30.0, 20.0);
        let taken = [legend_at, compass_at];
        let bar_at = self.free_corner(bar, (width, height), &outlines, &taken).0;

        let mut canvas = Canvas::new(width, height);
        let inside = match self.window {
            Some(_) => frame,
            None => Frame(0.0, 0.0, width, height - STRIP),
        };
        canvas.open(inside.corner(), inside.size());
        self.draw_areas(&mut canvas, &outlines);
        self.draw_surface(&mut canvas, &plane);
        for border in &self.borders {
            let style =
                r##"fill="none" stroke="#3a3a3a" stroke-width="1.1" stroke-linejoin="round""##;
            canvas.path(&plane.rings(border), true, style);
        }
        if let Some(window) = self.crowded() {
            self.draw_window(&mut canvas, &plane, window);
        }
        let mut room = Room::new(inside);
        for frame in [legend_at, compass_at, bar_at] {
            room.take(frame);
        }
        self.draw_lines(&mut canvas, &plane);
        self.draw_marks(&mut canvas, &plane, &mut room);
        let key = self.draw_labels(&mut canvas, &plane, &mut room, width);
        canvas.close();
        if self.window.is_some() {
            let style = r##"fill="none" stroke="#7d7d7d" stroke-width="0.6""##;
            canvas.rect(inside.corner(), inside.size(), style);
        }
        self.draw_legend(&mut canvas, legend_at);
        self.draw_north(&mut canvas, compass_at);
        self.draw_scale(&mut canvas, bar_at, bar_m, plane.points_per_metre());
        key.draw(&mut canvas, width, height - STRIP);
        canvas.grow(key.height());
        self.draw_imprint(&mut canvas, width, height + key.height());
        canvas.finish()
    }

    fn empty(&self) -> Drawing {
        let mut canvas = Canvas::new(TEXT_WIDTH_PT, 60.0);
        let text = match self.language {
            Language::Zh => "没有可绘制的单元边界",
            Language::En => "no boundaries to draw",
        };
        canvas.text(
            (TEXT_WIDTH_PT / 2.0, 34.0),
            text,
            Type::new(9.0, Anchor::Middle),
        );
        canvas.finish()
    }

    fn outlines(&self, plane: &Plane) -> Vec<Vec<Vec<(f64, f64)>>> {
        self.areas
            .iter()
            .map(|area| plane.rings(&area.shape))
            .collect()
    }

    /// The corner where a box covers least of the areas and nothing that is taken, with the share.
    fn free_corner(
        &self,
        (w, h): (f64, f64),
        (width, height): (f64, f64),
        outlines: &[Vec<Vec<(f64, f64)>>],
        taken: &[Frame],
    ) -> (Frame, f64) {
        let (left, top) = (8.0, 8.0);
        let (right, bottom) = (width - w - 8.0, height - STRIP - h - 8.0);
        let corners = [(left, bottom), (right, bottom), (right, top), (left, top)];
        let mut best: Option<(Frame, f64)> = None;
        for (x, y) in corners {
            let frame = Frame(x, y, x + w, y + h);
            if taken.iter().any(|taken| taken.meets(&frame)) {
                continue;
            }
            let share = covered(frame, outlines);
            if best.is_none_or(|(_, least)| share < least) {
                best = Some((frame, share));
            }
        }
        best.unwrap_or((Frame(right, top, right + w, top + h), 1.0))
    }

    fn draw_areas(&self, canvas: &mut Canvas, outlines: &[Vec<Vec<(f64, f64)>>]) {
        for (area, rings) in self.areas.iter().zip(outlines) {
            let fill = self.classes.fill(area.value);
            let base = format!(
                r##"fill="{}" fill-rule="evenodd" stroke="#7d7d7d" stroke-width="0.5" stroke-linejoin="round""##,
                fill.color
            );
            canvas.path(rings, true, &base);
            if let Some(hatch) = fill.hatch {
                canvas.define(&hatch.definition());
                let over = format!(
                    r##"fill="url(#{})" fill-rule="evenodd" stroke="#7d7d7d" stroke-width="0.5""##,
                    hatch.id()
                );
                canvas.path(rings, true, &over);
            }
        }
    }

    fn draw_surface(&self, canvas: &mut Canvas, plane: &Plane) {
        if let Some(surface) = &self.surface {
            if surface.kind == SurfaceKind::Blind {
                canvas.define(&Hatch::Blind.definition());
            }
            let style = surface_style(surface.kind);
            canvas.path(&plane.rings(&surface.shape), true, style);
        }
    }

    fn draw_marks(&self, canvas: &mut Canvas, plane: &Plane, room: &mut Room) {
        let all = self.marks.iter().flat_map(|set| &set.marks);
        let (dot, edge) = self.dot();
        let dot_style = format!(r##"fill="#ffffff" stroke="#1a1a1a" stroke-width="{edge}""##);
        let placed = |mark: &'_ Mark| plane.point(mark.place.0, mark.place.1);
        for mark in all.clone() {
            let ((x, y), radius) = (placed(mark), mark.number.map_or(dot, |_| 6.0));
            room.take(Frame(x - radius, y - radius, x + radius, y + radius));
        }
        for mark in all {
            let (x, y) = placed(mark);
            match mark.number {
                Some(number) => {
                    canvas.circle(
                        (x, y),
                        6.0,
                        r##"fill="#b3261e" stroke="#ffffff" stroke-width="1""##,
                    );
                    let look = Type {
                        bold: true,
                        color: "#ffffff",
                        ..Type::new(SMALL, Anchor::Middle)
                    };
                    canvas.text((x, y + 2.5), &number.to_string(), look);
                }
                None => canvas.circle((x, y), dot, &dot_style),
            }
            let size = 6.2;
            let width = text_width(&mark.name, size);
            let gap = if mark.number.is_some() { 8.0 } else { 4.0 };
            let sides = [(x + gap, Anchor::Start), (x - gap - width, Anchor::End)];
            let mut free = sides.into_iter().filter(|(left, _)| {
                !mark.name.is_empty() && room.try_take(Frame(*left, y - 4.0, left + width, y + 3.5))
            });
            // What a ranked mark comes to is told in any case, upon dots if need be.
            let needed = mark.number.map(|_| sides[0]);
            let Some((left, anchor)) = free.next().or(needed) else {
                continue;
            };
            let at = match anchor {
                Anchor::Start => left,
                _ => left + width,
            };
            let look = Type {
                halo: true,
                ..Type::new(size, anchor)
            };
            canvas.text((at, y + 2.2), &mark.name, look);
        }
    }

    /// Radius and edge of marks without a number: many are small, so that the map shows through.
    fn dot(&self) -> (f64, f64) {
        let all = self.marks.iter().flat_map(|set| &set.marks);
        match all.filter(|mark| mark.number.is_none()).count() {
            0..=150 => (2.0, 1.0),
            151..=600 => (1.3, 0.7),
            _ => (0.8, 0.45),
        }
    }
}

/// Of a blind spot the hatch must be defined too.
const fn surface_style(kind: SurfaceKind) -> &'static str {
    match kind {
        SurfaceKind::Reached => {
            r##"fill="#d9a300" fill-opacity="0.28" fill-rule="evenodd" stroke="#8a6700" stroke-width="0.7" stroke-dasharray="2.5 1.5""##
        }
        SurfaceKind::Blind => {
            r##"fill="url(#blind)" fill-rule="evenodd" stroke="#8a1f11" stroke-width="0.35""##
        }
    }
}
