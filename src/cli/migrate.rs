use std::sync::Arc;

use super::{CityArgument, Failure, say};
use crate::{
    domain::{Catalog, Language},
    store::{Home, postgres},
};

/// Prepares a database for a city, or brings it up to date.
pub fn run(
    arguments: &CityArgument,
    catalog: &Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let Home::Database(address) = &arguments.city else {
        let problem = "a city file needs no `suitu migrate`: it is brought up to date when it is \
                       opened; give the address of a database, postgresql://USER@HOST/DATABASE";
        return Err(problem.into());
    };
    let migrated = postgres::migrate(address, catalog)?;
    let (city, schema) = (&arguments.city, migrated.schema);
    for step in &migrated.steps {
        say(format_args!("+ {step}"))?;
    }
    say(match language {
        Language::Zh => format!("{city}：结构版本 {schema}，已就绪"),
        Language::En => format!("{city}: schema {schema}, ready"),
    })
}
