use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
};

use super::*;
use crate::{
    accounts::{Credential, Grants, Pending, Role, UserName, audit::Chain},
    domain::SecurityLevel,
    store::postgres::connect,
};

/// Where everybody comes from.
const NETWORK: &str = "192.0.2.1";
const NOW: i64 = 1_800_000_000;
const GOOD: &str = "Lychee-Bay-7";

fn home() -> (tempfile::TempDir, Accounts) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("city.gpkg.accounts.db");
    let accounts = Accounts::create(&Place::file(&path)).unwrap();
    (folder, accounts)
}

/// A database of its own, gone with the value.
struct Database {
    server: String,
    name: String,
}

impl Database {
    /// `None`, said aloud, where no server is named by `SUITU_TEST_DATABASE`.
    fn new() -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("SUITU_TEST_DATABASE") else {
            eprintln!("accounts in a database are not tested: SUITU_TEST_DATABASE names no server");
            return None;
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("suitu_accounts_{}_{number}", std::process::id());
        run(&server, &format!("create database {name}"));
        Some(Database { server, name })
    }

    fn address(&self) -> String {
        let (before, _) = self.server.rsplit_once('/').unwrap();
        format!("{before}/{}", self.name)
    }

    /// Whether anybody may come in; whoever is in is thrown out.
    fn open(&self, is_open: bool) {
        let name = &self.name;
        run(
            &self.server,
            &format!("alter database {name} allow_connections {is_open}"),
        );
        if !is_open {
            let all = "select pg_terminate_backend(pid) from pg_stat_activity where datname";
            run(&self.server, &format!("{all} = '{name}'"));
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("drop database if exists {} with (force)", self.name);
        run(&self.server, &sql);
    }
}

fn run(address: &str, sql: &str) {
    connect::runtime().unwrap().block_on(async {
        let client = connect::connect(address).await.unwrap();
        client.batch_execute(sql).await.unwrap();
    });
}

/// A home in a database with nobody in it.
fn home_in(database: &Database) -> (tempfile::TempDir, Accounts) {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.db");
    let place = Place::new(Home::Database(database.address()), Some(record)).unwrap();
    let accounts = Accounts::create(&place).unwrap();
    (folder, accounts)
}

/// Every promise holds of a file and of a database.
fn in_each_home(holds: impl Fn(&Accounts)) {
    let (_folder, accounts) = home();
    holds(&accounts);
    if let Some(database) = Database::new() {
        let (_folder, accounts) = home_in(&database);
        holds(&accounts);
    }
}

fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

fn planner(accounts: &Accounts) -> UserName {
    let user = name("chenyu");
    let invitation = accounts.add_user(&user, "陈雨", NOW).unwrap();
    let grants = Grants {
        roles: [Role::Planner].into(),
        ..Grants::none()
    };
    accounts.set_grants(&user, &grants, "test", NOW).unwrap();
    accounts
        .accept_invitation(&invitation.secret, GOOD, NOW)
        .unwrap();
    user
}

#[test]
fn a_home_is_its_owners_alone_and_is_not_made_twice() {
    let (_folder, accounts) = home();
    let path = accounts.record().to_owned();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(matches!(
        Accounts::create(&Place::file(&path)),
        Err(AccountError::Open { .. })
    ));
    assert!(Accounts::open(&Place::file(&path)).is_ok());
    let other = path.with_extension("txt");
    fs::write(&other, "no database").unwrap();
    assert!(Accounts::open(&Place::file(&other)).is_err());
}

#[test]
fn a_home_of_an_older_program_is_opened_and_goes_on() {
    let (_folder, accounts) = home();
    let user = planner(&accounts);
    let older = "drop table identities; update meta set value = '1' where key = 'version'";
    accounts.desk.batch(older).unwrap();
    let path = accounts.record().to_owned();
    drop(accounts);
    for _ in 0..2 {
        let accounts = Accounts::open(&Place::file(&path)).unwrap();
        assert!(accounts.sign_in("chenyu", GOOD, None, NETWORK, NOW).is_ok());
        assert!(!accounts.user(&user).unwrap().by_provider);
    }
    let accounts = Accounts::open(&Place::file(&path)).unwrap();
    let newer = "update meta set value = '9' where key = 'version'";
    accounts.desk.batch(newer).unwrap();
    let refused = Accounts::open(&Place::file(&path)).unwrap_err().to_string();
    assert!(refused.contains("newer"), "{refused}");
}

#[test]
fn an_invitation_is_good_once_and_for_a_day() {
    in_each_home(|accounts| {
        let user = name("chenyu");
        let late = accounts.add_user(&user, "", NOW).unwrap();
        assert!(matches!(
            accounts.add_user(&user, "", NOW),
            Err(AccountError::UserThere(_))
        ));
        let day = 24 * 3600;
        let used = accounts.accept_invitation(&late.secret, GOOD, NOW + day);
        assert_eq!(used.err(), Some(AccountError::NoInvitation));
        let first = accounts.reset_user(&user, NOW).unwrap();
        let second = accounts.reset_user(&user, NOW).unwrap();
        assert!(
            accounts
                .accept_invitation(&first.secret, GOOD, NOW)
                .is_err()
        );
        assert!(
            accounts
                .accept_invitation(&second.secret, "short", NOW)
                .is_err()
        );
        assert!(
            accounts
                .accept_invitation(&second.secret, GOOD, NOW)
                .is_ok()
        );
        assert!(
            accounts
                .accept_invitation(&second.secret, GOOD, NOW)
                .is_err()
        );
    });
}

#[test]
fn wrong_names_and_passwords_are_not_told_apart_and_wait_longer_each_time() {
    in_each_home(|accounts| {
        planner(accounts);
        for who in ["chenyu", "nobody"] {
            for _ in 0..5 {
                let wrong = accounts.sign_in(who, "Wrong-Bay-7", None, NETWORK, NOW);
                assert_eq!(wrong.err(), Some(AccountError::WrongCredentials));
            }
            let sixth = accounts.sign_in(who, GOOD, None, NETWORK, NOW + 1);
            assert_eq!(sixth.err(), Some(AccountError::Delayed(59)), "{who}");
        }
        let wrong = accounts.sign_in("chenyu", "Wrong-Bay-7", None, NETWORK, NOW + 60);
        assert_eq!(wrong.err(), Some(AccountError::WrongCredentials));
        let waits = accounts.sign_in("chenyu", GOOD, None, NETWORK, NOW + 61);
        assert_eq!(waits.err(), Some(AccountError::Delayed(119)));
        assert!(
            accounts
                .sign_in("ChenYu", GOOD, None, NETWORK, NOW + 1000)
                .is_ok()
        );
        assert!(
            accounts
                .sign_in("chenyu", "Wrong-Bay-7", None, NETWORK, NOW + 1000)
                .is_err()
        );
        assert!(
            accounts
                .sign_in("chenyu", GOOD, None, NETWORK, NOW + 1000)
                .is_ok()
        );
    });
}

#[test]
fn a_session_ends_when_idle_when_old_and_when_signed_out() {
    in_each_home(|accounts| {
        let user = planner(accounts);
        let begin = || accounts.begin_session(&user, NOW).unwrap();
        let is_open = |secret: &str, now: i64| {
            accounts.known().clear();
            accounts.session(secret, now).unwrap().is_some()
        };
        let idle = begin();
        assert_eq!(idle.actor.grants.roles, [Role::Planner].into());
        assert!(is_open(&idle.secret, NOW + 1800));
        assert!(is_open(&idle.secret, NOW + 3600));
        assert!(!is_open(&idle.secret, NOW + 3600 + 1801));
        let busy = begin();
        let half_hours = (0..=24).map(|n| NOW + n * 1800);
        assert!(half_hours.into_iter().all(|now| is_open(&busy.secret, now)));
        assert!(!is_open(&busy.secret, NOW + 12 * 3600 + 1));
        let out = begin();
        accounts.end_session(&out.actor.credential).unwrap();
        assert!(!is_open(&out.secret, NOW));
        assert!(!is_open("", NOW));
    });
}

#[test]
fn what_is_taken_away_is_gone_with_the_next_request() {
    in_each_home(|accounts| {
        let user = planner(accounts);
        let signed_in = accounts.begin_session(&user, NOW).unwrap();
        let actor = |secret: &str| accounts.session(secret, NOW).unwrap();
        assert!(actor(&signed_in.secret).unwrap().has(Role::Planner));
        accounts
            .set_grants(&user, &Grants::none(), "test", NOW)
            .unwrap();
        assert!(actor(&signed_in.secret).unwrap().grants.roles.is_empty());
        accounts.disable_user(&user, true).unwrap();
        assert!(actor(&signed_in.secret).is_none());
        let locked = accounts.sign_in("chenyu", GOOD, None, NETWORK, NOW);
        assert_eq!(locked.err(), Some(AccountError::WrongCredentials));
        accounts.disable_user(&user, false).unwrap();
        assert!(accounts.sign_in("chenyu", GOOD, None, NETWORK, NOW).is_ok());
    });
}

#[test]
fn what_another_program_takes_away_is_gone_within_a_second() {
    in_each_home(|accounts| {
        let user = planner(accounts);
        let signed_in = accounts.begin_session(&user, NOW).unwrap();
        assert!(accounts.session(&signed_in.secret, NOW).unwrap().is_some());
        let other = Accounts::open(accounts.place()).unwrap();
        other.disable_user(&user, true).unwrap();
        // As a second makes it.
        for (_, at) in accounts.known().values_mut() {
            *at -= KNOWN;
        }
        assert!(accounts.session(&signed_in.secret, NOW).unwrap().is_none());
    });
}

#[test]
fn an_old_password_is_changed_first_and_none_of_the_last_five_comes_again() {
    in_each_home(|accounts| {
        let user = planner(accounts);
        let later = NOW + 91 * 86_400;
        let signed_in = accounts
            .sign_in("chenyu", GOOD, None, NETWORK, later)
            .unwrap();
        assert_eq!(signed_in.actor.pending, Some(Pending::Password));
        let again = accounts.change_password(&user, GOOD, GOOD, NETWORK, later);
        assert!(matches!(
            again,
            Err(AccountError::Fields(faults)) if faults[0].field == "password"
        ));
        let wrong = accounts.change_password(&user, "Wrong-Bay-7", "Baiyun-Hill-8", NETWORK, later);
        assert_eq!(wrong.err(), Some(AccountError::WrongCredentials));
        let changed = accounts
            .change_password(&user, GOOD, "Baiyun-Hill-8", NETWORK, later)
            .unwrap();
        assert_eq!(changed.actor.pending, None);
        assert!(
            accounts
                .session(&signed_in.secret, later)
                .unwrap()
                .is_none()
        );
        assert!(accounts.session(&changed.secret, later).unwrap().is_some());
    });
}

#[test]
fn a_second_factor_is_asked_for_once_it_is_enrolled() {
    in_each_home(|accounts| {
        let user = planner(accounts);
        let made = accounts.begin_second_factor(&user).unwrap();
        assert!(
            accounts
                .confirm_second_factor(&user, "000000", None, NETWORK, NOW)
                .is_err()
        );
        assert!(accounts.sign_in("chenyu", GOOD, None, NETWORK, NOW).is_ok());
        let code = |now: i64| super::super::totp::code(&made.key, now).unwrap();
        accounts
            .confirm_second_factor(&user, &code(NOW), None, NETWORK, NOW)
            .unwrap();
        let sign_in = |code: Option<&str>, now: i64| {
            let signed_in = accounts.sign_in("chenyu", GOOD, code, NETWORK, now);
            signed_in.map(drop)
        };
        assert_eq!(sign_in(None, NOW), Err(AccountError::CodeNeeded));
        // The code that enrolled it is used up.
        let used = sign_in(Some(&code(NOW)), NOW);
        assert_eq!(used, Err(AccountError::WrongCredentials));
        let next = code(NOW + 60);
        assert_eq!(sign_in(Some(&next), NOW + 60), Ok(()));
        assert_eq!(
            sign_in(Some(&next), NOW + 60),
            Err(AccountError::WrongCredentials)
        );
    });
}

#[test]
fn a_second_factor_is_replaced_by_a_code_of_it_alone() {
    in_each_home(|accounts| {
        let user = planner(accounts);
        let code = |key: &str, now: i64| super::super::totp::code(key, now).unwrap();
        let first = accounts.begin_second_factor(&user).unwrap().key;
        let confirm = |new: &str, current: Option<&str>, now: i64| {
            accounts.confirm_second_factor(&user, new, current, NETWORK, now)
        };
        assert_eq!(confirm(&code(&first, NOW), None, NOW), Ok(()));
        let second = accounts.begin_second_factor(&user).unwrap().key;
        let later = NOW + 60;
        for current in [None, Some("000000"), Some(&*code(&second, later))] {
            let refused = confirm(&code(&second, later), current, later);
            assert!(
                matches!(
                    refused,
                    Err(AccountError::Fields(ref faults)) if faults[0].field == "current"
                ),
                "{refused:?}"
            );
        }
        let current = code(&first, later);
        assert_eq!(
            confirm(&code(&second, later), Some(&current), later),
            Ok(())
        );
        // Nobody guesses it either.
        let third = accounts.begin_second_factor(&user).unwrap().key;
        let guessed = (0..9).map(|_| confirm(&code(&third, later), Some("000000"), later));
        assert!(
            guessed
                .into_iter()
                .any(|told| matches!(told, Err(AccountError::Delayed(_))))
        );
    });
}

#[test]
fn a_handful_of_attempts_elsewhere_locks_nobody_out() {
    in_each_home(|accounts| {
        planner(accounts);
        for _ in 0..20 {
            accounts
                .sign_in("chenyu", "Wrong-Bay-7", None, "198.51.100.7", NOW)
                .unwrap_err();
        }
        let there = accounts.sign_in("chenyu", GOOD, None, "198.51.100.7", NOW);
        assert!(matches!(there, Err(AccountError::Delayed(_))));
        assert!(accounts.sign_in("chenyu", GOOD, None, NETWORK, NOW).is_ok());
        // From many networks it does.
        let many = (0..60).map(|n| {
            let network = format!("203.0.113.{n}");
            accounts.sign_in("chenyu", "Wrong-Bay-7", None, &network, NOW)
        });
        let last = many.last().expect("an attempt");
        assert!(matches!(last, Err(AccountError::Delayed(_))), "{last:?}");
        let here = accounts.sign_in("chenyu", GOOD, None, NETWORK, NOW);
        assert!(matches!(here, Err(AccountError::Delayed(_))));
    });
}

#[test]
fn whoever_knows_the_password_guesses_no_codes() {
    in_each_home(|accounts| {
        let user = planner(accounts);
        let made = accounts.begin_second_factor(&user).unwrap();
        let code = super::super::totp::code(&made.key, NOW).unwrap();
        accounts
            .confirm_second_factor(&user, &code, None, NETWORK, NOW)
            .unwrap();
        let mut wrong = 0;
        let delayed = (0..30).any(|_| {
            // Asking without a code in between takes no attempt back.
            accounts.sign_in("chenyu", GOOD, None, NETWORK, NOW).ok();
            wrong += 1;
            let guessed = accounts.sign_in("chenyu", GOOD, Some("123456"), NETWORK, NOW);
            matches!(guessed, Err(AccountError::Delayed(_)))
        });
        assert!(delayed && wrong <= 8, "{wrong}");
    });
}

#[test]
fn a_policy_makes_administrators_enrol() {
    in_each_home(|accounts| {
        let user = name("auditor");
        accounts.add_user(&user, "", NOW).unwrap();
        let grants = Grants {
            roles: [Role::Audit].into(),
            ..Grants::none()
        };
        accounts.set_grants(&user, &grants, "test", NOW).unwrap();
        let policy = Policy {
            second_factor: SecondFactor::Administrators,
            password_days: 365,
            ..Policy::default()
        };
        accounts.set_policy(&policy).unwrap();
        assert_eq!(accounts.policy().unwrap(), policy);
        let wrong = Policy {
            idle_minutes: 0,
            ..Policy::default()
        };
        assert!(accounts.set_policy(&wrong).is_err());
        let invitation = accounts.reset_user(&user, NOW).unwrap();
        let signed_in = accounts
            .accept_invitation(&invitation.secret, GOOD, NOW)
            .unwrap();
        assert_eq!(signed_in.actor.pending, Some(Pending::SecondFactor));
    });
}

#[test]
fn grants_keep_administrators_apart_and_districts_within_their_scope() {
    in_each_home(|accounts| {
        let user = planner(accounts);
        let set = |roles: &[Role], scope: &[&str]| {
            let grants = Grants {
                roles: roles.iter().copied().collect(),
                scope: scope.iter().map(|code| code.parse().unwrap()).collect(),
                clearance: SecurityLevel::Sensitive,
            };
            accounts.set_grants(&user, &grants, "test", NOW)
        };
        assert!(set(&[Role::Security, Role::Planner], &[]).is_err());
        assert!(set(&[Role::Security, Role::Audit], &[]).is_err());
        assert!(set(&[Role::District], &[]).is_err());
        assert!(set(&[Role::Planner], &["440106"]).is_err());
        // What was refused changed nothing.
        assert_eq!(accounts.user(&user).unwrap().roles, [Role::Planner].into());
        set(&[Role::District, Role::Viewer], &["440106000000"]).unwrap();
        let after = accounts.user(&user).unwrap();
        assert_eq!(after.scope, ["440106".parse().unwrap()]);
        assert_eq!(after.clearance, SecurityLevel::Sensitive);
        let none = accounts.set_grants(&name("nobody"), &Grants::none(), "test", NOW);
        assert_eq!(none, Err(AccountError::NoUser("nobody".into())));
    });
}

#[test]
fn a_token_has_some_of_the_roles_and_a_last_day() {
    in_each_home(|accounts| {
        let user = planner(accounts);
        let make = |roles: &[Role], days: u32| {
            let roles = roles.iter().copied().collect();
            accounts.add_token(&user, "nightly table", &roles, days, NOW)
        };
        assert!(make(&[Role::Steward], 30).is_err());
        assert!(make(&[], 30).is_err());
        assert!(make(&[Role::Planner], 400).is_err());
        let all = accounts.add_token(&user, " ", &[Role::Steward].into(), 0, NOW);
        let Err(AccountError::Fields(faults)) = all else {
            panic!("{all:?}");
        };
        let told: Vec<(&str, &str)> = faults
            .iter()
            .map(|fault| (fault.field, fault.message.zh.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("title", "请写明用途。"),
                ("days", "请填 1 至 366 之间的整数。"),
                ("roles", "您已没有“数据管理员”这个角色。"),
            ]
        );
        let made = make(&[Role::Planner], 30).unwrap();
        assert!(made.secret.starts_with("suitu_"));
        let actor = accounts.token(&made.secret, NOW).unwrap().unwrap();
        assert!(actor.has(Role::Planner));
        assert!(matches!(actor.credential, Credential::Token(_)));
        accounts.known().clear();
        assert!(
            accounts
                .token(&made.secret, NOW + 31 * 86_400)
                .unwrap()
                .is_none()
        );
        accounts
            .set_grants(&user, &Grants::none(), "test", NOW)
            .unwrap();
        let actor = accounts.token(&made.secret, NOW).unwrap().unwrap();
        assert!(actor.grants.roles.is_empty());
        accounts.remove_token(&user, &made.info.id).unwrap();
        assert!(accounts.token(&made.secret, NOW).unwrap().is_none());
        assert!(accounts.remove_token(&user, &made.info.id).is_err());
    });
}

#[test]
fn no_secret_stands_in_the_file() {
    let (_folder, accounts) = home();
    let user = planner(&accounts);
    let session = accounts.begin_session(&user, NOW).unwrap().secret;
    let token = accounts
        .add_token(&user, "x", &[Role::Planner].into(), 1, NOW)
        .unwrap()
        .secret;
    let invitation = accounts.reset_user(&user, NOW).unwrap().secret;
    accounts.desk.batch("pragma wal_checkpoint(truncate)").ok();
    let bytes = fs::read(accounts.record()).unwrap();
    let wal = fs::read(format!("{}-wal", accounts.record().display())).unwrap_or_default();
    for secret in [&session, &token, &invitation, &GOOD.to_owned()] {
        let holds = |bytes: &[u8]| {
            bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
        };
        assert!(!holds(&bytes) && !holds(&wal));
    }
}

#[test]
fn servers_share_accounts_in_a_database_and_keep_a_record_each() {
    let Some(database) = Database::new() else {
        return;
    };
    let (folder, first) = home_in(&database);
    let address = Home::Database(database.address());
    let again = Accounts::create(first.place());
    assert!(matches!(again, Err(AccountError::Open { .. })));
    let record = folder.path().join("second.db");
    let place = Place::new(address, Some(record.clone())).unwrap();
    let second = Accounts::open(&place).unwrap();
    assert!(Chain::found(&record).unwrap().check(None).is_ok());
    let user = planner(&first);
    let signed_in = second.sign_in("chenyu", GOOD, None, NETWORK, NOW).unwrap();
    assert!(first.session(&signed_in.secret, NOW).unwrap().is_some());
    // Wrong attempts at one count at the other.
    for server in [&first, &second, &first, &second, &first] {
        let wrong = server.sign_in("chenyu", "Wrong-Bay-7", None, NETWORK, NOW);
        assert_eq!(wrong.err(), Some(AccountError::WrongCredentials));
    }
    let delayed = second.sign_in("chenyu", GOOD, None, NETWORK, NOW + 1);
    assert_eq!(delayed.err(), Some(AccountError::Delayed(59)));
    first.disable_user(&user, true).unwrap();
    second.known().clear();
    assert!(second.session(&signed_in.secret, NOW).unwrap().is_none());
}

#[test]
fn whoever_is_signed_in_stays_so_while_the_database_is_away() {
    let Some(database) = Database::new() else {
        return;
    };
    let (_folder, accounts) = home_in(&database);
    let user = planner(&accounts);
    let known = accounts.begin_session(&user, NOW).unwrap();
    let other = accounts.begin_session(&user, NOW).unwrap();
    assert!(accounts.session(&known.secret, NOW).unwrap().is_some());
    let pass = |time: Duration| {
        for (_, at) in accounts.known().values_mut() {
            *at -= time;
        }
        *accounts.away.lock().unwrap() = None;
    };
    database.open(false);
    pass(KNOWN);
    assert!(accounts.session(&known.secret, NOW).unwrap().is_some());
    // Whom nobody knows is not let in, nor anybody for ever, and nobody signs in.
    let away = |told: Result<Option<Actor>, AccountError>| {
        assert!(
            matches!(told, Err(AccountError::Unreachable(_))),
            "{told:?}"
        );
    };
    away(accounts.session(&other.secret, NOW));
    assert!(
        accounts
            .sign_in("chenyu", GOOD, None, NETWORK, NOW)
            .is_err()
    );
    pass(HOLDS_WHILE_AWAY);
    away(accounts.session(&known.secret, NOW));
    database.open(true);
    pass(Duration::ZERO);
    assert!(accounts.session(&other.secret, NOW).unwrap().is_some());
}

#[test]
fn accounts_move_to_a_database_and_back() {
    let Some(database) = Database::new() else {
        return;
    };
    let (folder, file) = home();
    let user = planner(&file);
    let token = file.add_token(&user, "x", &[Role::Planner].into(), 9, NOW);
    let policy = Policy {
        idle_minutes: 45,
        ..Policy::default()
    };
    file.set_policy(&policy).unwrap();
    let (_record, shared) = home_in(&database);
    assert_eq!(file.copy_to(&shared), Ok(1));
    assert!(matches!(
        file.copy_to(&shared),
        Err(AccountError::Refused { .. })
    ));
    let back = Accounts::create(&Place::file(&folder.path().join("back.db"))).unwrap();
    assert_eq!(shared.copy_to(&back), Ok(1));
    for home in [&shared, &back] {
        assert!(home.sign_in("chenyu", GOOD, None, NETWORK, NOW).is_ok());
        assert_eq!(home.policy().unwrap(), policy);
        assert_eq!(home.user(&user).unwrap().roles, [Role::Planner].into());
        let secret = &token.as_ref().unwrap().secret;
        assert!(home.token(secret, NOW).unwrap().is_some());
    }
}
