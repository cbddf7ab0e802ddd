//! The cities of district officials: exact in a scope, as published outside.
//!
//! Whoever asks reads the last one that was made of the scope; after an edit or a publication the next
//! is made away from all requests, however many commits came meanwhile. So nobody can tell by the clock
//! that something was edited elsewhere. Only who asks for a scope that nobody has asked for lately, or
//! after another key withdrew what was published, waits for the city to be made.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;

use crate::{
    accounts::Grants,
    city::{City, LiveCity},
    domain::{AreaCode, LayerId, Period, SecurityLevel},
    protection::{self, Joins},
    store::ChangeNumber,
};

/// How many scopes are kept, and for how long after they were last asked for.
const MOST: usize = 12;
const IDLE: Duration = Duration::from_secs(600);

/// How often it is looked whether cities have to be made anew.
const LOOK: Duration = Duration::from_millis(100);

/// All cities of district officials.
#[derive(Clone)]
pub struct Districts(Arc<Inner>);

struct Inner {
    exact: Arc<LiveCity>,
    shown: Arc<ArcSwapOption<LiveCity>>,
    known: Mutex<Known>,
    /// Told whenever a city is shown that is another one, and when there is another publication or none.
    swapped: watch::Sender<ChangeNumber>,
    /// How many cities were made while somebody waited.
    awaited: AtomicU64,
}

#[derive(Default)]
struct Known {
    districts: Vec<Arc<District>>,
    /// Whether a thread makes them anew.
    is_kept: bool,
}

/// One scope.
struct District {
    scope: Vec<AreaCode>,
    asked: Mutex<Instant>,
    making: Mutex<Making>,
    made: ArcSwapOption<Made>,
}

/// What the city of a scope was last made of.
#[derive(Default)]
struct Making {
    of: Option<Of>,
    joins: Joins,
}

#[derive(PartialEq, Eq)]
struct Of {
    /// The stamp of the published city, and by which key it is.
    public: (u64, u64),
    /// The states of the exact city, with the last commit that touched each.
    exact: Vec<(LayerId, Period, ChangeNumber)>,
    /// Which publication the exact city knows it as.
    publication: Option<u32>,
}

struct Made {
    /// By which key the published city is that it was made of.
    publication: u64,
    city: Arc<City>,
    /// Without the layers above a clearance.
    cleared: Mutex<Vec<(SecurityLevel, Arc<City>)>>,
}

impl Districts {
    /// Those that are exact as `exact` and outside as what is `shown`.
    pub fn new(exact: Arc<LiveCity>, shown: Arc<ArcSwapOption<LiveCity>>) -> Self {
        Districts(Arc::new(Inner {
            exact,
            shown,
            known: Mutex::default(),
            swapped: watch::Sender::new(0),
            awaited: AtomicU64::new(0),
        }))
    }

    /// The city of a scope and a clearance; `None` where nothing is published.
    pub fn city(&self, grants: &Grants) -> Option<Arc<City>> {
        let public = self.0.published()?;
        let district = self.0.district(&grants.scope);
        let made = district.made.load_full();
        let made = match made.filter(|made| made.publication == public.publication()) {
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

    fn tell(&self) {
        self.swapped.send_modify(|times| *times += 1);
    }

    /// A scope, asked for by now, followed from now on.
    fn district(self: &Arc<Self>, scope: &[AreaCode]) -> Arc<District> {
        let mut known = lock(&self.known);
        if let Some(found) = known.districts.iter().find(|d| d.scope == scope) {
            *lock(&found.asked) = Instant::now();
            return found.clone();
        }
        let district = Arc::new(District {
            scope: scope.to_vec(),
            asked: Mutex::new(Instant::now()),
            making: Mutex::default(),
            made: ArcSwapOption::empty(),
        });
        if !known.is_kept {
            let inner = Arc::downgrade(self);
            let keeping = std::thread::Builder::new().name("districts".into());
            if let Err(error) = keeping.spawn(move || keep(&Keeper(inner))) {
                // It is made for this question alone: nobody would make it anew.
                tracing::warn!(%error, "cities of officials are made anew for each question");
                return district;
            }
            known.is_kept = true;
        }
        while known.districts.len() >= MOST {
            let asked = known.districts.iter().map(|d| *lock(&d.asked));
            let Some((first, _)) = asked.enumerate().min_by_key(|(_, asked)| *asked) else {
                break;
            };
            known.districts.swap_remove(first);
        }
        known.districts.push(district.clone());
        district
    }

    /// The scopes that were asked for lately, that of the last question first; `None` where there are
    /// none and nobody needs to look again.
    fn asked_lately(&self) -> Option<Vec<Arc<District>>> {
        let mut known = lock(&self.known);
        known
            .districts
            .retain(|district| lock(&district.asked).elapsed() < IDLE);
        known.is_kept = !known.districts.is_empty();
        let mut asked = known.districts.clone();
        asked.sort_by_key(|district| std::cmp::Reverse(*lock(&district.asked)));
        known.is_kept.then_some(asked)
    }
}

impl District {
    /// Makes the city of now, unless that is the one which is there; `None` where nothing is published.
    fn make(&self, inner: &Inner, is_awaited: bool) -> Option<Arc<Made>> {
        let mut making = lock(&self.making);
        let Some(public) = inner.published() else {
            self.made.store(None);
            return None;
        };
        let exact = inner.exact.snapshot();
        let of = Of::now(&exact, &public);
        let shown = self.made.load_full();
        if let Some(shown) = shown.clone().filter(|_| making.of.as_ref() == Some(&of)) {
            return Some(shown);
        }
        // Versions of another key are numbered anew.
        let is_same_key = |before: &Of| before.public.1 == of.public.1;
        if !making.of.as_ref().is_some_and(is_same_key) {
            making.joins = Joins::default();
        }
        if is_awaited {
            inner.awaited.fetch_add(1, Ordering::Relaxed);
        }
        let (city, joins) = protection::exact_within(&exact, &public, &self.scope, &making.joins);
        (making.joins, making.of) = (joins, Some(of));
        // Where nothing of it is another, what was made of the one that is shown still holds.
        if let Some(shown) = shown.filter(|shown| shown.city.stamp() == city.stamp()) {
            return Some(shown);
        }
        let made = Arc::new(Made {
            publication: public.publication(),
            city: Arc::new(city.exact_in(&self.scope)),
            cleared: Mutex::default(),
        });
        self.made.store(Some(made.clone()));
        inner.tell();
        Some(made)
    }
}

impl Of {
    fn now(exact: &City, public: &City) -> Self {
        let states = protection::exact_states(exact).map(|loaded| {
            let layer = loaded.layer().id.clone();
            (layer, loaded.index.period().clone(), loaded.version)
        });
        Of {
            public: (public.stamp(), public.publication()),
            exact: states.collect(),
            publication: protection::publication(exact, public),
        }
    }
}

impl Made {
    /// Without the layers above a clearance, made once for all who have it.
    fn cleared(&self, clearance: SecurityLevel) -> Arc<City> {
        let mut known = lock(&self.cleared);
        if let Some((_, city)) = known.iter().find(|(level, _)| *level == clearance) {
            return city.clone();
        }
        let city = self.city.cleared(clearance);
        known.push((clearance, city.clone()));
        city
    }
}

/// Who makes cities anew; where that ends by a fault, nothing that was made is shown any more.
struct Keeper(Weak<Inner>);

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade().filter(|_| std::thread::panicking()) {
            *lock(&inner.known) = Known::default();
        }
    }
}

/// Makes the cities of the scopes that were asked for lately anew, as long as there are any.
fn keep(keeper: &Keeper) {
    let mut before = None;
    loop {
        std::thread::sleep(LOOK);
        let Some(inner) = keeper.0.upgrade() else {
            return;
        };
        // Looked at before the scopes: one that is asked for from here on is made of this or newer.
        let public = inner.published().map(|city| Arc::downgrade(&city));
        let public = public.unwrap_or_default();
        let now = (Arc::downgrade(&inner.exact.snapshot()), public);
        let Some(districts) = inner.asked_lately() else {
            return;
        };
        let is_as = |(exact, public): &(Weak<City>, Weak<City>)| {
            (exact.ptr_eq(&now.0), public.ptr_eq(&now.1))
        };
        let (is_exact_same, is_public_same) = before.as_ref().map_or((false, false), is_as);
        if is_exact_same && is_public_same {
            continue;
        }
        for district in districts {
            let made = catch_unwind(AssertUnwindSafe(|| district.make(&inner, false)));
            if made.is_err() {
                // Whoever asks next hears of it.
                tracing::error!("the city of an official cannot be made anew");
                district.made.store(None);
            }
        }
        if !is_public_same {
            inner.tell();
        }
        before = Some(now);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
