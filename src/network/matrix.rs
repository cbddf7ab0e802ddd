use std::collections::BTreeMap;

use super::NetworkError;

const MAGIC: &[u8; 8] = b"suitumtx";
const VERSION: u32 = 1;

/// Travel times brought from elsewhere (出行时间矩阵), in whole milliseconds, from some places to
/// others; a pair that is absent is unreachable, a place's own pair too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    pub from: Side,
    pub to: Side,
}

/// The places of one side with the times to those of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The layer that the places are features of.
    pub layer: String,
    /// In their order.
    pub ids: Vec<Box<str>>,
    /// Where the times of each place begin, and the end.
    starts: Vec<u32>,
    /// Number of the other place, and milliseconds.
    times: Vec<(u32, u32)>,
}

/// The ids of both ends.
type Pair = (Box<str>, Box<str>);

impl Matrix {
    /// From pairs of ids with their milliseconds.
    pub fn new(from_layer: &str, to_layer: &str, times: &BTreeMap<Pair, u32>) -> Self {
        let ids = |pick: fn(&Pair) -> &Box<str>| {
            let mut ids: Vec<Box<str>> = times.keys().map(pick).cloned().collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let (from, to) = (ids(|pair| &pair.0), ids(|pair| &pair.1));
        let number = |ids: &[Box<str>], id| ids.binary_search(id).expect("listed above") as u32;
        let numbered = times
            .iter()
            .map(|((a, b), ms)| (number(&from, a), number(&to, b), *ms));
        let numbered: Vec<(u32, u32, u32)> = numbered.collect();
        Self::of((from_layer, from), (to_layer, to), &numbered)
    }

    /// From numbered pairs in the order of their first places.
    fn of(
        from: (&str, Vec<Box<str>>),
        to: (&str, Vec<Box<str>>),
        times: &[(u32, u32, u32)],
    ) -> Self {
        let turned = times.iter().map(|&(from, to, ms)| (to, from, ms));
        Matrix {
            from: Side::new(from, times.iter().copied()),
            to: Side::new(to, turned),
        }
    }

    pub fn pairs(&self) -> usize {
        self.from.times.len()
    }
}

impl Side {
    fn new(
        (layer, ids): (&str, Vec<Box<str>>),
        times: impl Iterator<Item = (u32, u32, u32)> + Clone,
    ) -> Self {
        let mut starts = vec![0u32; ids.len() + 1];
        times
            .clone()
            .for_each(|(own, ..)| starts[own as usize + 1] += 1);
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut sorted = vec![(0, 0); starts[ids.len()] as usize];
        for (own, other, ms) in times {
            let at = &mut next[own as usize];
            sorted[*at as usize] = (other, ms);
            *at += 1;
        }
        Side {
            layer: layer.to_owned(),
            ids,
            starts,
            times: sorted,
        }
    }

    /// The number of a place.
    pub fn number(&self, id: &str) -> Option<u32> {
        let found = self.ids.binary_search_by(|known| (**known).cmp(id));
        found.ok().map(|number| number as u32)
    }

    /// The numbers of the other places that have a time, with their milliseconds.
    pub fn times(&self, number: u32) -> &[(u32, u32)] {
        let number = number as usize;
        &self.times[self.starts[number] as usize..self.starts[number + 1] as usize]
    }
}

/// The matrix as bytes; the same matrix gives the same bytes.
pub fn matrix_to_bytes(matrix: &Matrix) -> Vec<u8> {
    let mut plain = Vec::new();
    let word = |value: u32, plain: &mut Vec<u8>| plain.extend(value.to_le_bytes());
    for side in [&matrix.from, &matrix.to] {
        for text in std::iter::once(side.layer.as_str()).chain(side.ids.iter().map(|id| &**id)) {
            word(text.len() as u32, &mut plain);
            plain.extend(text.as_bytes());
        }
        // No text is so long: the list ends here.
        word(u32::MAX, &mut plain);
    }
    let from = &matrix.from;
    from.starts
        .iter()
        .for_each(|start| word(*start, &mut plain));
    from.times.iter().for_each(|(to, _)| word(*to, &mut plain));
    from.times.iter().for_each(|(_, ms)| word(*ms, &mut plain));
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((plain.len() as u64).to_le_bytes());
    bytes.extend(zstd::bulk::compress(&plain, 3).unwrap_or_default());
    bytes
}

/// # Errors
/// Bytes that are no matrix of this version, cut short or inconsistent.
pub fn matrix_from_bytes(bytes: &[u8]) -> Result<Matrix, NetworkError> {
    let damaged = NetworkError::DamagedMatrix;
    let rest = bytes.strip_prefix(MAGIC).ok_or(damaged("no matrix"))?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(damaged("cut short"))?;
    if u32::from_le_bytes(*version) != VERSION {
        return Err(damaged("another version"));
    }
    let (length, packed) = rest.split_first_chunk::<8>().ok_or(damaged("cut short"))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged("too long"))?;
    let plain = zstd::bulk::decompress(packed, length.min(1 << 32))
        .map_err(|_| damaged("cannot be unpacked"))?;
    let mut plain = &plain[..];
    let (from, to) = (texts(&mut plain)?, texts(&mut plain)?);
    let (words, rest) = plain.as_chunks::<4>();
    let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let places = from.1.len();
    let pairs = words.get(places).copied().ok_or(damaged("cut short"))? as usize;
    if !rest.is_empty() || words.len() != places + 1 + 2 * pairs {
        return Err(damaged("lengths do not fit"));
    }
    let (starts, times) = words.split_at(places + 1);
    let rises = starts[0] == 0 && starts.windows(2).all(|pair| pair[0] <= pair[1]);
    let (others, ms) = times.split_at(pairs);
    let sorted = |ids: &[Box<str>]| ids.windows(2).all(|pair| pair[0] < pair[1]);
    let are_places = others.iter().all(|other| (*other as usize) < to.1.len());
    if !rises || !are_places || !sorted(&from.1) || !sorted(&to.1) {
        return Err(damaged("numbers do not fit"));
    }
    let mut numbered = Vec::with_capacity(pairs);
    for place in 0..places {
        for at in starts[place] as usize..starts[place + 1] as usize {
            numbered.push((place as u32, others[at], ms[at]));
        }
    }
    Ok(Matrix::of((&from.0, from.1), (&to.0, to.1), &numbered))
}

/// The name of a layer and the ids of its places.
fn texts(plain: &mut &[u8]) -> Result<(String, Vec<Box<str>>), NetworkError> {
    let damaged = NetworkError::DamagedMatrix;
    let mut all: Vec<Box<str>> = Vec::new();
    loop {
        let (length, rest) = plain.split_first_chunk::<4>().ok_or(damaged("cut short"))?;
        *plain = rest;
        let length = u32::from_le_bytes(*length);
        if length == u32::MAX {
            break;
        }
        let text = plain
            .split_at_checked(length as usize)
            .ok_or(damaged("cut short"))?;
        *plain = text.1;
        all.push(
            std::str::from_utf8(text.0)
                .map_err(|_| damaged("no text"))?
                .into(),
        );
    }
    if all.is_empty() {
        return Err(damaged("cut short"));
    }
    let ids = all.split_off(1);
    Ok((all.remove(0).into(), ids))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matrix(times: &[(&str, &str, u32)]) -> Matrix {
        let times = times
            .iter()
            .map(|(from, to, ms)| (((*from).into(), (*to).into()), *ms));
        Matrix::new("residences", "clinics", &times.collect())
    }

    #[test]
    fn a_pair_is_found_from_both_ends() {
        let matrix = matrix(&[("b", "x", 7), ("a", "y", 5), ("a", "x", 3)]);
        let (a, x) = (
            matrix.from.number("a").unwrap(),
            matrix.to.number("x").unwrap(),
        );
        assert_eq!(matrix.from.times(a), [(0, 3), (1, 5)]);
        assert_eq!(matrix.to.times(x), [(0, 3), (1, 7)]);
        assert_eq!(matrix.from.number("x"), None);
        assert_eq!(matrix.pairs(), 3);
    }

    proptest! {
        #[test]
        fn bytes_give_the_same_matrix_and_damage_is_an_error(
            times in prop::collection::btree_map(("[a-z区]{0,4}", "[0-9]{1,3}"), any::<u32>(), 0..40),
            at in any::<prop::sample::Index>(),
        ) {
            let boxed = |((a, b), ms): ((String, String), u32)| ((a.into(), b.into()), ms);
            let matrix = Matrix::new("districts", "stations", &times.into_iter().map(boxed).collect());
            let bytes = matrix_to_bytes(&matrix);
            prop_assert_eq!(&matrix_from_bytes(&bytes).unwrap(), &matrix);
            prop_assert!(matrix_from_bytes(&bytes[..at.index(bytes.len())]).is_err());
            let mut turned = bytes.clone();
            turned[at.index(bytes.len())] ^= 0x40;
            // Whatever comes of it, it is an answer.
            let _ = matrix_from_bytes(&turned);
        }
    }
}
