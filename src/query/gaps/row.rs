use serde::Serialize;

use crate::domain::Reason;

/// One service in one area (供需差距). What is undefined is `null` beside a reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GapRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    /// The item of the norm set.
    pub service: String,
    /// Facilities in use (现状数量).
    pub facilities: Option<i64>,
    /// What they offer (现状规模), of those whose capacity is known.
    pub capacity: Option<i64>,
    /// The unit of capacity, requirement and gap.
    pub capacity_unit: String,
    /// Facilities whose capacity nobody knows.
    pub capacity_unknown: Option<i64>,
    /// Those who want it (需求人口).
    pub demand: Option<i64>,
    /// The capacity that they need (需求规模).
    pub required: Option<i64>,
    /// 缺口, 0 or more.
    pub shortfall: Option<i64>,
    /// 富余, 0 or more.
    pub surplus: Option<i64>,
    /// 净差额: surplus − shortfall; of totals only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net: Option<i64>,
    /// 满足率: capacity ÷ required.
    pub fulfilment: Option<f64>,
    /// The band of the norm that the fulfilment lies in (评价).
    pub evaluation: Option<String>,
    /// Why requirement, gap or fulfilment is undefined.
    pub reason: Option<Reason>,
    /// People, buildings or m², by the denominator.
    pub total: Option<i64>,
    /// Covered within the service radius (服务半径).
    pub straight_covered: Option<i64>,
    pub straight_uncovered: Option<i64>,
    pub straight_share_covered: Option<f64>,
    /// Those who want it and are not covered.
    pub straight_demand_uncovered: Option<i64>,
    pub straight_reason: Option<Reason>,
    /// Covered along the streets (步行路网).
    pub network_covered: Option<i64>,
    pub network_uncovered: Option<i64>,
    pub network_share_covered: Option<f64>,
    pub network_demand_uncovered: Option<i64>,
    pub network_reason: Option<Reason>,
    /// Capacity within reach for each 1,000 who want it, shared across borders (2SFCA), mean of
    /// the people.
    pub shared_per_1000: Option<f64>,
    /// The share of those who want it that has less than the norm within reach.
    pub share_below_norm: Option<f64>,
    pub shared_reason: Option<Reason>,
    /// Since the earlier period (较上期增减).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_facilities: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_capacity: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_required: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_shortfall: Option<i64>,
}
