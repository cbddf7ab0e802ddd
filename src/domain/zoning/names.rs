use std::sync::Arc;

use super::{Criterion, RuleError, ZoningRules, error::criterion};
use crate::domain::{Catalog, NormSet};

impl ZoningRules {
    /// Checks that what the criteria name is there: layers with what they offer, sets of norms with
    /// their services. `norm_set`: the city's own of a name, else the built-in one.
    ///
    /// # Errors
    /// The first criterion that names something unknown, with what is known.
    pub fn check_names(
        &self,
        file: &str,
        catalog: &Catalog,
        norm_set: impl Fn(&str) -> Option<Arc<NormSet>>,
    ) -> Result<(), RuleError> {
        let mut all = self.criteria().into_iter();
        all.try_for_each(|criterion| check(criterion, catalog, &norm_set))
            .map_err(|error| error.in_file(file))
    }
}

fn check(
    own: &Criterion,
    catalog: &Catalog,
    norm_set: impl Fn(&str) -> Option<Arc<NormSet>>,
) -> Result<(), RuleError> {
    let unknown = |name: &str, given: &str, known: Vec<&str>| {
        let (class, number) = own.key.rsplit_once('.').unwrap_or((&own.key, "1"));
        let place = criterion(class, number.parse().unwrap_or(1));
        let (given, known): (String, _) = (given.chars().take(64).collect(), known.join(", "));
        Err(RuleError::at(
            place,
            format!("{name} “{given}”不存在；可用的有：{known}"),
            format!("{name}: there is no `{given}`; there are: {known}"),
        ))
    };
    let asked = &own.parameters;
    if let Some(name) = &asked.layer {
        let Some(layer) = catalog.layer(name) else {
            let known = catalog.layers().map(|layer| layer.id.as_str());
            return unknown("layer", name, known.collect());
        };
        if let Some(capacity) = &asked.capacity
            && layer.attribute_index(capacity).is_none()
        {
            let known = layer.attributes.iter().map(|known| known.id.as_str());
            return unknown("capacity", capacity, known.collect());
        }
    }
    let Some(service) = &asked.service else {
        return Ok(());
    };
    let name = asked.norms.as_deref().unwrap_or(NormSet::DEFAULT);
    let Some(set) = norm_set(name) else {
        let known = catalog.norm_sets().map(|set| set.id.as_str());
        return unknown("norms", name, known.collect());
    };
    match set.items.iter().any(|item| item.id.as_str() == service) {
        true => Ok(()),
        false => {
            let known = set.items.iter().map(|item| item.id.as_str());
            unknown("service", service, known.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{definitions, domain::zoning::ZoningRules};

    #[test]
    fn criteria_name_what_is_there() {
        let catalog = definitions::read_catalog(None).expect("sound");
        let text = include_str!("../../../layers/zoning/default.toml");
        let check = |text: &str| {
            let rules = ZoningRules::from_toml("t.toml", text).expect("sound rules");
            rules.check_names("t.toml", &catalog, |id| catalog.norm_set(id).cloned())
        };
        assert_eq!(check(text), Ok(()));
        for (there, gone) in [
            (
                "service = \"primary_school\"",
                "service = \"primary_scool\"",
            ),
            ("layer = \"kindergartens\"", "layer = \"kindergardens\""),
        ] {
            assert!(text.contains(there), "{there}");
            let error = check(&text.replacen(there, gone, 1)).unwrap_err();
            let (name, _) = gone.split_once(' ').expect("a pair");
            let told = error.told();
            assert!(told.en.starts_with("t.toml: class `"), "{told:?}");
            assert!(
                told.en.contains(&format!("{name}: there is no")),
                "{told:?}"
            );
            assert!(told.zh.contains("不存在；可用的有："), "{told:?}");
        }
    }
}
