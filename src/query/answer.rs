use serde::Serialize;

use crate::{
    city::{City, LoadedLayer, ScenarioStamp},
    domain::{AttributeId, LayerId, LeftOut, Period, Protection, Title},
};

/// The result of a question with everything that is needed to trust or repeat it.
#[derive(Clone, Debug, Serialize)]
pub struct Answer<R, T = R> {
    /// The question as understood, defaults filled in.
    pub query: serde_json::Value,
    pub definition: Title,
    pub provenance: Provenance,
    pub rows: Vec<R>,
    pub totals: T,
    pub left_out: LeftOut,
}

/// Where the numbers come from (数据来源).
#[derive(Clone, Debug, Serialize)]
pub struct Provenance {
    pub city: Title,
    /// The commit that the answer was computed from.
    pub data_version: u64,
    /// The scenario that was asked about, with its edits; none for the city as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<ScenarioStamp>,
    pub period: Option<Period>,
    /// The population caliber (口径) of the answer, where it has one.
    pub caliber: Option<String>,
    /// Whether counts are protected against disclosure.
    pub protected: bool,
    /// How they are protected, and how uncertain sums are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<Title>,
    pub inputs: Vec<Input>,
    pub software: String,
}

/// One layer that an answer was computed from.
#[derive(Clone, Debug, Serialize)]
pub struct Input {
    pub layer: LayerId,
    pub title: Title,
    pub source: String,
    /// The same in English; as it stands without it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_en: String,
    pub licence: String,
    pub reference_date: Period,
    pub features: u64,
    pub crs: String,
    /// Generated data (合成).
    pub synthetic: bool,
    /// Attributes that are estimates (推算).
    pub estimated: Vec<AttributeId>,
    /// What an answer lacks of it, e.g. a timetable that holds no service on the date asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Title>,
}

impl Input {
    /// Who publishes it, in both languages; empty where nobody said.
    pub fn source_title(&self) -> Title {
        Title::of_source(&self.source, &self.source_en)
    }

    pub fn of(loaded: &LoadedLayer) -> Self {
        let layer = loaded.layer();
        let joined = |pick: fn(&crate::store::ImportRecord) -> &str| {
            let mut texts: Vec<&str> = Vec::new();
            for text in loaded.records.iter().map(pick) {
                if !text.is_empty() && !texts.contains(&text) {
                    texts.push(text);
                }
            }
            texts.join("; ")
        };
        Input {
            layer: layer.id.clone(),
            title: layer.title.clone(),
            source: joined(|r| &r.source),
            source_en: match loaded.records.iter().any(|r| !r.source_en.is_empty()) {
                true => joined(crate::store::ImportRecord::in_english),
                false => String::new(),
            },
            licence: joined(|r| &r.licence),
            reference_date: loaded.index.period().clone(),
            features: loaded.index.features(),
            crs: joined(|r| &r.crs),
            synthetic: loaded.is_synthetic(),
            estimated: loaded.estimated().into_iter().cloned().collect(),
            notes: Vec::new(),
        }
    }
}

/// The name and version that every result carries.
pub fn software() -> String {
    format!("suitu {}", env!("CARGO_PKG_VERSION"))
}

impl Provenance {
    pub fn of<'a>(
        city: &City,
        period: Option<&Period>,
        caliber: Option<String>,
        inputs: impl IntoIterator<Item = &'a LoadedLayer>,
    ) -> Self {
        let mut inputs: Vec<Input> = inputs.into_iter().map(Input::of).collect();
        inputs.sort_by(|a, b| a.layer.cmp(&b.layer));
        inputs.dedup_by(|a, b| a.layer == b.layer && a.reference_date == b.reference_date);
        Provenance {
            city: city.title(),
            data_version: city.version(),
            scenario: city.scenario().map(|scenario| (**scenario).clone()),
            period: period.cloned(),
            caliber,
            protected: city.protection().is_some(),
            protection: city.protection().map(Protection::note),
            inputs,
            software: software(),
        }
    }
}

/// The definition of a question in `terms.toml`.
pub(super) fn definition(city: &City, question: impl AsRef<str>) -> Title {
    city.catalog()
        .term(question.as_ref())
        .map(|term| term.definition.clone())
        .unwrap_or_default()
}
