use serde::{Deserialize, Serialize};

use super::{AttributeType, GeometryKind, Layer, LayerKind, Role, SecurityLevel, Title};

/// How the counts of a published city are protected against disclosure (统计保护). A city that says
/// so holds pieces instead of homes and workplaces, and every count in it is rounded at random,
/// without bias, to a multiple of `k`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// Every count is a multiple of it.
    pub k: u32,
    /// The side of the cells that pieces are cut by, metres.
    pub cell_m: u32,
    /// Names key and `k` without telling them: publications with another one are not compared.
    pub fingerprint: String,
    /// The day on which it was published, UTC.
    pub published: String,
}

impl Protection {
    /// The setting that a protected city carries.
    pub const SETTING: &'static str = "protection";
    /// The setting that names the commit it was published of, to who has the key; written last.
    pub const OF: &'static str = "published_of";

    /// Half the width of the 95 % interval of a sum over `pieces` independent pieces, people or
    /// units: 1.96 standard deviations, none of which exceeds k / 2.
    pub fn margin(&self, pieces: u64) -> f64 {
        0.98 * f64::from(self.k) * (pieces as f64).sqrt()
    }

    /// What stands on every map and document of the city.
    pub fn mark(&self) -> Title {
        Title {
            zh: format!("保护数据（取整至 {}）", self.k),
            en: format!("protected counts (rounded to {})", self.k),
        }
    }

    /// What whoever reads the numbers has to know.
    pub fn note(&self) -> Title {
        let (k, cell_m) = (self.k, self.cell_m);
        Title {
            zh: format!(
                "统计保护：人口、岗位、通勤按 {cell_m} 米网格与街道合并，每个数随机取整为 {k} \
                 的倍数（无偏）；n 个单元之和的误差约为 ±{k}√n（95%），分项之和可能不等于合计"
            ),
            en: format!(
                "Protected: people, jobs and flows are pooled by {cell_m} m cell and subdistrict and \
                 every count is rounded at random, without bias, to a multiple of {k}; a sum over n \
                 pieces is uncertain by about ±{k}√n (95%), and parts may not add up to totals"
            ),
        }
    }
}

impl Layer {
    /// Whether its features tell of people or of units that employ them.
    pub fn is_personal(&self) -> bool {
        let tells = |role| {
            use Role::{AgeGroup, Employed, Households, Jobs, Population};
            matches!(role, Population | AgeGroup | Households | Employed | Jobs)
        };
        matches!(self.kind, LayerKind::Residence | LayerKind::Workplace)
            || self.counts().any(|(_, attribute)| tells(attribute.role))
    }

    /// The layer as a protected city holds it: pieces with counts and nothing else; `None` for a
    /// layer that needs a clearance of its own, of which nothing is published.
    pub fn protected(&self) -> Option<Layer> {
        if self.level >= SecurityLevel::Sensitive {
            return None;
        }
        if !self.is_personal() {
            return Some(self.clone());
        }
        let mut pieces = Layer {
            geometry: GeometryKind::Point,
            ..self.clone()
        };
        pieces.attributes.retain(|a| a.kind == AttributeType::Count);
        let shown = pieces.style.attribute.take();
        pieces.style.attribute = shown.filter(|id| pieces.attribute(id.as_str()).is_some());
        Some(pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Attribute, *};
    use crate::definitions::read_catalog;

    #[test]
    fn layers_of_people_keep_their_counts_only() {
        let catalog = read_catalog(None).expect("sound definitions");
        let residences = catalog.layer("residences").expect("built in");
        let pieces = residences.protected().expect("published");
        assert!(pieces.attributes.iter().all(Attribute::is_count));
        assert!(pieces.attribute("usual_residents").is_some());
        assert!(pieces.attribute("income").is_none());
        let schools = catalog.layer("schools").expect("built in");
        assert_eq!(schools.protected().as_ref(), Some(&**schools));
        let mut secret = (**residences).clone();
        secret.level = SecurityLevel::Sensitive;
        assert_eq!(secret.protected(), None);
    }

    #[test]
    fn a_sum_is_as_uncertain_as_its_pieces() {
        let protection = Protection {
            k: 10,
            cell_m: 100,
            fingerprint: String::new(),
            published: String::new(),
        };
        assert!((protection.margin(100) - 98.0).abs() < 1e-9);
        assert_eq!(protection.margin(0), 0.0);
    }
}
