use std::collections::HashSet;

use geo::{CoordsIter, Geometry, MultiPolygon};
use rayon::prelude::*;

use super::{
    AreaCode, Attribute, AttributeType, Column, GeometryKind, Layer, Period, Role, RowFault,
    RowReason, Table,
    polygon::{find_defect, repair},
    tells_identity,
};

/// A count above this is a mistake.
pub const MAX_COUNT: i64 = 1_000_000_000_000;

/// The longest text of a feature, letters.
pub const MAX_TEXT: usize = 10_000;

/// Whole numbers beyond this are no longer exact on screens.
const MAX_WHOLE: u64 = 9_000_000_000_000_000;

/// Makes rows that any program may have written as sound as an import leaves them: bad values become
/// missing, polygons are repaired, rows with shapes that are none leave; each is told in
/// [`Table::faults`]. What is sound is never touched.
pub fn make_sound(layer: &Layer, table: &mut Table) {
    let Table {
        ids,
        columns,
        faults,
        ..
    } = table;
    for (attribute, column) in layer.attributes.iter().zip(columns) {
        let is_code = attribute.role == Role::Code && layer.is_area();
        for (row, reason) in bad_values(attribute, is_code, column) {
            faults.push(RowFault::new(&ids[row], attribute.id.as_str(), reason));
        }
    }
    let mut stays = Vec::new();
    for (row, mend) in mends(layer.geometry, &table.geometries) {
        let reason = match mend {
            Mend::Lost(reason) => {
                stays.resize(table.len(), true);
                stays[row] = false;
                Some(reason)
            }
            Mend::Shape(reason, shape) => {
                table.geometries[row] = shape;
                reason
            }
        };
        if let Some(reason) = reason {
            let fault = RowFault::new(&table.ids[row], RowFault::SHAPE, reason);
            table.faults.push(fault);
        }
    }
    if !stays.is_empty() {
        let kept: Vec<usize> = (0..table.len()).filter(|row| stays[*row]).collect();
        let faults = std::mem::take(&mut table.faults);
        *table = table.rows(&kept);
        table.faults = faults;
    }
}

/// Takes the bad values out of a column; answers their rows.
fn bad_values(
    attribute: &Attribute,
    is_code: bool,
    column: &mut Column,
) -> Vec<(usize, RowReason)> {
    match column {
        Column::Integer(values) => taken(values, |value| match attribute.kind {
            AttributeType::Count if value < 0 => Some(RowReason::Negative(value)),
            AttributeType::Count if value > MAX_COUNT => Some(RowReason::TooLarge),
            AttributeType::Flag if !(0..=1).contains(&value) => Some(RowReason::NotFlag(value)),
            _ if value.unsigned_abs() > MAX_WHOLE => Some(RowReason::TooLarge),
            _ => None,
        }),
        Column::Number(values) => taken(values, |value| {
            (!value.is_finite()).then_some(RowReason::NotFinite)
        }),
        Column::Text(texts) => {
            let allowed: HashSet<&str> = attribute.values.iter().map(|v| &*v.code).collect();
            let mut bad = texts.take_out(|text| bad_text(attribute, &allowed, text));
            if is_code {
                let told: HashSet<usize> = bad.iter().map(|(row, _)| *row).collect();
                let lacking = texts.codes().iter().enumerate();
                let lacking = lacking.filter(|(row, code)| {
                    **code == super::TextColumn::MISSING && !told.contains(row)
                });
                bad.extend(lacking.map(|(row, _)| (row, RowReason::NoCode)));
            }
            bad
        }
    }
}

fn taken<T: Copy>(
    values: &mut [Option<T>],
    fault: impl Fn(T) -> Option<RowReason>,
) -> Vec<(usize, RowReason)> {
    let mut bad = Vec::new();
    for (row, value) in values.iter_mut().enumerate() {
        if let Some(reason) = value.and_then(&fault) {
            *value = None;
            bad.push((row, reason));
        }
    }
    bad
}

fn bad_text(attribute: &Attribute, allowed: &HashSet<&str>, text: &str) -> Option<RowReason> {
    if text.contains('\0') {
        return Some(RowReason::HoldsNul);
    }
    if tells_identity(text) {
        return Some(RowReason::HoldsIdentity);
    }
    if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT {
        return Some(RowReason::TooLong);
    }
    match attribute.kind {
        AttributeType::Category if !allowed.is_empty() && !allowed.contains(text) => {
            Some(RowReason::NotCategory(shown(text)))
        }
        AttributeType::Date if text.parse::<Period>().is_err() => Some(RowReason::NotDate),
        AttributeType::Text if attribute.role == Role::Code => text
            .parse::<AreaCode>()
            .is_err()
            .then_some(RowReason::NoCode),
        _ => None,
    }
}

/// The beginning of a text; of one that may hold a number of a person nothing but its length.
fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    match (digits > 10, text.chars().count() > MOST) {
        (true, _) => "…".to_owned(),
        (_, true) => text.chars().take(MOST).chain(['…']).collect(),
        _ => text.to_owned(),
    }
}

/// What becomes of a shape that is not sound.
enum Mend {
    /// Another shape takes its place; the reason is told where the ground that it covers may differ.
    Shape(Option<RowReason>, Geometry<f64>),
    Lost(RowReason),
}

fn mends(kind: GeometryKind, shapes: &[Geometry<f64>]) -> Vec<(usize, Mend)> {
    let mend = |(row, shape): (usize, &Geometry<f64>)| Some((row, mend(kind, shape)?));
    match kind {
        GeometryKind::Polygon => shapes.par_iter().enumerate().filter_map(mend).collect(),
        GeometryKind::Point | GeometryKind::Line => {
            shapes.iter().enumerate().filter_map(mend).collect()
        }
    }
}

/// `None` for a sound shape.
fn mend(kind: GeometryKind, shape: &Geometry<f64>) -> Option<Mend> {
    if let (GeometryKind::Point, Geometry::Point(point)) = (kind, shape) {
        return bad_place(point.x(), point.y()).map(Mend::Lost);
    }
    if let Some(only) = only_member(kind, shape) {
        return Some(mend(kind, &only).unwrap_or(Mend::Shape(None, only)));
    }
    if shape.coords_count() == 0 {
        return Some(Mend::Lost(RowReason::EmptyShape));
    }
    if let Some(reason) = shape.coords_iter().find_map(|c| bad_place(c.x, c.y)) {
        return Some(Mend::Lost(reason));
    }
    match (kind, shape) {
        (GeometryKind::Line, Geometry::LineString(_) | Geometry::MultiLineString(_)) => None,
        (GeometryKind::Polygon, Geometry::Polygon(_) | Geometry::MultiPolygon(_)) => {
            mend_polygon(shape)
        }
        _ => Some(Mend::Lost(RowReason::WrongShape(name(shape)))),
    }
}

fn mend_polygon(shape: &Geometry<f64>) -> Option<Mend> {
    find_defect(shape)?;
    let mut whole = shape.clone();
    if let Geometry::MultiPolygon(MultiPolygon(parts)) = &mut whole {
        parts.retain(|part| !part.exterior().0.is_empty());
    }
    Some(match find_defect(&whole) {
        None => Mend::Shape(None, whole),
        Some(defect) => match repair(&whole) {
            Some((repaired, ..)) => Mend::Shape(Some(RowReason::Repaired(defect)), repaired),
            None => Mend::Lost(RowReason::BeyondRepair(defect)),
        },
    })
}

/// The only member of a collection, or of several points where one is wanted.
fn only_member(kind: GeometryKind, shape: &Geometry<f64>) -> Option<Geometry<f64>> {
    match shape {
        Geometry::GeometryCollection(all) if all.0.len() == 1 => Some(all.0[0].clone()),
        Geometry::MultiPoint(all) if kind == GeometryKind::Point && all.0.len() == 1 => {
            Some(Geometry::Point(all.0[0]))
        }
        _ => None,
    }
}

fn bad_place(lon: f64, lat: f64) -> Option<RowReason> {
    match (lon, lat) {
        (0.0, 0.0) => Some(RowReason::Nowhere),
        _ if lon.abs() <= 180.0 && lat.abs() <= 90.0 => None,
        _ => Some(RowReason::OutsideWorld),
    }
}

fn name(shape: &Geometry<f64>) -> &'static str {
    match shape {
        Geometry::Point(_) => "Point",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::Line(_) | Geometry::LineString(_) => "LineString",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "Polygon",
        Geometry::MultiPolygon(_) => "MultiPolygon",
        Geometry::GeometryCollection(_) => "GeometryCollection",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use geo::{Point, wkt};

    use super::*;
    use crate::{
        definitions,
        domain::{TextColumn, Value},
    };

    fn layer(id: &str) -> Arc<Layer> {
        let catalog = definitions::read_catalog(None).expect("sound definitions");
        catalog.layer(id).expect("a built-in layer").clone()
    }

    fn set(layer: &Layer, table: &mut Table, values: &[(&str, Value)]) {
        for (attribute, column) in layer.attributes.iter().zip(&mut table.columns) {
            let given = values.iter().find(|(id, _)| attribute.id == **id);
            column.push(given.map_or(&Value::Missing, |(_, value)| value));
        }
    }

    fn told(table: &Table) -> Vec<(&str, &str, &RowReason)> {
        let all = table.faults.iter();
        all.map(|f| (&*f.id, &*f.field, &f.reason)).collect()
    }

    #[test]
    fn bad_values_become_missing_and_are_told() {
        let layer = layer("schools");
        let mut table = Table::for_layer(&layer);
        let kind = |text: &str| Value::Text(text.to_owned());
        let rows = [
            ("a", kind("primary"), Value::Integer(900)),
            ("b", kind("nonsense"), Value::Integer(-5)),
            ("c", Value::Missing, Value::Integer(MAX_COUNT + 1)),
        ];
        for (id, kind, places) in rows {
            table.ids.push(id.into());
            table.geometries.push(Point::new(113.3, 23.1).into());
            set(
                &layer,
                &mut table,
                &[("kind", kind), ("seats_primary", places)],
            );
        }
        make_sound(&layer, &mut table);
        let at = |id: &str| layer.attribute_index(id).expect("an attribute");
        let nonsense = RowReason::NotCategory("nonsense".into());
        let mut told = told(&table);
        told.sort_by_key(|(id, field, _)| (*id, *field));
        assert_eq!(
            told,
            [
                ("b", "kind", &nonsense),
                ("b", "seats_primary", &RowReason::Negative(-5)),
                ("c", "seats_primary", &RowReason::TooLarge)
            ]
        );
        let value = |id: &str, row: usize| table.columns[at(id)].get(row);
        assert_eq!(value("kind", 0), Value::Text("primary".into()));
        assert_eq!(value("kind", 1), Value::Missing);
        assert_eq!(value("seats_primary", 0), Value::Integer(900));
        assert_eq!(value("seats_primary", 1), Value::Missing);
        let Column::Text(kinds) = &table.columns[at("kind")] else {
            panic!("a category is text");
        };
        assert_eq!(kinds.words().len(), 1);
        assert_eq!(kinds.codes()[1..], [TextColumn::MISSING; 2]);
    }

    #[test]
    fn bad_shapes_are_repaired_or_left_out_and_told() {
        let layer = layer("residential_land");
        let shapes: [(&str, Geometry<f64>); 6] = [
            (
                "sound",
                wkt!(POLYGON((113.0 23.0,113.1 23.0,113.1 23.1,113.0 23.0))).into(),
            ),
            (
                "bow",
                wkt!(POLYGON((113.0 23.0,113.1 23.1,113.1 23.0,113.0 23.1,113.0 23.0))).into(),
            ),
            ("empty", wkt!(POLYGON EMPTY).into()),
            ("line", wkt!(LINESTRING(113.0 23.0,113.1 23.1)).into()),
            (
                "flat",
                wkt!(POLYGON((113.0 23.0,113.1 23.0,113.0 23.0))).into(),
            ),
            (
                "metres",
                wkt!(POLYGON((400000. 200000.,400100. 200000.,400100. 200100.,400000. 200000.)))
                    .into(),
            ),
        ];
        let mut table = Table::for_layer(&layer);
        for (id, shape) in &shapes {
            table.ids.push((*id).into());
            table.geometries.push(shape.clone());
            set(&layer, &mut table, &[]);
        }
        make_sound(&layer, &mut table);
        let ids: Vec<&str> = table.ids.iter().map(|id| &**id).collect();
        assert_eq!(ids, ["sound", "bow"]);
        assert_eq!(table.geometries[0], shapes[0].1);
        assert!(
            matches!(&table.geometries[1], Geometry::MultiPolygon(parts) if parts.0.len() == 2)
        );
        assert_eq!(find_defect(&table.geometries[1]), None);
        let of = |id: &str| {
            let mut own = table
                .faults
                .iter()
                .filter(|f| &*f.id == id && &*f.field == "geom");
            own.next().map(|fault| fault.reason.clone())
        };
        assert!(matches!(of("bow"), Some(RowReason::Repaired(_))));
        assert_eq!(of("empty"), Some(RowReason::EmptyShape));
        assert_eq!(of("line"), Some(RowReason::WrongShape("LineString")));
        assert!(matches!(of("flat"), Some(RowReason::BeyondRepair(_))));
        assert_eq!(of("metres"), Some(RowReason::OutsideWorld));
        assert_eq!(of("sound"), None);
    }

    #[test]
    fn a_point_is_where_it_is_or_nowhere() {
        let layer = layer("schools");
        let mut table = Table::for_layer(&layer);
        let shapes: [(&str, Geometry<f64>); 3] = [
            ("one", wkt!(MULTIPOINT(113.3 23.1)).into()),
            ("nowhere", Point::new(0.0, 0.0).into()),
            ("swapped", Point::new(23.1, 113.3).into()),
        ];
        for (id, shape) in shapes {
            table.ids.push(id.into());
            table.geometries.push(shape);
            set(&layer, &mut table, &[]);
        }
        make_sound(&layer, &mut table);
        assert_eq!(table.geometries, [Point::new(113.3, 23.1).into()]);
        assert_eq!(
            told(&table),
            [
                ("nowhere", "geom", &RowReason::Nowhere),
                ("swapped", "geom", &RowReason::OutsideWorld)
            ]
        );
    }
}
