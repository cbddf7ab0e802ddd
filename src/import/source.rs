//! From a path to the reader that understands what is there: plain, `.gz` or inside a `.zip`.

use std::{fs, io::Read, path::Path};

use super::{ImportError, delimited, geojson_file, raw::Sink};

/// What a packed file may unpack to; a larger one is unpacked by hand first.
const MAX_UNPACKED: u64 = 4 << 30;

/// Reads one path. `archive.zip#inner/file.csv` names a file in an archive.
pub fn read(path: &Path, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let shown = path.display().to_string();
    let (outer, inner) = match shown.split_once('#') {
        Some((outer, inner)) if !path.exists() => (outer.to_owned(), Some(inner.to_owned())),
        _ => (shown.clone(), None),
    };
    let fail = |problem: String| ImportError::File {
        file: shown.clone(),
        problem,
    };
    let bytes = fs::read(&outer).map_err(|e| fail(e.to_string()))?;
    let name = Path::new(&outer)
        .file_name()
        .map_or(outer.clone(), |n| n.to_string_lossy().into());
    read_bytes(&name, bytes, inner.as_deref(), sink)
}

fn read_bytes(
    name: &str,
    bytes: Vec<u8>,
    inner: Option<&str>,
    sink: &mut dyn Sink,
) -> Result<(), ImportError> {
    let fail = |problem: &str| {
        Err(ImportError::File {
            file: name.to_owned(),
            problem: problem.to_owned(),
        })
    };
    let lower = name.to_lowercase();
    if bytes.is_empty() {
        return fail("the file is empty");
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let unpacked = gunzip(name, &bytes)?;
        let plain = if lower.ends_with(".gz") {
            &name[..name.len() - 3]
        } else {
            name
        };
        return read_bytes(plain, unpacked, inner, sink);
    }
    if lower.ends_with(".geojsonl")
        || lower.ends_with(".geojsons")
        || lower.ends_with(".ndjson")
        || lower.ends_with(".geojsonseq")
    {
        return geojson_file::read_sequence(name, &bytes, sink);
    }
    match first_mark(&bytes) {
        Some(0x1e) => geojson_file::read_sequence(name, &bytes, sink),
        Some(b'{') | Some(b'[') => geojson_file::read(name, &bytes, sink),
        _ => delimited::read(name, &bytes, sink),
    }
}

/// The first byte that is neither white space nor a byte-order mark.
fn first_mark(bytes: &[u8]) -> Option<u8> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().copied().find(|b| !b.is_ascii_whitespace())
}

fn gunzip(name: &str, bytes: &[u8]) -> Result<Vec<u8>, ImportError> {
    let fail = |problem: String| ImportError::File {
        file: name.to_owned(),
        problem,
    };
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .take(MAX_UNPACKED + 1)
        .read_to_end(&mut unpacked)
        .map_err(|e| fail(format!("cannot be unpacked: {e}")))?;
    if unpacked.len() as u64 > MAX_UNPACKED {
        return Err(fail("unpacks to more than 4 GiB; unpack it first".into()));
    }
    Ok(unpacked)
}
