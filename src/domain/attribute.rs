use serde::{Deserialize, Serialize};

use super::{AttributeId, LayerId, Title};

/// What values an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeType {
    /// A non-negative whole number that is summed over features.
    Count,
    Integer,
    /// A finite number.
    Number,
    Text,
    /// One of the codes in [`Attribute::values`].
    Category,
    /// A year, month or day.
    Date,
    /// 0 or 1.
    Flag,
}

/// What an attribute means to the analyses; each asks for roles, not for names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A count of people (人口).
    Population,
    /// A count of people of an age group (年龄组人口).
    AgeGroup,
    Households,
    /// Employed people at their home (就业人口).
    Employed,
    /// Jobs at their workplace (岗位).
    Jobs,
    /// Places, beds, doctors: what a facility offers (规模).
    Capacity,
    /// Floor area or another weight for spreading totals.
    Weight,
    /// The name shown for a feature.
    Name,
    /// The English name.
    NameEn,
    /// The area code of an area layer's feature.
    Code,
    /// The area as published, km² (官方面积).
    OfficialArea,
    /// The lines that stop at a station (线路), separated as in `1/8`.
    Lines,
    /// When something opened (开通日期).
    Opened,
    /// Whether something is in use, being built or planned (状态).
    Status,
    Category,
    Other,
}

/// One code of a category with its titles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryValue {
    pub code: String,
    #[serde(flatten)]
    pub title: Title,
    /// Other spellings that an import accepts for this code.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// One declared attribute of a layer (字段).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    pub id: AttributeId,
    #[serde(rename = "type")]
    pub kind: AttributeType,
    pub title: Title,
    /// The unit as a term of `terms.toml` knows it, e.g. `person`, `m2`; empty for none.
    #[serde(default)]
    pub unit: String,
    /// The population caliber (口径) that the value belongs to; empty where it has none.
    #[serde(default)]
    pub caliber: String,
    #[serde(default = "Attribute::default_role")]
    pub role: Role,
    /// Other headings that an import accepts for this attribute.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The codes of a category.
    #[serde(default)]
    pub values: Vec<CategoryValue>,
    /// A row without this value is refused at import.
    #[serde(default)]
    pub required: bool,
    /// The layer whose ids the values are, e.g. the stations that entrances belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refers_to: Option<LayerId>,
    /// A count that may be published as it is: it counts nobody, or what is made known of each feature
    /// anyway, like the pupils of a school.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}

impl Attribute {
    fn default_role() -> Role {
        Role::Other
    }

    /// Whether values of this attribute are summed over features.
    pub fn is_count(&self) -> bool {
        self.kind == AttributeType::Count
    }
}
