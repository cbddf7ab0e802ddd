//! What a city file does by itself when another program writes a layer: the edit is checked, enters the
//! change log and is counted; one that nobody could tell the meaning of is refused.

use rusqlite::{OptionalExtension, Transaction};

/// Sets the triggers of a layer's table where they are lacking or of another make.
pub(super) fn ensure(transaction: &Transaction<'_>, table: &str) -> rusqlite::Result<()> {
    for (event, text) in [
        ("insert", on_insert(table)),
        ("update", on_update(table)),
        ("delete", on_delete(table)),
    ] {
        let name = format!("suitu_{table}_{event}");
        let known: Option<String> = transaction
            .query_row(
                "select sql from sqlite_master where type = 'trigger' and name = ?1",
                [&name],
                |row| row.get(0),
            )
            .optional()?;
        if known.as_deref() != Some(&*text) {
            let fresh = format!("drop trigger if exists \"{name}\"; {text}");
            transaction.execute_batch(&fresh)?;
        }
    }
    Ok(())
}

/// Another program writes.
const SILENT: &str = "(select active from suitu_writer) = 0";

/// Whether an expression is a period, ready for SQL. SQLite turns 2023-02-29 into the day after.
fn is_period(period: &str) -> String {
    let day = format!("{period} || substr('-01-01', length({period}) - 3)");
    format!(
        "(typeof({period}) = 'text' and length({period}) in (4, 7, 10)
           and {period} not like '0000%' and coalesce(date({day}) = {day}, 0))"
    )
}

/// Refuses a new row without an id or with a period that is none or that the layer does not have: one that
/// was imported, or that holds features. A layer without features takes any period.
fn refusals(table: &str, is_new: &str) -> String {
    let readable = is_period("new.period");
    let holds = format!(
        "select period from suitu_states where layer = '{table}' and features > 0 and {}",
        is_period("period")
    );
    format!(
        "select raise(abort, '{table}: a feature needs an id; leave it null to be given one (编号不能为空，不填则自动编号)')
             where new.id is not null and (typeof(new.id) <> 'text' or new.id = '');
           select raise(abort, '{table}: that is not a period; write 2020, 2020-11 or 2020-11-01 (时点无法识别，请写作 2020、2020-11 或 2020-11-01)')
             where {is_new} and not {readable};
           select raise(abort, '{table} holds nothing for that period; write one that it holds, or bring a new one with `suitu import` (图层没有该时点的数据；新时点请用 `suitu import` 导入)')
             where {is_new} and exists ({holds}) and new.period not in ({holds})
               and not exists (select 1 from suitu_imports
                 where layer = '{table}' and period = new.period);"
    )
}

/// How many features a state holds stays right whoever writes.
fn counted(table: &str, row: &str, by: i32) -> String {
    format!(
        "insert into suitu_states values ('{table}', {row}.period, max({by}, 0),
               (select max(number) from suitu_changes))
             on conflict (layer, period) do update set
               features = features + {by}, changed = excluded.changed;"
    )
}

fn logged(table: &str, kind: &str, row: &str) -> String {
    format!(
        "insert into suitu_changes (layer, period, kind, id, external)
             values ('{table}', coalesce({row}.period, ''), '{kind}', {row}.id, 1);"
    )
}

/// Other programs may leave id and period null: then the feature belongs to the newest state that holds
/// any.
fn on_insert(table: &str) -> String {
    let newest = format!(
        "select max(period) from suitu_states where layer = '{table}' and features > 0 and {}",
        is_period("period")
    );
    format!(
        "CREATE TRIGGER \"suitu_{table}_insert\" after insert on \"{table}\" when {SILENT} begin
           {refusals}
           update \"{table}\" set
             period = coalesce(new.period, ({newest}), strftime('%Y-%m-%d','now')),
             id = coalesce(new.id, 'x' || new.fid)
           where fid = new.fid and (new.period is null or new.id is null);
           insert into suitu_changes (layer, period, kind, id, external)
             select '{table}', period, 'insert', id, 1 from \"{table}\" where fid = new.fid;
           insert into suitu_states
             select '{table}', period, 1, (select max(number) from suitu_changes)
             from \"{table}\" where fid = new.fid
             on conflict (layer, period) do update set
               features = features + 1, changed = excluded.changed;
         end",
        refusals = refusals(table, "new.period is not null"),
    )
}

fn on_update(table: &str) -> String {
    format!(
        "CREATE TRIGGER \"suitu_{table}_update\" after update on \"{table}\"
           when {SILENT} and old.id is not null and old.period is not null begin
           select raise(abort, '{table}: a feature keeps an id and a period; neither can be null (编号和时点不能清空)')
             where new.id is null or new.period is null;
           {refusals}
           insert into suitu_changes (layer, period, kind, id, external)
             select '{table}', old.period, 'delete', old.id, 1
             where old.id is not new.id or old.period is not new.period;
           {update}
           {one_less}
           {one_more}
         end",
        refusals = refusals(table, "new.period is not old.period"),
        update = logged(table, "update", "new"),
        one_less = counted(table, "old", -1),
        one_more = counted(table, "new", 1),
    )
}

fn on_delete(table: &str) -> String {
    format!(
        "CREATE TRIGGER \"suitu_{table}_delete\" after delete on \"{table}\" when {SILENT} begin
           {delete}
           {one_less}
         end",
        delete = logged(table, "delete", "old"),
        one_less = counted(table, "old", -1),
    )
}
