use serde::{Deserialize, Serialize};

use super::{
    Choices, Document, Kind, Seal,
    kinds::{Draft, Gathered},
};
use crate::{
    city::City,
    domain::{Language, Period, Watermark},
    query::{Limits, QueryError, find_area, software},
};

/// Which report: what it is about, of which area, at which date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub kind: Kind,
    /// The code of an area; the whole city without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The population attribute; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
    #[serde(default)]
    pub lang: Language,
    #[serde(default, skip_serializing_if = "Choices::is_empty")]
    pub choices: Choices,
    /// Who takes it away, where that stands on files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Watermark>,
}

/// A report with what it can be checked by.
#[derive(Clone, Debug)]
pub struct Report {
    pub document: Document,
    pub seal: Seal,
    /// When the data were last changed, UTC, RFC 3339: the only date that a file carries.
    pub dated: String,
}

/// Writes the reports of one kind: answers that all areas share are computed once.
pub struct Reporter<'c> {
    city: &'c City,
    question: Question,
    gathered: Gathered,
}

impl<'c> Reporter<'c> {
    /// Asks what every report of the kind needs.
    ///
    /// # Errors
    /// An unknown area or caliber, or nobody waits any longer.
    pub fn new(city: &'c City, question: &Question, limits: &Limits) -> Result<Self, QueryError> {
        if let Some(code) = &question.area {
            find_area(city, code, question.period.as_ref())?;
        }
        question.choices.check(question.kind)?;
        Ok(Reporter {
            city,
            question: question.clone(),
            gathered: Gathered::of(city, question, limits)?,
        })
    }

    /// The report of the area that was asked for.
    ///
    /// # Errors
    /// As [`of_area`](Self::of_area).
    pub fn report(&self, limits: &Limits) -> Result<Report, QueryError> {
        self.of_area(self.question.area.as_deref(), limits)
    }

    /// The report of one area, or of the whole city.
    ///
    /// # Errors
    /// An unknown area, or nobody waits any longer.
    pub fn of_area(&self, code: Option<&str>, limits: &Limits) -> Result<Report, QueryError> {
        let question = Question {
            area: code.map(str::to_owned),
            ..self.question.clone()
        };
        let draft = Draft::begin(self.city, &question)?;
        let draft = self.gathered.write(draft, limits)?;
        let (document, seal) = draft.finish(&software());
        Ok(Report {
            document,
            seal,
            dated: newest_import(self.city),
        })
    }
}

/// When anything was last brought in.
pub fn newest_import(city: &City) -> String {
    let layers = city.all_states().flat_map(|loaded| &loaded.records);
    let times = layers.map(|record| &record.imported_at);
    times.max().cloned().unwrap_or_default()
}
