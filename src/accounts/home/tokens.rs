use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;

use super::{Accounts, book::values, policy, users};
use crate::accounts::{AccountError, Actor, Credential, FieldFault, Role, UserName, secret};

/// What every token begins with, so that one left lying about is recognised.
const PREFIX: &str = "suitu_";
const LONGEST_DAYS: u32 = 366;
const LONGEST_TITLE: usize = 60;
const MOST_TOKENS: i64 = 50;

/// A token as its owner sees it.
#[derive(Clone, Debug, Serialize)]
pub struct TokenInfo {
    pub id: String,
    pub title: String,
    pub roles: BTreeSet<Role>,
    pub created_at: i64,
    pub expires_at: i64,
}

/// A token, shown once.
#[derive(Clone, Debug)]
pub struct NewToken {
    pub info: TokenInfo,
    pub secret: String,
}

/// What is wrong with what a token is said to be for.
fn title_fault(title: &str) -> Option<FieldFault> {
    let (zh, en) = match title.chars().count() {
        0 => ("请写明用途。", "Say what it is for."),
        1..=LONGEST_TITLE if !title.chars().any(char::is_control) => return None,
        1..=LONGEST_TITLE => (
            "用途中有打不出来的字符（如换行），请删去。",
            "It holds letters that cannot be typed, such as a line break.",
        ),
        _ => ("用途最多 60 个字。", "It takes at most 60 letters."),
    };
    Some(FieldFault::new("title", zh, en))
}

impl Accounts {
    /// A token by which a program asks as `user`, with some of the account's roles.
    ///
    /// # Errors
    /// All fields that are wrong at once: the title, a life longer than a year, roles that the account
    /// does not have; or there are too many tokens.
    pub fn add_token(
        &self,
        user: &UserName,
        title: &str,
        roles: &BTreeSet<Role>,
        days: u32,
        now_s: i64,
    ) -> Result<NewToken, AccountError> {
        let title = title.trim();
        let mut faults = Vec::from_iter(title_fault(title));
        if !(1..=LONGEST_DAYS).contains(&days) {
            let (zh, en) = (
                format!("请填 1 至 {LONGEST_DAYS} 之间的整数。"),
                format!("Give a whole number from 1 to {LONGEST_DAYS}."),
            );
            faults.push(FieldFault::new("days", zh, en));
        }
        let own = self.user(user)?.roles;
        if roles.is_empty() {
            let (zh, en) = ("请至少选一个角色。", "Choose at least one role.");
            faults.push(FieldFault::new("roles", zh, en));
        } else if let Some(other) = roles.difference(&own).next() {
            let zh = format!("您已没有“{}”这个角色。", other.title().zh);
            let en = format!("You do not have the role {} any more.", other.title().en);
            faults.push(FieldFault::new("roles", zh, en));
        }
        if !faults.is_empty() {
            return Err(AccountError::Fields(faults));
        }
        let secret = format!("{PREFIX}{}", secret::new()?);
        let hash = secret::hash(&secret);
        let info = TokenInfo {
            id: hash[..12].to_owned(),
            title: title.to_owned(),
            roles: roles.clone(),
            created_at: now_s,
            expires_at: now_s + i64::from(days) * 86_400,
        };
        self.change(|book| {
            book.execute("delete from tokens where expires_at <= ?1", values![now_s])?;
            let sql = "select count(*) from tokens where \"user\" = ?1";
            let count = book.row(sql, values![user.as_str()])?;
            let count: i64 = count.map_or(Ok(0), |row| row.get(0))?;
            if count >= MOST_TOKENS {
                return Err(AccountError::refused(
                    "最多有 50 个令牌，请先撤销不用的。",
                    "There are 50 tokens, which is the most: withdraw one that is not used.",
                ));
            }
            let sql = "insert into tokens values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            book.execute(
                sql,
                values![
                    &info.id,
                    &hash,
                    user.as_str(),
                    &info.title,
                    &written(roles),
                    info.created_at,
                    info.expires_at
                ],
            )?;
            Ok(())
        })?;
        Ok(NewToken { info, secret })
    }

    /// The tokens of an account, the newest first.
    ///
    /// # Errors
    /// What the file says.
    pub fn tokens(&self, user: &UserName) -> Result<Vec<TokenInfo>, AccountError> {
        let sql = "select id, title, roles, created_at, expires_at from tokens where \"user\" = ?1 \
                   order by created_at desc, id";
        let rows = self.read(|book| book.rows(sql, values![user.as_str()]))?;
        let told = rows.iter().map(|row| {
            Ok(TokenInfo {
                id: row.get(0)?,
                title: row.get(1)?,
                roles: read(&row.get::<String>(2)?),
                created_at: row.get(3)?,
                expires_at: row.get(4)?,
            })
        });
        told.collect()
    }

    /// Takes a token away.
    ///
    /// # Errors
    /// The account has none of that number.
    pub fn remove_token(&self, user: &UserName, id: &str) -> Result<(), AccountError> {
        self.change(|book| {
            let sql = "delete from tokens where \"user\" = ?1 and id = ?2";
            match book.execute(sql, values![user.as_str(), id])? {
                0 => Err(AccountError::NoToken(id.chars().take(64).collect())),
                _ => Ok(()),
            }
        })
    }

    /// Whose token a secret is; `None` where it is unknown, past its day, or its account locked.
    ///
    /// # Errors
    /// What the file says.
    pub fn token(&self, secret: &str, now_s: i64) -> Result<Option<Actor>, AccountError> {
        let hash = secret::hash(secret);
        self.recall(&hash, |book| {
            let sql = "select id, \"user\", roles, clearance from tokens join users on name = \"user\" \
                       where hash = ?1 and expires_at > ?2 and is_disabled = 0";
            let Some(row) = book.row(sql, values![&hash, now_s])? else {
                return Ok(None);
            };
            let [id, user, roles, clearance]: [String; 4] =
                [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            let user: UserName = user.parse()?;
            let mut grants = users::grants(book, &user, &clearance)?;
            let of_token = read(&roles);
            grants.roles.retain(|role| of_token.contains(role));
            Ok(Some(Actor {
                user: Some(user),
                grants,
                credential: Credential::Token(Arc::from(id)),
                pending: None,
                is_watermarked: policy::policy(book)?.watermark,
            }))
        })
    }
}

fn written(roles: &BTreeSet<Role>) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    names.join(" ")
}

fn read(roles: &str) -> BTreeSet<Role> {
    let names = roles.split_whitespace();
    names.filter_map(|name| name.parse().ok()).collect()
}
