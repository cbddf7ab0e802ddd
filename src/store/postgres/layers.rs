//! The tables of layers, made from their definitions: one in the schema `city` for each, with a
//! partition for each period.

use std::fmt::Write as _;

use tokio_postgres::{Client, Transaction};

use crate::{
    domain::{AttributeType, Catalog, GeometryKind, Layer, LayerId, LevelId, Period},
    store::{StoreError, wkb::SRS_ID},
};

/// Held while tables of layers are made, so that two programs do not make the same one.
const LOCK: i64 = i64::from_be_bytes(*b"suitu:la");

/// The table of a layer, ready for SQL.
pub(super) fn table(layer: &LayerId) -> String {
    format!("city.\"{layer}\"")
}

/// The columns of a layer's table that hold attributes and area codes, ready for SQL, in the order
/// of the layer's attributes and of `levels`.
pub(super) fn value_columns(layer: &Layer, levels: &[LevelId]) -> Vec<String> {
    let attributes = layer.attributes.iter().map(|a| format!("\"{}\"", a.id));
    attributes.chain(levels.iter().map(code_column)).collect()
}

/// The column that holds the area code of a level, ready for SQL.
pub(super) fn code_column(level: &LevelId) -> String {
    format!("\"{level}_code\"")
}

/// The database's type for values of a kind.
pub(super) fn column_type(kind: AttributeType) -> &'static str {
    match kind {
        AttributeType::Count | AttributeType::Integer => "bigint",
        AttributeType::Flag => "boolean",
        AttributeType::Number => "double precision",
        AttributeType::Text | AttributeType::Category | AttributeType::Date => "text",
    }
}

/// A text as a literal.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Adds the tables and columns that the catalog declares and the database lacks, with their titles.
pub(super) async fn extend(client: &mut Client, catalog: &Catalog) -> Result<(), StoreError> {
    let levels = catalog.levels();
    let rows = client
        .query(
            "select table_name::text, array_agg(column_name::text)
             from information_schema.columns where table_schema = 'city' group by table_name",
            &[],
        )
        .await?;
    let mut sql = String::new();
    for layer in catalog.layers() {
        let known = rows
            .iter()
            .find(|row| row.get::<_, &str>(0) == layer.id.as_str());
        let known: Vec<&str> = known.map(|row| row.get(1)).unwrap_or_default();
        match known.is_empty() {
            true => sql += &create(layer, &levels),
            false => sql += &add_columns(layer, &levels, &known),
        }
    }
    if sql.is_empty() {
        return Ok(());
    }
    let transaction = client.transaction().await?;
    transaction
        .execute("select pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    transaction.batch_execute(&sql).await?;
    transaction.commit().await?;
    Ok(())
}

fn create(layer: &Layer, levels: &[LevelId]) -> String {
    let (table, id) = (table(&layer.id), &layer.id);
    let geometry = match layer.geometry {
        GeometryKind::Point => "Point",
        GeometryKind::Line | GeometryKind::Polygon => "Geometry",
    };
    // Rows of other programs may leave fid, period and id to these defaults.
    let mut sql = format!(
        "create sequence if not exists city.\"{id}_fid\";
         create table if not exists {table} (
           fid bigint not null default nextval('city.\"{id}_fid\"'),
           period text not null default suitu.latest_period({layer_name}),
           id text not null default 'x' || nextval('city.\"{id}_fid\"'),
           geom geometry({geometry}, {SRS_ID})",
        layer_name = literal(id.as_str()),
    );
    for attribute in &layer.attributes {
        let _ = write!(
            sql,
            ",\n \"{}\" {}",
            attribute.id,
            column_type(attribute.kind)
        );
    }
    for level in levels {
        let _ = write!(sql, ",\n {} text", code_column(level));
    }
    // The geometry as imported stands in the import's own system.
    let _ = write!(
        sql,
        ",\n source_geom bytea, import_number bigint, primary key (period, id)
         ) partition by list (period);
         create index if not exists \"{id}_order\" on {table} (fid);
         create index if not exists \"{id}_place\" on {table} using gist (geom);
         create table if not exists {other} partition of {table} default;
         select suitu.watch({layer_name});
         comment on table {table} is {title};\n",
        other = partition(id, None),
        layer_name = literal(id.as_str()),
        title = literal(&format!("{} {}", layer.title.zh, layer.title.en)),
    );
    for attribute in &layer.attributes {
        let title = format!("{} {}", attribute.title.zh, attribute.title.en);
        let (column, title) = (&attribute.id, literal(&title));
        let _ = writeln!(sql, "comment on column {table}.\"{column}\" is {title};");
    }
    sql
}

fn add_columns(layer: &Layer, levels: &[LevelId], known: &[&str]) -> String {
    let declared = layer
        .attributes
        .iter()
        .map(|a| (format!("\"{}\"", a.id), column_type(a.kind)))
        .chain(levels.iter().map(|level| (code_column(level), "text")));
    let mut sql = String::new();
    for (column, kind) in declared {
        if !known.contains(&column.trim_matches('"')) {
            let table = table(&layer.id);
            let _ = writeln!(
                sql,
                "alter table {table} add column if not exists {column} {kind};"
            );
        }
    }
    sql
}

/// The partition of a period, or the one of rows whose period has none, ready for SQL.
pub(super) fn partition(layer: &LayerId, period: Option<&Period>) -> String {
    match period {
        Some(period) => format!("city.\"{layer}@{}\"", period.as_str()),
        None => format!("city.\"{layer}@other\""),
    }
}

/// Makes the partition of a period where it is lacking, with the rows that other programs wrote of
/// it before.
pub(super) async fn ensure_partition(
    transaction: &Transaction<'_>,
    layer: &Layer,
    period: &Period,
) -> Result<(), StoreError> {
    match begin_partition(transaction, layer, period).await? {
        Some(own) => attach_partition(transaction, layer, period, &own).await,
        None => Ok(()),
    }
}

/// Makes a table for a period that has no partition: without indices, and nobody else's until
/// [`attach_partition`] makes it one. Answers its name, ready for SQL.
pub(super) async fn begin_partition(
    transaction: &Transaction<'_>,
    layer: &Layer,
    period: &Period,
) -> Result<Option<String>, StoreError> {
    let own = partition(&layer.id, Some(period));
    let there = transaction
        .query_one("select to_regclass($1) is not null", &[&own])
        .await?;
    if there.try_get(0)? {
        return Ok(None);
    }
    let table = table(&layer.id);
    transaction
        .batch_execute(&format!(
            "create table {own} (like {table} including defaults including constraints)"
        ))
        .await?;
    Ok(Some(own))
}

/// Makes the table of [`begin_partition`] the period's, with the rows that other programs wrote of
/// it before; its indices are made here, of all rows at once. It is looked at how ids are spread, else the
/// first edits would read every row.
pub(super) async fn attach_partition(
    transaction: &Transaction<'_>,
    layer: &Layer,
    period: &Period,
    own: &str,
) -> Result<(), StoreError> {
    let (table, other) = (table(&layer.id), partition(&layer.id, None));
    let period = literal(period.as_str());
    transaction
        .batch_execute(&format!(
            "set local maintenance_work_mem = '256MB';
             with moved as (delete from {other} where period = {period} returning *)
               insert into {own} select * from moved;
             alter table {table} attach partition {own} for values in ({period});
             select suitu.keep_whole({name});
             analyze {own} (period, id);",
            name = literal(own),
        ))
        .await?;
    Ok(())
}
