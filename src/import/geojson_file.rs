//! GeoJSON: collections, single features, bare geometries, and one feature per line.

use std::borrow::Cow;

use geo::Geometry;
use geojson::{Feature, FeatureCollection, GeoJson};
use serde_json::Value as Json;

use super::{
    ImportError,
    encoding::decode,
    raw::{RawHeader, RawRow, RawValue, Sink},
};
use crate::crs::Crs;

/// Reads a GeoJSON document that is in memory.
pub fn read(file: &str, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), ImportError> {
    let fail = |problem: String| ImportError::File {
        file: file.to_owned(),
        problem,
    };
    let (text, encoding) = decode(bytes);
    if text.trim().is_empty() {
        return Err(fail("the file is empty".into()));
    }
    let document: GeoJson = text
        .parse()
        .map_err(|e| fail(format!("this is no GeoJSON: {}", brief(&e))))?;
    let (features, crs) = match document {
        GeoJson::FeatureCollection(FeatureCollection {
            features,
            foreign_members,
            ..
        }) => {
            let crs = foreign_members
                .as_ref()
                .and_then(|members| members.get("crs"))
                .cloned();
            (features, crs)
        }
        GeoJson::Feature(feature) => {
            let crs = feature
                .foreign_members
                .as_ref()
                .and_then(|members| members.get("crs"))
                .cloned();
            (vec![feature], crs)
        }
        GeoJson::Geometry(geometry) => (vec![Feature::from(geometry)], None),
    };
    let crs = carried_crs(file, crs)?;
    deliver(file, encoding, crs, features.into_iter().map(Ok), sink)
}

/// Reads a text sequence: one feature per line, with or without a record separator before it.
pub fn read_sequence(file: &str, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), ImportError> {
    let (text, encoding) = decode(bytes);
    let lines: Vec<&str> = text
        .split(['\n', '\u{1e}'])
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() {
        let problem = "the file is empty".to_owned();
        return Err(ImportError::File {
            file: file.to_owned(),
            problem,
        });
    }
    let features = lines.into_iter().map(|line| match line.parse::<GeoJson>() {
        Ok(GeoJson::Feature(feature)) => Ok(feature),
        Ok(GeoJson::Geometry(geometry)) => Ok(Feature::from(geometry)),
        Ok(GeoJson::FeatureCollection(_)) => Err("a collection inside a sequence".to_owned()),
        Err(error) => Err(format!("no GeoJSON feature: {}", brief(&error))),
    });
    deliver(file, encoding, Some(Crs::WGS84), features, sink)
}

/// An error without the content that a parser may repeat.
fn brief(error: &geojson::Error) -> String {
    match error {
        geojson::Error::MalformedGeoJson(e) => format!("line {}, column {}", e.line(), e.column()),
        other => {
            let text = other.to_string();
            let cut = text.find(['`', '{', '[']).unwrap_or(text.len());
            text[..cut]
                .trim_end_matches([':', ' '])
                .chars()
                .take(120)
                .collect()
        }
    }
}

/// The `crs` member of older files; without one the standard says longitude, latitude on WGS 84.
fn carried_crs(file: &str, member: Option<Json>) -> Result<Option<Crs>, ImportError> {
    let Some(member) = member.filter(|m| !m.is_null()) else {
        return Ok(Some(Crs::WGS84));
    };
    let name = member
        .pointer("/properties/name")
        .and_then(Json::as_str)
        .unwrap_or("");
    match name.parse() {
        Ok(crs) => Ok(Some(crs)),
        Err(source) => Err(ImportError::Crs {
            file: file.to_owned(),
            source,
        }),
    }
}

fn deliver(
    file: &str,
    encoding: &str,
    crs: Option<Crs>,
    features: impl Iterator<Item = Result<Feature, String>>,
    sink: &mut dyn Sink,
) -> Result<(), ImportError> {
    let features: Vec<Result<Feature, String>> = features.collect();
    let mut columns: Vec<String> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for feature in features.iter().flatten() {
        for key in feature.properties.iter().flat_map(|p| p.keys()) {
            if known.insert(key.clone()) {
                columns.push(key.clone());
            }
        }
    }
    sink.header(RawHeader {
        file: file.to_owned(),
        columns: columns.clone(),
        crs,
        has_geometry: true,
        encoding: Some(encoding.to_owned()),
    })?;
    for (place, feature) in features.into_iter().enumerate() {
        let number = place as u64 + 1;
        let feature = match feature {
            Ok(feature) => feature,
            Err(problem) => {
                sink.broken(number, &problem)?;
                continue;
            }
        };
        let geometry = match &feature.geometry {
            None => None,
            Some(geometry) => match Geometry::<f64>::try_from(geometry) {
                Ok(geometry) => Some(geometry),
                Err(_) => {
                    sink.broken(number, "the geometry is not understood")?;
                    continue;
                }
            },
        };
        let empty = serde_json::Map::new();
        let properties = feature.properties.as_ref().unwrap_or(&empty);
        let values: Vec<RawValue<'_>> = columns
            .iter()
            .map(|c| properties.get(c).map_or(RawValue::Empty, raw))
            .collect();
        let id = feature.id.as_ref().map(|id| match id {
            geojson::feature::Id::String(text) => Cow::Borrowed(text.as_str()),
            geojson::feature::Id::Number(number) => Cow::Owned(number.to_string()),
        });
        sink.row(RawRow {
            number,
            id,
            geometry,
            values: &values,
        })?;
    }
    Ok(())
}

fn raw(value: &Json) -> RawValue<'_> {
    match value {
        Json::Null => RawValue::Empty,
        Json::Bool(flag) => RawValue::Flag(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => RawValue::Integer(whole),
            None => RawValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => RawValue::from_text(text),
        other => RawValue::Text(other.to_string().into()),
    }
}
