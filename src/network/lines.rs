use foldhash::HashMap;
use geo::Geometry;

use super::{
    Lines, Rules,
    graph::units,
    rules::{Passage, Tags},
};

/// Streets from lines that a bureau keeps, those that `rules` allow: they meet where they share a
/// corner, to a centimetre, and where one of them ends on another, to [`super::TOUCH_M`]. What
/// else crosses are bridges and stays apart; [`Lines::junctions`] tells how much of each there is.
pub fn read_lines<'g, T: AsRef<Tags<'g>>>(
    streets: impl IntoIterator<Item = (&'g Geometry<f64>, T)>,
    rules: &Rules,
) -> Lines {
    let mut lines = Lines {
        leg_cost_per_m: rules.leg_cost_per_m(),
        ..Lines::default()
    };
    let mut numbers: HashMap<[i32; 2], u32> = HashMap::default();
    for (geometry, tags) in streets {
        let Some(passage) = rules.passage(tags.as_ref()) else {
            continue;
        };
        let parts: &[geo::LineString<f64>] = match geometry {
            Geometry::LineString(line) => std::slice::from_ref(line),
            Geometry::MultiLineString(lines) => &lines.0,
            _ => &[],
        };
        for part in parts {
            add(&mut lines, &mut numbers, part, passage);
        }
    }
    lines.junctions = lines.join_ends();
    lines
}

fn add(
    lines: &mut Lines,
    numbers: &mut HashMap<[i32; 2], u32>,
    part: &geo::LineString<f64>,
    passage: Passage,
) {
    let mut line: Vec<u32> = Vec::with_capacity(part.0.len());
    for corner in &part.0 {
        let place = units(corner.x, corner.y);
        let number = *numbers.entry(place).or_insert_with(|| {
            lines.points.push(place);
            lines.points.len() as u32 - 1
        });
        if line.last() != Some(&number) {
            line.push(number);
        }
    }
    if line.len() > 1 {
        lines.lines.push(line);
        lines.passages.push(passage);
    }
}
