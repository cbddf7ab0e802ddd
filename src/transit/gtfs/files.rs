use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};
use std::path::Path;

use crate::transit::TransitError;

/// The largest table taken from a feed; a zip that unpacks to more is refused.
const LARGEST_FILE_BYTES: u64 = 2 << 30;
const WANTED: [&str; 11] = [
    "stops.txt",
    "trips.txt",
    "stop_times.txt",
    "calendar.txt",
    "calendar_dates.txt",
    "frequencies.txt",
    "transfers.txt",
    "routes.txt",
    "pathways.txt",
    "agency.txt",
    "feed_info.txt",
];

/// The tables of one feed by file name, from a folder or a zip, at its root or one folder down.
pub fn open(path: &Path) -> Result<BTreeMap<String, Vec<u8>>, TransitError> {
    let name = path.display().to_string();
    let unreadable = |error: &dyn ToString| TransitError::Unreadable {
        path: name.clone(),
        reason: error.to_string(),
    };
    let mut folders = BTreeMap::new();
    if path.is_dir() {
        folder(path, 0, &mut folders).map_err(|error| unreadable(&error))?;
    } else {
        let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
        archive(file, "", 0, &mut folders).map_err(|error| unreadable(&error))?;
    }
    if folders
        .values()
        .any(|files| files.contains_key("stops.txt"))
    {
        folders.retain(|_, files| files.contains_key("stops.txt"));
    }
    if folders.len() > 1
        && folders
            .values()
            .all(|files| files.contains_key("stops.txt"))
    {
        let folders = folders.into_keys().collect::<Vec<_>>().join(", ");
        return Err(TransitError::SeveralFeeds {
            path: name,
            folders,
        });
    }
    Ok(folders
        .into_values()
        .max_by_key(BTreeMap::len)
        .unwrap_or_default())
}

type Folders = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

fn folder(path: &Path, depth: u32, folders: &mut Folders) -> std::io::Result<()> {
    for entry in std::fs::read_dir(path)? {
        let entry = entry?.path();
        let name = entry
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if entry.is_dir() && depth < 1 {
            folder(&entry, depth + 1, folders)?;
        } else if WANTED.contains(&name.as_str()) && entry.is_file() {
            let here = folders.entry(path.display().to_string()).or_default();
            here.insert(name, std::fs::read(&entry)?);
        }
    }
    Ok(())
}

fn archive(
    file: impl Read + Seek,
    inside: &str,
    depth: u32,
    folders: &mut Folders,
) -> std::io::Result<()> {
    let mut archive = zip::ZipArchive::new(file)?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let path = format!("{inside}{}", entry.name()?);
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let nested = depth == 0 && name.ends_with(".zip");
        if path.contains("__MACOSX") || !(nested || WANTED.contains(&name)) {
            continue;
        }
        let mut bytes = Vec::new();
        entry.take(LARGEST_FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST_FILE_BYTES {
            return Err(std::io::Error::other(format!(
                "{path} is larger than 2 GiB"
            )));
        }
        if nested {
            self::archive(Cursor::new(bytes), &format!("{path}/"), 1, folders)?;
        } else {
            folders
                .entry(parent.to_owned())
                .or_default()
                .insert(name.to_owned(), bytes);
        }
    }
    Ok(())
}

/// One table of a feed, its cells trimmed and found by heading.
pub struct Table {
    headings: BTreeMap<String, usize>,
    rows: csv::ByteRecordsIntoIter<Cursor<Vec<u8>>>,
    /// Where the headings start: behind a byte-order mark.
    start: u64,
}

/// A row of a [`Table`].
pub struct Row {
    cells: csv::StringRecord,
    /// The line of the file on which it starts.
    pub line: u64,
}

impl Table {
    pub fn new(bytes: Vec<u8>) -> Self {
        let start = if bytes.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let mut cursor = Cursor::new(bytes);
        cursor.set_position(start);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(cursor);
        let headings = reader.byte_headers().cloned().unwrap_or_default();
        let named = |(column, cell): (usize, &[u8])| {
            (
                bare(String::from_utf8_lossy(cell).trim()).to_lowercase(),
                column,
            )
        };
        let headings = headings.iter().enumerate().map(named).collect();
        Self {
            headings,
            rows: reader.into_byte_records(),
            start,
        }
    }

    /// The line on which a record starts; blank lines before it do not belong to it.
    fn line_of(&self, record: &csv::ByteRecord) -> u64 {
        let Some(position) = record.position() else {
            return 0;
        };
        let bytes = self.rows.reader().get_ref().get_ref();
        let from = (self.start + position.byte()) as usize;
        let blank = bytes.get(from..).unwrap_or_default().iter();
        let blank = blank.take_while(|byte| matches!(byte, b'\r' | b'\n'));
        position.line() + blank.filter(|byte| **byte == b'\n').count() as u64
    }

    /// The column under a heading, if the file has it.
    pub fn column(&self, heading: &str) -> Option<usize> {
        self.headings.get(heading).copied()
    }
}

impl Iterator for Table {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            if let Ok(mut record) = self.rows.next()? {
                let line = self.line_of(&record);
                record.trim();
                let cells = csv::StringRecord::from_byte_record_lossy(record);
                return Some(Row { cells, line });
            }
        }
    }
}

impl Row {
    /// The trimmed cell, `""` where the column or the cell is missing.
    pub fn get(&self, column: Option<usize>) -> &str {
        bare(
            column
                .and_then(|column| self.cells.get(column))
                .unwrap_or(""),
        )
    }
}

/// Quotation marks that a blank keeps from being read as such: `a, "b"`.
fn bare(cell: &str) -> &str {
    let inside = cell
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside.map_or(cell, str::trim)
}
