use serde::{Deserialize, Serialize};

use super::{Attribute, AttributeId, LayerId, LevelId, Role, Title};

/// What a layer stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerKind {
    /// Where people live.
    Residence,
    /// Where people work.
    Workplace,
    /// Schools, clinics, parks …: what people go to.
    Facility,
    /// Stations and their entrances.
    Station,
    /// Zones that features are counted in; its level is the singular of the layer's id.
    Area,
    /// Context on the map that is not counted.
    Ground,
}

/// What shapes a layer's features have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeometryKind {
    Point,
    Line,
    Polygon,
}

/// Who may see a layer, from open to secret.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SecurityLevel {
    /// 公开
    Public,
    /// 内部
    Internal,
    /// 敏感
    Sensitive,
    /// 核心
    Core,
}

/// At which zooms a layer is drawn, and from which each feature stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zoom {
    pub min: u8,
    pub max: u8,
    /// Below this zoom point layers are served as grid sums.
    pub detail: u8,
}

/// How the classes of a default map are found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breaks {
    Quantile,
    Jenks,
    Equal,
    Custom(Vec<f64>),
}

/// The default look of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// A CSS color for the layer's marks.
    pub color: String,
    /// The attribute that a choropleth or a graduated symbol shows first.
    #[serde(default)]
    pub attribute: Option<AttributeId>,
    #[serde(default)]
    pub palette: Option<String>,
    #[serde(default)]
    pub breaks: Option<Breaks>,
    /// Whether the layer is shown when the map opens.
    #[serde(default)]
    pub visible: bool,
}

/// The definition of a layer (图层定义), read from `layers/*.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    pub id: LayerId,
    pub title: Title,
    pub kind: LayerKind,
    pub geometry: GeometryKind,
    /// The clearance that the layer needs (公开/内部/敏感/核心).
    pub level: SecurityLevel,
    /// The singular of an area layer's id; what `level=` in a question names.
    #[serde(default)]
    pub area_level: Option<LevelId>,
    /// Order among area layers: smaller is larger areas (district before subdistrict).
    #[serde(default)]
    pub rank: u32,
    pub zoom: Zoom,
    pub style: Style,
    /// Where the data of this layer usually come from; an import states its own source.
    #[serde(default)]
    pub source: Title,
    #[serde(default)]
    pub licence: String,
    #[serde(default)]
    pub note: Title,
    pub attributes: Vec<Attribute>,
}

impl Layer {
    pub fn attribute(&self, id: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.id == id)
    }

    pub fn attribute_index(&self, id: &str) -> Option<usize> {
        self.attributes.iter().position(|a| a.id == id)
    }

    /// The first attribute that plays `role`.
    pub fn with_role(&self, role: Role) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.role == role)
    }

    /// The place of the first attribute that plays `role`.
    pub fn index_with_role(&self, role: Role) -> Option<usize> {
        self.attributes.iter().position(|a| a.role == role)
    }

    /// The attributes that are summed over features, with their place.
    pub fn counts(&self) -> impl Iterator<Item = (usize, &Attribute)> {
        self.attributes
            .iter()
            .enumerate()
            .filter(|(_, a)| a.is_count())
    }

    pub fn is_area(&self) -> bool {
        self.kind == LayerKind::Area
    }
}
