//! The cities of district officials: exact in a scope, as published outside.
//!
//! Whoever asks reads the last one that was made of the scope; after an edit or a publication the next
//! is made away from all requests, however many commits came meanwhile. So nobody can tell by the clock
//! that something was edited elsewhere. Only who asks for a scope that nobody has asked for lately, or
//! after another key withdrew what was published, waits for the city to be made.

mod district;
mod keeper;
mod known;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::{
    accounts::Grants,
    city::{City, LiveCity},
    domain::AreaCode,
    protection::Ground,
    store::ChangeNumber,
};
use district::District;
use known::Known;

/// All cities of district officials.
#[derive(Clone)]
pub struct Districts(Arc<Inner>);

struct Inner {
    exact: Arc<LiveCity>,
    shown: Arc<ArcSwapOption<LiveCity>>,
    known: Mutex<Known>,
    /// What they were last made of; `None` where there are none.
    ground: Mutex<Option<Arc<Ground>>>,
    /// Told whenever a city is shown that is another one, and when there is another publication or none.
    swapped: watch::Sender<ChangeNumber>,
    /// How many cities were made while somebody waited.
    awaited: AtomicU64,
}

impl Districts {
    /// Those that are exact as `exact` and outside as what is `shown`.
    pub fn new(exact: Arc<LiveCity>, shown: Arc<ArcSwapOption<LiveCity>>) -> Self {
        Districts(Arc::new(Inner {
            exact,
            shown,
            known: Mutex::default(),
            ground: Mutex::default(),
            swapped: watch::Sender::new(0),
            awaited: AtomicU64::new(0),
        }))
    }

    /// The city of a scope and a clearance; `None` where nothing is published.
    pub fn city(&self, grants: &Grants) -> Option<Arc<City>> {
        let public = self.0.published()?;
        let district = self.0.district(&grants.scope);
        let made = match district.made_of(public.publication()) {
            Some(made) => made,
            None => district.make(&self.0, true)?,
        };
        Some(made.cleared(grants.clearance))
    }

    /// Hears of every city that is shown in place of another one of its scope.
    pub fn watch(&self) -> watch::Receiver<ChangeNumber> {
        self.0.swapped.subscribe()
    }

    /// How many cities were made while somebody waited.
    pub fn awaited(&self) -> u64 {
        self.0.awaited.load(Ordering::Relaxed)
    }
}

impl Inner {
    fn published(&self) -> Option<Arc<City>> {
        let city = self.shown.load().as_ref()?.snapshot();
        city.protection().is_some().then_some(city)
    }

    /// What all cities of now are made of; `None` where nothing is published.
    fn ground(&self) -> Option<Arc<Ground>> {
        let mut last = lock(&self.ground);
        let (exact, public) = (self.exact.snapshot(), self.published()?);
        let known = last.as_ref().filter(|last| last.is_of(&exact, &public));
        if let Some(known) = known {
            return Some(known.clone());
        }
        let ground = Arc::new(Ground::of(exact, public, last.as_deref()));
        *last = Some(ground.clone());
        Some(ground)
    }

    fn tell(&self) {
        self.swapped.send_modify(|times| *times += 1);
    }

    /// A scope, asked for by now, followed from now on.
    fn district(self: &Arc<Self>, scope: &[AreaCode]) -> Arc<District> {
        let mut known = lock(&self.known);
        if let Some(found) = known.find(scope) {
            return found;
        }
        let district = Arc::new(District::new(scope));
        if let Err(error) = keeper::begin(self, &mut known) {
            // It is made for this question alone: nobody would make it anew.
            tracing::warn!(%error, "cities of officials are made anew for each question");
            return district;
        }
        known.add(district.clone());
        district
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
