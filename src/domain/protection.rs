use serde::{Deserialize, Serialize};

use super::{Attribute, AttributeType, GeometryKind, Layer, LayerKind, Role, SecurityLevel, Title};

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
    /// Whether its features tell of people or of units that employ them. Any count may be one of
    /// people, and any number or text in persons, but for capacities and those that its definition calls open.
    pub fn is_personal(&self) -> bool {
        matches!(self.kind, LayerKind::Residence | LayerKind::Workplace)
            || self.counts_of_people().next().is_some()
    }

    fn counts_of_people(&self) -> impl Iterator<Item = &Attribute> {
        let may_be = |attribute: &&Attribute| attribute.is_count() || attribute.unit == "person";
        let counts = self.attributes.iter().filter(may_be);
        counts.filter(|attribute| attribute.role != Role::Capacity && !attribute.open)
    }

    /// Why nothing of it can be published though its level allows it: areas are published as they are
    /// or not at all.
    ///
    /// # Errors
    /// An area layer with a count that may be one of people.
    pub fn check_publishable(&self) -> Result<(), String> {
        match self.counts_of_people().next().filter(|_| self.is_area()) {
            Some(count) => Err(format!(
                "attribute `{}` may count people, and areas are published as they are: say \
                 `open = true` of it if it counts nobody, or only what is made known anyway; else \
                 keep it in a layer that is none of areas",
                count.id
            )),
            None => Ok(()),
        }
    }

    /// The layer as a protected city holds it: pieces with counts and nothing else; `None` for a
    /// layer that needs a clearance of its own, of which nothing is published, and for areas that
    /// count people.
    pub fn protected(&self) -> Option<Layer> {
        if self.level >= SecurityLevel::Sensitive || self.check_publishable().is_err() {
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
    use super::*;
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
    fn of_the_built_in_layers_homes_and_workplaces_alone_are_personal() {
        let catalog = read_catalog(None).expect("sound definitions");
        let personal = catalog.layers().filter(|layer| layer.is_personal());
        let personal: Vec<&str> = personal.map(|layer| layer.id.as_str()).collect();
        assert_eq!(personal, ["residences", "workplaces"]);
        for layer in catalog.layers().filter(|layer| !layer.is_personal()) {
            assert_eq!(layer.protected().as_ref(), Some(&**layer));
            assert_eq!(layer.check_publishable(), Ok(()));
        }
    }

    #[test]
    fn a_count_of_ones_own_is_one_of_people_unless_it_is_called_open() {
        let layer = |kind: &str, count: &str| -> Layer {
            let level = match kind {
                "area" => "area_level = \"ward\"\nrank = 9",
                _ => "",
            };
            let text = format!(
                "id = \"wards\"\nkind = \"{kind}\"\ngeometry = \"point\"\nlevel = \"public\"\n{level}\n\
                 title = {{ zh = \"a\", en = \"a\" }}\nzoom = {{ min = 0, max = 22, detail = 8 }}\n\
                 style = {{ color = \"#d7301f\" }}\n\
                 [[attributes]]\nid = \"code\"\ntype = \"text\"\nrole = \"code\"\n\
                 title = {{ zh = \"c\", en = \"c\" }}\n\
                 [[attributes]]\nid = \"patients\"\ntype = \"count\"\n{count}\n\
                 title = {{ zh = \"b\", en = \"b\" }}\n"
            );
            let catalog = crate::domain::Catalog::parse([("wards.toml", &*text)]);
            let catalog = catalog.expect("a sound definition");
            (**catalog.layer("wards").expect("read")).clone()
        };
        for kind in ["facility", "station", "ground", "area"] {
            for count in [
                "open = true",
                "role = \"capacity\"",
                "role = \"jobs\"\nopen = true",
            ] {
                let open = layer(kind, count);
                assert!(!open.is_personal(), "{kind} {count}");
                assert_eq!(open.protected(), Some(open));
            }
            for count in [
                "",
                "role = \"weight\"",
                "role = \"population\"",
                "open = false",
            ] {
                let own = layer(kind, count);
                assert!(own.is_personal(), "{kind} {count}");
                let pieces = own.protected();
                assert_eq!(pieces.is_none(), kind == "area");
                let names = pieces.iter().flat_map(|pieces| &pieces.attributes);
                assert!(names.into_iter().all(Attribute::is_count), "{kind} {count}");
            }
        }
        for kind in ["residence", "workplace"] {
            assert!(layer(kind, "open = true").is_personal());
        }
        let areas = layer("area", "").check_publishable();
        let told = areas.expect_err("cannot be published");
        assert!(
            told.contains("`patients`") && told.contains("open = true"),
            "{told}"
        );
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
