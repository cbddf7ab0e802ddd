//! Scenarios from the command line.

use std::{
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{CityArgument, Failure, open, say};
use crate::{
    city::{
        City, Scenarios,
        scenario::{Edit, EditState, Scenario, ScenarioError},
    },
    domain::{Catalog, Language},
    store::Home,
};

#[derive(Debug, clap::Args)]
pub struct ScenarioArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make an empty scenario; prints its number.
    New {
        name: String,
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        city: CityArgument,
    },
    /// Add edits: one JSON object or a list of them, all or none.
    Add {
        id: u64,
        /// The edits, from a file or `-` for standard input.
        #[arg(long, value_name = "FILE")]
        json: PathBuf,
        #[command(flatten)]
        city: CityArgument,
    },
    /// Take the last edit back.
    Undo {
        id: u64,
        #[command(flatten)]
        city: CityArgument,
    },
    /// Do again what was taken back last.
    Redo {
        id: u64,
        #[command(flatten)]
        city: CityArgument,
    },
    /// All scenarios.
    List {
        #[command(flatten)]
        city: CityArgument,
    },
    /// One scenario with its edits.
    Show {
        id: u64,
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        city: CityArgument,
    },
    /// Remove a scenario.
    Delete {
        id: u64,
        #[command(flatten)]
        city: CityArgument,
    },
}

impl ScenarioArguments {
    /// The city whose scenarios it changes, if it changes any, and what that is called.
    pub fn changed(&self) -> Option<(&Home, &'static str)> {
        let (city, act) = match &self.action {
            Action::List { .. } | Action::Show { .. } => return None,
            Action::New { city, .. } => (city, "scenario new"),
            Action::Add { city, .. } => (city, "scenario add"),
            Action::Undo { city, .. } => (city, "scenario undo"),
            Action::Redo { city, .. } => (city, "scenario redo"),
            Action::Delete { city, .. } => (city, "scenario delete"),
        };
        Some((&city.city, act))
    }
}

pub fn run(
    arguments: &ScenarioArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let opened = |at: &CityArgument| -> Result<(Scenarios, City), Failure> {
        let (store, city) = open(&at.city, &catalog)?;
        Ok((Scenarios::new(store), city))
    };
    let told = |outcome: Result<Scenario, ScenarioError>| match outcome {
        Ok(scenario) => show(&scenario, language),
        Err(error) => Err(failure(&error, language)),
    };
    match &arguments.action {
        Action::New { name, note, city } => {
            let (scenarios, city) = opened(city)?;
            say(scenarios.create(&city, name, note)?.id)
        }
        Action::Add { id, json, city } => {
            let edits = edits(json)?;
            let (scenarios, city) = opened(city)?;
            told(scenarios.add(&city, *id, None, edits))
        }
        Action::Undo { id, city } => {
            let (scenarios, city) = opened(city)?;
            told(scenarios.undo(&city, *id, None))
        }
        Action::Redo { id, city } => {
            let (scenarios, city) = opened(city)?;
            told(scenarios.redo(&city, *id, None))
        }
        Action::List { city } => {
            let (scenarios, city) = opened(city)?;
            for scenario in scenarios.list(&city)? {
                let edits = scenario.edits.len();
                let words = match language {
                    Language::Zh => format!("{edits} 项编辑"),
                    Language::En => format!("{edits} edits"),
                };
                say(format_args!(
                    "{:>4}  {}  {words}",
                    scenario.id, scenario.name
                ))?;
            }
            Ok(())
        }
        Action::Show { id, json, city } => {
            let (scenarios, city) = opened(city)?;
            let scenario = scenarios.find(&city, *id)?;
            match json {
                true => say(serde_json::to_string_pretty(&scenario)?),
                false => show(&scenario, language),
            }
        }
        Action::Delete { id, city } => {
            let (scenarios, city) = opened(city)?;
            Ok(scenarios.delete(&city, *id, None)?)
        }
    }
}

/// The city of a scenario beside the city as it is.
pub(super) fn city_of(
    store: Arc<dyn crate::store::Store>,
    base: &City,
    id: u64,
) -> Result<Arc<City>, Failure> {
    Ok(Scenarios::new(store).city(base, id)?)
}

fn failure(error: &ScenarioError, language: Language) -> Failure {
    match error {
        ScenarioError::Edit { number, error } => {
            let field = error.field;
            let problem = error.text(language);
            match language {
                Language::Zh => format!("第 {number} 项编辑 [{field}]：{problem}").into(),
                Language::En => format!("edit {number} [{field}]: {problem}").into(),
            }
        }
        other => other.to_string().into(),
    }
}

fn edits(path: &Path) -> Result<Vec<Edit>, Failure> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let problem = |e: serde_json::Error| format!("--json: {e}");
    let json: serde_json::Value = serde_json::from_str(&text).map_err(problem)?;
    let list = match json {
        serde_json::Value::Array(list) => list,
        one => vec![one],
    };
    let numbered = (1..).zip(list);
    let read = numbered.map(|(number, edit)| {
        serde_json::from_value(edit).map_err(|e| format!("--json: edit {number}: {e}").into())
    });
    read.collect()
}

fn show(scenario: &Scenario, language: Language) -> Result<(), Failure> {
    let zh = language == Language::Zh;
    say(format_args!("{} {}", scenario.id, scenario.name))?;
    if !scenario.note.is_empty() {
        say(&scenario.note)?;
    }
    let line = |edit: &EditState, mark: &str| {
        let mut text = edit.text.in_language(language).to_owned();
        if !edit.edit.note().is_empty() {
            text += &format!(" · {}", edit.edit.note());
        }
        if let Some(refused) = &edit.refused {
            let refused = refused.in_language(language);
            text += &match zh {
                true => format!("（未计入：{refused}）"),
                false => format!(" (left out: {refused})"),
            };
        }
        say(format_args!("{:>4} {mark}{text}", edit.number))
    };
    for edit in &scenario.edits {
        line(edit, "")?;
    }
    for edit in &scenario.undone {
        line(edit, if zh { "[已撤销] " } else { "[taken back] " })?;
    }
    Ok(())
}
