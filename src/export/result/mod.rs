//! Answers to questions as tables: for spreadsheets, maps and the terminal.

mod csv;
mod geojson;
mod table;
mod text;
mod xlsx;

pub use csv::write_csv;
pub use geojson::write_geojson;
pub use table::{ResultColumn, ResultTable};
pub use text::write_text;
pub use xlsx::write_xlsx;
