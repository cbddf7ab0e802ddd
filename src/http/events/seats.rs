use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::ApiError;

/// Listeners at once: all of them, and of one account or address.
const MOST: usize = 2000;
const MOST_OF_ONE: usize = 32;

/// When it is worth trying again, seconds.
const AGAIN_S: u64 = 30;

/// How far apart listeners are told of a change, each of whom then asks for what is shown: a thousand
/// of them within half a second.
const APART: Duration = Duration::from_micros(500);

/// Who listens to events.
#[derive(Clone, Debug)]
pub struct Seats(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    taken: Mutex<HashMap<String, usize>>,
    /// How many were taken so far.
    given: AtomicUsize,
    closing: watch::Sender<bool>,
}

impl Default for Seats {
    fn default() -> Self {
        Seats(Arc::new(Inner {
            taken: Mutex::default(),
            given: AtomicUsize::new(0),
            closing: watch::Sender::new(false),
        }))
    }
}

impl Seats {
    /// A seat for one more listener.
    ///
    /// # Errors
    /// All are taken, or they have enough.
    pub fn take(&self, who: String) -> Result<Seat, ApiError> {
        let mut taken = self.0.lock();
        if taken.values().sum::<usize>() >= MOST {
            return Err(ApiError::Busy);
        }
        let own = taken.entry(who.clone()).or_default();
        if *own >= MOST_OF_ONE {
            return Err(ApiError::TooManyRequests(AGAIN_S));
        }
        *own += 1;
        Ok(Seat {
            number: self.0.given.fetch_add(1, Ordering::Relaxed),
            seats: self.clone(),
            who,
        })
    }

    /// Hears that the program stops.
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    /// Ends all events: the program stops.
    pub fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// How many listen.
    pub fn taken(&self) -> usize {
        self.0.lock().values().sum()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listener's seat, free again when it leaves.
#[derive(Debug)]
pub struct Seat {
    number: usize,
    seats: Seats,
    who: String,
}

impl Seat {
    /// How long this listener waits before it hears of a change: none where it is alone.
    pub fn delay(&self) -> Duration {
        let place = self.number % self.seats.taken().max(1);
        APART * u32::try_from(place).unwrap_or(u32::MAX)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock();
        if let Some(own) = taken.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_free_again_when_its_listener_leaves() {
        let seats = Seats::default();
        let take = |who: &str| seats.take(who.into());
        let mut own: Vec<Seat> = (0..MOST_OF_ONE).map(|_| take("a").expect("free")).collect();
        assert!(matches!(take("a"), Err(ApiError::TooManyRequests(_))));
        let other = take("b").expect("free for others");
        own.pop();
        take("a").expect("free again");
        assert_eq!(seats.taken(), MOST_OF_ONE);
        drop((own, other));
        assert_eq!(seats.taken(), 0);
    }

    #[test]
    fn listeners_hear_one_after_the_other_and_one_alone_at_once() {
        let seats = Seats::default();
        let first = seats.take("a".into()).expect("free");
        assert_eq!(first.delay(), Duration::ZERO);
        let names = (0..999).map(|n| n.to_string());
        let others: Vec<Seat> = names.map(|who| seats.take(who).expect("free")).collect();
        let mut delays: Vec<Duration> = others.iter().map(Seat::delay).collect();
        delays.push(first.delay());
        delays.sort_unstable();
        delays.dedup();
        assert_eq!(delays.len(), 1000);
        assert!(delays[999] < Duration::from_millis(500));
    }
}
