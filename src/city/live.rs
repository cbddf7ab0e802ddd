use std::sync::Arc;

use arc_swap::ArcSwap;

use super::City;

/// The city of now: readers take a snapshot and keep it as long as they like; a new one is
/// published in one step.
#[derive(Debug)]
pub struct LiveCity(ArcSwap<City>);

impl LiveCity {
    pub fn new(city: City) -> Self {
        LiveCity(ArcSwap::from_pointee(city))
    }

    pub fn snapshot(&self) -> Arc<City> {
        self.0.load_full()
    }

    /// Shows `city` from now on; one that is older than what is shown already is passed over.
    pub fn publish(&self, city: City) {
        let city = Arc::new(city);
        self.0.rcu(|shown| match shown.version() > city.version() {
            true => shown.clone(),
            false => city.clone(),
        });
    }
}
