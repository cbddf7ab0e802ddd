/// A date and time of day, as files note when they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
}

impl Moment {
    /// The start of 1980, the earliest that zip archives know: files made at no given time.
    pub const NONE: Moment = Moment {
        year: 1980,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
    };

    /// Reads `2024-05-01T12:30:00Z`; [`Moment::NONE`] for anything else and years out of 1980–2107.
    pub fn parse(text: &str) -> Self {
        let number = |from: usize, to: usize| -> Option<u16> {
            let digits = text.get(from..to)?;
            digits
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| digits.parse().ok())?
        };
        let read = || {
            let small = |from, most| Some(number(from, from + 2).filter(|n| *n <= most)? as u8);
            Some(Moment {
                year: number(0, 4).filter(|year| (1980..=2107).contains(year))?,
                month: small(5, 12).filter(|month| *month > 0)?,
                day: small(8, 31).filter(|day| *day > 0)?,
                hour: small(11, 23)?,
                minute: small(14, 59)?,
                second: small(17, 59)?,
            })
        };
        read().unwrap_or(Moment::NONE)
    }

    pub fn zip(self) -> zip::DateTime {
        let Moment {
            year, month, day, ..
        } = self;
        zip::DateTime::from_date_and_time(year, month, day, self.hour, self.minute, self.second)
            .unwrap_or_default()
    }

    pub fn excel(self) -> Result<rust_xlsxwriter::ExcelDateTime, rust_xlsxwriter::XlsxError> {
        rust_xlsxwriter::ExcelDateTime::from_ymd(self.year, self.month, self.day)?.and_hms(
            self.hour.into(),
            self.minute,
            self.second,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_nonsense_is_no_time() {
        let moment = Moment::parse("2024-05-01T12:30:59Z");
        assert_eq!((moment.year, moment.day, moment.second), (2024, 1, 59));
        for text in [
            "",
            "2024",
            "2024-13-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "穗图穗图穗图穗图",
        ] {
            assert_eq!(Moment::parse(text), Moment::NONE, "{text}");
        }
    }
}
