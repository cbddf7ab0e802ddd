use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;

use super::{Inner, lock};
use crate::{
    city::City,
    domain::{AreaCode, SecurityLevel},
    protection::{self, Joins},
};

/// One scope.
pub(super) struct District {
    pub scope: Vec<AreaCode>,
    asked: Mutex<Instant>,
    making: Mutex<Making>,
    made: ArcSwapOption<Made>,
    bytes: AtomicUsize,
}

/// What the city of a scope was last made of.
#[derive(Default)]
struct Making {
    ground: Option<u64>,
    joins: Joins,
}

pub(super) struct Made {
    /// By which key the published city is that it was made of.
    publication: u64,
    city: Arc<City>,
    /// Without the layers above a clearance.
    cleared: Mutex<Vec<(SecurityLevel, Arc<City>)>>,
}

impl District {
    /// One that is asked for now.
    pub fn new(scope: &[AreaCode]) -> Self {
        District {
            scope: scope.to_vec(),
            asked: Mutex::new(Instant::now()),
            making: Mutex::default(),
            made: ArcSwapOption::empty(),
            bytes: AtomicUsize::new(0),
        }
    }

    pub fn ask(&self) {
        *lock(&self.asked) = Instant::now();
    }

    pub fn asked(&self) -> Instant {
        *lock(&self.asked)
    }

    pub fn was_asked_within(&self, duration: Duration) -> bool {
        self.asked().elapsed() < duration
    }

    /// What its city holds that nobody else does, about.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    pub fn set_bytes(&self, bytes: usize) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// The last city that was made of a publication.
    pub fn made_of(&self, publication: u64) -> Option<Arc<Made>> {
        let made = self.made.load_full();
        made.filter(|made| made.publication == publication)
    }

    /// Shows nothing that was made before; whoever asks next waits.
    pub fn forget(&self) {
        self.made.store(None);
    }

    /// Makes the city of now, unless that is the one which is there; `None` where nothing is published.
    pub fn make(&self, inner: &Inner, is_awaited: bool) -> Option<Arc<Made>> {
        let mut making = lock(&self.making);
        let Some(ground) = inner.ground() else {
            self.made.store(None);
            return None;
        };
        let shown = self.made.load_full();
        if let Some(shown) = shown
            .clone()
            .filter(|_| making.ground == Some(ground.number()))
        {
            return Some(shown);
        }
        if is_awaited {
            inner.awaited.fetch_add(1, Ordering::Relaxed);
        }
        let (city, joins) = protection::exact_within(&ground, &self.scope, &making.joins);
        self.set_bytes(joins.heap_bytes());
        (making.joins, making.ground) = (joins, Some(ground.number()));
        // Where nothing of it is another, what was made of the one that is shown still holds.
        if let Some(shown) = shown.filter(|shown| shown.city.stamp() == city.stamp()) {
            return Some(shown);
        }
        let made = Arc::new(Made::new(city.exact_in(&self.scope)));
        self.made.store(Some(made.clone()));
        inner.tell();
        Some(made)
    }
}

impl Made {
    fn new(city: City) -> Self {
        Made {
            publication: city.publication(),
            city: Arc::new(city),
            cleared: Mutex::default(),
        }
    }

    /// Without the layers above a clearance, made once for all who have it.
    pub fn cleared(&self, clearance: SecurityLevel) -> Arc<City> {
        let mut known = lock(&self.cleared);
        if let Some((_, city)) = known.iter().find(|(level, _)| *level == clearance) {
            return city.clone();
        }
        let city = self.city.cleared(clearance);
        known.push((clearance, city.clone()));
        city
    }
}
