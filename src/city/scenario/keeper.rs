use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

use super::{Edit, EditError, Standpoint, replay::Replayed, standpoint::is_withheld};
use crate::{
    city::{City, recent::Recent},
    domain::{Title, tells_identity},
    store::{Store, StoreError, StoredScenario},
};

/// The most edits of one scenario, and how long its texts may be.
const MAX_EDITS: usize = 500;
const MAX_NAME: usize = 100;
const MAX_NOTE: usize = 2000;

/// How many cities made of edits are kept: those behind the last few edits of a few scenarios.
const KEPT_CITIES: usize = 12;

/// Why a scenario is not there or not changed.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("edit {number}: {error}")]
    Edit { number: u64, error: EditError },
    #[error("{field}: {problem}")]
    Field {
        field: &'static str,
        problem: &'static str,
    },
    #[error(
        "{0}: it holds an identity number, which is kept nowhere; take it out \
         (含有公民身份号码，系统不予保存，请删去)"
    )]
    Identity(&'static str),
    #[error("there is no edit to take back (没有可撤销的编辑)")]
    NothingToUndo,
    #[error("there is no edit to do again (没有可重做的编辑)")]
    NothingToRedo,
    #[error("a scenario has {MAX_EDITS} edits at most; begin another one")]
    TooMany,
    #[error("edit {0} of the scenario cannot be read; take it back")]
    Damaged(u64),
    #[error(
        "{0} edits of the scenario touch layers above your clearance: it is neither computed nor \
         changed for you"
    )]
    Withheld(usize),
    #[error(
        "the scenario was made by those who read the city otherwise (an official of a district): it \
         can be read here, and changed by them alone; make one of your own"
    )]
    OfOthers,
}

/// A scenario as people see it.
#[derive(Clone, Debug, Serialize)]
pub struct Scenario {
    pub id: u64,
    pub name: String,
    pub note: String,
    pub version: u64,
    pub created_at: String,
    pub changed_at: String,
    /// What the city is to those who made it, see [`Standpoint`].
    pub reading: String,
    /// Whether it is changed by others alone.
    pub read_only: bool,
    /// Edits that are not told, since they touch layers above the clearance; then the note is not
    /// told either, and nothing is computed.
    pub withheld: usize,
    /// The commit that the edits were tried on.
    pub data_version: u64,
    /// In their order, counted from 1.
    pub edits: Vec<EditState>,
    /// Taken back: the first is the one to be done again.
    pub undone: Vec<EditState>,
}

/// One edit and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct EditState {
    pub number: u64,
    #[serde(flatten)]
    pub edit: ToldEdit,
    pub text: Title,
    /// Why it is left out: what it needs is there no longer.
    pub refused: Option<Title>,
}

/// An edit as far as it is told.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum ToldEdit {
    Whole(Box<Edit>),
    /// Its `kind` is `withheld`.
    Withheld {
        kind: &'static str,
    },
}

impl ToldEdit {
    pub fn note(&self) -> &str {
        match self {
            ToldEdit::Whole(edit) => &edit.note,
            ToldEdit::Withheld { .. } => "",
        }
    }
}

/// The scenarios of a city in their store as they are seen from a standpoint, and the cities that they
/// make.
#[derive(Clone)]
pub struct Scenarios {
    store: Arc<dyn Store>,
    standpoint: Standpoint,
    /// By what the city was and which edits came upon it.
    cities: Arc<Mutex<Arc<Kept>>>,
}

/// Cities made of one commit.
struct Kept {
    version: u64,
    cities: Recent<u64, Replayed>,
}

impl Scenarios {
    pub fn new(store: Arc<dyn Store>) -> Self {
        let kept = Kept {
            version: 0,
            cities: Recent::new(KEPT_CITIES),
        };
        Scenarios {
            store,
            standpoint: Standpoint::own(),
            cities: Arc::new(Mutex::new(Arc::new(kept))),
        }
    }

    /// The same scenarios as they are seen from another standpoint.
    pub fn seen_from(&self, standpoint: Standpoint) -> Self {
        Scenarios {
            standpoint,
            ..self.clone()
        }
    }

    /// Every scenario that is seen, oldest first.
    ///
    /// # Errors
    /// What the store says.
    pub fn list(&self, base: &City) -> Result<Vec<Scenario>, ScenarioError> {
        let mut all = self.store.scenarios()?;
        all.retain(|stored| self.standpoint.sees(&stored.reading));
        all.into_iter()
            .map(|stored| self.told(base, stored))
            .collect()
    }

    /// # Errors
    /// There is none of that id.
    pub fn find(&self, base: &City, id: u64) -> Result<Scenario, ScenarioError> {
        let stored = self.stored(id, None)?;
        self.told(base, stored)
    }

    /// The city that a scenario makes of `base`; edits that `base` does not allow are left out and
    /// named in its stamp.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn city(&self, base: &City, id: u64) -> Result<Arc<City>, ScenarioError> {
        let stored = self.stored(id, None)?;
        let edits = parsed(&stored.edits)?;
        check_told(base, &edits)?;
        Ok(Arc::new(self.made(base, &stored, edits)))
    }

    /// The city after the first `count` edits of a scenario.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn city_after(
        &self,
        base: &City,
        id: u64,
        count: usize,
    ) -> Result<Arc<City>, ScenarioError> {
        let mut stored = self.stored(id, None)?;
        check_told(base, &parsed(&stored.edits)?)?;
        stored.edits.truncate(count);
        let edits = parsed(&stored.edits)?;
        Ok(Arc::new(self.made(base, &stored, edits)))
    }

    /// # Errors
    /// A name or note that is too long, and what the store says.
    pub fn create(&self, base: &City, name: &str, note: &str) -> Result<Scenario, ScenarioError> {
        let (name, note) = (checked_name(name)?, checked_note(note)?);
        let stored = self
            .store
            .create_scenario(name, note, self.standpoint.name())?;
        self.told(base, stored)
    }

    /// Adds edits at the end, all or none; those taken back before are forgotten. `version` is the
    /// one that whoever asks has seen, if it matters.
    ///
    /// # Errors
    /// An edit that the city does not allow, or a scenario that was changed meanwhile.
    pub fn add(
        &self,
        base: &City,
        id: u64,
        version: Option<u64>,
        edits: Vec<Edit>,
    ) -> Result<Scenario, ScenarioError> {
        let mut stored = self.own(base, id, version)?;
        let mut all = parsed(&stored.edits)?;
        let first_new = all.len();
        if first_new + edits.len() > MAX_EDITS {
            return Err(ScenarioError::TooMany);
        }
        for (at, edit) in edits.iter().enumerate() {
            checked_note(&edit.note)?;
            if let Some(field) = identity_in(edit) {
                return Err(ScenarioError::Edit {
                    number: (first_new + at) as u64 + 1,
                    error: EditError::identity(field),
                });
            }
        }
        check_told(base, &edits)?;
        all.extend(edits);
        let replayed = self.replayed(base, &all);
        if let Some((at, error)) = replayed.refused.iter().find(|(at, _)| *at >= first_new) {
            return Err(ScenarioError::Edit {
                number: *at as u64 + 1,
                error: error.clone(),
            });
        }
        let new = all[first_new..].iter().map(written);
        stored.edits.extend(new);
        stored.undone.clear();
        let stored = self.store.put_scenario(&stored, "edit")?;
        self.told(base, stored)
    }

    /// Takes the last edit back.
    ///
    /// # Errors
    /// There is none, or the scenario was changed meanwhile.
    pub fn undo(
        &self,
        base: &City,
        id: u64,
        version: Option<u64>,
    ) -> Result<Scenario, ScenarioError> {
        let mut stored = self.own(base, id, version)?;
        let last = stored.edits.pop().ok_or(ScenarioError::NothingToUndo)?;
        stored.undone.insert(0, last);
        let stored = self.store.put_scenario(&stored, "undo")?;
        self.told(base, stored)
    }

    /// Does again what was taken back last.
    ///
    /// # Errors
    /// There is none, or the scenario was changed meanwhile.
    pub fn redo(
        &self,
        base: &City,
        id: u64,
        version: Option<u64>,
    ) -> Result<Scenario, ScenarioError> {
        let mut stored = self.own(base, id, version)?;
        if stored.undone.is_empty() {
            return Err(ScenarioError::NothingToRedo);
        }
        let again = stored.undone.remove(0);
        stored.edits.push(again);
        let stored = self.store.put_scenario(&stored, "redo")?;
        self.told(base, stored)
    }

    /// Another name or note for a scenario, or another note for one of its edits.
    ///
    /// # Errors
    /// There is no such edit, a text is too long, or the scenario was changed meanwhile.
    pub fn describe(
        &self,
        base: &City,
        id: u64,
        version: Option<u64>,
        texts: Described<'_>,
    ) -> Result<Scenario, ScenarioError> {
        let mut stored = self.own(base, id, version)?;
        if let Some(name) = texts.name {
            stored.name = checked_name(name)?.to_owned();
        }
        if let Some(note) = texts.note {
            stored.note = checked_note(note)?.to_owned();
        }
        if let Some((number, note)) = texts.edit {
            let mut edits = parsed(&stored.edits)?;
            let at = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
            let edit = at.and_then(|at| edits.get_mut(at));
            let edit = edit.ok_or(ScenarioError::Field {
                field: "number",
                problem: "the scenario has no edit of that number",
            })?;
            edit.note = checked_note(note)?.to_owned();
            stored.edits = edits.iter().map(written).collect();
        }
        let stored = self.store.put_scenario(&stored, "describe")?;
        self.told(base, stored)
    }

    /// # Errors
    /// There is none, it is others', or it was changed meanwhile.
    pub fn delete(&self, base: &City, id: u64, version: Option<u64>) -> Result<(), ScenarioError> {
        let stored = self.stored(id, version)?;
        if !self.standpoint.removes(&stored.reading) {
            return Err(ScenarioError::OfOthers);
        }
        check_all_told(base, &stored)?;
        Ok(self.store.delete_scenario(id, stored.version)?)
    }

    fn stored(&self, id: u64, version: Option<u64>) -> Result<StoredScenario, ScenarioError> {
        let stored = self.store.scenario(id)?;
        let seen = stored.filter(|stored| self.standpoint.sees(&stored.reading));
        let stored = seen.ok_or(StoreError::NoScenario(id))?;
        match version {
            Some(version) if version != stored.version => Err(StoreError::ScenarioChanged {
                id,
                found: stored.version,
            }
            .into()),
            _ => Ok(stored),
        }
    }

    /// A scenario to be changed.
    fn own(
        &self,
        base: &City,
        id: u64,
        version: Option<u64>,
    ) -> Result<StoredScenario, ScenarioError> {
        let stored = self.stored(id, version)?;
        if !self.standpoint.changes(&stored.reading) {
            return Err(ScenarioError::OfOthers);
        }
        check_all_told(base, &stored)?;
        Ok(stored)
    }

    fn told(&self, base: &City, stored: StoredScenario) -> Result<Scenario, ScenarioError> {
        let (edits, undone) = (parsed(&stored.edits)?, parsed(&stored.undone)?);
        let withheld = withheld(base, edits.iter().chain(&undone));
        let replayed = self.replayed(base, if withheld == 0 { &edits } else { &[] });
        let state = |number: usize, edit: Edit| {
            let refused = replayed.refusal(number - 1);
            let (text, edit) = match is_withheld(base, &edit) {
                true => (withheld_text(), ToldEdit::Withheld { kind: "withheld" }),
                false => (
                    edit.change.told(&replayed.city),
                    ToldEdit::Whole(Box::new(edit)),
                ),
            };
            EditState {
                number: number as u64,
                text,
                refused: refused.map(|error| error.problem.clone()),
                edit,
            }
        };
        let after = edits.len();
        let edits = edits.into_iter().enumerate();
        let undone = undone.into_iter().enumerate();
        Ok(Scenario {
            id: stored.id,
            name: stored.name,
            note: if withheld == 0 {
                stored.note
            } else {
                String::new()
            },
            version: stored.version,
            created_at: stored.created_at,
            changed_at: stored.changed_at,
            read_only: !self.standpoint.changes(&stored.reading) || withheld > 0,
            reading: stored.reading,
            withheld,
            data_version: base.version(),
            edits: edits.map(|(at, edit)| state(at + 1, edit)).collect(),
            undone: undone
                .map(|(at, edit)| EditState {
                    refused: None,
                    ..state(after + at + 1, edit)
                })
                .collect(),
        })
    }

    /// The city with its stamp.
    fn made(&self, base: &City, stored: &StoredScenario, edits: Vec<Edit>) -> City {
        let replayed = self.replayed(base, &edits);
        replayed.stamped(stored.id, &stored.name, edits)
    }

    /// The city after all edits; those before the last few are likely known.
    fn replayed(&self, base: &City, edits: &[Edit]) -> Arc<Replayed> {
        Replayed::of(&self.kept(base).cities, base, edits)
    }

    /// The cities made of the commit of `base`; those of another are let go.
    fn kept(&self, base: &City) -> Arc<Kept> {
        let mut kept = self.cities.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version != base.version() {
            *kept = Arc::new(Kept {
                version: base.version(),
                cities: Recent::new(KEPT_CITIES),
            });
        }
        kept.clone()
    }
}

/// What to write over the texts of a scenario; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Described<'t> {
    pub name: Option<&'t str>,
    pub note: Option<&'t str>,
    /// The number of an edit with its note.
    pub edit: Option<(u64, &'t str)>,
}

/// How many edits are not told to whoever reads `base`.
fn withheld<'e>(base: &City, edits: impl IntoIterator<Item = &'e Edit>) -> usize {
    let hidden = edits.into_iter().filter(|edit| is_withheld(base, edit));
    hidden.count()
}

fn withheld_text() -> Title {
    Title {
        zh: "此步涉及密级高于您权限的图层，内容不予显示".into(),
        en: "an edit of a layer above your clearance is withheld".into(),
    }
}

fn check_told(base: &City, edits: &[Edit]) -> Result<(), ScenarioError> {
    match withheld(base, edits) {
        0 => Ok(()),
        hidden => Err(ScenarioError::Withheld(hidden)),
    }
}

fn check_all_told(base: &City, stored: &StoredScenario) -> Result<(), ScenarioError> {
    let mut all = parsed(&stored.edits)?;
    all.extend(parsed(&stored.undone)?);
    check_told(base, &all)
}

/// The field of an edit that holds an identity number.
fn identity_in(edit: &Edit) -> Option<&'static str> {
    fn holds(value: &Value) -> bool {
        match value {
            Value::String(text) => tells_identity(text),
            Value::Number(number) => tells_identity(&number.to_string()),
            Value::Array(all) => all.iter().any(holds),
            Value::Object(all) => all
                .iter()
                .any(|(key, value)| tells_identity(key) || holds(value)),
            Value::Null | Value::Bool(_) => false,
        }
    }
    let Ok(Value::Object(fields)) = serde_json::to_value(edit) else {
        return None;
    };
    let found = fields.iter().find(|(_, value)| holds(value));
    found.map(|(field, _)| match field.as_str() {
        "note" => "note",
        "id" => "id",
        "name" => "name",
        "values" => "values",
        "entrances" => "entrances",
        "stops" => "stops",
        _ => "edit",
    })
}

fn parsed(edits: &[String]) -> Result<Vec<Edit>, ScenarioError> {
    let numbered = (1..).zip(edits);
    let read = numbered.map(|(number, text)| {
        serde_json::from_str(text).map_err(|_| ScenarioError::Damaged(number))
    });
    read.collect()
}

fn written(edit: &Edit) -> String {
    serde_json::to_string(edit).unwrap_or_default()
}

fn checked_name(name: &str) -> Result<&str, ScenarioError> {
    let name = name.trim();
    check_identity("name", name)?;
    let letters = name.chars().count();
    match (1..=MAX_NAME).contains(&letters) && !name.chars().any(char::is_control) {
        true => Ok(name),
        false => Err(ScenarioError::Field {
            field: "name",
            problem: "a name has 1 to 100 letters (名称应为 1 到 100 个字)",
        }),
    }
}

fn checked_note(note: &str) -> Result<&str, ScenarioError> {
    check_identity("note", note)?;
    match note.chars().count() <= MAX_NOTE {
        true => Ok(note.trim()),
        false => Err(ScenarioError::Field {
            field: "note",
            problem: "a note has 2,000 letters at most (说明不超过 2000 字)",
        }),
    }
}

fn check_identity(field: &'static str, text: &str) -> Result<(), ScenarioError> {
    match tells_identity(text) {
        false => Ok(()),
        true => Err(ScenarioError::Identity(field)),
    }
}
