//! The published city kept up to date by the server itself (保护数据发布): its key file, one publication a
//! day, another key when the old one is known to others.
//!
//! - [`key_file`]: the secret that counts are rounded by, in a file of its owner alone.
//! - [`Publisher`]: what the security administrator sets; the key itself is told to nobody.
//!
//! The door of [`crate::protection`], which is pure: here are files, days and threads.

pub mod key_file;
mod publisher;
mod status;

pub use publisher::{Follow, Publisher, PublisherError};
pub use status::{KeyTold, Status};
