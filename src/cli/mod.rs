//! Commands: the named doors where files, clock and network come in.
//!
//! Progress goes to standard error, results to standard output. Exit 0 done, 1 the data or the
//! question is wrong, 2 usage.

mod accounts;
mod check;
mod copy;
mod crosswalk;
mod demo;
mod export;
mod flows;
mod import;
mod info;
mod interrupt;
mod lines;
mod matrix;
mod migrate;
mod norms;
mod plan;
mod protect;
mod query;
mod report;
mod scenario;
mod serve;
mod serving;
mod settings;
mod streets;
mod transit;
mod usage;
mod zoning;

use std::{io::Write, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};

use crate::clock::now;
use crate::{
    accounts::AccountError,
    city::{self, City, LoadError, scenario::ScenarioError},
    definitions::{self, DefinitionError},
    domain::{Catalog, Language, Layer, Title},
    import::ImportError,
    network::NetworkError,
    query::QueryError,
    store::{self, Home, Store, StoreError},
    transit::TransitError,
};

/// Suitu 穗图: a population geographic information system.
#[derive(Debug, Parser)]
#[command(name = "suitu", version, about)]
struct Arguments {
    /// A folder of layer definitions that add to the built-in ones or replace them.
    #[arg(long, global = true, env = "SUITU_LAYERS", value_name = "DIR")]
    layers: Option<PathBuf>,
    /// Language of messages and headings.
    #[arg(long, global = true, env = "SUITU_LANG", default_value = "zh", value_parser = parse_language)]
    lang: Language,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a synthetic Guangzhou in a new file.
    Demo(demo::DemoArguments),
    /// Serve the map and the answers of a city.
    Serve(serve::ServeArguments),
    /// Bring files into a city: every row is checked.
    Import(Box<import::ImportArguments>),
    /// Ask a question.
    Query(Box<query::QueryArguments>),
    /// Write a report to hand in, or check one.
    Report(report::ReportArguments),
    /// What if: scenarios of a city and their edits.
    Scenario(scenario::ScenarioArguments),
    /// Prepare a database for a city, or bring it up to date.
    Migrate(CityArgument),
    /// Copy a whole city from one home to another, empty one.
    Copy(copy::CopyArguments),
    /// A protected city for those who may not see exact small numbers: its key, its publication.
    Protect(protect::ProtectArguments),
    /// Write a layer as a file.
    Export(export::ExportArguments),
    /// An empty workbook with headings, to fill for a layer; or a norm set, to change.
    Template(export::TemplateArguments),
    /// What is doubtful about the data, in plain words.
    Check(CityArgument),
    /// The city's name, its marks and its map approval number: print or set them.
    Settings(settings::SettingsArguments),
    /// Layers, counts, dates and sources of a city.
    Info(CityArgument),
    /// Who may use a city over the network: make accounts, grant, lock, reset.
    Accounts(accounts::AccountsArguments),
    /// The record of what was done: check, list, export, prune.
    Audit(accounts::AuditArguments),
}

/// The city that a command is about.
#[derive(Clone, Debug, clap::Args)]
struct CityArgument {
    /// The city file, or the address of its database: postgresql://USER@HOST/DATABASE.
    #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
    city: Home,
}

fn parse_language(text: &str) -> Result<Language, String> {
    match text {
        "zh" => Ok(Language::Zh),
        "en" => Ok(Language::En),
        other => Err(format!("`{other}`: write zh or en")),
    }
}

/// Why a command stopped; printed as one line.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A failure that is told in both languages, and printed in that of the command.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.en)]
struct Refused(Title);

impl Refused {
    fn because(zh: impl Into<String>, en: impl Into<String>) -> Failure {
        Refused(Title::new(zh, en)).into()
    }
}

/// Why a command stopped, in a language where it is told in that.
fn told(failure: &Failure, language: Language) -> String {
    let title = if let Some(Refused(title)) = failure.downcast_ref() {
        title.clone()
    } else if let Some(DefinitionError::Zoning(error)) = failure.downcast_ref() {
        error.told()
    } else if let Some(error) = failure.downcast_ref::<ImportError>() {
        error.told()
    } else if let Some(error) = failure.downcast_ref::<QueryError>() {
        error.told()
    } else if let Some(error) = failure.downcast_ref::<NetworkError>() {
        error.told()
    } else if let Some(error) = failure.downcast_ref::<TransitError>() {
        error.told()
    } else if let Some(error) = failure.downcast_ref::<AccountError>() {
        error.told()
    } else if let Some(error) = failure.downcast_ref::<StoreError>() {
        error.told()
    } else if let Some(LoadError::Store(error)) = failure.downcast_ref() {
        error.told()
    } else if let Some(ScenarioError::Store(error)) = failure.downcast_ref() {
        error.told()
    } else {
        return failure.to_string();
    };
    title.in_language(language).to_owned()
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| {
        let language = usage::language_of(std::env::args_os());
        match usage::in_chinese(&error).filter(|_| language == Language::Zh) {
            Some(told) => {
                eprintln!("suitu: {told}");
                std::process::exit(error.exit_code())
            }
            None => error.exit(),
        }
    });
    let language = arguments.lang;
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads has read enough, as `head` does.
        Err(failure) if is_broken_pipe(&*failure) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("suitu: {}", told(&failure, language));
            ExitCode::from(1)
        }
    }
}

fn is_broken_pipe(failure: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::BrokenPipe;
    let causes = std::iter::successors(Some(failure), |error| error.source());
    let kind = |error: &(dyn std::error::Error + 'static)| {
        let json = error.downcast_ref::<serde_json::Error>();
        let io = error.downcast_ref::<std::io::Error>();
        io.map(std::io::Error::kind)
            .or_else(|| json.and_then(serde_json::Error::io_error_kind))
    };
    causes.filter_map(kind).any(|kind| kind == BrokenPipe)
}

/// Prints a line of results.
fn say(line: impl std::fmt::Display) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let catalog = Arc::new(definitions::read_catalog(arguments.layers.as_deref())?);
    let told = on_record(&arguments.command)?;
    let done = act(arguments, catalog);
    if let Some((path, act, subject)) = told {
        accounts::add_record(&path, act, &subject, &done)?;
    }
    done
}

/// What goes into the record of a city with accounts: whatever changes it or takes data away.
///
/// # Errors
/// It has accounts, and its record is not to be found.
fn on_record(command: &Command) -> Result<Option<(PathBuf, &'static str, String)>, Failure> {
    let (city, act, subject) = match command {
        Command::Import(import) => (&import.city, "import", import.layer.as_str()),
        Command::Export(export) => (&export.city, "export", export.layer.as_str()),
        Command::Settings(settings) => (&settings.city, "settings", ""),
        Command::Copy(copy) => (&copy.from, "copy", ""),
        Command::Report(report) => match report.kind {
            Some(kind) => (&report.city, "report", kind.key()),
            None => return Ok(None),
        },
        Command::Protect(protect) => match protect.recorded() {
            Some(recorded) => recorded,
            None => return Ok(None),
        },
        Command::Scenario(scenario) => match scenario.changed() {
            Some((city, act)) => (city, act, ""),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let record = accounts::find_record(city)?;
    Ok(record.map(|record| (record, act, subject.to_owned())))
}

fn act(arguments: Arguments, catalog: Arc<Catalog>) -> Result<(), Failure> {
    match arguments.command {
        Command::Accounts(command) => accounts::run(&command, arguments.lang),
        Command::Audit(command) => accounts::run_audit(&command, arguments.lang),
        Command::Demo(command) => demo::run(&command, catalog, arguments.lang),
        Command::Serve(command) => serve::run(&command, catalog),
        Command::Import(command) if command.layer == "matrix" => {
            matrix::run(&command, catalog, arguments.lang)
        }
        Command::Import(command) if command.layer == "streets" => {
            streets::run(&command, catalog, arguments.lang)
        }
        Command::Import(command) if command.layer == "flows" => {
            flows::run(&command, catalog, arguments.lang)
        }
        Command::Import(command) if command.layer == "transit" => {
            transit::run(&command, catalog, arguments.lang)
        }
        Command::Import(command) if command.layer == "zoning" => {
            zoning::run(&command, catalog, arguments.lang)
        }
        Command::Import(command) if command.layer == "targets" => {
            plan::run(&command, catalog, arguments.lang)
        }
        Command::Import(command) if command.layer == "crosswalk" => {
            crosswalk::run(&command, catalog, arguments.lang)
        }
        Command::Import(command) if command.layer == "norms" => {
            norms::run(&command, catalog, arguments.lang)
        }
        Command::Import(command) => import::run(&command, catalog, arguments.lang),
        Command::Query(command) => query::run(&command, catalog, arguments.lang),
        Command::Report(command) => report::run(&command, catalog, arguments.lang),
        Command::Scenario(command) => scenario::run(&command, catalog, arguments.lang),
        Command::Migrate(command) => migrate::run(&command, &catalog, arguments.lang),
        Command::Copy(command) => copy::run(&command, catalog, arguments.lang),
        Command::Protect(command) => protect::run(&command, catalog, arguments.lang),
        Command::Export(command) => export::run(&command, catalog, arguments.lang),
        Command::Template(command) => export::template(&command, &catalog, arguments.lang),
        Command::Check(command) => check::run(&command, catalog, arguments.lang),
        Command::Settings(command) => settings::run(&command, catalog, arguments.lang),
        Command::Info(command) => info::run(&command, catalog, arguments.lang),
    }
}

/// The layer of that name.
fn layer<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Arc<Layer>, Failure> {
    catalog.layer(name).ok_or_else(|| {
        let known: Vec<&str> = catalog.layers().map(|l| l.id.as_str()).collect();
        let known = known.join(", ");
        format!("there is no layer `{name}`; it is one of: {known}").into()
    })
}

/// Opens a city that is there.
fn open(home: &Home, catalog: &Arc<Catalog>) -> Result<(Arc<dyn Store>, City), Failure> {
    let store = store::open(home, catalog.clone())?;
    let city = city::load(&*store, catalog.clone())?;
    let city = city::catch_up(&*store, city)?;
    Ok((store, city))
}
