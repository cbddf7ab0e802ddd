use serde::Serialize;

use crate::domain::Protection;

/// How the published city stands, for the security administrator (统计保护状态).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whether this server has a published city for the roles that read rounded counts.
    pub served: bool,
    /// Whether this server publishes it, by a key of its own.
    pub publishes: bool,
    /// Whether another key can be taken from the screen: the publication is in a file.
    pub rotates: bool,
    /// `None` where this server has no key, or cannot read it.
    pub key: Option<KeyTold>,
    /// Why a key that should be there cannot be used.
    pub key_problem: Option<String>,
    /// What the city that is shown says of itself.
    pub publication: Option<Protection>,
    /// Whether the exact city has been changed since; `None` where this server cannot tell.
    pub behind: Option<bool>,
    /// Whether it is being published at this moment.
    pub publishing: bool,
    /// Why the last publication failed.
    pub failed: Option<String>,
}

/// A key without the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyTold {
    pub k: u32,
    pub fingerprint: String,
}
