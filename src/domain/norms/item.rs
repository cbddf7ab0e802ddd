use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Figure;
use crate::domain::{AttributeId, LayerId, Role, Title};

/// A norm set (标准): what a city must offer its residents, item by item, read from
/// `layers/norms/*.toml` or a file of the city's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormSet {
    pub id: LayerId,
    pub title: Title,
    /// The standard or plan that it follows.
    pub source: String,
    /// The same in English; the source as it stands without it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_en: String,
    /// When that was published.
    pub date: String,
    #[serde(default)]
    pub note: Title,
    /// The life circles that items belong to (生活圈层级).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub circles: Vec<LifeCircle>,
    /// What a fulfilment is called (评价), the best band first; items may have their own.
    #[serde(default)]
    pub bands: Vec<Band>,
    pub items: Vec<NormItem>,
}

/// A life circle (生活圈居住区); levels do not contain one another: each is tested by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeCircle {
    /// Minutes on foot: 15, 10 or 5.
    pub minutes: u32,
    pub title: Title,
    /// The walk that it means, at most, metres.
    pub walk: Figure,
    /// The residents that it is for.
    pub population_from: Figure,
    pub population_to: Figure,
}

/// One kind of facility with all that is asked of it (设施项目).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormItem {
    /// What `services=` in a question names.
    pub id: LayerId,
    pub title: Title,
    #[serde(default)]
    pub note: Title,
    /// The facility layer.
    pub layer: LayerId,
    /// Which of its features count: codes of its categories, by attribute.
    #[serde(default, rename = "where", skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<AttributeId, Vec<String>>,
    /// What a facility offers; all of them added up. Without any each facility counts one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity: Vec<AttributeId>,
    /// Who wants it; without it only coverage is tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<Demand>,
    /// The life circle that it belongs to, minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circle: Option<u32>,
    /// Whether the circle must have it (●) or may (△).
    #[serde(default = "yes")]
    pub required: bool,
    /// The share of those who want it that comes, 0–1; all of them without the figure, and nobody
    /// knows how many where it has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolment_rate: Option<Figure>,
    /// How much capacity they need: `per_person`, `per_1000`, `per_10000`, or
    /// `persons_per_facility`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provision: Option<Figure>,
    /// How far a facility serves, straight (服务半径), metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_radius: Option<Figure>,
    /// How far one walks along the streets (步行距离或时间), metres or minutes; the service radius
    /// without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk: Option<Figure>,
    /// Children in a class (班额).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_size: Option<Figure>,
    /// The bands of this item in place of those of the set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Band>,
}

impl NormSet {
    pub fn source_title(&self) -> Title {
        Title::of_source(&self.source, &self.source_en)
    }
}

fn yes() -> bool {
    true
}

/// Who wants a service (需求人口): all residents, or age groups of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// `population`: all residents of the caliber that a question names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Counts of the residences, added up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<AttributeId>,
}

/// What a fulfilment of at least `from` is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    pub id: LayerId,
    pub title: Title,
    /// The least fulfilment, 1 is all of the demand.
    pub from: Figure,
}

impl NormItem {
    /// How far people go for it, with the unit: straight the service radius, along a network the
    /// walk, or the radius where no walk is given. `None` where that is for the city to set.
    pub fn distance(&self, is_straight: bool) -> Option<(f64, &str)> {
        let figure = match is_straight {
            true => self.service_radius.as_ref()?,
            false => self.walk.as_ref().or(self.service_radius.as_ref())?,
        };
        Some((figure.value?, figure.unit.as_str()))
    }
}

impl NormSet {
    /// The set that questions ask by where they name none.
    pub const DEFAULT: &'static str = "public_services";

    /// `item.field` of every figure that the city has to set.
    pub fn set_by_city(&self) -> Vec<String> {
        let open = self.items.iter().flat_map(|item| {
            let open = item.figures().filter(|(_, figure)| figure.set_by_city());
            open.map(|(field, _)| format!("{}.{field}", item.id))
        });
        open.collect()
    }

    pub fn item(&self, id: &str) -> Option<&NormItem> {
        self.items.iter().find(|item| item.id == *id)
    }

    /// The bands that an item is judged by.
    pub fn bands_of<'a>(&'a self, item: &'a NormItem) -> &'a [Band] {
        match item.bands.is_empty() {
            true => &self.bands,
            false => &item.bands,
        }
    }
}

impl NormItem {
    /// Every figure with the name of its field, those that are there.
    pub fn figures(&self) -> impl Iterator<Item = (&'static str, &Figure)> {
        let named = [
            ("provision", &self.provision),
            ("enrolment_rate", &self.enrolment_rate),
            ("service_radius", &self.service_radius),
            ("walk", &self.walk),
            ("class_size", &self.class_size),
        ];
        named
            .into_iter()
            .filter_map(|(name, figure)| Some((name, figure.as_ref()?)))
    }

    /// How far it serves straight, metres, where that is known.
    pub fn radius_m(&self) -> Option<f64> {
        self.service_radius.as_ref()?.value
    }

    /// The capacity that one person of its demand needs, where it is known; a part of a facility
    /// where facilities are counted.
    pub fn need_per_person(&self) -> Option<f64> {
        let provision = self.provision.as_ref()?;
        let value = provision.value?;
        Some(match provision.unit.as_str() {
            "per_1000" => value / 1000.0,
            "per_10000" => value / 10_000.0,
            "persons_per_facility" => 1.0 / value,
            _ => value,
        })
    }
}
