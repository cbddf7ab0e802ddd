use serde::{Deserialize, Serialize};

use crate::{
    city::City,
    domain::{LayerId, NormItem, NormSet, Period},
    query::{Arrival, Denominator, Departure, Mode, QueryError, Travel, Unit, names::Names},
};

/// `GET /api/gaps`: what residents are offered beside what they need (供需差距).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GapsQuery {
    /// The level of the rows, or `city`.
    pub level: String,
    /// Only areas that lie in the one of this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// The norm set.
    #[serde(default)]
    pub norms: Option<LayerId>,
    /// Which of its items; all of them without it.
    #[serde(default)]
    pub services: Option<Names>,
    /// Only those of one life circle, minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circle: Option<u32>,
    /// What coverage is a share of.
    #[serde(default)]
    pub denominator: Denominator,
    /// How coverage beside the straight one is measured; on foot along the streets without it.
    #[serde(default)]
    pub mode: Option<Mode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bicycle_speed_km_h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<Departure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walk_m: Option<f64>,
    /// The population attribute of services for all residents.
    #[serde(default)]
    pub caliber: Option<String>,
    /// The share of an age group that comes, in place of the norm's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_rate: Option<f64>,
    #[serde(default)]
    pub period: Option<Period>,
    /// What changes are counted from; the last state before without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Period>,
}

/// The norm set of a question.
///
/// # Errors
/// None of that name.
pub(in crate::query) fn norm_set<'c>(
    city: &'c City,
    name: Option<&LayerId>,
) -> Result<&'c NormSet, QueryError> {
    let name = name.map_or(NormSet::DEFAULT, LayerId::as_str);
    let set = city.norm_set(name).map(|set| &**set);
    set.ok_or_else(|| {
        let known: Vec<&str> = city.norm_sets().map(|set| set.id.as_str()).collect();
        let known = known.join(", ");
        QueryError::field(
            "norms",
            format!("there is no norm set `{name}`; it is one of: {known}"),
        )
    })
}

/// The items of a set by their ids, in the order of the set.
///
/// # Errors
/// None of that name, or none at all.
pub(in crate::query) fn items<'c>(
    set: &'c NormSet,
    names: Option<&Names>,
    circle: Option<u32>,
) -> Result<Vec<&'c NormItem>, QueryError> {
    let known = || {
        let known: Vec<&str> = set.items.iter().map(|item| item.id.as_str()).collect();
        known.join(", ")
    };
    let names = names.map(|names| &names.0[..]);
    for name in names.unwrap_or_default() {
        if set.item(name).is_none() {
            let name: String = name.chars().take(64).collect();
            let problem = format!("`{}` has no `{name}`; it has: {}", set.id, known());
            return Err(QueryError::field("services", problem));
        }
    }
    let is_asked = |item: &&NormItem| {
        let is_named = names.is_none_or(|names| names.iter().any(|name| item.id == **name));
        is_named && circle.is_none_or(|circle| item.circle == Some(circle))
    };
    let items: Vec<&NormItem> = set.items.iter().filter(is_asked).collect();
    match (items.is_empty(), circle) {
        (false, _) => Ok(items),
        (true, Some(circle)) => {
            let minutes = set.circles.iter().map(|circle| circle.minutes.to_string());
            let minutes: Vec<String> = minutes.collect();
            let problem = format!(
                "`{}` has none of these in a circle of {circle} min; its circles are: {}",
                set.id,
                minutes.join(", ")
            );
            Err(QueryError::field("circle", problem))
        }
        (true, None) => {
            let problem = format!("name at least one of: {}", known());
            Err(QueryError::field("services", problem))
        }
    }
}

impl GapsQuery {
    /// Measured from the facilities, which are few, to the homes that go to them; by timetable from
    /// the homes where these set out at a time.
    pub(super) fn travel(&self, unit: Unit) -> Travel {
        let travel = Travel {
            mode: self.mode.clone().unwrap_or(Mode::Walk),
            unit,
            walk_speed_km_h: self.walk_speed_km_h,
            bicycle_speed_km_h: self.bicycle_speed_km_h,
            departure: self.departure.clone(),
            arrival: self.arrival.clone(),
            max_walk_m: self.max_walk_m,
            ..Travel::default()
        };
        match self.departure {
            Some(_) => travel,
            None => travel.reversed(),
        }
    }

    /// # Errors
    /// A rate that is no share.
    pub(super) fn check(&self) -> Result<(), QueryError> {
        match self.enrolment_rate {
            Some(rate) if !(0.0..=1.0).contains(&rate) => {
                Err(QueryError::field("enrolment_rate", "a share from 0 to 1"))
            }
            _ => Ok(()),
        }
    }
}
