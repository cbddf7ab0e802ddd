use std::collections::{BTreeMap, HashMap};

/// Straight parts (x, y, x, y) in groups that lie at least `distance` from one another, in the order
/// of their first parts.
///
/// Two parts are of one group where their boxes, half the distance wider, share a square of a coarse
/// grid: groups may be larger than they must be, never smaller.
pub(super) fn apart(parts: &[[f64; 4]], distance: f64) -> Vec<Vec<[f64; 4]>> {
    let side = 8.0 * distance;
    let square = |metres: f64| (metres / side).floor() as i32;
    let mut groups = Groups::default();
    let mut first_in: HashMap<(i32, i32), u32> = HashMap::new();
    for &[ax, ay, bx, by] in parts {
        let own = groups.add();
        let half = distance / 2.0;
        let columns = square(ax.min(bx) - half)..=square(ax.max(bx) + half);
        let rows = square(ay.min(by) - half)..=square(ay.max(by) + half);
        for column in columns {
            for row in rows.clone() {
                let known = *first_in.entry((column, row)).or_insert(own);
                groups.join(known, own);
            }
        }
    }
    let mut gathered: BTreeMap<u32, Vec<[f64; 4]>> = BTreeMap::new();
    for (number, part) in (0u32..).zip(parts) {
        gathered
            .entry(groups.first(number))
            .or_default()
            .push(*part);
    }
    gathered.into_values().collect()
}

/// Which numbers belong together: each leads to an earlier one, the first of a group to itself.
#[derive(Default)]
struct Groups(Vec<u32>);

impl Groups {
    fn add(&mut self) -> u32 {
        let number = self.0.len() as u32;
        self.0.push(number);
        number
    }

    fn first(&mut self, mut number: u32) -> u32 {
        while self.0[number as usize] != number {
            let next = self.0[number as usize];
            // Halves the way for who comes after.
            self.0[number as usize] = self.0[next as usize];
            number = next;
        }
        number
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.first(a), self.first(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, Coord, Validation};

    use super::{super::outline::Outline, *};

    #[test]
    fn groups_are_those_that_lie_apart() {
        let parts = [
            [0.0, 0.0, 10.0, 0.0],
            [9_000.0, 0.0, 9_500.0, 40.0],
            [12.0, 0.0, 30.0, 0.0],
            [9_500.0, 40.0, 9_600.0, 900.0],
        ];
        let groups = apart(&parts, 10.0);
        assert_eq!(groups, [vec![parts[0], parts[2]], vec![parts[1], parts[3]]]);
        assert_eq!(apart(&parts, 10_000.0).len(), 1);
        assert!(apart(&[], 10.0).is_empty());
    }

    /// Streets of many stations all over a large city: together as large as one by one.
    #[test]
    fn far_groups_are_drawn_as_finely_together_as_alone() {
        let town = |x: f64, y: f64| {
            let at = |dx: f64, dy: f64| Coord {
                x: x + dx,
                y: y + dy,
            };
            let ends = [
                at(-700.0, 3.0),
                at(700.0, -3.0),
                at(11.0, -500.0),
                at(-7.0, 500.0),
            ];
            [[ends[0], ends[1]], [ends[2], ends[3]]]
        };
        let mut all = Outline::new(30.0);
        let mut sum = 0.0;
        for number in 0..60 {
            let (x, y) = (
                f64::from(number % 10) * 12_000.0,
                f64::from(number / 10) * 15_000.0,
            );
            let mut one = Outline::new(30.0);
            for [from, to] in town(x, y) {
                all.add(from, to);
                one.add(from, to);
            }
            sum += one.polygons().unsigned_area();
        }
        let drawn = all.polygons();
        assert_eq!(drawn.0.len(), 60);
        assert!(drawn.is_valid());
        let share = drawn.unsigned_area() / sum;
        assert!((share - 1.0).abs() < 1e-9, "{share}");
    }
}
