use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Arrival, Departure};

/// By which way, in which unit and which way round a question measures (出行方式).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Travel {
    pub mode: Mode,
    pub unit: Unit,
    pub direction: Direction,
    /// What minutes on foot are turned into metres by.
    pub walk_speed_km_h: Option<f64>,
    /// What minutes by bicycle are turned into metres by.
    pub bicycle_speed_km_h: Option<f64>,
    /// When one sets out; by timetable only.
    pub departure: Option<Departure>,
    /// When one must be there; by timetable only.
    pub arrival: Option<Arrival>,
    /// The longest walk to a first stop and from a last one, metres.
    pub max_walk_m: Option<f64>,
}

/// How distance is measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Great-circle metres.
    #[default]
    Straight,
    /// On foot along the streets, the straight legs to and from them counted.
    Walk,
    /// By bicycle along the streets, one-ways kept.
    Bicycle,
    /// By car without other traffic, on foot to the street and from it.
    Car,
    /// By timetable, with walks to, between and from the stops.
    Transit,
    /// By a table of travel times brought from elsewhere, `matrix:NAME`.
    Matrix(String),
}

/// What a distance or a time is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
pub enum Unit {
    #[default]
    #[serde(rename = "m")]
    Metres,
    #[serde(rename = "min")]
    Minutes,
}

/// Whether one goes from the places asked about, or to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    #[default]
    From,
    To,
}

impl Direction {
    pub fn reversed(self) -> Self {
        match self {
            Direction::From => Direction::To,
            Direction::To => Direction::From,
        }
    }
}

impl Unit {
    pub fn key(self) -> &'static str {
        match self {
            Unit::Metres => "m",
            Unit::Minutes => "min",
        }
    }
}

/// What a mode that is a table of travel times starts with.
const MATRIX: &str = "matrix:";

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "straight" => Ok(Mode::Straight),
            "walk" => Ok(Mode::Walk),
            "bicycle" => Ok(Mode::Bicycle),
            "car" => Ok(Mode::Car),
            "transit" => Ok(Mode::Transit),
            matrix if matrix.starts_with(MATRIX) => Ok(Mode::Matrix(matrix[MATRIX.len()..].into())),
            other => {
                let modes = "straight, walk, bicycle, car, transit, matrix:NAME";
                Err(format!("mode: `{other}` is none of {modes}"))
            }
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mode::Straight => f.write_str("straight"),
            Mode::Walk => f.write_str("walk"),
            Mode::Bicycle => f.write_str("bicycle"),
            Mode::Car => f.write_str("car"),
            Mode::Transit => f.write_str("transit"),
            Mode::Matrix(name) => write!(f, "{MATRIX}{name}"),
        }
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl Serialize for Mode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
