//! The tables of a city file.

use std::{fs, path::Path};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{definitions, flows, history, once, open_error, scenarios, triggers, unusable};
use crate::{
    domain::{AttributeType, Catalog, GeometryKind, Layer, LevelId},
    store::{StoreError, wkb::SRS_ID},
};

/// The schema that this program writes.
pub(super) const SCHEMA: u32 = 3;

const GEOPACKAGE_APPLICATION_ID: i32 = 0x4750_4B47;
const GEOPACKAGE_VERSION: i32 = 10_300;

const FRAME: &str = "
create table gpkg_spatial_ref_sys (
    srs_name text not null, srs_id integer primary key, organization text not null,
    organization_coordsys_id integer not null, definition text not null, description text);
create table gpkg_contents (
    table_name text not null primary key, data_type text not null, identifier text unique,
    description text default '', last_change datetime not null
        default (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    min_x double, min_y double, max_x double, max_y double, srs_id integer,
    constraint fk_gc_r_srs_id foreign key (srs_id) references gpkg_spatial_ref_sys (srs_id));
create table gpkg_geometry_columns (
    table_name text not null, column_name text not null, geometry_type_name text not null,
    srs_id integer not null, z tinyint not null, m tinyint not null,
    constraint pk_geom_cols primary key (table_name, column_name),
    constraint uk_gc_table_name unique (table_name),
    constraint fk_gc_tn foreign key (table_name) references gpkg_contents (table_name),
    constraint fk_gc_srs foreign key (srs_id) references gpkg_spatial_ref_sys (srs_id));
create table gpkg_extensions (
    table_name text, column_name text, extension_name text not null, definition text not null,
    scope text not null,
    constraint ge_tce unique (table_name, column_name, extension_name));
create table gpkg_data_columns (
    table_name text not null, column_name text not null, name text, title text,
    description text, mime_type text, constraint_name text,
    constraint pk_gdc primary key (table_name, column_name),
    constraint gdc_tn unique (table_name, name));

-- What this file is, and the definitions it was last written with.
create table suitu_meta (key text primary key, value text not null);
create table suitu_settings (key text primary key, value text not null);
-- One row per import: the provenance that is printed beside every number.
create table suitu_imports (
    number integer primary key, layer text not null, period text not null, record text not null);
-- One row per layer and period.
create table suitu_states (
    layer text not null, period text not null, features integer not null, changed integer not null,
    primary key (layer, period));
-- The change log. Rows with external = 1 come from triggers: another program edited the file.
create table suitu_changes (
    number integer primary key autoincrement,
    at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
    layer text not null, period text not null, kind text not null, id text,
    external integer not null default 0);
-- Published totals per area.
create table suitu_control_totals (
    layer text not null, period text not null, attribute text not null, level text not null,
    code text not null, value integer not null, source text not null,
    primary key (layer, period, attribute, level, code));
-- 1 while Suitu itself writes, within its transaction: the triggers then stay silent.
create table suitu_writer (active integer not null);
insert into suitu_writer values (0);
";

const WGS84_WKT: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]"#;
const CGCS2000_WKT: &str = r#"GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4490"]]"#;

pub(super) fn create(connection: &mut Connection, catalog: &Catalog) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", GEOPACKAGE_APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", GEOPACKAGE_VERSION)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(FRAME)?;
    let systems = [
        ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined"),
        ("Undefined geographic SRS", 0, "NONE", 0, "undefined"),
        ("WGS 84", 4326, "EPSG", 4326, WGS84_WKT),
        (
            "China Geodetic Coordinate System 2000",
            SRS_ID,
            "EPSG",
            SRS_ID,
            CGCS2000_WKT,
        ),
    ];
    for (name, id, organization, code, definition) in systems {
        transaction.execute(
            "insert into gpkg_spatial_ref_sys values (?1, ?2, ?3, ?4, ?5, null)",
            params![name, id, organization, code, definition],
        )?;
    }
    transaction.execute(
        "insert into gpkg_extensions values ('gpkg_data_columns', null, 'gpkg_schema',
         'http://www.geopackage.org/spec/#extension_schema', 'read-write')",
        [],
    )?;
    set_meta(&transaction, "schema", &SCHEMA.to_string())?;
    extend(&transaction, catalog)?;
    transaction.commit()?;
    // Desktop programs tell a GeoPackage by the first bytes of the file itself, not of its log.
    connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
}

/// Refuses foreign and newer files, copies an older one aside and upgrades it, and adds what the
/// catalog declares and the file lacks.
pub(super) fn check_and_extend(
    path: &Path,
    connection: &mut Connection,
    catalog: &Catalog,
) -> Result<(), StoreError> {
    let has_meta: bool = connection
        .query_row(
            "select 1 from sqlite_master where name = 'suitu_meta'",
            [],
            |_| Ok(true),
        )
        .optional()
        .map_err(|e| open_error(path, e))?
        .unwrap_or(false);
    if !has_meta {
        return Err(unusable(
            path,
            "这是 GeoPackage，但不是 Suitu 的城市；请用 suitu import 导入其中的图层。",
            "this is a GeoPackage, but no city of Suitu; bring its layers in with `suitu import`",
        ));
    }
    let found: Option<String> = connection
        .query_row(
            "select value from suitu_meta where key = 'schema'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    let found: u32 = found.and_then(|text| text.parse().ok()).unwrap_or(0);
    if found > SCHEMA {
        return Err(StoreError::TooNew {
            path: path.display().to_string(),
            found,
            known: SCHEMA,
        });
    }
    if found < SCHEMA {
        let backup = path.with_extension(format!("gpkg.backup-v{found}"));
        connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
        fs::copy(path, &backup).map_err(|e| open_error(&backup, e))?;
    }
    let transaction = connection.transaction()?;
    extend(&transaction, catalog)?;
    set_meta(&transaction, "schema", &SCHEMA.to_string())?;
    transaction.commit()?;
    Ok(())
}

fn set_meta(transaction: &Transaction<'_>, key: &str, value: &str) -> rusqlite::Result<()> {
    let sql = "insert into suitu_meta values (?1, ?2)
               on conflict (key) do update set value = excluded.value";
    transaction.execute(sql, params![key, value])?;
    Ok(())
}

/// Adds missing tables and columns and the current definitions.
fn extend(transaction: &Transaction<'_>, catalog: &Catalog) -> rusqlite::Result<()> {
    // Street networks, each as one compact whole.
    transaction.execute_batch(
        "create table if not exists suitu_networks (
           name text primary key, period text not null, record text not null,
           number integer not null, bytes blob not null)",
    )?;
    flows::extend(transaction)?;
    scenarios::extend(transaction)?;
    definitions::extend(transaction)?;
    history::extend(transaction)?;
    once::extend(transaction)?;
    let levels = catalog.levels();
    for layer in catalog.layers() {
        let known = columns(transaction, layer.id.as_str())?;
        if known.is_empty() {
            create_layer(transaction, layer, &levels)?;
        } else {
            add_columns(transaction, layer, &levels, &known)?;
        }
        triggers::ensure(transaction, layer.id.as_str())?;
        describe(transaction, layer, &levels)?;
        let definition = serde_json::to_string(&**layer).unwrap_or_default();
        set_meta(transaction, &format!("layer.{}", layer.id), &definition)?;
    }
    Ok(())
}

/// The names of a table's columns; none where there is no such table.
pub(super) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("select name from pragma_table_info(?1)")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

/// The SQL type of an attribute.
fn column_type(kind: AttributeType) -> &'static str {
    match kind {
        AttributeType::Count | AttributeType::Integer => "integer",
        AttributeType::Flag => "boolean",
        AttributeType::Number => "double",
        AttributeType::Text | AttributeType::Category | AttributeType::Date => "text",
    }
}

/// The column that holds the area code of a level.
pub(super) fn code_column(level: &LevelId) -> String {
    format!("{level}_code")
}

fn create_layer(
    transaction: &Transaction<'_>,
    layer: &Layer,
    levels: &[LevelId],
) -> rusqlite::Result<()> {
    let table = layer.id.as_str();
    let geometry = match layer.geometry {
        GeometryKind::Point => "POINT",
        GeometryKind::Line | GeometryKind::Polygon => "GEOMETRY",
    };
    let mut sql = format!(
        "create table \"{table}\" (\n  fid integer primary key autoincrement not null,\n  \
         geom {geometry},\n  period text,\n  id text"
    );
    for attribute in &layer.attributes {
        sql += &format!(",\n  \"{}\" {}", attribute.id, column_type(attribute.kind));
    }
    for level in levels {
        sql += &format!(",\n  \"{}\" text", code_column(level));
    }
    // The geometry as imported, well-known binary in the import's own system.
    sql += ",\n  source_geom blob,\n  import_number integer\n)";
    transaction.execute_batch(&sql)?;
    transaction.execute_batch(&format!(
        "create unique index \"suitu_{table}_identity\" on \"{table}\" (period, id)"
    ))?;
    transaction.execute(
        "insert into gpkg_contents (table_name, data_type, identifier, description, srs_id)
         values (?1, 'features', ?2, ?3, ?4)",
        params![
            table,
            format!("{} {}", layer.title.zh, table),
            layer.title.en,
            SRS_ID
        ],
    )?;
    transaction.execute(
        "insert into gpkg_geometry_columns values (?1, 'geom', ?2, ?3, 0, 0)",
        params![table, geometry, SRS_ID],
    )?;
    Ok(())
}

fn add_columns(
    transaction: &Transaction<'_>,
    layer: &Layer,
    levels: &[LevelId],
    known: &[String],
) -> rusqlite::Result<()> {
    let declared = layer
        .attributes
        .iter()
        .map(|a| (a.id.to_string(), column_type(a.kind)))
        .chain(levels.iter().map(|level| (code_column(level), "text")));
    for (name, kind) in declared {
        if !known.contains(&name) {
            let table = &layer.id;
            let sql = format!("alter table \"{table}\" add column \"{name}\" {kind}");
            transaction.execute_batch(&sql)?;
        }
    }
    Ok(())
}

/// Chinese titles for the columns, where desktop programs look for them.
fn describe(
    transaction: &Transaction<'_>,
    layer: &Layer,
    levels: &[LevelId],
) -> rusqlite::Result<()> {
    let sql = "insert into gpkg_data_columns (table_name, column_name, name, title, description)
               values (?1, ?2, ?2, ?3, ?4)
               on conflict (table_name, column_name)
               do update set title = excluded.title, description = excluded.description";
    let mut statement = transaction.prepare(sql)?;
    for attribute in &layer.attributes {
        let (title, english) = (&attribute.title.zh, &attribute.title.en);
        statement.execute(params![
            layer.id.as_str(),
            attribute.id.as_str(),
            title,
            english
        ])?;
    }
    for level in levels {
        let title = format!("{level} 代码");
        statement.execute(params![layer.id.as_str(), code_column(level), title, ""])?;
    }
    Ok(())
}
