use std::{sync::Arc, time::Duration};

use super::district::District;
use crate::domain::AreaCode;

/// How many scopes are kept, how many bytes their cities may hold of their own, and how long a scope is
/// kept after it was last asked for. Beyond that each question makes a city: the bounds are far above
/// what all districts and subdistricts of a large city come to.
const MOST: usize = 1024;
const MOST_BYTES: usize = 2 << 30;
const IDLE: Duration = Duration::from_secs(600);

/// The scopes that are followed.
#[derive(Default)]
pub(super) struct Known {
    districts: Vec<Arc<District>>,
    /// Whether a thread makes them anew.
    pub is_kept: bool,
}

impl Known {
    /// A scope that is followed, asked for by now.
    pub fn find(&self, scope: &[AreaCode]) -> Option<Arc<District>> {
        let found = self.districts.iter().find(|own| own.scope == scope)?;
        found.ask();
        Some(found.clone())
    }

    /// Follows one more; those that nobody asked for for longest make room.
    pub fn add(&mut self, district: Arc<District>) {
        while self.is_full() {
            let asked = self.districts.iter().map(|own| own.asked());
            let Some((first, _)) = asked.enumerate().min_by_key(|(_, asked)| *asked) else {
                break;
            };
            self.districts.swap_remove(first);
        }
        self.districts.push(district);
    }

    fn is_full(&self) -> bool {
        let bytes: usize = self.districts.iter().map(|own| own.bytes()).sum();
        self.districts.len() >= MOST || bytes > MOST_BYTES
    }

    /// Those that were asked for lately, that of the last question first.
    pub fn asked_lately(&mut self) -> Vec<Arc<District>> {
        self.districts.retain(|own| own.was_asked_within(IDLE));
        let mut asked = self.districts.clone();
        asked.sort_by_key(|own| std::cmp::Reverse(own.asked()));
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn district(number: usize) -> Arc<District> {
        let code = format!("{number:06}").parse().expect("a code");
        Arc::new(District::new(&[code]))
    }

    fn is_known(known: &Known, number: usize) -> bool {
        let code: AreaCode = format!("{number:06}").parse().expect("a code");
        known
            .districts
            .iter()
            .any(|own| own.scope == [code.clone()])
    }

    #[test]
    fn of_too_many_scopes_those_make_room_that_nobody_asked_for_for_longest() {
        let mut known = Known::default();
        (0..MOST).for_each(|number| known.add(district(number)));
        known.find(&district(0).scope).expect("it is followed");
        known.add(district(MOST));
        assert_eq!(known.districts.len(), MOST);
        assert!(is_known(&known, 0) && !is_known(&known, 1) && is_known(&known, MOST));
        assert_eq!(known.asked_lately().len(), MOST);
        assert_eq!(known.asked_lately()[0].scope, district(MOST).scope);
    }

    #[test]
    fn large_cities_make_room_before_they_are_too_many() {
        let mut known = Known::default();
        for number in 0..6 {
            let large = district(number);
            large.set_bytes(MOST_BYTES / 3);
            known.add(large);
        }
        assert!((3..5).contains(&known.districts.len()));
        assert!(!is_known(&known, 0) && is_known(&known, 5));
        // One that is larger than all may be is kept as long as it is alone.
        let huge = district(6);
        huge.set_bytes(2 * MOST_BYTES);
        known.add(huge);
        known.add(district(7));
        assert!(!is_known(&known, 6) && is_known(&known, 7));
    }
}
