//! The compact form that a network is kept in: numbers in a row, compressed.

use super::{
    NetworkError,
    graph::{Edge, Graph},
};

const MAGIC: &[u8; 8] = b"suitunet";
const VERSION: u32 = 1;

/// The network as bytes; the same network gives the same bytes.
pub fn graph_to_bytes(graph: &Graph) -> Vec<u8> {
    let counts = [graph.nodes(), graph.edges.len(), graph.points.len()];
    let mut plain = Vec::with_capacity(graph.edges.len() * 16 + graph.points.len() * 8 + 16);
    for count in counts {
        plain.extend((count as u32).to_le_bytes());
    }
    let mut column = |values: &mut dyn Iterator<Item = u32>| {
        values.for_each(|value| plain.extend(value.to_le_bytes()));
    };
    column(&mut graph.edges.iter().map(|e| e.from));
    column(&mut graph.edges.iter().map(|e| e.to));
    column(&mut graph.edges.iter().map(|e| e.mm));
    column(&mut graph.edges.iter().map(|e| e.first_point));
    // Neighbouring points differ little: differences compress to a third.
    for axis in 0..2 {
        let mut last = 0i32;
        column(&mut graph.points.iter().map(|p| {
            let step = p[axis].wrapping_sub(last);
            last = p[axis];
            ((step << 1) ^ (step >> 31)) as u32
        }));
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((plain.len() as u64).to_le_bytes());
    bytes.extend(zstd::bulk::compress(&plain, 3).unwrap_or_default());
    bytes
}

/// # Errors
/// Bytes that are no network of this version, cut short or inconsistent.
pub fn graph_from_bytes(bytes: &[u8]) -> Result<Graph, NetworkError> {
    let damaged = NetworkError::Damaged;
    let rest = bytes.strip_prefix(MAGIC).ok_or(damaged("no network"))?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(damaged("cut short"))?;
    if u32::from_le_bytes(*version) != VERSION {
        return Err(damaged("another version"));
    }
    let (length, packed) = rest.split_first_chunk::<8>().ok_or(damaged("cut short"))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged("too long"))?;
    let plain = zstd::bulk::decompress(packed, length.min(1 << 32))
        .map_err(|_| damaged("cannot be unpacked"))?;
    let (words, _) = plain.as_chunks::<4>();
    let mut words = words.iter().map(|word| u32::from_le_bytes(*word));
    let mut count = || words.next().ok_or(damaged("cut short")).map(|n| n as usize);
    let (nodes, edge_count, point_count) = (count()?, count()?, count()?);
    if words.len() != edge_count * 4 + point_count * 2 {
        return Err(damaged("lengths do not fit"));
    }
    let mut column = |length: usize| -> Vec<u32> { words.by_ref().take(length).collect() };
    let [from, to, mm, first_point] = std::array::from_fn(|_| column(edge_count));
    let mut axis = || {
        let mut last = 0i32;
        let steps = column(point_count);
        let value = move |step: u32| {
            let step = (step >> 1) as i32 ^ -((step & 1) as i32);
            last = last.wrapping_add(step);
            last
        };
        steps.into_iter().map(value).collect::<Vec<i32>>()
    };
    let (lon, lat) = (axis(), axis());
    let points = lon
        .into_iter()
        .zip(lat)
        .map(|(lon, lat)| [lon, lat])
        .collect();
    let edges: Vec<Edge> = (0..edge_count)
        .map(|at| Edge {
            from: from[at],
            to: to[at],
            mm: mm[at],
            first_point: first_point[at],
        })
        .collect();
    let is_node = |node: u32| (node as usize) < nodes;
    let are_sound = edges.iter().all(|e| is_node(e.from) && is_node(e.to));
    let ends = edges.iter().map(|e| e.first_point as usize);
    let starts_rise = ends
        .clone()
        .zip(ends.skip(1).chain([point_count]))
        .all(|(this, next)| this + 2 <= next && next <= point_count);
    let mut has_street = vec![false; nodes];
    if are_sound {
        edges
            .iter()
            .for_each(|e| has_street[e.from as usize] = true);
        edges.iter().for_each(|e| has_street[e.to as usize] = true);
    }
    if !are_sound || !starts_rise || !has_street.iter().all(|has| *has) {
        return Err(damaged("numbers do not fit"));
    }
    Ok(Graph::new(nodes, edges, points))
}
