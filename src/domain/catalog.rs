use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::{
    AttributeType, Layer, LayerId, LevelId, NormSet, Role, SecurityLevel, Term, Title,
    zoning::ZoningRules,
};

/// Why the definitions do not hold together; names the file at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct CatalogError {
    pub file: String,
    pub problem: String,
}

/// Every layer, term and norm that this server knows, as data.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    layers: BTreeMap<LayerId, Arc<Layer>>,
    terms: BTreeMap<String, Term>,
    norms: BTreeMap<LayerId, Arc<NormSet>>,
    zoning: BTreeMap<String, ZoningRules>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermFile {
    terms: Vec<Term>,
}

impl Catalog {
    /// Reads definitions from `(file name, TOML text)`; a later file replaces an earlier layer or
    /// term of the same name. `terms.toml` holds terms, a file in a folder `norms` one norm set,
    /// every other file one layer.
    ///
    /// # Errors
    /// The first file that is not well-formed or contradicts itself.
    pub fn parse<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, CatalogError> {
        let mut catalog = Catalog::default();
        let mut norms = Vec::new();
        for (file, text) in files {
            let fail = |problem: String| CatalogError {
                file: file.to_owned(),
                problem,
            };
            if file == "terms.toml" || file.ends_with("/terms.toml") {
                let parsed: TermFile = toml::from_str(text).map_err(|e| fail(e.to_string()))?;
                for term in parsed.terms {
                    catalog.terms.insert(term.key.clone(), term);
                }
            } else if is_norm_file(file) {
                norms.push((file, text));
            } else {
                let layer: Layer = toml::from_str(text).map_err(|e| fail(e.to_string()))?;
                check_layer(&layer).map_err(fail)?;
                catalog.layers.insert(layer.id.clone(), Arc::new(layer));
            }
        }
        // Norms name layers: all of these are known by now.
        for (file, text) in norms {
            let set = NormSet::parse(text, &catalog).map_err(|error| CatalogError {
                file: file.to_owned(),
                problem: error.to_string(),
            })?;
            catalog.norms.insert(set.id.clone(), Arc::new(set));
        }
        Ok(catalog)
    }

    /// The catalog of a protected city: layers of people and units have counts only, those that need
    /// a clearance are not there.
    pub fn protected(&self) -> Self {
        let layers = self.layers.iter();
        let layers = layers.filter_map(|(id, layer)| {
            let published = layer.protected()?;
            // An equal definition stays the same one.
            let own = match published == **layer {
                true => layer.clone(),
                false => Arc::new(published),
            };
            Some((id.clone(), own))
        });
        Catalog {
            layers: layers.collect(),
            ..self.clone()
        }
    }

    /// Whether all that a protected city should have of this catalog can be published.
    ///
    /// # Errors
    /// The first layer of which it cannot, and why.
    pub fn check_publishable(&self) -> Result<(), CatalogError> {
        let open = self.layers.values();
        let mut open = open.filter(|layer| layer.level < SecurityLevel::Sensitive);
        open.try_for_each(|layer| {
            layer.check_publishable().map_err(|problem| CatalogError {
                file: format!("layer {}", layer.id),
                problem,
            })
        })
    }

    /// The norm set of a name.
    pub fn norm_set(&self, id: &str) -> Option<&Arc<NormSet>> {
        self.norms.get(id)
    }

    /// All norm sets in the order of their ids.
    pub fn norm_sets(&self) -> impl Iterator<Item = &Arc<NormSet>> {
        self.norms.values()
    }

    pub fn layer(&self, id: &str) -> Option<&Arc<Layer>> {
        self.layers.get(id)
    }

    /// All layers in the order of their ids.
    pub fn layers(&self) -> impl Iterator<Item = &Arc<Layer>> {
        self.layers.values()
    }

    /// The area layers, larger areas first.
    pub fn area_layers(&self) -> Vec<&Arc<Layer>> {
        let mut areas: Vec<_> = self.layers.values().filter(|l| l.is_area()).collect();
        areas.sort_by_key(|l| (l.rank, l.id.clone()));
        areas
    }

    /// The area layer of a level, e.g. `districts` for `district`.
    pub fn area_layer(&self, level: &str) -> Option<&Arc<Layer>> {
        self.layers
            .values()
            .find(|l| l.area_level.as_ref().is_some_and(|id| *id == *level))
    }

    /// All area levels, larger areas first.
    pub fn levels(&self) -> Vec<LevelId> {
        self.area_layers()
            .into_iter()
            .filter_map(|l| l.area_level.clone())
            .collect()
    }

    pub fn term(&self, key: &str) -> Option<&Term> {
        self.terms.get(key)
    }

    /// The title of a unit, the term `unit.NAME`; an unknown unit and none are their own title.
    pub fn unit(&self, name: &str) -> Title {
        match self.terms.get(&format!("unit.{name}")) {
            Some(term) => term.title.clone(),
            None => Title {
                zh: name.to_owned(),
                en: name.to_owned(),
            },
        }
    }

    /// The same catalog with rules of layout classes; a later set replaces one of the same id.
    pub fn with_zoning(mut self, sets: impl IntoIterator<Item = ZoningRules>) -> Self {
        let sets = sets.into_iter();
        self.zoning
            .extend(sets.map(|rules| (rules.id.clone(), rules)));
        self
    }

    /// The rules of layout classes that any city may begin with.
    pub fn zoning(&self) -> impl Iterator<Item = &ZoningRules> {
        self.zoning.values()
    }

    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        self.terms.values()
    }
}

/// Whether a definition lies in a folder `norms`.
fn is_norm_file(file: &str) -> bool {
    let folder = std::path::Path::new(file).parent();
    folder.and_then(std::path::Path::file_name) == Some("norms".as_ref())
}

/// Names that every table has anyway and an attribute therefore cannot take.
const RESERVED: [&str; 7] = ["id", "fid", "geom", "period", "features", "lon", "lat"];

/// What an import knows beside layers, and what a table of its own is called.
const RESERVED_LAYERS: [&str; 8] = [
    "definitions",
    "flows",
    "matrix",
    "norms",
    "streets",
    "targets",
    "transit",
    "zoning",
];

fn check_layer(layer: &Layer) -> Result<(), String> {
    if RESERVED_LAYERS.contains(&layer.id.as_str()) {
        return Err(format!("`{}` is not a layer; choose another id", layer.id));
    }
    let mut seen = std::collections::BTreeSet::new();
    for attribute in &layer.attributes {
        let id = attribute.id.as_str();
        if RESERVED.contains(&id) {
            return Err(format!("attribute `{id}` has a reserved name"));
        }
        if !seen.insert(id) {
            return Err(format!("attribute `{id}` is declared twice"));
        }
        let is_category = attribute.kind == AttributeType::Category;
        if is_category == attribute.values.is_empty() {
            return Err(format!(
                "attribute `{id}`: a category, and only that, lists its values"
            ));
        }
    }
    if layer.is_area() {
        if layer.area_level.is_none() {
            return Err("an area layer names its `area_level`".into());
        }
        if layer.with_role(Role::Code).is_none() {
            return Err("an area layer needs an attribute with role `code`".into());
        }
    } else if layer.area_level.is_some() {
        return Err("only an area layer has an `area_level`".into());
    }
    if layer.zoom.min > layer.zoom.max || layer.zoom.max > 22 {
        return Err("zoom: min <= max <= 22".into());
    }
    Ok(())
}
