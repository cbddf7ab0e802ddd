use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use geo::Geometry;

use crate::{city::City, cli::Failure, import::Locate};

/// Features by id and by every text attribute whose name ends in `code`.
/// A key that stands at two places finds neither.
pub(super) struct Keys {
    by_key: HashMap<String, Option<usize>>,
    pub places: Vec<geo::Point<f64>>,
    /// Whether some row named the place.
    is_named: Vec<AtomicBool>,
}

impl Keys {
    /// # Errors
    /// The city holds no such layer.
    pub fn of(city: &City, target: &str) -> Result<Self, Failure> {
        let loaded = city.layer(target, None);
        let loaded =
            loaded.ok_or_else(|| format!("--locate {target}: the city holds no such layer"))?;
        let index = &loaded.index;
        let codes: Vec<usize> = (0..loaded.layer().attributes.len())
            .filter(|&place| {
                loaded.layer().attributes[place]
                    .id
                    .as_str()
                    .ends_with("code")
            })
            .collect();
        let mut by_key: HashMap<String, Option<usize>> = HashMap::new();
        let mut places: Vec<geo::Point<f64>> = Vec::new();
        for feature in index.iter() {
            places.push(index.place(feature).into());
            let at = places.len() - 1;
            let texts = codes.iter().filter_map(|&code| index.text(feature, code));
            for key in texts.chain([index.id(feature)]) {
                match by_key.get_mut(key) {
                    None => drop(by_key.insert(key.to_owned(), Some(at))),
                    Some(Some(known)) if places[*known] == places[at] => {}
                    Some(known) => *known = None,
                }
            }
        }
        let is_named = places.iter().map(|_| AtomicBool::new(false)).collect();
        Ok(Keys {
            by_key,
            places,
            is_named,
        })
    }

    /// How many features no row has named.
    pub fn without_row(&self) -> u64 {
        let unnamed = |named: &&AtomicBool| !named.load(Ordering::Relaxed);
        self.is_named.iter().filter(unnamed).count() as u64
    }
}

impl Locate for Keys {
    fn locate(&self, key: &str) -> Option<Geometry<f64>> {
        let plain = || key.parse::<crate::domain::AreaCode>().ok();
        let known = |key: &str| self.by_key.get(key).copied();
        let at = known(key).or_else(|| known(plain()?.as_str()))??;
        self.is_named[at].store(true, Ordering::Relaxed);
        Some(self.places[at].into())
    }
}
