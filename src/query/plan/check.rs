use crate::{
    city::City,
    domain::{AttributeType, PlanFault, PlanFigure},
};

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
        return Err(PlanFault::Year(figure.year.into()));
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
