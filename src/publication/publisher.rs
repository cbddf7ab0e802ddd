use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak},
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;

use super::{
    KeyTold, Status,
    key_file::{self, KeyError, Successor},
};
use crate::{
    accounts::audit::{Entry, Recorder},
    city::{self, City, LiveCity, LoadError},
    clock,
    domain::{Catalog, CatalogError, Protection},
    protection::{self, Policy, PublishError},
    store::{self, Home, Store, StoreError},
};

/// How often is looked whether the day is over, and how long a failed publication rests.
const LOOK: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_secs(1800);

/// Why something is not done with the publication.
#[derive(Debug, thiserror::Error)]
pub enum PublisherError {
    #[error(
        "there is a key already, and what is published was rounded by it: another key is taken by \
         rotation alone"
    )]
    KeyThere,
    #[error(
        "the city was published by a key that this server does not have: put the key file back, or \
         take another key by rotation, which withdraws that publication"
    )]
    PublishedOtherwise,
    #[error("there is neither a key nor a publication yet: make the key first")]
    NothingThere,
    #[error("the fingerprint is not the one of now; read it again and type it as it stands")]
    NotConfirmed,
    #[error("the city is being published at this moment; try again when that is done")]
    Busy,
    #[error(
        "the publication is in a database, which this server cannot empty: stop all servers, give \
         the publication an empty database (`suitu migrate`), end the key (`suitu protect retire`), move \
         its file away, start them, and make the key"
    )]
    InDatabase,
    #[error("what --protected names is no published city; nothing was withdrawn")]
    NotPublished,
    #[error("the file of the publication cannot be removed, so the key stays as it is")]
    NotWithdrawn,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Definition(#[from] CatalogError),
}

/// What shows the changes of a home in a city until that is gone.
pub type Follow = fn(Arc<dyn Store>, Weak<LiveCity>);

/// Publishes the city that a server shows into the one that it shows beside, once a day by one key.
pub struct Publisher {
    home: Home,
    key: PathBuf,
    catalog: Arc<Catalog>,
    live: Arc<LiveCity>,
    exact: Arc<dyn Store>,
    /// The published city for the roles that read it.
    shown: Arc<ArcSwapOption<LiveCity>>,
    follow: Follow,
    /// Where it is recorded that the city was published, and how that ended.
    recorder: Option<Recorder>,
    /// One publication, or change of the key, at a time.
    work: Mutex<()>,
    last: Mutex<Last>,
}

/// The last publication by this server.
#[derive(Default)]
struct Last {
    day: Option<String>,
    failed: Option<(String, Instant)>,
}

impl Publisher {
    /// Publishes what `live` shows of `exact` into `home` by the key in the file `key`, and shows it as
    /// `shown`.
    pub fn new(
        (live, exact): (Arc<LiveCity>, Arc<dyn Store>),
        (home, key): (Home, PathBuf),
        shown: Arc<ArcSwapOption<LiveCity>>,
        follow: Follow,
        recorder: Option<Recorder>,
    ) -> Self {
        Publisher {
            home,
            key,
            catalog: live.snapshot().catalog().clone(),
            live,
            exact,
            shown,
            follow,
            recorder,
            work: Mutex::default(),
            last: Mutex::default(),
        }
    }

    /// How it stands.
    pub fn status(&self) -> Status {
        let key = key_file::read(&self.key);
        let published = self.published();
        let protection = published.as_deref().and_then(City::protection);
        let behind = match (&key, protection) {
            (Ok(Some(policy)), Some(protection))
                if policy.fingerprint() == protection.fingerprint =>
            {
                let (of, now) = (self.published_of(), self.exact.change_number());
                of.zip(now.ok()).map(|(of, now)| of != policy.name_of(now))
            }
            _ => None,
        };
        let last = self.last();
        Status {
            served: published.is_some(),
            publishes: true,
            rotates: self.home.file().is_some(),
            key_problem: key.as_ref().err().map(ToString::to_string),
            key: key.ok().flatten().map(|policy| KeyTold {
                k: policy.k(),
                fingerprint: policy.fingerprint(),
            }),
            publication: protection.cloned(),
            behind,
            publishing: matches!(self.work.try_lock(), Err(TryLockError::WouldBlock)),
            failed: last.failed.as_ref().map(|(why, _)| why.clone()),
        }
    }

    /// Makes the key, once for a city; publish afterwards.
    ///
    /// # Errors
    /// A k out of bounds, a key or a publication that is there or was, or what the file system says.
    pub fn make_key(&self, k: u32) -> Result<KeyTold, PublisherError> {
        let _one = self.alone()?;
        if key_file::read(&self.key).map_or(true, |key| key.is_some()) {
            return Err(PublisherError::KeyThere);
        }
        if self.published().is_some() {
            return Err(PublisherError::PublishedOtherwise);
        }
        if let Some(known) = protection::published_key(&*self.exact)? {
            return Err(PublishError::OtherKey(known).into());
        }
        let policy = key_file::drawn(k)?;
        key_file::make(&self.key, &policy)?;
        Ok(told(&policy))
    }

    /// Withdraws the publication and takes another key in place of the one that it was made by; publish
    /// afterwards. `confirmed` is the fingerprint of now.
    ///
    /// # Errors
    /// It is not, a k out of bounds, a publication that this server cannot withdraw, or what the file
    /// system says. Then all stays as it was.
    pub fn rotate(&self, k: u32, confirmed: &str) -> Result<KeyTold, PublisherError> {
        let _one = self.alone()?;
        let published = self.published();
        let published = published.as_deref().and_then(City::protection);
        let of_key = || key_file::read(&self.key).ok().flatten();
        let now = match published {
            Some(protection) => Some(protection.fingerprint.clone()),
            None => of_key().map(|policy| policy.fingerprint()),
        };
        let now = now.ok_or(PublisherError::NothingThere)?;
        if confirmed.trim() != now {
            return Err(PublisherError::NotConfirmed);
        }
        if self.home.file().is_none() {
            return Err(PublisherError::InDatabase);
        }
        let policy = key_file::drawn(k)?;
        let successor = Successor::write(&self.key, &policy)?;
        if self.home.exists() {
            let there = store::open(&self.home, Arc::new(self.catalog.protected()))?;
            if there.setting(Protection::SETTING)?.is_none() {
                return Err(PublisherError::NotPublished);
            }
        }
        // What is interrupted from here on is published anew, by the key that is there then.
        let shown = self.shown.swap(None);
        self.home.discard();
        if self.home.exists() {
            self.shown.store(shown);
            return Err(PublisherError::NotWithdrawn);
        }
        protection::retire_key(&*self.exact, &now)?;
        self.catch_up()?;
        successor.take_place()?;
        *self.last() = Last::default();
        Ok(told(&policy))
    }

    /// Publishes the city of now and shows it, where there is a key.
    ///
    /// # Errors
    /// A key that cannot be read, a home that another key has published, and what the homes say.
    pub fn publish(&self) -> Result<(), PublisherError> {
        let _one = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        self.publish_on_record()
    }

    fn publish_on_record(&self) -> Result<(), PublisherError> {
        let done = self.publish_alone();
        if !matches!(done, Ok(None)) {
            self.record(done.is_ok());
        }
        let mut last = self.last();
        match &done {
            Ok(day) => (last.day, last.failed) = (day.clone(), None),
            Err(error) => {
                tracing::warn!(%error, "the city could not be published");
                last.failed = Some((error.to_string(), Instant::now()));
            }
        }
        done.map(drop)
    }

    fn record(&self, is_done: bool) {
        let Some(recorder) = &self.recorder else {
            return;
        };
        let key = key_file::read(&self.key).ok().flatten();
        recorder.note(Entry {
            at_ms: clock::unix_ms(),
            who: "server".into(),
            credential: "machine".into(),
            origin: "local".into(),
            act: "protect publish".into(),
            subject: key.map_or_else(String::new, |policy| {
                format!("k={} fingerprint={}", policy.k(), policy.fingerprint())
            }),
            outcome: if is_done { "done" } else { "failed" }.into(),
            times: 1,
        });
    }

    /// The day, where there is a key.
    fn publish_alone(&self) -> Result<Option<String>, PublisherError> {
        let Some(policy) = key_file::read(&self.key)? else {
            return Ok(None);
        };
        self.catalog.check_publishable()?;
        let (now, start) = (clock::now(), Instant::now());
        let day = now.split('T').next().unwrap_or_default().to_owned();
        let is_new = !self.home.exists();
        let target = store::open_or_create(&self.home, Arc::new(self.catalog.protected()))?;
        let city = self.live.snapshot();
        let done = protection::publish(&city, &*self.exact, &*target, &policy, &day);
        drop(target);
        self.catch_up()?;
        if done.is_err() && is_new {
            self.home.discard();
        }
        done?;
        self.show()?;
        let milliseconds = start.elapsed().as_millis() as u64;
        tracing::info!(day, milliseconds, "the city is published");
        Ok(Some(day))
    }

    /// Follows what this server wrote itself, which no home tells it of: what is published as one.
    fn catch_up(&self) -> Result<(), PublisherError> {
        if let Some(newer) = city::follow(&*self.exact, &self.live.snapshot())? {
            self.live.publish(newer);
        }
        Ok(())
    }

    /// Shows the published city, unless it is shown and followed already.
    fn show(&self) -> Result<(), PublisherError> {
        let store = store::open(&self.home, self.catalog.clone())?;
        if let Some(live) = &*self.shown.load() {
            if let Some(newer) = city::follow(&*store, &live.snapshot())? {
                live.publish(newer);
            }
            return Ok(());
        }
        let city = city::load(&*store, self.catalog.clone())?;
        let live = Arc::new(LiveCity::new(city));
        (self.follow)(store, Arc::downgrade(&live));
        self.shown.store(Some(live));
        Ok(())
    }

    /// Publishes whenever a day is over, until the publisher is gone.
    pub fn keep(publisher: Weak<Publisher>) {
        while let Some(this) = publisher.upgrade() {
            // Nobody else is at it, and it still is to be done.
            if let Ok(turn) = this.alone() {
                if this.is_due() {
                    this.publish_on_record().ok();
                }
                drop(turn);
            }
            drop(this);
            std::thread::sleep(LOOK);
        }
    }

    /// Whether there is a key, and today's publication is lacking or was interrupted.
    pub fn is_due(&self) -> bool {
        let now = clock::now();
        let today = now.split('T').next().unwrap_or_default();
        let mut last = self.last();
        if let Some((_, at)) = &last.failed {
            return at.elapsed() > AGAIN;
        }
        let of = self.published();
        let of = of.as_deref().and_then(City::protection);
        let is_of_today = of.is_some_and(|protection| protection.published == today);
        // One that was interrupted does not say what it was made of.
        if last.day.as_deref() != Some(today) && is_of_today && self.published_of().is_some() {
            last.day = Some(today.to_owned());
        }
        last.day.as_deref() != Some(today) && self.key.exists()
    }

    fn published(&self) -> Option<Arc<City>> {
        let city = self.shown.load().as_ref()?.snapshot();
        city.protection().is_some().then_some(city)
    }

    /// Names the commit that the publication was made of.
    fn published_of(&self) -> Option<String> {
        if !self.home.exists() {
            return None;
        }
        let store = store::open(&self.home, self.catalog.clone()).ok()?;
        let of = store.setting(Protection::OF).ok().flatten();
        of.filter(|of| !of.is_empty())
    }

    fn alone(&self) -> Result<MutexGuard<'_, ()>, PublisherError> {
        match self.work.try_lock() {
            Ok(turn) => Ok(turn),
            Err(TryLockError::Poisoned(turn)) => Ok(turn.into_inner()),
            Err(TryLockError::WouldBlock) => Err(PublisherError::Busy),
        }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(policy: &Policy) -> KeyTold {
    KeyTold {
        k: policy.k(),
        fingerprint: policy.fingerprint(),
    }
}
