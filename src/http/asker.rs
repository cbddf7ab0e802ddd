use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};

use super::snapshot::Snapshot;
use crate::{accounts::Actor, city::City, domain::Watermark};

/// What a request says beside its question: how it wants the answer, and what it already holds.
pub struct Asker {
    pub path: String,
    pub headers: HeaderMap,
    /// The scenario's city where the request names one; `None` is the city as it is.
    pub city: Option<Arc<City>>,
    /// Who asks, with what they may read, where there are accounts.
    pub who: Option<String>,
    /// What stands on a file that this asker takes away.
    pub watermark: Option<Watermark>,
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let actor = parts.extensions.get::<Arc<Actor>>();
        Ok(Asker {
            path: parts.uri.path().to_owned(),
            headers: parts.headers.clone(),
            city: parts.extensions.get().map(|Snapshot(city)| city.clone()),
            who: actor.and_then(|actor| actor.holder()),
            watermark: parts.extensions.get().cloned(),
        })
    }
}

impl Asker {
    /// Whether the answer may come later, as a job (RFC 7240, section 4.1).
    pub fn wants_job(&self) -> bool {
        let preferences = self.headers.get_all("prefer").iter();
        preferences
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|preference| preference.split(';').next())
            .any(|name| name.trim().eq_ignore_ascii_case("respond-async"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_respond_async_asks_for_a_job() {
        let wants = |prefer: &str| {
            let value = prefer.parse().expect("a header value");
            let headers = HeaderMap::from_iter([("prefer".parse().expect("a name"), value)]);
            let path = String::new();
            let (city, who) = (None, None);
            Asker {
                path,
                headers,
                city,
                who,
                watermark: None,
            }
            .wants_job()
        };
        assert!(wants("respond-async"));
        assert!(wants("return=minimal, Respond-Async; x=1, wait=10"));
        assert!(!wants("respond-asynchronously"));
        assert!(!wants("wait=10"));
    }
}
