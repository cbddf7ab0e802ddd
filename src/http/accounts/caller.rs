use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};

use super::{super::ApiError, Doors};
use crate::accounts::Actor;

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The address of the client; `local` where there is no line.
    pub address: String,
    /// Whether the client came over TLS, by the word of a proxy that is believed.
    pub is_https: bool,
}

impl Caller {
    /// Of no line at all.
    fn local() -> Self {
        Caller {
            address: "local".into(),
            is_https: false,
        }
    }

    /// What turns and attempts are counted by: an address, of IPv6 the network of 64 bits that a
    /// customer has all of.
    pub fn network(&self) -> String {
        match self.address.parse() {
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            _ => self.address.clone(),
        }
    }

    /// Reads the forwarding headers only where they come from a proxy that is named.
    pub fn of(request: &Request, doors: &Doors) -> Self {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let Some(peer) = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical()) else {
            return Caller::local();
        };
        let headers = request.headers();
        if !doors.proxies.contains(&peer) {
            return Caller {
                address: peer.to_string(),
                is_https: false,
            };
        }
        let all = headers.get_all("x-forwarded-for").iter();
        let hops = all.filter_map(|value| value.to_str().ok());
        let hops = hops.flat_map(|value| value.split(','));
        let hops: Vec<IpAddr> = hops.filter_map(|hop| hop.trim().parse().ok()).collect();
        // The last hop that no proxy of ours is: those before it are the client's own words.
        let client = hops.iter().rfind(|hop| !doors.proxies.contains(hop));
        let protocol = headers.get("x-forwarded-proto");
        Caller {
            address: client.unwrap_or(&peer).to_string(),
            is_https: protocol.is_some_and(|value| value.as_bytes() == b"https"),
        }
    }
}

/// Who asks, as [`super::enforce`] found it.
impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Arc<Actor>>();
        Ok(found.map_or_else(Actor::nobody, |actor| Actor::clone(actor)))
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let found = parts.extensions.get::<Caller>().cloned();
        Ok(found.unwrap_or_else(Caller::local))
    }
}

impl Doors {
    /// Whether a server with accounts answers to the `Host` of a request. An address cannot be made
    /// to mean another machine by whoever owns a name, so every address will do.
    ///
    /// # Errors
    /// A name that nobody gave this server.
    pub fn check_host(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let Some(host) = headers.get(header::HOST) else {
            return Ok(());
        };
        let name = bare(host.to_str().unwrap_or("?"));
        let is_own = self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name));
        let is_local = name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok();
        match is_own || is_local {
            true => Ok(()),
            false => Err(ApiError::Forbidden(
                "this server does not go by that name; name it with `suitu serve --host`",
            )),
        }
    }
}

/// A host without its port and brackets.
pub fn bare(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    name.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn caller(peer: &str, headers: &[(&str, &str)], doors: &Doors) -> Caller {
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let peer: SocketAddr = peer.parse().unwrap();
        let request = request.extension(ConnectInfo(peer));
        Caller::of(&request.body(Body::empty()).unwrap(), doors)
    }

    #[test]
    fn forwarding_headers_are_believed_from_named_proxies_alone() {
        let doors = Doors {
            proxies: vec!["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()],
            ..Doors::default()
        };
        let forwarded = [
            ("x-forwarded-for", "1.2.3.4, 10.9.9.9, 10.0.0.2"),
            ("x-forwarded-proto", "https"),
        ];
        let through = caller("10.0.0.1:5000", &forwarded, &doors);
        assert_eq!((&*through.address, through.is_https), ("10.9.9.9", true));
        let forged = caller("10.0.0.3:5000", &forwarded, &doors);
        assert_eq!((&*forged.address, forged.is_https), ("10.0.0.3", false));
        let networks = ["[2001:db8::1]:9", "[2001:db8::2]:9", "10.0.0.3:9"];
        let networks = networks.map(|peer| caller(peer, &[], &doors).network());
        assert_eq!(
            networks,
            ["2001:db8:0:0::/64", "2001:db8:0:0::/64", "10.0.0.3"]
        );
        let bare = caller("10.0.0.1:5000", &[], &doors);
        assert_eq!((&*bare.address, bare.is_https), ("10.0.0.1", false));
    }

    #[test]
    fn a_foreign_name_is_refused_unless_given() {
        let doors = Doors {
            hosts: vec!["suitu.gz.example".into()],
            ..Doors::default()
        };
        let ok = |host: &str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
            doors.check_host(&headers).is_ok()
        };
        for good in [
            "suitu.gz.example",
            "SUITU.gz.example:443",
            "10.0.0.7:8080",
            "[::1]:80",
            "localhost",
        ] {
            assert!(ok(good), "{good}");
        }
        for bad in [
            "evil.example",
            "suitu.gz.example.evil.cn",
            "10.0.0.7.evil.cn",
            "",
        ] {
            assert!(!ok(bad), "{bad}");
        }
    }
}
