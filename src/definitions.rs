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
