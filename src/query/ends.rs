use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, SeqAccess, Visitor, value},
};

use super::{QueryError, Start};
use crate::{
    city::{City, LoadedLayer, Transit},
    domain::{LayerId, Period},
};

/// The layer of the stops of the timetable: it stands in no file of its own.
pub const STOPS: &str = "stops";

/// Where journeys begin or end: a list, or everything of a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Ends {
    All(End),
    Listed(Vec<End>),
}

/// A feature, any place, or with a layer alone all of its features.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl<'de> Deserialize<'de> for Ends {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Ends;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of places, or {\"layer\": …} for all of a layer")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Ends, A::Error> {
                End::deserialize(value::MapAccessDeserializer::new(map)).map(Ends::All)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Ends, A::Error> {
                Vec::deserialize(value::SeqAccessDeserializer::new(seq)).map(Ends::Listed)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Ends as they were found.
pub(super) struct FoundEnds<'c> {
    /// Id or name of each.
    pub names: Vec<String>,
    pub starts: Vec<Start>,
    /// The layer, where they are all of it, in the order of its index.
    pub layer: Option<&'c LoadedLayer>,
    pub used: Vec<&'c LoadedLayer>,
}

impl Ends {
    /// # Errors
    /// Unknown layers and features, a place that is none, nothing at all.
    pub(super) fn find<'c>(
        &self,
        city: &'c City,
        field: &'static str,
        period: Option<&Period>,
    ) -> Result<FoundEnds<'c>, QueryError> {
        let listed = match self {
            Ends::All(end) => std::slice::from_ref(end),
            Ends::Listed(ends) => ends,
        };
        let mut found = FoundEnds {
            names: Vec::new(),
            starts: Vec::new(),
            layer: None,
            used: Vec::new(),
        };
        let mut stops: Option<HashMap<&str, u32>> = None;
        for end in listed {
            found.add(city, field, end, period, &mut stops)?;
        }
        if found.starts.is_empty() {
            return Err(QueryError::field(field, "give at least one place"));
        }
        if let ([end], [used]) = (listed, &found.used[..])
            && end.id.is_none()
        {
            found.layer = Some(used);
        }
        Ok(found)
    }
}

impl<'c> FoundEnds<'c> {
    fn add(
        &mut self,
        city: &'c City,
        field: &'static str,
        end: &End,
        period: Option<&Period>,
        stops: &mut Option<HashMap<&'c str, u32>>,
    ) -> Result<(), QueryError> {
        let Some(layer) = &end.layer else {
            return self.add_place(field, end);
        };
        if layer.as_str() == STOPS {
            let transit = timetable_of_stops(city)?;
            let Some(id) = &end.id else {
                for stop in transit.platforms() {
                    self.add_stop(transit, stop);
                }
                return Ok(());
            };
            let known = stops.get_or_insert_with(|| {
                let stops = (0..).zip(&transit.schedule.stops);
                stops
                    .map(|(number, stop)| (stop.id.as_str(), number))
                    .collect()
            });
            let stop = *known.get(id.as_str()).ok_or_else(|| no_stop(id))?;
            self.add_stop(transit, stop);
            return Ok(());
        }
        let none = || QueryError::NotFound {
            what: "layer",
            name: layer.to_string(),
        };
        let loaded = &**city.layer(layer.as_str(), period).ok_or_else(none)?;
        if !self.used.iter().any(|used| std::ptr::eq(*used, loaded)) {
            self.used.push(loaded);
        }
        let features = match &end.id {
            None => loaded.index.iter().collect(),
            Some(id) => {
                let none = || QueryError::NotFound {
                    what: "feature",
                    name: id.chars().take(64).collect(),
                };
                vec![loaded.index.find(id).ok_or_else(none)?]
            }
        };
        for feature in features {
            let (lon, lat) = loaded.index.place(feature);
            let id = loaded.index.id(feature).to_owned();
            self.names.push(id.clone());
            self.starts.push(Start {
                id: Some(id),
                ..Start::at(lon, lat)
            });
        }
        Ok(())
    }

    fn add_place(&mut self, field: &'static str, end: &End) -> Result<(), QueryError> {
        let (Some(lon), Some(lat), None) = (end.lon, end.lat, &end.id) else {
            let problem = "a place is {layer, id}, {lon, lat, name} or {layer}";
            return Err(QueryError::field(field, problem));
        };
        if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) {
            let problem = "a place is longitude, latitude in degrees";
            return Err(QueryError::field(field, problem));
        }
        let name = end.name.clone();
        self.names
            .push(name.unwrap_or_else(|| format!("{lon},{lat}")));
        self.starts.push(Start::at(lon, lat));
        Ok(())
    }

    fn add_stop(&mut self, transit: &Transit, stop: u32) {
        self.names
            .push(transit.schedule.stops[stop as usize].id.clone());
        self.starts.push(start_of_stop(transit, stop));
    }
}

/// The start of a stop: its place and itself; of a station, those of all its platforms.
pub(super) fn start_of_stop(transit: &Transit, stop: u32) -> Start {
    let stops = &transit.schedule.stops;
    let platforms = (0..)
        .zip(stops)
        .filter(|(_, other)| other.station == Some(stop) && other.kind == 0);
    let mut own: Vec<u32> = platforms.map(|(number, _)| number).collect();
    if own.is_empty() {
        own.push(stop);
    }
    let places = own.iter().filter_map(|stop| stops[*stop as usize].lon_lat);
    Start {
        points: places.collect(),
        id: Some(stops[stop as usize].id.clone()),
        stops: own,
    }
}

/// The timetable whose stops are asked for.
///
/// # Errors
/// Where the city has none.
pub(super) fn timetable_of_stops(city: &City) -> Result<&Transit, QueryError> {
    let none = || QueryError::NotFound {
        what: "timetable with layer",
        name: STOPS.into(),
    };
    city.transit().map(|transit| &**transit).ok_or_else(none)
}

pub(super) fn no_stop(id: &str) -> QueryError {
    QueryError::NotFound {
        what: "stop",
        name: id.chars().take(64).collect(),
    }
}
