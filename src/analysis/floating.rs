/// A cell of a regular grid on a plane with counts inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloatingCell {
    pub x: u32,
    pub y: u32,
    pub jobs: i64,
    pub employed: i64,
}

/// How far a circle reaches across a grid whose cells change size by row.
pub struct FloatingGrid<'a> {
    /// For the center's row and another row: how many columns to either side have their center
    /// within reach; `None` where not even the same column has.
    pub half_width: &'a dyn Fn(u32, u32) -> Option<u32>,
}

/// Jobs and employed residents within reach of the center of each of `cells`, own cell included
/// (浮动服务区法; Peng 1997, Urban Studies 34(8)).
///
/// Returns (jobs, employed) in the order of `cells`.
pub fn floating_sums(cells: &[FloatingCell], grid: &FloatingGrid<'_>) -> Vec<(i64, i64)> {
    let Some(first) = cells.first() else {
        return Vec::new();
    };
    let fold = |pick: fn(&FloatingCell) -> u32, choose: fn(u32, u32) -> u32| {
        cells.iter().map(pick).fold(pick(first), choose)
    };
    let (left, right) = (fold(|c| c.x, u32::min), fold(|c| c.x, u32::max));
    let (top, bottom) = (fold(|c| c.y, u32::min), fold(|c| c.y, u32::max));
    let width = (right - left) as usize + 1;
    let height = (bottom - top) as usize + 1;
    // Running sums along each row: a run of cells is a difference of two.
    let mut sums = vec![(0i64, 0i64); (width + 1) * height];
    let at = |x: usize, y: usize| y * (width + 1) + x;
    for cell in cells {
        let place = at((cell.x - left) as usize + 1, (cell.y - top) as usize);
        sums[place].0 += cell.jobs;
        sums[place].1 += cell.employed;
    }
    for y in 0..height {
        for x in 1..=width {
            let before = sums[at(x - 1, y)];
            let here = &mut sums[at(x, y)];
            here.0 += before.0;
            here.1 += before.1;
        }
    }
    let within = |cell: &FloatingCell| {
        let (mut jobs, mut employed) = (0, 0);
        let mut add = |row: u32| -> bool {
            let Some(half) = (grid.half_width)(cell.y, row) else {
                return false;
            };
            let (x, y) = ((cell.x - left) as usize, (row - top) as usize);
            let from = x.saturating_sub(half as usize);
            let until = (x + half as usize + 1).min(width);
            let (low, high) = (sums[at(from, y)], sums[at(until, y)]);
            jobs += high.0 - low.0;
            employed += high.1 - low.1;
            true
        };
        for row in (top..=cell.y).rev() {
            if !add(row) {
                break;
            }
        }
        for row in cell.y + 1..=bottom {
            if !add(row) {
                break;
            }
        }
        (jobs, employed)
    };
    cells.iter().map(within).collect()
}

/// Jobs and employed residents of the cells `near` one of them by any measure, each once; the own
/// cell counts whatever it costs to get about in it.
pub fn floating_sums_near(
    cells: &[FloatingCell],
    own: usize,
    near: impl IntoIterator<Item = usize>,
) -> (i64, i64) {
    let others = near.into_iter().filter(|other| *other != own);
    let add =
        |sums: (i64, i64), cell: usize| (sums.0 + cells[cell].jobs, sums.1 + cells[cell].employed);
    others.chain([own]).fold((0, 0), add)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::ratio;

    #[test]
    fn the_floating_ratios_of_vector_v1() {
        const MINUTES: [[u32; 3]; 3] = [[5, 20, 30], [20, 5, 15], [30, 15, 5]];
        let cell = |(jobs, employed)| FloatingCell {
            x: 0,
            y: 0,
            jobs,
            employed,
        };
        let cells = [(100, 200), (300, 100), (50, 150)].map(cell);
        for (own, wanted) in [0.5, 1.4, 1.4].into_iter().enumerate() {
            let near = (0..3).filter(|other| MINUTES[own][*other] <= 15);
            let (jobs, employed) = floating_sums_near(&cells, own, near);
            assert_eq!(ratio(Some(jobs), Some(employed)), Ok(wanted));
        }
        // Nobody gets anywhere within no time, but everybody is at home.
        assert_eq!(floating_sums_near(&cells, 1, []), (300, 100));
    }

    proptest! {
        #[test]
        fn running_sums_agree_with_two_loops(
            places in prop::collection::btree_map((0..30u32, 0..30u32), (0..90i64, 0..90i64), 1..80),
            reach in 0.0..14.0f64,
        ) {
            let cells: Vec<FloatingCell> = places.iter()
                .map(|((x, y), (jobs, employed))| FloatingCell { x: *x, y: *y, jobs: *jobs, employed: *employed })
                .collect();
            let half_width = |from: u32, row: u32| {
                let dy = f64::from(from.abs_diff(row));
                (dy <= reach).then(|| (reach * reach - dy * dy).sqrt().floor() as u32)
            };
            let found = floating_sums(&cells, &FloatingGrid { half_width: &half_width });
            for (cell, sums) in cells.iter().zip(found) {
                let near = cells.iter().filter(|other| {
                    half_width(cell.y, other.y).is_some_and(|h| cell.x.abs_diff(other.x) <= h)
                });
                let plain = near.fold((0, 0), |t, c| (t.0 + c.jobs, t.1 + c.employed));
                prop_assert_eq!(sums, plain);
            }
        }
    }
}
