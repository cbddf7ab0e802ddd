use serde::{Deserialize, Serialize};

use super::{
    Accounts,
    book::{Book, values},
};
use crate::accounts::AccountError;

/// Who must show a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// Whoever has enrolled.
    Optional,
    /// The three administrators.
    Administrators,
    Everyone,
}

/// What the security administrator decides (安全策略).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// After so many days a password must be changed.
    pub password_days: u32,
    /// After so many minutes without a request a session ends.
    pub idle_minutes: u32,
    pub second_factor: SecondFactor,
    /// Whether account and time stand on map and files.
    pub watermark: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            password_days: 90,
            idle_minutes: 30,
            second_factor: SecondFactor::Optional,
            watermark: false,
        }
    }
}

impl Policy {
    fn check(&self) -> Result<(), AccountError> {
        if !(1..=365).contains(&self.password_days) {
            return Err(AccountError::field(
                "password_days",
                "密码有效期须为 1 至 365 天。",
                "Passwords last 1 to 365 days.",
            ));
        }
        if !(5..=480).contains(&self.idle_minutes) {
            return Err(AccountError::field(
                "idle_minutes",
                "自动退出时间须为 5 至 480 分钟。",
                "Whoever is idle is signed out after 5 to 480 minutes.",
            ));
        }
        Ok(())
    }
}

const KEY: &str = "policy";

impl Accounts {
    /// # Errors
    /// What the file says.
    pub fn policy(&self) -> Result<Policy, AccountError> {
        self.read(policy)
    }

    /// # Errors
    /// A number out of bounds.
    pub fn set_policy(&self, policy: &Policy) -> Result<(), AccountError> {
        policy.check()?;
        let text = serde_json::to_string(policy).unwrap_or_default();
        self.change(|book| {
            let sql = "insert into meta values (?1, ?2) \
                       on conflict (key) do update set value = excluded.value";
            book.execute(sql, values![KEY, &text])?;
            Ok(())
        })
    }
}

pub(super) fn policy(book: &Book<'_>) -> Result<Policy, AccountError> {
    let sql = "select value from meta where key = ?1";
    let text = book.row(sql, values![KEY])?;
    let text: Option<String> = text.map(|row| row.get(0)).transpose()?;
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|e| AccountError::Backend(format!("policy: {e}")))
    };
    text.map_or_else(|| Ok(Policy::default()), read)
}
