use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

use super::Caller;

/// A cookie that no page can read; over TLS its name has the prefix that binds it to this very host,
/// so that no neighbouring host can set it.
pub struct Cookie {
    name: &'static str,
    tls_name: &'static str,
    /// Which pages send it along.
    same_site: &'static str,
}

/// The secret of a session. No other site can send it.
pub const SESSION: Cookie = Cookie {
    name: "suitu_session",
    tls_name: "__Host-suitu_session",
    same_site: "Strict",
};

/// Shows that whoever comes back from the identity provider left from here: its page sends them, so
/// the cookie comes along with what a person follows.
pub const ON_THE_WAY: Cookie = Cookie {
    name: "suitu_provider",
    tls_name: "__Host-suitu_provider",
    same_site: "Lax",
};

impl Cookie {
    fn name(&self, caller: &Caller) -> &'static str {
        match caller.is_https {
            true => self.tls_name,
            false => self.name,
        }
    }

    /// What a request brings.
    pub fn read(&self, headers: &HeaderMap, caller: &Caller) -> Option<String> {
        let all = headers.get_all(header::COOKIE).iter();
        let pairs = all.filter_map(|value| value.to_str().ok());
        let pairs = pairs.flat_map(|value| value.split(';'));
        let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        let own = pairs.find(|(name, _)| *name == self.name(caller));
        own.map(|(_, secret)| secret.to_owned())
    }

    /// Gives it to the browser until that is closed, or for so many seconds.
    pub fn give(&self, response: &mut Response, secret: &str, age_s: Option<i64>, caller: &Caller) {
        let secure = if caller.is_https { "; Secure" } else { "" };
        let age = age_s.map_or_else(String::new, |age| format!("; Max-Age={age}"));
        let (name, same_site) = (self.name(caller), self.same_site);
        let cookie =
            format!("{name}={secret}; Path=/; HttpOnly; SameSite={same_site}{secure}{age}");
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }

    /// Has the browser forget it.
    pub fn take_back(&self, response: &mut Response, caller: &Caller) {
        self.give(response, "", Some(0), caller);
    }
}
