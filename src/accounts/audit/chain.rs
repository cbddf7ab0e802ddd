//! The chain of rows in the accounts' home: appended, searched, checked, pruned.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::{Entry, Row};
use crate::accounts::{AccountError, home};

/// So many days a row is kept at least.
const KEPT_DAYS: i64 = 180;
const DAY_MS: i64 = 86_400_000;

/// What the chain begins with.
const BEGIN: &str = "";

/// The last row: whoever writes its number and hash down can tell later whether rows before it
/// were changed or cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    pub number: i64,
    pub hash: String,
}

/// A chain that holds together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    pub rows: u64,
    /// The first row that is there; those before were pruned.
    pub first: i64,
    pub head: Head,
}

/// Where a chain does not hold together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("row {0} is not what was written")]
    Changed(i64),
    #[error("row {expected} is missing; {found} follows")]
    Missing { expected: i64, found: i64 },
    #[error("row {0} is missing: the record was cut off")]
    CutOff(i64),
    #[error("row {0} has another hash than the one that was written down")]
    OtherHead(i64),
    #[error("the record cannot be read: {0}")]
    Unreadable(String),
}

impl From<rusqlite::Error> for Broken {
    fn from(error: rusqlite::Error) -> Self {
        Broken::Unreadable(error.to_string())
    }
}

/// What was taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    pub rows: u64,
    /// The last row that is gone; the chain goes on from its hash.
    pub anchor: Option<Head>,
}

/// Which rows are wanted, the newest first.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The account, exactly.
    pub who: Option<String>,
    /// Part of the operation.
    pub act: Option<String>,
    /// Part of what it was done to.
    pub subject: Option<String>,
    /// The begin of the outcome.
    pub outcome: Option<String>,
    /// RFC 3339 or a date, both ends included.
    pub from: Option<String>,
    pub until: Option<String>,
    /// Only rows with a smaller number: the next page.
    pub before: Option<i64>,
    /// At most 1000, 100 by default.
    pub limit: Option<u32>,
}

/// A connection of its own to the record in a home of accounts.
#[derive(Debug)]
pub struct Chain(Connection);

impl Chain {
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        Ok(Chain(home::connect_file(path)?))
    }

    /// Whether rows can be added.
    ///
    /// # Errors
    /// The file is read-only for whoever runs this program.
    pub fn check_writable(&self) -> Result<(), AccountError> {
        match self.0.is_readonly("main")? {
            true => Err(AccountError::ReadOnly {
                path: self.0.path().unwrap_or_default().to_owned(),
            }),
            false => Ok(()),
        }
    }

    /// The record in a file that is there.
    ///
    /// # Errors
    /// There is none, or it holds no record.
    pub fn found(path: &Path) -> Result<Self, AccountError> {
        home::check_record(path)?;
        Chain::open(path)
    }

    /// Adds rows in one transaction; they are on disk when it returns. Other programs may add too.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(
        &mut self,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Vec<Row>, AccountError> {
        self.check_writable()?;
        let kind = TransactionBehavior::Immediate;
        let transaction = self.0.transaction_with_behavior(kind)?;
        let mut head = head(&transaction)?;
        let mut rows = Vec::new();
        {
            let sql = "insert into audit values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            let mut insert = transaction.prepare_cached(sql)?;
            for entry in entries {
                let row = entry.cleaned().chained(head.number + 1, &head.hash);
                insert.execute(params![
                    row.number,
                    row.at_ms,
                    row.who,
                    row.credential,
                    row.origin,
                    row.act,
                    row.subject,
                    row.outcome,
                    i64::try_from(row.times).unwrap_or(i64::MAX),
                    row.hash
                ])?;
                (head.number, head.hash) = (row.number, row.hash.clone());
                rows.push(row);
            }
        }
        transaction.commit()?;
        Ok(rows)
    }

    /// Goes through every row. `written_down` is a head from before, if anybody kept one.
    ///
    /// # Errors
    /// The first place that is not as it was written.
    pub fn check(&self, written_down: Option<&Head>) -> Result<Checked, Broken> {
        let anchor = anchor(&self.0)?;
        let first = anchor.number + 1;
        let mut before = anchor;
        let mut is_met = written_down.is_none_or(|head| {
            head.number == before.number && (head.hash == before.hash || head.number == 0)
        });
        let mut all = self.0.prepare(&format!("{SELECT} order by number"))?;
        let mut rows = all.query([])?;
        let mut count = 0;
        while let Some(found) = rows.next()? {
            let row = read(found)?;
            if row.number != before.number + 1 {
                return Err(Broken::Missing {
                    expected: before.number + 1,
                    found: row.number,
                });
            }
            if row.hashed(&before.hash) != row.hash {
                return Err(Broken::Changed(row.number));
            }
            if let Some(head) = written_down.filter(|head| head.number == row.number) {
                if head.hash != row.hash {
                    return Err(Broken::OtherHead(row.number));
                }
                is_met = true;
            }
            before = Head {
                number: row.number,
                hash: row.hash,
            };
            count += 1;
        }
        match written_down.filter(|_| !is_met) {
            Some(head) => Err(Broken::CutOff(head.number)),
            None => Ok(Checked {
                rows: count,
                first,
                head: before,
            }),
        }
    }

    /// # Errors
    /// A time that cannot be read, and what the file says.
    pub fn search(&self, search: &Search) -> Result<Vec<Row>, AccountError> {
        let mut rows = Vec::new();
        let limit = i64::from(search.limit.unwrap_or(100).clamp(1, 1000));
        self.each(search, limit, "desc", |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Hands every row that is wanted to `take`, the oldest first.
    ///
    /// # Errors
    /// Those of `take`, and what the file says.
    pub fn export(
        &self,
        search: &Search,
        take: impl FnMut(Row) -> Result<(), AccountError>,
    ) -> Result<(), AccountError> {
        self.each(search, -1, "asc", take)
    }

    fn each(
        &self,
        search: &Search,
        limit: i64,
        order: &str,
        mut take: impl FnMut(Row) -> Result<(), AccountError>,
    ) -> Result<(), AccountError> {
        let from = moment("from", search.from.as_deref(), 0)?;
        let until = moment("until", search.until.as_deref(), DAY_MS - 1)?;
        let sql = format!(
            "{SELECT} where (?1 is null or who = ?1) and (?2 is null or instr(act, ?2) > 0) \
             and (?3 is null or instr(subject, ?3) > 0) \
             and (?4 is null or substr(outcome, 1, length(?4)) = ?4) \
             and (?5 is null or at_ms >= ?5) and (?6 is null or at_ms <= ?6) \
             and (?7 is null or number < ?7) order by number {order} limit ?8"
        );
        let mut all = self.0.prepare(&sql)?;
        let mut rows = all.query(params![
            search.who,
            search.act,
            search.subject,
            search.outcome,
            from,
            until,
            search.before,
            limit
        ])?;
        while let Some(found) = rows.next()? {
            take(read(found)?)?;
        }
        Ok(())
    }

    /// Takes rows before `before_ms` away, none younger than 180 days; the chain goes on from the
    /// hash of the last of them.
    ///
    /// # Errors
    /// The time is younger than 180 days, the chain is broken, or the file cannot be written.
    pub fn prune(&mut self, before_ms: i64, now_ms: i64) -> Result<Pruned, AccountError> {
        if before_ms > now_ms - KEPT_DAYS * DAY_MS {
            let rule = "Rows are kept for 180 days at least.";
            return Err(AccountError::field(
                "before",
                "审计记录至少保存 180 天。",
                rule,
            ));
        }
        let broken = |e: Broken| AccountError::Backend(format!("not pruned: {e}"));
        self.check(None).map_err(broken)?;
        let kind = TransactionBehavior::Immediate;
        let transaction = self.0.transaction_with_behavior(kind)?;
        // Up to the first row that stays, so that no gap comes about where times are out of order.
        let sql = "select coalesce((select min(number) from audit where at_ms >= ?1), \
                   (select max(number) + 1 from audit), 0)";
        let keep: i64 = transaction.query_row(sql, [before_ms], |row| row.get(0))?;
        let sql = "select number, hash from audit where number = ?1";
        let last = transaction.query_row(sql, [keep - 1], |row| {
            Ok(Head {
                number: row.get(0)?,
                hash: row.get(1)?,
            })
        });
        let Some(last) = last.optional()? else {
            return Ok(Pruned {
                rows: 0,
                anchor: None,
            });
        };
        transaction.execute("insert into meta values ('pruning', '1')", [])?;
        let rows = transaction.execute("delete from audit where number < ?1", [keep])?;
        transaction.execute("delete from meta where key = 'pruning'", [])?;
        let sql = "insert into audit_anchor values (?1, ?2, ?3)";
        transaction.execute(sql, params![last.number, last.hash, now_ms])?;
        transaction.commit()?;
        Ok(Pruned {
            rows: rows as u64,
            anchor: Some(last),
        })
    }
}

const SELECT: &str = "select number, at_ms, who, credential, origin, act, subject, outcome, times, \
                      hash from audit";

fn read(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        number: row.get(0)?,
        at_ms: row.get(1)?,
        who: row.get(2)?,
        credential: row.get(3)?,
        origin: row.get(4)?,
        act: row.get(5)?,
        subject: row.get(6)?,
        outcome: row.get(7)?,
        times: u64::try_from(row.get::<_, i64>(8)?).unwrap_or(0),
        hash: row.get(9)?,
    })
}

fn head(connection: &Connection) -> rusqlite::Result<Head> {
    let sql = "select number, hash from audit order by number desc limit 1";
    let last = connection.query_row(sql, [], |row| {
        Ok(Head {
            number: row.get(0)?,
            hash: row.get(1)?,
        })
    });
    last.optional()?.map_or_else(|| anchor(connection), Ok)
}

fn anchor(connection: &Connection) -> rusqlite::Result<Head> {
    let sql = "select number, hash from audit_anchor order by number desc limit 1";
    let last = connection.query_row(sql, [], |row| {
        Ok(Head {
            number: row.get(0)?,
            hash: row.get(1)?,
        })
    });
    let begin = Head {
        number: 0,
        hash: BEGIN.into(),
    };
    Ok(last.optional()?.unwrap_or(begin))
}

/// Milliseconds of a time; a date alone is its first moment and `day_ms` on.
fn moment(
    field: &'static str,
    text: Option<&str>,
    day_ms: i64,
) -> Result<Option<i64>, AccountError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let rule = || {
        let forms = "Write 2026-03-31, 2026-03-31T08:00:00Z or 2026-03-31T08:00:00.123Z.";
        AccountError::field(
            field,
            "日期不能用，请写成 2026-03-31 或 2026-03-31T08:00:00Z 的样子。",
            forms,
        )
    };
    let fraction = text.strip_suffix('Z').and_then(|text| text.split_once('.'));
    let (whole, more) = match fraction {
        Some((whole, digits)) => {
            let is_time = whole.contains('T') && !digits.is_empty() && digits.len() <= 9;
            if !is_time || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(rule());
            }
            let milliseconds = format!("{digits:0<3}")[..3].parse().map_err(|_| rule())?;
            (format!("{whole}Z"), milliseconds)
        }
        None if text.contains('T') => (text.to_owned(), 0),
        None => (text.to_owned(), day_ms),
    };
    let seconds = crate::clock::parse(&whole).ok_or_else(rule)?;
    Ok(Some(seconds * 1000 + more))
}

#[cfg(test)]
mod tests {
    use super::{super::entry::tests::entry, *};
    use crate::accounts::{Accounts, Place};

    #[test]
    fn a_moment_is_read_to_the_millisecond() {
        let read = |text: &str| moment("from", Some(text), DAY_MS - 1);
        let at = 1_795_741_323_000;
        assert_eq!(read("2026-11-27T01:02:03Z"), Ok(Some(at)));
        assert_eq!(read("2026-11-27T01:02:03.456Z"), Ok(Some(at + 456)));
        assert_eq!(read("2026-11-27T01:02:03.4Z"), Ok(Some(at + 400)));
        assert_eq!(read("2026-11-27T01:02:03.456789Z"), Ok(Some(at + 456)));
        for wrong in [
            "2026-11-27T01:02:03.Z",
            "2026-11-27T01:02:03.4x6Z",
            "2026-11-27T01:02:03.+56Z",
            "2026-11-27.5Z",
            "2026-11-27T01:02:03.456",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    fn chain() -> (tempfile::TempDir, Chain) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Accounts::create(&Place::file(&path)).unwrap();
        let chain = Chain::open(&path).unwrap();
        (folder, chain)
    }

    #[test]
    fn a_record_that_is_read_only_is_told_by_its_file() {
        let (folder, chain) = chain();
        drop(chain);
        let path = folder.path().join("a.db");
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let mut chain = Chain(Connection::open_with_flags(&path, flags).unwrap());
        let wrong = |error: AccountError| {
            let told = error.told();
            assert!(
                told.en.contains("a.db can be read and not written"),
                "{told:?}"
            );
            assert!(told.zh.contains("a.db 只能读"), "{told:?}");
        };
        wrong(chain.check_writable().unwrap_err());
        wrong(chain.append([entry("a")]).unwrap_err());
    }

    fn filled(chain: &mut Chain) -> Vec<Row> {
        let acts = ["a", "b", "c", "d", "e"].map(entry);
        chain.append(acts).unwrap()
    }

    /// What somebody does who owns the file and no program of ours.
    fn tamper(chain: &Chain, sql: &str) {
        let triggers = "drop trigger if exists audit_is_not_changed; \
                        drop trigger if exists audit_is_not_deleted;";
        chain.0.execute_batch(triggers).unwrap();
        chain.0.execute_batch(sql).unwrap();
    }

    #[test]
    fn an_untouched_chain_holds_and_others_may_add() {
        let (folder, mut chain) = chain();
        filled(&mut chain);
        let mut other = Chain::open(&folder.path().join("a.db")).unwrap();
        other.append([entry("f")]).unwrap();
        let rows = chain.append([entry("g")]).unwrap();
        assert_eq!(rows[0].number, 7);
        let checked = chain.check(None).unwrap();
        assert_eq!((checked.rows, checked.first), (7, 1));
        assert_eq!(checked.head.hash, rows[0].hash);
        assert!(chain.check(Some(&checked.head)).is_ok());
    }

    #[test]
    fn a_changed_a_missing_and_a_cut_off_row_are_noticed() {
        let (_folder, mut chain) = chain();
        let rows = filled(&mut chain);
        let head = |row: &Row| Head {
            number: row.number,
            hash: row.hash.clone(),
        };
        tamper(&chain, "update audit set who = 'other' where number = 3");
        assert_eq!(chain.check(None), Err(Broken::Changed(3)));
        tamper(&chain, "update audit set who = 'chenyu' where number = 3");
        assert!(chain.check(None).is_ok());
        tamper(&chain, "delete from audit where number = 5");
        assert!(chain.check(None).is_ok());
        assert_eq!(chain.check(Some(&head(&rows[4]))), Err(Broken::CutOff(5)));
        tamper(&chain, "delete from audit where number = 2");
        let missing = Broken::Missing {
            expected: 2,
            found: 3,
        };
        assert_eq!(chain.check(None), Err(missing));
    }

    #[test]
    fn a_chain_written_anew_is_not_the_one_that_was_written_down() {
        let (_folder, mut chain) = chain();
        let rows = filled(&mut chain);
        let kept = Head {
            number: 5,
            hash: rows[4].hash.clone(),
        };
        tamper(&chain, "delete from audit");
        chain.append(["x", "b", "c", "d", "e"].map(entry)).unwrap();
        assert!(chain.check(None).is_ok());
        assert_eq!(chain.check(Some(&kept)), Err(Broken::OtherHead(5)));
    }

    #[test]
    fn no_row_is_changed_or_deleted_by_accident() {
        let (_folder, mut chain) = chain();
        filled(&mut chain);
        let act = |sql: &str| chain.0.execute(sql, []);
        assert!(act("update audit set who = 'x'").is_err());
        assert!(act("delete from audit").is_err());
    }

    #[test]
    fn pruning_keeps_180_days_and_a_chain_that_holds() {
        let (_folder, mut chain) = chain();
        let old = |act: &str, days: i64| Entry {
            at_ms: 1_700_000_000_000 - days * DAY_MS,
            ..entry(act)
        };
        chain
            .append([old("a", 400), old("b", 300), old("c", 100)])
            .unwrap();
        let now = 1_700_000_000_000;
        assert!(chain.prune(now - 100 * DAY_MS, now).is_err());
        let before = chain.check(None).unwrap().head;
        let pruned = chain.prune(now - 200 * DAY_MS, now).unwrap();
        assert_eq!((pruned.rows, pruned.anchor.unwrap().number), (2, 2));
        let checked = chain.check(Some(&before)).unwrap();
        assert_eq!((checked.rows, checked.first), (1, 3));
        assert_eq!(chain.prune(now - 200 * DAY_MS, now).unwrap().rows, 0);
        assert_eq!(chain.append([entry("d")]).unwrap()[0].number, 4);
        assert!(chain.check(None).is_ok());
        assert!(chain.0.execute("delete from audit", []).is_err());
    }

    #[test]
    fn rows_are_found_by_who_what_when_and_how_it_ended() {
        let (_folder, mut chain) = chain();
        let mut refused = entry("GET /api/users");
        refused.who = "li".into();
        refused.outcome = "403 not_granted".into();
        refused.at_ms += 2 * DAY_MS;
        chain.append([entry("GET /api/balance"), refused]).unwrap();
        let found = |search: Search| -> Vec<i64> {
            let rows = chain.search(&search).unwrap();
            rows.into_iter().map(|row| row.number).collect()
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(found(Search::default()), [2, 1]);
        assert_eq!(
            found(Search {
                who: text("li"),
                ..Search::default()
            }),
            [2]
        );
        assert_eq!(
            found(Search {
                act: text("balance"),
                ..Search::default()
            }),
            [1]
        );
        assert_eq!(
            found(Search {
                outcome: text("403"),
                ..Search::default()
            }),
            [2]
        );
        assert_eq!(
            found(Search {
                until: text("2023-11-14"),
                ..Search::default()
            }),
            [1]
        );
        assert_eq!(
            found(Search {
                from: text("2023-11-15"),
                ..Search::default()
            }),
            [2]
        );
        assert_eq!(
            found(Search {
                before: Some(2),
                ..Search::default()
            }),
            [1]
        );
        let wrong = Search {
            from: text("yesterday"),
            ..Search::default()
        };
        assert!(chain.search(&wrong).is_err());
    }
}
