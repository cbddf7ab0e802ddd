//! Reports (报告): answers to questions as documents that are handed in, in Chinese or English.
//!
//! A kind gathers answers of `query`, puts them into a neutral [`Document`], and a renderer writes
//! that as HTML, DOCX, XLSX or PDF. Every file carries a [`Seal`]: the question, the scenario
//! with its edits, the data version and the numbers with their checksum, so that [`verify`] can compute them again.
//!
//! Invariants: no arithmetic but that of layout; every number comes from `query`; no clock: equal
//! questions on equal data give equal bytes; what is missing says why.

mod archive;
mod choices;
mod document;
mod figure;
mod format;
mod kind;
mod kinds;
mod print;
mod render;
mod reporter;
mod seal;
#[cfg(test)]
mod tests;
mod verify;

pub use archive::{Archive, file_name};
pub use choices::Choices;
pub use document::{Block, Document};
pub use format::Format;
pub use kind::Kind;
pub use print::PrintError;
pub use render::{RenderError, SeenDifference, render};
pub use reporter::{Question, Report, Reporter};
pub use seal::{Seal, SealedScenario, SealedTable};
pub use verify::{Difference, TextCheck, Verification, VerifyError, verify};
