use super::{
    Accounts,
    book::{Book, values},
    sessions, users,
};
use crate::accounts::{
    AccountError, Actor, Enrolment, SecondFactor, UserName, password, secret, totp,
};

/// After so many wrong attempts the next one waits; each one after that waits twice as long. From
/// one network few are free; from all of them together more, so that nobody elsewhere can lock a
/// person out by a handful of them.
const FREE_FROM_ONE: i64 = 5;
const FREE_FROM_ALL: i64 = 50;
const FIRST_DELAY_S: i64 = 60;
const LONGEST_DELAY_S: i64 = 3600;

/// So many old passwords may not come again.
const OLD_PASSWORDS: i64 = 5;

/// Who signed in, and the secret of the session, which is shown once.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub actor: Actor,
    pub secret: String,
}

/// What an account signs in by.
struct Kept {
    name: UserName,
    is_disabled: bool,
    password: Option<String>,
    totp_key: Option<String>,
    totp_step: i64,
}

impl Accounts {
    /// Signs a person in. What is wrong (name, password, code, a locked account) is not told, and
    /// takes as long either way. `network` is where the attempt comes from.
    ///
    /// # Errors
    /// Wrong, too soon after wrong attempts, or a code is needed too.
    pub fn sign_in(
        &self,
        name: &str,
        password: &str,
        code: Option<&str>,
        network: &str,
        now_s: i64,
    ) -> Result<SignedIn, AccountError> {
        let typed: Option<UserName> = name.parse().ok();
        let attempted = Attempt {
            name: typed.as_ref().map_or("-", UserName::as_str).to_owned(),
            network: network.to_owned(),
        };
        let kept = self.write(|book| {
            // Counted before it is looked at, so that many at once gain nothing.
            attempted.count(book, now_s)?;
            typed.map_or(Ok(None), |name| find(book, &name))
        })?;
        let known = kept.as_ref().and_then(|kept| kept.password.as_deref());
        let is_right = password::verify(password, known);
        let kept = kept.filter(|kept| is_right && !kept.is_disabled);
        let kept = kept.ok_or(AccountError::WrongCredentials)?;
        let step = match (&kept.totp_key, code) {
            (None, _) => kept.totp_step,
            (Some(_), None) => {
                self.write(|book| attempted.give_back(book, now_s))?;
                return Err(AccountError::CodeNeeded);
            }
            (Some(key), Some(code)) => totp::accepted(key, code, now_s, kept.totp_step)
                .ok_or(AccountError::WrongCredentials)?,
        };
        self.write(|book| {
            // Somebody else may have used the code meanwhile.
            let sql = "update users set totp_step = ?2 \
                       where name = ?1 and (totp_key is null or totp_step < ?2)";
            if book.execute(sql, values![kept.name.as_str(), step])? == 0 {
                return Err(AccountError::WrongCredentials);
            }
            attempted.forget(book)?;
            sessions::begin(book, &kept.name, now_s)
        })
    }

    /// Sets the first password, or a new one after a reset, and signs in; the invitation is used up.
    ///
    /// # Errors
    /// No such invitation, or a password that may not be set.
    pub fn accept_invitation(
        &self,
        invitation: &str,
        new: &str,
        now_s: i64,
    ) -> Result<SignedIn, AccountError> {
        let hash = secret::hash(invitation.trim());
        let user = {
            let sql = "select \"user\" from invitations join users on name = \"user\" \
                       where hash = ?1 and expires_at > ?2 and is_disabled = 0";
            let found = self.read(|book| book.row(sql, values![&hash, now_s]))?;
            let found = found.ok_or(AccountError::NoInvitation)?;
            found.get::<String>(0)?.parse()?
        };
        self.check_new(&user, new)?;
        let hashed = password::hash(new)?;
        self.change(|book| {
            let sql = "delete from invitations where hash = ?1";
            if book.execute(sql, values![&hash])? == 0 {
                return Err(AccountError::NoInvitation);
            }
            set_password(book, &user, &hashed, now_s)?;
            sessions::begin(book, &user, now_s)
        })
    }

    /// Another password; other sessions of the account end.
    ///
    /// # Errors
    /// The old one is wrong, or the new one may not be set.
    pub fn change_password(
        &self,
        user: &UserName,
        old: &str,
        new: &str,
        network: &str,
        now_s: i64,
    ) -> Result<SignedIn, AccountError> {
        let attempted = Attempt::of(user, network);
        let kept = self.write(|book| {
            attempted.count(book, now_s)?;
            find(book, user)
        })?;
        let known = kept.as_ref().and_then(|kept| kept.password.as_deref());
        if !password::verify(old, known) {
            return Err(AccountError::WrongCredentials);
        }
        self.check_new(user, new)?;
        let hashed = password::hash(new)?;
        self.change(|book| {
            attempted.forget(book)?;
            set_password(book, user, &hashed, now_s)?;
            sessions::begin(book, user, now_s)
        })
    }

    /// Begins to enrol a second factor: the key waits for a code.
    ///
    /// # Errors
    /// What the file says.
    pub fn begin_second_factor(&self, user: &UserName) -> Result<Enrolment, AccountError> {
        let made = totp::enrol(user)?;
        self.change(|book| {
            let sql = "update users set totp_waiting = ?2 where name = ?1";
            book.execute(sql, values![user.as_str(), &made.key])?;
            Ok(())
        })?;
        Ok(made)
    }

    /// Enrols the second factor: a code shows that the key arrived. Where there is one already, a
    /// code of it is needed too: a session that was left open is not enough to replace it.
    ///
    /// # Errors
    /// Nothing was begun, or one of the codes is wrong.
    pub fn confirm_second_factor(
        &self,
        user: &UserName,
        code: &str,
        current: Option<&str>,
        network: &str,
        now_s: i64,
    ) -> Result<(), AccountError> {
        let attempted = Attempt::of(user, network);
        // Counted even where it fails.
        self.write(|book| attempted.count(book, now_s))?;
        self.change(|book| {
            let sql = "select totp_waiting, totp_key, totp_step from users where name = ?1";
            let (waiting, known, last): (Option<String>, Option<String>, i64) =
                match book.row(sql, values![user.as_str()])? {
                    Some(row) => (row.get(0)?, row.get(1)?, row.get(2)?),
                    None => (None, None, 0),
                };
            let key = waiting.ok_or(AccountError::refused(
                "这把密钥已不能用，请关闭后重新打开，扫描新的二维码。",
                "This key is of no use any more: close this, open it again and scan the new picture.",
            ))?;
            if let Some(known) = known {
                let accepted = totp::accepted(&known, current.unwrap_or(""), now_s, last);
                accepted.ok_or_else(|| {
                    AccountError::field(
                        "current",
                        "原来的验证码不对，或已用过：请等下一个数字再试。",
                        "This is not the code of the factor of now, or it was used: wait for the next one.",
                    )
                })?;
            }
            let step = totp::accepted(&key, code, now_s, 0).ok_or_else(|| {
                AccountError::field(
                    "code",
                    "验证码不对：请核对手机时间，输入新的数字。",
                    "This is not the code of now: check the time of the phone and type the new one.",
                )
            })?;
            let sql = "update users set totp_key = totp_waiting, totp_waiting = null, \
                       totp_step = ?2 where name = ?1";
            book.execute(sql, values![user.as_str(), step])?;
            attempted.forget(book)
        })
    }

    /// Whether a password may be the next one of an account.
    fn check_new(&self, user: &UserName, new: &str) -> Result<(), AccountError> {
        password::check(new, user)?;
        let old: Vec<String> = {
            let sql = "select password from old_passwords where \"user\" = ?1 \
                       order by set_at desc limit ?2";
            let rows = self.read(|book| book.rows(sql, values![user.as_str(), OLD_PASSWORDS]))?;
            rows.iter()
                .map(|row| row.get(0))
                .collect::<Result<_, _>>()?
        };
        match old.iter().any(|old| password::verify(new, Some(old))) {
            true => Err(AccountError::field(
                "password",
                "与最近五次用过的密码之一相同，请另选一个。",
                "It is one of the last five passwords; choose another.",
            )),
            false => Ok(()),
        }
    }
}

/// What stands between this account and everything else.
pub(super) fn must_enrol(second_factor: SecondFactor, is_administrator: bool) -> bool {
    match second_factor {
        SecondFactor::Optional => false,
        SecondFactor::Administrators => is_administrator,
        SecondFactor::Everyone => true,
    }
}

fn find(book: &Book<'_>, name: &UserName) -> Result<Option<Kept>, AccountError> {
    let sql = "select is_disabled, password, totp_key, totp_step from users where name = ?1";
    let Some(row) = book.row(sql, values![name.as_str()])? else {
        return Ok(None);
    };
    Ok(Some(Kept {
        name: name.clone(),
        is_disabled: row.get(0)?,
        password: row.get(1)?,
        totp_key: row.get(2)?,
        totp_step: row.get(3)?,
    }))
}

fn set_password(
    book: &Book<'_>,
    user: &UserName,
    hashed: &str,
    now_s: i64,
) -> Result<(), AccountError> {
    let sql = "update users set password = ?2, password_set_at = ?3 where name = ?1";
    book.execute(sql, values![user.as_str(), hashed, now_s])?;
    let sql = "insert into old_passwords values (?1, ?2, ?3)";
    book.execute(sql, values![user.as_str(), now_s, hashed])?;
    users::end_sessions(book, user)
}

/// Who is tried from where, whether or not anybody has the name.
struct Attempt {
    name: String,
    network: String,
}

impl Attempt {
    fn of(user: &UserName, network: &str) -> Self {
        Attempt {
            name: user.as_str().to_owned(),
            network: network.to_owned(),
        }
    }

    /// What is counted, and how many are free: from this network, and from all.
    fn counters(&self) -> [(String, i64); 2] {
        [
            (format!("{} {}", self.name, self.network), FREE_FROM_ONE),
            (self.name.clone(), FREE_FROM_ALL),
        ]
    }

    fn count(&self, book: &Book<'_>, now_s: i64) -> Result<(), AccountError> {
        let longest_ago = now_s - 24 * LONGEST_DELAY_S;
        book.execute(
            "delete from attempts where until < ?1",
            values![longest_ago],
        )?;
        let known = |counter: &str| -> Result<(i64, i64), AccountError> {
            let sql = "select count, until from attempts where name = ?1";
            Ok(match book.row(sql, values![counter])? {
                Some(row) => (row.get(0)?, row.get(1)?),
                None => (0, 0),
            })
        };
        let counters = self.counters();
        for (counter, _) in &counters {
            let (_, until) = known(counter)?;
            if until > now_s {
                return Err(AccountError::Delayed(until - now_s));
            }
        }
        for (counter, free) in &counters {
            let count = known(counter)?.0 + 1;
            let doubled = u32::try_from(count - free).ok();
            let delay = doubled.map_or(0, |times| FIRST_DELAY_S << times.min(10));
            let until = now_s + delay.min(LONGEST_DELAY_S);
            let sql = "insert into attempts values (?1, ?2, ?3) \
                       on conflict (name) do update \
                       set count = excluded.count, until = excluded.until";
            book.execute(sql, values![counter, count, until])?;
        }
        Ok(())
    }

    /// The attempt of a moment ago was none; those before it stay counted.
    fn give_back(&self, book: &Book<'_>, now_s: i64) -> Result<(), AccountError> {
        for (counter, _) in self.counters() {
            let sql = "update attempts set count = count - 1, until = ?2 where name = ?1";
            book.execute(sql, values![&counter, now_s])?;
        }
        Ok(())
    }

    /// One that went well; those from other networks stay counted there.
    fn forget(&self, book: &Book<'_>) -> Result<(), AccountError> {
        for (counter, _) in self.counters() {
            book.execute("delete from attempts where name = ?1", values![&counter])?;
        }
        Ok(())
    }
}
