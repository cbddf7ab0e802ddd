//! Domain values out, as foreign formats (数据导出).

mod result;
mod xlsx;

pub use result::{ResultColumn, ResultTable, write_csv, write_text};
pub use xlsx::write_xlsx;
