//! Rows to put into a store.

use std::sync::Arc;

use geo::{Geometry, Point, polygon};
use suitu::{
    definitions,
    domain::{Catalog, Column, Layer, Period, Table, Value},
    store::{Batch, BatchMode, ImportRecord},
};

pub fn catalog() -> Arc<Catalog> {
    Arc::new(definitions::read_catalog(None).expect("sound definitions"))
}

pub fn layer(id: &str) -> Arc<Layer> {
    catalog().layer(id).expect("a built-in layer").clone()
}

pub fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

/// Homes named `ids`, each with its number of people; negative is missing.
pub fn homes(ids: &[&str], people: &[i64]) -> Table {
    let layer = layer("residences");
    let mut table = Table::for_layer(&layer);
    for (at, id) in ids.iter().enumerate() {
        table.ids.push((*id).into());
        let place = 113.0 + at as f64 * 1e-4;
        table
            .geometries
            .push(Geometry::Point(Point::new(place, 23.1)));
        for (attribute, column) in layer.attributes.iter().zip(&mut table.columns) {
            let value = match attribute.id.as_str() {
                "usual_residents" if people[at] >= 0 => Value::Integer(people[at]),
                "floor_area_m2" => Value::Number(12.5 * at as f64),
                "name" => Value::Text(format!("穗 {id} ' \" ; 🏠")),
                _ => Value::Missing,
            };
            push(column, value);
        }
    }
    table
}

fn push(column: &mut Column, value: Value) {
    match (column, value) {
        (Column::Integer(values), Value::Integer(value)) => values.push(Some(value)),
        (Column::Integer(values), _) => values.push(None),
        (Column::Number(values), Value::Number(value)) => values.push(Some(value)),
        (Column::Number(values), _) => values.push(None),
        (Column::Text(values), Value::Text(text)) => values.push(Some(&text)),
        (Column::Text(values), _) => values.push(None),
    }
}

/// One district with a hole, its code beginning with a zero.
pub fn district() -> Table {
    let layer = layer("districts");
    let mut table = Table::for_layer(&layer);
    table.ids.push("010203".into());
    table.geometries.push(Geometry::Polygon(polygon!(
        exterior: [(x: 113.0, y: 23.0), (x: 113.2, y: 23.0), (x: 113.2, y: 23.2), (x: 113.0, y: 23.2), (x: 113.0, y: 23.0)],
        interiors: [[(x: 113.1, y: 23.1), (x: 113.1, y: 23.12), (x: 113.12, y: 23.1), (x: 113.1, y: 23.1)]],
    )));
    for (attribute, column) in layer.attributes.iter().zip(&mut table.columns) {
        let value = match attribute.id.as_str() {
            "code" => Value::Text("010203".into()),
            "name" => Value::Text("零号区".into()),
            _ => Value::Missing,
        };
        push(column, value);
    }
    table
}

pub fn batch<'a>(layer: &'a Layer, at: &str, mode: BatchMode, table: &'a Table) -> Batch<'a> {
    let record = ImportRecord {
        source: "a bureau".into(),
        crs: "EPSG:4490".into(),
        read: table.len() as u64,
        kept: table.len() as u64,
        ..ImportRecord::default()
    };
    Batch {
        layer,
        period: period(at),
        mode,
        table,
        source_geometries: None,
        record: Some(record),
        control_totals: &[],
        only: None,
    }
}
