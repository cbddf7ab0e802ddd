//! Signing in by the identity provider of a government (统一身份认证) with OpenID Connect: the
//! authorization code flow with PKCE. The provider says who it is; what they may do stays with the
//! accounts.

mod door;
mod settings;
mod token;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

pub use settings::{ProviderSettings, RETURN_PATH};

use super::{AccountError, secret};
use door::{Door, Found};

/// How long a person may take at the provider.
pub const PATIENCE_S: i64 = 600;

/// People who are on their way at once; the longest ago are forgotten first.
const WAITING: usize = 10_000;

/// How long what the provider tells of itself is believed.
const KNOWN: Duration = Duration::from_secs(3600);

/// Its keys are asked for anew no oftener than that, whatever tokens name.
const ASKED_AGAIN: Duration = Duration::from_secs(30);

/// Why nobody signs in by the provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("the identity provider cannot be asked: {0}")]
    Unreachable(String),
    /// Too late, used already, or begun in another browser.
    #[error("this sign-in was not begun here, or too long ago; begin again")]
    NotBegun,
    #[error("what the identity provider says cannot be believed: {0}")]
    NotBelieved(String),
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl ProviderError {
    /// For the page, which has words for each.
    pub fn reason(&self) -> &'static str {
        match self {
            ProviderError::Unreachable(_) => "provider_unreachable",
            ProviderError::NotBegun => "provider_not_begun",
            ProviderError::NotBelieved(_) => "provider_not_believed",
            ProviderError::Account(_) => "provider_no_account",
        }
    }
}

/// Who came back from the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    /// What the provider knows the person by for ever.
    pub subject: String,
    /// The claim that names the account.
    pub name: String,
}

/// Where a person is sent, and what their browser has to bring back.
#[derive(Clone, Debug)]
pub struct Begun {
    pub address: String,
    /// A secret for a cookie: whoever comes back with another one did not begin.
    pub browser: String,
}

/// Somebody who is at the provider.
#[derive(Debug)]
struct Waiting {
    nonce: String,
    verifier: String,
    browser: String,
    until_s: i64,
}

/// The identity provider of a server.
#[derive(Debug)]
pub struct Provider {
    settings: ProviderSettings,
    door: Door,
    found: Mutex<Option<(Arc<Found>, Instant)>>,
    /// By the state that comes back with each.
    waiting: Mutex<HashMap<String, Waiting>>,
}

impl Provider {
    pub fn new(settings: ProviderSettings) -> Self {
        Provider {
            door: Door::new(),
            settings,
            found: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// What the button says.
    pub fn title(&self) -> &str {
        &self.settings.title
    }

    /// Sends somebody to the provider.
    ///
    /// # Errors
    /// The provider does not tell of itself.
    pub fn begin(&self, now_s: i64) -> Result<Begun, ProviderError> {
        let found = self.found(KNOWN)?;
        let [state, nonce, verifier, browser] = [
            secret::new()?,
            secret::new()?,
            secret::new()?,
            secret::new()?,
        ];
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let scope = self.settings.scope.join(" ");
        let asked = [
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect),
            ("scope", &scope),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let asked = serde_urlencoded::to_string(asked)
            .map_err(|e| ProviderError::NotBelieved(e.to_string()))?;
        let page = &found.metadata.authorization_endpoint;
        let joint = if page.contains('?') { '&' } else { '?' };
        let begun = Waiting {
            nonce,
            verifier,
            browser: secret::hash(&browser),
            until_s: now_s + PATIENCE_S,
        };
        let mut waiting = self.waiting();
        waiting.retain(|_, waiting| waiting.until_s > now_s);
        if waiting.len() >= WAITING {
            let oldest = waiting.iter().min_by_key(|(_, waiting)| waiting.until_s);
            if let Some(oldest) = oldest.map(|(state, _)| state.clone()) {
                waiting.remove(&oldest);
            }
        }
        waiting.insert(secret::hash(&state), begun);
        Ok(Begun {
            address: format!("{page}{joint}{asked}"),
            browser,
        })
    }

    /// Who came back with a code, once.
    ///
    /// # Errors
    /// They did not begin in this browser, or the provider does not vouch for them.
    pub fn finish(
        &self,
        state: &str,
        code: &str,
        browser: &str,
        now_s: i64,
    ) -> Result<Identity, ProviderError> {
        let begun = self.take(state, browser, now_s)?;
        let found = self.found(KNOWN)?;
        let token = self
            .door
            .exchange(&found.metadata, &self.settings, code, &begun.verifier)?;
        let expected = token::Expected {
            issuer: &self.settings.issuer,
            client: &self.settings.client_id,
            nonce: &begun.nonce,
            now_s,
        };
        let read = token::read(&token, &found.keys, &expected);
        let claims = match read {
            // It may have changed its keys.
            Err(token::Refused::NoKey) => {
                token::read(&token, &self.found(ASKED_AGAIN)?.keys, &expected)
            }
            read => read,
        };
        let claims = claims.map_err(|e| ProviderError::NotBelieved(e.to_string()))?;
        let name = claims.text(&self.settings.claim).ok_or_else(|| {
            ProviderError::NotBelieved(format!("the token has no `{}`", self.settings.claim))
        })?;
        Ok(Identity {
            issuer: claims.iss,
            subject: claims.sub,
            name,
        })
    }

    /// Whoever is waited for by a state, if this browser began; nobody comes back twice.
    fn take(&self, state: &str, browser: &str, now_s: i64) -> Result<Waiting, ProviderError> {
        let state = secret::hash(state);
        let mut waiting = self.waiting();
        let is_own = waiting.get(&state).is_some_and(|waiting| {
            waiting.browser == secret::hash(browser) && waiting.until_s > now_s
        });
        match is_own {
            true => waiting.remove(&state).ok_or(ProviderError::NotBegun),
            false => Err(ProviderError::NotBegun),
        }
    }

    /// What the provider tells of itself, no older than `age`.
    fn found(&self, age: Duration) -> Result<Arc<Found>, ProviderError> {
        let known = self.known().clone();
        if let Some((found, at)) = known
            && at.elapsed() < age
        {
            return Ok(found);
        }
        let found = Arc::new(self.door.find(&self.settings)?);
        *self.known() = Some((found.clone(), Instant::now()));
        Ok(found)
    }

    fn known(&self) -> MutexGuard<'_, Option<(Arc<Found>, Instant)>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
