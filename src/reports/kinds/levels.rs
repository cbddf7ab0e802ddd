use crate::{
    city::City,
    domain::{LevelId, Period, Title},
};

/// More areas than these are not listed on paper.
pub const MOST_ROWS: usize = 300;

/// The levels that have areas, larger ones first.
pub fn filled_levels(city: &City, period: Option<&Period>) -> Vec<(LevelId, Title)> {
    let layers = city.catalog().area_layers().into_iter();
    let levels = layers.filter_map(|layer| Some((layer.area_level.clone()?, layer.title.clone())));
    let filled = |level: &LevelId| !city.areas().at(level.as_str(), period).is_empty();
    levels.filter(|(level, _)| filled(level)).collect()
}
