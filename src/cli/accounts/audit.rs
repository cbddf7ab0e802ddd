use std::{io::Write, path::PathBuf};

use super::{
    super::{Failure, say},
    AccountsHome, record,
};
use crate::{
    accounts::audit::{Chain, Head, Row, Search, write_csv},
    clock,
    domain::Language,
};

#[derive(Debug, clap::Args)]
pub struct AuditArguments {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AuditCommand {
    /// Whether any row was changed or is missing; prints the head, to be written down.
    Verify {
        #[command(flatten)]
        home: AccountsHome,
        /// A head that was written down before: NUMBER:HASH.
        #[arg(long, value_name = "HEAD", value_parser = parse_head)]
        head: Option<Head>,
    },
    /// The newest rows.
    List {
        #[command(flatten)]
        home: AccountsHome,
        #[command(flatten)]
        search: SearchArguments,
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Write rows as CSV.
    Export {
        #[command(flatten)]
        home: AccountsHome,
        #[command(flatten)]
        search: SearchArguments,
        /// The file; standard output without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Take old rows away; 180 days are kept at least, and the chain still holds.
    Prune {
        #[command(flatten)]
        home: AccountsHome,
        /// Rows before this date go.
        #[arg(long, value_name = "DATE")]
        before: String,
    },
}

#[derive(Debug, clap::Args)]
struct SearchArguments {
    /// The account.
    #[arg(long)]
    who: Option<String>,
    /// Part of the operation.
    #[arg(long)]
    act: Option<String>,
    /// The begin of the outcome: 403.
    #[arg(long)]
    outcome: Option<String>,
    /// A date, or a time in UTC.
    #[arg(long)]
    from: Option<String>,
    /// A date, or a time in UTC; both ends are included.
    #[arg(long)]
    until: Option<String>,
}

impl SearchArguments {
    fn search(&self, limit: Option<u32>) -> Search {
        Search {
            who: self.who.clone(),
            act: self.act.clone(),
            subject: None,
            outcome: self.outcome.clone(),
            from: self.from.clone(),
            until: self.until.clone(),
            before: None,
            limit,
        }
    }
}

fn parse_head(text: &str) -> Result<Head, String> {
    let parts = text.split_once(':');
    let parsed = parts.and_then(|(number, hash)| Some((number.parse().ok()?, hash)));
    let (number, hash) = parsed.ok_or("write NUMBER:HASH")?;
    Ok(Head {
        number,
        hash: hash.to_owned(),
    })
}

/// Does what a command says with the record.
///
/// # Errors
/// The record does not hold together, or cannot be read.
pub fn run(arguments: &AuditArguments, language: Language) -> Result<(), Failure> {
    match &arguments.command {
        AuditCommand::Verify { home, head } => {
            let checked = chain(home)?.check(head.as_ref())?;
            let (rows, first) = (checked.rows, checked.first);
            let (number, hash) = (checked.head.number, checked.head.hash);
            say(match language {
                Language::Zh => format!("审计链完整：{rows} 行，自第 {first} 行起"),
                Language::En => format!("the record holds: {rows} rows from row {first} on"),
            })?;
            say(format!("{number}:{hash}"))
        }
        AuditCommand::List {
            home,
            search,
            limit,
        } => {
            let rows = chain(home)?.search(&search.search(Some(*limit)))?;
            rows.iter().try_for_each(|row| say(line(row)))
        }
        AuditCommand::Export { home, search, out } => {
            let chain = chain(home)?;
            let bom = b"\xef\xbb\xbf";
            let done: Result<(), Failure> = match out {
                Some(path) => (|| {
                    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
                    file.write_all(bom)?;
                    Ok(write_csv(&chain, &search.search(None), file)?)
                })(),
                None => {
                    let lock = std::io::stdout().lock();
                    write_csv(&chain, &search.search(None), lock).map_err(Failure::from)
                }
            };
            record::add(home.place()?.record(), "audit export", "", &done)?;
            done
        }
        AuditCommand::Prune { home, before } => {
            let seconds = clock::parse(before).ok_or("--before: write a date, 2026-03-31")?;
            let pruned = chain(home)?.prune(seconds * 1000, clock::unix_ms());
            let rows = pruned.as_ref().map_or(0, |pruned| pruned.rows);
            let done: Result<(), Failure> = pruned.map(drop).map_err(Failure::from);
            let subject = format!("before {before}: {rows} rows");
            record::add(home.place()?.record(), "audit prune", &subject, &done)?;
            done?;
            say(match language {
                Language::Zh => format!("已清理 {rows} 行"),
                Language::En => format!("{rows} rows are gone"),
            })
        }
    }
}

fn chain(home: &AccountsHome) -> Result<Chain, Failure> {
    let place = home.place()?;
    // That it is one, before anything is written beside it.
    Ok(Chain::found(place.record())?)
}

fn line(row: &Row) -> String {
    let at = clock::text(row.at_ms.div_euclid(1000));
    let Row {
        number,
        who,
        origin,
        act,
        subject,
        outcome,
        times,
        ..
    } = row;
    let times = if *times > 1 {
        format!(" ×{times}")
    } else {
        String::new()
    };
    format!("{number:>7} {at} {who:<16} {origin:<15} {outcome:<18} {act} {subject}{times}")
}
