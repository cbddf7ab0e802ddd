use std::{fmt, fs, path::Path};

use serde::Deserialize;

use crate::accounts::AccountError;

/// Where the provider sends people back to.
pub const RETURN_PATH: &str = "/api/session/provider/return";

/// Which provider is asked, and as whom. A TOML file that its owner alone can read:
///
/// ```toml
/// issuer = "https://id.gz.example.cn/realms/gov"
/// client_id = "suitu"
/// client_secret = "…"                   # left out for a public client
/// redirect = "https://suitu.gz.example.cn/api/session/provider/return"
/// title = "统一身份认证"                  # what the button says
/// claim = "preferred_username"          # names the account
/// scope = ["openid", "profile"]
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    pub issuer: String,
    pub client_id: String,
    #[serde(default)]
    pub client_secret: Option<ClientSecret>,
    pub redirect: String,
    #[serde(default = "title")]
    pub title: String,
    #[serde(default = "claim")]
    pub claim: String,
    #[serde(default = "scope")]
    pub scope: Vec<String>,
}

/// Never shown.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct ClientSecret(pub String);

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

fn title() -> String {
    "统一身份认证".into()
}

fn claim() -> String {
    "preferred_username".into()
}

fn scope() -> Vec<String> {
    vec!["openid".into(), "profile".into()]
}

impl ProviderSettings {
    /// # Errors
    /// The file cannot be read, others can read it, or something in it cannot be meant.
    pub fn read(path: &Path) -> Result<Self, AccountError> {
        let refused = |problem: String| AccountError::Provider {
            path: path.display().to_string(),
            problem,
        };
        let text = fs::read_to_string(path).map_err(|e| refused(e.to_string()))?;
        let settings: ProviderSettings =
            toml::from_str(&text).map_err(|e| refused(e.to_string()))?;
        #[cfg(unix)]
        if settings.client_secret.is_some() {
            use std::os::unix::fs::MetadataExt;
            let mode = fs::metadata(path)
                .map_err(|e| refused(e.to_string()))?
                .mode();
            if mode & 0o007 != 0 {
                let problem = "it holds a secret and everybody can read it: chmod o= it";
                return Err(refused(problem.into()));
            }
        }
        settings.check().map_err(refused)?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        for (field, address) in [("issuer", &self.issuer), ("redirect", &self.redirect)] {
            if !is_safe(address) {
                return Err(format!("{field}: it begins with https://, not `{address}`"));
            }
        }
        if !self.redirect.ends_with(RETURN_PATH) {
            return Err(format!("redirect: it ends with {RETURN_PATH}"));
        }
        match self.scope.iter().any(|scope| scope == "openid") {
            true => Ok(()),
            false => Err("scope: it holds `openid`".into()),
        }
    }
}

/// Whether nobody on the way can read along: TLS, or this very machine.
pub fn is_safe(address: &str) -> bool {
    let of_this_machine = |rest: &str| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or("");
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        matches!(name, "127.0.0.1" | "localhost" | "[::1]")
    };
    match address.split_once("://") {
        Some(("https", rest)) => !rest.is_empty(),
        Some(("http", rest)) => of_this_machine(rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_tls_or_of_this_machine() {
        for safe in [
            "https://id.example/realms/gov",
            "http://127.0.0.1:9000/x",
            "http://localhost",
            "http://[::1]:80/",
        ] {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_one in [
            "http://id.example",
            "http://127.0.0.1.evil.example/",
            "http://localhost@evil.example/",
            "http://127.0.0.1:80@evil.example/",
            "ftp://id.example",
            "https://",
            "",
        ] {
            assert!(!is_safe(unsafe_one), "{unsafe_one}");
        }
    }

    #[test]
    fn settings_are_checked_and_keep_their_secret() {
        let text = |more: &str| {
            format!(
                "issuer = \"https://id.example\"\nclient_id = \"suitu\"\nclient_secret = \"hush\"\n{more}"
            )
        };
        let redirect = "redirect = \"https://suitu.example/api/session/provider/return\"\n";
        let settings: ProviderSettings = toml::from_str(&text(redirect)).unwrap();
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(settings.claim, "preferred_username");
        assert!(!format!("{settings:?}").contains("hush"));
        let elsewhere = "redirect = \"https://suitu.example/elsewhere\"";
        let settings: ProviderSettings = toml::from_str(&text(elsewhere)).unwrap();
        assert!(settings.check().unwrap_err().starts_with("redirect"));
        let settings = format!("{redirect}scope = [\"profile\"]");
        let settings: ProviderSettings = toml::from_str(&text(&settings)).unwrap();
        assert!(settings.check().unwrap_err().starts_with("scope"));
    }
}
