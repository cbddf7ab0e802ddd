//! The compact form that a network is kept in: numbers in a row, compressed.

use super::{
    NetworkError, Sense,
    graph::{Edge, Graph},
};

const MAGIC: &[u8; 8] = b"suitunet";
/// The first version knew walking only: every edge costs its length.
const WALKING: u32 = 1;
const VERSION: u32 = 2;

/// The network as bytes; the same network gives the same bytes.
pub fn graph_to_bytes(graph: &Graph) -> Vec<u8> {
    let counts = [graph.nodes(), graph.edges.len(), graph.points.len()];
    let mut plain = Vec::with_capacity(graph.edges.len() * 24 + graph.points.len() * 8 + 20);
    for count in counts {
        plain.extend((count as u32).to_le_bytes());
    }
    plain.extend(graph.leg_cost_per_m.to_le_bytes());
    plain.extend((graph.costs.len() as u32).to_le_bytes());
    let mut column = |values: &mut dyn Iterator<Item = u32>| {
        values.for_each(|value| plain.extend(value.to_le_bytes()));
    };
    column(&mut graph.edges.iter().map(|e| e.from));
    column(&mut graph.edges.iter().map(|e| e.to));
    column(&mut graph.edges.iter().map(|e| e.mm));
    column(&mut graph.edges.iter().map(|e| e.first_point));
    for way in 0..2 {
        column(&mut graph.costs.iter().map(|cost| cost[way]));
    }
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
    let version = u32::from_le_bytes(*version);
    if ![WALKING, VERSION].contains(&version) {
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
    let (leg_cost_per_m, cost_count) = match version {
        WALKING => (1000, 0),
        _ => (count()?, count()?),
    };
    let has_costs = cost_count == edge_count;
    if words.len() != edge_count * 4 + cost_count * 2 + point_count * 2
        || !(has_costs || cost_count == 0)
    {
        return Err(damaged("lengths do not fit"));
    }
    let mut column = |length: usize| -> Vec<u32> { words.by_ref().take(length).collect() };
    let [from, to, mm, first_point] = std::array::from_fn(|_| column(edge_count));
    let [there, back] = std::array::from_fn(|_| column(cost_count));
    let costs = there.into_iter().zip(back);
    let costs: Vec<[u32; 2]> = costs.map(|(there, back)| [there, back]).collect();
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
    if !are_sound || !starts_rise {
        return Err(damaged("numbers do not fit"));
    }
    let graph = Graph::new(nodes, edges, costs, points, leg_cost_per_m as u32);
    let leads_on = |node: u32| {
        let senses = [Sense::From, Sense::To];
        senses
            .into_iter()
            .all(|sense| !graph.ways(sense).onward(node).is_empty())
    };
    match (0..nodes as u32).all(leads_on) {
        true => Ok(graph),
        false => Err(damaged("a node without streets")),
    }
}
