//! Foreign files in, checked features out (数据导入): GeoJSON, GeoJSON text sequences, FlatGeobuf,
//! GeoPackage, Shapefile, CSV, XLSX, plain, gzipped or zipped.
//!
//! A reader per format tells rows as the file has them; headings are matched to the attributes of
//! the layer; values and geometries are checked row by row. Nothing is stored here.
//!
//! Invariants: only this room reads foreign formats; only declared columns get past it; a bad row
//! hides no other; no identity or telephone number is repeated in a message.

mod archive;
mod collect;
mod crosswalk;
mod error;
mod figures;
mod fit;
mod flows;
mod formats;
mod heading;
mod identity;
mod note;
mod options;
mod plan;
mod raw;
mod read;
mod records;
mod refusal;
mod repair;
mod report;
mod report_text;
mod shape;
mod single;
mod source;
mod text;
mod times;
mod told;
mod totals;
mod value;
mod wkt;

#[cfg(test)]
mod tests;

pub use crate::domain::polygon::Defect;
pub use crosswalk::{crosswalk_columns, read_crosswalk};
pub use error::ImportError;
pub use figures::{FiguresRead, figure_columns, read_figures};
pub use flows::{FlowsRead, flow_columns, read_flows};
pub use note::Note;
pub use options::{Locate, Phase, Progress, ReadOptions};
pub use read::{Imported, read};
pub use records::{Records, read_records};
pub use refusal::Refusal;
pub use repair::Repair;
pub use report::{CrsFrom, FileReport, Listing, Located, Report, RowError};
pub use single::check_value;
pub use times::{TimesRead, read_times, time_columns};
pub use totals::{AreaTotal, AreaTotals, read_totals};
