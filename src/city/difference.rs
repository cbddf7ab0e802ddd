use crate::{
    domain::{FeatureState, Table},
    index::LayerIndex,
};

/// How a file differs from the state that it changes (更新摘要), in features by their ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub added: u64,
    /// There already, with another shape or another value than the file says.
    pub changed: u64,
    pub unchanged: u64,
    /// There, but not in the file: an update keeps them, a replacement removes them.
    pub absent: u64,
}

impl Difference {
    /// Holds the rows of `fresh` against the features of `known`; `only` says which values a file
    /// has, by place, and whether it has shapes. `None` is everything.
    pub fn of(known: &LayerIndex, fresh: &Table, only: Option<&(Vec<usize>, bool)>) -> Self {
        let mut found = Difference::default();
        for row in 0..fresh.len() {
            let Some(feature) = known.find(&fresh.ids[row]) else {
                found.added += 1;
                continue;
            };
            let is_same = match only {
                None => known.state(feature) == FeatureState::of_row(fresh, row),
                Some((attributes, with_shapes)) => {
                    let mut values = attributes.iter();
                    (!with_shapes || known.geometry(feature) == fresh.geometries[row])
                        && values.all(|at| known.value(feature, *at) == fresh.columns[*at].get(row))
                }
            };
            match is_same {
                true => found.unchanged += 1,
                false => found.changed += 1,
            }
        }
        let met = found.changed + found.unchanged;
        found.absent = known.features().saturating_sub(met);
        found
    }
}
