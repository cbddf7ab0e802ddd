use std::fmt;

use serde::Serialize;

use super::Role;
use crate::{
    domain::Title,
    store::{
        StoreError,
        geopackage::{is_full, is_read_only},
    },
};

/// A field that breaks a rule, and the part of the rule that it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    pub field: &'static str,
    pub message: Title,
}

impl FieldFault {
    pub fn new(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        FieldFault {
            field,
            message: Title::new(zh, en),
        }
    }
}

/// Why the accounts refuse something; shown in English.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountError {
    /// All fields that break a rule; at least one.
    Fields(Vec<FieldFault>),
    /// Two roles that one account cannot have.
    NotTogether(Role, Role),
    NoUser(String),
    UserThere(String),
    /// Name, password or code; which one is not told.
    WrongCredentials,
    CodeNeeded,
    /// Too many wrong attempts; seconds until the next one.
    Delayed(i64),
    /// Which of these is not told.
    NotByProvider,
    Provider {
        path: String,
        problem: String,
    },
    NoInvitation,
    NoToken(String),
    /// Something stands against it although every field is right.
    Refused {
        zh: &'static str,
        en: &'static str,
    },
    Open {
        path: String,
        problem: Title,
    },
    NoRoom,
    /// The file cannot be written by whoever runs this program.
    ReadOnly {
        path: String,
    },
    Unreachable(String),
    Backend(String),
}

impl AccountError {
    /// One field that breaks a rule.
    pub fn field(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        AccountError::Fields(vec![FieldFault::new(field, zh, en)])
    }

    pub fn refused(zh: &'static str, en: &'static str) -> Self {
        AccountError::Refused { zh, en }
    }

    /// The same of a file that is known.
    pub fn in_file(self, path: Option<&str>) -> Self {
        match (self, path) {
            (AccountError::ReadOnly { .. }, Some(path)) => AccountError::ReadOnly {
                path: path.to_owned(),
            },
            (error, _) => error,
        }
    }

    /// What it means, in both languages.
    pub fn told(&self) -> Title {
        match self {
            AccountError::Fields(faults) => {
                let zh = faults.iter().map(|fault| fault.message.zh.as_str());
                let en = faults
                    .iter()
                    .map(|FieldFault { field, message }| format!("{field}: {}", message.en));
                Title::new(
                    zh.collect::<Vec<_>>().join(""),
                    en.collect::<Vec<_>>().join("; "),
                )
            }
            AccountError::NotTogether(one, other) => Title::new(
                format!(
                    "{} 与 {} 不能授予同一账户：三员须由不同的人担任，且不看数据。",
                    one.title().zh,
                    other.title().zh
                ),
                format!(
                    "one account cannot be both {one} and {other}: the three administrators \
                     (三员) are different people and see no data"
                ),
            ),
            AccountError::NoUser(name) => Title::new(
                format!("没有账户“{name}”。"),
                format!("there is no account `{name}`"),
            ),
            AccountError::UserThere(name) => Title::new(
                format!("已有账户“{name}”，请换一个名字。"),
                format!("there is an account `{name}` already"),
            ),
            AccountError::WrongCredentials => Title::new(
                "账户名、密码或验证码不对，或账户已被锁定。",
                "name, password or code is wrong, or the account is locked",
            ),
            AccountError::CodeNeeded => Title::new(
                "需要双因素认证的验证码。",
                "a code of the second factor is needed",
            ),
            AccountError::Delayed(seconds) => Title::new(
                format!("错误次数过多，请在 {seconds} 秒后再试。"),
                format!("too many wrong attempts; try again in {seconds} s"),
            ),
            AccountError::NotByProvider => Title::new(
                "没有可以这样登录的账户：没有这个名字，或已锁定、使用自己的密码登录、属于管理员。\
                 请联系系统管理员。",
                "no account signs in so: there is none of that name, it is locked, has a password of \
                 its own, or is an administrator's; ask the system administrator",
            ),
            AccountError::Provider { path, problem } => {
                Title::new(format!("{path}：{problem}"), format!("{path}: {problem}"))
            }
            AccountError::NoInvitation => Title::new(
                "邀请码无效、已使用或已过 24 小时，请向管理员再要一个。",
                "the invitation is unknown, used or past its 24 hours; ask for another",
            ),
            AccountError::NoToken(id) => Title::new(
                format!("没有令牌“{id}”。"),
                format!("there is no token `{id}`"),
            ),
            AccountError::Refused { zh, en } => Title::new(*zh, *en),
            AccountError::Open { path, problem } => Title::new(
                format!("账户库 {path}：{}", problem.zh),
                format!("the accounts in {path}: {}", problem.en),
            ),
            AccountError::NoRoom => Title::new(
                "账户所在的磁盘已满，什么都没有写入；请先清理磁盘。",
                "the disk of the accounts is full: nothing was written; make room on it",
            ),
            AccountError::ReadOnly { path } => Title::new(
                format!(
                    "{path} 只能读，不能写，什么都没有写入：请让运行 suitu 的用户能写这个文件和它所在的\
                     文件夹（chown、chmod u+w，或以可写方式挂载）。"
                ),
                format!(
                    "{path} can be read and not written, so nothing was: let the user who runs suitu \
                     write this file and its folder (chown, chmod u+w, or mount it writable)"
                ),
            ),
            AccountError::Unreachable(_) => Title::new(
                "暂时连不上账户所在的数据库，请稍后再试。",
                "the database of the accounts cannot be reached; try again in a moment",
            ),
            AccountError::Backend(problem) => Title::new(
                format!("账户库出错：{problem}"),
                format!("accounts: {problem}"),
            ),
        }
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told().en)
    }
}

impl std::error::Error for AccountError {}

impl From<rusqlite::Error> for AccountError {
    fn from(error: rusqlite::Error) -> Self {
        if is_full(&error) {
            AccountError::NoRoom
        } else if is_read_only(&error) {
            AccountError::ReadOnly {
                path: "the file of the accounts".into(),
            }
        } else {
            AccountError::Backend(error.to_string())
        }
    }
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoRoom(_) => AccountError::NoRoom,
            StoreError::Unreachable(cause) | StoreError::Standby(cause) => {
                AccountError::Unreachable(cause)
            }
            StoreError::Open { path, problem } => AccountError::Open { path, problem },
            error => AccountError::Backend(error.to_string()),
        }
    }
}
