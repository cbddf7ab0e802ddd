use super::City;
use crate::{
    domain::{Period, Role},
    transit::{KnownStations, LineStation},
};

/// The stations of a city by id and name, as tables of lines refer to them.
pub fn known_stations(city: &City, period: Option<&Period>) -> KnownStations {
    let loaded = city.layer("stations", period);
    let Some(loaded) = loaded.or_else(|| city.layer("stations", None)) else {
        return KnownStations::default();
    };
    let index = &loaded.index;
    let name = index.layer().index_with_role(Role::Name);
    let station = |feature| LineStation {
        id: index.id(feature).to_owned(),
        name: name
            .and_then(|at| index.text(feature, at))
            .unwrap_or_default()
            .to_owned(),
        lon_lat: index.place(feature),
    };
    KnownStations::new(index.iter().map(station).collect())
}
