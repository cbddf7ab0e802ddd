use std::fmt;

use crate::{
    city::City,
    domain::{AttributeType, PlanFigure},
};

/// Why a figure cannot be held against this city.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanFault {
    /// No area has this code.
    UnknownArea(String),
    /// No layer counts this.
    UnknownIndicator(String),
    Negative(i64),
    Year(i32),
    /// The same area, year, count and date stands twice.
    Twice,
}

impl fmt::Display for PlanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlanFault::UnknownArea(code) => write!(f, "no area has the code `{code}`"),
            PlanFault::UnknownIndicator(name) => write!(
                f,
                "no layer counts `{name}`; write the id or the title of a count, e.g. \
                 usual_residents"
            ),
            PlanFault::Negative(value) => write!(f, "{value} is negative"),
            PlanFault::Year(year) => write!(f, "{year} is no year of a plan (1900 to 2200)"),
            PlanFault::Twice => write!(f, "area, year, indicator and date stand twice"),
        }
    }
}

/// Holds a figure against the city; `before` are the ones already taken.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_plan(
    city: &City,
    figure: &PlanFigure,
    before: &[PlanFigure],
) -> Result<(), PlanFault> {
    if !(1900..=2200).contains(&figure.year) {
        return Err(PlanFault::Year(figure.year));
    }
    if figure.value < 0 {
        return Err(PlanFault::Negative(figure.value));
    }
    for code in &figure.areas {
        if city.areas().find(city, code.as_str(), None).is_none() {
            return Err(PlanFault::UnknownArea(code.to_string()));
        }
    }
    let layers = city.catalog().layers().filter(|layer| !layer.is_area());
    let mut named = layers.filter_map(|layer| layer.attribute(figure.indicator.as_str()));
    if !named.any(|attribute| attribute.kind == AttributeType::Count) {
        return Err(PlanFault::UnknownIndicator(figure.indicator.to_string()));
    }
    let is_twice = |other: &PlanFigure| other.is_of_same(figure) && other.date == figure.date;
    match before.iter().any(is_twice) {
        true => Err(PlanFault::Twice),
        false => Ok(()),
    }
}
