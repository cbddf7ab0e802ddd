//! The table of commuting flows: rows that desktop programs read and edit as any other table.

use rusqlite::{Connection, Transaction, params};

use crate::{
    domain::{Flow, FlowPlace, Flows, LevelId, Period},
    store::{
        ChangeKind, ChangeNumber, FlowBatch, FlowState, MAX_COMMUTERS, StoreError, corrupt,
        progress::Progress,
    },
};

/// The columns with their titles for desktop programs.
const TITLES: [(&str, &str, &str); 9] = [
    ("period", "时点", "Reference date"),
    ("level", "层级", "Area level"),
    ("origin", "居住地代码", "Area of the home"),
    ("destination", "就业地代码", "Area of the workplace"),
    ("mode", "通勤方式", "Mode"),
    ("sector", "行业", "Sector"),
    ("commuters", "通勤人数", "Commuters"),
    ("origin_outside", "居住地在市外", "Home outside the city"),
    (
        "destination_outside",
        "就业地在市外",
        "Workplace outside the city",
    ),
];

/// Adds the tables of flows where they are lacking.
pub(super) fn extend(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    // An unknown mode or sector is empty text, not null, so that a flow has one identity.
    transaction.execute_batch(
        "create table if not exists flows (
           fid integer primary key autoincrement not null,
           period text not null, level text not null,
           origin text not null, destination text not null,
           mode text not null default '', sector text not null default '',
           commuters integer not null,
           origin_outside boolean not null default 0,
           destination_outside boolean not null default 0);
         create unique index if not exists suitu_flows_identity on flows
           (period, level, origin, destination, mode, sector);
         -- One row per level and period.
         create table if not exists suitu_flow_states (
           level text not null, period text not null, flows integer not null,
           changed integer not null, record text not null,
           primary key (level, period));
         insert or ignore into gpkg_contents (table_name, data_type, identifier, description)
           values ('flows', 'attributes', '通勤流 flows', 'Commuting flows');",
    )?;
    let sql = "insert into gpkg_data_columns (table_name, column_name, name, title, description)
               values ('flows', ?1, ?1, ?2, ?3)
               on conflict (table_name, column_name)
               do update set title = excluded.title, description = excluded.description";
    let mut statement = transaction.prepare(sql)?;
    for (column, zh, en) in TITLES {
        statement.execute(params![column, zh, en])?;
    }
    for (event, rows) in [
        ("insert", &[("new", 1)][..]),
        ("update", &[("old", -1), ("new", 1)][..]),
        ("delete", &[("old", -1)][..]),
    ] {
        transaction.execute_batch(&trigger(event, rows))?;
    }
    Ok(())
}

/// What other programs write enters the change log, and the states that it touches know it.
fn trigger(event: &str, rows: &[(&str, i32)]) -> String {
    let mut body = String::new();
    for (row, by) in rows {
        body += &format!(
            "insert into suitu_changes (layer, period, kind, id, external)
               values ('flows', {row}.period, '{event}', {row}.fid, 1);
             insert into suitu_flow_states values ({row}.level, {row}.period, max({by}, 0),
               (select max(number) from suitu_changes), '{{}}')
               on conflict (level, period) do update set
                 flows = flows + {by}, changed = excluded.changed;"
        );
    }
    format!(
        "create trigger if not exists suitu_flows_{event} after {event} on flows
         when (select active from suitu_writer) = 0 begin {body} end;"
    )
}

pub(super) fn states(connection: &Connection) -> Result<Vec<FlowState>, StoreError> {
    let sql = "select level, period, flows, changed, record from suitu_flow_states
               order by level, period";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (level, period): (String, String) = (row.get(0)?, row.get(1)?);
        // Another program may have written a level or period that is none.
        let (Ok(level), Ok(period)) = (level.parse(), period.parse()) else {
            continue;
        };
        let record: String = row.get(4)?;
        found.push(FlowState {
            level,
            period,
            flows: row.get::<_, i64>(2)? as u64,
            changed: row.get::<_, i64>(3)? as u64,
            record: serde_json::from_str(&record).map_err(corrupt)?,
        });
    }
    Ok(found)
}

/// The flows of a state; what another program wrote that is no flow is passed over.
pub(super) fn read(
    connection: &Connection,
    level: &LevelId,
    period: &Period,
) -> Result<Flows, StoreError> {
    let sql = "select origin, destination, mode, sector, commuters,
                      origin_outside, destination_outside
               from flows where level = ?1 and period = ?2
               and typeof(commuters) = 'integer' and commuters between 0 and ?3";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(params![level.as_str(), period.as_str(), MAX_COMMUTERS])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |at: usize| -> rusqlite::Result<&str> {
            Ok(row.get_ref(at)?.as_str().unwrap_or_default())
        };
        let place = |code: usize, outside: usize| -> rusqlite::Result<Option<FlowPlace>> {
            let is_outside = row.get_ref(outside)?.as_i64().is_ok_and(|flag| flag != 0);
            let code = text(code)?.parse().ok();
            Ok(code.map(|code| FlowPlace { code, is_outside }))
        };
        let known = |at: usize| -> rusqlite::Result<Option<Box<str>>> {
            Ok(Some(text(at)?).filter(|t| !t.is_empty()).map(Into::into))
        };
        let (Some(origin), Some(destination)) = (place(0, 5)?, place(1, 6)?) else {
            continue;
        };
        found.push(Flow {
            origin,
            destination,
            mode: known(2)?,
            sector: known(3)?,
            commuters: row.get(4)?,
        });
    }
    Ok(Flows::sum(found))
}

pub(super) fn put(
    connection: &mut Connection,
    batch: &FlowBatch<'_>,
    report: &mut dyn FnMut(u64) -> bool,
) -> Result<ChangeNumber, StoreError> {
    let (level, period) = (batch.level.as_str(), batch.period.as_str());
    let mut progress = Progress::new(report);
    let transaction = Transaction::new(connection, rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute("update suitu_writer set active = 1", [])?;
    let sql = "select count(*) from flows where level = ?1 and period = ?2";
    let there: i64 = transaction.query_row(sql, [level, period], |row| row.get(0))?;
    if there > 0 && !batch.replace {
        return Err(StoreError::FlowsOccupied {
            level: batch.level.clone(),
            period: batch.period.clone(),
            flows: there as u64,
        });
    }
    transaction.execute(
        "delete from flows where level = ?1 and period = ?2",
        [level, period],
    )?;
    transaction.execute(
        "insert into suitu_changes (layer, period, kind) values ('flows', ?1, ?2)",
        params![period, ChangeKind::State.name()],
    )?;
    let number = transaction.last_insert_rowid();
    {
        let mut statement = transaction.prepare(
            "insert into flows (period, level, origin, destination, mode, sector, commuters,
               origin_outside, destination_outside)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let places = batch.flows.places();
        for flow in batch.flows.iter() {
            let (origin, destination) = (&places[flow.origin], &places[flow.destination]);
            statement.execute(params![
                period,
                level,
                origin.code.as_str(),
                destination.code.as_str(),
                flow.mode.unwrap_or_default(),
                flow.sector.unwrap_or_default(),
                flow.commuters,
                origin.is_outside,
                destination.is_outside,
            ])?;
            progress.step()?;
        }
    }
    let record =
        serde_json::to_string(&batch.record).map_err(|e| StoreError::Backend(e.to_string()))?;
    transaction.execute(
        "insert into suitu_flow_states values (?1, ?2, ?3, ?4, ?5)
         on conflict (level, period) do update set flows = excluded.flows,
           changed = excluded.changed, record = excluded.record",
        params![level, period, batch.flows.len() as i64, number, record],
    )?;
    transaction.execute(
        "update gpkg_contents set last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now')
         where table_name = 'flows'",
        [],
    )?;
    progress.tell()?;
    transaction.execute("update suitu_writer set active = 0", [])?;
    transaction.commit()?;
    Ok(number as u64)
}
