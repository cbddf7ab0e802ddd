use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{Question, document::Document};

/// What the seals of this program are called.
pub const FORMAT: &str = "suitu-report/1";

/// What a report says about itself for machines: the question, the data version and every number,
/// with a checksum over question and numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    pub format: String,
    pub question: Question,
    pub data_version: u64,
    pub software: String,
    pub findings: Vec<String>,
    pub tables: Vec<SealedTable>,
    /// SHA-256 in hexadecimal digits.
    pub checksum: String,
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
    pub fn of(question: &Question, data_version: u64, software: &str, document: &Document) -> Self {
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
            data_version,
            software: software.to_owned(),
            findings: document.findings.clone(),
            tables: tables.collect(),
            checksum: String::new(),
        };
        seal.checksum = seal.computed();
        seal
    }

    /// The checksum that question and numbers have.
    pub fn computed(&self) -> String {
        let content = json!([self.format, self.question, self.findings, self.tables]);
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
