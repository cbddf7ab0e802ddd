//! The record of what was done (审计): only added to, each row chained to the one before by SHA-256.
//!
//! It holds who, when, what, from where and how it ended; never secrets, bodies of questions or
//! identity numbers.

mod chain;
mod entry;
mod export;
mod reserve;
mod syslog;
mod writer;

pub use chain::{Broken, Chain, Checked, Head, Pruned, Search};
pub use entry::{Entry, Row};
pub use export::write_csv;
pub use syslog::{Syslog, SyslogAddress};
pub use writer::Recorder;
