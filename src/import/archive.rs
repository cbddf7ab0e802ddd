//! What is inside a `.zip`.

use std::io::Cursor;

use zip::ZipArchive;

use super::{
    ImportError,
    error::list,
    source::{COMPANIONS, Item, extension_of, found, inflate},
    text::decode_lossy,
};

/// How many entries a zip may have.
const MAX_ENTRIES: usize = 20_000;

pub(super) enum Kind {
    /// An XLSX workbook is a zip, too.
    Workbook,
    OpenDocument,
    Archive,
}

type Zip<'a> = ZipArchive<Cursor<&'a [u8]>>;

fn open(item: &Item) -> Result<Zip<'_>, ImportError> {
    let zip = ZipArchive::new(Cursor::new(item.bytes.as_slice()))
        .map_err(|e| ImportError::malformed(&item.name, "zip archive", e))?;
    if zip.len() > MAX_ENTRIES {
        return Err(ImportError::TooLarge {
            file: item.name.clone(),
            what: format!("more than {MAX_ENTRIES} files in it"),
        });
    }
    Ok(zip)
}

/// Tells a workbook from an archive of files.
pub(super) fn kind(item: &Item) -> Result<Kind, ImportError> {
    let zip = open(item)?;
    let has = |name: &str| zip.index_for_name(name).is_some();
    Ok(if has("[Content_Types].xml") && has("xl/workbook.xml") {
        Kind::Workbook
    } else if has("mimetype") && has("content.xml") {
        Kind::OpenDocument
    } else {
        Kind::Archive
    })
}

/// A file in a zip.
struct Entry {
    index: usize,
    name: String,
}

/// Takes the data file out of a zip: the one that `inner` names, or the only one.
///
/// # Errors
/// No file or several that could be meant; they are listed.
pub(super) fn choose(item: Item, inner: &[String]) -> Result<(Item, &[String]), ImportError> {
    let mut zip = open(&item)?;
    let entries = entries(&mut zip, &item.name)?;
    let names: Vec<String> = entries.iter().map(|e| e.name.clone()).collect();
    let wanted = inner.first().map(|name| name.trim_matches('/'));
    let chosen: Vec<&Entry> = match wanted {
        None => entries.iter().filter(|e| is_data(&e.name)).collect(),
        Some(wanted) => named(&entries, wanted),
    };
    let chosen = match (chosen.as_slice(), wanted) {
        ([one], _) => *one,
        ([], None) => {
            return Err(ImportError::NothingInside {
                file: item.name.clone(),
                found: found(&names),
            });
        }
        ([], Some(wanted)) => {
            return Err(ImportError::NotInside {
                file: item.name.clone(),
                kind: "file",
                name: wanted.to_owned(),
                names: list(&names),
            });
        }
        (several, _) => {
            return Err(ImportError::SeveralInside {
                file: item.name.clone(),
                kind: "data files",
                names: list(several.iter().map(|e| &e.name)),
            });
        }
    };
    let mut companions = Vec::new();
    if extension_of(&chosen.name) == "shp" {
        let stem = |name: &str| name.rsplit_once('.').map(|(stem, _)| stem.to_lowercase());
        for other in &entries {
            let extension = extension_of(&other.name);
            if COMPANIONS.contains(&extension.as_str()) && stem(&other.name) == stem(&chosen.name) {
                companions.push((extension, extract(&mut zip, other, &item.name)?));
            }
        }
    }
    let bytes = extract(&mut zip, chosen, &item.name)?;
    let taken = Item {
        name: format!("{}#{}", item.name, chosen.name),
        bytes,
        on_disk: None,
        companions,
    };
    Ok((taken, inner.get(1..).unwrap_or_default()))
}

/// The files of the zip without folders and what operating systems leave behind.
fn entries(zip: &mut Zip<'_>, file: &str) -> Result<Vec<Entry>, ImportError> {
    let mut entries = Vec::new();
    for index in 0..zip.len() {
        let entry = zip
            .by_index_raw(index)
            .map_err(|e| ImportError::malformed(file, "zip archive", e))?;
        let name = decode_lossy(entry.name_raw()).replace('\\', "/");
        let base = name.rsplit('/').next().unwrap_or(&name);
        let junk = name.starts_with("__MACOSX/")
            || name.contains("/__MACOSX/")
            || base.starts_with("._")
            || matches!(base, "" | ".DS_Store" | "Thumbs.db" | "desktop.ini");
        if !junk && !entry.is_dir() {
            entries.push(Entry { index, name });
        }
    }
    Ok(entries)
}

/// Entries of exactly that name; else of that file name; else data files in a folder so called.
fn named<'e>(entries: &'e [Entry], wanted: &str) -> Vec<&'e Entry> {
    let lower = wanted.to_lowercase();
    let tests: [&dyn Fn(&Entry) -> bool; 3] = [
        &|e| e.name.to_lowercase() == lower,
        &|e| e.name.to_lowercase().ends_with(&format!("/{lower}")),
        &|e| e.name.to_lowercase().starts_with(&format!("{lower}/")) && is_data(&e.name),
    ];
    let found = tests
        .iter()
        .map(|test| entries.iter().filter(|e| test(e)).collect::<Vec<_>>())
        .find(|found| !found.is_empty());
    found.unwrap_or_default()
}

fn is_data(name: &str) -> bool {
    let plain = name.to_lowercase();
    let plain = plain.strip_suffix(".gz").unwrap_or(&plain);
    matches!(
        extension_of(plain).as_str(),
        "geojson"
            | "json"
            | "geojsonl"
            | "geojsons"
            | "geojsonseq"
            | "ndjson"
            | "jsonl"
            | "fgb"
            | "gpkg"
            | "shp"
            | "csv"
            | "tsv"
            | "xlsx"
            | "zip"
    )
}

fn extract(zip: &mut Zip<'_>, entry: &Entry, file: &str) -> Result<Vec<u8>, ImportError> {
    let name = format!("{file}#{}", entry.name);
    let reader = zip
        .by_index(entry.index)
        .map_err(|e| ImportError::malformed(&name, "zip entry", e))?;
    let packed = reader.compressed_size();
    inflate(reader, packed, &name, "zip entry")
}
