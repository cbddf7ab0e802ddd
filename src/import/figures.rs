//! Tables of plan figures (规划指标): where, when, what, how many, and who says so.

use std::path::PathBuf;

use super::{ImportError, ReadOptions, Report, read_records};
use crate::domain::{AreaCode, Column, FigureKind, Layer, PlanFault, PlanFigure, Title};

/// The figures of files, not yet held against the areas of a city.
#[derive(Clone, Debug)]
pub struct FiguresRead {
    /// Each with the file and row that it stands in; why it cannot be read where it cannot.
    pub figures: Vec<(PlaceOfFigure, Result<PlanFigure, PlanFault>)>,
    pub report: Report,
}

/// File and row as a person finds them.
pub type PlaceOfFigure = (String, u64);

/// The columns of a table of figures with the headings they are known by.
pub fn figure_columns() -> Layer {
    let text = include_str!("../../layers/targets/targets.toml");
    toml::from_str(text).expect("the built-in columns are a layer definition")
}

/// Reads rows of figures; `named` turns what stands for an indicator into the name of a count.
/// Only `map`, `encoding` and `progress` of the options matter.
///
/// # Errors
/// As [`read`](super::read), but no coordinates are looked for.
pub fn read_figures(
    files: &[PathBuf],
    named: impl Fn(&str) -> Option<crate::domain::AttributeId>,
    options: ReadOptions<'_>,
) -> Result<FiguresRead, ImportError> {
    let layer = figure_columns();
    let read = read_records(files, &layer, options)?;
    let column = |id: &str| &read.columns[layer.attribute_index(id).expect("a built-in column")];
    let text = |id: &str, row: usize| match column(id) {
        Column::Text(texts) => texts.get(row).unwrap_or_default().trim().to_owned(),
        _ => String::new(),
    };
    let whole = |id: &str, row: usize| match column(id) {
        Column::Integer(values) => values[row],
        _ => None,
    };
    let figure = |row: usize| -> Result<PlanFigure, PlanFault> {
        let indicator = text("indicator", row);
        let year = whole("year", row).unwrap_or(0);
        Ok(PlanFigure {
            areas: areas(&text("area", row))?,
            name: Title {
                zh: text("name", row),
                en: text("name_en", row),
            },
            year: i32::try_from(year).map_err(|_| PlanFault::Year(year))?,
            indicator: named(&indicator)
                .ok_or_else(|| PlanFault::UnknownIndicator(indicator.clone()))?,
            value: whole("value", row).unwrap_or(0),
            kind: match text("kind", row).as_str() {
                "at_most" => FigureKind::AtMost,
                "at_least" => FigureKind::AtLeast,
                "actual" => FigureKind::Actual,
                _ => FigureKind::Target,
            },
            source: text("source", row),
            source_en: text("source_en", row),
            date: text("date", row),
            confidence: text("confidence", row),
        })
    };
    let places = read.places.into_iter().enumerate();
    Ok(FiguresRead {
        figures: places.map(|(row, place)| (place, figure(row))).collect(),
        report: read.report,
    })
}

/// Several codes are joined by `+`, `、` or spaces; none, `city` and 全市 are the whole city.
fn areas(text: &str) -> Result<Vec<AreaCode>, PlanFault> {
    if matches!(text, "" | "city" | "全市") {
        return Ok(Vec::new());
    }
    let parts = text
        .split(['+', '、', ' ', ';', '；'])
        .filter(|part| !part.is_empty());
    let code = |part: &str| {
        // Data frames write codes as numbers: 440106.0.
        let part = part.strip_suffix(".0").unwrap_or(part);
        let parsed: Result<AreaCode, _> = part.parse();
        parsed.map_err(|error| PlanFault::NoCode {
            text: part.to_owned(),
            problem: error.to_string(),
        })
    };
    parts.map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> FiguresRead {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("targets.csv");
        std::fs::write(&file, text).expect("written");
        let named = |name: &str| (name == "常住人口").then(|| "usual_residents".parse().unwrap());
        read_figures(&[file], named, ReadOptions::default()).expect("a readable table")
    }

    #[test]
    fn figures_are_read_with_chinese_headings() {
        let found = read(
            "单元代码,名称,目标年,指标,目标值,性质,来源,日期,可信度\n\
             全市,,2035,常住人口,\"22,000,000\",上限,文件,2024-09,A\n\
             440103+440104000000,两区,2025,常住人口,100,,文件,2022,A\n",
        );
        assert_eq!(found.report.refused.count, 0, "{:?}", found.report.refused);
        let figures: Vec<PlanFigure> = found
            .figures
            .into_iter()
            .map(|(_, f)| f.expect("a figure"))
            .collect();
        assert_eq!(
            (figures[0].value, figures[0].kind),
            (22_000_000, FigureKind::AtMost)
        );
        assert!(figures[0].areas.is_empty());
        assert_eq!(figures[1].code(), "440103+440104");
        assert_eq!(
            (figures[1].name.zh.as_str(), figures[1].year),
            ("两区", 2025)
        );
        assert_eq!(figures[1].kind, FigureKind::Target);
    }

    #[test]
    fn a_bad_row_is_told_with_its_place() {
        let found = read(
            "area,year,indicator,value\n,2035,常住人口,-3\n,2035,jobs?,3\nx y/z,2035,常住人口,3\n,2035,常住人口,7\n",
        );
        assert_eq!(found.report.refused.count, 1, "a negative count");
        let places: Vec<(u64, bool)> = found
            .figures
            .iter()
            .map(|((_, row), f)| (*row, f.is_ok()))
            .collect();
        assert_eq!(places, [(3, false), (4, false), (5, true)]);
        let told = found.figures[0].1.clone().unwrap_err().told();
        for text in [&told.zh, &told.en] {
            assert!(
                text.contains("jobs?") && text.contains("usual_residents"),
                "{text}"
            );
        }
        let told = found.figures[1].1.clone().unwrap_err().told();
        assert!(told.zh.contains("y/z"), "{}", told.zh);
    }
}
