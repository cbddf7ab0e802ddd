/// One bit per row of a run of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    words: Vec<u64>,
    len: usize,
}

impl Mask {
    /// A bit for each of `len` rows.
    pub fn from_fn(len: usize, mut bit: impl FnMut(usize) -> bool) -> Self {
        let word = |from: usize, bit: &mut dyn FnMut(usize) -> bool| {
            let rows = from..(from + 64).min(len);
            rows.fold(0u64, |word, row| word | u64::from(bit(row)) << (row - from))
        };
        Mask {
            words: (0..len).step_by(64).map(|at| word(at, &mut bit)).collect(),
            len,
        }
    }

    /// A bit for each value; `test` is asked once per value in order.
    pub(super) fn of<T: Copy>(values: &[T], test: impl Fn(T) -> bool) -> Self {
        let word = |chunk: &[T]| {
            let bits = chunk.iter().enumerate();
            bits.fold(0u64, |word, (at, &value)| {
                word | u64::from(test(value)) << at
            })
        };
        Mask {
            words: values.chunks(64).map(word).collect(),
            len: values.len(),
        }
    }

    pub(super) fn all(len: usize, bit: bool) -> Self {
        let mut mask = Mask {
            words: vec![if bit { u64::MAX } else { 0 }; len.div_ceil(64)],
            len,
        };
        mask.clear_beyond();
        mask
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub fn get(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 == 1
    }

    /// How many bits are set.
    pub fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// The rows whose bit is set, in order.
    pub fn ones(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            std::iter::successors((word != 0).then_some(word), |w| {
                let rest = w & (w - 1);
                (rest != 0).then_some(rest)
            })
            .map(move |w| at * 64 + w.trailing_zeros() as usize)
        })
    }

    pub(super) fn and(&mut self, other: &Mask) {
        let words = self.words.iter_mut().zip(&other.words);
        words.for_each(|(mine, theirs)| *mine &= theirs);
    }

    pub(super) fn or(&mut self, other: &Mask) {
        let words = self.words.iter_mut().zip(&other.words);
        words.for_each(|(mine, theirs)| *mine |= theirs);
    }

    pub(super) fn not(mut self) -> Self {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.clear_beyond();
        self
    }

    /// Bits past the last row stay zero.
    fn clear_beyond(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % 64) {
            *last &= (1 << rest) - 1;
        }
    }
}

/// Where a condition is true and where it is false; where it is neither, a value is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Truth {
    pub yes: Mask,
    pub no: Mask,
}

impl Truth {
    pub fn constant(len: usize, truth: Option<bool>) -> Self {
        Truth {
            yes: Mask::all(len, truth == Some(true)),
            no: Mask::all(len, truth == Some(false)),
        }
    }

    /// True or false where a value is `present`; `holds` says which.
    pub fn where_present(present: Mask, mut holds: Mask) -> Self {
        holds.and(&present);
        let mut no = holds.clone().not();
        no.and(&present);
        Truth { yes: holds, no }
    }

    pub fn not(self) -> Self {
        Truth {
            yes: self.no,
            no: self.yes,
        }
    }

    pub fn and(&mut self, other: &Truth) {
        self.yes.and(&other.yes);
        self.no.or(&other.no);
    }

    pub fn or(&mut self, other: &Truth) {
        self.yes.or(&other.yes);
        self.no.and(&other.no);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_past_the_last_row_stay_zero() {
        for len in [0, 1, 63, 64, 65, 130] {
            assert_eq!(Mask::all(len, true).count(), len);
            assert_eq!(Mask::all(len, false).not().ones().count(), len);
            let even = Mask::from_fn(len, |row| row % 2 == 0);
            assert!(even.ones().eq((0..len).step_by(2)), "{len}");
        }
    }
}
