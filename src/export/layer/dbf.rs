//! dBASE III tables, the attribute part of a shapefile.

use std::io::{self, Write};

use super::features::{Cell, Features, Field};
use crate::{
    domain::{AttributeType, short_names},
    export::moment::Moment,
};

/// A DBF field holds no longer text.
pub const MOST_TEXT_BYTES: usize = 254;

/// The fields of a DBF table: the id and those of the features, with short names and widths.
#[derive(Debug)]
pub struct Fields<'f, 'a> {
    features: &'f Features<'a>,
    pub names: Vec<String>,
    shapes: Vec<FieldShape>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FieldShape {
    is_text: bool,
    width: usize,
    decimals: usize,
    /// Rows whose text is cut.
    cut: u64,
}

impl<'f, 'a> Fields<'f, 'a> {
    /// Measures every value: a field is as wide as its widest.
    pub fn measure(features: &'f Features<'a>) -> Self {
        let long_names = features.fields.iter().map(|field| &*field.name);
        let names = short_names(std::iter::once("id").chain(long_names), 10);
        let mut id = FieldShape::text();
        features.rows().for_each(|row| id.widen(features.id(row)));
        let of_field = |field: &Field<'_>| {
            let mut shape = FieldShape::of_kind(field.kind);
            for row in features.rows() {
                match field.cell(row) {
                    Cell::Missing => {}
                    Cell::Text(text) => shape.widen(text),
                    number => shape.widen_number(&number_text(number)),
                }
            }
            shape
        };
        let shapes = std::iter::once(id)
            .chain(features.fields.iter().map(of_field))
            .collect();
        Fields {
            features,
            names,
            shapes,
        }
    }

    /// Bytes of one row.
    pub fn row_bytes(&self) -> usize {
        1 + self.shapes.iter().map(|shape| shape.width).sum::<usize>()
    }

    /// Long name of each field whose texts are cut, with the number of rows.
    pub fn cut(&self) -> impl Iterator<Item = (&str, u64)> {
        let long_names = self.features.fields.iter().map(|field| &*field.name);
        std::iter::once("id")
            .chain(long_names)
            .zip(&self.shapes)
            .filter(|(_, shape)| shape.cut > 0)
            .map(|(name, shape)| (name, shape.cut))
    }

    /// Writes the table in UTF-8. A missing value is blank, which readers tell from zero.
    pub fn write(&self, at: Moment, out: &mut impl Write) -> io::Result<()> {
        let header_bytes = 32 + 32 * self.shapes.len() + 1;
        let mut header = vec![0u8; 32];
        header[0] = 3;
        header[1..4].copy_from_slice(&[
            (at.year.saturating_sub(1900) % 256) as u8,
            at.month,
            at.day,
        ]);
        header[4..8].copy_from_slice(&(self.features.len() as u32).to_le_bytes());
        header[8..10].copy_from_slice(&(header_bytes as u16).to_le_bytes());
        header[10..12].copy_from_slice(&(self.row_bytes() as u16).to_le_bytes());
        for (name, shape) in self.names.iter().zip(&self.shapes) {
            let mut field = [0u8; 32];
            field[..name.len()].copy_from_slice(name.as_bytes());
            field[11] = if shape.is_text { b'C' } else { b'N' };
            field[16] = shape.width as u8;
            field[17] = shape.decimals as u8;
            header.extend_from_slice(&field);
        }
        header.push(b'\r');
        out.write_all(&header)?;
        let mut line = Vec::with_capacity(self.row_bytes());
        for row in self.features.rows() {
            line.clear();
            line.push(b' ');
            self.shapes[0].push(&mut line, Cell::Text(self.features.id(row)));
            for (field, shape) in self.features.fields.iter().zip(&self.shapes[1..]) {
                shape.push(&mut line, field.cell(row));
            }
            out.write_all(&line)?;
        }
        out.write_all(&[0x1a])
    }
}

impl FieldShape {
    fn text() -> Self {
        FieldShape {
            is_text: true,
            width: 1,
            decimals: 0,
            cut: 0,
        }
    }

    fn of_kind(kind: AttributeType) -> Self {
        let number = |width, decimals| FieldShape {
            is_text: false,
            width,
            decimals,
            cut: 0,
        };
        match kind {
            AttributeType::Flag => number(1, 0),
            // Ten digits, so that readers choose 64 bits.
            AttributeType::Count | AttributeType::Integer => number(10, 0),
            AttributeType::Number => number(12, 1),
            AttributeType::Text | AttributeType::Category | AttributeType::Date => Self::text(),
        }
    }

    fn widen(&mut self, text: &str) {
        self.width = self.width.max(text.len().min(MOST_TEXT_BYTES));
        self.cut += u64::from(text.len() > MOST_TEXT_BYTES);
    }

    fn widen_number(&mut self, text: &str) {
        self.width = self.width.max(text.len());
        if let Some((_, decimals)) = text.split_once('.').filter(|_| !text.contains('e')) {
            self.decimals = self.decimals.max(decimals.len().min(15));
        }
    }

    /// Texts stand left, numbers right; a missing value is blank.
    fn push(&self, line: &mut Vec<u8>, cell: Cell<'_>) {
        let end = line.len() + self.width;
        match cell {
            Cell::Missing => {}
            Cell::Text(text) => {
                let mut bytes = text.len().min(self.width);
                while !text.is_char_boundary(bytes) {
                    bytes -= 1;
                }
                line.extend_from_slice(&text.as_bytes()[..bytes]);
            }
            number => {
                let text = number_text(number);
                line.resize(end - text.len().min(self.width), b' ');
                line.extend_from_slice(text.as_bytes());
            }
        }
        line.resize(end, b' ');
    }
}

/// The shortest digits that are read back as the same number, in at most 24 characters.
fn number_text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Integer(number) => number.to_string(),
        Cell::Number(number) => {
            let plain = number.to_string();
            if plain.len() <= 24 {
                plain
            } else {
                format!("{number:e}")
            }
        }
        Cell::Missing | Cell::Text(_) => String::new(),
    }
}
