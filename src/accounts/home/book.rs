//! Statements that both homes of accounts understand, of a file (SQLite) and of a database
//! (PostgreSQL): parameters `?1`, columns of whole numbers and texts, a flag as 0 or 1.

use std::error::Error;

use deadpool_postgres::Transaction;
use rusqlite::{Connection, types::ValueRef};
use tokio::runtime::Runtime;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::{accounts::AccountError, store::StoreError};

/// Where statements are carried out: what they do becomes true together, or not at all.
pub(super) enum Book<'a> {
    File(&'a Connection),
    Database(&'a Runtime, &'a Transaction<'a>),
}

/// What stands in a cell, or for a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Number(i64),
    Text(String),
}

/// One row of an answer.
pub(super) struct Row(Vec<Value>);

/// The parameters of a statement, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::accounts::home::book::Value::from($value)),*] };
}
pub(super) use values;

impl Book<'_> {
    /// Carries a statement out; how many rows it made, changed or took away.
    pub(super) fn execute(&self, sql: &str, values: &[Value]) -> Result<usize, AccountError> {
        match self {
            Book::File(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                Ok(statement.execute(rusqlite::params_from_iter(values))?)
            }
            Book::Database(runtime, transaction) => {
                let (sql, values) = (numbered(sql), parameters(values));
                let done = runtime.block_on(async {
                    let statement = transaction.prepare_cached(&sql).await?;
                    transaction.execute(&statement, &values).await
                });
                Ok(usize::try_from(done.map_err(StoreError::from)?).unwrap_or(usize::MAX))
            }
        }
    }

    /// The rows that a statement finds.
    pub(super) fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, AccountError> {
        match self {
            Book::File(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let columns = statement.column_count();
                let mut found = statement.query(rusqlite::params_from_iter(values))?;
                let mut rows = Vec::new();
                while let Some(row) = found.next()? {
                    let cells = (0..columns).map(|column| of_file(row.get_ref(column)?));
                    rows.push(Row(cells.collect::<Result<_, _>>()?));
                }
                Ok(rows)
            }
            Book::Database(runtime, transaction) => {
                let (sql, values) = (numbered(sql), parameters(values));
                let found = runtime.block_on(async {
                    let statement = transaction.prepare_cached(&sql).await?;
                    transaction.query(&statement, &values).await
                });
                let found = found.map_err(StoreError::from)?;
                found.iter().map(of_database).collect()
            }
        }
    }

    /// The one row that a statement finds, if there is one.
    pub(super) fn row(&self, sql: &str, values: &[Value]) -> Result<Option<Row>, AccountError> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }
}

impl Row {
    /// What stands in a column, counted from 0.
    pub(super) fn get<T: Cell>(&self, column: usize) -> Result<T, AccountError> {
        let cell = self.0.get(column).and_then(T::of);
        cell.ok_or_else(|| AccountError::Backend(format!("column {column} holds something else")))
    }

    pub(super) fn cells(&self) -> &[Value] {
        &self.0
    }
}

/// What a cell can be read as.
pub(super) trait Cell: Sized {
    fn of(value: &Value) -> Option<Self>;
}

impl Cell for i64 {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl Cell for bool {
    fn of(value: &Value) -> Option<Self> {
        i64::of(value).map(|number| number != 0)
    }
}

impl Cell for String {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

impl<T: Cell> Cell for Option<T> {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::of(value).map(Some),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Number(flag.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(text.clone())
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(match self {
            Value::Null => rusqlite::types::Null.into(),
            Value::Number(number) => (*number).into(),
            Value::Text(text) => text.as_str().into(),
        })
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        to: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Number(number) => number.to_sql(to, out),
            Value::Text(text) => text.to_sql(to, out),
        }
    }

    fn accepts(to: &Type) -> bool {
        [Type::INT8, Type::TEXT].contains(to)
    }

    to_sql_checked!();
}

fn of_file(value: ValueRef<'_>) -> Result<Value, AccountError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Number(number),
        value => Value::Text(value.as_str().map_err(rusqlite::Error::from)?.to_owned()),
    })
}

fn of_database(row: &tokio_postgres::Row) -> Result<Row, AccountError> {
    let cell = |(column, told): (usize, &tokio_postgres::Column)| {
        let number = match *told.type_() {
            Type::BOOL => row.try_get::<_, Option<bool>>(column)?.map(i64::from),
            Type::INT4 => row.try_get::<_, Option<i32>>(column)?.map(i64::from),
            Type::INT8 => row.try_get(column)?,
            _ => {
                let text: Option<String> = row.try_get(column)?;
                return Ok(text.map_or(Value::Null, Value::Text));
            }
        };
        Ok(number.map_or(Value::Null, Value::Number))
    };
    let cells = row.columns().iter().enumerate().map(cell);
    let cells: Result<_, tokio_postgres::Error> = cells.collect();
    Ok(Row(cells.map_err(StoreError::from)?))
}

/// A statement with its parameters as PostgreSQL writes them.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}
