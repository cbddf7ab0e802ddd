use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::AccountError;
use crate::domain::Title;

/// What an account may be for (角色).
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 查阅: reads rounded counts.
    Viewer,
    /// 规划
    Planner,
    /// 交通
    Transport,
    /// 区、街道: exact within the scope, rounded outside.
    District,
    /// 数据管理员: imports, edits, definitions.
    Steward,
    /// 系统管理员: accounts and operation; sees no data.
    System,
    /// 安全管理员: grants and policy; sees no data.
    Security,
    /// 审计管理员: the record; sees no data.
    Audit,
}

impl Role {
    /// In the order of the columns in the table of rights.
    pub const ALL: [Role; 8] = [
        Role::Viewer,
        Role::Planner,
        Role::Transport,
        Role::District,
        Role::Steward,
        Role::System,
        Role::Security,
        Role::Audit,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Planner => "planner",
            Role::Transport => "transport",
            Role::District => "district",
            Role::Steward => "steward",
            Role::System => "system",
            Role::Security => "security",
            Role::Audit => "audit",
        }
    }

    pub fn title(self) -> Title {
        let (zh, en) = match self {
            Role::Viewer => ("查阅人员", "Viewer"),
            Role::Planner => ("规划人员", "Planner"),
            Role::Transport => ("交通人员", "Transport planner"),
            Role::District => ("区、街道人员", "District official"),
            Role::Steward => ("数据管理员", "Data steward"),
            Role::System => ("系统管理员", "System administrator"),
            Role::Security => ("安全管理员", "Security administrator"),
            Role::Audit => ("审计管理员", "Audit administrator"),
        };
        Title {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// One of the three separated administrators (三员).
    pub fn is_administrator(self) -> bool {
        matches!(self, Role::System | Role::Security | Role::Audit)
    }

    /// Whether one account may hold all of `roles` (三员分立): an administrator holds nothing else.
    ///
    /// # Errors
    /// The administrator's role and the one that it cannot be held with.
    pub fn check_together(roles: &BTreeSet<Role>) -> Result<(), AccountError> {
        let Some(administrator) = roles.iter().find(|role| role.is_administrator()) else {
            return Ok(());
        };
        match roles.iter().find(|role| *role != administrator) {
            Some(other) => Err(AccountError::NotTogether(*administrator, *other)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let found = Role::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| {
            let known = Role::ALL.map(Role::name).join(", ");
            AccountError::field(
                "role",
                format!("没有角色“{text}”，只有：{known}。"),
                format!("`{text}` is none; it is one of {known}"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_holds_no_other_role() {
        for one in Role::ALL {
            assert!(Role::check_together(&[one].into()).is_ok());
            for other in Role::ALL.into_iter().filter(|other| *other != one) {
                let apart = one.is_administrator() || other.is_administrator();
                let together = Role::check_together(&[one, other].into());
                assert_eq!(together.is_err(), apart, "{one} and {other}");
            }
        }
    }

    #[test]
    fn a_role_is_read_by_its_name() {
        for role in Role::ALL {
            assert_eq!(role.name().parse::<Role>().ok(), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        assert!("root".parse::<Role>().is_err());
    }
}
