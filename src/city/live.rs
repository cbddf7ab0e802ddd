use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use super::City;
use crate::store::ChangeNumber;

/// The city of now: readers take a snapshot and keep it as long as they like; a new one is
/// published in one step, and whoever watches is told.
#[derive(Debug)]
pub struct LiveCity {
    shown: ArcSwap<City>,
    published: watch::Sender<ChangeNumber>,
}

impl LiveCity {
    pub fn new(city: City) -> Self {
        LiveCity {
            published: watch::Sender::new(city.version()),
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

    /// Hears of every city that is shown from now on.
    pub fn watch(&self) -> watch::Receiver<ChangeNumber> {
        self.published.subscribe()
    }
}
