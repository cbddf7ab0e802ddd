//! How wide letters are, and where a line may break: what a writer of fixed columns must know.

use unicode_width::UnicodeWidthChar;

/// The letters of a Word file's tables, as Word and its substitutes draw them.
#[derive(Clone, Copy, Debug)]
pub enum Face {
    /// Times New Roman, of cells.
    Cell,
    /// The same bold, of totals.
    Total,
    /// Arial, of headings.
    Heading,
}

/// Advances of U+0020–U+007E in thousandths of the letter size.
type Advances = [u16; 95];

const TIMES: Advances = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500,
    500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611,
    556, 722, 722, 333, 389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722,
    722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500,
    278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
];

const TIMES_BOLD: Advances = [
    250, 333, 555, 500, 500, 1000, 833, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500, 500,
    500, 500, 500, 500, 500, 500, 500, 333, 333, 570, 570, 570, 500, 930, 722, 667, 722, 722, 667,
    611, 778, 778, 389, 500, 778, 667, 944, 722, 778, 611, 778, 722, 556, 667, 722, 722, 1000, 722,
    722, 667, 333, 278, 333, 581, 500, 333, 500, 556, 444, 556, 444, 333, 500, 556, 278, 333, 556,
    278, 833, 556, 500, 556, 556, 444, 389, 333, 556, 500, 722, 500, 500, 444, 394, 220, 394, 520,
];

const ARIAL: Advances = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

impl Face {
    /// The width of a text on one line, in thousandths of the letter size.
    pub fn width(self, text: &str) -> usize {
        text.chars().map(|letter| self.advance(letter)).sum()
    }

    /// The width of the widest piece of a text that no line may break, in the same unit.
    pub fn longest_run(self, text: &str) -> usize {
        runs(text).map(|run| self.width(run)).max().unwrap_or(0)
    }

    fn advance(self, letter: char) -> usize {
        /// Accented letters, dashes and the minus: none of them is wider.
        const OTHER: usize = 780;
        let advances = match self {
            Face::Cell => &TIMES,
            Face::Total => &TIMES_BOLD,
            Face::Heading => &ARIAL,
        };
        let at = (letter as usize).checked_sub(' ' as usize);
        match at.and_then(|at| advances.get(at)) {
            Some(advance) => usize::from(*advance),
            None if letter.is_alphabetic() && !is_chinese(letter) => OTHER,
            None if matches!(letter, '–' | '−') => OTHER,
            // Signs such as “ and — are Chinese in a Chinese text.
            None => 1000,
        }
    }
}

/// The pieces of a text between the places where a line may end, without the spaces there.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut from = 0;
    let ends = text.char_indices().zip(text.chars().skip(1));
    let ends = ends.filter(|((_, letter), next)| may_break(*letter, *next));
    let ends = ends.map(|((at, letter), _)| at + letter.len_utf8());
    let ends: Vec<usize> = ends.chain([text.len()]).collect();
    ends.into_iter().map(move |to| {
        let run = &text[from..to];
        from = to;
        run.trim()
    })
}

/// Whether a line may end between two letters: behind spaces and hyphens of words, and beside
/// Chinese letters, but for brackets and stops, which stay with what they belong to.
fn may_break(letter: char, next: char) -> bool {
    const OPENING: &str = "(（“《[";
    const CLOSING: &str = ")）”》]，。、；：,.;:%?？!！";
    match (letter, next) {
        (' ', _) => next != ' ',
        (_, ' ') => false,
        _ if OPENING.contains(letter) || CLOSING.contains(next) => false,
        ('-', _) => next.is_alphabetic(),
        _ => is_chinese(letter) || is_chinese(next),
    }
}

fn is_chinese(letter: char) -> bool {
    letter.width() == Some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_behind_words_and_between_chinese_letters_only() {
        let runs = |text| runs(text).collect::<Vec<_>>();
        assert_eq!(
            runs("Jobs per employed resident"),
            ["Jobs", "per", "employed", "resident"]
        );
        assert_eq!(
            runs("Self-containment (%)"),
            ["Self-", "containment", "(%)"]
        );
        assert_eq!(runs("4,683,949"), ["4,683,949"]);
        assert_eq!(runs("−12.50"), ["−12.50"]);
        assert_eq!(runs("满足率(%)"), ["满", "足", "率", "(%)"]);
        assert_eq!(runs("街道（镇）"), ["街", "道", "（镇）"]);
        assert_eq!(runs(""), [""]);
    }

    #[test]
    fn letters_have_their_own_widths() {
        assert_eq!(Face::Cell.width("2,111,326"), 7 * 500 + 2 * 250);
        assert_eq!(Face::Total.width("合计 Al"), 2 * 1000 + 250 + 722 + 278);
        assert_eq!(Face::Heading.width("ill"), 3 * 222);
        assert_eq!(Face::Cell.width("天河"), 2000);
    }
}
