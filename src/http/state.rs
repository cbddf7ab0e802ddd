use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use axum::response::Response;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};

use super::{
    Access, ApiError, Asker, Bounds, Document, Doors,
    answers::Form,
    bodies::Bodies,
    computing::{Computations, Key, Line},
    districts::Districts,
    events::Seats,
    jobs::{self, Jobs},
    stream::Streams,
};
use crate::{
    accounts::{Accounts, Actor, Grants, audit::Recorder, rights::Reading},
    city::{self, City, LiveCity, LoadedLayer, Scenarios, scenario::Standpoint},
    domain::{LayerId, Period, SecurityLevel},
    publication::{Follow, Publisher},
    query::Limits,
    store::{ChangeNumber, Home, Store},
    tiles::{Shapes, TileCache},
};

/// How long a request may wait for its answer; a job may take longer.
const QUESTION_SECONDS: u64 = 60;

const TILE_CACHE_BYTES: u64 = 256 << 20;

/// How many tiles are made at once: one more than there are cores, so that none is idle.
fn tile_turns() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from) + 1
}

/// Outlines of a layer's state, by the state's name and version, and the publication that numbers it.
type ShapesKey = (LayerId, Period, u64, u64);

/// The city of a stamp without the layers above a clearance.
type Cleared = (u64, SecurityLevel, Arc<City>);

/// What all routes share.
#[derive(Clone)]
pub struct AppState {
    pub(super) live: Arc<LiveCity>,
    scenarios: Option<Scenarios>,
    /// The same scenarios, with the cities that they make of what others than exact readers read.
    protected_scenarios: Option<Scenarios>,
    /// Where edits go; without it the city is only read.
    store: Option<Arc<dyn Store>>,
    /// One edit at a time.
    writing: Arc<Mutex<()>>,
    pub(super) tiles: TileCache,
    /// Turns for making tiles: those who wait cost nothing.
    pub(super) tile_turns: Arc<Semaphore>,
    shapes: Arc<Mutex<HashMap<ShapesKey, Arc<Shapes>>>>,
    pub(super) computations: Computations,
    pub(super) jobs: Jobs,
    pub(super) streams: Streams,
    /// Turns of large bodies.
    pub(super) bodies: Bodies,
    /// Who listens to changes.
    pub(super) seats: Seats,
    /// Whether only this machine may ask: no accounts exist then.
    pub(super) loopback_only: bool,
    pub(super) metrics: Arc<super::health::Metrics>,
    /// Who may ask for what; without it whoever reaches the server.
    pub(super) access: Option<Arc<Access>>,
    /// The city for roles that read rounded counts.
    protected: Arc<ArcSwapOption<LiveCity>>,
    /// What publishes that city, where this server does.
    pub(super) publisher: Option<Arc<Publisher>>,
    /// Cities of district officials.
    pub(super) districts: Districts,
    /// The city of now by clearance.
    cleared: Arc<Mutex<Vec<Cleared>>>,
}

impl AppState {
    pub fn new(live: Arc<LiveCity>, loopback_only: bool) -> Self {
        AppState::bounded(live, loopback_only, Bounds::default())
    }

    pub fn bounded(live: Arc<LiveCity>, loopback_only: bool, bounds: Bounds) -> Self {
        let protected = Arc::default();
        AppState {
            districts: Districts::new(live.clone(), Arc::clone(&protected)),
            live,
            scenarios: None,
            protected_scenarios: None,
            store: None,
            writing: Arc::default(),
            tiles: TileCache::new(TILE_CACHE_BYTES),
            tile_turns: Arc::new(Semaphore::new(tile_turns())),
            shapes: Arc::default(),
            computations: Computations::new(bounds),
            jobs: Jobs::new(bounds),
            streams: Streams::default(),
            bodies: Bodies::default(),
            seats: Seats::default(),
            loopback_only,
            metrics: Arc::default(),
            access: None,
            protected,
            publisher: None,
            cleared: Arc::default(),
        }
    }

    /// The same routes, able to write into the city's store, which keeps its scenarios too.
    pub fn with_store(mut self, store: Arc<dyn Store>) -> Self {
        self.scenarios = Some(Scenarios::new(store.clone()));
        self.protected_scenarios = Some(Scenarios::new(store.clone()));
        self.store = Some(store);
        self
    }

    /// The same routes for those alone who may, with everything on record.
    pub fn with_accounts(
        mut self,
        accounts: Arc<Accounts>,
        recorder: Recorder,
        doors: Doors,
    ) -> Self {
        self.access = Some(Arc::new(Access::new(accounts, recorder, doors)));
        self.loopback_only = false;
        self
    }

    /// The same routes with a protected city for the roles that read rounded counts.
    pub fn with_protected(self, live: Arc<LiveCity>) -> Self {
        self.protected.store(Some(live));
        self
    }

    /// The same routes, publishing their city once a day into `home` by the key in a file; `home` is
    /// shown as the protected city as soon as there is a publication. With accounts, after these.
    pub fn with_publisher(mut self, home: Home, key: PathBuf, follow: Follow) -> Self {
        if let Some(store) = self.store.clone() {
            let (live, shown) = (self.live.clone(), self.protected.clone());
            let recorder = self.access.as_ref().map(|access| access.recorder.clone());
            let publisher = Publisher::new((live, store), (home, key), shown, follow, recorder);
            self.publisher = Some(Arc::new(publisher));
        }
        self
    }

    /// What publishes the protected city, where this server does.
    pub fn publisher(&self) -> Option<&Arc<Publisher>> {
        self.publisher.as_ref()
    }

    /// The one place that gives somebody a city: as exact as their roles read it, without the layers
    /// above their clearance. `None` where an operation reads no city.
    ///
    /// # Errors
    /// Roles that read rounded counts: this server does not have that city.
    pub(super) fn city_of(
        &self,
        actor: &Actor,
        reading: Reading,
    ) -> Result<Option<Arc<City>>, ApiError> {
        match reading {
            Reading::Nothing => Ok(None),
            Reading::Exact => Ok(Some(self.cleared(self.city(), actor.grants.clearance))),
            Reading::Protected | Reading::District => {
                let scoped = reading == Reading::District && !actor.grants.scope.is_empty();
                let city = match scoped {
                    true => self.districts.city(&actor.grants),
                    false => self
                        .published()
                        .map(|public| self.cleared(public, actor.grants.clearance)),
                };
                city.map(Some).ok_or_else(|| ApiError::Refused {
                    reason: "no_protected_city",
                    detail: "the roles of this account read rounded counts, and this server has \
                             no city of rounded counts: publish one (suitu protect publish) and \
                             serve it beside (suitu serve --protected), or grant a role that \
                             reads exact ones (planner, transport, steward)"
                        .into(),
                })
            }
        }
    }

    /// The protected city of now; none where its home no longer says that it is one.
    pub(super) fn published(&self) -> Option<Arc<City>> {
        let city = self.protected.load().as_ref()?.snapshot();
        city.protection().is_some().then_some(city)
    }

    /// A city of now without the layers above a clearance, made once for all who have it.
    fn cleared(&self, city: Arc<City>, clearance: SecurityLevel) -> Arc<City> {
        let protected = self.published().map(|city| city.stamp());
        let now = [Some(self.city().stamp()), protected];
        let mut known = self
            .cleared
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        known.retain(|(stamp, _, _)| now.contains(&Some(*stamp)));
        let found = known
            .iter()
            .find(|(stamp, level, _)| (*stamp, *level) == (city.stamp(), clearance));
        if let Some((_, _, found)) = found {
            return found.clone();
        }
        let cleared = city.cleared(clearance);
        known.push((city.stamp(), clearance, cleared.clone()));
        cleared
    }

    /// Writes into the store and shows the city with it: who asks next sees what was written.
    /// `write` is given the city as of the last commit, and the store.
    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&City, &dyn Store) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Some(store) = self.store.clone() else {
            return Err(ApiError::Refused {
                reason: "read_only",
                detail: "this city is served for reading only".into(),
            });
        };
        let (live, writing) = (self.live.clone(), self.writing.clone());
        let written = tokio::task::spawn_blocking(move || {
            // A panic in another edit has rolled its transaction back.
            let _one = writing
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(newer) = city::follow(&*store, &live.snapshot())? {
                live.publish(newer);
            }
            let done = write(&live.snapshot(), &*store)?;
            match city::follow(&*store, &live.snapshot()) {
                Ok(None) => {}
                Ok(Some(newer)) => {
                    live.publish(newer);
                    let after = live.snapshot();
                    // Who wrote need not wait for it.
                    tokio::task::spawn_blocking(move || after.join_streets());
                }
                // It is written all the same, and shown as soon as the home answers again.
                Err(error) => tracing::warn!(%error, "what was written is not shown yet"),
            }
            Ok(done)
        });
        let failed = |error: tokio::task::JoinError| ApiError::Internal(error.to_string());
        written.await.map_err(failed)?
    }

    /// Asks the city's store, away from the threads that serve requests.
    pub(super) async fn ask_store<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&City, &dyn Store) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Some(store) = self.store.clone() else {
            return Err(ApiError::Refused {
                reason: "read_only",
                detail: "this city is served without its store".into(),
            });
        };
        let city = self.city();
        let asked = tokio::task::spawn_blocking(move || ask(&city, &*store));
        asked.await.map_err(|e| ApiError::Internal(e.to_string()))?
    }

    /// Hears of every city that is shown in place of the one that somebody reads.
    pub(super) fn watch(&self, reading: Reading, grants: &Grants) -> watch::Receiver<ChangeNumber> {
        match (&*self.protected.load(), reading) {
            (_, Reading::District) if !grants.scope.is_empty() => self.districts.watch(),
            (Some(protected), Reading::Protected | Reading::District) => protected.watch(),
            _ => self.live.watch(),
        }
    }

    pub(super) fn city(&self) -> Arc<City> {
        self.live.snapshot()
    }

    /// The city that a request is about.
    ///
    /// # Errors
    /// There are accounts and none was chosen: never the whole city by mistake.
    pub(super) fn city_for(&self, chosen: Option<&Arc<City>>) -> Result<Arc<City>, ApiError> {
        match (chosen, &self.access) {
            (Some(city), _) => Ok(city.clone()),
            (None, None) => Ok(self.city()),
            (None, Some(_)) => Err(ApiError::Internal("no city was chosen".into())),
        }
    }

    /// Does something with the scenarios upon `base`, away from the threads that serve requests.
    pub(super) async fn with_scenarios<T: Send + 'static>(
        &self,
        base: Arc<City>,
        act: impl FnOnce(&Scenarios, &Arc<City>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let is_beside = base.protection().is_some() && self.city().protection().is_none();
        let (scenarios, standpoint) = match base.scope() {
            Some(scope) => (&self.protected_scenarios, Standpoint::within(scope)),
            None if is_beside => (&self.protected_scenarios, Standpoint::published()),
            None => (&self.scenarios, Standpoint::own()),
        };
        let scenarios = scenarios.as_ref().map(|all| all.seen_from(standpoint));
        let scenarios = scenarios.ok_or_else(|| ApiError::Refused {
            reason: "no_scenarios",
            detail: "this server keeps no scenarios".into(),
        })?;
        let done = tokio::task::spawn_blocking(move || act(&scenarios, &base));
        done.await.map_err(|e| ApiError::Internal(e.to_string()))?
    }

    /// Outlines for the tiles of a layer, made once per state.
    pub(super) fn shapes(&self, loaded: &LoadedLayer, publication: u64) -> Arc<Shapes> {
        let key = (
            loaded.layer().id.clone(),
            loaded.index.period().clone(),
            loaded.version,
            publication,
        );
        let mut known = self
            .shapes
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(shapes) = known.get(&key) {
            return shapes.clone();
        }
        let shapes = Arc::new(Shapes::of(&loaded.index));
        known.retain(|(layer, period, _, own), _| (layer, period, own) != (&key.0, &key.1, &key.3));
        known.insert(key, shapes.clone());
        shapes
    }

    /// Answers a question: from what is known, computed within time and memory, or as a job where
    /// the asker wants one. A request that is gone stops what nobody else waits for.
    pub(super) async fn ask<Q: Serialize + Send + 'static>(
        &self,
        asker: Asker,
        question: Q,
        form: Form,
        answer: impl FnOnce(&City, &Q, &Limits) -> Result<Document, ApiError> + Send + 'static,
    ) -> Result<Response, ApiError> {
        let city = self.city_for(asker.city.as_ref())?;
        let key = Key::new(&asker.path, &question, form, city.stamp())?;
        let compute = move |limits: &Limits| answer(&city, &question, limits);
        if asker.wants_job() {
            let begin = || self.computations.join_or_begin(key, Line::Jobs, compute);
            return Ok(jobs::accepted(
                &*self.jobs.accept(asker.path, asker.who, begin)?,
            ));
        }
        let computation = self
            .computations
            .join_or_begin(key, Line::Requests, compute);
        let time = Duration::from_secs(QUESTION_SECONDS);
        let outcome = tokio::time::timeout(time, computation.outcome()).await;
        let answer = outcome.map_err(|_| ApiError::TimedOut(QUESTION_SECONDS))??;
        Ok(answer.respond(&asker.headers))
    }
}
