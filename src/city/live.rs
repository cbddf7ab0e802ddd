use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::City;
use crate::store::{ChangeNumber, epoch};

/// The city of now: readers take a snapshot and keep it as long as they like; a new one is
/// published in one step, and whoever watches is told.
#[derive(Debug)]
pub struct LiveCity {
    shown: ArcSwap<City>,
    published: watch::Sender<ChangeNumber>,
    /// The newest commit that the home was found to hold, and when that was.
    heard: Mutex<(ChangeNumber, Instant)>,
}

/// How far a city that is shown is behind its home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Changes that the home was found to hold and that are not shown yet.
    pub changes: u64,
    /// Since the home was last heard of.
    pub silence: Duration,
}

impl LiveCity {
    pub fn new(city: City) -> Self {
        LiveCity {
            published: watch::Sender::new(city.version()),
            heard: Mutex::new((city.version(), Instant::now())),
            shown: ArcSwap::from_pointee(city),
        }
    }

    pub fn snapshot(&self) -> Arc<City> {
        self.shown.load_full()
    }

    /// Shows `city` from now on; one that is older than what is shown already is passed over, unless
    /// what is shown was lost.
    pub fn publish(&self, city: City) {
        let city = Arc::new(city);
        self.shown.rcu(|shown| match city.supersedes(shown) {
            true => city.clone(),
            false => shown.clone(),
        });
        self.published.send_replace(city.version());
    }

    /// Takes down that the home answered, and the newest commit that it holds.
    pub fn hear(&self, newest: ChangeNumber) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = (newest, Instant::now());
    }

    pub fn lag(&self) -> Lag {
        let (newest, at) = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = self.shown.load().version();
        // Of an epoch that begins above what is shown all its changes are not shown.
        let before = shown.max(epoch(newest) << 32);
        Lag {
            changes: newest.saturating_sub(before),
            silence: at.elapsed(),
        }
    }

    /// Hears of every city that is shown from now on.
    pub fn watch(&self) -> watch::Receiver<ChangeNumber> {
        self.published.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;
    use crate::domain::Catalog;

    #[test]
    fn a_city_is_behind_by_what_its_home_holds_and_it_does_not_show() {
        let city = |version| City::new(Arc::new(Catalog::default()), version, BTreeMap::new(), []);
        let live = LiveCity::new(city(7));
        let behind = |live: &LiveCity| live.lag().changes;
        assert_eq!(behind(&live), 0);
        live.hear(9);
        assert_eq!(behind(&live), 2);
        live.publish(city(9));
        assert_eq!(behind(&live), 0);
        // The third change of another epoch.
        live.hear((1 << 32) + 3);
        assert_eq!(behind(&live), 3);
        live.publish(city((1 << 32) + 2));
        assert_eq!(behind(&live), 1);
    }
}
