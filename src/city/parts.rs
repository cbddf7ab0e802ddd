use std::{any::Any, sync::Arc};

use moka::sync::Cache;

/// All that a part of an answer was made of: what was asked, and the serial numbers, places and
/// figures that it was asked of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartKey {
    question: &'static str,
    made_of: Vec<u64>,
}

impl PartKey {
    pub fn new(question: &'static str) -> Self {
        PartKey {
            question,
            made_of: Vec::new(),
        }
    }

    pub fn with(mut self, word: u64) -> Self {
        self.made_of.push(word);
        self
    }

    /// Adds a text.
    pub fn with_text(self, text: &str) -> Self {
        let words = text.as_bytes().chunks(8).map(|bytes| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        });
        self.with(text.len() as u64).with_all(words)
    }

    /// Adds words with their number, so that no two lists of lists are taken for one another.
    pub fn with_all(mut self, words: impl IntoIterator<Item = u64>) -> Self {
        let at = self.made_of.len();
        self.made_of.push(0);
        self.made_of.extend(words);
        self.made_of[at] = (self.made_of.len() - at - 1) as u64;
        self
    }
}

/// What can be remembered: it says how large it is.
pub trait Part: Any + Send + Sync {
    fn heap_bytes(&self) -> usize;
}

#[derive(Clone)]
struct Kept {
    bytes: u32,
    part: Arc<dyn Any + Send + Sync>,
}

/// Parts of answers that were made before (方案增量计算): what a question comes to in one cell of
/// homes, or how many people share one facility.
///
/// All snapshots of a city share them: a key names everything that its part depends on, so what is
/// remembered is what would be made again, bit for bit. Whole answers are made of all parts in one
/// order, whether remembered or not.
#[derive(Clone)]
pub struct Parts(Cache<PartKey, Kept, foldhash::fast::RandomState>);

/// Beyond so many bytes the parts that were asked for least are forgotten.
const MOST_BYTES: u64 = 192 << 20;

/// What an entry costs beside its part and key, about.
const ENTRY_BYTES: usize = 256;

impl Default for Parts {
    fn default() -> Self {
        let bytes = |_: &PartKey, kept: &Kept| kept.bytes;
        let cache = Cache::builder().max_capacity(MOST_BYTES).weigher(bytes);
        Parts(cache.build_with_hasher(Default::default()))
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} parts", self.0.entry_count())
    }
}

impl Parts {
    /// What is remembered under a key.
    pub fn find<P: Part>(&self, key: &PartKey) -> Option<Arc<P>> {
        self.0.get(key)?.part.downcast().ok()
    }

    /// Remembers a part under all that it was made of.
    pub fn keep<P: Part>(&self, key: PartKey, part: P) -> Arc<P> {
        let bytes = ENTRY_BYTES + key.made_of.len() * 8 + part.heap_bytes();
        let part = Arc::new(part);
        let kept = Kept {
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            part: part.clone(),
        };
        self.0.insert(key, kept);
        part
    }

    /// What is remembered under a key, else what `make` finds. Two who ask at once may both make
    /// it, to the same end.
    pub fn find_or_make<P: Part>(&self, key: PartKey, make: impl FnOnce() -> P) -> Arc<P> {
        match self.find(&key) {
            Some(known) => known,
            None => self.keep(key, make()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Part for String {
        fn heap_bytes(&self) -> usize {
            self.len()
        }
    }

    #[test]
    fn a_part_is_found_by_all_that_it_was_made_of_and_by_nothing_less() {
        let parts = Parts::default();
        let key = |lists: [&[u64]; 2]| {
            let [a, b] = lists.map(|list| list.iter().copied());
            PartKey::new("coverage").with(7).with_all(a).with_all(b)
        };
        let made = parts.find_or_make(key([&[1, 2], &[3]]), || "first".to_owned());
        assert_eq!(*made, "first");
        let again = parts.find_or_make(key([&[1, 2], &[3]]), || "second".to_owned());
        assert!(Arc::ptr_eq(&made, &again));
        for other in [
            key([&[1], &[2, 3]]),
            key([&[1, 2], &[4]]),
            PartKey::new("coverage"),
        ] {
            assert_eq!(parts.find::<String>(&other), None);
        }
    }
}
