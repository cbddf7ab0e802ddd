use std::sync::Arc;

use super::{Failure, import::ImportArguments, now, open, zoning::written};
use crate::{
    domain::{Catalog, Crosswalk, Language, LevelId, Period},
    import::{self, ReadOptions},
    query,
    store::{Definition, ImportRecord},
};

/// How many faults are named.
const LISTED: usize = 20;

/// Brings a crosswalk of area codes into a city: what became of the areas of `--from` in those of
/// `--period`.
pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let level = arguments
        .level
        .clone()
        .ok_or("--level: say which areas the codes are of, e.g. --level subdistrict")?;
    let date = |name: &str, given: Option<&str>| -> Result<Period, Failure> {
        let given = given.ok_or_else(|| {
            format!("--{name}: say the dates of both: --from OLD --period NEW, e.g. --from 2015 --period 2020")
        })?;
        given.parse().map_err(|e| format!("--{name}: {e}").into())
    };
    let from = date("from", arguments.from.as_deref())?;
    let to = date("period", arguments.period.as_ref().map(Period::as_str))?;
    let (store, city) = open(&arguments.city, &catalog)?;
    let options = ReadOptions {
        map: arguments.map.clone(),
        encoding: arguments.encoding.clone(),
        ..ReadOptions::default()
    };
    let (links, mut faults, report) = import::read_crosswalk(&arguments.files, options)?;
    println!("{}", report.to_text(&import::crosswalk_columns(), language));
    let count = links.len() as u64;
    let checked = query::checked_crosswalk(&city, &level, [&from, &to], links)?;
    let crosswalk = match checked {
        Ok(crosswalk) if faults.is_empty() && report.refused.count == 0 => crosswalk,
        Ok(_) => return Err(refusal(&faults)),
        Err(wrong) => {
            faults.extend(wrong.iter().map(ToString::to_string));
            return Err(refusal(&faults));
        }
    };
    refuse_second(&city, &crosswalk, &level, arguments.replace)?;
    let definition = Definition {
        kind: Crosswalk::KIND.into(),
        id: crosswalk.id(),
        text: serde_json::to_string(&crosswalk)?,
        record: ImportRecord {
            source: arguments.source.clone(),
            licence: arguments.licence.clone(),
            files: report.files.iter().map(|f| f.name.clone()).collect(),
            imported_at: now(),
            read: report.read,
            kept: count,
            ..ImportRecord::default()
        },
    };
    written(&*store, &[definition], arguments.dry_run, language)
}

fn refuse_second(
    city: &crate::city::City,
    crosswalk: &Crosswalk,
    level: &LevelId,
    replace: bool,
) -> Result<(), Failure> {
    match city.definition(Crosswalk::KIND, &crosswalk.id()) {
        Some(_) if !replace => Err(format!(
            "there is a crosswalk of {level} codes from {} to {} already: say --replace to put this \
             one in its place",
            crosswalk.from, crosswalk.to
        )
        .into()),
        _ => Ok(()),
    }
}

/// A crosswalk is whole or it is none: sums could not be carried over by a part of it.
fn refusal(faults: &[String]) -> Failure {
    let mut text = String::from("the crosswalk is not sound, nothing was written:");
    for fault in faults.iter().take(LISTED) {
        text += "\n  ";
        text += fault;
    }
    match faults.len().checked_sub(LISTED) {
        Some(more) if more > 0 => text += &format!("\n  … and {more} more"),
        _ if faults.is_empty() => text += "\n  some rows were refused, see above",
        _ => {}
    }
    text.into()
}
