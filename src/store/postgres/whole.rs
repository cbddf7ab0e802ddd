//! Whole states out of a database, in its own binary form: large ones over several connections that
//! all see the same commit.

use std::{pin::pin, thread};

use futures_util::StreamExt;
use tokio_postgres::{Client, IsolationLevel, Transaction};

use super::{
    Postgres, connect,
    layers::{literal, partition, table, value_columns},
};
use crate::{
    domain::{
        AttributeType, Column, GeometryKind, Layer, LevelId, Period, RowFault, RowReason, Table,
        TextColumn, make_sound,
    },
    store::{StoreError, corrupt, wkb},
};

/// Every connection reads this many pages of the table at the least: 4 MB.
const PAGES_EACH: i64 = 512;

/// The most connections that read one state.
const MOST: usize = 4;

/// The features of one layer and period in the order of their insertion.
pub(super) fn read(home: &Postgres, layer: &Layer, period: &Period) -> Result<Table, StoreError> {
    let mut client = home.run(home.get())?;
    let tx = home.run(begin(&mut client, None))?;
    let (pages, features) = home.run(size(&tx, layer, period))?;
    let parts = usize::try_from(pages / PAGES_EACH).unwrap_or(0).min(MOST);
    let parts = parts.min(thread::available_parallelism().map_or(1, usize::from));
    let levels = home.catalog.levels();
    let rows = |span: &str, room: usize| Rows::new(layer, &levels, period, span).with_room(room);
    if parts < 2 {
        let read = home.run(rows("true", features).read(&tx))?;
        home.run(async { Ok(tx.commit().await?) })?;
        return Ok(read.in_order(&levels));
    }
    let snapshot = home.run(snapshot(&tx))?;
    let spans = spans(pages, parts as i64);
    let read: Vec<Result<Rows<'_>, StoreError>> = thread::scope(|scope| {
        // The first part takes in the others.
        let rooms = (0..parts).map(|part| {
            if part == 0 {
                features
            } else {
                features / parts
            }
        });
        let threads = spans.iter().zip(rooms).map(|(span, room)| {
            let (rows, snapshot) = (rows(span, room), &*snapshot);
            scope.spawn(move || alone(home, snapshot, rows))
        });
        let threads: Vec<_> = threads.collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| match thread.join() {
            Ok(read) => read,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().map(join).collect()
    });
    let mut whole: Option<Rows<'_>> = None;
    for (span, read) in spans.iter().zip(read) {
        // Where no connection more was to be had the first one reads that part too.
        let part = match read {
            Ok(part) => part,
            Err(_) => home.run(rows(span, 0).read(&tx))?,
        };
        match &mut whole {
            Some(whole) => whole.append(part),
            None => whole = Some(part),
        }
    }
    home.run(async { Ok(tx.commit().await?) })?;
    let whole = whole.unwrap_or_else(|| rows("false", 0));
    Ok(whole.in_order(&levels))
}

/// The pages of a table in parts of about the same length, as conditions in SQL. The last one has no end:
/// whatever there is lies in one of them.
fn spans(pages: i64, parts: i64) -> Vec<String> {
    let from = |part: i64| format!("ctid >= '({},0)'", pages * part / parts);
    let span = |part: i64| match part + 1 == parts {
        true => from(part),
        false => format!(
            "{} and ctid < '({},0)'",
            from(part),
            pages * (part + 1) / parts
        ),
    };
    (0..parts).map(span).collect()
}

/// Reads rows of a snapshot over a connection of this thread alone: nobody else is waited for or woken.
fn alone<'a>(home: &Postgres, snapshot: &str, rows: Rows<'a>) -> Result<Rows<'a>, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| StoreError::Backend(error.to_string()))?;
    runtime.block_on(async {
        let mut client = connect::connect(&home.address).await?;
        let tx = begin(&mut client, Some(snapshot)).await?;
        let read = rows.read(&tx).await?;
        tx.commit().await?;
        Ok(read)
    })
}

/// Begins a transaction that sees one commit: that of a snapshot, else the last one.
async fn begin<'c>(
    client: &'c mut Client,
    snapshot: Option<&str>,
) -> Result<Transaction<'c>, StoreError> {
    let tx = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    if let Some(snapshot) = snapshot {
        let sql = format!("set transaction snapshot {}", literal(snapshot));
        tx.batch_execute(&sql).await?;
    }
    tx.batch_execute("set local statement_timeout = 0").await?;
    Ok(tx)
}

/// The name by which other connections see what this one sees.
async fn snapshot(tx: &Transaction<'_>) -> Result<String, StoreError> {
    let row = tx.query_one("select pg_export_snapshot()", &[]).await?;
    Ok(row.try_get(0)?)
}

/// The pages of the table that holds a period, and the features of the state.
async fn size(
    tx: &Transaction<'_>,
    layer: &Layer,
    period: &Period,
) -> Result<(i64, usize), StoreError> {
    let sql =
        "select coalesce(pg_relation_size(to_regclass($1)), pg_relation_size(to_regclass($2)), 0)
                 / current_setting('block_size')::bigint,
                coalesce((select features from suitu.states where layer = $3 and period = $4), 0)";
    let own = partition(&layer.id, Some(period));
    let other = partition(&layer.id, None);
    let named = (layer.id.as_str(), period.as_str());
    let row = tx
        .query_one(sql, &[&own, &other, &named.0, &named.1])
        .await?;
    // What a damaged count says is no reason to ask for all memory.
    let features = row.try_get::<_, i64>(1)?.clamp(0, 1 << 22);
    Ok((row.try_get(0)?, features as usize))
}

/// Some rows of a state on their way into memory.
struct Rows<'a> {
    layer: &'a Layer,
    sql: String,
    /// In the order of their insertion.
    fids: Vec<i64>,
    found: Table,
    /// One column for each level.
    codes: Vec<TextColumn>,
}

impl<'a> Rows<'a> {
    /// Those of which `span` holds.
    fn new(layer: &'a Layer, levels: &[LevelId], period: &Period, span: &str) -> Self {
        let shape = match layer.geometry {
            GeometryKind::Point => "geom",
            GeometryKind::Line | GeometryKind::Polygon => "st_asbinary(geom, 'NDR')",
        };
        let columns = value_columns(layer, levels)
            .iter()
            .fold(format!("fid, id, {shape}"), |all, column| {
                all + ", " + column
            });
        let (own, period) = (table(&layer.id), literal(period.as_str()));
        Rows {
            layer,
            sql: format!(
                "copy (select {columns} from {own} where period = {period} and {span})
                 to stdout (format binary)"
            ),
            fids: Vec::new(),
            found: Table::for_layer(layer),
            codes: vec![TextColumn::default(); levels.len()],
        }
    }

    /// Makes room for as many rows.
    fn with_room(mut self, rows: usize) -> Self {
        self.fids.reserve(rows);
        self.found.reserve(rows);
        self.codes.iter_mut().for_each(|codes| codes.reserve(rows));
        self
    }

    async fn read(mut self, tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let stream = tx.copy_out(&self.sql).await?;
        // What has come already is taken at once.
        let mut stream = pin!(stream.ready_chunks(256));
        let mut is_first = true;
        while let Some(messages) = stream.next().await {
            for message in messages {
                let message = message?;
                let mut fields = Fields(&message);
                if is_first {
                    fields.take_head()?;
                    is_first = false;
                }
                // A message may hold any number of rows.
                while !fields.0.is_empty() && fields.take_i16()? >= 0 {
                    self.push(&mut fields)?;
                }
            }
        }
        Ok(self)
    }

    fn push(&mut self, fields: &mut Fields<'_>) -> Result<(), StoreError> {
        let fid = fields.take_i64()?.unwrap_or(i64::MAX);
        let id = fields.take_text()?;
        let shape = fields.take()?;
        let shape = match (shape, self.layer.geometry) {
            (None, _) => Err(RowReason::NoShape),
            (Some(bytes), GeometryKind::Point) => {
                wkb::decode_extended_point(bytes).map_err(|_| RowReason::UnreadableShape)
            }
            (Some(bytes), GeometryKind::Line | GeometryKind::Polygon) => {
                wkb::decode(bytes).map_err(|_| RowReason::UnreadableShape)
            }
        };
        let geometry = match shape {
            Ok(geometry) => geometry,
            Err(reason) => {
                for _ in 0..self.found.columns.len() + self.codes.len() {
                    fields.take()?;
                }
                let fault = RowFault::new(id.unwrap_or_default(), RowFault::SHAPE, reason);
                self.found.faults.push(fault);
                return Ok(());
            }
        };
        let id = id.ok_or_else(|| corrupt("a row without an id"))?;
        self.fids.push(fid);
        self.found.ids.push(id.into());
        self.found.geometries.push(geometry);
        for (column, attribute) in self.found.columns.iter_mut().zip(&self.layer.attributes) {
            match column {
                Column::Integer(values) if attribute.kind == AttributeType::Flag => {
                    values.push(fields.take_flag()?.map(i64::from));
                }
                Column::Integer(values) => values.push(fields.take_i64()?),
                Column::Number(values) => values.push(fields.take_f64()?),
                Column::Text(values) => values.push(fields.take_text()?),
            }
        }
        for codes in &mut self.codes {
            codes.push(fields.take_text()?);
        }
        Ok(())
    }

    /// Takes in rows that stand behind these in the table.
    fn append(&mut self, more: Rows<'_>) {
        self.fids.extend(more.fids);
        self.found.append(more.found);
        for (codes, more) in self.codes.iter_mut().zip(&more.codes) {
            codes.append(more);
        }
    }

    /// The rows in the order of their insertion: those that were changed since stand elsewhere.
    fn in_order(mut self, levels: &[LevelId]) -> Table {
        self.found.area_codes = levels.iter().cloned().zip(self.codes).collect();
        if !self.fids.is_sorted() {
            let mut order: Vec<usize> = (0..self.fids.len()).collect();
            order.sort_by_key(|row| self.fids[*row]);
            self.found = self.found.reordered(&order);
        }
        make_sound(self.layer, &mut self.found);
        self.found
    }
}

/// What is left of a message: fields, each with its length.
struct Fields<'m>(&'m [u8]);

impl<'m> Fields<'m> {
    /// The head of a binary copy: its signature, flags, and more that later versions may add.
    fn take_head(&mut self) -> Result<(), StoreError> {
        const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
        if self.bytes(SIGNATURE.len())? != SIGNATURE {
            return Err(corrupt("a copy that is not binary"));
        }
        self.bytes(4)?;
        let more = self.array().map(u32::from_be_bytes)?;
        self.bytes(more as usize).map(drop)
    }

    fn bytes(&mut self, length: usize) -> Result<&'m [u8], StoreError> {
        let cut = || corrupt("a row that is cut short");
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(cut)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let bytes = self.bytes(N)?;
        Ok(bytes.try_into().expect("as long as asked for"))
    }

    fn take_i16(&mut self) -> Result<i16, StoreError> {
        self.array().map(i16::from_be_bytes)
    }

    /// The next field; `None` where it is null.
    fn take(&mut self) -> Result<Option<&'m [u8]>, StoreError> {
        let length = self.array().map(i32::from_be_bytes)?;
        match usize::try_from(length) {
            Ok(length) => self.bytes(length).map(Some),
            Err(_) => Ok(None),
        }
    }

    fn take_array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, StoreError> {
        let fits = |bytes: &[u8]| {
            let other = |_| corrupt(format!("a value of {} bytes instead of {N}", bytes.len()));
            bytes.try_into().map_err(other)
        };
        self.take()?.map(fits).transpose()
    }

    fn take_i64(&mut self) -> Result<Option<i64>, StoreError> {
        Ok(self.take_array()?.map(i64::from_be_bytes))
    }

    fn take_f64(&mut self) -> Result<Option<f64>, StoreError> {
        Ok(self.take_array()?.map(f64::from_be_bytes))
    }

    fn take_flag(&mut self) -> Result<Option<bool>, StoreError> {
        Ok(self.take_array::<1>()?.map(|[flag]| flag != 0))
    }

    fn take_text(&mut self) -> Result<Option<&'m str>, StoreError> {
        self.take()?
            .map(std::str::from_utf8)
            .transpose()
            .map_err(corrupt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_table_follow_upon_one_another_and_the_last_is_open() {
        assert_eq!(
            spans(10, 3),
            [
                "ctid >= '(0,0)' and ctid < '(3,0)'",
                "ctid >= '(3,0)' and ctid < '(6,0)'",
                "ctid >= '(6,0)'"
            ]
        );
    }

    #[test]
    fn what_is_no_copy_or_is_cut_short_is_refused() {
        let mut head = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\x02ab".to_vec();
        head.extend_from_slice(&[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 7, 255, 255, 255, 255]);
        let mut fields = Fields(&head);
        fields.take_head().expect("a head");
        assert_eq!(fields.take_i64().expect("a number"), Some(7));
        assert_eq!(fields.take_text().expect("nothing"), None);
        assert!(fields.take().is_err());
        assert!(Fields(b"PGCOPY\n\xff\r\n").take_head().is_err());
        assert!(
            Fields(b"pgcopy\n\xff\r\n\0\0\0\0\0\0\0\0\0")
                .take_head()
                .is_err()
        );
        assert!(Fields(&[0, 0, 0, 1, 7]).take_i64().is_err());
    }
}
