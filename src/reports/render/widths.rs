use unicode_width::UnicodeWidthStr;

use crate::reports::document::Table;

/// The share of the page that each column of a table takes, by what stands in it; sums to 1.
///
/// Headings may take three lines; cells should take one.
pub fn column_shares(table: &Table) -> Vec<f64> {
    let headings = table
        .columns
        .iter()
        .map(|column| table.heading(column).width().div_ceil(3) + 1);
    let mut widths: Vec<usize> = headings.collect();
    for line in &table.lines {
        for (width, cell) in widths.iter_mut().zip(table.cells(line)) {
            *width = (*width).max(cell.width() + 1);
        }
    }
    if let Some(first) = widths.first_mut() {
        // Names keep one line.
        *first += 2;
    }
    let widths = widths.into_iter().enumerate();
    let clamped = widths.map(|(at, width)| match table.is_prose(at) {
        true => width.clamp(14, 60) as f64,
        false => width.clamp(5, 26) as f64,
    });
    let widths: Vec<f64> = clamped.collect();
    let all: f64 = widths.iter().sum();
    widths.iter().map(|width| width / all.max(1.0)).collect()
}
