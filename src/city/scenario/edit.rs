use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Within;
use crate::domain::{AttributeId, LayerId, Period};

/// One step of a scenario with its note (方案编辑).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Edit {
    #[serde(flatten)]
    pub change: Change,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What an edit does. Each names the newest state of a layer unless it says a period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    Add(Add),
    Move(Move),
    #[serde(rename = "change")]
    Alter(Alter),
    Remove(Remove),
    Grow(Grow),
    MoveJobs(MoveJobs),
    Station(StationEdit),
    Line(LineEdit),
    Street(StreetEdit),
}

/// A new feature of a point layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Add {
    pub layer: LayerId,
    /// Without one it is `scenario-` and the number of the edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub lon: f64,
    pub lat: f64,
    /// By attribute; what is not named is missing.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub values: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// Another place for a feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Move {
    pub layer: LayerId,
    pub id: String,
    pub lon: f64,
    pub lat: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// Other values for a feature; `null` makes one missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Alter {
    pub layer: LayerId,
    pub id: String,
    #[schema(value_type = Object)]
    pub values: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// A feature that is there no longer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    pub layer: LayerId,
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// More or fewer people or jobs within a polygon or an area (增减人口或岗位).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grow {
    pub layer: LayerId,
    /// The count that the factor or amount is of; without one the first population, else the jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<AttributeId>,
    /// Whether the other counts of people (age groups, employed, households) stay as they are; else
    /// they change in the same proportion.
    #[serde(default, skip_serializing_if = "is_false")]
    pub alone: bool,
    /// The new total is the old one times this, rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// The new total is the old one and so many more, or fewer where it is negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    pub within: Within,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// Jobs that go elsewhere with those who work there (岗位疏解).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveJobs {
    #[serde(default = "workplaces")]
    pub layer: LayerId,
    pub jobs: i64,
    pub from: Within,
    pub to: Within,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

/// A new station with its entrances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StationEdit {
    #[serde(default = "stations")]
    pub layer: LayerId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub lon: f64,
    pub lat: f64,
    /// By attribute: `name`, `mode`, `lines` …
    #[serde(default)]
    #[schema(value_type = Object)]
    pub values: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entrances: Vec<EntranceAt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntranceAt {
    #[serde(default)]
    pub name: String,
    pub lon: f64,
    pub lat: f64,
}

/// A new transit line with its headways, as a row each of a line table says it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineEdit {
    pub name: String,
    /// Named, the line runs in the order of its stops alone; without it both ways alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// The mode (制式) of stations that are new with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    pub stops: Vec<StopAt>,
    pub headways: Vec<Band>,
}

/// A stop of a new line: a station of the city by id or name, or a new one at a place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopAt {
    /// The id of a station.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Seconds at the stop; 30 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dwell_s: Option<f64>,
    /// Seconds from here to the next stop; needed but at the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_s: Option<f64>,
}

/// How often a line leaves between two times of day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// `06:30`
    pub from: String,
    /// May pass 24:00.
    pub until: String,
    pub headway_min: f64,
    /// `daily` (without it), `weekday` or `weekend`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<String>,
}

/// A new street, joined at its ends to those that are there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StreetEdit {
    /// Longitude, latitude.
    pub points: Vec<[f64; 2]>,
    /// `walk`, `bicycle`, `car`: the networks that it belongs to; without it all that its class is
    /// let into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<String>,
    /// Its class as the rules of streets name it (`residential`, `footway` …).
    #[serde(default = "residential")]
    pub class: String,
    /// Whether vehicles pass it in the order of its points alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub one_way: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn workplaces() -> LayerId {
    "workplaces".parse().expect("a name")
}

fn stations() -> LayerId {
    "stations".parse().expect("a name")
}

fn residential() -> String {
    "residential".into()
}

impl Change {
    /// What kind of edit it is, as JSON names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Change::Add(_) => "add",
            Change::Move(_) => "move",
            Change::Alter(_) => "change",
            Change::Remove(_) => "remove",
            Change::Grow(_) => "grow",
            Change::MoveJobs(_) => "move_jobs",
            Change::Station(_) => "station",
            Change::Line(_) => "line",
            Change::Street(_) => "street",
        }
    }
}
