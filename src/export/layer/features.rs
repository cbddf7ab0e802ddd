use std::borrow::Cow;

use geo::Geometry;

use crate::{
    domain::{Attribute, AttributeType, Column, Layer, Table, TextColumn, Title},
    export::{ExportContext, ExportError, words},
};

/// The rows of a table that are written, seen as fields: the attributes of the layer, then the
/// codes of the areas that each feature lies in.
#[derive(Debug)]
pub struct Features<'a> {
    pub layer: &'a Layer,
    pub fields: Vec<Field<'a>>,
    table: &'a Table,
    rows: Option<&'a [usize]>,
}

/// One column of an exported file.
#[derive(Debug)]
pub struct Field<'a> {
    /// The attribute's id, or `{level}_code`.
    pub name: Cow<'a, str>,
    pub title: Title,
    pub kind: AttributeType,
    /// `None` for the code of an area.
    pub attribute: Option<&'a Attribute>,
    values: Values<'a>,
}

#[derive(Debug)]
enum Values<'a> {
    Column(&'a Column),
    Codes(&'a TextColumn),
}

/// One value, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    Missing,
    Integer(i64),
    Number(f64),
    Text(&'a str),
}

impl<'a> Field<'a> {
    /// The title with its unit in brackets.
    pub fn heading(&self, context: &ExportContext<'_>) -> String {
        let unit = self.attribute.map_or("", |attribute| &attribute.unit);
        words::heading(&self.title, &context.catalog.unit(unit), context.language)
    }

    pub fn cell(&self, row: usize) -> Cell<'a> {
        let text = |text: Option<&'a str>| text.map_or(Cell::Missing, Cell::Text);
        match self.values {
            Values::Column(Column::Integer(values)) => {
                values[row].map_or(Cell::Missing, Cell::Integer)
            }
            // No file can hold a number that is none.
            Values::Column(Column::Number(values)) => values[row]
                .filter(|number| number.is_finite())
                .map_or(Cell::Missing, Cell::Number),
            Values::Column(Column::Text(values)) => text(values.get(row)),
            Values::Codes(values) => text(values.get(row)),
        }
    }
}

impl<'a> Features<'a> {
    /// # Errors
    /// A table that does not fit the layer, or a row that it does not have.
    pub fn new(
        layer: &'a Layer,
        table: &'a Table,
        rows: Option<&'a [usize]>,
        context: &ExportContext<'_>,
    ) -> Result<Self, ExportError> {
        let len = table.len();
        let fits = table.columns.len() == layer.attributes.len()
            && table.columns.iter().all(|column| column.len() == len)
            && table.geometries.len() == len;
        if !fits {
            let layer = layer.id.to_string();
            return Err(ExportError::OtherColumns { layer });
        }
        if let Some(&row) = rows.unwrap_or_default().iter().find(|&&row| row >= len) {
            return Err(ExportError::NoSuchRow {
                layer: layer.id.to_string(),
                row,
                rows: len,
            });
        }
        let attributes = layer.attributes.iter().zip(&table.columns);
        let mut fields: Vec<Field<'a>> = attributes
            .map(|(attribute, column)| Field {
                name: Cow::Borrowed(attribute.id.as_str()),
                title: attribute.title.clone(),
                kind: attribute.kind,
                attribute: Some(attribute),
                values: Values::Column(column),
            })
            .collect();
        for (level, title) in context.levels {
            let name = format!("{level}_code");
            let Some(codes) = table.area_codes.get(level).filter(|c| c.len() == len) else {
                continue;
            };
            if layer.attribute(&name).is_none() {
                fields.push(Field {
                    name: name.into(),
                    title: Title {
                        zh: format!("所在{}代码", title.zh),
                        en: format!("Code: {}", title.en),
                    },
                    kind: AttributeType::Text,
                    attribute: None,
                    values: Values::Codes(codes),
                });
            }
        }
        Ok(Features {
            layer,
            fields,
            table,
            rows,
        })
    }

    pub fn len(&self) -> usize {
        self.rows.map_or(self.table.len(), <[usize]>::len)
    }

    /// The numbers of the rows to write, in order.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).map(|at| self.rows.map_or(at, |rows| rows[at]))
    }

    pub fn id(&self, row: usize) -> &'a str {
        &self.table.ids[row]
    }

    pub fn geometry(&self, row: usize) -> &'a Geometry<f64> {
        &self.table.geometries[row]
    }

    /// Whether every feature is a single point, so that two columns hold its place.
    pub fn are_points(&self) -> bool {
        self.rows()
            .all(|row| matches!(self.geometry(row), Geometry::Point(_)))
            && (self.len() > 0 || self.layer.geometry == crate::domain::GeometryKind::Point)
    }
}
