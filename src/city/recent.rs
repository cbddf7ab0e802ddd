use std::sync::{Arc, Mutex, PoisonError};

/// The few values that were asked for last, each made once and shared.
#[derive(Debug)]
pub struct Recent<K, V> {
    most: usize,
    /// The one asked for last stands last.
    known: Mutex<Vec<(K, Arc<V>)>>,
}

impl<K: PartialEq, V> Recent<K, V> {
    pub fn new(most: usize) -> Self {
        Recent {
            most,
            known: Mutex::default(),
        }
    }

    /// The value of a key; two threads that ask for a new one at once may both make it.
    pub fn get_or<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<Arc<V>, E> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let take = |known: &mut Vec<(K, Arc<V>)>| {
            let at = known.iter().position(|(other, _)| *other == key)?;
            Some(known.remove(at).1)
        };
        let mut known = lock();
        if let Some(value) = take(&mut known) {
            known.push((key, value.clone()));
            return Ok(value);
        }
        // Others go on while this one is made.
        drop(known);
        let made = Arc::new(make()?);
        let mut known = lock();
        take(&mut known);
        if known.len() >= self.most {
            known.remove(0);
        }
        known.push((key, made.clone()));
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recent_goes_first_and_errors_are_not_kept() {
        let recent = Recent::new(2);
        let ask = |key: u32, value: u32| *recent.get_or(key, || Ok::<_, ()>(value)).unwrap();
        assert_eq!((ask(1, 10), ask(2, 20), ask(1, 11)), (10, 20, 10));
        assert_eq!((ask(3, 30), ask(1, 12), ask(2, 21)), (30, 10, 21));
        assert!(recent.get_or(9, || Err(())).is_err());
        assert_eq!(ask(9, 90), 90);
    }
}
