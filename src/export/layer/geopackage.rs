//! A fresh GeoPackage with one table: what desktop programs open best. It is a foreign format
//! like the others; the city's own file is no business of this room.

use std::{
    fs::File,
    io::{self, Write},
};

use geo::{BoundingRect, Geometry};
use geozero::{CoordDimensions, ToWkb};
use rusqlite::{Connection, Statement, params, types::Value as Sql};

use super::{
    Exported,
    features::{Cell, Features},
    shape::ShapeType,
};
use crate::{
    domain::AttributeType,
    export::{ExportContext, ExportError, Format, moment::Moment},
};

const SRS: i32 = 4490;

const CGCS2000: &str = r#"GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4490"]]"#;

const WGS84: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]"#;

/// The tables that every GeoPackage has, and those of the extensions used here (OGC 12-128r18).
const FRAME: &str = "
pragma journal_mode = off;
pragma synchronous = off;
pragma application_id = 0x47504b47;
pragma user_version = 10300;
create table gpkg_spatial_ref_sys (
  srs_name text not null, srs_id integer primary key, organization text not null,
  organization_coordsys_id integer not null, definition text not null, description text);
create table gpkg_contents (
  table_name text not null primary key, data_type text not null, identifier text unique,
  description text default '', last_change datetime not null, min_x double, min_y double,
  max_x double, max_y double, srs_id integer,
  constraint fk_gc_r_srs_id foreign key (srs_id) references gpkg_spatial_ref_sys (srs_id));
create table gpkg_geometry_columns (
  table_name text not null, column_name text not null, geometry_type_name text not null,
  srs_id integer not null, z tinyint not null, m tinyint not null,
  constraint pk_geom_cols primary key (table_name, column_name),
  constraint fk_gc_tn foreign key (table_name) references gpkg_contents (table_name),
  constraint fk_gc_srs foreign key (srs_id) references gpkg_spatial_ref_sys (srs_id));
create table gpkg_extensions (
  table_name text, column_name text, extension_name text not null, definition text not null,
  scope text not null, constraint ge_tce unique (table_name, column_name, extension_name));
create table gpkg_data_columns (
  table_name text not null, column_name text not null, name text, title text, description text,
  mime_type text, constraint_name text,
  constraint pk_gdc primary key (table_name, column_name));
create table gpkg_data_column_constraints (
  constraint_name text not null, constraint_type text not null, value text, min numeric,
  min_is_inclusive boolean, max numeric, max_is_inclusive boolean, description text,
  constraint gdcc_ntv unique (constraint_name, constraint_type, value));
insert into gpkg_extensions values
  ('gpkg_data_columns', null, 'gpkg_schema', 'http://www.geopackage.org/spec/#extension_schema', 'read-write'),
  ('gpkg_data_column_constraints', null, 'gpkg_schema', 'http://www.geopackage.org/spec/#extension_schema', 'read-write');
";

/// The spatial index of table `{t}` and the triggers that keep it when another program edits.
const INDEX: &str = r#"
insert into gpkg_extensions values
  ('{t}', 'geom', 'gpkg_rtree_index', 'http://www.geopackage.org/spec/#extension_rtree', 'write-only');
create virtual table "rtree_{t}_geom" using rtree(id, minx, maxx, miny, maxy);
"#;

const TRIGGERS: &str = r#"
create trigger "rtree_{t}_geom_insert" after insert on "{t}"
  when (new.geom not null and not ST_IsEmpty(new.geom))
begin
  insert or replace into "rtree_{t}_geom" values (new.fid, ST_MinX(new.geom), ST_MaxX(new.geom), ST_MinY(new.geom), ST_MaxY(new.geom));
end;
create trigger "rtree_{t}_geom_update6" after update of geom on "{t}"
  when old.fid = new.fid and (new.geom notnull and not ST_IsEmpty(new.geom)) and (old.geom notnull and not ST_IsEmpty(old.geom))
begin
  update "rtree_{t}_geom" set minx = ST_MinX(new.geom), maxx = ST_MaxX(new.geom), miny = ST_MinY(new.geom), maxy = ST_MaxY(new.geom) where id = new.fid;
end;
create trigger "rtree_{t}_geom_update7" after update of geom on "{t}"
  when old.fid = new.fid and (new.geom notnull and not ST_IsEmpty(new.geom)) and (old.geom isnull or ST_IsEmpty(old.geom))
begin
  insert into "rtree_{t}_geom" values (new.fid, ST_MinX(new.geom), ST_MaxX(new.geom), ST_MinY(new.geom), ST_MaxY(new.geom));
end;
create trigger "rtree_{t}_geom_update2" after update of geom on "{t}"
  when old.fid = new.fid and (new.geom isnull or ST_IsEmpty(new.geom))
begin
  delete from "rtree_{t}_geom" where id = old.fid;
end;
create trigger "rtree_{t}_geom_update5" after update on "{t}"
  when old.fid != new.fid and (new.geom notnull and not ST_IsEmpty(new.geom))
begin
  delete from "rtree_{t}_geom" where id = old.fid;
  insert or replace into "rtree_{t}_geom" values (new.fid, ST_MinX(new.geom), ST_MaxX(new.geom), ST_MinY(new.geom), ST_MaxY(new.geom));
end;
create trigger "rtree_{t}_geom_update4" after update on "{t}"
  when old.fid != new.fid and (new.geom isnull or ST_IsEmpty(new.geom))
begin
  delete from "rtree_{t}_geom" where id in (old.fid, new.fid);
end;
create trigger "rtree_{t}_geom_delete" after delete on "{t}"
  when old.geom not null
begin
  delete from "rtree_{t}_geom" where id = old.fid;
end;
"#;

/// A GeoPackage 1.3 with one feature table, its spatial index, titles of the columns and the
/// codes of categories with their meaning.
pub fn write(
    features: &Features<'_>,
    context: &ExportContext<'_>,
    out: &mut dyn Write,
) -> Result<Exported, ExportError> {
    let shape = ShapeType::of(features)?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("export.gpkg");
    let fail = ExportError::of::<rusqlite::Error>(Format::GeoPackage);
    let connection = Connection::open(&path).map_err(&fail)?;
    fill(&connection, features, shape, context)?;
    connection.close().map_err(|(_, error)| fail(error))?;
    io::copy(&mut File::open(&path)?, out)?;
    Ok(Exported::all(features.len()))
}

fn fill(
    connection: &Connection,
    features: &Features<'_>,
    shape: ShapeType,
    context: &ExportContext<'_>,
) -> Result<(), ExportError> {
    let fail = ExportError::of::<rusqlite::Error>(Format::GeoPackage);
    let table = features.layer.id.as_str();
    connection.execute_batch(FRAME).map_err(&fail)?;
    connection.execute_batch("begin").map_err(&fail)?;
    reference_systems(connection).map_err(&fail)?;
    let columns: String = features
        .fields
        .iter()
        .map(|field| format!(", \"{}\" {}", field.name, column_type(field.kind)))
        .collect();
    let create = format!(
        "create table \"{table}\" (fid integer primary key autoincrement not null, \
         geom {}, id text not null{columns});",
        type_name(shape)
    );
    connection.execute_batch(&create).map_err(&fail)?;
    connection
        .execute_batch(&INDEX.replace("{t}", table))
        .map_err(&fail)?;
    let bounds = insert(connection, features, shape)?;
    connection
        .execute_batch(&TRIGGERS.replace("{t}", table))
        .map_err(&fail)?;
    let [min_x, max_x, min_y, max_y] = bounds;
    let notes: Vec<String> = context
        .notes(features.len())
        .into_iter()
        .map(|(label, text)| format!("{label}: {text}"))
        .collect();
    connection
        .execute(
            "insert into gpkg_contents values (?1, 'features', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                table,
                context.title.in_language(context.language),
                notes.join("\n"),
                date_time(&context.exported_at),
                min_x,
                min_y,
                max_x,
                max_y,
                SRS
            ],
        )
        .map_err(&fail)?;
    connection
        .execute(
            "insert into gpkg_geometry_columns values (?1, 'geom', ?2, ?3, 0, 0)",
            params![table, type_name(shape), SRS],
        )
        .map_err(&fail)?;
    describe(connection, features, context).map_err(&fail)?;
    connection.execute_batch("commit").map_err(&fail)
}

fn reference_systems(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "insert into gpkg_spatial_ref_sys values (?1, ?2, ?3, ?4, ?5, null)";
    let mut statement = connection.prepare(sql)?;
    for (name, id, organization, definition) in [
        (
            "China Geodetic Coordinate System 2000",
            SRS,
            "EPSG",
            CGCS2000,
        ),
        ("WGS 84", 4326, "EPSG", WGS84),
        ("Undefined cartesian", -1, "NONE", "undefined"),
        ("Undefined geographic", 0, "NONE", "undefined"),
    ] {
        statement.execute(params![name, id, organization, id, definition])?;
    }
    Ok(())
}

/// Inserts all features with their place in the index; the bounds of all of them, `null` for none.
fn insert(
    connection: &Connection,
    features: &Features<'_>,
    shape: ShapeType,
) -> Result<[Option<f64>; 4], ExportError> {
    let fail = ExportError::of::<rusqlite::Error>(Format::GeoPackage);
    let table = features.layer.id.as_str();
    let names: String = features
        .fields
        .iter()
        .map(|field| format!(", \"{}\"", field.name))
        .collect();
    let slots = ", ?".repeat(features.fields.len());
    let sql = format!("insert into \"{table}\" (fid, geom, id{names}) values (?, ?, ?{slots})");
    let mut row_statement = connection.prepare(&sql).map_err(&fail)?;
    let sql = format!("insert into \"rtree_{table}_geom\" values (?1, ?2, ?3, ?4, ?5)");
    let mut box_statement = connection.prepare(&sql).map_err(&fail)?;
    let mut all: [Option<f64>; 4] = [None; 4];
    for (number, row) in features.rows().enumerate() {
        let fid = number as i64 + 1;
        let geometry = shape.fit(features.geometry(row));
        let bounds = geometry
            .bounding_rect()
            .map(|b| [b.min().x, b.max().x, b.min().y, b.max().y]);
        let blob = blob(&geometry, bounds)?;
        bind_row(&mut row_statement, fid, blob, features, row).map_err(&fail)?;
        if let Some([west, east, south, north]) = bounds {
            box_statement
                .execute(params![fid, west, east, south, north])
                .map_err(&fail)?;
            let least = |old: Option<f64>, new: f64| Some(old.map_or(new, |old| old.min(new)));
            let most = |old: Option<f64>, new: f64| Some(old.map_or(new, |old| old.max(new)));
            all = [
                least(all[0], west),
                most(all[1], east),
                least(all[2], south),
                most(all[3], north),
            ];
        }
    }
    Ok(all)
}

fn bind_row(
    statement: &mut Statement<'_>,
    fid: i64,
    blob: Vec<u8>,
    features: &Features<'_>,
    row: usize,
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(1, fid)?;
    statement.raw_bind_parameter(2, blob)?;
    statement.raw_bind_parameter(3, features.id(row))?;
    for (place, field) in features.fields.iter().enumerate() {
        match field.cell(row) {
            Cell::Missing => statement.raw_bind_parameter(place + 4, Sql::Null),
            Cell::Integer(value) => statement.raw_bind_parameter(place + 4, value),
            Cell::Number(value) => statement.raw_bind_parameter(place + 4, value),
            Cell::Text(text) => statement.raw_bind_parameter(place + 4, text),
        }?;
    }
    statement.raw_execute().map(|_| ())
}

/// Little-endian header, with an envelope for all but points, then well-known binary.
fn blob(geometry: &Geometry<f64>, bounds: Option<[f64; 4]>) -> Result<Vec<u8>, ExportError> {
    let mut bytes = Vec::with_capacity(32);
    bytes.extend_from_slice(b"GP\0");
    let envelope = bounds.filter(|_| !matches!(geometry, Geometry::Point(_)));
    let is_empty = u8::from(bounds.is_none());
    bytes.push(1 | u8::from(envelope.is_some()) << 1 | is_empty << 4);
    bytes.extend_from_slice(&SRS.to_le_bytes());
    for side in envelope.iter().flatten() {
        bytes.extend_from_slice(&side.to_le_bytes());
    }
    if let Geometry::Point(point) = geometry {
        bytes.push(1);
        bytes.extend_from_slice(&1u32.to_le_bytes());
        bytes.extend_from_slice(&point.x().to_le_bytes());
        bytes.extend_from_slice(&point.y().to_le_bytes());
    } else {
        let wkb = geometry
            .to_wkb(CoordDimensions::xy())
            .map_err(ExportError::of(Format::GeoPackage))?;
        bytes.extend(wkb);
    }
    Ok(bytes)
}

/// Titles and units of the columns, and the codes of categories with their meaning.
fn describe(
    connection: &Connection,
    features: &Features<'_>,
    context: &ExportContext<'_>,
) -> rusqlite::Result<()> {
    let table = features.layer.id.as_str();
    let sql = "insert into gpkg_data_columns values (?1, ?2, ?3, ?4, ?5, null, ?6)";
    let mut column = connection.prepare(sql)?;
    let sql = "insert into gpkg_data_column_constraints values \
               (?1, 'enum', ?2, null, null, null, null, ?3)";
    let mut code = connection.prepare(sql)?;
    let text = |title: &crate::domain::Title| title.in_language(context.language).to_owned();
    for field in &features.fields {
        let values = field.attribute.map_or(&[][..], |a| &a.values);
        let constraint = (!values.is_empty()).then(|| format!("{table}_{}", field.name));
        for value in values {
            code.execute(params![constraint, value.code, text(&value.title)])?;
        }
        let heading = field.heading(context);
        column.execute(params![
            table,
            field.name,
            // Names of data columns are unique in a table, titles need not be.
            field.name,
            text(&field.title),
            heading,
            constraint
        ])?;
    }
    Ok(())
}

fn type_name(shape: ShapeType) -> &'static str {
    match shape {
        ShapeType::Point => "POINT",
        ShapeType::MultiPoint => "MULTIPOINT",
        ShapeType::LineString => "LINESTRING",
        ShapeType::MultiLineString => "MULTILINESTRING",
        ShapeType::Polygon => "POLYGON",
        ShapeType::MultiPolygon => "MULTIPOLYGON",
    }
}

fn column_type(kind: AttributeType) -> &'static str {
    match kind {
        AttributeType::Count | AttributeType::Integer => "INTEGER",
        AttributeType::Flag => "BOOLEAN",
        AttributeType::Number => "DOUBLE",
        AttributeType::Text | AttributeType::Category | AttributeType::Date => "TEXT",
    }
}

/// The form that the standard wants: UTC with milliseconds.
fn date_time(text: &str) -> String {
    let m = Moment::parse(text);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000Z",
        m.year, m.month, m.day, m.hour, m.minute, m.second
    )
}
