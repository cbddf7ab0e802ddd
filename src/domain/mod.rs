//! The words of the field (领域词汇): layers and attributes, areas, periods, features, tiles.
//!
//! Invariant: `domain` imports no other room and does no I/O.

mod age;
mod area;
mod attribute;
mod bbox;
mod catalog;
mod column;
mod count;
mod crosswalk;
mod feature;
mod flow;
pub mod formula_guard;
mod grid;
mod grouping;
mod half_width;
mod hilbert;
pub mod identity_number;
mod layer;
mod layer_id;
pub mod measure;
mod norms;
pub mod origin;
mod period;
mod plan;
mod plan_fault;
pub mod polygon;
mod protection;
mod row_fault;
mod rules;
mod serial;
mod short_name;
mod sound;
mod table;
mod term;
mod tile;
mod title;
mod value;
mod watermark;
pub mod zoning;

pub use age::AgeRange;
pub use area::{AreaCode, AreaCodeError};
pub use attribute::{Attribute, AttributeType, CategoryValue, Role};
pub use bbox::{Bbox, BboxError};
pub use catalog::{Catalog, CatalogError};
pub use column::{Column, TextColumn};
pub use count::{LeftOut, Reason};
pub use crosswalk::{CodeLink, Crosswalk, CrosswalkFault};
pub use feature::{FeatureState, FeatureVersion, FeatureVersionError};
pub use flow::{Flow, FlowPlace, FlowRow, Flows};
pub use grid::Grid;
pub use grouping::{GroupName, GroupNameError, Grouping, Groups, OwnAreas, Pair};
pub use half_width::half_width;
pub use hilbert::hilbert_key;
pub use identity_number::tells_identity;
pub use layer::{Breaks, GeometryKind, Layer, LayerKind, SecurityLevel, Style, Zoom};
pub use layer_id::{AttributeId, LayerId, LevelId, NameError};
pub use norms::{Band, Confidence, Demand, Figure, LifeCircle, NormError, NormItem, NormSet};
pub use origin::Origin;
pub use period::{Period, PeriodError};
pub use plan::{FigureKind, PlanFigure};
pub use plan_fault::PlanFault;
pub use protection::Protection;
pub use row_fault::{RowFault, RowReason};
pub use rules::{
    BalanceBand, BalanceRules, CommuteRules, CommutingSpace, NominalBalance, RailCover,
};
pub use serial::serial;
pub use short_name::short_names;
pub use sound::{MAX_COUNT, MAX_TEXT, make_sound};
pub use table::Table;
pub use term::{Term, TermFormat};
pub use tile::{TileCoord, TileCoordError, from_mercator, to_mercator};
pub use title::{Language, Title};
pub use value::Value;
pub use watermark::Watermark;
