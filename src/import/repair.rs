use crate::domain::polygon::Defect;

/// A polygon that was repaired (图形修复).
#[derive(Clone, Debug, PartialEq)]
pub struct Repair {
    pub file: String,
    pub row: u64,
    pub id: String,
    pub defect: Defect,
    /// Area before and after in km² on the ellipsoid; before, parts that a ring covers twice in
    /// opposite directions cancel out.
    pub area_before_km2: f64,
    pub area_after_km2: f64,
}
