//! How edits are made and answered: once for each key that comes with them.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApiError, AppState, Document, accounts::Noted, etag, once::Key};
use crate::{
    accounts::Actor,
    city::{
        City,
        edit::{EditFailure, EditedFeature, Editor, Plan},
    },
    domain::SecurityLevel,
    query::{self, Within},
    store::{ChangeNumber, KeptAnswer, Store, StoreError},
};

/// What the record adds where an edit that was made before is answered again.
const AGAIN: &str = "again";

/// Who edits, as the history remembers them, and what they may see.
#[derive(Clone, Debug)]
pub(super) struct Hand {
    pub who: String,
    pub clearance: SecurityLevel,
}

impl Hand {
    pub fn of(state: &AppState, actor: &Actor) -> Self {
        match (&actor.user, &state.access) {
            (Some(user), _) => Hand {
                who: user.to_string(),
                clearance: actor.grants.clearance,
            },
            (None, None) => Hand {
                who: "local".into(),
                clearance: SecurityLevel::Core,
            },
            // Nobody is let through where there are accounts; were they, they would see nothing.
            (None, Some(_)) => Hand {
                who: actor.name().to_owned(),
                clearance: SecurityLevel::Public,
            },
        }
    }

    pub fn editor<'a>(&'a self, why: &'a str) -> Editor<'a> {
        Editor {
            who: &self.who,
            why,
            clearance: self.clearance,
        }
    }

    /// The key of a request that asks for `asked`; what somebody may no longer see is not answered
    /// again.
    pub fn key(
        &self,
        headers: &HeaderMap,
        asked: &impl Serialize,
    ) -> Result<Option<Key>, ApiError> {
        Key::of(headers, &(self.clearance, asked))
    }
}

/// Edits that are to be made.
pub(super) struct Asked<P, A> {
    pub hand: Hand,
    pub why: String,
    pub key: Option<Key>,
    /// What they come to in a city.
    pub plan: P,
    /// What is answered where they are made.
    pub answer: A,
}

/// Makes edits and answers them; those that were made before under the same key are answered as they
/// were then.
pub(super) async fn make<P, A>(state: &AppState, asked: Asked<P, A>) -> Result<Response, ApiError>
where
    P: FnOnce(&City, &dyn Store, &Editor<'_>) -> Result<Plan, ApiError> + Send + 'static,
    A: FnOnce(&City, &Plan) -> EditAnswer + Send + 'static,
{
    let Asked {
        hand,
        why,
        key,
        plan,
        answer,
    } = asked;
    state
        .write(move |city, store| {
            let kept = key.as_ref().map(|key| store.answered(&hand.who, &key.key));
            if let (Some(key), Some(kept)) = (&key, kept.transpose()?.flatten()) {
                return again(key, &kept);
            }
            let editor = hand.editor(&why);
            let plan = plan(city, store, &editor)?;
            let answer = answer(city, &plan);
            let text = match key {
                Some(_) => serde_json::to_string(&answer),
                None => Ok(String::new()),
            };
            let text = text.map_err(|e| ApiError::Internal(e.to_string()))?;
            let once = key.as_ref().map(|key| key.once(&text));
            match (plan.commit(store, &editor, once), &key) {
                (Ok(number), _) => answer.respond(number),
                // Another server has made them meanwhile.
                (Err(EditFailure::Store(StoreError::Answered(kept))), Some(key)) => {
                    again(key, &kept)
                }
                (Err(failure), _) => Err(failure.into()),
            }
        })
        .await
}

/// The answer to what was done before under a key.
fn again(key: &Key, kept: &KeptAnswer) -> Result<Response, ApiError> {
    if key.digest != kept.digest {
        return Err(ApiError::KeyUsed);
    }
    let answer: EditAnswer = serde_json::from_str(&kept.answer)
        .map_err(|e| ApiError::Internal(format!("an answer that no Suitu kept: {e}")))?;
    let subject = format!("{} {AGAIN}", answer.subject);
    EditAnswer { subject, ..answer }.respond(kept.number)
}

/// The field of an answer that holds the number of the commit.
const NUMBER: &str = "data_version";

/// What is answered to edits, as it is kept for whoever sends them again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EditAnswer {
    status: u16,
    /// The etag begins with it.
    version: Option<String>,
    /// The address of what is new.
    place: Option<String>,
    /// What the record says.
    subject: String,
    body: Value,
}

impl EditAnswer {
    /// The first feature that a plan names, as it is left.
    pub fn of_feature(city: &City, plan: &Plan) -> Self {
        let feature = &plan.features()[0];
        let EditedFeature {
            layer, period, id, ..
        } = feature;
        let (version, body) = match plan.left(city, feature) {
            None => {
                let gone = json!({
                    "layer": layer, "period": period, "id": id, "version": null, NUMBER: null,
                });
                (etag::GONE.to_owned(), gone)
            }
            Some(left) => {
                let within = Within {
                    period,
                    codes: &left.codes,
                    boundaries: Some(period),
                };
                let told = query::feature_as(city, &left.layer, id, &left.state, &within);
                (left.state.version(&left.layer).to_string(), told)
            }
        };
        EditAnswer {
            status: StatusCode::OK.as_u16(),
            version: Some(version),
            place: None,
            subject: format!("{layer} {id}"),
            body,
        }
    }

    /// The same for a feature that is new.
    pub fn of_new(city: &City, plan: &Plan) -> Self {
        let made = &plan.features()[0];
        let place = format!(
            "/api/layers/{}/features/{}?period={}",
            made.layer,
            escaped(&made.id),
            made.period.as_str()
        );
        EditAnswer {
            status: StatusCode::CREATED.as_u16(),
            place: Some(place),
            ..EditAnswer::of_feature(city, plan)
        }
    }

    /// All features that the plan of `edits` edits names, with their versions.
    pub fn of_all(plan: &Plan, edits: usize) -> Self {
        let features = plan.features();
        let mut layers: Vec<&str> = features.iter().map(|f| f.layer.as_str()).collect();
        layers.sort_unstable();
        layers.dedup();
        let rows = features.iter().map(|feature| {
            json!({ "layer": feature.layer, "period": feature.period, "id": feature.id,
                    "version": feature.version })
        });
        EditAnswer {
            status: StatusCode::OK.as_u16(),
            version: None,
            place: None,
            subject: format!("{edits} {}", layers.join(" ")),
            body: json!({ NUMBER: null, "rows": rows.collect::<Vec<_>>() }),
        }
    }

    /// What is sent once the edits are in the commit `number`.
    fn respond(mut self, number: ChangeNumber) -> Result<Response, ApiError> {
        if let Some(told) = self.body.get_mut(NUMBER) {
            *told = json!(number);
        }
        let mut document = Document::json(&self.body)?;
        if let Some(version) = &self.version {
            document = document.tagged(version);
        }
        let mut response = document.respond(&HeaderMap::new());
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        let place = self.place.and_then(|p| HeaderValue::from_str(&p).ok());
        if let Some(place) = place {
            response.headers_mut().insert(header::LOCATION, place);
        }
        response.extensions_mut().insert(Noted(self.subject));
        Ok(response)
    }
}

/// An id as a part of an address.
fn escaped(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    id.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}
