use super::Supply;
use crate::{
    city::City,
    domain::{NormItem, Period},
};

/// A facility that a norm means, where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct FacilityPlace {
    pub id: String,
    pub lon: f64,
    pub lat: f64,
    /// The area of the level asked for; none where it lies in none.
    pub code: Option<String>,
}

/// The facilities in use of a norm's service, by id; none where the city has no such layer.
pub fn facility_places(
    city: &City,
    item: &NormItem,
    level: &str,
    period: Option<&Period>,
) -> Vec<FacilityPlace> {
    let Some(supply) = Supply::of(city, item, period) else {
        return Vec::new();
    };
    let index = &supply.loaded.index;
    let level = index.level_index(level);
    let place = |facility: &super::supply::Facility| {
        let feature = facility.feature;
        let (lon, lat) = index.place(feature);
        let code = level.and_then(|level| index.area_code(feature, level));
        FacilityPlace {
            id: index.id(feature).to_owned(),
            lon,
            lat,
            code: code.map(str::to_owned),
        }
    };
    supply.facilities.iter().map(place).collect()
}
