//! Where the headings of a table are: stewards' tables often start with a title and a unit.

/// How many lines are looked at for the headings.
pub(super) const LOOK_AHEAD: usize = 20;

/// The index of the line with the headings among the first lines of a table: the first one with
/// two filled cells, unless no line has two.
pub(super) fn heading_line<R, C>(lines: &[R], filled: impl Fn(&R) -> C) -> Option<usize>
where
    C: Into<usize>,
{
    let counts: Vec<usize> = lines.iter().map(|line| filled(line).into()).collect();
    let wanted = counts.iter().copied().max()?.min(2);
    if wanted == 0 {
        return None;
    }
    counts.iter().position(|count| *count >= wanted)
}

/// A heading as messages name it, also where the cell is empty.
pub(super) fn heading_or_place(heading: &str, index: usize) -> String {
    match heading.trim() {
        "" => format!("(column {})", index + 1),
        name => name.to_owned(),
    }
}
