use std::sync::Arc;

use crate::{
    city::{City, LoadedLayer, Part, PartKey},
    domain::{LeftOut, NormItem, Period},
    index::FeatureRef,
    query::{Start, origins::choose, stations::Entrances},
};

/// The facilities of one service: those in use that the norm means, by id.
pub(in crate::query) struct Supply {
    pub loaded: Arc<LoadedLayer>,
    pub facilities: Arc<Facilities>,
}

/// What is known of facilities as long as they and their entrances are the same.
pub(in crate::query) struct Facilities {
    facilities: Vec<Facility>,
    /// Where one sets out from each.
    pub starts: Vec<Start>,
    /// Facilities that do not say of which kind they are, by attribute: nobody knows whether they
    /// are meant.
    unsorted: Vec<(String, u64)>,
}

pub(in crate::query) struct Facility {
    pub feature: FeatureRef,
    /// Unknown where a part of it is missing; 1 where facilities are counted.
    pub capacity: Option<f64>,
}

impl std::ops::Deref for Facilities {
    type Target = [Facility];

    fn deref(&self) -> &[Facility] {
        &self.facilities
    }
}

impl Part for Facilities {
    fn heap_bytes(&self) -> usize {
        // A start names its feature and mostly is one point.
        self.facilities.len() * (size_of::<Facility>() + size_of::<Start>() + 64)
    }
}

impl Supply {
    /// `None` where the layer holds nothing.
    pub fn of(city: &City, item: &NormItem, period: Option<&Period>) -> Option<Self> {
        let loaded = city.layer(item.layer.as_str(), period)?;
        let make = || Facilities::of(city, item, period, loaded);
        Some(Supply {
            loaded: loaded.clone(),
            facilities: city
                .parts()
                .find_or_make(key(city, item, period, loaded), make),
        })
    }

    /// Whether the layer holds none that is known to be meant, and some of which nobody knows: how
    /// many there are, and whom they serve, is then unknown rather than nothing.
    pub fn is_undecided(&self) -> bool {
        self.facilities.is_empty()
            && self
                .facilities
                .unsorted
                .iter()
                .any(|(_, missing)| *missing > 0)
    }

    /// A facility that does not say its kind is the same for every service that asks for kinds.
    pub fn leave_out(&self, left_out: &mut LeftOut) {
        let layer = self.loaded.layer().id.as_str();
        for (attribute, missing) in &self.facilities.unsorted {
            let known = left_out.0.get(&format!("{layer}.{attribute}"));
            let known = known.map_or(0, |count| count.missing);
            left_out.add_missing(layer, attribute, missing.saturating_sub(known));
        }
    }
}

impl Facilities {
    fn of(city: &City, item: &NormItem, period: Option<&Period>, loaded: &LoadedLayer) -> Self {
        let (index, layer) = (&loaded.index, loaded.layer());
        let entrances = Entrances::of(city, period);
        let conditions: Vec<(usize, &[String])> = item
            .condition
            .iter()
            .filter_map(|(id, codes)| Some((layer.attribute_index(id.as_str())?, &codes[..])))
            .collect();
        let capacities: Vec<usize> = item
            .capacity
            .iter()
            .filter_map(|id| layer.attribute_index(id.as_str()))
            .collect();
        let in_use = choose("services", loaded, None, None).unwrap_or_default();
        let mut unsorted = vec![0u64; conditions.len()];
        let (mut facilities, mut starts) = (Vec::new(), Vec::new());
        'features: for feature in in_use {
            for (number, (at, codes)) in conditions.iter().enumerate() {
                let Some(code) = index.text(feature, *at) else {
                    unsorted[number] += 1;
                    continue 'features;
                };
                if !codes.iter().any(|wanted| wanted == code) {
                    continue 'features;
                }
            }
            let values = capacities
                .iter()
                .map(|at| index.value(feature, *at).as_number());
            let capacity = match item.capacity.is_empty() {
                true => Some(1.0),
                // Less than nothing is no capacity that anybody knows.
                false => values.sum::<Option<f64>>().filter(|value| *value >= 0.0),
            };
            facilities.push(Facility { feature, capacity });
            starts.push(entrances.start(loaded, feature).0);
        }
        let attributes = conditions.iter().map(|(at, _)| &layer.attributes[*at].id);
        let unsorted = attributes.map(ToString::to_string).zip(unsorted);
        Facilities {
            facilities,
            starts,
            unsorted: unsorted.collect(),
        }
    }
}

/// All that the facilities of a service depend on.
fn key(city: &City, item: &NormItem, period: Option<&Period>, loaded: &LoadedLayer) -> PartKey {
    let cells = |loaded: &LoadedLayer| -> Vec<u64> {
        let cells = loaded.index.cells().iter();
        cells.map(|cell| cell.serial()).collect()
    };
    let mut key = PartKey::new("facilities").with_text(item.layer.as_str());
    for (attribute, codes) in &item.condition {
        key = key.with_text(attribute.as_str()).with(codes.len() as u64);
        key = codes.iter().fold(key, |key, code| key.with_text(code));
    }
    key = key.with(item.capacity.len() as u64);
    let capacities = item.capacity.iter();
    key = capacities.fold(key, |key, id| key.with_text(id.as_str()));
    Entrances::layers_of(city, &loaded.layer().id, period)
        .chain([loaded])
        .fold(key, |key, loaded| key.with_all(cells(loaded)))
}

/// What a service's capacity counts: the unit of its attribute, or `facility`.
pub(in crate::query) fn capacity_unit(city: &City, item: &NormItem) -> String {
    let attribute = item.capacity.first().and_then(|id| {
        let layer = city.catalog().layer(item.layer.as_str())?;
        layer.attribute(id.as_str())
    });
    match attribute {
        Some(attribute) => attribute.unit.clone(),
        None => "facility".into(),
    }
}
