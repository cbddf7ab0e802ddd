//! Domain values out, as foreign formats (数据导出).

mod result;

pub use result::{ResultColumn, ResultTable, write_csv, write_text};
