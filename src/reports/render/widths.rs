//! How the columns of a Word table share the page. The layout is fixed, so that every program
//! shows the same: no column may be narrower than a number or a word in it.

use super::letters::Face;
use crate::reports::document::{LineKind, Table};

/// Between the text of a cell and an edge of its column, in twentieths of a point.
pub const MARGIN: usize = 60;
pub const DENSE_MARGIN: usize = 45;

/// Both margins, and a little for programs that round otherwise.
const fn margins(half_points: usize) -> usize {
    let margin = if half_points == DENSE_SIZE {
        DENSE_MARGIN
    } else {
        MARGIN
    };
    2 * margin + 12
}

/// Letters of a table in half points, and of one with many columns.
const SIZE: usize = 17;
const DENSE_SIZE: usize = 15;

/// How a table is set on a page of a certain width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Twentieths of a point, column by column; the sum is the width of the page.
    pub widths: Vec<usize>,
    /// Set in smaller letters.
    pub is_dense: bool,
}

/// Whether a table needs a page across: it was made for one, or even in small letters some number
/// or word would break on a page of `upright` twentieths of a point.
pub fn lies_across(table: &Table, upright: usize) -> bool {
    let least: usize = needs(table).iter().map(|need| need.least(DENSE_SIZE)).sum();
    table.is_wide || least > upright
}

/// Shares a page of `page` twentieths of a point among the columns, by what stands in them.
pub fn layout(table: &Table, page: usize) -> Layout {
    let needs = needs(table);
    let fits = needs.iter().map(|need| need.least(SIZE)).sum::<usize>() <= page;
    let is_dense = table.is_dense() || !fits;
    let size = if is_dense { DENSE_SIZE } else { SIZE };
    let all = |width: fn(&Need, usize) -> usize| -> Vec<usize> {
        needs.iter().map(|need| width(need, size)).collect()
    };
    let mut widths = all(Need::least);
    for wanted in [all(Need::good), all(Need::full)] {
        widths = grown(&widths, &wanted, page);
    }
    let proportional: Vec<usize> = widths.iter().map(|width| width * page).collect();
    let sum = widths.iter().sum::<usize>().max(1);
    widths = proportional.iter().map(|width| width / sum).collect();
    let rest = page - widths.iter().sum::<usize>();
    if let Some(first) = widths.first_mut() {
        *first += rest;
    }
    Layout { widths, is_dense }
}

/// Widths on the way to those wanted, as far as the page goes.
fn grown(widths: &[usize], wanted: &[usize], page: usize) -> Vec<usize> {
    let (now, then) = (widths.iter().sum::<usize>(), wanted.iter().sum::<usize>());
    let (room, lack) = (page.saturating_sub(now), then.saturating_sub(now));
    let part = room.min(lack);
    let pairs = widths.iter().zip(wanted);
    pairs
        .map(|(width, wanted)| width + wanted.saturating_sub(*width) * part / lack.max(1))
        .collect()
}

/// What a column needs, in thousandths of the letter size, without margins.
#[derive(Clone, Copy, Debug, Default)]
struct Need {
    /// No number, word or short name breaks.
    least: usize,
    /// Cells take one line, headings up to three.
    good: usize,
    /// All takes one line.
    full: usize,
}

impl Need {
    fn least(&self, size: usize) -> usize {
        twips(self.least, size)
    }

    fn good(&self, size: usize) -> usize {
        twips(self.good, size)
    }

    fn full(&self, size: usize) -> usize {
        twips(self.full, size)
    }

    fn cover(&mut self, other: Need) {
        self.least = self.least.max(other.least);
        self.good = self.good.max(other.good).max(self.least);
        self.full = self.full.max(other.full).max(self.good);
    }
}

fn twips(thousandths: usize, half_points: usize) -> usize {
    (thousandths * half_points * 10).div_ceil(1000) + margins(half_points)
}

fn needs(table: &Table) -> Vec<Need> {
    let columns = table.columns.iter();
    let mut needs: Vec<Need> = columns
        .map(|column| heading(&table.heading(column)))
        .collect();
    for line in &table.lines {
        let face = match line.kind {
            LineKind::Total => Face::Total,
            LineKind::Body | LineKind::Rest => Face::Cell,
        };
        for (at, text) in table.cells(line).iter().enumerate() {
            needs[at].cover(cell(face, text, table.is_prose(at)));
        }
    }
    needs
}

fn heading(text: &str) -> Need {
    /// A heading of single Chinese letters one below the other is not read.
    const SHORT: usize = 2000;
    let (width, run) = (Face::Heading.width(text), Face::Heading.longest_run(text));
    let least = run.max(width.min(SHORT));
    Need {
        least,
        good: least.max(width.div_ceil(3)),
        full: width,
    }
}

fn cell(face: Face, text: &str, is_prose: bool) -> Need {
    /// Names up to this length never break; those of several words may at a space, if they are longer.
    const NAME: usize = 8000;
    const WORDS: usize = 6000;
    /// Longer texts take several lines, and sentences more of them.
    const LONG: usize = 15_000;
    const SENTENCE: (usize, usize) = (7000, 30_000);
    let (width, run) = (face.width(text), face.longest_run(text));
    match is_prose {
        true => Need {
            least: run,
            good: run.max(width.min(SENTENCE.0)),
            full: run.max(width.min(SENTENCE.1)),
        },
        false => Need {
            least: match text.contains(' ') {
                true if width <= WORDS => width,
                false if width <= NAME => width,
                _ => run,
            },
            good: run.max(width.min(LONG)),
            full: run.max(width.min(2 * LONG)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Language, TermFormat, Title, Value},
        export::ResultColumn,
        reports::document::Line,
    };

    const UPRIGHT: usize = 9071;

    fn table(language: Language, headings: &[&str], names: [&str; 2]) -> Table {
        let column = |(at, heading): (usize, &&str)| ResultColumn {
            key: format!("c{at}"),
            title: Title {
                zh: (*heading).into(),
                en: (*heading).into(),
            },
            unit: Title::default(),
            format: match at {
                0 => TermFormat::Text,
                _ => TermFormat::Integer,
            },
            decimals: 0,
        };
        let line = |kind, name: &str, number| {
            let numbers = (1..headings.len()).map(|_| Value::Integer(number));
            let name = [Value::Text(name.into())];
            Line {
                kind,
                values: name.into_iter().chain(numbers).collect(),
            }
        };
        Table {
            id: String::new(),
            number: String::new(),
            title: String::new(),
            unit: String::new(),
            columns: headings.iter().enumerate().map(column).collect(),
            lines: vec![
                line(LineKind::Body, names[0], 3314),
                line(LineKind::Total, names[1], 2_111_326),
            ],
            notes: Vec::new(),
            is_wide: false,
            language,
        }
    }

    fn english() -> Table {
        let headings = [
            "Subdistrict",
            "Residents",
            "Employed residents",
            "Jobs",
            "Jobs per employed resident",
            "Self-containment",
            "Self-sufficiency",
            "Net inflow",
        ];
        table(Language::En, &headings, ["Tianhenan", "Total"])
    }

    fn chinese() -> Table {
        let headings = [
            "单元",
            "现状数量",
            "现状规模",
            "需求人口",
            "需求规模",
            "缺口",
            "富余",
            "服务半径覆盖率（按人口）",
        ];
        table(Language::Zh, &headings, ["天河南街道", "合计"])
    }

    #[test]
    fn a_column_holds_its_longest_number_in_either_language() {
        // Seven digits of half a letter size and two commas of a quarter, in letters of 8.5 points.
        let number = 680 + 2 * 60;
        for table in [english(), chinese()] {
            let layout = layout(&table, UPRIGHT);
            assert!(!layout.is_dense);
            assert_eq!(layout.widths.iter().sum::<usize>(), UPRIGHT);
            for width in &layout.widths[1..] {
                assert!(*width >= number, "{:?}", layout.widths);
            }
        }
    }

    #[test]
    fn names_and_words_of_headings_stay_whole() {
        let widths = layout(&english(), UPRIGHT).widths;
        // `Subdistrict`, `employed` and `containment` in Arial of 8.5 points.
        let words = [(0, 4611), (4, 4335), (5, 5115)];
        for (at, thousandths) in words {
            let word = thousandths * 170 / 1000 + 2 * 60;
            assert!(widths[at] >= word, "{at}: {} for {word}", widths[at]);
        }
        // Five letters of the whole size.
        assert!(layout(&chinese(), UPRIGHT).widths[0] >= 5 * 170 + 2 * 60);
    }

    #[test]
    fn names_of_several_words_share_lines_before_a_table_lies_across() {
        let mut headings = vec!["Service"];
        headings.extend(["Coverage"; 9]);
        let named = |name| table(Language::En, &headings, [name, "Total"]);
        let need = |name| needs(&named(name))[0].least(DENSE_SIZE);
        // `elderly` alone, and the whole name of two short words.
        assert!(need("Beds for the elderly") < need("kindergarten"));
        assert!(need("Rail lines") > need("lines"));
        assert_eq!(need("社区卫生服务中心"), twips(8000, DENSE_SIZE));
    }

    #[test]
    fn what_fits_no_upright_page_is_set_smaller_then_across() {
        let numbers = |count: usize| -> Table {
            let headings: Vec<&str> = [&["单元"][..], &vec!["人口"; count]].concat();
            table(Language::En, &headings, ["Tianhenan", "Total"])
        };
        let columns = |count| numbers(count).columns.len();
        assert_eq!(columns(9), 10);
        assert!(!lies_across(&numbers(9), UPRIGHT));
        assert!(layout(&numbers(9), UPRIGHT).is_dense);
        let many = numbers(15);
        assert!(lies_across(&many, UPRIGHT));
        // Seven digits and two commas in letters of 7.5 points.
        let widths = layout(&many, 14_003).widths;
        assert!(widths[1..].iter().all(|width| *width >= 600 + 2 * 60));
    }
}
