//! Domain values out, as foreign formats (数据导出): features of a layer, answers to questions as
//! tables, and empty workbooks to fill.
//!
//! Invariants: only this room and `tiles` write foreign formats; the same values give the same
//! bytes, dates included; a missing value is never written as zero; no cell is ever a formula.

mod context;
mod error;
mod format;
mod layer;
pub(crate) mod moment;
mod result;
pub(crate) mod sheet;
mod template;
mod words;

pub use context::ExportContext;
pub use error::ExportError;
pub use format::Format;
pub use layer::{Exported, Loss, export_layer};
pub use result::{ResultColumn, ResultTable, write_csv, write_geojson, write_text, write_xlsx};
pub use template::{TemplateFormat, write_table_template, write_template};
