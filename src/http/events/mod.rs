//! What changed, told as it happens (事件): the version of the city and of its layers, and nothing of
//! what is in them.

mod seats;

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::State,
    http::HeaderValue,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use serde_json::{Map, json};
use tokio::sync::watch;

use super::{ApiError, AppState, accounts::Caller};
use crate::{
    accounts::{
        AccountError, Actor, HOLDS_WHILE_AWAY,
        rights::{self, Reading},
    },
    city::City,
    clock,
    store::ChangeNumber,
};

use seats::Seat;
pub use seats::Seats;

/// How often a listener hears something even where nothing changes, and is looked at again: whoever
/// is signed out, or lost the right, hears no more after this.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The version of the city and of every layer that whoever asks may see, now and at every change.
///
/// Each event `version` has all of them: who missed some has missed nothing. For roles that read
/// rounded counts they are those of the publication. The events end with the session.
#[utoipa::path(get, path = "/api/events", tag = "city",
    responses((status = 200, description = "events `version` with `{version, layers: {layer: version}, publication}`", content_type = "text/event-stream", body = String),
              (status = 429, description = "this account listens often enough already")))]
pub async fn list_changes(
    State(state): State<AppState>,
    actor: Actor,
    caller: Caller,
) -> Result<Response, ApiError> {
    let who = match &actor.user {
        Some(user) => format!("@{user}"),
        None => caller.address,
    };
    let listener = Listener::new(state, actor, who).await?;
    let events = Sse::new(listener.events());
    let mut response = events
        .keep_alive(KeepAlive::new().interval(HEARTBEAT))
        .into_response();
    // A proxy passes each on as it comes.
    let headers = response.headers_mut();
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Listener {
    state: AppState,
    actor: Actor,
    published: watch::Receiver<ChangeNumber>,
    closing: watch::Receiver<bool>,
    told: String,
    /// When it was last looked whose session it is, and how often the accounts had been changed.
    looked: Option<(Instant, u64)>,
    seat: Seat,
}

impl Listener {
    async fn new(state: AppState, actor: Actor, who: String) -> Result<Self, ApiError> {
        // Refused at once where nothing may be read.
        seen(&state, &actor).await?;
        Ok(Listener {
            published: state.watch(reading(&state, &actor)?, &actor.grants),
            closing: state.seats.closing(),
            seat: state.seats.take(who)?,
            told: String::new(),
            looked: None,
            state,
            actor,
        })
    }

    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut listener| async {
            let version = listener.next().await?;
            let event = Event::default().event("version").data(version);
            Some((Ok(event), listener))
        })
    }

    /// The next version that was not told yet; `None` where there is nothing more to hear.
    async fn next(&mut self) -> Option<String> {
        loop {
            if *self.closing.borrow() {
                return None;
            }
            // Whatever is shown after this wakes the wait below.
            self.published.borrow_and_update();
            self.look().await?;
            let city = seen(&self.state, &self.actor).await.ok()?;
            let version = version(&city);
            if version != self.told {
                self.told.clone_from(&version);
                return Some(version);
            }
            tokio::select! {
                // Not all ask anew at the same moment.
                shown = self.published.changed() => {
                    shown.ok()?;
                    tokio::time::sleep(self.seat.delay()).await;
                }
                _ = self.closing.changed() => return None,
                () = tokio::time::sleep(HEARTBEAT) => {}
            }
        }
    }

    /// Who listens, with what they may read by now; `None` where the session has ended.
    async fn look(&mut self) -> Option<()> {
        let Some(access) = self.state.access.clone() else {
            return Some(());
        };
        let changes = access.accounts.changes();
        let is_known = |(at, before): (Instant, u64)| before == changes && at.elapsed() < HEARTBEAT;
        if self.looked.is_some_and(is_known) {
            return Some(());
        }
        let credential = self.actor.credential.clone();
        let now_s = clock::unix_seconds();
        let looked = access.with(move |accounts| accounts.standing(&credential, now_s));
        match looked.await {
            Ok(actor) => {
                self.actor = actor?;
                self.looked = Some((Instant::now(), changes));
            }
            // Whoever listens goes on as long as whoever asks.
            Err(ApiError::Account(AccountError::Unreachable(_)))
                if self
                    .looked
                    .is_some_and(|(at, _)| at.elapsed() < HOLDS_WHILE_AWAY) => {}
            Err(_) => return None,
        }
        Some(())
    }
}

/// How exactly somebody reads; without accounts all is exact.
fn reading(state: &AppState, actor: &Actor) -> Result<Reading, ApiError> {
    if state.access.is_none() {
        return Ok(Reading::Exact);
    }
    let rule = rights::rule("GET", "/api/events");
    let rule = rule.ok_or_else(|| ApiError::Internal("events have no entry".into()))?;
    Ok(rule.decide(actor)?)
}

/// The city that somebody reads; one that has to be made, away from the threads that serve requests.
async fn seen(state: &AppState, actor: &Actor) -> Result<Arc<City>, ApiError> {
    if state.access.is_none() {
        return Ok(state.city());
    }
    let city = match reading(state, actor)? {
        // It may have to be made first, which takes a while.
        reading @ Reading::District => {
            let (state, actor) = (state.clone(), actor.clone());
            let chosen = tokio::task::spawn_blocking(move || state.city_of(&actor, reading));
            chosen
                .await
                .map_err(|e| ApiError::Internal(e.to_string()))?
        }
        reading => state.city_of(actor, reading),
    };
    city?.ok_or_else(|| ApiError::Internal("events are of no city".into()))
}

/// The whole numbers that a browser keeps to the last digit.
const EXACT_NUMBERS: u64 = (1 << 53) - 1;

fn version(city: &City) -> String {
    let mut layers = Map::new();
    for loaded in city.all_states() {
        let version = layers.entry(loaded.layer().id.as_str()).or_insert(json!(0));
        // Another number whenever a state is another, and the commit itself where there is but one.
        let all = version.as_u64().unwrap_or(0).wrapping_add(loaded.version);
        *version = json!(all & EXACT_NUMBERS);
    }
    // Larger than what a browser keeps to the last digit.
    let publication = format!("{:x}", city.publication());
    json!({ "version": city.version(), "layers": layers, "publication": publication }).to_string()
}
