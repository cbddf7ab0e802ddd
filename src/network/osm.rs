use std::{fs::File, io::BufReader, path::Path};

use foldhash::{HashMap, HashSet};
use osmpbf::{Element, ElementReader, Way};

use super::{Lines, NetworkError, Rules, rules::Passage};

/// Reads streets from files of OpenStreetMap (`.osm.pbf`): for each of the `rules` those that it
/// allows.
///
/// Streets of several files meet where they share a node; a street that stands in two files counts
/// once. A node that a clipped file lacks ends the street there. `go_on` is asked now and then.
///
/// # Errors
/// A file that cannot be read or is damaged, with its name.
pub fn read_osm(
    files: &[impl AsRef<Path>],
    rules: &[Rules],
    go_on: &dyn Fn() -> bool,
) -> Result<Vec<Lines>, NetworkError> {
    let mut streets: Vec<Street> = Vec::new();
    let mut known = HashSet::default();
    for file in files {
        each(file.as_ref(), go_on, |element| {
            let Element::Way(way) = element else { return };
            if let Some(street) = Street::of(&way, rules)
                && known.insert(way.id())
            {
                streets.push(street);
            }
        })?;
    }
    let mut places: HashMap<i64, Option<[i32; 2]>> = HashMap::default();
    let nodes = streets.iter().flat_map(|street| &street.nodes);
    places.extend(nodes.map(|node| (*node, None)));
    for file in files {
        let mut take = |id: i64, lat: i32, lon: i32| {
            if let Some(place) = places.get_mut(&id) {
                *place = Some([lon, lat]);
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
    let of_mode = |(mode, rules)| lines(&streets, &places, mode, rules);
    Ok(rules.iter().enumerate().map(of_mode).collect())
}

/// A way that at least one of the rules allows.
struct Street {
    nodes: Vec<i64>,
    /// For each of the rules.
    passages: Vec<Option<Passage>>,
}

impl Street {
    fn of(way: &Way<'_>, rules: &[Rules]) -> Option<Self> {
        let tags: Vec<(&str, &str)> = way.tags().collect();
        let passages: Vec<Option<Passage>> =
            rules.iter().map(|rules| rules.passage(&tags)).collect();
        passages.iter().any(Option::is_some).then(|| Street {
            nodes: way.refs().collect(),
            passages,
        })
    }
}

/// The streets of one mode with the points that they need.
fn lines(
    streets: &[Street],
    places: &HashMap<i64, Option<[i32; 2]>>,
    mode: usize,
    rules: &Rules,
) -> Lines {
    let mut lines = Lines {
        leg_cost_per_m: rules.leg_cost_per_m(),
        ..Lines::default()
    };
    let mut numbers: HashMap<i64, u32> = HashMap::default();
    for street in streets {
        let Some(passage) = street.passages[mode] else {
            continue;
        };
        let known = |node: &i64| places.get(node).copied().flatten();
        for part in street.nodes.split(|node| known(node).is_none()) {
            if part.len() < 2 {
                continue;
            }
            let line = part.iter().map(|node| {
                *numbers.entry(*node).or_insert_with(|| {
                    lines.points.extend(known(node));
                    lines.points.len() as u32 - 1
                })
            });
            lines.lines.push(line.collect());
            lines.passages.push(passage);
        }
    }
    lines
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
