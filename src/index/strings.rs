/// Many short texts in one block of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedStrings {
    text: Box<str>,
    ends: Box<[u32]>,
}

impl PackedStrings {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn get(&self, row: usize) -> &str {
        let start = if row == 0 {
            0
        } else {
            self.ends[row - 1] as usize
        };
        &self.text[start..self.ends[row] as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Bytes held.
    pub fn heap_bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 4
    }
}

impl<'a> FromIterator<&'a str> for PackedStrings {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut text = String::new();
        let mut ends = Vec::new();
        for part in texts {
            text.push_str(part);
            ends.push(u32::try_from(text.len()).expect("a cell holds less than 4 GiB of text"));
        }
        PackedStrings {
            text: text.into(),
            ends: ends.into(),
        }
    }
}
