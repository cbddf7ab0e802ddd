//! Finds the data in what was named: a file, something packed in it, a table of it.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use tempfile::NamedTempFile;

use super::{ImportError, archive, error::list};

/// The largest file, packed or unpacked, that is read: 4 GiB.
pub(super) const MAX_BYTES: u64 = 4 << 30;
/// Packed data may grow by this factor once they are larger than [`SMALL`]; more is a bomb.
const MAX_GROWTH: u64 = 250;
const SMALL: u64 = 64 << 20;
/// How many containers may stand in one another (`.zip` in `.zip`, `.csv.gz` in `.zip` …).
const MAX_DEPTH: usize = 4;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    GeoJson,
    GeoJsonSequence,
    FlatGeobuf,
    GeoPackage,
    Shapefile,
    Dbf,
    Csv,
    Xlsx,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::GeoJson => "GeoJSON",
            Format::GeoJsonSequence => "GeoJSON text sequence",
            Format::FlatGeobuf => "FlatGeobuf",
            Format::GeoPackage => "GeoPackage",
            Format::Shapefile => "Shapefile",
            Format::Dbf => "DBF",
            Format::Csv => "CSV",
            Format::Xlsx => "XLSX",
        }
    }
}

/// One data file, taken out of whatever it was packed in.
#[derive(Debug)]
pub(super) struct Part {
    /// What messages call it: `a.zip#inner/b.csv`.
    pub name: String,
    pub format: Format,
    /// The content; empty for a GeoPackage, which is read at its `path`.
    pub bytes: Vec<u8>,
    pub path: PathBuf,
    /// Files that belong to it, by extension in lower case: the `dbf`, `prj` … of a shapefile.
    pub companions: Vec<(String, Vec<u8>)>,
    /// The table or sheet that was named with `#`.
    pub table: Option<String>,
    /// Removes the unpacked copy of a GeoPackage.
    _unpacked: Option<NamedTempFile>,
}

impl Part {
    pub fn companion(&self, extension: &str) -> Option<&[u8]> {
        let found = self.companions.iter().find(|(e, _)| e == extension);
        found.map(|(_, bytes)| bytes.as_slice())
    }
}

/// Whether `path` only belongs to a shapefile that is named as well, as `roads.*` gives them.
pub(super) fn is_companion(path: &Path, files: &[PathBuf]) -> bool {
    let lower = path.to_string_lossy().to_lowercase();
    let Some((stem, extension)) = lower.rsplit_once('.') else {
        return false;
    };
    let belongs = matches!(
        extension,
        "shx" | "dbf" | "prj" | "cpg" | "sbn" | "sbx" | "qix" | "qmd" | "xml"
    );
    let stem = stem.strip_suffix(".shp").unwrap_or(stem);
    belongs
        && files
            .iter()
            .any(|f| f.to_string_lossy().to_lowercase() == format!("{stem}.shp"))
}

/// Opens `path`, which may go on with `#inner/file` and `#table`.
///
/// # Errors
/// What cannot be read, is empty, holds several candidates, or unpacks beyond all measure.
pub(super) fn open(path: &Path) -> Result<Part, ImportError> {
    let (path, inner) = split_fragment(path);
    let name = path.file_name().map_or_else(
        || path.display().to_string(),
        |n| n.to_string_lossy().into_owned(),
    );
    let fail = |source| ImportError::Io {
        file: path.display().to_string(),
        source,
    };
    let size = fs::metadata(&path).map_err(fail)?;
    if size.is_dir() {
        return Err(ImportError::NothingInside {
            file: path.display().to_string(),
            found: ": it is a folder; name the files".into(),
        });
    }
    if size.len() > MAX_BYTES {
        return Err(too_large(&name));
    }
    let mut head = Vec::new();
    let mut file = File::open(&path).map_err(fail)?;
    (&mut file).take(16).read_to_end(&mut head).map_err(fail)?;
    let mut bytes = Vec::new();
    if !is_sqlite(&head) {
        bytes = Vec::with_capacity(size.len() as usize);
        bytes.extend_from_slice(&head);
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(fail)?;
    }
    let mut item = Item {
        name,
        bytes,
        on_disk: Some(path),
        companions: Vec::new(),
    };
    if is_sqlite(&head) {
        return item.into_part(Format::GeoPackage, &inner);
    }
    if item.extension() == "shp" {
        item.companions = companions_on_disk(item.on_disk.as_deref().unwrap_or(Path::new("")));
    }
    unpack(item, &inner, 0)
}

/// A file while it is being unpacked.
pub(super) struct Item {
    pub name: String,
    pub bytes: Vec<u8>,
    pub on_disk: Option<PathBuf>,
    pub companions: Vec<(String, Vec<u8>)>,
}

impl Item {
    fn extension(&self) -> String {
        extension_of(&self.name)
    }

    fn into_part(self, format: Format, inner: &[String]) -> Result<Part, ImportError> {
        let mut unpacked = None;
        let mut bytes = self.bytes;
        let path = match (format, self.on_disk) {
            (_, Some(path)) => path,
            (Format::GeoPackage, None) => {
                let fail = |source| ImportError::Io {
                    file: self.name.clone(),
                    source,
                };
                let copy = NamedTempFile::new().map_err(fail)?;
                fs::write(copy.path(), std::mem::take(&mut bytes)).map_err(fail)?;
                let path = copy.path().to_owned();
                unpacked = Some(copy);
                path
            }
            (_, None) => PathBuf::new(),
        };
        Ok(Part {
            name: self.name,
            format,
            bytes,
            path,
            companions: self.companions,
            table: inner.first().cloned(),
            _unpacked: unpacked,
        })
    }
}

fn unpack(item: Item, inner: &[String], depth: usize) -> Result<Part, ImportError> {
    if depth > MAX_DEPTH {
        return Err(ImportError::TooLarge {
            file: item.name,
            what: format!("more than {MAX_DEPTH} containers stand in one another"),
        });
    }
    if item.bytes.is_empty() {
        return Err(ImportError::Empty { file: item.name });
    }
    let unknown = |item: &Item, hint: &str| {
        Err(ImportError::UnknownFormat {
            file: item.name.clone(),
            hint: hint.to_owned(),
        })
    };
    let extension = item.extension();
    let head = &item.bytes[..item.bytes.len().min(1024)];
    match head {
        [0x1f, 0x8b, ..] => {
            let bytes = inflate(
                MultiGzDecoder::new(item.bytes.as_slice()),
                item.bytes.len() as u64,
                &item.name,
                "gzip file",
            )?;
            let name = item.name.strip_suffix(".gz").unwrap_or(&item.name);
            let name = name.strip_suffix(".GZ").unwrap_or(name).to_owned();
            let plain = Item {
                name,
                bytes,
                on_disk: None,
                companions: Vec::new(),
            };
            unpack(plain, inner, depth + 1)
        }
        [b'P', b'K', 3 | 5 | 7, ..] => match archive::kind(&item)? {
            archive::Kind::Workbook => item.into_part(Format::Xlsx, inner),
            archive::Kind::OpenDocument => unknown(
                &item,
                ": it is an OpenDocument file; save the sheet as .xlsx or .csv",
            ),
            archive::Kind::Archive => {
                let (item, rest) = archive::choose(item, inner)?;
                unpack(item, rest, depth + 1)
            }
        },
        [0xd0, 0xcf, 0x11, 0xe0, ..] => unknown(
            &item,
            ": it is an old .xls workbook; open it and save it as .xlsx",
        ),
        [b'R', b'a', b'r', b'!', ..] | [b'7', b'z', 0xbc, 0xaf, ..] => {
            unknown(&item, ": pack it as .zip instead of RAR or 7z")
        }
        [b'%', b'P', b'D', b'F', ..] => unknown(&item, ": a PDF is no table"),
        _ if is_sqlite(head) => item.into_part(Format::GeoPackage, inner),
        [b'f', b'g', b'b', _, b'f', b'g', b'b', ..] => item.into_part(Format::FlatGeobuf, inner),
        [0, 0, 0x27, 0x0a, ..] if extension == "shp" => item.into_part(Format::Shapefile, inner),
        [0, 0, 0x27, 0x0a, ..] if extension == "shx" => {
            unknown(&item, ": it is the index of a shapefile; name its .shp")
        }
        _ => match extension.as_str() {
            "dbf" => item.into_part(Format::Dbf, inner),
            "shp" | "fgb" | "gpkg" | "xlsx" => unknown(
                &item,
                &format!(": it is called .{extension} but is damaged"),
            ),
            "pbf" => unknown(&item, ": for streets say `suitu import streets`"),
            _ => match text_format(&item.bytes, &extension) {
                Some(format) => item.into_part(format, inner),
                None => unknown(&item, ""),
            },
        },
    }
}

/// GeoJSON in one of its two forms, or CSV; `None` for what is no text.
fn text_format(bytes: &[u8], extension: &str) -> Option<Format> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = start.trim_ascii_start();
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    match start.first() {
        Some(0x1e) => return Some(Format::GeoJsonSequence),
        Some(b'{' | b'[') => {
            let said = matches!(
                extension,
                "geojsonl" | "geojsons" | "geojsonseq" | "ndjson" | "ndgeojson" | "jsonl"
            );
            let sequence = said || is_json_lines(start);
            return Some(match sequence {
                true => Format::GeoJsonSequence,
                false => Format::GeoJson,
            });
        }
        Some(b'<') => return None,
        _ => {}
    }
    let sample = &bytes[..bytes.len().min(1 << 16)];
    (is_utf16 || !sample.contains(&0)).then_some(Format::Csv)
}

/// Whether the first line is a whole JSON value and more lines follow.
fn is_json_lines(text: &[u8]) -> bool {
    let Some(end) = text.iter().position(|b| *b == b'\n') else {
        return false;
    };
    !text[end..].trim_ascii().is_empty()
        && serde_json::from_slice::<serde::de::IgnoredAny>(&text[..end]).is_ok()
}

/// Unpacks a stream that was `packed` bytes long, never beyond all measure.
pub(super) fn inflate(
    reader: impl Read,
    packed: u64,
    name: &str,
    kind: &'static str,
) -> Result<Vec<u8>, ImportError> {
    let limit = packed.saturating_mul(MAX_GROWTH).clamp(SMALL, MAX_BYTES);
    let mut bytes = Vec::new();
    reader
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| ImportError::malformed(name, kind, e))?;
    if bytes.len() as u64 > limit {
        return Err(ImportError::TooLarge {
            file: name.to_owned(),
            what: format!("it unpacks to more than {} MB", limit >> 20),
        });
    }
    Ok(bytes)
}

fn too_large(name: &str) -> ImportError {
    ImportError::TooLarge {
        file: name.to_owned(),
        what: format!("more than {} GB", MAX_BYTES >> 30),
    }
}

fn is_sqlite(head: &[u8]) -> bool {
    head.starts_with(b"SQLite format 3\0")
}

pub(super) fn extension_of(name: &str) -> String {
    let base = name.rsplit(['/', '#', '\\']).next().unwrap_or(name);
    base.rsplit_once('.')
        .map_or(String::new(), |(_, e)| e.to_lowercase())
}

/// `a.zip#b.csv` as the file and what is named in it, unless a file has that very name.
fn split_fragment(path: &Path) -> (PathBuf, Vec<String>) {
    if path.exists() {
        return (path.to_owned(), Vec::new());
    }
    let text = path.to_string_lossy();
    for (at, _) in text.match_indices('#') {
        let file = Path::new(&text[..at]);
        if file.is_file() {
            let inner = text[at + 1..].split('#').map(str::to_owned).collect();
            return (file.to_owned(), inner);
        }
    }
    (path.to_owned(), Vec::new())
}

/// The files beside a `.shp` that have its name.
fn companions_on_disk(shp: &Path) -> Vec<(String, Vec<u8>)> {
    let folder = match shp.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let stem = |path: &Path| path.file_stem().map(|s| s.to_string_lossy().to_lowercase());
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut companions = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let extension = extension_of(&path.to_string_lossy());
        if COMPANIONS.contains(&extension.as_str())
            && stem(&path) == stem(shp)
            && fs::metadata(&path).is_ok_and(|m| m.len() <= MAX_BYTES)
            && let Ok(bytes) = fs::read(&path)
        {
            companions.push((extension, bytes));
        }
    }
    companions
}

/// What belongs to a `.shp` and is read.
pub(super) const COMPANIONS: [&str; 4] = ["dbf", "shx", "prj", "cpg"];

/// A message with the names of what was found.
pub(super) fn found(names: &[String]) -> String {
    if names.is_empty() {
        String::new()
    } else {
        format!("; it has: {}", list(names))
    }
}
