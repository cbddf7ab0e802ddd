use std::sync::Arc;

use super::{CityArgument, Failure, open, say};
use crate::{
    domain::{Catalog, Language},
    query::{self, Limits},
};

/// Prints what is doubtful about the data of a city, a line each.
pub fn run(
    arguments: &CityArgument,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let (_, city) = open(&arguments.city, &catalog)?;
    let findings = query::check(&city, &Limits::generous())?;
    for finding in &findings {
        say(format_args!(
            "{:<16} {:<11} {}",
            finding.layer.as_str(),
            finding.period,
            finding.text.in_language(language)
        ))?;
    }
    if findings.is_empty() {
        say(format_args!(
            "{}",
            match language {
                Language::Zh => "没有发现问题",
                Language::En => "nothing doubtful was found",
            }
        ))?;
    }
    Ok(())
}
