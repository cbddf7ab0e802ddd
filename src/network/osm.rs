use std::{collections::HashMap, fs::File, io::BufReader, path::Path};

use osmpbf::{Element, ElementReader};

use super::{Lines, NetworkError, Rules};

/// Reads the streets that `rules` allow from files of OpenStreetMap (`.osm.pbf`).
///
/// Streets of several files meet where they share a node; a street that stands in two files counts
/// once. A node that a clipped file lacks ends the street there. `go_on` is asked now and then.
///
/// # Errors
/// A file that cannot be read or is damaged, with its name.
pub fn read_osm(
    files: &[impl AsRef<Path>],
    rules: &Rules,
    go_on: &dyn Fn() -> bool,
) -> Result<Lines, NetworkError> {
    let mut ways: Vec<Vec<i64>> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for file in files {
        each(file.as_ref(), go_on, |element| {
            let Element::Way(way) = element else { return };
            if rules.allow(way.tags()) && known.insert(way.id()) {
                ways.push(way.refs().collect());
            }
        })?;
    }
    let mut numbers: HashMap<i64, u32> = HashMap::new();
    for node in ways.iter().flatten() {
        let next = numbers.len() as u32;
        numbers.entry(*node).or_insert(next);
    }
    let mut points: Vec<Option<[i32; 2]>> = vec![None; numbers.len()];
    for file in files {
        let mut take = |id: i64, lat: i32, lon: i32| {
            if let Some(number) = numbers.get(&id) {
                points[*number as usize] = Some([lon, lat]);
            }
        };
        each(file.as_ref(), go_on, |element| match element {
            Element::DenseNode(node) => {
                take(node.id(), node.decimicro_lat(), node.decimicro_lon());
            }
            Element::Node(node) => take(node.id(), node.decimicro_lat(), node.decimicro_lon()),
            _ => {}
        })?;
    }
    let mut lines = Lines::default();
    for way in ways {
        let way = way.iter().map(|node| numbers[node]);
        let mut line = Vec::new();
        for point in way {
            match points[point as usize] {
                Some(_) => line.push(point),
                None => lines.lines.push(std::mem::take(&mut line)),
            }
        }
        lines.lines.push(line);
    }
    lines.lines.retain(|line| line.len() > 1);
    lines.points = points.into_iter().map(Option::unwrap_or_default).collect();
    Ok(lines)
}

fn each(
    file: &Path,
    go_on: &dyn Fn() -> bool,
    mut visit: impl FnMut(Element<'_>),
) -> Result<(), NetworkError> {
    let name = file.file_name().unwrap_or(file.as_os_str());
    let fail = |problem: String| NetworkError::File {
        file: name.to_string_lossy().into_owned(),
        problem,
    };
    let opened = File::open(file).map_err(|e| fail(e.to_string()))?;
    let mut seen = 0u64;
    let mut stopped = false;
    let reader = ElementReader::new(BufReader::with_capacity(1 << 20, opened));
    let read = reader.for_each(|element| {
        seen += 1;
        if seen.is_multiple_of(1 << 16) && !stopped {
            stopped = !go_on();
        }
        if !stopped {
            visit(element);
        }
    });
    if stopped {
        return Err(NetworkError::Cancelled);
    }
    read.map_err(|e| fail(format!("this is not a whole OpenStreetMap PBF file: {e}")))?;
    if seen == 0 {
        return Err(fail("the file holds nothing of OpenStreetMap".into()));
    }
    Ok(())
}
