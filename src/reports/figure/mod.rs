//! Maps and charts as SVG, sizes in points; readable in greys.

mod bars;
mod classes;
mod hatch;
mod map;
mod place;
mod plane;
mod pyramid;
mod svg;

pub use bars::{Bar, BarChart, Group, GroupedBars};
pub use classes::Classes;
pub use hatch::scoped;
pub use map::{Imprint, Map, MapArea, MapLine, MapLines, Mark, MarkSet, Surface, SurfaceKind};
pub use pyramid::{Pyramid, PyramidBand};
pub use svg::escape;

use hatch::Hatch;

/// A finished image.
#[derive(Clone, Debug)]
pub struct Drawing {
    pub svg: String,
    pub width_pt: f64,
    pub height_pt: f64,
}

/// The width of the text on A4 with margins of 25 mm: 160 mm.
pub const TEXT_WIDTH_PT: f64 = 453.5;
