use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
    time::Duration,
};

use super::{Inner, Known, lock};
use crate::city::City;

/// How often it is looked whether cities have to be made anew.
const LOOK: Duration = Duration::from_millis(100);

/// Who makes cities anew; where that ends by a fault, nothing that was made is shown any more.
struct Keeper(Weak<Inner>);

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade().filter(|_| std::thread::panicking()) {
            *lock(&inner.known) = Known::default();
        }
    }
}

/// Begins to make cities anew, unless that is done already.
pub(super) fn begin(inner: &Arc<Inner>, known: &mut Known) -> io::Result<()> {
    if !known.is_kept {
        let keeper = Keeper(Arc::downgrade(inner));
        let thread = std::thread::Builder::new().name("districts".into());
        thread.spawn(move || keep(&keeper))?;
        known.is_kept = true;
    }
    Ok(())
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
        let mut known = lock(&inner.known);
        let districts = known.asked_lately();
        if districts.is_empty() {
            known.is_kept = false;
            drop(known);
            *lock(&inner.ground) = None;
            return;
        }
        drop(known);
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
                district.forget();
            }
        }
        if !is_public_same {
            inner.tell();
        }
        before = Some(now);
    }
}
