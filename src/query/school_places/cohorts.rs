use crate::{
    analysis::{self, Cohort},
    city::LoadedLayer,
    domain::{AgeRange, Demand, Layer, Reason, Role},
    index::FeatureRef,
};

/// The children of a school by age: single years where the homes have them, else age groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Cohorts(Vec<Cohort>);

/// An age group of the homes, by its place in the layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    place: usize,
    from: u32,
    to: u32,
}

impl Group {
    pub fn is_single_year(&self) -> bool {
        self.from == self.to
    }
}

/// The age groups of the homes that count children, those that have values: single years where all
/// of them stand, else groups.
pub(super) fn places(layer: &Layer, loaded: &LoadedLayer) -> Vec<Group> {
    const ADULT: u32 = 18;
    let counts = layer.counts().enumerate();
    let filled = counts.filter(|(count, _)| {
        let sums = loaded.index.sums();
        sums.counts[*count].missing < sums.features
    });
    let groups = filled.filter_map(|(_, (place, attribute))| {
        let range = AgeRange::of(&attribute.id)?;
        let to = range.to?;
        let is_child = attribute.role == Role::AgeGroup && range.from < ADULT;
        is_child.then_some(Group {
            place,
            from: range.from,
            to,
        })
    });
    let all: Vec<Group> = groups.collect();
    let mut single: Vec<Group> = all.iter().copied().filter(Group::is_single_year).collect();
    single.sort_by_key(|group| group.from);
    let is_whole = (0..ADULT).all(|age| single.iter().any(|group| group.from == age));
    match is_whole {
        true => single,
        false => all
            .into_iter()
            .filter(|group| !group.is_single_year())
            .collect(),
    }
}

/// The first and last year of age of a demand, where it is of ages that follow one another.
pub(super) fn ages(demand: &Demand) -> Option<(u32, u32)> {
    let ranges = demand.attributes.iter().map(AgeRange::of);
    let mut ranges = ranges.collect::<Option<Vec<AgeRange>>>()?;
    ranges.sort();
    let follows = |pair: &[AgeRange]| pair[0].to.map(|to| to + 1) == Some(pair[1].from);
    let is_whole = ranges.windows(2).all(follows);
    let (first, last) = (ranges.first()?, ranges.last()?);
    is_whole.then_some((first.from, last.to?))
}

impl Cohorts {
    /// Adds the children of a home; those of unknown number are left out.
    pub fn add(&mut self, loaded: &LoadedLayer, home: FeatureRef, groups: &[Group]) {
        if self.0.is_empty() {
            let cohort = |group: &Group| Cohort {
                from: group.from,
                to: group.to,
                people: 0,
            };
            self.0 = groups.iter().map(cohort).collect();
        }
        for (cohort, group) in self.0.iter_mut().zip(groups) {
            let value = loaded.index.value(home, group.place);
            cohort.people += value.as_integer().unwrap_or(0);
        }
    }

    /// How many will be of an age in some years; a school that nobody is nearest to has none.
    pub fn aged(&self, from: u32, to: u32, years: u32) -> Option<f64> {
        match self.0.is_empty() {
            true => (from >= years).then_some(0.0),
            false => analysis::aged(&self.0, from, to, years),
        }
    }

    /// Why [`Cohorts::aged`] knows nothing.
    pub fn why_not(&self, from: u32, years: u32) -> Reason {
        match from < years {
            true => Reason::Unborn,
            false => Reason::NoData,
        }
    }
}
