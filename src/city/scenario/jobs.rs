//! Jobs that go elsewhere.

use std::collections::BTreeMap;

use geo::{InteriorPoint, Relate};

use super::{
    EditError, MoveJobs,
    apply::Step,
    features::{put, target},
    grow::{Held, sorted},
    place::features_in,
};
use crate::{
    analysis::apportion,
    city::{City, LoadedLayer},
    domain::{LevelId, Period, Role, Value},
    index::{Edit as IndexEdit, FeatureRef, Recount},
};

/// Jobs that left and arrived, by the area of each level that they are in.
#[derive(Debug, Default)]
pub(super) struct Shift {
    pub period: Option<Period>,
    pub levels: BTreeMap<LevelId, AreaShift>,
}

#[derive(Debug, Default)]
pub(super) struct AreaShift {
    /// Jobs that left, less those that arrived in the same area, of all jobs that it had.
    pub lost: BTreeMap<String, (i64, i64)>,
    pub gained: BTreeMap<String, i64>,
}

/// Takes jobs in proportion from the workplaces of one polygon and gives those of each sector in
/// proportion to the workplaces of that sector in another; where it has none, to a new one.
pub(super) fn move_jobs(at: &Step<'_>, change: &MoveJobs) -> Result<(City, Shift), EditError> {
    let loaded = target(at.city, &change.layer, change.period.as_ref())?;
    let layer = loaded.layer();
    let jobs = layer.index_with_role(Role::Jobs).ok_or_else(|| {
        EditError::new(
            "layer",
            format!("图层“{}”没有岗位字段", layer.title.zh),
            format!("layer {} has no attribute of jobs", layer.id),
        )
    })?;
    let sector = layer.index_with_role(Role::Category);
    let period = Some(loaded.index.period());
    let from = change.from.shape(at.city, "from", period)?;
    let to = change.to.shape(at.city, "to", period)?;
    if change.from == change.to || from.relate(&to).is_covers() {
        return Err(EditError::new(
            "to",
            "迁入范围在迁出范围之内，岗位没有迁移；请选另一处范围",
            "the polygon that jobs move to lies within the one they leave: choose another",
        ));
    }
    let inside = sorted(&loaded, features_in(&loaded, &from));
    let held = Held::new(&loaded, jobs, &inside);
    let total = held.total();
    if !(1..=total).contains(&change.jobs) {
        return Err(EditError::new(
            "jobs",
            format!("迁出范围内有 {total} 个岗位；请填 1 到 {total} 之间的数"),
            format!("the polygon holds {total} jobs; move from 1 to {total} of them"),
        ));
    }
    let taken = apportion(change.jobs, &held.values).expect("there are jobs");
    let mut targets = sorted(&loaded, features_in(&loaded, &to));
    targets.retain(|feature| {
        inside
            .binary_search_by(|other| loaded.index.id(*other).cmp(loaded.index.id(*feature)))
            .is_err()
    });
    let sector_of = |feature: FeatureRef| {
        let text = sector.and_then(|at| loaded.index.text(feature, at));
        text.map(str::to_owned)
    };
    let mut by_sector: BTreeMap<Option<String>, i64> = BTreeMap::new();
    let mut recounts = Vec::new();
    let mut moved: Vec<(FeatureRef, i64)> = Vec::new();
    for ((feature, value), taken) in held.features.iter().zip(&held.values).zip(taken) {
        if taken > 0 {
            *by_sector.entry(sector_of(*feature)).or_default() += taken;
            recounts.push(recount(*feature, jobs, value - taken));
            moved.push((*feature, -taken));
        }
    }
    let mut new: Vec<(Option<String>, i64)> = Vec::new();
    for (sector, arriving) in by_sector {
        let same = targets
            .iter()
            .copied()
            .filter(|feature| sector_of(*feature) == sector);
        let held = Held::new(&loaded, jobs, &same.collect::<Vec<_>>());
        if held.total() == 0 {
            new.push((sector, arriving));
            continue;
        }
        let shares = apportion(arriving, &held.values).expect("there are jobs");
        for ((feature, value), share) in held.features.iter().zip(&held.values).zip(shares) {
            if share > 0 {
                recounts.push(recount(*feature, jobs, value + share));
                moved.push((*feature, share));
            }
        }
    }
    let puts = newcomers(at, &loaded, &to, &new, [Some(jobs), sector])?;
    let shift = shift(&loaded, jobs, &moved, &puts);
    let mut index = loaded.index.recounted(&recounts);
    if !puts.is_empty() {
        index = index.edited(&puts);
    }
    let city = at.city.clone().with_layer(at.layer(&loaded, index));
    Ok((city, shift))
}

fn recount(feature: FeatureRef, place: usize, value: i64) -> Recount {
    Recount {
        feature,
        place,
        value,
    }
}

/// A workplace for each sector that nobody there belongs to, at a point inside.
fn newcomers(
    at: &Step<'_>,
    loaded: &LoadedLayer,
    to: &geo::Geometry<f64>,
    sectors: &[(Option<String>, i64)],
    [jobs, sector]: [Option<usize>; 2],
) -> Result<Vec<IndexEdit>, EditError> {
    if sectors.is_empty() {
        return Ok(Vec::new());
    }
    let Some(point) = to.interior_point() else {
        return Err(EditError::new(
            "to",
            "迁入范围没有面积",
            "the polygon is empty",
        ));
    };
    let name = loaded.layer().index_with_role(Role::Name);
    let one = |(own, arriving): &(Option<String>, i64)| {
        let id = match own {
            Some(own) => format!("{}-{own}", at.id()),
            None => at.id(),
        };
        put(
            at.city,
            loaded,
            id,
            (point.x(), point.y()),
            "to",
            |values| {
                if let Some(jobs) = jobs {
                    values[jobs] = Value::Integer(*arriving);
                }
                if let (Some(sector), Some(own)) = (sector, own) {
                    values[sector] = Value::Text(own.clone());
                }
                if let Some(name) = name {
                    values[name] = Value::Text("方案迁入".into());
                }
                Ok(())
            },
        )
    };
    sectors.iter().map(one).collect()
}

/// What was moved, by area.
fn shift(
    loaded: &LoadedLayer,
    jobs: usize,
    moved: &[(FeatureRef, i64)],
    puts: &[IndexEdit],
) -> Shift {
    let index = &loaded.index;
    let mut shift = Shift {
        period: Some(index.period().clone()),
        ..Shift::default()
    };
    let mut counts = loaded.layer().counts();
    let count = counts.position(|(place, _)| place == jobs);
    for (at, level) in index.levels().iter().enumerate() {
        let mut net: BTreeMap<&str, i64> = BTreeMap::new();
        for (feature, by) in moved {
            if let Some(code) = index.area_code(*feature, at) {
                *net.entry(code).or_default() += by;
            }
        }
        for edit in puts {
            if let IndexEdit::Put {
                values, area_codes, ..
            } = edit
                && let Some(code) = area_codes.get(level)
            {
                *net.entry(code).or_default() += values[jobs].as_integer().unwrap_or(0);
            }
        }
        let by_area = index.sums_by_area(level.as_str());
        let all = |code: &str| {
            let sums = by_area.get(&Some(code.into()));
            sums.zip(count)
                .map_or(0, |(sums, count)| sums.counts[count].sum)
        };
        let mut of_level = AreaShift::default();
        for (code, by) in net {
            match by {
                ..0 => drop(of_level.lost.insert(code.to_owned(), (-by, all(code)))),
                0 => {}
                1.. => drop(of_level.gained.insert(code.to_owned(), by)),
            }
        }
        shift.levels.insert(level.clone(), of_level);
    }
    shift
}
