//! Who may ask at all, and the headers that every answer carries.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{ApiError, AppState, accounts::bare};

/// Without accounts only this machine may ask, by its own name and without a proxy between; with
/// accounts whoever knows the server by its name.
pub async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let checked = match &state.access {
        Some(access) => access.doors.check_host(headers),
        None if state.loopback_only => check_loopback(headers),
        None => Ok(()),
    };
    match checked {
        Ok(()) => with_headers(next.run(request).await),
        Err(error) => with_headers(error.into_response()),
    }
}

fn check_loopback(headers: &HeaderMap) -> Result<(), ApiError> {
    let forwarded = [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-real-ip",
        "via",
    ];
    if forwarded.iter().any(|name| headers.contains_key(*name)) {
        return Err(ApiError::Forbidden(
            "this city has no accounts and is open to its own machine only, not through a proxy",
        ));
    }
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("?").to_owned())
    };
    if text(header::HOST).is_some_and(|host| !is_loopback_host(&host)) {
        return Err(ApiError::Forbidden(
            "this city has no accounts and is open to its own machine only, by 127.0.0.1 or localhost",
        ));
    }
    let origin_ok = |origin: String| {
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        is_loopback_host(host)
    };
    if text(header::ORIGIN).is_some_and(|origin| !origin_ok(origin)) {
        return Err(ApiError::Forbidden(
            "pages of other sites may not ask this city",
        ));
    }
    Ok(())
}

/// Whether a host, with or without port, is this machine.
fn is_loopback_host(host: &str) -> bool {
    let name = bare(host);
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; \
     connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "localhost:8080",
            "LOCALHOST",
            "[::1]:8080",
        ] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in [
            "example.org",
            "127.0.0.1.example.org",
            "10.0.0.1:80",
            "",
            "localhost.evil.cn",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
