use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{Question, document::Document};
use crate::city::{
    City,
    scenario::{self, Edit, ScenarioStamp},
};

/// What the seals of this program are called.
pub const FORMAT: &str = "suitu-report/2";

/// What a report says about itself for machines: the question, the scenario if it is of one, the data
/// version and every number, with a checksum over question, scenario and numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    pub format: String,
    pub question: Question,
    /// None where the report is of the city as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<SealedScenario>,
    pub data_version: u64,
    pub software: String,
    pub findings: Vec<String>,
    pub tables: Vec<SealedTable>,
    /// SHA-256 in hexadecimal digits.
    pub checksum: String,
    /// SHA-256 of what the file shows beside the seal (`render::Seen`); of a PDF, of its bytes. Not
    /// part of the checksum, which the text holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The scenario that a report is of, whole: it is made again from here, whatever became of the one
/// that people go on with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealedScenario {
    pub id: u64,
    pub name: String,
    /// In their order, also those that the city did not allow.
    pub edits: Vec<Edit>,
}

impl SealedScenario {
    fn of(stamp: &ScenarioStamp) -> Self {
        SealedScenario {
            id: stamp.id,
            name: stamp.name.clone(),
            edits: stamp.made(),
        }
    }

    /// The city that the edits make of the city as it is.
    pub fn upon(&self, base: &City) -> City {
        scenario::replay(base, self.id, &self.name, self.edits.clone())
    }
}

/// The numbers of one table, not rounded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealedTable {
    pub id: String,
    /// Number and title, to say where something differs.
    pub title: String,
    /// The keys of the columns.
    pub columns: Vec<String>,
    pub headings: Vec<String>,
    /// One list for each row, totals last; `null` where undefined.
    pub rows: Vec<Vec<Json>>,
}

impl Seal {
    pub fn of(question: &Question, city: &City, software: &str, document: &Document) -> Self {
        let tables = document.tables().map(|table| SealedTable {
            id: table.id.clone(),
            title: format!("{} {}", table.number, table.title),
            columns: table
                .columns
                .iter()
                .map(|column| column.key.clone())
                .collect(),
            headings: table
                .columns
                .iter()
                .map(|column| table.heading(column))
                .collect(),
            rows: table
                .lines
                .iter()
                .map(|line| line.values.iter().map(|value| json!(value)).collect())
                .collect(),
        });
        let mut seal = Seal {
            format: FORMAT.to_owned(),
            question: question.clone(),
            scenario: city.scenario().map(|stamp| SealedScenario::of(stamp)),
            data_version: city.version(),
            software: software.to_owned(),
            findings: document.findings.clone(),
            tables: tables.collect(),
            checksum: String::new(),
            text: None,
        };
        seal.checksum = seal.computed();
        seal
    }

    /// The checksum that question, scenario and numbers have.
    pub fn computed(&self) -> String {
        let (format, question) = (&self.format, &self.question);
        let content = match &self.scenario {
            None => json!([format, question, self.findings, self.tables]),
            Some(scenario) => json!([format, question, scenario, self.findings, self.tables]),
        };
        let digest = Sha256::digest(content.to_string().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The first of the checksum, for footers.
    pub fn short(&self) -> &str {
        self.checksum.get(..16).unwrap_or(&self.checksum)
    }

    pub fn to_json(&self) -> String {
        json!(self).to_string()
    }
}
