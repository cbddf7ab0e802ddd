use std::sync::OnceLock;

use crate::{domain::Grouping, store::ChangeNumber};

/// What is published of an exact city as one, looked into when first asked for.
#[derive(Debug)]
pub struct StoredGrouping {
    bytes: Vec<u8>,
    /// The commit that wrote it.
    pub version: ChangeNumber,
    read: OnceLock<Option<Grouping>>,
}

impl StoredGrouping {
    pub fn new(bytes: Vec<u8>, version: ChangeNumber) -> Self {
        StoredGrouping {
            bytes,
            version,
            read: OnceLock::new(),
        }
    }

    /// `None` where it cannot be read, which is logged.
    pub fn get(&self) -> Option<&Grouping> {
        let read = || match Grouping::from_bytes(&self.bytes) {
            Ok(grouping) => Some(grouping),
            Err(problem) => {
                tracing::error!(
                    problem,
                    "the record of what is published as one cannot be read"
                );
                None
            }
        };
        self.read.get_or_init(read).as_ref()
    }
}
