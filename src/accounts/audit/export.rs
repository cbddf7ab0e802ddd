//! The record as a table, to hand on.

use std::io::Write;

use super::{Chain, Search};
use crate::{accounts::AccountError, clock, domain::formula_guard::guarded};

/// Writes the rows that are wanted as CSV, the oldest first.
///
/// # Errors
/// Those of [`Chain::export`], and what `out` says.
pub fn write_csv(chain: &Chain, search: &Search, out: impl Write) -> Result<(), AccountError> {
    let failed = |e: csv::Error| AccountError::Backend(e.to_string());
    let mut table = csv::Writer::from_writer(out);
    let heading = [
        "number",
        "at",
        "who",
        "credential",
        "origin",
        "act",
        "subject",
        "outcome",
        "times",
        "hash",
    ];
    table.write_record(heading).map_err(failed)?;
    chain.export(search, |row| {
        let at = clock::text(row.at_ms.div_euclid(1000));
        let (number, times) = (row.number.to_string(), row.times.to_string());
        let cells = [
            &number,
            &at,
            &row.who,
            &row.credential,
            &row.origin,
            &row.act,
            &row.subject,
            &row.outcome,
            &times,
            &row.hash,
        ];
        let cells = cells.map(|cell| guarded(cell).into_owned());
        table.write_record(cells).map_err(failed)
    })?;
    table
        .flush()
        .map_err(|e| AccountError::Backend(e.to_string()))
}
