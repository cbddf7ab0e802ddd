use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    QueryError, Start,
    ends::{STOPS, no_stop, start_of_stop, timetable_of_stops},
    stations::{Entrances, has_status, is_on_line, lines_of},
};
use crate::{
    city::{City, LoadedLayer},
    domain::{LayerId, Period, Role},
    index::FeatureRef,
};

/// Where a question starts: a feature, all of a layer or of one line, or any place.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "OriginFields", into = "OriginFields")]
pub enum Origin {
    Feature {
        layer: LayerId,
        id: String,
    },
    Layer {
        layer: LayerId,
        /// Only the stations of this line.
        line: Option<String>,
        /// Only those with this status; without it those in use, with `any` all.
        status: Option<String>,
    },
    Place {
        lon: f64,
        lat: f64,
        name: Option<String>,
    },
}

/// An origin as it is written.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
struct OriginFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<LayerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lon: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl TryFrom<OriginFields> for Origin {
    type Error = &'static str;

    fn try_from(fields: OriginFields) -> Result<Self, Self::Error> {
        let OriginFields {
            layer,
            id,
            line,
            status,
            lon,
            lat,
            name,
        } = fields;
        match (layer, id, lon, lat) {
            (Some(layer), Some(id), None, None) if line.is_none() && status.is_none() => {
                Ok(Origin::Feature { layer, id })
            }
            (Some(layer), None, None, None) => Ok(Origin::Layer {
                layer,
                line,
                status,
            }),
            (None, None, Some(lon), Some(lat)) if line.is_none() && status.is_none() => {
                Ok(Origin::Place { lon, lat, name })
            }
            _ => Err(
                "an origin is {layer, id}, {layer, line}, {layer, status}, {layer} or {lon, lat, name}",
            ),
        }
    }
}

impl utoipa::PartialSchema for Origin {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        OriginFields::schema()
    }
}

impl utoipa::ToSchema for Origin {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
        OriginFields::schemas(schemas);
    }
}

impl From<Origin> for OriginFields {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Feature { layer, id } => OriginFields {
                layer: Some(layer),
                id: Some(id),
                ..OriginFields::default()
            },
            Origin::Layer {
                layer,
                line,
                status,
            } => OriginFields {
                layer: Some(layer),
                line,
                status,
                ..OriginFields::default()
            },
            Origin::Place { lon, lat, name } => OriginFields {
                lon: Some(lon),
                lat: Some(lat),
                name,
                ..OriginFields::default()
            },
        }
    }
}

/// An origin as it was found.
#[derive(Clone, Debug, Serialize)]
pub struct FoundOrigin {
    pub layer: Option<LayerId>,
    pub id: Option<String>,
    pub name: Option<String>,
    pub lon: f64,
    pub lat: f64,
    /// How many entrances it starts from; none where it starts from its own place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrances: Option<usize>,
    #[serde(skip)]
    pub start: Start,
}

impl FoundOrigin {
    /// What it is called in a list of origins: its id, else its name, else its place.
    pub fn label(&self) -> String {
        let place = || format!("({:.5}, {:.5})", self.lon, self.lat);
        let known = self.id.clone().or_else(|| self.name.clone());
        known.unwrap_or_else(place)
    }
}

/// The most origins of one question.
pub const MAX_ORIGINS: usize = 1000;

/// The origins of a question, each feature once, in the order asked for; those of a layer in the
/// order of their ids.
///
/// # Errors
/// None or too many of them, an unknown layer, feature or line, or a place outside the world.
pub fn find_origins(
    city: &City,
    field: &'static str,
    origins: &[Origin],
    period: Option<&Period>,
) -> Result<Vec<FoundOrigin>, QueryError> {
    let entrances = Entrances::of(city, period);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for origin in origins {
        match origin {
            Origin::Place { lon, lat, name } => found.push(place(field, *lon, *lat, name)?),
            Origin::Feature { layer, id } if layer.as_str() == STOPS => {
                if seen.insert((layer.clone(), id.clone())) {
                    found.push(stop(city, layer, id)?);
                }
            }
            Origin::Feature { layer, id } => {
                let loaded = layer_of(city, layer, period)?;
                let feature = loaded.index.find(id).ok_or_else(|| QueryError::NotFound {
                    what: "feature",
                    name: id.chars().take(64).collect(),
                })?;
                if seen.insert((layer.clone(), id.clone())) {
                    found.push(found_origin(&entrances, loaded, feature));
                }
            }
            Origin::Layer {
                layer,
                line,
                status,
            } => {
                let loaded = layer_of(city, layer, period)?;
                let features = choose(field, loaded, line.as_deref(), status.as_deref())?;
                check_number(field, features.len())?;
                for feature in features {
                    if seen.insert((layer.clone(), loaded.index.id(feature).to_owned())) {
                        found.push(found_origin(&entrances, loaded, feature));
                    }
                }
            }
        }
    }
    check_number(field, found.len())?;
    Ok(found)
}

fn check_number(field: &'static str, number: usize) -> Result<(), QueryError> {
    if (1..=MAX_ORIGINS).contains(&number) {
        return Ok(());
    }
    let problem = format!("these are {number}; give 1 to {MAX_ORIGINS} origins");
    Err(QueryError::field(field, problem))
}

/// A loaded layer by its id.
///
/// # Errors
/// One that holds nothing at `period`.
pub fn layer_of<'c>(
    city: &'c City,
    layer: &LayerId,
    period: Option<&Period>,
) -> Result<&'c LoadedLayer, QueryError> {
    let loaded = city.layer(layer.as_str(), period);
    let missing = || super::no_state(city, layer.as_str(), period);
    loaded.map(|loaded| &**loaded).ok_or_else(missing)
}

/// Where one sets out to each feature in use of a layer and, where one is named, of a line.
///
/// # Errors
/// As [`choose`].
pub fn starts_of(
    city: &City,
    loaded: &LoadedLayer,
    line: Option<&str>,
    period: Option<&Period>,
) -> Result<Vec<Start>, QueryError> {
    let entrances = Entrances::of(city, period);
    let features = choose("line", loaded, line, None)?;
    let start = |feature: FeatureRef| entrances.start(loaded, feature).0;
    Ok(features.into_iter().map(start).collect())
}

/// The features of a layer with a status and on a line, by id.
///
/// # Errors
/// A line that no feature lies on.
pub fn choose(
    field: &'static str,
    loaded: &LoadedLayer,
    line: Option<&str>,
    status: Option<&str>,
) -> Result<Vec<FeatureRef>, QueryError> {
    let index = &loaded.index;
    let fits = |feature: &FeatureRef| line.is_none_or(|line| is_on_line(index, *feature, line));
    let of_line: Vec<FeatureRef> = index.iter().filter(fits).collect();
    if let (Some(line), true) = (line, of_line.is_empty()) {
        let line: String = line.chars().take(64).collect();
        let known: Vec<&str> = lines_of(index).into_iter().take(60).collect();
        let layer = &loaded.layer().id;
        let problem = match known.is_empty() {
            true => format!("no feature of `{layer}` says which line it lies on"),
            false => format!(
                "there is no line `{line}`; it is one of: {}",
                known.join(", ")
            ),
        };
        return Err(QueryError::field(field, problem));
    }
    let with_status = |feature: &FeatureRef| has_status(index, *feature, status);
    let mut features: Vec<FeatureRef> = of_line.into_iter().filter(with_status).collect();
    features.sort_by(|a, b| index.id(*a).cmp(index.id(*b)));
    Ok(features)
}

/// A feature as an origin.
pub fn found_origin(
    entrances: &Entrances,
    loaded: &LoadedLayer,
    feature: FeatureRef,
) -> FoundOrigin {
    let index = &loaded.index;
    let (lon, lat) = index.place(feature);
    let name_at = loaded.layer().index_with_role(Role::Name);
    let name = name_at.and_then(|at| index.text(feature, at));
    let (start, entrances) = entrances.start(loaded, feature);
    FoundOrigin {
        layer: Some(loaded.layer().id.clone()),
        id: Some(index.id(feature).to_owned()),
        name: name.map(str::to_owned),
        lon,
        lat,
        entrances,
        start,
    }
}

/// A stop of the timetable as an origin.
fn stop(city: &City, layer: &LayerId, id: &str) -> Result<FoundOrigin, QueryError> {
    let transit = timetable_of_stops(city)?;
    let mut stops = (0..).zip(&transit.schedule.stops);
    let of_id = stops.find(|(_, stop)| stop.id == id);
    let (number, stop) = of_id.ok_or_else(|| no_stop(id))?;
    let start = start_of_stop(transit, number);
    let place = stop.lon_lat.or_else(|| start.points.first().copied());
    let (lon, lat) = place.ok_or_else(|| no_stop(id))?;
    Ok(FoundOrigin {
        layer: Some(layer.clone()),
        id: Some(id.to_owned()),
        name: Some(stop.name.clone()),
        lon,
        lat,
        entrances: None,
        start,
    })
}

fn place(
    field: &'static str,
    lon: f64,
    lat: f64,
    name: &Option<String>,
) -> Result<FoundOrigin, QueryError> {
    if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) {
        let problem = "a place is longitude, latitude in degrees";
        return Err(QueryError::field(field, problem));
    }
    Ok(FoundOrigin {
        layer: None,
        id: None,
        name: name.clone(),
        lon,
        lat,
        entrances: None,
        start: Start::at(lon, lat),
    })
}
