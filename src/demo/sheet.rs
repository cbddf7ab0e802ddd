use std::collections::BTreeMap;

use geo::{Geometry, Point};

use super::plane::Spot;
use crate::domain::{Column, Layer, Table, TextColumn};

/// Columns by attribute name on their way to a layer's table. A layer that was changed may lack an
/// attribute or have more: the first are dropped, the others stay missing.
#[derive(Debug, Default)]
pub struct Sheet {
    ids: Vec<Box<str>>,
    geometries: Vec<Geometry<f64>>,
    columns: BTreeMap<&'static str, Column>,
}

impl Sheet {
    pub fn push(&mut self, id: &str, geometry: Geometry<f64>) {
        self.ids.push(id.into());
        self.geometries.push(geometry);
    }

    pub fn push_spot(&mut self, id: &str, spot: Spot) {
        self.push(id, Point::from(spot.lon_lat()).into());
    }

    pub fn integers(&mut self, attribute: &'static str, values: impl IntoIterator<Item = i64>) {
        let values = values.into_iter().map(Some).collect();
        self.columns.insert(attribute, Column::Integer(values));
    }

    pub fn numbers(&mut self, attribute: &'static str, values: impl IntoIterator<Item = f64>) {
        let values = values.into_iter().map(Some).collect();
        self.columns.insert(attribute, Column::Number(values));
    }

    /// Numbers of which some do not apply.
    pub fn some_numbers(
        &mut self,
        attribute: &'static str,
        values: impl IntoIterator<Item = Option<f64>>,
    ) {
        let values = values.into_iter().collect();
        self.columns.insert(attribute, Column::Number(values));
    }

    pub fn texts<T: AsRef<str>>(
        &mut self,
        attribute: &'static str,
        values: impl IntoIterator<Item = T>,
    ) {
        let mut column = TextColumn::default();
        for value in values {
            column.push(Some(value.as_ref()));
        }
        self.columns.insert(attribute, Column::Text(column));
    }

    /// The table in the order of the layer's attributes.
    pub fn into_table(mut self, layer: &Layer) -> Table {
        let rows = self.ids.len();
        let columns = layer.attributes.iter().map(|attribute| {
            let empty = Column::for_type(attribute.kind);
            let given = self.columns.remove(attribute.id.as_str());
            let fits = |c: &Column| {
                c.len() == rows && std::mem::discriminant(c) == std::mem::discriminant(&empty)
            };
            given.filter(fits).unwrap_or_else(|| missing(empty, rows))
        });
        Table {
            columns: columns.collect(),
            ids: self.ids,
            geometries: self.geometries,
            ..Table::default()
        }
    }
}

fn missing(empty: Column, rows: usize) -> Column {
    match empty {
        Column::Integer(_) => Column::Integer(vec![None; rows]),
        Column::Number(_) => Column::Number(vec![None; rows]),
        Column::Text(mut text) => {
            (0..rows).for_each(|_| text.push(None));
            Column::Text(text)
        }
    }
}
