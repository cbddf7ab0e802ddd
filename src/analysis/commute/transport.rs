use super::{
    Costs,
    tree::{Entering, Tree},
};

/// Whether commuters are sent to the nearest or to the farthest jobs, all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    Least,
    Greatest,
}

/// An optimal plan of the transportation problem (运输问题) with its proof.
///
/// The prices prove it: for [`Goal::Least`] every reachable pair has `cost >= origin price +
/// destination price`, with equality wherever anyone goes; for [`Goal::Greatest`] `<=`. So
/// `Σ price · supply + Σ price · demand` is a bound that the plan meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `Σ flow · cost`.
    pub total: i128,
    /// Origin, destination and how many go there, only where anybody does, in this order.
    pub flows: Vec<(usize, usize, i64)>,
    /// Dual prices of the origins.
    pub origin_prices: Vec<i64>,
    /// Dual prices of the destinations.
    pub destination_prices: Vec<i64>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    #[error(
        "{rows} × {columns} costs do not fit {origins} origins and {destinations} destinations"
    )]
    ShapeMismatch {
        rows: usize,
        columns: usize,
        origins: usize,
        destinations: usize,
    },
    #[error("an amount is negative")]
    Negative,
    #[error("{supply} at the origins, {demand} at the destinations: they must be the same")]
    Unbalanced { supply: i64, demand: i64 },
    /// Some cannot get where room is left; both lists hold a place and how many.
    #[error("{} origins cannot reach the {} destinations with room left", origins.len(), destinations.len())]
    Infeasible {
        origins: Vec<(usize, i64)>,
        destinations: Vec<(usize, i64)>,
    },
}

/// Sends `supply` to `demand` at the least (or greatest) total cost, over reachable pairs only.
///
/// A network simplex in whole numbers: the basis is a tree, prices are found block by block of
/// rows, and strong feasibility keeps degenerate steps from repeating. The first tree comes from
/// filling the best pairs first.
///
/// # Arguments
/// * `costs` - row = origin, column = destination
/// * `supply`, `demand` - whole amounts >= 0 of the same sum
///
/// # Errors
/// Shapes or sums that do not fit, or [`TransportError::Infeasible`].
///
/// # Source
/// Dantzig (1951); Cunningham (1976), Mathematical Programming 11; block pricing as in Király &
/// Kovács (2012), Acta Universitatis Sapientiae, Informatica 4(1).
pub fn transport(
    costs: &Costs,
    supply: &[i64],
    demand: &[i64],
    goal: Goal,
) -> Result<Plan, TransportError> {
    check(costs, supply, demand)?;
    // Only places with people; the others are given their prices afterwards.
    let filled = |amounts: &[i64]| -> Vec<usize> {
        let places = 0..amounts.len();
        places.filter(|&at| amounts[at] > 0).collect()
    };
    let problem = Problem::new(costs, filled(supply), filled(demand), goal);
    let mut tree = problem.first_tree(supply, demand);
    problem.improve(&mut tree);
    problem.read(&tree, costs, goal)
}

fn check(costs: &Costs, supply: &[i64], demand: &[i64]) -> Result<(), TransportError> {
    let fits = supply.len() * demand.len() == 0
        || (costs.rows(), costs.columns()) == (supply.len(), demand.len());
    if !fits {
        return Err(TransportError::ShapeMismatch {
            rows: costs.rows(),
            columns: costs.columns(),
            origins: supply.len(),
            destinations: demand.len(),
        });
    }
    if supply.iter().chain(demand).any(|amount| *amount < 0) {
        return Err(TransportError::Negative);
    }
    let (supply, demand) = (supply.iter().sum(), demand.iter().sum());
    if supply != demand {
        return Err(TransportError::Unbalanced { supply, demand });
    }
    Ok(())
}

/// The problem between places with people; nodes are origins, then destinations, then the root.
struct Problem {
    origins: Vec<usize>,
    destinations: Vec<usize>,
    /// Costs to be made least, row by row; [`FORBIDDEN`] where there is no way.
    costs: Vec<i64>,
    /// Dearer than any way through the tree: what it costs to go nowhere.
    nowhere: i64,
}

const FORBIDDEN: i64 = i64::MAX;

impl Problem {
    fn new(costs: &Costs, origins: Vec<usize>, destinations: Vec<usize>, goal: Goal) -> Self {
        let mut own = Vec::with_capacity(origins.len() * destinations.len());
        for &origin in &origins {
            own.extend(destinations.iter().map(|&destination| {
                let cost = costs.get(origin, destination).map(i64::from);
                cost.map_or(FORBIDDEN, |cost| signed(cost, goal))
            }));
        }
        let reachable = own.iter().filter(|cost| **cost != FORBIDDEN);
        let largest = reachable.map(|cost| cost.abs()).max().unwrap_or(0);
        let nodes = (origins.len() + destinations.len()) as i64;
        Problem {
            origins,
            destinations,
            costs: own,
            nowhere: (largest + 1) * (nodes + 1),
        }
    }

    /// A feasible tree: the best pairs are filled first, what is left over goes by the root.
    fn first_tree(&self, supply: &[i64], demand: &[i64]) -> Tree {
        let (rows, columns) = (self.origins.len(), self.destinations.len());
        let mut left: Vec<i64> = self.origins.iter().map(|&at| supply[at]).collect();
        left.extend(self.destinations.iter().map(|&at| demand[at]));
        let mut order: Vec<u32> = (0..self.costs.len() as u32).collect();
        order.retain(|&pair| self.costs[pair as usize] != FORBIDDEN);
        order.sort_unstable_by_key(|&pair| (self.costs[pair as usize], pair));
        // Every pair that is filled empties an origin or a destination: the arcs make a forest,
        // and at most one node of each of its parts has something left.
        let mut arcs: Vec<Vec<(u32, i64, i64)>> = vec![Vec::new(); rows + columns];
        for pair in order {
            let (origin, destination) = (pair as usize / columns, rows + pair as usize % columns);
            let amount = left[origin].min(left[destination]);
            if amount > 0 {
                left[origin] -= amount;
                left[destination] -= amount;
                let cost = self.costs[pair as usize];
                arcs[origin].push((destination as u32, amount, cost));
                arcs[destination].push((origin as u32, amount, cost));
            }
        }
        let mut tree = Tree::new(rows + columns);
        let mut stands = vec![false; rows + columns];
        let with_rest = (0..rows + columns).filter(|&node| left[node] > 0);
        for top in with_rest.chain(0..rows + columns) {
            if stands[top] {
                continue;
            }
            // An arc without flow points to the root.
            let is_up = top < rows || left[top] == 0;
            tree.hang(top as u32, tree.root(), is_up, left[top], self.nowhere);
            stands[top] = true;
            let mut open = vec![top];
            while let Some(above) = open.pop() {
                for &(node, amount, cost) in &arcs[above] {
                    if !std::mem::replace(&mut stands[node as usize], true) {
                        let is_up = (node as usize) < rows;
                        tree.hang(node, above as u32, is_up, amount, cost);
                        open.push(node as usize);
                    }
                }
            }
        }
        tree
    }

    /// Pivots until no pair is cheaper than its prices.
    fn improve(&self, tree: &mut Tree) {
        let (rows, columns) = (self.origins.len(), self.destinations.len());
        if self.costs.is_empty() {
            return;
        }
        let block = (self.costs.len().isqrt() / columns).max(1);
        let (mut row, mut seen) = (0, 0);
        // All rows in turn without finding one: optimal.
        while seen < rows {
            let mut best = Entering {
                from: 0,
                to: 0,
                reduced_cost: 0,
            };
            for _ in 0..block {
                self.price(tree, row, &mut best);
                row = (row + 1) % rows;
                seen += 1;
            }
            if best.reduced_cost < 0 {
                tree.pivot(best);
                seen = 0;
            }
        }
    }

    /// Looks for the pair of a row that is cheapest against its prices.
    fn price(&self, tree: &Tree, row: usize, best: &mut Entering) {
        let (rows, columns) = (self.origins.len(), self.destinations.len());
        let own = tree.potentials()[row];
        let prices = &tree.potentials()[rows..rows + columns];
        let costs = &self.costs[row * columns..(row + 1) * columns];
        for (column, (cost, price)) in costs.iter().zip(prices).enumerate() {
            if *cost < price - own + best.reduced_cost {
                *best = Entering {
                    from: row as u32,
                    to: (rows + column) as u32,
                    reduced_cost: cost + own - price,
                };
            }
        }
    }

    fn read(&self, tree: &Tree, costs: &Costs, goal: Goal) -> Result<Plan, TransportError> {
        let rows = self.origins.len();
        let (mut flows, mut total) = (Vec::new(), 0i128);
        let (mut stranded, mut unfilled) = (Vec::new(), Vec::new());
        for (node, parent, is_up, flow) in tree.arcs().filter(|(.., flow)| *flow > 0) {
            let place = |node: u32| match (node as usize).checked_sub(rows) {
                None => self.origins[node as usize],
                Some(column) => self.destinations[column],
            };
            if parent == tree.root() {
                let (list, node) = match is_up {
                    true => (&mut stranded, place(node)),
                    false => (&mut unfilled, place(node)),
                };
                list.push((node, flow));
                continue;
            }
            let (from, to) = if is_up {
                (node, parent)
            } else {
                (parent, node)
            };
            let (origin, destination) = (place(from), place(to));
            let cost = costs.get(origin, destination);
            total += i128::from(flow) * i128::from(cost.expect("flow goes where there is a way"));
            flows.push((origin, destination, flow));
        }
        if !stranded.is_empty() {
            return Err(TransportError::Infeasible {
                origins: stranded,
                destinations: unfilled,
            });
        }
        flows.sort_unstable();
        let (origin_prices, destination_prices) = self.prices(tree, costs, goal);
        Ok(Plan {
            total,
            flows,
            origin_prices,
            destination_prices,
        })
    }

    /// The prices of all places; one without people takes the best that its pairs allow.
    fn prices(&self, tree: &Tree, costs: &Costs, goal: Goal) -> (Vec<i64>, Vec<i64>) {
        let rows = self.origins.len();
        let mut of_origin: Vec<Option<i64>> = vec![None; costs.rows()];
        let mut of_destination: Vec<Option<i64>> = vec![None; costs.columns()];
        for (row, &origin) in self.origins.iter().enumerate() {
            of_origin[origin] = Some(-tree.potentials()[row]);
        }
        for (column, &destination) in self.destinations.iter().enumerate() {
            of_destination[destination] = Some(tree.potentials()[rows + column]);
        }
        let cost = |i: usize, j: usize| Some(signed(i64::from(costs.get(i, j)?), goal));
        for i in (0..costs.rows()).filter(|at| self.origins.binary_search(at).is_err()) {
            let pairs = 0..costs.columns();
            let allowed = pairs.filter_map(|j| Some(cost(i, j)? - of_destination[j]?));
            of_origin[i] = Some(allowed.min().unwrap_or(0));
        }
        for j in (0..costs.columns()).filter(|at| self.destinations.binary_search(at).is_err()) {
            let pairs = 0..costs.rows();
            let allowed = pairs.filter_map(|i| Some(cost(i, j)? - of_origin[i]?));
            of_destination[j] = Some(allowed.min().unwrap_or(0));
        }
        let told = |prices: Vec<Option<i64>>| {
            let prices = prices.into_iter().map(Option::unwrap_or_default);
            prices.map(|price| signed(price, goal)).collect()
        };
        (told(of_origin), told(of_destination))
    }
}

fn signed(value: i64, goal: Goal) -> i64 {
    match goal {
        Goal::Least => value,
        Goal::Greatest => -value,
    }
}
