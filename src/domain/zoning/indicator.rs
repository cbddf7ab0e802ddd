use serde::{Deserialize, Serialize};

/// What a criterion may look at; its key is the term that defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Indicator {
    /// People per km² (人口密度).
    Density,
    /// People per km² of residential land (居住用地人口密度).
    ResidentialDensity,
    /// Mean yearly growth since the period before (年均增长率).
    Growth,
    /// Planned residents over present ones, less one (规划增幅).
    PlannedGrowth,
    /// Residents over planned capacity (承载率).
    CapacityRatio,
    /// Planned residents over planned capacity (规划承载率).
    PlannedCapacityRatio,
    /// 职住比
    JobsPerEmployedResident,
    /// 职住差异率
    BalanceIndex,
    /// 职住自足率
    SelfContainment,
    /// Residents within metres of a station (站点覆盖率).
    StationShare,
    /// Residents with a facility of a layer within metres (服务覆盖率).
    ServiceShare,
    /// The mean access of residents to a layer (可达性).
    MeanAccess,
    /// Capacity of a service over the demand for it (满足率).
    Fulfilment,
    /// Residential land over all land (居住用地占比).
    ResidentialLandShare,
    /// Protected land over all land (保护用地占比).
    ProtectedLandShare,
}

impl Indicator {
    pub const ALL: [Indicator; 15] = [
        Indicator::Density,
        Indicator::ResidentialDensity,
        Indicator::Growth,
        Indicator::PlannedGrowth,
        Indicator::CapacityRatio,
        Indicator::PlannedCapacityRatio,
        Indicator::JobsPerEmployedResident,
        Indicator::BalanceIndex,
        Indicator::SelfContainment,
        Indicator::StationShare,
        Indicator::ServiceShare,
        Indicator::MeanAccess,
        Indicator::Fulfilment,
        Indicator::ResidentialLandShare,
        Indicator::ProtectedLandShare,
    ];

    /// The key in rule files, columns and terms.
    pub fn key(self) -> &'static str {
        match self {
            Indicator::Density => "density_per_km2",
            Indicator::ResidentialDensity => "residential_density_per_km2",
            Indicator::Growth => "growth_yearly_share",
            Indicator::PlannedGrowth => "planned_growth_share",
            Indicator::CapacityRatio => "capacity_ratio",
            Indicator::PlannedCapacityRatio => "planned_capacity_ratio",
            Indicator::JobsPerEmployedResident => "jobs_per_employed_resident",
            Indicator::BalanceIndex => "balance_index",
            Indicator::SelfContainment => "self_containment",
            Indicator::StationShare => "station_share_residents",
            Indicator::ServiceShare => "service_share_covered",
            Indicator::MeanAccess => "mean_access",
            Indicator::Fulfilment => "service_fulfilment",
            Indicator::ResidentialLandShare => "residential_land_share",
            Indicator::ProtectedLandShare => "protected_land_share",
        }
    }

    pub fn of_key(key: &str) -> Option<Indicator> {
        Indicator::ALL.into_iter().find(|known| known.key() == key)
    }

    /// The unit that a threshold is written in; shares are 0–1.
    pub fn unit(self) -> &'static str {
        match self {
            Indicator::Density | Indicator::ResidentialDensity => "person_per_km2",
            Indicator::JobsPerEmployedResident
            | Indicator::BalanceIndex
            | Indicator::MeanAccess => "ratio",
            _ => "share",
        }
    }

    /// The parameters that it needs, and those that it may have beside.
    pub(super) fn parameters(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Indicator::StationShare => (&["within_m"], &["mode", "layer"]),
            Indicator::ServiceShare => (&["layer", "within_m"], &["mode"]),
            Indicator::MeanAccess => (&["layer", "within_m"], &["mode", "capacity", "measure"]),
            Indicator::Fulfilment => (&["service"], &["norms"]),
            _ => (&[], &[]),
        }
    }
}

/// What an indicator is asked with, beside the question itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// The layer of facilities or stations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Reach, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_m: Option<f64>,
    /// straight, walk or another mode of the city; straight without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The attribute that counts what a facility offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
    /// The measure of access; `2sfca` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// A service of the norms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The set of norms that the service stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub norms: Option<String>,
}

impl Parameters {
    /// The names of those that are given.
    pub(super) fn given(&self) -> Vec<&'static str> {
        let given = [
            ("layer", self.layer.is_some()),
            ("within_m", self.within_m.is_some()),
            ("mode", self.mode.is_some()),
            ("capacity", self.capacity.is_some()),
            ("measure", self.measure.is_some()),
            ("service", self.service.is_some()),
            ("norms", self.norms.is_some()),
        ];
        let given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(name, _)| name).collect()
    }
}
