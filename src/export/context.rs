use serde_json::json;

use crate::domain::{
    AttributeId, Catalog, Language, LevelId, Period, Title, Watermark,
    origin::label::{CRS, ESTIMATED, LICENCE, NATURE, SOFTWARE, SOURCE},
};

/// What every exported file says about itself, told by the caller.
#[derive(Clone, Debug)]
pub struct ExportContext<'a> {
    /// Names the units of the headings.
    pub catalog: &'a Catalog,
    /// The language of headings and notes.
    pub language: Language,
    /// What the file is, e.g. `广州市 居住`.
    pub title: Title,
    pub period: Option<&'a Period>,
    /// Who publishes the data; the same twice where it is told in one language.
    pub source: Title,
    pub licence: String,
    /// The coordinate system that the data came in, e.g. `EPSG:4547`; the file itself is in
    /// longitude and latitude, EPSG:4490.
    pub crs: String,
    /// Some of the data are generated (合成).
    pub synthetic: bool,
    /// Attributes whose values are estimates (推算).
    pub estimated: Vec<AttributeId>,
    /// The condition that chose the rows; empty for all.
    pub filter: String,
    /// 内部使用 and the like.
    pub marking: Title,
    /// Who takes the file away, where that stands on files.
    pub watermark: Option<&'a Watermark>,
    /// The area levels with their titles, larger areas first; each becomes `{level}_code`.
    pub levels: &'a [(LevelId, Title)],
    /// UTC, RFC 3339: the one thing that differs between two exports of the same data.
    pub exported_at: String,
    pub software: String,
}

impl ExportContext<'_> {
    /// Source, date and software for formats that carry JSON beside the features.
    pub(super) fn provenance(&self) -> serde_json::Value {
        let mut told = json!({
            "title": self.title,
            "period": self.period,
            "source": self.source.zh,
            "licence": self.licence,
            "source_crs": self.crs,
            "synthetic": self.synthetic,
            "estimated": self.estimated,
            "filter": self.filter,
            "marking": self.marking,
            "exported_at": self.exported_at,
            "software": self.software,
        });
        if self.source.en != self.source.zh {
            told["source_en"] = json!(self.source.en);
        }
        if let Some(mark) = self.watermark {
            told["watermark"] = mark.to_string().into();
        }
        told
    }

    /// The same for people: label and text, empty ones left out.
    pub(super) fn notes(&self, features: usize) -> Vec<(&'static str, String)> {
        let zh = self.language == Language::Zh;
        let word =
            |chinese: &'static str, english: &'static str| if zh { chinese } else { english };
        let label = |[chinese, english]: [&'static str; 2]| word(chinese, english);
        let estimated: Vec<&str> = self.estimated.iter().map(AttributeId::as_str).collect();
        let synthetic = word(
            "合成数据，不是真实统计",
            "synthetic data, no real statistics",
        );
        let crs = match self.crs.as_str() {
            "" => String::new(),
            own => format!("{}{own}", word("；原始数据：", "; the data came in ")),
        };
        let notes = [
            (
                word("标题", "Title"),
                self.title.in_language(self.language).to_owned(),
            ),
            (
                word("时点", "Reference date"),
                self.period.map(Period::to_string).unwrap_or_default(),
            ),
            (
                label(SOURCE),
                self.source.in_language(self.language).to_owned(),
            ),
            (label(LICENCE), self.licence.clone()),
            (
                label(CRS),
                format!(
                    "{}{crs}",
                    word(
                        "CGCS2000 经纬度（EPSG:4490）",
                        "CGCS2000 longitude, latitude (EPSG:4490)"
                    )
                ),
            ),
            (word("要素数", "Features"), features.to_string()),
            (word("筛选条件", "Filter"), self.filter.clone()),
            (label(ESTIMATED), estimated.join(", ")),
            (
                label(NATURE),
                if self.synthetic {
                    synthetic.to_owned()
                } else {
                    String::new()
                },
            ),
            (
                word("标识", "Marking"),
                self.marking.in_language(self.language).to_owned(),
            ),
            (
                label(Watermark::LABEL),
                self.watermark.map(Watermark::to_string).unwrap_or_default(),
            ),
            (label(SOFTWARE), self.software.clone()),
            (word("导出时间", "Exported"), self.exported_at.clone()),
        ];
        notes
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }
}
