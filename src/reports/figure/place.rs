//! Finding room on a map: labels that do not meet, a legend where nothing is drawn.

/// A rectangle of paper: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame(pub f64, pub f64, pub f64, pub f64);

impl Frame {
    pub fn meets(&self, other: &Frame) -> bool {
        self.0 < other.2 && other.0 < self.2 && self.1 < other.3 && other.1 < self.3
    }

    pub fn corner(&self) -> (f64, f64) {
        (self.0, self.1)
    }

    pub fn size(&self) -> (f64, f64) {
        (self.2 - self.0, self.3 - self.1)
    }

    pub fn is_inside(&self, other: &Frame) -> bool {
        self.0 >= other.0 && self.1 >= other.1 && self.2 <= other.2 && self.3 <= other.3
    }
}

/// The rectangles that are taken.
#[derive(Clone, Debug)]
pub struct Room {
    whole: Frame,
    taken: Vec<Frame>,
}

impl Room {
    pub fn new(whole: Frame) -> Self {
        Room {
            whole,
            taken: Vec::new(),
        }
    }

    pub fn take(&mut self, frame: Frame) {
        self.taken.push(frame);
    }

    /// Takes a rectangle where it is free; whether it was.
    pub fn try_take(&mut self, frame: Frame) -> bool {
        let is_free = frame.is_inside(&self.whole) && !self.taken.iter().any(|t| t.meets(&frame));
        if is_free {
            self.taken.push(frame);
        }
        is_free
    }
}

/// The share of a rectangle that rings cover, by a raster of 12 by 12 points.
pub fn covered(frame: Frame, shapes: &[Vec<Vec<(f64, f64)>>]) -> f64 {
    const STEPS: usize = 12;
    let at =
        |from: f64, to: f64, step: usize| from + (to - from) * (step as f64 + 0.5) / STEPS as f64;
    let mut inside = 0;
    for row in 0..STEPS {
        for column in 0..STEPS {
            let point = (at(frame.0, frame.2, column), at(frame.1, frame.3, row));
            inside += usize::from(shapes.iter().any(|rings| is_in(point, rings)));
        }
    }
    inside as f64 / (STEPS * STEPS) as f64
}

/// Whether a point is inside rings, by the even-odd rule over all of them.
pub fn is_in((x, y): (f64, f64), rings: &[Vec<(f64, f64)>]) -> bool {
    let mut inside = false;
    for ring in rings {
        let Some(mut last) = ring.last() else {
            continue;
        };
        for corner in ring {
            let crosses = (corner.1 > y) != (last.1 > y);
            if crosses && x < (last.0 - corner.0) * (y - corner.1) / (last.1 - corner.1) + corner.0
            {
                inside = !inside;
            }
            last = corner;
        }
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_not_given_twice() {
        let mut room = Room::new(Frame(0.0, 0.0, 10.0, 10.0));
        assert!(room.try_take(Frame(0.0, 0.0, 5.0, 5.0)));
        assert!(!room.try_take(Frame(4.0, 4.0, 6.0, 6.0)));
        assert!(room.try_take(Frame(5.0, 5.0, 6.0, 6.0)));
        assert!(!room.try_take(Frame(9.0, 9.0, 11.0, 10.0)));
    }

    #[test]
    fn half_a_square_covers_half() {
        let square = vec![vec![(0.0, 0.0), (5.0, 0.0), (5.0, 10.0), (0.0, 10.0)]];
        assert_eq!(covered(Frame(0.0, 0.0, 10.0, 10.0), &[square]), 0.5);
    }
}
