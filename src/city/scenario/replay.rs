use std::{convert::Infallible, sync::Arc};

use super::{Edit, EditError, EditStamp, ScenarioStamp, apply, stamp::mixed};
use crate::city::{City, recent::Recent};

/// A city after some edits.
pub(super) struct Replayed {
    pub city: City,
    /// The places of the edits that the city did not allow, and why.
    pub refused: Vec<(usize, EditError)>,
}

impl Replayed {
    /// `base` after all edits; what `cities` holds of those before the last is not made again.
    pub fn of(cities: &Recent<u64, Replayed>, base: &City, edits: &[Edit]) -> Arc<Self> {
        let mut keys = vec![base.stamp()];
        for (at, edit) in edits.iter().enumerate() {
            let json = serde_json::to_vec(&(at, &edit.change)).unwrap_or_default();
            keys.push(mixed(keys[at], json));
        }
        replayed(cities, base, &keys, edits)
    }

    /// Why an edit was left out, by its place.
    pub fn refusal(&self, at: usize) -> Option<&EditError> {
        let mut refused = self.refused.iter();
        refused.find(|(place, _)| *place == at).map(|(_, e)| e)
    }

    /// The city under the name of the scenario that `edits` are.
    pub fn stamped(&self, id: u64, name: &str, edits: Vec<Edit>) -> City {
        let told = edits.into_iter().enumerate().map(|(at, edit)| EditStamp {
            number: at as u64 + 1,
            kind: edit.change.kind(),
            text: edit.change.told(&self.city),
            note: edit.note,
            refused: self.refusal(at).map(|error| error.problem.clone()),
            change: edit.change,
        });
        let stamp = ScenarioStamp {
            id,
            name: name.to_owned(),
            edits: told.collect(),
        };
        let names = serde_json::to_vec(&stamp).unwrap_or_default();
        let named = mixed(self.city.stamp(), names);
        self.city.clone().with_stamp(named, Some(Arc::new(stamp)))
    }
}

/// The city that a list of edits makes of `base`, named as the scenario `id`; edits that `base` does
/// not allow are left out and named in its stamp. No store is asked: a report that carries its edits
/// is computed again after its scenario was changed or deleted.
pub fn replay(base: &City, id: u64, name: &str, edits: Vec<Edit>) -> City {
    let none = Recent::new(1);
    Replayed::of(&none, base, &edits).stamped(id, name, edits)
}

fn replayed(
    cities: &Recent<u64, Replayed>,
    base: &City,
    keys: &[u64],
    edits: &[Edit],
) -> Arc<Replayed> {
    let made = cities.get_or(keys[edits.len()], || {
        let Some((last, before)) = edits.split_last() else {
            return Ok::<_, Infallible>(Replayed {
                city: base.clone(),
                refused: Vec::new(),
            });
        };
        let before = replayed(cities, base, keys, before);
        let mut refused = before.refused.clone();
        let city = match apply(&before.city, edits.len() as u64, last) {
            Ok(city) => city,
            Err(error) => {
                refused.push((edits.len() - 1, error));
                before.city.clone()
            }
        };
        Ok(Replayed { city, refused })
    });
    made.unwrap_or_else(|never| match never {})
}
