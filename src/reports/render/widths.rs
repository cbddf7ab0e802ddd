use unicode_width::UnicodeWidthStr;

use crate::reports::document::Table;

/// The share of the page that each column of a table takes, by what stands in it; sums to 1.
///
/// Numbers and the words of headings keep one line; headings may take several.
pub fn column_shares(table: &Table) -> Vec<f64> {
    // In half widths of a Chinese character; the margins of a cell take two of them.
    const MARGINS: usize = 2;
    let heading = |column| {
        let text = table.heading(column);
        let words = text.split(' ').map(|word| match word.is_ascii() {
            // Letters of a heading are bold, wider than figures.
            true => (word.width() * 6).div_ceil(5),
            // Chinese breaks anywhere.
            false => word.width().div_ceil(3).max(4),
        });
        words.max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = table.columns.iter().map(heading).collect();
    for line in &table.lines {
        for (width, cell) in widths.iter_mut().zip(table.cells(line)) {
            *width = (*width).max(cell.width());
        }
    }
    let widths = widths.into_iter().enumerate();
    let clamped = widths.map(|(at, width)| match table.is_prose(at) {
        true => width.clamp(14, 60) + MARGINS,
        false => width.clamp(5, 30) + MARGINS,
    });
    let widths: Vec<usize> = clamped.collect();
    let all: usize = widths.iter().sum();
    let share = |width: usize| width as f64 / all.max(1) as f64;
    widths.into_iter().map(share).collect()
}
