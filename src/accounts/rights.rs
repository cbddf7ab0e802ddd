//! The table of rights (权限表), `rights.txt`: for every operation what each role may, and how it is
//! recorded. The one place that decides.

use std::{collections::HashMap, sync::LazyLock};

use super::{Actor, Credential, Pending, Role};

/// Which city an operation reads for somebody, from nothing to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    /// No city at all.
    Nothing,
    /// Rounded counts (保护城市).
    Protected,
    /// Exact counts within the scope, rounded ones outside.
    District,
    /// The city as it is.
    Exact,
}

/// How an operation is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recording {
    No,
    /// Counted by person and minute.
    Sum,
    Row,
    /// A row that is on disk before the answer is sent.
    Wait,
}

/// What the table says of one operation.
#[derive(Clone, Debug)]
pub struct Rule {
    pub recording: Recording,
    pub by_token: bool,
    anonymous: Option<Reading>,
    /// In the order of [`Role::ALL`].
    roles: [Option<Reading>; 8],
}

/// Why something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("sign in first")]
    SignIn,
    #[error(
        "none of the roles of this account may do that; the security administrator grants roles"
    )]
    NotGranted,
    #[error("a token may not do that; sign in")]
    NotByToken,
    #[error("the password is too old; set another one first")]
    PasswordPending,
    #[error("the policy asks for a second factor; enrol first")]
    SecondFactorPending,
}

impl Refusal {
    /// For programs to tell by.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::SignIn => "sign_in",
            Refusal::NotGranted => "not_granted",
            Refusal::NotByToken => "not_by_token",
            Refusal::PasswordPending => "password",
            Refusal::SecondFactorPending => "second_factor",
        }
    }
}

impl Rule {
    /// What a role alone may; `None` is nobody who is signed in.
    pub fn of(&self, role: Option<Role>) -> Option<Reading> {
        let Some(role) = role else {
            return self.anonymous;
        };
        let column = Role::ALL.iter().position(|known| *known == role)?;
        self.roles[column]
    }

    /// Whether `actor` may do it, and what it then reads: of several roles the most.
    ///
    /// # Errors
    /// Why not.
    pub fn decide(&self, actor: &Actor) -> Result<Reading, Refusal> {
        if actor.user.is_none() {
            return self.anonymous.ok_or(Refusal::SignIn);
        }
        if matches!(actor.credential, Credential::Token(_)) && !self.by_token {
            return Err(Refusal::NotByToken);
        }
        let roles = actor.grants.roles.iter();
        let granted = roles.filter_map(|role| self.of(Some(*role))).max();
        // Whoever has no role yet may do what everybody may who is signed in.
        let everybody = self.is_of_everybody().then_some(Reading::Nothing);
        let reading = granted.or(everybody).ok_or(Refusal::NotGranted)?;
        match actor.pending {
            Some(_) if self.is_of_everybody() => Ok(reading),
            Some(Pending::Password) => Err(Refusal::PasswordPending),
            Some(Pending::SecondFactor) => Err(Refusal::SecondFactorPending),
            None => Ok(reading),
        }
    }

    /// Whether any role may do it and it reads no city: one's own password, signing out.
    fn is_of_everybody(&self) -> bool {
        self.roles
            .iter()
            .all(|cell| *cell == Some(Reading::Nothing))
    }
}

const TABLE: &str = include_str!("rights.txt");

static RULES: LazyLock<HashMap<(String, String), Rule>> =
    LazyLock::new(|| parse(TABLE).expect("a test reads the table of rights"));

/// What the table says of `method` (`HEAD` is as `GET`) on a path as the interface writes it,
/// `/api/areas/{code}`; `None` where it says nothing, and nobody may.
pub fn rule(method: &str, path: &str) -> Option<&'static Rule> {
    let method = if method == "HEAD" { "GET" } else { method };
    RULES.get(&(method.to_owned(), path.to_owned()))
}

/// Every operation of the table, in no order.
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Rule)> {
    let all = RULES.iter();
    all.map(|((method, path), rule)| (&**method, &**path, rule))
}

fn parse(table: &str) -> Result<HashMap<(String, String), Rule>, String> {
    let lines = table.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let heading: Vec<&str> = lines.next().unwrap_or("").split_whitespace().collect();
    let expected = ["method", "path", "record", "token", "anonymous"];
    let expected = expected.into_iter().chain(Role::ALL.map(Role::name));
    if !heading.into_iter().eq(expected) {
        return Err("the heading is not that of the roles".into());
    }
    let mut rules = HashMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [method, path, recording, token, anonymous, roles @ ..] = &cells[..] else {
            return Err(format!("`{line}` is too short"));
        };
        let roles = roles.iter().map(|cell| reading(cell));
        let roles: Vec<Option<Reading>> = roles.collect::<Result<_, _>>()?;
        let rule = Rule {
            recording: match *recording {
                "no" => Recording::No,
                "sum" => Recording::Sum,
                "row" => Recording::Row,
                "wait" => Recording::Wait,
                other => return Err(format!("`{other}` is no way to record")),
            },
            by_token: match *token {
                "yes" => true,
                "no" => false,
                other => return Err(format!("token: `{other}`")),
            },
            anonymous: reading(anonymous)?,
            roles: roles.try_into().map_err(|_| format!("`{line}`: roles"))?,
        };
        let operation = ((*method).to_owned(), (*path).to_owned());
        if rules.insert(operation, rule).is_some() {
            return Err(format!("{method} {path} stands there twice"));
        }
    }
    Ok(rules)
}

fn reading(cell: &str) -> Result<Option<Reading>, String> {
    Ok(match cell {
        "-" => None,
        "yes" => Some(Reading::Nothing),
        "protected" => Some(Reading::Protected),
        "district" => Some(Reading::District),
        "exact" => Some(Reading::Exact),
        other => return Err(format!("`{other}` is no right")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let rules = parse(TABLE).expect("sound");
        assert!(rules.len() > 80);
        let twice = format!("{TABLE}\nGET /api/city no no - - - - - - - - -");
        assert!(parse(&twice).is_err());
        let short = format!("{TABLE}\nGET /api/x no no - -");
        assert!(parse(&short).is_err());
        let misspelt = format!("{TABLE}\nGET /api/x no no - - - - exakt - - - -");
        assert!(parse(&misspelt).is_err());
    }

    #[test]
    fn administrators_and_nobody_read_no_city() {
        for (method, path, rule) in operations() {
            let administrators = Role::ALL.into_iter().filter(|role| role.is_administrator());
            for role in administrators.map(Some).chain([None]) {
                let reads = rule.of(role);
                let fits = reads.is_none_or(|reading| reading == Reading::Nothing);
                assert!(fits, "{method} {path}: {role:?} reads {reads:?}");
            }
        }
    }

    #[test]
    fn whoever_makes_accounts_grants_nothing_and_reads_no_record() {
        for (method, path, rule) in operations() {
            let may = |role: Role| rule.of(Some(role)).is_some();
            if rule.is_of_everybody() || method == "GET" {
                continue;
            }
            let administrators = Role::ALL.into_iter().filter(|role| role.is_administrator());
            let who: Vec<Role> = administrators.filter(|role| may(*role)).collect();
            assert!(who.len() <= 1, "{method} {path}: {who:?}");
        }
        let audit = rule("GET", "/api/audit").expect("listed");
        assert!(
            Role::ALL
                .iter()
                .all(|role| audit.of(Some(*role)).is_some() == (*role == Role::Audit))
        );
    }

    #[test]
    fn the_most_exact_of_several_roles_counts() {
        let rule = rule("GET", "/api/balance").expect("listed");
        let mut actor = Actor {
            user: Some("a1".parse().unwrap()),
            ..Actor::nobody()
        };
        assert_eq!(rule.decide(&actor), Err(Refusal::NotGranted));
        actor.grants.roles = [Role::Viewer].into();
        assert_eq!(rule.decide(&actor), Ok(Reading::Protected));
        actor.grants.roles.insert(Role::District);
        assert_eq!(rule.decide(&actor), Ok(Reading::District));
        actor.grants.roles.insert(Role::Planner);
        assert_eq!(rule.decide(&actor), Ok(Reading::Exact));
        assert_eq!(rule.decide(&Actor::nobody()), Err(Refusal::SignIn));
        actor.pending = Some(Pending::Password);
        assert_eq!(rule.decide(&actor), Err(Refusal::PasswordPending));
        let own = super::rule("PUT", "/api/session/password").expect("listed");
        assert_eq!(own.decide(&actor), Ok(Reading::Nothing));
    }

    #[test]
    fn what_changes_anything_is_on_record_before_the_answer() {
        for (method, path, rule) in operations() {
            let is_question = method == "POST"
                && rule.of(Some(Role::Viewer)) == Some(Reading::Protected)
                || path.ends_with("/compare")
                || path.starts_with("/api/jobs");
            if matches!(method, "PUT" | "PATCH" | "DELETE" | "POST") && !is_question {
                assert_eq!(rule.recording, Recording::Wait, "{method} {path}");
            }
        }
    }
}
