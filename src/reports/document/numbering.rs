use crate::domain::Language;

/// Numbers of headings, tables and figures: 一、（一）1.; 表3-1 by chapter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbering {
    levels: [usize; 3],
    tables: usize,
    figures: usize,
}

impl Numbering {
    /// The number of the next heading of a level from 1 to 3.
    pub fn heading(&mut self, level: u8, language: Language) -> String {
        let at = usize::from(level.clamp(1, 3)) - 1;
        self.levels[at] += 1;
        self.levels[at + 1..].fill(0);
        if at == 0 {
            (self.tables, self.figures) = (0, 0);
        }
        let [one, two, three] = self.levels;
        match (language, at) {
            (Language::Zh, 0) => format!("{}、", chinese(one)),
            (Language::Zh, 1) => format!("（{}）", chinese(two)),
            (Language::Zh, _) => format!("{three}. "),
            (Language::En, 0) => format!("{one} "),
            (Language::En, 1) => format!("{one}.{two} "),
            (Language::En, _) => format!("{one}.{two}.{three} "),
        }
    }

    pub fn table(&mut self, language: Language) -> String {
        self.tables += 1;
        let (chapter, number) = (self.levels[0].max(1), self.tables);
        match language {
            Language::Zh => format!("表{chapter}-{number}"),
            Language::En => format!("Table {chapter}-{number}"),
        }
    }

    pub fn figure(&mut self, language: Language) -> String {
        self.figures += 1;
        let (chapter, number) = (self.levels[0].max(1), self.figures);
        match language {
            Language::Zh => format!("图{chapter}-{number}"),
            Language::En => format!("Figure {chapter}-{number}"),
        }
    }
}

/// 一 to 九十九; digits beyond.
fn chinese(number: usize) -> String {
    const ONES: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    match (number / 10, number % 10) {
        (0, ones) => ONES[ones].to_owned(),
        (1, ones) => format!("十{}", ONES[ones]),
        (tens @ 2..=9, ones) => format!("{}十{}", ONES[tens], ONES[ones]),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_tables_and_figures_are_numbered_by_chapter() {
        let mut numbers = Numbering::default();
        let zh = Language::Zh;
        assert_eq!(numbers.heading(1, zh), "一、");
        assert_eq!(numbers.heading(2, zh), "（一）");
        assert_eq!(numbers.table(zh), "表1-1");
        assert_eq!(numbers.heading(3, zh), "1. ");
        assert_eq!(numbers.heading(2, zh), "（二）");
        assert_eq!(numbers.table(zh), "表1-2");
        assert_eq!(numbers.heading(1, zh), "二、");
        assert_eq!(numbers.table(zh), "表2-1");
        assert_eq!(numbers.figure(Language::En), "Figure 2-1");
        assert_eq!(numbers.heading(2, Language::En), "2.1 ");
        assert_eq!(
            [chinese(10), chinese(12), chinese(20), chinese(35)],
            ["十", "十二", "二十", "三十五"]
        );
    }
}
