use std::{collections::BTreeMap, sync::Arc};

use super::is_inside;
use crate::{
    city::LoadedLayer,
    domain::{AreaCode, GroupName, Grouping, LevelId},
    index::{FeatureRef, LayerIndex},
    protection::{piece::Unit, pieces::gather},
};

/// Units with what a publication has as one.
#[derive(Debug)]
pub(super) struct Units {
    pieces: Vec<Placed>,
    /// The piece of each feature, in the order of the layer.
    of_feature: Vec<u32>,
    groups: usize,
}

#[derive(Debug)]
struct Placed {
    unit: Arc<Unit>,
    /// How many of its areas it is published within: those of its group, or where it is in none yet,
    /// those down to the smallest that had some of its own.
    depth: usize,
    group: Option<usize>,
}

impl Units {
    /// `None` where the published pieces are not those that the exact city knows of.
    pub fn of(
        inside: &LoadedLayer,
        outside: Option<&Arc<LoadedLayer>>,
        levels: &[LevelId],
        grouping: &Grouping,
        publication: u32,
    ) -> Option<Self> {
        let (layer, period) = (&inside.layer().id, inside.index.period());
        // None for a layer of which nothing was published yet.
        let groups = grouping.units(layer, period);
        let group_of = |name: &GroupName| groups?.root_at(name, publication);
        let is_known = |id: &str| {
            let name: Option<GroupName> = id.parse().ok();
            name.is_some_and(|name| group_of(&name) == Some(&name))
        };
        let mut shown = outside.into_iter().flat_map(|outside| {
            let index = &outside.index;
            index.iter().map(|feature| index.id(feature))
        });
        if !shown.all(is_known) {
            return None;
        }
        let own = grouping.own_areas(layer, publication);
        let gathered = gather(inside, levels);
        let mut numbers: BTreeMap<&GroupName, usize> = BTreeMap::new();
        let mut pieces = Vec::with_capacity(gathered.pieces.len());
        for piece in &gathered.pieces {
            let group = group_of(&piece.piece());
            let next = numbers.len();
            pieces.push(Placed {
                unit: piece.unit.clone(),
                depth: match group {
                    Some(group) => usize::from(group.depth).min(piece.unit.len()),
                    None => own.depth_of(&piece.unit),
                },
                group: group.map(|group| *numbers.entry(group).or_insert(next)),
            });
        }
        Some(Units {
            groups: numbers.len(),
            of_feature: gathered.of_feature,
            pieces,
        })
    }

    /// All of the groups that lie in the scope as a whole, and what is in no group yet where it will
    /// be published with others inside alone: where that reaches beyond the scope, who saw it now
    /// would subtract it then.
    pub fn taken(&self, index: &LayerIndex, scope: &[AreaCode]) -> Vec<FeatureRef> {
        let inside = self.pieces.iter();
        let inside = inside.map(|piece| is_inside(&piece.unit[..piece.depth], scope));
        let inside: Vec<bool> = inside.collect();
        let mut of_group = vec![true; self.groups];
        for (piece, is_inside) in self.pieces.iter().zip(&inside) {
            if let Some(group) = piece.group {
                of_group[group] &= is_inside;
            }
        }
        let is_taken = |piece: usize| match self.pieces[piece].group {
            Some(group) => of_group[group],
            None => inside[piece],
        };
        let features = index.iter().zip(&self.of_feature);
        let taken = features.filter(|(_, piece)| is_taken(**piece as usize));
        taken.map(|(feature, _)| feature).collect()
    }
}
