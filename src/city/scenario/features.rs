//! Single features of point layers: added, moved, changed, removed.

use std::sync::Arc;

use geo::{Geometry, Point};

use super::{
    Add, Alter, EditError, Move, Remove, StationEdit, apply::Step, place::check_place, timetable,
    values::set_values,
};
use crate::{
    city::{City, LoadedLayer, recode::Boundaries},
    domain::{GeometryKind, Layer, LayerId, Period, Role, Table, Value, tells_identity},
    index::{Edit as IndexEdit, FeatureRef, LayerIndex},
    store::ImportRecord,
};

/// The longest id of a feature, letters.
const MAX_ID: usize = 100;

pub(super) fn add(at: &Step<'_>, add: &Add) -> Result<City, EditError> {
    let loaded = target(at.city, &add.layer, add.period.as_ref())?;
    let id = free_id(at, &loaded, add.id.as_deref())?;
    let put = put(at.city, &loaded, id, (add.lon, add.lat), "lon", |values| {
        set_values(loaded.layer(), &add.values, values)
    })?;
    Ok(edited(at, &loaded, &[put]))
}

pub(super) fn moved(at: &Step<'_>, moved: &Move) -> Result<City, EditError> {
    let loaded = target(at.city, &moved.layer, moved.period.as_ref())?;
    let feature = find(&loaded, &moved.id)?;
    let old = values_of(&loaded, feature);
    let place = (moved.lon, moved.lat);
    let put = put(at.city, &loaded, moved.id.clone(), place, "lon", |values| {
        values.clone_from_slice(&old);
        Ok(())
    })?;
    let city = edited(at, &loaded, &[put]);
    Ok(timetable::follow(at, city, (&loaded, feature), place))
}

pub(super) fn alter(at: &Step<'_>, alter: &Alter) -> Result<City, EditError> {
    let loaded = target(at.city, &alter.layer, alter.period.as_ref())?;
    let feature = find(&loaded, &alter.id)?;
    if alter.values.is_empty() {
        return Err(EditError::new(
            "values",
            "没有要改的字段；请至少给出一个",
            "no value to change; name one at least",
        ));
    }
    let mut values = values_of(&loaded, feature);
    set_values(loaded.layer(), &alter.values, &mut values)?;
    Ok(edited(at, &loaded, &[same_place(&loaded, feature, values)]))
}

pub(super) fn remove(at: &Step<'_>, remove: &Remove) -> Result<City, EditError> {
    let loaded = target(at.city, &remove.layer, remove.period.as_ref())?;
    let feature = find(&loaded, &remove.id)?;
    let id = remove.id.clone();
    let city = edited(at, &loaded, &[IndexEdit::Remove { id }]);
    Ok(timetable::close(at, city, &loaded, feature))
}

/// A station and its entrances, which lie in the layer whose ids refer to the station's.
pub(super) fn station(at: &Step<'_>, station: &StationEdit) -> Result<City, EditError> {
    let loaded = target(at.city, &station.layer, station.period.as_ref())?;
    let id = free_id(at, &loaded, station.id.as_deref())?;
    let place = (station.lon, station.lat);
    let new = put(at.city, &loaded, id.clone(), place, "lon", |values| {
        set_values(loaded.layer(), &station.values, values)
    })?;
    let city = edited(at, &loaded, &[new]);
    if station.entrances.is_empty() {
        return Ok(city);
    }
    let refers = |layer: &&Arc<Layer>| {
        let mut attributes = layer.attributes.iter();
        attributes.any(|attribute| attribute.refers_to.as_ref() == Some(&station.layer))
    };
    let layer = at.city.catalog().layers().find(refers).ok_or_else(|| {
        EditError::new(
            "entrances",
            format!("没有图层记录 `{}` 的出入口", station.layer),
            format!("no layer holds entrances of `{}`", station.layer),
        )
    })?;
    let entrances = target(&city, &layer.id, station.period.as_ref())?;
    let owner = layer.attributes.iter().position(|a| a.refers_to.is_some());
    let name = layer.index_with_role(Role::Name);
    let mut puts = Vec::new();
    for (number, entrance) in station.entrances.iter().enumerate() {
        let own = free_id(at, &entrances, Some(&format!("{id}-{}", number + 1)))?;
        let place = (entrance.lon, entrance.lat);
        puts.push(put(&city, &entrances, own, place, "entrances", |values| {
            if let Some(owner) = owner {
                values[owner] = Value::Text(id.clone());
            }
            if let Some(name) = name.filter(|_| !entrance.name.trim().is_empty()) {
                values[name] = Value::Text(entrance.name.trim().to_owned());
            }
            Ok(())
        })?);
    }
    let entrances = at.layer(&entrances, entrances.index.edited(&puts));
    Ok(city.with_layer(entrances))
}

/// The state that an edit works on: the newest at or before `period`; a new one where the layer
/// holds nothing yet.
pub(super) fn target(
    city: &City,
    id: &LayerId,
    period: Option<&Period>,
) -> Result<Arc<LoadedLayer>, EditError> {
    let Some(layer) = city.catalog().layer(id.as_str()) else {
        let known = city.catalog().layers();
        let points = known.filter(|layer| layer.geometry == GeometryKind::Point);
        let points: Vec<&str> = points.map(|layer| layer.id.as_str()).collect();
        let points = points.join(", ");
        return Err(EditError::new(
            "layer",
            format!("没有图层 `{id}`；点图层有：{points}"),
            format!("there is no layer `{id}`; the point layers are {points}"),
        ));
    };
    if layer.geometry != GeometryKind::Point || layer.is_area() {
        return Err(EditError::new(
            "layer",
            format!(
                "“{}”不是点图层，方案不能改它；请改源数据后重新导入",
                layer.title.zh
            ),
            format!(
                "{id} is no point layer; a scenario cannot change it: edit its file and import it"
            ),
        ));
    }
    if let Some(loaded) = city.layer(id.as_str(), period) {
        return Ok(loaded.clone());
    }
    let periods = city.periods();
    let dated = period.filter(|period| periods.contains(period));
    let Some(period) = dated.or(periods.last()) else {
        return Err(EditError::new(
            "layer",
            "城市还没有任何数据；请先导入",
            "the city holds no data yet; import some first",
        ));
    };
    let levels = city.catalog().levels();
    let none = Table::for_layer(layer);
    Ok(Arc::new(LoadedLayer {
        index: LayerIndex::build(layer.clone(), period.clone(), levels, &none),
        records: vec![ImportRecord {
            source: "方案 scenario".into(),
            ..ImportRecord::default()
        }],
        control_totals: Vec::new(),
        version: city.version(),
    }))
}

/// The feature of an id.
pub(super) fn find(loaded: &LoadedLayer, id: &str) -> Result<FeatureRef, EditError> {
    loaded.index.find(id).ok_or_else(|| {
        let layer = loaded.layer();
        let shown: String = id.chars().take(MAX_ID).collect();
        EditError::new(
            "id",
            format!(
                "图层“{}”（{}）里没有编号为 `{shown}` 的要素，可能已被删除；请撤销这一步，或改选现有要素",
                layer.title.zh,
                loaded.index.period()
            ),
            format!(
                "{} at {} has no feature `{shown}`, it may be gone; undo this edit or name a \
                 feature that is there",
                layer.id,
                loaded.index.period()
            ),
        )
    })
}

/// An id as a feature may have it.
///
/// # Errors
/// It is too long, empty, not for people to read, or names a person by number.
pub(in crate::city) fn plain_id(wanted: &str) -> Result<String, EditError> {
    let id = wanted.trim();
    if tells_identity(id) {
        return Err(EditError::identity("id"));
    }
    let letters = id.chars().count();
    match (1..=MAX_ID).contains(&letters) && !id.chars().any(char::is_control) {
        true => Ok(id.to_owned()),
        false => Err(EditError::new(
            "id",
            "编号应为 1 到 100 个字符",
            "an id has 1 to 100 letters",
        )),
    }
}

fn free_id(at: &Step<'_>, loaded: &LoadedLayer, wanted: Option<&str>) -> Result<String, EditError> {
    let id = plain_id(wanted.unwrap_or(&at.id()))?;
    match loaded.index.find(&id) {
        None => Ok(id),
        Some(_) => Err(EditError::new(
            "id",
            format!("编号 `{id}` 已有要素使用；请换一个，或用 `change` 修改它"),
            format!("`{id}` is there already; choose another id, or use `change`"),
        )),
    }
}

pub(super) fn values_of(loaded: &LoadedLayer, feature: FeatureRef) -> Vec<Value> {
    loaded.index.state(feature).values
}

/// A feature at a place, with the areas around it.
pub(super) fn put(
    city: &City,
    loaded: &LoadedLayer,
    id: String,
    (lon, lat): (f64, f64),
    field: &'static str,
    fill: impl FnOnce(&mut [Value]) -> Result<(), EditError>,
) -> Result<IndexEdit, EditError> {
    let (layer, period) = (loaded.layer(), loaded.index.period());
    check_place(city, field, (lon, lat), Some(period))?;
    let mut values = vec![Value::Missing; layer.attributes.len()];
    fill(&mut values)?;
    let geometry = Geometry::Point(Point::new(lon, lat));
    let mut row = Table::for_layer(layer);
    row.push(&id, geometry, &values);
    Boundaries::of(city).place(layer, period, &mut row);
    Ok(IndexEdit::put(&row, 0))
}

/// A feature with other values where it is.
pub(super) fn same_place(
    loaded: &LoadedLayer,
    feature: FeatureRef,
    values: Vec<Value>,
) -> IndexEdit {
    let index = &loaded.index;
    IndexEdit::Put {
        id: index.id(feature).to_owned(),
        geometry: index.geometry(feature),
        values,
        area_codes: index.codes(feature),
    }
}

fn edited(at: &Step<'_>, loaded: &LoadedLayer, edits: &[IndexEdit]) -> City {
    let layer = at.layer(loaded, loaded.index.edited(edits));
    at.city.clone().with_layer(layer)
}
