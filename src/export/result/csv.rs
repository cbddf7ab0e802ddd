use std::io::{self, Write};

use super::table::{Printed, ResultTable};
use crate::domain::{Language, formula_guard::guarded};

/// UTF-8 with byte-order mark, as spreadsheet programs want it.
///
/// Numbers keep every digit, shares stay 0–1, an undefined value is an empty cell.
///
/// # Errors
/// What `out` says.
pub fn write_csv(table: &ResultTable, language: Language, mut out: impl Write) -> io::Result<()> {
    out.write_all(b"\xef\xbb\xbf")?;
    let mut writer = csv::Writer::from_writer(out);
    let headings = table.columns.iter().map(|c| c.heading(language));
    writer.write_record(headings).map_err(of_out)?;
    for line in table.lines() {
        let cells = line.cells(&table.columns, language);
        let cells = cells.map(|(_, value)| match value {
            Printed::Missing => String::new(),
            Printed::Integer(number) => number.to_string(),
            Printed::Number(number) => number.to_string(),
            Printed::Text(text) => guarded(&text).into_owned(),
        });
        writer.write_record(cells).map_err(of_out)?;
    }
    writer.flush()
}

/// What `out` said, as it said it: whoever reads may have read enough.
fn of_out(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::result::text::tests::sample;

    /// Somebody who reads nothing.
    struct Closed(bool);

    impl Write for Closed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // The mark at the beginning still goes.
            match std::mem::replace(&mut self.0, true) {
                false => Ok(bytes.len()),
                true => Err(io::ErrorKind::BrokenPipe.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_told_from_other_errors() {
        let mut long = sample();
        long.rows = vec![long.rows[0].clone(); 1000];
        let error = write_csv(&long, Language::Zh, Closed(false)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn undefined_is_empty_and_zero_is_zero() {
        let mut out = Vec::new();
        write_csv(&sample(), Language::Zh, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "\u{feff}代码,单元,常住人口(人),覆盖率,原因\n\
             440106,天河区,2241826,0.123456,\n\
             440115,'=南沙,0,,分母人口为 0\n\
             合计,,2241826,0.1234,\n"
        );
    }
}
