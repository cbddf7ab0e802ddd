/// Place of `(x, y)` along the Hilbert curve that fills the square of 2^32 x 2^32 points.
///
/// All points of a quadtree node of zoom z share the first 2z bits, so every node is one run of
/// the curve.
pub fn hilbert_key(x: u32, y: u32) -> u64 {
    let (mut x, mut y) = (x, y);
    let mut key = 0u64;
    let mut side = 1u32 << 31;
    while side > 0 {
        let right = u32::from(x & side != 0);
        let lower = u32::from(y & side != 0);
        key = (key << 2) | u64::from((3 * right) ^ lower);
        if lower == 0 {
            if right == 1 {
                x = !x;
                y = !y;
            }
            std::mem::swap(&mut x, &mut y);
        }
        side >>= 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_quadtree_node_is_one_run_of_the_curve() {
        let zoom = 4;
        let mut node_of_prefix = HashMap::new();
        for x in 0..64u32 {
            for y in 0..64u32 {
                let (px, py) = (x << 26, y << 26);
                let prefix = hilbert_key(px, py) >> (64 - 2 * zoom);
                let node = (px >> (32 - zoom), py >> (32 - zoom));
                assert_eq!(*node_of_prefix.entry(prefix).or_insert(node), node);
            }
        }
        assert_eq!(node_of_prefix.len(), 256);
    }

    #[test]
    fn neighbors_on_the_curve_are_neighbors_in_the_plane() {
        let shift = 28;
        let mut cells: Vec<(u64, i64, i64)> = (0..16u32)
            .flat_map(|x| (0..16u32).map(move |y| (x, y)))
            .map(|(x, y)| {
                (
                    hilbert_key(x << shift, y << shift),
                    i64::from(x),
                    i64::from(y),
                )
            })
            .collect();
        cells.sort_unstable();
        for pair in cells.windows(2) {
            let step = (pair[0].1 - pair[1].1).abs() + (pair[0].2 - pair[1].2).abs();
            assert_eq!(step, 1);
        }
    }
}
