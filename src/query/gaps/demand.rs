use std::sync::Arc;

use crate::{
    city::{City, LoadedLayer},
    domain::{Demand, LayerKind, LeftOut, Period},
    index::{Cell, FeatureRef},
    query::sources::{CountSource, population},
};

/// The people who want a service, home by home.
#[derive(Clone)]
pub(in crate::query) struct People {
    pub loaded: Arc<LoadedLayer>,
    /// The counts that are added up, by their place in the layer.
    places: Vec<usize>,
}

impl People {
    /// All residents of a caliber (an attribute), or of the first filled one.
    pub fn residents(city: &City, caliber: Option<&str>, period: Option<&Period>) -> Option<Self> {
        population(city, caliber, period).map(|source| People {
            places: vec![source.place],
            loaded: source.loaded,
        })
    }

    /// `None` where no home says how many they are.
    pub fn of(
        city: &City,
        demand: &Demand,
        caliber: Option<&str>,
        period: Option<&Period>,
    ) -> Option<Self> {
        if demand.attributes.is_empty() {
            return People::residents(city, caliber, period);
        }
        let mut homes = city
            .layers_at(period)
            .filter(|loaded| loaded.layer().kind == LayerKind::Residence);
        homes.find_map(|loaded| {
            let filled = |id: &crate::domain::AttributeId| {
                let mut counts = loaded.layer().counts().enumerate();
                let (count, (place, _)) = counts.find(|(_, (_, a))| a.id == *id)?;
                let source = CountSource {
                    loaded: loaded.clone(),
                    place,
                    count,
                };
                source.ever_filled().then_some(place)
            };
            let places = demand.attributes.iter().map(filled);
            Some(People {
                places: places.collect::<Option<_>>()?,
                loaded: loaded.clone(),
            })
        })
    }

    /// How many live in a home; unknown where any of the counts is missing.
    pub fn at(&self, home: FeatureRef) -> Option<i64> {
        let value = |place: &usize| self.loaded.index.integer(home, *place);
        self.places.iter().map(value).sum()
    }

    /// Home by home in the order of the index.
    pub fn all(&self) -> Vec<Option<i64>> {
        match self.places[..] {
            [place] => self.loaded.index.integers(place).collect(),
            _ => self.loaded.index.iter().map(|home| self.at(home)).collect(),
        }
    }

    /// The same in one cell, row by row.
    pub fn in_cell<'s>(&'s self, cell: &'s Cell) -> impl Iterator<Item = Option<i64>> + 's {
        (0..cell.len()).map(|row| self.in_row(cell, row))
    }

    /// The people of a row of a cell.
    #[inline]
    pub fn in_row(&self, cell: &Cell, row: usize) -> Option<i64> {
        let value = |place: &usize| cell.columns()[*place].integer(row);
        match &self.places[..] {
            [place] => value(place),
            places => places.iter().map(value).sum(),
        }
    }

    /// Names the counts among those of their layer.
    pub fn key(&self) -> impl Iterator<Item = u64> + '_ {
        self.places.iter().map(|place| *place as u64)
    }

    /// The attributes that are added up.
    pub fn attributes(&self) -> impl Iterator<Item = &crate::domain::Attribute> {
        let layer = self.loaded.layer();
        self.places
            .iter()
            .map(move |place| &layer.attributes[*place])
    }

    /// Counts homes without a value, and those outside all areas.
    pub fn leave_out(&self, values: &[Option<i64>], zones: &[Option<u32>], left_out: &mut LeftOut) {
        let missing = values.iter().filter(|value| value.is_none()).count() as u64;
        let outside = zones.iter().filter(|zone| zone.is_none()).count() as u64;
        self.leave_out_so_many(missing, outside, left_out);
    }

    /// The same where they are counted already.
    pub fn leave_out_so_many(&self, missing: u64, outside: u64, left_out: &mut LeftOut) {
        let layer = self.loaded.layer().id.as_str();
        for attribute in self.attributes() {
            let key = format!("{layer}.{}", attribute.id);
            // Services share their people: each count is told once.
            if !left_out.0.contains_key(&key) {
                left_out.add_missing(layer, attribute.id.as_str(), missing);
                left_out.add_outside(layer, attribute.id.as_str(), outside);
            }
        }
    }
}
