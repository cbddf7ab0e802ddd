use std::collections::BTreeMap;

use geo::Geometry;

use super::{Column, Layer, LevelId, RowFault, TextColumn, Value};

/// Checked features of one layer and period in columns: what an import yields, a store keeps,
/// an index is built from and an export writes.
///
/// Every column has one entry per row. Geometry is longitude, latitude in degrees (EPSG:4490,
/// taken as WGS 84).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The identity of each row within layer and period.
    pub ids: Vec<Box<str>>,
    pub geometries: Vec<Geometry<f64>>,
    /// One column per attribute, in the order of [`Layer::attributes`].
    pub columns: Vec<Column>,
    /// The code of the area that each row lies in, by level; missing outside all areas.
    pub area_codes: BTreeMap<LevelId, TextColumn>,
    /// What was wrong with rows as a home holds them: here bad values are missing, bad shapes repaired or
    /// their rows left out.
    pub faults: Vec<RowFault>,
}

impl Table {
    /// An empty table that fits `layer`.
    pub fn for_layer(layer: &Layer) -> Self {
        let columns = layer
            .attributes
            .iter()
            .map(|a| Column::for_type(a.kind))
            .collect();
        Table {
            columns,
            ..Table::default()
        }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Some rows, in the order asked for, with their area codes.
    pub fn rows(&self, rows: &[usize]) -> Table {
        let mut some = Table {
            columns: self.columns.iter().map(Column::empty_like).collect(),
            ..Table::default()
        };
        for &row in rows {
            some.ids.push(self.ids[row].clone());
            some.geometries.push(self.geometries[row].clone());
            for (column, own) in some.columns.iter_mut().zip(&self.columns) {
                column.push(&own.get(row));
            }
        }
        for (level, codes) in &self.area_codes {
            let own = some.area_codes.entry(level.clone()).or_default();
            rows.iter().for_each(|&row| own.push(codes.get(row)));
        }
        some
    }

    /// Takes in all rows of another table of the same layer and levels.
    pub fn append(&mut self, more: Table) {
        self.ids.extend(more.ids);
        self.geometries.extend(more.geometries);
        self.faults.extend(more.faults);
        for (column, other) in self.columns.iter_mut().zip(more.columns) {
            column.append(other);
        }
        for (level, codes) in &mut self.area_codes {
            if let Some(more) = more.area_codes.get(level) {
                codes.append(more);
            }
        }
    }

    /// Makes room for as many rows more.
    pub fn reserve(&mut self, rows: usize) {
        self.ids.reserve(rows);
        self.geometries.reserve(rows);
        self.columns.iter_mut().for_each(|c| c.reserve(rows));
        self.area_codes.values_mut().for_each(|c| c.reserve(rows));
    }

    /// The same rows in another order: `order` names each of them once.
    pub fn reordered(mut self, order: &[usize]) -> Table {
        let ids = order.iter().map(|row| std::mem::take(&mut self.ids[*row]));
        self.ids = ids.collect();
        let nowhere = || Geometry::Point(geo::Point::new(0.0, 0.0));
        let shapes = order.iter();
        let shapes = shapes.map(|row| std::mem::replace(&mut self.geometries[*row], nowhere()));
        self.geometries = shapes.collect();
        self.columns.iter_mut().for_each(|c| c.reorder(order));
        self.area_codes.values_mut().for_each(|c| c.reorder(order));
        self
    }

    /// Whether another table holds the same rows in the same order, in the same areas of `levels`.
    pub fn is_same(&self, other: &Table, levels: &[LevelId]) -> bool {
        let codes = |level: &LevelId| {
            let (a, b) = (self.area_codes.get(level), other.area_codes.get(level));
            let rows = [a, b].into_iter().flatten().map(TextColumn::len).max();
            (0..rows.unwrap_or(0))
                .all(|row| a.and_then(|codes| codes.get(row)) == b.and_then(|codes| codes.get(row)))
        };
        self.ids == other.ids
            && self.geometries == other.geometries
            && self.columns == other.columns
            && levels.iter().all(codes)
    }

    /// Appends a row; `values` follow the order of the layer's attributes.
    pub fn push(&mut self, id: &str, geometry: Geometry<f64>, values: &[Value]) {
        debug_assert_eq!(values.len(), self.columns.len());
        self.ids.push(id.into());
        self.geometries.push(geometry);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
}
