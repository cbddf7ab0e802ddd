//! Reaching the database: address, encryption, pool, errors in words.

use std::{error::Error as _, time::Duration};

use deadpool_postgres::{
    Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime as PoolRuntime,
};
use tokio::runtime::Runtime;
use tokio_postgres::{Client, Config, NoTls, config::SslMode, error::SqlState};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    domain::Title,
    store::{StoreError, home::without_password},
};

/// Connections that one program keeps: readers of requests, one or two writers, the follower.
const CONNECTIONS: usize = 16;

/// How long one waits for a connection before saying so.
const WAIT: Duration = Duration::from_secs(15);

/// What every connection starts with; an import lifts the first for itself.
const OPTIONS: &str = "-c statement_timeout=120s -c idle_in_transaction_session_timeout=300s \
                       -c timezone=UTC -c datestyle=ISO -c client_min_messages=warning";

/// Where the home's connections live.
pub(crate) fn runtime() -> Result<Runtime, StoreError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("suitu-database")
        .enable_all()
        .build()
        .map_err(|error| StoreError::Backend(error.to_string()))
}

/// The settings of an address; its password may stand in `PGPASSWORD` instead, where the list of
/// processes does not show it.
///
/// # Errors
/// It cannot be read.
pub(crate) fn config(address: &str) -> Result<Config, StoreError> {
    let mut config: Config = address.parse().map_err(|error: tokio_postgres::Error| {
        let problem = format!(
            "{}; write postgresql://USER@HOST/DATABASE",
            error
                .source()
                .map_or_else(|| error.to_string(), |s| s.to_string())
        );
        open_error(address, problem)
    })?;
    if config.get_password().is_none()
        && let Ok(password) = std::env::var("PGPASSWORD")
    {
        config.password(password);
    }
    let options = match config.get_options() {
        Some(own) => format!("{OPTIONS} {own}"),
        None => OPTIONS.to_owned(),
    };
    config.options(options).application_name("suitu");
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(10));
    }
    Ok(config)
}

/// Encryption by the certificates that this machine trusts (or those of `SSL_CERT_FILE`); `None`
/// where `sslmode` of the address wants none, or only prefers it and no certificate is there.
pub(super) fn tls(config: &Config) -> Result<Option<MakeRustlsConnect>, StoreError> {
    if config.get_ssl_mode() == SslMode::Disable {
        return Ok(None);
    }
    match MakeRustlsConnect::with_native_certs() {
        Ok((tls, _)) => Ok(Some(tls)),
        Err(_) if config.get_ssl_mode() == SslMode::Prefer => Ok(None),
        Err(problems) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Err(StoreError::Backend(format!(
                "this machine trusts no certificate by which to know the database ({}): install \
                 ca-certificates or name a file in SSL_CERT_FILE",
                problems.join(", ")
            )))
        }
    }
}

/// One connection of its own, which lives in the runtime that asks.
pub(crate) async fn connect(address: &str) -> Result<Client, StoreError> {
    let config = config(address)?;
    let failed = |error: tokio_postgres::Error| open_error(address, in_words(&error));
    match tls(&config)? {
        Some(tls) => {
            let (client, connection) = config.connect(tls).await.map_err(failed)?;
            tokio::spawn(connection);
            Ok(client)
        }
        None => {
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            tokio::spawn(connection);
            Ok(client)
        }
    }
}

pub(super) fn pool(address: &str) -> Result<Pool, StoreError> {
    pool_of(config(address)?, address, CONNECTIONS)
}

/// At most so many connections by these settings; the address stands in errors.
pub(crate) fn pool_of(config: Config, address: &str, size: usize) -> Result<Pool, StoreError> {
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = match tls(&config)? {
        Some(tls) => Manager::from_config(config, tls, recycling),
        None => Manager::from_config(config, NoTls, recycling),
    };
    Pool::builder(manager)
        .max_size(size)
        .runtime(PoolRuntime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(WAIT))
        .build()
        .map_err(|error| open_error(address, error))
}

/// Whether the database follows another one and can only be read.
pub(super) async fn is_standby(client: &Client) -> Result<bool, StoreError> {
    let row = client.query_one("select pg_is_in_recovery()", &[]).await?;
    Ok(row.try_get(0)?)
}

pub(super) fn open_error(address: &str, problem: impl ToString) -> StoreError {
    let problem = problem.to_string();
    unusable(address, &problem, &problem)
}

pub(super) fn unusable(address: &str, zh: &str, en: &str) -> StoreError {
    StoreError::Open {
        path: without_password(address),
        problem: Title::new(zh, en),
    }
}

/// What to do about an encrypted connection that came to nothing.
const CERTIFICATE: &str = "the certificate is checked wherever the address wants encryption: it is to name \
                           the host of the address and to come from whom this machine trusts, or from \
                           the authority in the file of SSL_CERT_FILE (加密连接会核对证书：证书中须有\
                           地址里的主机名，并由本机信任的机构签发，或用 SSL_CERT_FILE 指明签发机构的证书文件)";

/// What the database said, with its detail and its hint.
pub(super) fn in_words(error: &tokio_postgres::Error) -> String {
    let Some(said) = error.as_db_error() else {
        let cause = error.source().map(|cause| format!(": {cause}"));
        let words = format!("{error}{}", cause.unwrap_or_default());
        return match words.contains("TLS handshake") {
            true => format!("{words}; {CERTIFICATE}"),
            false => words,
        };
    };
    let mut words = said.message().to_owned();
    for more in [said.detail(), said.hint()].into_iter().flatten() {
        words += "; ";
        words += more;
    }
    words
}

/// Whether an error is of a database that is away, ends, begins, has become a standby, or in which
/// others hold what is needed.
pub(super) fn is_passing(error: &tokio_postgres::Error) -> bool {
    let Some(said) = error.as_db_error() else {
        return error.is_closed()
            || error
                .source()
                .is_some_and(|cause| cause.is::<std::io::Error>());
    };
    let code = said.code();
    // Connection exceptions, too many connections, operator intervention, locks of others.
    ["08", "53300", "57P", "55P03", "40001", "40P01"]
        .iter()
        .any(|class| code.code().starts_with(class))
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}

/// Whether an error of a commit leaves open whether it was made: the connection was lost or ended by
/// the database meanwhile.
pub(super) fn is_unsure(error: &tokio_postgres::Error) -> bool {
    let Some(said) = error.as_db_error() else {
        return is_passing(error);
    };
    ["08", "57P"]
        .iter()
        .any(|class| said.code().code().starts_with(class))
}

pub(crate) fn pool_in_words(error: &PoolError) -> String {
    match error {
        PoolError::Backend(error) => in_words(error),
        PoolError::Timeout(_) => format!(
            "no connection to the database came free in {} s: it cannot be reached or all are in \
             use",
            WAIT.as_secs()
        ),
        other => other.to_string(),
    }
}
