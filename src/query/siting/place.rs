use geo::Intersects;

use crate::{
    city::{Area, City},
    domain::Period,
};

/// The level of the smallest areas that the city has.
pub(super) fn smallest_level(city: &City, period: Option<&Period>) -> Option<String> {
    let levels = city.catalog().levels().into_iter().rev();
    let mut levels = levels.map(|level| level.to_string());
    levels.find(|level| !city.areas().at(level, period).is_empty())
}

/// The area of a level around a place; of overlapping ones the smallest code.
pub(super) fn area_at<'c>(
    city: &'c City,
    level: &str,
    (lon, lat): (f64, f64),
    period: Option<&Period>,
) -> Option<&'c Area> {
    let point = geo::Point::new(lon, lat);
    let layer = city.catalog().area_layer(level)?;
    let state = city.areas().period_at(level, period)?;
    let mut states = city.states(layer.id.as_str());
    let loaded = states.find(|loaded| loaded.index.period() == state)?;
    let is_around = |area: &&Area| {
        area.bounds.contains(lon, lat) && loaded.index.geometry(area.feature).intersects(&point)
    };
    city.areas().at(level, period).iter().find(is_around)
}

/// The area around a place of each level, the smallest first.
pub(super) fn areas_around<'c>(
    city: &'c City,
    place: (f64, f64),
    period: Option<&Period>,
) -> Vec<&'c Area> {
    let levels = city.catalog().levels().into_iter().rev();
    let around = levels.filter_map(|level| area_at(city, level.as_str(), place, period));
    around.collect()
}
