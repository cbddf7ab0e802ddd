//! What is asked of the provider itself.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, de::DeserializeOwned};
use ureq::{
    Agent, Body,
    http::Response,
    tls::{RootCerts, TlsConfig},
};

use super::{
    ProviderError,
    settings::{ProviderSettings, is_safe},
};

/// The longest that an answer may take.
const WAIT: Duration = Duration::from_secs(10);

/// The longest that an answer may be.
const ANSWER_BYTES: u64 = 1 << 20;

/// What a provider tells of itself (OpenID Connect Discovery 1.0, section 3).
#[derive(Clone, Debug, Deserialize)]
pub struct Metadata {
    issuer: String,
    pub authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// A provider that was found, with the keys that it signs by.
#[derive(Debug)]
pub struct Found {
    pub metadata: Metadata,
    pub keys: JwkSet,
}

/// The line to a provider.
#[derive(Debug)]
pub struct Door(Agent);

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

impl Door {
    pub fn new() -> Self {
        // The authorities that the machine trusts: a government has its own.
        let roots = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let config = Agent::config_builder()
            .timeout_global(Some(WAIT))
            .max_redirects(0)
            .http_status_as_error(false)
            .tls_config(roots.build());
        Door(config.build().into())
    }

    /// Addresses and keys of the provider.
    ///
    /// # Errors
    /// It does not answer, or what it says is not of itself.
    pub fn find(&self, settings: &ProviderSettings) -> Result<Found, ProviderError> {
        let issuer = settings.issuer.trim_end_matches('/');
        let metadata: Metadata = self.get(&format!("{issuer}/.well-known/openid-configuration"))?;
        if metadata.issuer != settings.issuer {
            let problem = format!("it calls itself {}", metadata.issuer);
            return Err(ProviderError::NotBelieved(problem));
        }
        let Metadata {
            authorization_endpoint,
            token_endpoint,
            jwks_uri,
            ..
        } = &metadata;
        for address in [authorization_endpoint, token_endpoint, jwks_uri] {
            if !is_safe(address) {
                let problem = format!("its address {address} is without TLS");
                return Err(ProviderError::NotBelieved(problem));
            }
        }
        let keys = self.get(&metadata.jwks_uri)?;
        Ok(Found { metadata, keys })
    }

    /// The token for a code (RFC 6749, section 4.1.3, with the verifier of RFC 7636).
    ///
    /// # Errors
    /// The provider does not answer, or takes the code for none of its own.
    pub fn exchange(
        &self,
        metadata: &Metadata,
        settings: &ProviderSettings,
        code: &str,
        verifier: &str,
    ) -> Result<String, ProviderError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &settings.redirect),
            ("code_verifier", verifier),
        ];
        let mut request = self.0.post(&metadata.token_endpoint);
        let methods = &metadata.token_endpoint_auth_methods_supported;
        // Without a list it is `basic` (Discovery 1.0, section 3).
        let by_header = methods.is_empty() || methods.iter().any(|m| m == "client_secret_basic");
        match &settings.client_secret {
            Some(secret) if by_header => {
                let shown = [&*settings.client_id, &secret.0].map(escaped).join(":");
                let shown = format!("Basic {}", BASE64_STANDARD.encode(shown));
                request = request.header("authorization", shown);
            }
            Some(secret) => form.extend([
                ("client_id", &*settings.client_id),
                ("client_secret", &secret.0),
            ]),
            None => form.push(("client_id", &settings.client_id)),
        }
        let answer = request.header("accept", "application/json").send_form(form);
        let tokens: Tokens = read(answer)?;
        Ok(tokens.id_token)
    }

    fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, ProviderError> {
        read(
            self.0
                .get(address)
                .header("accept", "application/json")
                .call(),
        )
    }
}

/// As in a form: what a secret holds beside letters and digits has to be written so (RFC 6749, 2.3.1).
fn escaped(text: &str) -> String {
    let pair = serde_urlencoded::to_string([("", text)]).unwrap_or_default();
    pair.trim_start_matches('=').to_owned()
}

fn read<T: DeserializeOwned>(
    answer: Result<Response<Body>, ureq::Error>,
) -> Result<T, ProviderError> {
    let mut answer = answer.map_err(|e| ProviderError::Unreachable(e.to_string()))?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES);
    match status {
        200 => body
            .read_json()
            .map_err(|e| ProviderError::NotBelieved(e.to_string())),
        400 | 401 => Err(ProviderError::NotBelieved(format!(
            "it refuses the code or this client ({status})"
        ))),
        _ => Err(ProviderError::Unreachable(format!("it answers {status}"))),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn secrets_are_escaped_before_they_are_joined() {
        assert_eq!(super::escaped("a:b+c d"), "a%3Ab%2Bc+d");
        assert_eq!(super::escaped("=x"), "%3Dx");
    }
}
