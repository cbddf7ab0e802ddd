use std::{fs::File, io::BufReader, path::Path};

use foldhash::{HashMap, HashSet};
use osmpbf::{Element, ElementReader, Way};

use super::{
    Lines, NetworkError, Rules,
    rules::Passage,
    whole::{Contents, NodeSet, OsmDoubt, doubt_missing},
};

/// What was read of files of OpenStreetMap.
#[derive(Debug)]
pub struct OsmStreets {
    /// For each of the rules.
    pub lines: Vec<Lines>,
    /// Why they may not be all.
    pub doubts: Vec<OsmDoubt>,
}

/// Reads streets from files of OpenStreetMap (`.osm.pbf`): for each of the `rules` those that it
/// allows.
///
/// Streets of several files meet where they share a node; a street that stands in two files counts
/// once. A node that a clipped file lacks ends the street there. `go_on` is asked now and then.
///
/// # Errors
/// A file that cannot be read, is damaged or was cut short, with its name.
pub fn read_osm(
    files: &[impl AsRef<Path>],
    rules: &[Rules],
    go_on: &dyn Fn() -> bool,
) -> Result<OsmStreets, NetworkError> {
    let mut streets: Vec<Street> = Vec::new();
    let mut known = HashSet::default();
    let mut used = NodeSet::default();
    let mut contents = Vec::new();
    for file in files {
        let file = file.as_ref();
        let mut found = Contents {
            file: name_of(file),
            ..Contents::default()
        };
        each(file, go_on, |element| {
            let Element::Way(way) = element else {
                found.relations += u64::from(matches!(element, Element::Relation(_)));
                return;
            };
            found.ways += 1;
            way.refs().for_each(|node| used.insert(node));
            if let Some(street) = Street::of(&way, rules)
                && known.insert(way.id())
            {
                streets.push(street);
            }
        })?;
        contents.push(found);
    }
    let mut places: HashMap<i64, Option<[i32; 2]>> = HashMap::default();
    let nodes = streets.iter().flat_map(|street| &street.nodes);
    places.extend(nodes.map(|node| (*node, None)));
    for (file, found) in files.iter().zip(&mut contents) {
        let mut take = |id: i64, lat: i32, lon: i32, is_plain: bool| {
            found.nodes += 1;
            if is_plain {
                found.plain += 1;
                found.unused += u64::from(!used.contains(id));
            }
            if let Some(place) = places.get_mut(&id) {
                *place = Some([lon, lat]);
            }
        };
        each(file.as_ref(), go_on, |element| match element {
            Element::DenseNode(node) => {
                let is_plain = node.tags().next().is_none();
                take(
                    node.id(),
                    node.decimicro_lat(),
                    node.decimicro_lon(),
                    is_plain,
                );
            }
            Element::Node(node) => {
                let is_plain = node.tags().next().is_none();
                take(
                    node.id(),
                    node.decimicro_lat(),
                    node.decimicro_lon(),
                    is_plain,
                );
            }
            _ => {}
        })?;
    }
    let mut doubts = Vec::new();
    for found in &contents {
        doubts.extend(found.doubt()?);
    }
    let missing = places.values().filter(|place| place.is_none()).count();
    doubts.extend(doubt_missing(missing as u64, places.len() as u64)?);
    let of_mode = |(mode, rules)| lines(&streets, &places, mode, rules);
    let lines = rules.iter().enumerate().map(of_mode).collect();
    Ok(OsmStreets { lines, doubts })
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

fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    name.to_string_lossy().into_owned()
}

fn each(
    file: &Path,
    go_on: &dyn Fn() -> bool,
    mut visit: impl FnMut(Element<'_>),
) -> Result<(), NetworkError> {
    let opened = File::open(file).map_err(|e| NetworkError::Unreadable {
        file: name_of(file),
        problem: e.to_string(),
    })?;
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
    read.map_err(|e| NetworkError::NotWhole {
        file: name_of(file),
        problem: e.to_string(),
    })?;
    if seen == 0 {
        return Err(NetworkError::Nothing {
            file: name_of(file),
        });
    }
    Ok(())
}
