use crate::transit::TransitError;

pub(super) const CUT_SHORT: TransitError = damaged("cut short");

pub(super) const fn damaged(what: &'static str) -> TransitError {
    TransitError::Damaged(what)
}

/// Numbers of seven bits a byte, the small ones short.
#[derive(Default)]
pub(super) struct Columns(pub Vec<u8>);

impl Columns {
    pub fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub fn signed(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)) as u64);
    }

    /// 0 for nothing, else one more than the value.
    pub fn optional(&mut self, value: Option<u32>) {
        self.number(value.map_or(0, |value| u64::from(value) + 1));
    }

    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    /// Each value as the step from the one before.
    pub fn steps(&mut self, values: impl IntoIterator<Item = i64>) {
        let mut last = 0;
        for value in values {
            self.signed(value - last);
            last = value;
        }
    }
}

/// The same read again, from bytes of anybody's making.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    pub fn number(&mut self) -> Result<u64, TransitError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first().ok_or(CUT_SHORT)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(damaged("a number without end"))
    }

    pub fn small<T: TryFrom<u64>>(&mut self) -> Result<T, TransitError> {
        T::try_from(self.number()?).map_err(|_| damaged("a number too large"))
    }

    pub fn signed(&mut self) -> Result<i64, TransitError> {
        let value = self.number()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub fn optional(&mut self) -> Result<Option<u32>, TransitError> {
        match self.number()? {
            0 => Ok(None),
            value => u32::try_from(value - 1)
                .map(Some)
                .map_err(|_| damaged("a number too large")),
        }
    }

    pub fn text(&mut self) -> Result<String, TransitError> {
        let length = self.count()?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(CUT_SHORT)?;
        self.0 = rest;
        let text = std::str::from_utf8(text).map_err(|_| damaged("text that is none"))?;
        Ok(text.to_owned())
    }

    /// How many items follow: each takes a byte at least, so that a wrong number asks for no
    /// more memory than the bytes that are there.
    pub fn count(&mut self) -> Result<usize, TransitError> {
        let count: usize = self.small()?;
        if count > self.0.len() {
            return Err(CUT_SHORT);
        }
        Ok(count)
    }

    pub fn column<T>(
        &mut self,
        count: usize,
        mut value: impl FnMut(&mut Self) -> Result<T, TransitError>,
    ) -> Result<Vec<T>, TransitError> {
        (0..count).map(|_| value(self)).collect()
    }

    pub fn steps<T: TryFrom<i64>>(&mut self, count: usize) -> Result<Vec<T>, TransitError> {
        let mut last = 0i64;
        self.column(count, |from| {
            last = last.wrapping_add(from.signed()?);
            T::try_from(last).map_err(|_| damaged("a number too large"))
        })
    }

    /// A time of day, which may lie before midnight.
    pub fn seconds(&mut self) -> Result<i32, TransitError> {
        i32::try_from(self.signed()?).map_err(|_| damaged("a time too large"))
    }
}
