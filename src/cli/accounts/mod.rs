//! Accounts on the machine itself: whoever owns it makes the first ones, and changes the
//! administrators'. What is done here is on record like everything else.

mod audit;
mod record;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

pub use audit::{AuditArguments, run as run_audit};
use record::machine;
pub use record::{add as add_record, find as find_record};

use super::{Failure, say};
use crate::{
    accounts::{
        Accounts, Grants, Invitation, Place, Policy, Provider, ProviderSettings, Role,
        SecondFactor, UserInfo, UserName, audit::Recorder, beside,
    },
    clock,
    domain::{AreaCode, Language, SecurityLevel},
    http::Doors,
    store::Home,
};

/// Where the accounts of a city are.
#[derive(Clone, Debug, clap::Args)]
pub struct AccountsHome {
    #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
    city: Home,
    #[command(flatten)]
    named: NamedPlace,
}

impl AccountsHome {
    fn place(&self) -> Result<Place, Failure> {
        let place = self.named.place(&self.city)?;
        let needed = "a city in a database needs a place for its accounts: --accounts FILE, or \
                      --accounts postgresql://… --record FILE";
        Ok(place.ok_or(needed)?)
    }
}

/// Another place for accounts than beside the city.
#[derive(Clone, Debug, clap::Args)]
pub struct NamedPlace {
    /// The accounts: a file, or a database (postgresql://…) where several servers share them; beside
    /// the city, `CITY.accounts.db`, without it.
    #[arg(
        long,
        env = "SUITU_ACCOUNTS",
        value_name = "PLACE",
        hide_env_values = true
    )]
    accounts: Option<Home>,
    /// The file of this server's record (审计), with accounts in a database.
    #[arg(long, env = "SUITU_RECORD", value_name = "FILE")]
    record: Option<PathBuf>,
}

impl NamedPlace {
    /// The place that is named, else the one beside a city in a file.
    fn place(&self, city: &Home) -> Result<Option<Place>, Failure> {
        let named = self.accounts.clone();
        let accounts = named.or_else(|| beside(city).map(Home::File));
        let place = accounts.map(|accounts| Place::new(accounts, self.record.clone()));
        Ok(place.transpose()?)
    }
}

#[derive(Debug, clap::Args)]
pub struct AccountsArguments {
    #[command(subcommand)]
    command: AccountsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AccountsCommand {
    /// Make the accounts of a city with its three administrators (三员), each with an invitation.
    Init {
        #[command(flatten)]
        home: AccountsHome,
    },
    /// Every account with its roles.
    List {
        #[command(flatten)]
        home: AccountsHome,
    },
    /// A new account, and the invitation by which its person sets a password.
    Add {
        #[command(flatten)]
        home: AccountsHome,
        name: UserName,
        /// The person, for people to read.
        #[arg(long, default_value = "")]
        title: String,
        #[command(flatten)]
        grants: GrantArguments,
    },
    /// Give an account roles, scope and clearance in place of what it had.
    Grant {
        #[command(flatten)]
        home: AccountsHome,
        name: UserName,
        #[command(flatten)]
        grants: GrantArguments,
    },
    /// Take every role from an account.
    Revoke {
        #[command(flatten)]
        home: AccountsHome,
        name: UserName,
    },
    /// Take password and second factor away and give a new invitation.
    Reset {
        #[command(flatten)]
        home: AccountsHome,
        name: UserName,
    },
    /// Lock an account and end its sessions.
    Lock {
        #[command(flatten)]
        home: AccountsHome,
        name: UserName,
    },
    /// Open a locked account, or one that waits after wrong passwords.
    Unlock {
        #[command(flatten)]
        home: AccountsHome,
        name: UserName,
    },
    /// A token by which a program asks in the name of an account.
    Token {
        #[command(flatten)]
        home: AccountsHome,
        name: UserName,
        /// What for.
        #[arg(long)]
        title: String,
        /// Some of the account's roles; all without it.
        #[arg(long = "role")]
        roles: Vec<Role>,
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// Write every account into another place where nobody is yet, to be served from there.
    Copy {
        #[command(flatten)]
        home: AccountsHome,
        /// A new file, or a database: postgresql://USER@HOST/DATABASE.
        #[arg(long, value_name = "PLACE")]
        to: Home,
    },
    /// Ages of passwords and sessions, the second factor, the watermark: print or set them.
    Policy {
        #[command(flatten)]
        home: AccountsHome,
        #[arg(long)]
        password_days: Option<u32>,
        #[arg(long)]
        idle_minutes: Option<u32>,
        /// optional, administrators or everyone.
        #[arg(long, value_parser = parse_factor)]
        second_factor: Option<SecondFactor>,
        #[arg(long)]
        watermark: Option<bool>,
    },
}

#[derive(Debug, clap::Args)]
struct GrantArguments {
    /// viewer, planner, transport, district, steward; or system, security, audit alone.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<Role>,
    /// The code of an area that a district official sees exactly.
    #[arg(long = "scope", value_name = "CODE", value_parser = parse_code)]
    scope: Vec<AreaCode>,
    /// The highest level of layers that is shown: public, internal, sensitive or core.
    #[arg(long, default_value = "internal", value_parser = parse_level)]
    clearance: SecurityLevel,
}

impl GrantArguments {
    fn grants(&self) -> Grants {
        Grants {
            roles: self.roles.iter().copied().collect(),
            scope: self.scope.clone(),
            clearance: self.clearance,
        }
    }

    fn shown(&self) -> String {
        let roles: Vec<&str> = self.roles.iter().map(|role| role.name()).collect();
        let scope: Vec<&str> = self.scope.iter().map(AreaCode::as_str).collect();
        let (roles, scope) = (roles.join(","), scope.join(","));
        format!("roles={roles} scope={scope} clearance={:?}", self.clearance)
    }
}

fn parse_code(text: &str) -> Result<AreaCode, String> {
    text.parse().map_err(|e| format!("{e}"))
}

fn parse_level(text: &str) -> Result<SecurityLevel, String> {
    let json = serde_json::Value::String(text.to_owned());
    serde_json::from_value(json).map_err(|_| "write public, internal, sensitive or core".into())
}

fn parse_factor(text: &str) -> Result<SecondFactor, String> {
    let json = serde_json::Value::String(text.to_owned());
    serde_json::from_value(json).map_err(|_| "write optional, administrators or everyone".into())
}

/// The first three accounts.
const FIRST: [(&str, &str, Role); 3] = [
    ("sysadmin", "系统管理员", Role::System),
    ("secadmin", "安全管理员", Role::Security),
    ("auditor", "审计管理员", Role::Audit),
];

/// Does what a command says, with its record.
///
/// # Errors
/// What the accounts refuse.
pub fn run(arguments: &AccountsArguments, language: Language) -> Result<(), Failure> {
    use AccountsCommand as C;
    let now = clock::unix_seconds();
    match &arguments.command {
        C::Init { home } => init(home, language),
        C::List { home } => {
            let users = Accounts::open(&home.place()?)?.users()?;
            users.iter().try_for_each(|user| say(line(user)))
        }
        C::Add {
            home,
            name,
            title,
            grants,
        } => {
            let wanted = grants.grants();
            Role::check_together(&wanted.roles)?;
            let act = format!("{name} {}", grants.shown());
            let made = recorded(home, "accounts add", &act, |accounts| {
                let made = accounts.add_user(name, title, now)?;
                accounts.set_grants(name, &wanted, &machine(), now)?;
                Ok(made)
            })?;
            say(invitation(&made, language))
        }
        C::Grant { home, name, grants } => {
            let act = format!("{name} {}", grants.shown());
            recorded(home, "accounts grant", &act, |accounts| {
                Ok(accounts.set_grants(name, &grants.grants(), &machine(), now)?)
            })
        }
        C::Revoke { home, name } => recorded(home, "accounts revoke", name.as_str(), |accounts| {
            Ok(accounts.set_grants(name, &Grants::none(), &machine(), now)?)
        }),
        C::Reset { home, name } => {
            let made = recorded(home, "accounts reset", name.as_str(), |accounts| {
                Ok(accounts.reset_user(name, now)?)
            })?;
            say(invitation(&made, language))
        }
        C::Lock { home, name } => recorded(home, "accounts lock", name.as_str(), |accounts| {
            Ok(accounts.disable_user(name, true)?)
        }),
        C::Unlock { home, name } => recorded(home, "accounts unlock", name.as_str(), |accounts| {
            Ok(accounts.disable_user(name, false)?)
        }),
        C::Token {
            home,
            name,
            title,
            roles,
            days,
        } => {
            let made = recorded(home, "accounts token", name.as_str(), |accounts| {
                let own = accounts.user(name)?.roles;
                let asked: BTreeSet<Role> = roles.iter().copied().collect();
                let roles = if asked.is_empty() { own } else { asked };
                Ok(accounts.add_token(name, title, &roles, *days, now)?)
            })?;
            say(made.secret)
        }
        C::Copy { home, to } => {
            // What is done on the command line stands in the record that is there.
            let record = to
                .file()
                .is_none()
                .then(|| home.place().map(|place| place.record().to_owned()));
            let place = Place::new(to.clone(), record.transpose()?)?;
            let count = recorded(home, "accounts copy", &to.to_string(), |accounts| {
                Ok(accounts.copy_to(&Accounts::create(&place)?)?)
            })?;
            say(match language {
                Language::Zh => format!("{count} 个账户已复制到 {to}"),
                Language::En => format!("{count} accounts are in {to}"),
            })
        }
        C::Policy {
            home,
            password_days,
            idle_minutes,
            second_factor,
            watermark,
        } => {
            let before = Accounts::open(&home.place()?)?.policy()?;
            let wanted = Policy {
                password_days: password_days.unwrap_or(before.password_days),
                idle_minutes: idle_minutes.unwrap_or(before.idle_minutes),
                second_factor: second_factor.unwrap_or(before.second_factor),
                watermark: watermark.unwrap_or(before.watermark),
            };
            let text = serde_json::to_string(&wanted)?;
            if wanted != before {
                recorded(home, "accounts policy", &text, |accounts| {
                    Ok(accounts.set_policy(&wanted)?)
                })?;
            }
            say(text)
        }
    }
}

/// Does something with the accounts, and adds to their record that it was done.
fn recorded<T>(
    home: &AccountsHome,
    act: &str,
    subject: &str,
    work: impl FnOnce(&Accounts) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let accounts = Accounts::open(&home.place()?)?;
    let done = work(&accounts);
    record::add(accounts.record(), act, subject, &done)?;
    done
}

fn init(home: &AccountsHome, language: Language) -> Result<(), Failure> {
    let place = home.place()?;
    let accounts = Accounts::create(&place)?;
    let now = clock::unix_seconds();
    let mut made = Vec::new();
    for (name, title, role) in FIRST {
        let name: UserName = name.parse()?;
        made.push((role, accounts.add_user(&name, title, now)?));
        let grants = Grants {
            roles: [role].into(),
            ..Grants::none()
        };
        accounts.set_grants(&name, &grants, &machine(), now)?;
    }
    record::add(place.record(), "accounts init", "", &Ok(()))?;
    let shown = place.accounts();
    say(match language {
        Language::Zh => format!(
            "账户库：{shown}\n三员账户各有一个一次性邀请码，24 小时内有效，请分别交给三个不同的人；\
             打开网页后凭码设置密码：\n"
        ),
        Language::En => format!(
            "accounts: {shown}\nEach of the three administrators has an invitation, good once and \
             for 24 hours; hand them to three different people, who set their passwords in the \
             browser:\n"
        ),
    })?;
    for (role, invitation) in &made {
        let title = role.title();
        let title = title.in_language(language);
        say(format!("{title}  {}", invitation.user))?;
        say(format!("  /#invitation={}", invitation.secret))?;
    }
    Ok(())
}

fn invitation(made: &Invitation, language: Language) -> String {
    let until = clock::text(made.expires_at);
    let (user, secret) = (&made.user, &made.secret);
    match language {
        Language::Zh => {
            format!("{user} 的邀请码（一次有效，至 {until}）：\n  /#invitation={secret}")
        }
        Language::En => {
            format!("invitation of {user}, good once until {until}:\n  /#invitation={secret}")
        }
    }
}

fn line(user: &UserInfo) -> String {
    let roles: Vec<&str> = user.roles.iter().map(|role| role.name()).collect();
    let scope: Vec<&str> = user.scope.iter().map(AreaCode::as_str).collect();
    let state = match (user.is_disabled, user.has_password) {
        (true, _) => "locked",
        (false, false) => "invited",
        (false, true) => "active",
    };
    let (name, title) = (user.name.as_str(), &user.title);
    let (roles, scope) = (roles.join(","), scope.join(","));
    let clearance = format!("{:?}", user.clearance).to_lowercase();
    format!("{name:<20} {state:<8} {roles:<20} {clearance:<10} {scope:<16} {title}")
        .trim_end()
        .to_owned()
}

/// What a server with accounts is started with.
#[derive(Debug, clap::Args)]
pub struct ServeAccounts {
    #[command(flatten)]
    named: NamedPlace,
    /// A name that the server goes by, beside its addresses; with accounts only.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// The address of a proxy whose forwarding headers are believed; with accounts only.
    #[arg(long = "proxy", value_name = "ADDRESS")]
    proxies: Vec<std::net::IpAddr>,
    /// A file that names the identity provider by which people sign in (OpenID Connect).
    #[arg(long, env = "SUITU_PROVIDER", value_name = "FILE")]
    provider: Option<PathBuf>,
    /// A log server that the record is sent to as well: udp:HOST:514 or tcp:HOST:601.
    #[arg(long, value_name = "ADDRESS")]
    syslog: Option<crate::accounts::audit::SyslogAddress>,
}

/// Accounts, their record, and the doors of a server.
pub type Opened = (Arc<Accounts>, Recorder, Doors);

impl ServeAccounts {
    /// The accounts of a city, where it has any.
    ///
    /// # Errors
    /// They are named and not there, or cannot be opened.
    pub fn open(&self, city: &Home) -> Result<Option<Opened>, Failure> {
        let is_named = self.named.accounts.is_some();
        let place = self.named.place(city)?;
        let Some(place) = place.filter(|place| is_named || place.exists()) else {
            let idle = self.hosts.is_empty()
                && self.proxies.is_empty()
                && self.provider.is_none()
                && self.syslog.is_none();
            let needed = "--host, --proxy, --provider and --syslog are of a server with accounts; \
                          `suitu accounts init` makes them";
            return if idle { Ok(None) } else { Err(needed.into()) };
        };
        let accounts = Arc::new(Accounts::open(&place)?);
        let syslog = self.syslog.clone().map(crate::accounts::audit::Syslog::new);
        let recorder = Recorder::start(accounts.record(), syslog)?;
        let provider = self.provider.as_deref().map(ProviderSettings::read);
        let doors = Doors {
            hosts: self.hosts.clone(),
            proxies: self.proxies.clone(),
            provider: provider.transpose()?.map(Provider::new).map(Arc::new),
        };
        Ok(Some((accounts, recorder, doors)))
    }
}
