use std::collections::HashMap;

use geo::Geometry;

use super::{Lines, graph::units};

/// Streets from lines that a bureau keeps: they meet where they share a corner, to a centimetre.
pub fn read_lines<'g>(geometries: impl IntoIterator<Item = &'g Geometry<f64>>) -> Lines {
    let mut lines = Lines::default();
    let mut numbers: HashMap<[i32; 2], u32> = HashMap::new();
    for geometry in geometries {
        let parts: &[geo::LineString<f64>] = match geometry {
            Geometry::LineString(line) => std::slice::from_ref(line),
            Geometry::MultiLineString(lines) => &lines.0,
            _ => &[],
        };
        for part in parts {
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
            }
        }
    }
    lines
}
