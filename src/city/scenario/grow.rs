//! More or fewer people or jobs where they are.

use super::{EditError, Grow, apply::Step, features::target, place::features_in};
use crate::{
    analysis::apportion,
    city::{City, LoadedLayer},
    domain::{Attribute, Role},
    index::{FeatureRef, Recount},
};

/// The largest factor and amount of one edit.
const MAX_FACTOR: f64 = 1000.0;
const MAX_AMOUNT: i64 = 1_000_000_000;

/// Changes a count inside to an exact total, in proportion to what each feature has by largest
/// remainders (ties by id); features without a value stay without. The other counts of people
/// follow in the same proportion, age groups so that they still add up to the people where they
/// did. Commuting flows stay as they are.
pub(super) fn grow(at: &Step<'_>, change: &Grow) -> Result<City, EditError> {
    let loaded = target(at.city, &change.layer, change.period.as_ref())?;
    let main = main_attribute(&loaded, change)?;
    let shape = change
        .within
        .shape(at.city, "within", Some(loaded.index.period()))?;
    let inside = sorted(&loaded, features_in(&loaded, &shape));
    let of_main = Held::new(&loaded, main, &inside);
    let (old, new) = (of_main.total(), wanted(change, of_main.total())?);
    if old == 0 && new > 0 {
        return Err(EditError::new(
            "within",
            "范围内没有可按比例增长的数量；请扩大范围，或用 `add` 新增一处",
            "nothing inside has any of it, so nothing can grow in proportion; widen the polygon or \
             `add` a feature",
        ));
    }
    let mut recounts = of_main.to(new)?;
    let attributes = &loaded.layer().attributes;
    if is_of_people(&attributes[main]) && !change.alone && old > 0 {
        let others = loaded.layer().counts();
        let others = others.filter(|(place, a)| *place != main && is_of_people(a));
        let others: Vec<Held> = others
            .map(|(place, _)| Held::new(&loaded, place, &inside))
            .collect();
        let is_age = |held: &&Held| attributes[held.place].role == Role::AgeGroup;
        let ages: Vec<i64> = others.iter().filter(is_age).map(Held::total).collect();
        // Age groups that make up the people go on doing so.
        let shares = (ages.iter().sum::<i64>() == old).then(|| apportion(new, &ages));
        let mut shares = shares.and_then(Result::ok).map(Vec::into_iter);
        for held in &others {
            let share = match &mut shares {
                Some(shares) if is_age(&held) => shares.next(),
                _ => None,
            };
            let target = share.unwrap_or_else(|| in_proportion(held.total(), new, old));
            recounts.extend(held.to(target)?);
        }
    }
    let layer = at.layer(&loaded, loaded.index.recounted(&recounts));
    Ok(at.city.clone().with_layer(layer))
}

/// Features in the order of their ids.
pub(super) fn sorted(loaded: &LoadedLayer, mut features: Vec<FeatureRef>) -> Vec<FeatureRef> {
    features.sort_by(|a, b| loaded.index.id(*a).cmp(loaded.index.id(*b)));
    features
}

/// Of some features those that have a count, with it.
pub(super) struct Held {
    pub place: usize,
    pub features: Vec<FeatureRef>,
    pub values: Vec<i64>,
}

impl Held {
    pub fn new(loaded: &LoadedLayer, place: usize, inside: &[FeatureRef]) -> Self {
        let known = inside.iter().filter_map(|feature| {
            let value = loaded.index.value(*feature, place).as_integer()?;
            Some((*feature, value))
        });
        let (features, values) = known.unzip();
        Held {
            place,
            features,
            values,
        }
    }

    pub fn total(&self) -> i64 {
        self.values.iter().sum()
    }

    /// What changes so that the total is `total`.
    pub fn to(&self, total: i64) -> Result<Vec<Recount>, EditError> {
        let shares = apportion(total, &self.values).map_err(|_| {
            EditError::new(
                "within",
                "范围内没有可按比例分配的数量",
                "nothing inside has any of it to share in proportion",
            )
        })?;
        let changed = self.features.iter().zip(&self.values).zip(shares);
        let changed = changed.filter(|((_, old), new)| *old != new);
        let recount = |((feature, _), value): ((&FeatureRef, &i64), i64)| Recount {
            feature: *feature,
            place: self.place,
            value,
        };
        Ok(changed.map(recount).collect())
    }
}

fn main_attribute(loaded: &LoadedLayer, change: &Grow) -> Result<usize, EditError> {
    let layer = loaded.layer();
    let counts = || layer.counts();
    let of_role = |role| counts().find(|(_, a)| a.role == role).map(|(at, _)| at);
    let filled = counts().enumerate().find(|(count, (_, a))| {
        let total = loaded.index.sums().counts[*count];
        a.role == Role::Population && total.missing < loaded.index.features()
    });
    let found = match &change.attribute {
        Some(id) => counts().find(|(_, a)| a.id == *id).map(|(at, _)| at),
        None => filled
            .map(|(_, (at, _))| at)
            .or_else(|| of_role(Role::Population))
            .or_else(|| of_role(Role::Jobs)),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = counts().map(|(_, a)| a.id.as_str()).collect();
        let known = known.join(", ");
        EditError::new(
            "attribute",
            format!("请指明图层“{}”的一个数量字段：{known}", layer.title.zh),
            format!("name a count of layer {}: {known}", layer.id),
        )
    })
}

/// The total that the edit asks for.
fn wanted(change: &Grow, old: i64) -> Result<i64, EditError> {
    let new = match (change.factor, change.amount) {
        (Some(factor), None) => {
            if !(0.0..=MAX_FACTOR).contains(&factor) {
                return Err(EditError::new(
                    "factor",
                    format!("倍数 {factor} 应在 0 到 1000 之间；1.1 表示增加一成"),
                    format!("{factor} is no factor from 0 to 1000; 1.1 is ten percent more"),
                ));
            }
            (old as f64 * factor).round() as i64
        }
        (None, Some(amount)) if amount.abs() <= MAX_AMOUNT => old + amount,
        (None, Some(_)) => {
            return Err(EditError::new(
                "amount",
                "增减量不得超过十亿",
                "an amount is a thousand million at most",
            ));
        }
        _ => {
            return Err(EditError::new(
                "factor",
                "请给出倍数 `factor` 或增减量 `amount`，二者取一",
                "give either a `factor` or an `amount`",
            ));
        }
    };
    match new {
        0.. => Ok(new),
        _ => Err(EditError::new(
            "amount",
            format!("范围内只有 {old}，不能减少 {}", old - new),
            format!(
                "there are only {old} inside; {} cannot be taken away",
                old - new
            ),
        )),
    }
}

fn is_of_people(attribute: &Attribute) -> bool {
    matches!(
        attribute.role,
        Role::Population | Role::AgeGroup | Role::Households | Role::Employed
    )
}

/// `value` times `new` over `old`, rounded half up.
fn in_proportion(value: i64, new: i64, old: i64) -> i64 {
    let (value, new, old) = (i128::from(value), i128::from(new), i128::from(old));
    ((2 * value * new + old) / (2 * old)) as i64
}
