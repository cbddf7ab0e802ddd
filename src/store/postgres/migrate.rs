//! The schema of a database in numbered steps, `migrations/*.sql`.

use std::{collections::BTreeMap, sync::Arc};

use rust_embed::RustEmbed;
use tokio_postgres::Client;

use super::{
    connect::{self, unusable},
    layers,
};
use crate::{
    domain::Catalog,
    store::{StoreError, home::without_password},
};

#[derive(RustEmbed)]
#[folder = "migrations/"]
#[include = "*.sql"]
struct Files;

/// Held while one program migrates; the others wait.
const LOCK: i64 = i64::from_be_bytes(*b"suitu:mi");

/// What a migration did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The names of the steps taken now, in order; empty where all had been taken before.
    pub steps: Vec<String>,
    /// The schema that the database has now.
    pub schema: u32,
}

/// The steps by their numbers.
fn steps() -> BTreeMap<u32, (String, String)> {
    let named = Files::iter().filter_map(|name| {
        let number = name.split('_').next()?.parse().ok()?;
        let text = String::from_utf8(Files::get(&name)?.data.into_owned()).ok()?;
        Some((number, (name.into_owned(), text)))
    });
    named.collect()
}

/// The schema that this program knows.
pub(super) fn known() -> u32 {
    steps().keys().next_back().copied().unwrap_or(0)
}

/// Prepares the database at `address` for a city, or brings it to the schema of this program, and
/// makes the tables of the layers. Repeatable; each step is a transaction.
///
/// # Errors
/// The database cannot be reached, is newer than this program, lacks PostGIS, or refuses.
pub fn migrate(address: &str, catalog: &Arc<Catalog>) -> Result<Migrated, StoreError> {
    let runtime = connect::runtime()?;
    runtime.block_on(async {
        let mut client = connect::connect(address).await?;
        client.batch_execute("set statement_timeout = 0").await?;
        client
            .execute("select pg_advisory_lock($1)", &[&LOCK])
            .await?;
        let found = schema_of(&client).await?;
        if let Some(found) = found.filter(|found| *found > known()) {
            return Err(too_new(&without_password(address), found));
        }
        let mut taken = Vec::new();
        for (number, (name, text)) in steps() {
            if found.is_some_and(|found| number <= found) {
                continue;
            }
            step(&mut client, number, &name, &text).await?;
            taken.push(name);
        }
        layers::extend(&mut client, catalog).await?;
        Ok(Migrated {
            steps: taken,
            schema: known(),
        })
    })
}

async fn step(client: &mut Client, number: u32, name: &str, text: &str) -> Result<(), StoreError> {
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(text)
        .await
        .map_err(|error| StoreError::Backend(format!("{name}: {}", connect::in_words(&error))))?;
    transaction
        .batch_execute(
            "create table if not exists suitu.migrations (
                 number integer primary key, name text not null,
                 at timestamptz not null default clock_timestamp())",
        )
        .await?;
    transaction
        .execute(
            "insert into suitu.migrations (number, name) values ($1, $2)",
            &[&(number as i32), &name],
        )
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// The schema of a database; `None` where it holds no city.
pub(super) async fn schema_of(client: &Client) -> Result<Option<u32>, StoreError> {
    let there = client
        .query_one("select to_regclass('suitu.migrations') is not null", &[])
        .await?;
    if !there.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    let row = client
        .query_one("select coalesce(max(number), 0) from suitu.migrations", &[])
        .await?;
    Ok(Some(row.try_get::<_, i32>(0)? as u32))
}

/// Refuses a database that this program cannot work with.
pub(super) fn check(address: &str, found: Option<u32>) -> Result<(), StoreError> {
    let refuse = |zh, en| unusable(address, zh, en);
    match found {
        None => Err(refuse(
            "这个数据库中还没有城市；请先运行 suitu migrate --city 地址。",
            "there is no city in this database; `suitu migrate --city ADDRESS` prepares it for one",
        )),
        Some(found) if found > known() => Err(too_new(address, found)),
        Some(found) if found < known() => Err(refuse(
            "这座城市是旧版本的 Suitu 建立的；请先运行 suitu migrate --city 地址。",
            "this city was made by an older Suitu; `suitu migrate --city ADDRESS` brings it up \
             to date",
        )),
        Some(_) => Ok(()),
    }
}

fn too_new(address: &str, found: u32) -> StoreError {
    StoreError::TooNew {
        path: address.to_owned(),
        found,
        known: known(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_numbered_without_gaps() {
        let numbers: Vec<u32> = steps().keys().copied().collect();
        assert!(!numbers.is_empty());
        assert!(numbers.iter().copied().eq(1..=numbers.len() as u32));
        let is_step = |name: &str| name.starts_with(|c: char| c.is_ascii_digit());
        let files = Files::iter().filter(|name| is_step(name)).count();
        assert_eq!(files, numbers.len(), "two steps have one number");
    }

    #[test]
    fn what_is_lacking_older_and_newer_is_told_apart() {
        assert!(check("db", Some(known())).is_ok());
        let said = |found| check("db", found).unwrap_err().to_string();
        assert!(said(None).contains("prepares it"));
        assert!(said(Some(0)).contains("up to date"));
        assert!(said(Some(known() + 1)).contains("newer"));
    }
}
