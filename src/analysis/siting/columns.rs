use rayon::prelude::*;

use super::Gains;

/// The sites that each place gains from, the best first: who asks for those above what a place has
/// already looks at a few of hundreds.
pub(super) struct Columns {
    starts: Vec<usize>,
    gain: Vec<i64>,
    site: Vec<u32>,
}

/// What a look at a pair of a column takes beside one at a row, whose places come in order.
const LOOK: usize = 3;

/// Places that are worth sharing out among threads.
const SHARED_PLACES: usize = 1 << 15;

impl Columns {
    pub fn of(gains: &Gains) -> Self {
        let mut counts = vec![0usize; gains.places()];
        let each = (0..gains.sites()).flat_map(|site| gains.row(site));
        each.for_each(|(place, _)| counts[place] += 1);
        let mut starts = vec![0; gains.places() + 1];
        for place in 0..gains.places() {
            starts[place + 1] = starts[place] + counts[place];
        }
        let mut next = starts.clone();
        let mut pairs = vec![(0, 0); gains.pairs()];
        for (site, number) in (0..gains.sites()).zip(0u32..) {
            for (place, gain) in gains.row(site) {
                pairs[next[place]] = (gain, number);
                next[place] += 1;
            }
        }
        let mut columns = Vec::with_capacity(counts.len());
        let mut rest = &mut pairs[..];
        for count in counts {
            let (column, others) = rest.split_at_mut(count);
            columns.push(column);
            rest = others;
        }
        // A stable sort: of equals the lower number first.
        columns
            .into_par_iter()
            .with_min_len(256)
            .for_each(|column| column.sort_by_key(|(gain, _)| std::cmp::Reverse(*gain)));
        let (gain, site) = pairs.into_iter().unzip();
        Columns { starts, gain, site }
    }

    /// The sites that gain a place more than `least`, and how much.
    #[inline]
    fn above(&self, place: usize, least: i64) -> (&[u32], &[i64]) {
        let column = self.starts[place]..self.starts[place + 1];
        let (sites, gains) = (&self.site[column.clone()], &self.gain[column]);
        let end = gains.iter().position(|gain| *gain <= least);
        let end = end.unwrap_or(gains.len());
        (&sites[..end], &gains[..end])
    }

    /// The most that a place gains.
    pub fn most(&self, place: usize) -> i64 {
        self.above(place, 0).1.first().copied().unwrap_or(0)
    }

    /// Sums over all places, by threads where that pays, and the effort that took. `each` gets a
    /// place with the sites that gain it more than `least` and their gains, and adds to some of the
    /// sums.
    pub fn sums(
        &self,
        length: usize,
        least: impl Fn(usize) -> i64 + Sync,
        each: impl Fn(usize, (&[u32], &[i64]), &mut [i64]) + Sync,
    ) -> (Vec<i64>, usize) {
        let of = |places: std::ops::Range<usize>| {
            let (mut sums, mut looked) = (vec![0; length], 0);
            for place in places {
                let above = self.above(place, least(place));
                looked += LOOK * above.0.len();
                each(place, above, &mut sums);
            }
            (sums, looked)
        };
        let places = self.starts.len() - 1;
        if places < SHARED_PLACES {
            return of(0..places);
        }
        let blocks = (0..places.div_ceil(SHARED_PLACES)).into_par_iter();
        let blocks = blocks.map(|block| {
            let first = block * SHARED_PLACES;
            of(first..places.min(first + SHARED_PLACES))
        });
        // Whole numbers: the same in any order.
        let add = |mut a: (Vec<i64>, usize), b: (Vec<i64>, usize)| {
            a.0.iter_mut().zip(&b.0).for_each(|(a, b)| *a += b);
            (a.0, a.1 + b.1)
        };
        blocks.reduce(|| (vec![0; length], 0), add)
    }
}
