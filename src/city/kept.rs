use std::{
    any::Any,
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What was computed of a snapshot and may be wanted again: it lives as long as the snapshot.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<BTreeMap<String, Arc<dyn Any + Send + Sync>>>);

/// Beyond so many nothing is kept but the newest.
const MOST: usize = 512;

impl Kept {
    /// What stands under `key`, made where it is not there. Two who ask at once may both make it.
    pub fn find_or_make<T: Any + Send + Sync, E>(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(key).cloned();
        if let Some(known) = known.and_then(|known| known.downcast::<T>().ok()) {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        let mut kept = lock();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key.to_owned(), made.clone());
        Ok(made)
    }
}
