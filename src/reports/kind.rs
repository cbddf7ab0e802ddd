use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::domain::Title;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// 职住平衡分析报告
    JobHousing,
    /// 站点影响区人口岗位分析报告
    StationCatchment,
    /// 人口与公共服务设施供需分析报告
    ServiceGap,
    /// 人口布局分类分析报告
    Zoning,
}

impl Kind {
    pub const ALL: [Kind; 4] = [
        Kind::JobHousing,
        Kind::StationCatchment,
        Kind::ServiceGap,
        Kind::Zoning,
    ];

    /// The name in addresses and commands.
    pub fn key(self) -> &'static str {
        match self {
            Kind::JobHousing => "job-housing",
            Kind::StationCatchment => "station-catchment",
            Kind::ServiceGap => "service-gap",
            Kind::Zoning => "zoning",
        }
    }

    /// `职住平衡分析报告`, to stand after the name of an area.
    pub fn title(self) -> Title {
        let (zh, en) = match self {
            Kind::JobHousing => ("职住平衡分析报告", "Job-housing balance report"),
            Kind::StationCatchment => {
                ("轨道站点影响区人口岗位分析报告", "Station catchment report")
            }
            Kind::ServiceGap => ("人口与公共服务设施供需分析报告", "Service gap report"),
            Kind::Zoning => ("人口布局分类分析报告", "Population layout report"),
        };
        Title {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Kind::ALL.into_iter().find(|kind| kind.key() == text);
        known.ok_or_else(|| {
            let short: String = text.chars().take(40).collect();
            let all: Vec<&str> = Kind::ALL.into_iter().map(Kind::key).collect();
            format!(
                "there is no report `{short}`; it is one of: {}",
                all.join(", ")
            )
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.key().parse(), Ok(kind));
            assert_eq!(serde_json::json!(kind), kind.key());
        }
        assert!("jobs".parse::<Kind>().unwrap_err().contains("job-housing"));
    }
}
