use std::{collections::BTreeSet, sync::Arc};

use super::{Role, UserName};
use crate::domain::{AreaCode, SecurityLevel};

/// By what a request shows who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// Nothing: nobody is signed in.
    None,
    /// A session in the browser, by the hash of its secret.
    Session(Arc<str>),
    /// A token of a program, by its number.
    Token(Arc<str>),
    /// The command line: whoever owns the machine.
    Machine,
}

impl Credential {
    /// As the record says it.
    pub fn shown(&self) -> String {
        match self {
            Credential::None => "none".into(),
            Credential::Session(_) => "session".into(),
            Credential::Token(id) => format!("token {id}"),
            Credential::Machine => "machine".into(),
        }
    }
}

/// What stands between signing in and everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// The password is too old: another one first.
    Password,
    /// The policy asks for a second factor: enrol first.
    SecondFactor,
}

impl Pending {
    pub fn name(self) -> &'static str {
        match self {
            Pending::Password => "password",
            Pending::SecondFactor => "second_factor",
        }
    }
}

/// What an account was given (授权).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    pub roles: BTreeSet<Role>,
    /// Area codes: a district official's counts are exact inside them.
    pub scope: Vec<AreaCode>,
    /// The highest level of layers that are shown.
    pub clearance: SecurityLevel,
}

impl Grants {
    /// Of an account that nobody has given anything.
    pub fn none() -> Self {
        Grants {
            roles: BTreeSet::new(),
            scope: Vec::new(),
            clearance: SecurityLevel::Internal,
        }
    }
}

/// Who asks: the one who stands behind a request (访问主体).
#[derive(Clone, Debug)]
pub struct Actor {
    /// `None` where nobody is signed in.
    pub user: Option<UserName>,
    /// Empty for nobody.
    pub grants: Grants,
    pub credential: Credential,
    pub pending: Option<Pending>,
    /// Whether account and time stand on the files that this one takes away.
    pub is_watermarked: bool,
}

impl Actor {
    pub fn nobody() -> Self {
        Actor {
            user: None,
            grants: Grants::none(),
            credential: Credential::None,
            pending: None,
            is_watermarked: false,
        }
    }

    /// The name in the record; `-` for nobody.
    pub fn name(&self) -> &str {
        self.user.as_ref().map_or("-", UserName::as_str)
    }

    /// The account with what it may read: what is kept for it is found by nobody who reads less, nor
    /// by itself once its grants have changed. `None` for nobody.
    pub fn holder(&self) -> Option<String> {
        let user = self.user.as_ref()?;
        Some(format!("{user} {:?}", self.grants))
    }

    pub fn has(&self, role: Role) -> bool {
        self.grants.roles.contains(&role)
    }
}
