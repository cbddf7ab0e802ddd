use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    accounts::AccountError,
    city::{
        LoadError,
        edit::{EditFailure, EditFault},
        scenario::{EditError, ScenarioError},
    },
    domain::Reason,
    query::{self, QueryError},
    store::{EditConflict, StoreError},
};

/// How many of the places that a refusal is about are named in it.
const NAMED: usize = 5;

/// Why a request has no answer; becomes problem details (RFC 9457).
#[derive(Clone, Debug, thiserror::Error)]
pub enum ApiError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("{field}: {problem}")]
    BadField { field: String, problem: String },
    #[error("edit {number}: {error}")]
    BadEdit { number: u64, error: EditError },
    /// What was to be changed is not what whoever asks has seen.
    #[error("{0}")]
    Changed(String),
    #[error("edit {}: {}", .0[0].number, .0[0].error)]
    BadEdits(Vec<EditFault>),
    #[error("the features were changed meanwhile: look at them again, then repeat what you did")]
    EditConflicts(Vec<EditConflict>),
    #[error("{0}")]
    PreconditionRequired(&'static str),
    /// There is nothing to do that to; `reason` is for programs.
    #[error("{detail}")]
    Nothing {
        reason: &'static str,
        detail: String,
    },
    #[error("{0}")]
    BadRequest(String),
    #[error("the body is too large: at most {} MB", .0 >> 20)]
    LargeBody(usize),
    /// Refused before a route saw it.
    #[error("{detail}")]
    Unread { status: StatusCode, detail: String },
    #[error("this address does not take that method")]
    WrongMethod,
    #[error("there is no {what} `{name}`")]
    NotFound { what: &'static str, name: String },
    #[error("{0}")]
    Forbidden(&'static str),
    #[error(
        "the answer takes longer than {0} s; ask for less at once, or ask with \
         `Prefer: respond-async` and fetch it later"
    )]
    TimedOut(u64),
    #[error("the job took longer than {0} s; ask for less at once")]
    JobTimedOut(u64),
    #[error("too many questions at once; try again in a moment")]
    Busy,
    #[error("too many jobs wait already; try again later")]
    TooManyJobs,
    #[error("the job is not done yet")]
    NotYet,
    #[error("the job was cancelled; ask anew")]
    JobCancelled,
    #[error(
        "{0}: it holds an identity number, which is kept nowhere; take it out \
         (含有公民身份号码，系统不予保存，请删去)"
    )]
    IdentityNumber(&'static str),
    /// What is asked for needs something that this machine does not have yet.
    #[error("{0}")]
    NotReady(String),
    /// Whoever asks may not; `reason` is for programs.
    #[error("{detail}")]
    Refused {
        reason: &'static str,
        detail: String,
    },
    #[error("too many requests; try again in {0} s")]
    TooManyRequests(u64),
    #[error("the home of the city cannot be reached now; try again in a moment")]
    NoHome(String),
    #[error(
        "this server reaches only a standby of the city's database, which is read and not written: \
         nothing was written. Edit at a server of the primary; after a failover repeat it once the \
         standby is promoted"
    )]
    Standby(String),
    #[error(
        "the connection to the home of the city was lost while the change was written, so it may have \
         been written or not: repeat it with the same Idempotency-Key, which never writes it twice; \
         without a key look before you repeat it"
    )]
    Unsure(String),
    #[error(
        "this Idempotency-Key was given to another edit before, or by other rights: repeat that one as \
         it was, or give every edit a key of its own"
    )]
    KeyUsed,
    #[error(
        "the disk of the city's home is full, so nothing was written; whoever runs the server has to make room"
    )]
    NoRoom(String),
    #[error("what is done cannot be recorded now, so nothing is done; the server's log says why")]
    NotRecorded,
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error("the server failed; its log says why")]
    Internal(String),
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreachable(cause) => ApiError::NoHome(cause),
            StoreError::Standby(cause) => ApiError::Standby(cause),
            StoreError::Unsure(cause) => ApiError::Unsure(cause),
            StoreError::NoRoom(cause) => ApiError::NoRoom(cause),
            other => ApiError::Internal(other.to_string()),
        }
    }
}

impl From<LoadError> for ApiError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => error.into(),
            other => ApiError::Internal(other.to_string()),
        }
    }
}

impl ApiError {
    /// The one place where errors become status codes.
    fn status(&self) -> StatusCode {
        match self {
            ApiError::Query(QueryError::NotFound { .. } | QueryError::NoPeriod { .. })
            | ApiError::NotFound { .. } => StatusCode::NOT_FOUND,
            ApiError::Query(
                QueryError::Field { .. }
                | QueryError::NoService { .. }
                | QueryError::NoVehicle { .. }
                | QueryError::NoCrosswalk { .. }
                | QueryError::NotCarried { .. }
                | QueryError::Beyond { .. }
                | QueryError::Unmeasurable { .. },
            )
            | ApiError::BadField { .. }
            | ApiError::IdentityNumber(_)
            | ApiError::BadEdit { .. }
            | ApiError::BadEdits(_)
            | ApiError::BadRequest(_) => StatusCode::BAD_REQUEST,
            ApiError::Query(QueryError::TooLarge { .. }) | ApiError::LargeBody(_) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            ApiError::Unread { status, .. } => *status,
            ApiError::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            ApiError::Forbidden(_) => StatusCode::FORBIDDEN,
            ApiError::Refused { reason, .. } => match *reason {
                "sign_in" | "token" => StatusCode::UNAUTHORIZED,
                _ => StatusCode::FORBIDDEN,
            },
            ApiError::TooManyRequests(_) | ApiError::Account(AccountError::Delayed(_)) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            ApiError::Account(error) => match error {
                AccountError::Fields(_)
                | AccountError::NotTogether(..)
                | AccountError::NoInvitation => StatusCode::BAD_REQUEST,
                AccountError::NotByProvider => StatusCode::FORBIDDEN,
                AccountError::WrongCredentials | AccountError::CodeNeeded => {
                    StatusCode::UNAUTHORIZED
                }
                AccountError::NoUser(_) | AccountError::NoToken(_) => StatusCode::NOT_FOUND,
                AccountError::UserThere(_) | AccountError::Refused { .. } => StatusCode::CONFLICT,
                AccountError::NoRoom
                | AccountError::ReadOnly { .. }
                | AccountError::Unreachable(_) => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
            ApiError::NotYet | ApiError::Nothing { .. } => StatusCode::CONFLICT,
            ApiError::KeyUsed => StatusCode::UNPROCESSABLE_ENTITY,
            ApiError::Changed(_) | ApiError::EditConflicts(_) => StatusCode::PRECONDITION_FAILED,
            ApiError::PreconditionRequired(_) => StatusCode::PRECONDITION_REQUIRED,
            ApiError::JobCancelled => StatusCode::GONE,
            ApiError::Query(QueryError::Cancelled)
            | ApiError::TimedOut(_)
            | ApiError::JobTimedOut(_)
            | ApiError::Busy
            | ApiError::TooManyJobs
            | ApiError::NotRecorded
            | ApiError::NoHome(_)
            | ApiError::Standby(_)
            | ApiError::Unsure(_)
            | ApiError::NoRoom(_)
            | ApiError::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
            ApiError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What a client is told; the cause of a failure is not for them.
    fn detail(&self) -> String {
        match (self, self.cause()) {
            (
                ApiError::NoHome(_)
                | ApiError::Standby(_)
                | ApiError::Unsure(_)
                | ApiError::NoRoom(_),
                _,
            )
            | (_, None) => self.to_string(),
            (ApiError::Account(AccountError::ReadOnly { .. }), _) => {
                "the accounts are read-only for this server, so nothing was written; its log says which \
                 file is to be made writable"
                    .into()
            }
            (_, Some(_)) => "the server failed; its log says why".into(),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            ApiError::Query(
                QueryError::Field { field, .. }
                | QueryError::NoService { field, .. }
                | QueryError::NoVehicle { field, .. }
                | QueryError::Beyond { field, .. }
                | QueryError::Unmeasurable { field, .. },
            ) => Some(field),
            ApiError::Query(QueryError::NoPeriod { .. }) => Some("period"),
            ApiError::Query(QueryError::NoCrosswalk { .. }) => Some("level"),
            ApiError::Query(QueryError::NotCarried { .. }) => Some("question"),
            ApiError::BadField { field, .. } => Some(field),
            ApiError::IdentityNumber(field) => Some(field),
            ApiError::BadEdit { error, .. } => Some(error.field),
            ApiError::BadEdits(faults) => faults.first().map(|fault| fault.error.field),
            ApiError::Account(AccountError::Fields(faults)) => {
                faults.first().map(|fault| fault.field)
            }
            _ => None,
        }
    }

    /// For programs to tell by.
    fn reason(&self) -> Option<&'static str> {
        match self {
            ApiError::Refused { reason, .. } | ApiError::Nothing { reason, .. } => Some(reason),
            ApiError::Query(QueryError::NoService { .. }) => Some("no_service"),
            ApiError::Query(QueryError::NoVehicle { .. }) => Some("no_vehicle"),
            ApiError::Query(QueryError::NoCrosswalk { .. }) => Some("no_crosswalk"),
            ApiError::Query(QueryError::NotCarried { .. }) => Some("not_carried"),
            ApiError::Query(QueryError::Beyond { .. }) => Some("beyond"),
            ApiError::Query(QueryError::Unmeasurable { reason, .. }) => match reason {
                Reason::OffNetwork => Some("off_network"),
                _ => Some("not_in_table"),
            },
            ApiError::Query(QueryError::TooLarge { .. }) => Some("too_large"),
            ApiError::Query(QueryError::NotFound { .. })
            | ApiError::NotFound { .. }
            | ApiError::Account(AccountError::NoUser(_) | AccountError::NoToken(_)) => {
                Some("not_found")
            }
            ApiError::IdentityNumber(_) => Some("identity_number"),
            ApiError::Changed(_) => Some("changed"),
            ApiError::TimedOut(_) | ApiError::JobTimedOut(_) => Some("timed_out"),
            ApiError::Busy | ApiError::TooManyJobs => Some("busy"),
            ApiError::Query(QueryError::Cancelled) | ApiError::JobCancelled => Some("cancelled"),
            ApiError::NoHome(_) | ApiError::Account(AccountError::Unreachable(_)) => {
                Some("no_home")
            }
            ApiError::Standby(_) => Some("standby"),
            ApiError::NoRoom(_) | ApiError::Account(AccountError::NoRoom) => Some("no_room"),
            ApiError::Account(AccountError::ReadOnly { .. }) => Some("read_only_accounts"),
            ApiError::Unsure(_) => Some("unsure"),
            ApiError::KeyUsed => Some("key_used"),
            ApiError::NotRecorded => Some("not_recorded"),
            ApiError::NotReady(_) => Some("not_ready"),
            ApiError::Internal(_) => Some("failed"),
            ApiError::Account(AccountError::WrongCredentials) => Some("wrong_credentials"),
            ApiError::Account(AccountError::CodeNeeded) => Some("code_needed"),
            ApiError::Account(AccountError::Delayed(_)) => Some("delayed"),
            ApiError::Account(AccountError::NoInvitation) => Some("no_invitation"),
            ApiError::Account(AccountError::NotTogether(..)) => Some("not_together"),
            ApiError::Account(AccountError::UserThere(_)) => Some("user_there"),
            _ => None,
        }
    }

    /// What the words of the reason are to name.
    fn values(&self) -> Option<serde_json::Value> {
        match self {
            ApiError::Query(QueryError::NoService { date, nearest, .. }) => {
                Some(json!({ "date": date, "nearest": nearest }))
            }
            ApiError::Query(QueryError::NoVehicle {
                date,
                first_departure,
                last_departure,
                last_arrival,
                ..
            }) => Some(json!({
                "date": date,
                "first_departure": first_departure,
                "last_departure": last_departure,
                "last_arrival": last_arrival,
            })),
            ApiError::Query(QueryError::NoCrosswalk {
                old,
                new,
                only_then,
                only_now,
                ..
            }) => Some(json!({
                "old": old,
                "new": new,
                "only_then": only_then.iter().take(NAMED).collect::<Vec<_>>(),
                "only_now": only_now.iter().take(NAMED).collect::<Vec<_>>(),
            })),
            ApiError::Query(QueryError::NotCarried { old, new, .. }) => {
                Some(json!({ "old": old, "new": new }))
            }
            ApiError::Query(QueryError::Beyond { most, unit, .. }) => {
                Some(json!({ "most": most, "unit": unit }))
            }
            ApiError::Query(QueryError::Unmeasurable { names, .. }) => {
                let names: Vec<&String> = names.iter().take(NAMED).collect();
                Some(json!({ "names": names }))
            }
            ApiError::Query(QueryError::TooLarge { allowed_mb }) => {
                Some(json!({ "allowed_mb": allowed_mb }))
            }
            ApiError::Query(QueryError::NotFound { what, name })
            | ApiError::NotFound { what, name } => Some(json!({ "what": what, "name": name })),
            ApiError::TimedOut(seconds) | ApiError::JobTimedOut(seconds) => {
                Some(json!({ "seconds": seconds }))
            }
            ApiError::Account(AccountError::UserThere(name)) => Some(json!({ "name": name })),
            ApiError::Account(AccountError::NoUser(name)) => {
                Some(json!({ "what": "account", "name": name }))
            }
            ApiError::Account(AccountError::NoToken(id)) => {
                Some(json!({ "what": "token", "name": id }))
            }
            _ => None,
        }
    }

    /// Problem details (RFC 9457).
    pub fn problem(&self) -> serde_json::Value {
        let status = self.status();
        let mut problem = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("error"),
            "status": status.as_u16(),
            "detail": self.detail(),
        });
        if let Some(reason) = self.reason() {
            problem["reason"] = json!(reason);
        }
        if let Some(values) = self.values() {
            problem["values"] = values;
        }
        if let Some(field) = self.field() {
            problem["field"] = json!(field);
        }
        if let ApiError::Query(QueryError::NoPeriod { known, .. }) = self {
            problem["periods"] = json!(known);
        }
        if let ApiError::BadEdit { number, error } = self {
            problem["edit"] = json!(number);
            problem["message"] = json!(error.problem);
        }
        if let ApiError::BadEdits(faults) = self {
            problem["message"] = json!(faults.first().map(|fault| &fault.error.problem));
            let told = faults.iter().map(|EditFault { number, error }| {
                json!({ "edit": number, "field": error.field, "message": error.problem })
            });
            problem["faults"] = told.collect();
        }
        if let ApiError::Account(AccountError::Fields(faults)) = self {
            problem["faults"] = json!(faults);
        }
        if let ApiError::Account(refused @ AccountError::Refused { .. }) = self {
            problem["message"] = json!(refused.told());
        }
        if let ApiError::EditConflicts(conflicts) = self {
            problem["conflicts"] = conflicts.iter().map(conflict).collect();
        }
        problem
    }

    /// What only the log says.
    pub fn cause(&self) -> Option<&str> {
        match self {
            ApiError::Internal(cause)
            | ApiError::NoHome(cause)
            | ApiError::Standby(cause)
            | ApiError::Unsure(cause)
            | ApiError::NoRoom(cause) => Some(cause),
            ApiError::Account(
                AccountError::Backend(cause)
                | AccountError::Unreachable(cause)
                | AccountError::ReadOnly { path: cause },
            ) => Some(cause),
            ApiError::Account(AccountError::Open { problem, .. }) => Some(&problem.en),
            _ => None,
        }
    }

    /// When it is worth asking again.
    fn retry_after_s(&self) -> Option<u64> {
        match self {
            ApiError::TooManyJobs => Some(30),
            ApiError::NotYet => Some(1),
            ApiError::TooManyRequests(seconds) => Some(*seconds),
            ApiError::Account(AccountError::Delayed(seconds)) => u64::try_from(*seconds).ok(),
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }
}

/// A feature that is not what was seen, as it is now.
fn conflict(conflict: &EditConflict) -> serde_json::Value {
    let EditConflict {
        layer,
        period,
        id,
        found,
    } = conflict;
    let current = found
        .as_ref()
        .map(|state| query::feature_state(layer, id, state));
    json!({ "layer": layer.id, "period": period, "id": id, "current": current })
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = self.cause() {
            tracing::error!(%cause, "request failed");
        }
        let mut response = (self.status(), Json(self.problem())).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_s() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

fn nothing(reason: &'static str, detail: String) -> ApiError {
    ApiError::Nothing { reason, detail }
}

impl From<ScenarioError> for ApiError {
    fn from(error: ScenarioError) -> Self {
        let text = error.to_string();
        match error {
            ScenarioError::Store(StoreError::NoScenario(id)) => ApiError::NotFound {
                what: "scenario",
                name: id.to_string(),
            },
            ScenarioError::Store(StoreError::ScenarioChanged { .. }) => ApiError::Changed(text),
            ScenarioError::Store(error) => error.into(),
            ScenarioError::Edit { number, error } => ApiError::BadEdit { number, error },
            ScenarioError::Field { field, problem } => ApiError::BadField {
                field: field.into(),
                problem: problem.into(),
            },
            ScenarioError::Identity(field) => ApiError::IdentityNumber(field),
            ScenarioError::NothingToUndo => nothing("nothing_to_undo", text),
            ScenarioError::NothingToRedo => nothing("nothing_to_redo", text),
            ScenarioError::Withheld(_) => ApiError::Refused {
                reason: "scenario_withheld",
                detail: text,
            },
            ScenarioError::OfOthers => ApiError::Refused {
                reason: "scenario_of_others",
                detail: text,
            },
            ScenarioError::TooMany | ScenarioError::Damaged(_) => ApiError::BadRequest(text),
        }
    }
}

impl From<EditFailure> for ApiError {
    fn from(failure: EditFailure) -> Self {
        let text = failure.to_string();
        match failure {
            EditFailure::Faults(faults) => ApiError::BadEdits(faults),
            EditFailure::Conflicts(conflicts) => ApiError::EditConflicts(conflicts),
            EditFailure::NothingToUndo => nothing("nothing_to_undo", text),
            EditFailure::ChangedOutside => nothing("changed_outside", text),
            EditFailure::NoSuchEdit(number) => ApiError::NotFound {
                what: "edit",
                name: number.to_string(),
            },
            EditFailure::Identity => ApiError::IdentityNumber("reason"),
            EditFailure::LongReason => ApiError::BadField {
                field: "reason".into(),
                problem: text,
            },
            EditFailure::Size => ApiError::BadField {
                field: "edits".into(),
                problem: text,
            },
            EditFailure::Protected => ApiError::Refused {
                reason: "published_city",
                detail: text,
            },
            // Another program has added a row of that id meanwhile.
            EditFailure::Store(StoreError::DuplicateId { .. }) => nothing("duplicate_id", text),
            EditFailure::Store(error) => error.into(),
        }
    }
}
