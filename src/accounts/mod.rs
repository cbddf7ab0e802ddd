//! Who may do what, and the record of what was done.
//!
//! The pure part: [`Role`]s, the [`Actor`] of a request, the table of [`rights`], rules of passwords,
//! one-time codes. The door: [`Accounts`], a file of its own beside the city, never in it, or a
//! schema of its own in a database. The [`audit`] is kept in a file of each server, each row chained
//! to the one before.

mod actor;
pub mod audit;
mod error;
mod home;
mod limit;
mod name;
mod password;
mod provider;
pub mod rights;
mod role;
mod secret;
mod totp;

pub use actor::{Actor, Credential, Grants, Pending};
pub use error::{AccountError, FieldFault};
pub use home::{
    Accounts, HOLDS_WHILE_AWAY, Invitation, NewToken, Place, Policy, SecondFactor, SignedIn,
    TokenInfo, UserInfo, are_in_database, beside, create_record,
};
pub use limit::Buckets;
pub use name::UserName;
pub use provider::{
    Begun, Identity, PATIENCE_S, Provider, ProviderError, ProviderSettings, RETURN_PATH,
};
pub use role::Role;
pub use totp::Enrolment;
