//! What a request asks: a question in its address or its body, with the form of the answer.

use axum::{
    Json,
    extract::{
        FromRequest, FromRequestParts, Query, Request,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    ApiError,
    answers::{Form, Format},
    bodies,
};
use crate::query::{self, Asked, Misread, Question};

/// A question in the address, with the form of the answer beside.
pub(super) fn asked<T>(question: Result<Query<T>, QueryRejection>) -> Result<T, ApiError> {
    match question {
        Ok(Query(question)) => Ok(question),
        Err(rejection) => {
            let text = rejection.body_text();
            let problem = text
                .rsplit_once("deserialize query string: ")
                .map_or(text.as_str(), |(_, p)| p);
            Err(misread(problem))
        }
    }
}

/// Why a question could not be read: perhaps the field, then what the reader says.
fn misread(text: &str) -> ApiError {
    let is_path = |path: &str| {
        let mut letters = path.chars();
        letters.all(|c| c.is_ascii_alphanumeric() || "_.[]".contains(c))
    };
    let (path, message) = match text.split_once(": ") {
        Some((path, message)) if is_path(path) => (path, message),
        _ => ("", text),
    };
    refused(Misread::of(path, message))
}

fn refused(Misread { field, problem }: Misread) -> ApiError {
    let problem = problem.en;
    match field {
        Some(field) => ApiError::BadField { field, problem },
        None => ApiError::BadRequest(problem),
    }
}

pub(super) fn posted<T>(question: Result<Json<T>, JsonRejection>) -> Result<T, ApiError> {
    match question {
        Ok(Json(question)) => Ok(question),
        Err(rejection) => match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Err(ApiError::LargeBody(bodies::MOST_BYTES)),
            StatusCode::UNPROCESSABLE_ENTITY => {
                let text = rejection.body_text();
                let problem = text.split_once("target type: ");
                Err(misread(problem.map_or(text.as_str(), |(_, p)| p)))
            }
            _ => Err(ApiError::BadRequest(rejection.body_text())),
        },
    }
}

/// A question and the form of its answer, both from the address.
#[derive(Clone, Debug)]
pub struct With<Q> {
    pub question: Q,
    pub form: Form,
}

impl<'de, Q: DeserializeOwned> serde::Deserialize<'de> for With<Q> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let all = std::collections::BTreeMap::<String, String>::deserialize(deserializer)?;
        let pick = |form: bool| {
            let pairs = all
                .iter()
                .filter(|(key, _)| matches!(key.as_str(), "format" | "lang") == form);
            let pairs: Vec<_> = pairs.collect();
            serde_urlencoded::to_string(pairs).map_err(D::Error::custom)
        };
        let question = serde_urlencoded::from_str(&pick(false)?).map_err(D::Error::custom)?;
        let form = serde_urlencoded::from_str(&pick(true)?).map_err(D::Error::custom)?;
        Ok(With { question, form })
    }
}

impl<S: Send + Sync, Q: DeserializeOwned> FromRequestParts<S> for With<Q> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let With { question, form } = asked(Query::from_request_parts(parts, state).await)?;
        let form = marked(form, parts);
        Ok(With { question, form })
    }
}

/// The form of an answer, from the address.
impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let form = asked(Query::from_request_parts(parts, state).await)?;
        Ok(marked(form, parts))
    }
}

/// Files say who took them away where that is asked for; answers on a screen are the same for all.
fn marked(form: Form, parts: &Parts) -> Form {
    let watermark = match form.format {
        Format::Json => None,
        _ => parts.extensions.get().cloned(),
    };
    Form { watermark, ..form }
}

/// A question in the body, the form of its answer in the address.
#[derive(Clone, Debug)]
pub struct Posted<Q>(pub With<Q>);

impl<S: Send + Sync, Q: DeserializeOwned> FromRequest<S> for Posted<Q> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let form = Form::from_request_parts(&mut parts, state).await?;
        let request = Request::from_parts(parts, body);
        let question = posted(Json::from_request(request, state).await)?;
        Ok(Posted(With { question, form }))
    }
}

/// The fields of a question in an address.
pub(super) struct InAddress(String);

impl InAddress {
    /// Those of an address that are not said beside the question.
    pub fn without(own: &[&str], query: Option<String>) -> Self {
        let is_own = |part: &&str| own.contains(&part.split('=').next().unwrap_or(""));
        let query = query.unwrap_or_default();
        let rest: Vec<&str> = query.split('&').filter(|part| !is_own(part)).collect();
        InAddress(rest.join("&"))
    }
}

impl Asked for InAddress {
    type Error = ApiError;

    fn read<Q: DeserializeOwned>(&self) -> Result<Q, ApiError> {
        serde_urlencoded::from_str(&self.0).map_err(|e| misread(&e.to_string()))
    }
}

/// The fields of a question in a body.
pub(super) struct InBody(pub Value);

impl Asked for InBody {
    type Error = ApiError;

    fn read<Q: DeserializeOwned>(&self) -> Result<Q, ApiError> {
        query::read_question(self.0.clone()).map_err(refused)
    }
}

/// The question of a name with its fields.
///
/// # Errors
/// No such question, or fields that are not its own.
pub(super) fn named(
    name: &str,
    fields: &impl Asked<Error = ApiError>,
) -> Result<Question, ApiError> {
    Question::read(name, fields)?.ok_or_else(|| ApiError::BadField {
        field: "question".into(),
        problem: format!("it is one of {}", Question::NAMES.join(", ")),
    })
}
