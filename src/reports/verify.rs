use serde_json::Value as Json;

use super::{
    Report, Reporter, Seal,
    render::{ReadError, RenderError, Seen, SeenDifference, read_seal, seen_anew},
};
use crate::{
    city::City,
    query::{Limits, QueryError},
};

/// Why a report could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the question of the report has no answer any longer: {0}")]
    Query(#[from] QueryError),
    #[error("the report could not be written anew to compare its text: {0}")]
    Render(#[from] RenderError),
}

/// Whether what a file shows is what was written into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextCheck {
    /// It is, and the same report written anew shows the same.
    Same,
    /// It is, but was not compared with the report written anew: of a PDF only the bytes are
    /// checked, and another data version or program words a report otherwise.
    AsWritten,
    /// It was changed after it was made: the places where that is known.
    Changed(Vec<SeenDifference>),
}

/// What a check of a report found.
#[derive(Clone, Debug)]
pub struct Verification {
    pub seal: Seal,
    /// Whether the numbers in the file are those of its checksum.
    pub is_intact: bool,
    /// The data version that was computed from now.
    pub data_version: u64,
    /// How many cells were compared.
    pub cells: usize,
    pub differences: Vec<Difference>,
    /// What the file shows to readers, beside the numbers that it carries for machines.
    pub text: TextCheck,
}

/// One place where a report and the data of today differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Number and title of the table; empty for the findings.
    pub table: String,
    /// The first cell of the row.
    pub row: String,
    pub column: String,
    /// As the file says; empty where it says nothing.
    pub was: String,
    pub is: String,
}

impl Verification {
    pub fn is_same(&self) -> bool {
        let is_changed = matches!(self.text, TextCheck::Changed(_));
        self.is_intact && self.differences.is_empty() && !is_changed
    }
}

/// Computes a report again from the question that its file carries, and compares cell by cell; what
/// the file shows is compared with what was written into it, and where the numbers are the same, with
/// the report written anew. `city` is the city as it is: a report of a scenario has its edits made
/// upon it first.
///
/// # Errors
/// A file that is no report, or a question that the city cannot answer.
pub fn verify(city: &City, file: &[u8], limits: &Limits) -> Result<Verification, VerifyError> {
    let seal = read_seal(file)?;
    let what_if = seal.scenario.as_ref().map(|scenario| scenario.upon(city));
    let city = what_if.as_ref().unwrap_or(city);
    let report = Reporter::new(city, &seal.question, limits)?.report(limits)?;
    let now = &report.seal;
    let (mut differences, mut cells) = (Vec::new(), 0);
    for was in &seal.tables {
        let Some(is) = now.tables.iter().find(|table| table.id == was.id) else {
            differences.push(whole(&was.title, "", "✓", "✗"));
            continue;
        };
        cells += compare(was, is, &mut differences);
    }
    for is in now
        .tables
        .iter()
        .filter(|is| !seal.tables.iter().any(|was| was.id == is.id))
    {
        differences.push(whole(&is.title, "", "✗", "✓"));
    }
    if differences.is_empty() && seal.findings != now.findings {
        let most = seal.findings.len().max(now.findings.len());
        for at in 0..most {
            let text = |findings: &[String]| findings.get(at).cloned().unwrap_or_default();
            let (was, is) = (text(&seal.findings), text(&now.findings));
            if was != is {
                differences.push(whole("", &(at + 1).to_string(), &was, &is));
            }
        }
    }
    let is_intact = seal.computed() == seal.checksum;
    Ok(Verification {
        text: check_text(file, &seal, &report, is_intact && differences.is_empty())?,
        is_intact,
        data_version: now.data_version,
        cells,
        differences,
        seal,
    })
}

/// Holds the text of a file against the seal, and, where the numbers are the same, against the report
/// written anew.
fn check_text(
    file: &[u8],
    seal: &Seal,
    now: &Report,
    has_same_numbers: bool,
) -> Result<TextCheck, VerifyError> {
    let seen = Seen::of(file)?;
    let is_as_written = seal.text.as_deref() == Some(&*seen.digest);
    let is_comparable = has_same_numbers
        && (seal.data_version, &seal.software) == (now.seal.data_version, &now.seal.software);
    let fresh = match is_comparable {
        true => seen_anew(now, file)?,
        false => None,
    };
    Ok(match fresh {
        Some(fresh) if is_as_written && fresh.digest == seen.digest => TextCheck::Same,
        Some(fresh) => TextCheck::Changed(seen.differences(&fresh, &now.document)),
        None if is_as_written => TextCheck::AsWritten,
        None => TextCheck::Changed(Vec::new()),
    })
}

fn whole(table: &str, row: &str, was: &str, is: &str) -> Difference {
    Difference {
        table: table.to_owned(),
        row: row.to_owned(),
        column: String::new(),
        was: was.to_owned(),
        is: is.to_owned(),
    }
}

/// Compares two states of a table by the name of the row and the key of the column; how many cells
/// were compared.
fn compare(
    was: &super::SealedTable,
    is: &super::SealedTable,
    found: &mut Vec<Difference>,
) -> usize {
    let mut cells = 0;
    let names = |table: &super::SealedTable| -> Vec<(String, usize)> {
        let mut names: Vec<(String, usize)> = Vec::new();
        for row in &table.rows {
            let name = row.first().map(shown).unwrap_or_default();
            // Rows of one name are told apart by their order.
            let again = names.iter().filter(|(known, _)| *known == name).count();
            names.push((name, again));
        }
        names
    };
    let (old, new) = (names(was), names(is));
    for (at, name) in old.iter().enumerate() {
        let Some(now) = new.iter().position(|other| other == name) else {
            found.push(whole(&was.title, &name.0, "✓", "✗"));
            continue;
        };
        for (column, key) in was.columns.iter().enumerate() {
            let before = was.rows[at].get(column).unwrap_or(&Json::Null);
            let place = is.columns.iter().position(|other| other == key);
            let after = place
                .and_then(|place| is.rows[now].get(place))
                .unwrap_or(&Json::Null);
            cells += 1;
            if before != after {
                found.push(Difference {
                    table: was.title.clone(),
                    row: name.0.clone(),
                    column: was.headings.get(column).cloned().unwrap_or_default(),
                    was: shown(before),
                    is: shown(after),
                });
            }
        }
        for (place, _) in is
            .columns
            .iter()
            .enumerate()
            .filter(|(_, key)| !was.columns.contains(key))
        {
            let after = is.rows[now].get(place).unwrap_or(&Json::Null);
            if !after.is_null() {
                found.push(Difference {
                    table: was.title.clone(),
                    row: name.0.clone(),
                    column: is.headings.get(place).cloned().unwrap_or_default(),
                    was: String::new(),
                    is: shown(after),
                });
            }
        }
    }
    for name in new.iter().filter(|name| !old.contains(name)) {
        found.push(whole(&is.title, &name.0, "✗", "✓"));
    }
    cells
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "—".to_owned(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
