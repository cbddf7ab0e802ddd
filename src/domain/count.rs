use std::collections::BTreeMap;

use serde::Serialize;

use super::Title;

/// Why a value is undefined (metrics: undefined is not zero).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The denominator counts nobody.
    NoPopulation,
    NoJobs,
    /// Neither people nor jobs.
    Empty,
    /// The layer or attribute that the value needs was never loaded, or every row of it is missing.
    NoData,
    NoSupplyInCatchment,
    NoReachablePair,
    /// The place is too far from every street.
    OffNetwork,
    /// The city has no streets of the kind that the value needs.
    NoStreets,
    /// There is no layer `residential_land`.
    NoResidentialLand,
    /// Nobody commutes across the boundary.
    Closed,
    /// Every commute costs nothing.
    NoTravel,
    /// However jobs are exchanged, all together travel the same.
    NoChoice,
    /// The capacity of some facility is unknown (规模不全): a gap would be a guess.
    CapacityIncomplete,
    /// The norm has no figure: the city sets it (由城市设定).
    SetByCity,
    /// The norm does not ask for it.
    NotAsked,
    /// Some of those who will be counted are not born yet.
    Unborn,
    /// The city has no earlier state of the count.
    NoEarlierPeriod,
    /// No plan has a figure for the area and year.
    NoPlan,
    /// Neither the area nor one that holds it has a capacity.
    NoCapacity,
    /// There is no layer `protected_land`.
    NoProtectedLand,
    /// The city has no such facility.
    NoFacilities,
    /// Areas are larger than the distance or time asked about.
    AreasTooLarge,
    /// No area has a published size (官方面积).
    NoPublishedArea,
    /// The areas were drawn anew: a crosswalk carries counts over, and nothing else.
    AreasChanged,
}

impl Reason {
    pub const ALL: [Reason; 24] = [
        Reason::NoPopulation,
        Reason::NoJobs,
        Reason::Empty,
        Reason::NoData,
        Reason::NoSupplyInCatchment,
        Reason::NoReachablePair,
        Reason::OffNetwork,
        Reason::NoStreets,
        Reason::NoResidentialLand,
        Reason::Closed,
        Reason::NoTravel,
        Reason::NoChoice,
        Reason::CapacityIncomplete,
        Reason::SetByCity,
        Reason::NotAsked,
        Reason::Unborn,
        Reason::NoEarlierPeriod,
        Reason::NoPlan,
        Reason::NoCapacity,
        Reason::NoProtectedLand,
        Reason::NoFacilities,
        Reason::AreasTooLarge,
        Reason::NoPublishedArea,
        Reason::AreasChanged,
    ];

    /// The key as results carry it, e.g. `no_population`.
    pub fn key(self) -> &'static str {
        match self {
            Reason::NoPopulation => "no_population",
            Reason::NoJobs => "no_jobs",
            Reason::Empty => "empty",
            Reason::NoData => "no_data",
            Reason::NoSupplyInCatchment => "no_supply_in_catchment",
            Reason::NoReachablePair => "no_reachable_pair",
            Reason::OffNetwork => "off_network",
            Reason::NoStreets => "no_streets",
            Reason::NoResidentialLand => "no_residential_land",
            Reason::Closed => "closed",
            Reason::NoTravel => "no_travel",
            Reason::NoChoice => "no_choice",
            Reason::CapacityIncomplete => "capacity_incomplete",
            Reason::SetByCity => "set_by_city",
            Reason::NotAsked => "not_asked",
            Reason::Unborn => "unborn",
            Reason::NoEarlierPeriod => "no_earlier_period",
            Reason::NoPlan => "no_plan",
            Reason::NoCapacity => "no_capacity",
            Reason::NoProtectedLand => "no_protected_land",
            Reason::NoFacilities => "no_facilities",
            Reason::AreasTooLarge => "areas_too_large",
            Reason::NoPublishedArea => "no_published_area",
            Reason::AreasChanged => "areas_changed",
        }
    }

    /// The reason in words, for printed tables.
    pub fn title(self) -> Title {
        let (zh, en) = match self {
            Reason::NoPopulation => ("分母人口为 0", "nobody is counted"),
            Reason::NoJobs => ("岗位为 0", "no jobs"),
            Reason::Empty => ("人口与岗位均为 0", "neither people nor jobs"),
            Reason::NoData => ("无数据", "no data"),
            Reason::NoSupplyInCatchment => ("范围内无设施", "nothing offered in the catchment"),
            Reason::NoReachablePair => ("无可达的起讫点", "no reachable pair"),
            Reason::OffNetwork => ("距路网超过 500 m", "more than 500 m from every street"),
            Reason::NoStreets => ("未载入路网", "no streets were imported"),
            Reason::NoResidentialLand => (
                "未载入居住用地图层（residential_land）",
                "no layer residential_land was imported",
            ),
            Reason::Closed => ("无跨界通勤者", "nobody commutes across the boundary"),
            Reason::NoTravel => ("通勤成本全为 0", "every commute costs nothing"),
            Reason::NoChoice => (
                "任何职住匹配的通勤都相同",
                "however jobs are exchanged, all travel the same",
            ),
            Reason::CapacityIncomplete => ("规模不全", "the capacity of some facility is unknown"),
            Reason::SetByCity => ("标准值由本市设定", "the city has to set the figure"),
            Reason::NotAsked => ("标准不作要求", "the norm does not ask for it"),
            Reason::Unborn => ("含尚未出生的儿童", "some of the children are not born yet"),
            Reason::NoEarlierPeriod => ("没有更早时点的数据", "no earlier period"),
            Reason::NoPlan => ("没有该年的规划人口", "no planned figure for the year"),
            Reason::NoCapacity => ("没有承载规模", "no planned capacity"),
            Reason::NoProtectedLand => (
                "未载入保护用地图层（protected_land）",
                "no layer protected_land was imported",
            ),
            Reason::NoFacilities => ("未载入该类设施", "no such facilities were imported"),
            Reason::AreasTooLarge => (
                "单元大于所问的距离或时间",
                "areas are larger than the distance or time",
            ),
            Reason::NoPublishedArea => ("没有官方面积", "no published area"),
            Reason::AreasChanged => (
                "区划有变更，仅人数等计数可折算",
                "the areas were drawn anew: only counts are carried over",
            ),
        };
        Title {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

/// What a result leaves out: by `layer.attribute`, the number of rows without a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct LeftOut(pub BTreeMap<String, LeftOutCount>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOutCount {
    /// Rows whose value is missing.
    pub missing: u64,
    /// Rows outside every area of the level asked for.
    #[serde(skip_serializing_if = "is_zero")]
    pub outside_areas: u64,
    /// Rows that a table of travel times does not name: nobody knows the way to them.
    #[serde(skip_serializing_if = "is_zero")]
    pub unnamed: u64,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

impl LeftOut {
    /// Adds `missing` rows of `layer.attribute`; nothing is recorded for zero.
    pub fn add_missing(&mut self, layer: &str, attribute: &str, missing: u64) {
        if missing > 0 {
            self.0
                .entry(format!("{layer}.{attribute}"))
                .or_default()
                .missing += missing;
        }
    }

    /// Adds rows of `layer` that lie outside every area of the level.
    pub fn add_outside(&mut self, layer: &str, attribute: &str, outside: u64) {
        if outside > 0 {
            self.0
                .entry(format!("{layer}.{attribute}"))
                .or_default()
                .outside_areas += outside;
        }
    }

    /// Says how many rows of `layer` a table of travel times does not name; of several questions to
    /// one layer the most.
    pub fn say_unnamed(&mut self, layer: &str, unnamed: u64) {
        if unnamed > 0 {
            let known = self.0.entry(format!("{layer}.features")).or_default();
            known.unnamed = unnamed.max(known.unnamed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_reasons_are_the_serialized_ones() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::json!(reason), reason.key());
        }
    }
}
