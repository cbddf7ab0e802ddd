//! The built-in layer and term definitions, and the folder that may override them.

use std::{fs, io, path::Path};

use rust_embed::Embed;

use crate::domain::{Catalog, CatalogError};

#[derive(Embed)]
#[folder = "layers/"]
#[include = "*.toml"]
#[exclude = "*/*"]
struct BuiltIn;

/// Why the definitions could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    #[error("cannot read layer definitions in {folder}: {source}")]
    Read { folder: String, source: io::Error },
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// The built-in definitions, overridden and extended by the `*.toml` files in `folder`.
///
/// # Errors
/// A folder that cannot be read, or a definition that contradicts itself, by file name.
pub fn read_catalog(folder: Option<&Path>) -> Result<Catalog, DefinitionError> {
    let mut files: Vec<(String, String)> = Vec::new();
    for name in BuiltIn::iter() {
        let bytes = BuiltIn::get(&name)
            .expect("an embedded name has an embedded file")
            .data;
        let text = String::from_utf8(bytes.into_owned()).expect("definitions are UTF-8");
        files.push((name.into_owned(), text));
    }
    files.sort();
    if let Some(folder) = folder {
        files.extend(read_folder(folder).map_err(|source| DefinitionError::Read {
            folder: folder.display().to_string(),
            source,
        })?);
    }
    Ok(Catalog::parse(
        files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    )?)
}

fn read_folder(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            files.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::Layer;

    #[test]
    fn the_built_in_definitions_hold_together() {
        let catalog = read_catalog(None).expect("sound definitions");
        let levels: Vec<String> = catalog.levels().iter().map(ToString::to_string).collect();
        assert_eq!(
            levels,
            ["district", "subdistrict", "planning_unit", "community"]
        );
        for id in [
            "residences",
            "workplaces",
            "schools",
            "kindergartens",
            "clinics",
            "stations",
            "entrances",
        ] {
            assert!(catalog.layer(id).is_some(), "{id}");
        }
    }

    #[test]
    fn no_heading_means_two_attributes_of_a_layer() {
        let catalog = read_catalog(None).expect("sound definitions");
        let clashes = |layer: &Layer| {
            let mut owners: BTreeMap<String, &str> = BTreeMap::new();
            for attribute in &layer.attributes {
                let names = [
                    attribute.id.as_str(),
                    &attribute.title.zh,
                    &attribute.title.en,
                ];
                for name in names
                    .into_iter()
                    .chain(attribute.aliases.iter().map(String::as_str))
                {
                    let owner = owners
                        .entry(name.to_lowercase())
                        .or_insert(attribute.id.as_str());
                    assert_eq!(*owner, attribute.id.as_str(), "{}: {name}", layer.id);
                }
            }
        };
        catalog.layers().for_each(|layer| clashes(layer));
    }

    #[test]
    fn a_folder_adds_a_layer_and_replaces_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let markets = r##"
id = "markets"
kind = "facility"
geometry = "point"
level = "public"
title = { zh = "菜市场", en = "Markets" }
zoom = { min = 0, max = 22, detail = 8 }
style = { color = "#336699" }
[[attributes]]
id = "stalls"
type = "count"
title = { zh = "摊位", en = "Stalls" }
role = "capacity"
"##;
        fs::write(folder.path().join("markets.toml"), markets).expect("written");
        let catalog = read_catalog(Some(folder.path())).expect("sound definitions");
        assert!(catalog.layer("markets").is_some() && catalog.layer("residences").is_some());
        fs::write(folder.path().join("markets.toml"), "id = 1").expect("written");
        let error = read_catalog(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("markets.toml"), "{error}");
    }
}
