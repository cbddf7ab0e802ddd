use std::io::Write;

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::{ColumnValue, PropertyProcessor};

use super::{
    Exported,
    features::{Cell, Features},
    shape::ShapeType,
};
use crate::{
    domain::AttributeType,
    export::{ExportContext, ExportError, Format},
};

/// FlatGeobuf in Hilbert order with its spatial index; ids stand in a column `id`.
pub fn write(
    features: &Features<'_>,
    context: &ExportContext<'_>,
    out: &mut dyn Write,
) -> Result<Exported, ExportError> {
    let shape = ShapeType::of(features)?;
    let provenance = context.provenance().to_string();
    let options = FgbWriterOptions {
        detect_type: false,
        crs: FgbCrs {
            org: Some("EPSG"),
            code: 4490,
            name: Some("China Geodetic Coordinate System 2000"),
            ..Default::default()
        },
        title: Some(context.title.in_language(context.language)),
        description: Some(context.source.in_language(context.language)),
        metadata: Some(&provenance),
        ..Default::default()
    };
    let fail = |error: &dyn std::fmt::Display| ExportError::of(Format::FlatGeobuf)(error);
    let name = features.layer.id.as_str();
    let mut writer = FgbWriter::create_with_options(name, geometry_type(shape), options)
        .map_err(|e| fail(&e))?;
    writer.add_column("id", ColumnType::String, |_, column| {
        column.nullable = false
    });
    for field in &features.fields {
        let title = field.title.in_language(context.language);
        let unit = field
            .attribute
            .map_or("", |attribute| attribute.unit.as_str());
        let unit = context.catalog.unit(unit);
        writer.add_column(&field.name, column_type(field.kind), |buffer, column| {
            column.title = Some(buffer.create_string(title));
            column.description = Some(buffer.create_string(unit.in_language(context.language)));
        });
    }
    for row in features.rows() {
        let geometry = shape.fit(features.geometry(row)).into_owned();
        let mut result = Ok(false);
        let properties = |feature: &mut dyn PropertyProcessor| {
            feature.property(0, "id", &ColumnValue::String(features.id(row)))?;
            for (place, field) in features.fields.iter().enumerate() {
                let value = match field.cell(row) {
                    // A missing value is not written at all.
                    Cell::Missing => continue,
                    Cell::Integer(value) if field.kind == AttributeType::Flag => {
                        ColumnValue::Bool(value != 0)
                    }
                    Cell::Integer(value) => ColumnValue::Long(value),
                    Cell::Number(value) => ColumnValue::Double(value),
                    Cell::Text(text) => ColumnValue::String(text),
                };
                feature.property(place + 1, &field.name, &value)?;
            }
            Ok(false)
        };
        writer
            .add_feature_geom(geometry, |feature| result = properties(feature))
            .and(result)
            .map_err(|e| fail(&e))?;
    }
    writer.write(out).map_err(|e| fail(&e))?;
    Ok(Exported::all(features.len()))
}

fn geometry_type(shape: ShapeType) -> GeometryType {
    match shape {
        ShapeType::Point => GeometryType::Point,
        ShapeType::MultiPoint => GeometryType::MultiPoint,
        ShapeType::LineString => GeometryType::LineString,
        ShapeType::MultiLineString => GeometryType::MultiLineString,
        ShapeType::Polygon => GeometryType::Polygon,
        ShapeType::MultiPolygon => GeometryType::MultiPolygon,
    }
}

fn column_type(kind: AttributeType) -> ColumnType {
    match kind {
        AttributeType::Count | AttributeType::Integer => ColumnType::Long,
        AttributeType::Number => ColumnType::Double,
        AttributeType::Flag => ColumnType::Bool,
        // A date may be a year or a month only.
        AttributeType::Text | AttributeType::Category | AttributeType::Date => ColumnType::String,
    }
}
