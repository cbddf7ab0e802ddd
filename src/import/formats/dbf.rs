//! DBF tables: the attributes of shapefiles, or a table by itself.
//!
//! Read here and not by a library, because the encoding has to be found out from the bytes of
//! all text fields before the first value is believed.

use encoding_rs::{Encoding, GB18030, UTF_8, WINDOWS_1252};

use super::table::heading_or_place;
use crate::import::{
    ImportError, Note,
    raw::{CarriedCrs, Cell, FileFacts, RawRow, RowPlace, RowSink},
    source::Part,
    text,
};

pub(super) fn read(part: &Part, sink: &mut dyn RowSink) -> Result<FileFacts, ImportError> {
    let table = Dbf::open(&part.bytes, &part.name)?;
    let encoding = table.encoding(sink.encoding(), part.companion("cpg"));
    let names = table.field_names(encoding);
    for name in &names {
        sink.column(name)?;
    }
    sink.begin_table()?;
    sink.expect_rows(table.len() as u64);
    let mut scratch = Scratch::default();
    for index in 0..table.len() {
        if table.is_deleted(index) {
            sink.note(Note::DeletedRecords, 1);
            continue;
        }
        let cells = table.cells(index, encoding, &mut scratch);
        sink.row(RawRow {
            number: index as u64 + 1,
            id: Cell::Empty,
            cells: &cells,
            place: RowPlace::InColumns,
        })?;
    }
    sink.note(Note::UnreadableCharacters, scratch.replaced);
    Ok(FileFacts {
        crs: CarriedCrs::absent("a table does not carry it"),
        encoding: Some(text::name(encoding)),
        origin: None,
    })
}

/// A table whose layout has been checked against its length.
pub(super) struct Dbf<'b> {
    fields: Vec<Field>,
    /// The records one after the other, each starting with the deletion mark.
    records: &'b [u8],
    record_length: usize,
    language: u8,
}

struct Field {
    name: Vec<u8>,
    kind: u8,
    start: usize,
    length: usize,
}

/// Decoded texts of one record, and how many had characters that could not be read.
#[derive(Default)]
pub(super) struct Scratch {
    texts: Vec<String>,
    pub replaced: u64,
}

impl<'b> Dbf<'b> {
    /// # Errors
    /// A header that contradicts itself, or fewer records than it promises.
    pub fn open(bytes: &'b [u8], name: &str) -> Result<Self, ImportError> {
        let fail = |problem: &str| ImportError::malformed(name, "DBF table", problem);
        let number = |at: usize, width: usize| {
            let bytes = bytes.get(at..at + width)?.iter().rev();
            Some(bytes.fold(0usize, |n, b| n << 8 | usize::from(*b)))
        };
        let cut = || fail("it ends in the middle of the header");
        let promised = number(4, 4).ok_or_else(cut)?;
        let header_length = number(8, 2).ok_or_else(cut)?;
        let record_length = number(10, 2).ok_or_else(cut)?;
        let language = *bytes.get(29).ok_or_else(cut)?;
        let mut fields = Vec::new();
        let mut start = 1;
        let mut at = 32;
        while at + 32 <= header_length && bytes.get(at).is_some_and(|b| *b != 0x0d) {
            let descriptor = bytes.get(at..at + 32).ok_or_else(cut)?;
            let name = descriptor[..11].split(|b| *b == 0).next().unwrap_or(&[]);
            let length = usize::from(descriptor[16]);
            fields.push(Field {
                name: name.trim_ascii().to_vec(),
                kind: descriptor[11].to_ascii_uppercase(),
                start,
                length,
            });
            start += length;
            at += 32;
        }
        if fields.is_empty() || start > record_length {
            return Err(fail("its fields do not fit its records"));
        }
        let records = bytes.get(header_length..).ok_or_else(cut)?;
        let whole = records.len() / record_length;
        if whole < promised {
            return Err(fail(&format!(
                "it promises {promised} records but holds {whole}; the file was cut off"
            )));
        }
        Ok(Dbf {
            fields,
            records: &records[..promised * record_length],
            record_length,
            language,
        })
    }

    pub fn len(&self) -> usize {
        self.records.len() / self.record_length
    }

    pub fn is_deleted(&self, index: usize) -> bool {
        self.records[index * self.record_length] == b'*'
    }

    pub fn field_names(&self, encoding: &'static Encoding) -> Vec<String> {
        let names = self.fields.iter().enumerate();
        names
            .map(|(index, field)| heading_or_place(&text::decode(&field.name, encoding).0, index))
            .collect()
    }

    /// The encoding of the texts: as the steward says, as the `.cpg` says, UTF-8 where all texts
    /// are, as the language byte says, else what explains the bytes.
    pub fn encoding(
        &self,
        said: Option<&'static Encoding>,
        cpg: Option<&[u8]>,
    ) -> &'static Encoding {
        let from_cpg = || text::named(std::str::from_utf8(cpg?).ok()?).ok();
        said.or_else(from_cpg).unwrap_or_else(|| {
            let texts = self.texts();
            if !texts.is_ascii() && self.each_text(is_utf8_or_cut) {
                return UTF_8;
            }
            match self.language {
                0x4d | 0x7a => GB18030,
                0x4f | 0x78 => encoding_rs::BIG5,
                0x13 | 0x7b => encoding_rs::SHIFT_JIS,
                0x4e | 0x79 => encoding_rs::EUC_KR,
                0xc8 => encoding_rs::WINDOWS_1250,
                0xc9 => encoding_rs::WINDOWS_1251,
                0x03 | 0x58 | 0x59 => WINDOWS_1252,
                _ => text::detect(&texts),
            }
        })
    }

    /// All text fields with blanks between them.
    fn texts(&self) -> Vec<u8> {
        let mut all = Vec::new();
        self.each_text(|text| {
            all.extend_from_slice(text);
            all.push(b' ');
            true
        });
        all
    }

    /// Whether `test` holds for every field name and text.
    fn each_text(&self, mut test: impl FnMut(&[u8]) -> bool) -> bool {
        self.fields.iter().all(|f| test(&f.name))
            && self.records.chunks_exact(self.record_length).all(|record| {
                let mut texts = self.fields.iter().filter(|f| f.kind == b'C');
                texts.all(|f| test(record[f.start..f.start + f.length].trim_ascii_end()))
            })
    }

    /// The values of a record.
    pub fn cells<'s>(
        &self,
        index: usize,
        encoding: &'static Encoding,
        scratch: &'s mut Scratch,
    ) -> Vec<Cell<'s>> {
        let record = &self.records[index * self.record_length..][..self.record_length];
        let value = |field: &Field| &record[field.start..field.start + field.length];
        scratch.texts.clear();
        for field in &self.fields {
            let bytes = value(field).trim_ascii();
            let bytes = bytes.split(|b| *b == 0).next().unwrap_or(bytes);
            let (text, replaced) = text::decode(bytes, encoding);
            // A name that fills its field may be cut in the middle of its last character.
            let text = match replaced {
                true => text.trim_end_matches('\u{fffd}'),
                false => &text,
            };
            scratch.replaced += u64::from(replaced && field.kind == b'C');
            scratch.texts.push(text.trim().to_owned());
        }
        let fields = self.fields.iter().zip(&scratch.texts);
        fields
            .map(|(field, text)| match field.kind {
                b'I' | b'+' => match value(field).try_into() {
                    Ok(bytes) => Cell::Integer(i64::from(i32::from_le_bytes(bytes))),
                    Err(_) => Cell::Unreadable("a damaged number"),
                },
                b'B' | b'O' if field.length == 8 => match value(field).try_into() {
                    Ok(bytes) => Cell::Number(f64::from_le_bytes(bytes)),
                    Err(_) => Cell::Unreadable("a damaged number"),
                },
                b'M' | b'G' | b'P' | b'@' | b'T' | b'Y' => {
                    Cell::Unreadable("a memo or binary field")
                }
                _ if text.is_empty() => Cell::Empty,
                b'N' | b'F' => number(text),
                b'L' => match text.as_bytes()[0].to_ascii_uppercase() {
                    b'T' | b'Y' | b'1' => Cell::Flag(true),
                    b'F' | b'N' | b'0' => Cell::Flag(false),
                    _ => Cell::Empty,
                },
                b'D' if text.bytes().all(|b| b == b'0') => Cell::Empty,
                _ => Cell::Text(text),
            })
            .collect()
    }
}

/// A number field; stars mean that the value did not fit.
fn number(text: &str) -> Cell<'_> {
    if text.bytes().all(|b| b == b'*') {
        Cell::Empty
    } else if let Ok(whole) = text.parse::<i64>() {
        Cell::Integer(whole)
    } else if let Ok(number) = text.parse::<f64>() {
        Cell::Number(number)
    } else {
        Cell::Text(text)
    }
}

/// Valid UTF-8, perhaps cut in its last character.
fn is_utf8_or_cut(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none(),
    }
}
