//! What somebody can learn who asks a protected city everything: attackers with patience, one file
//! for each kind. Every kind is also let loose on the exact city, where it must find what it looks
//! for: an attack that cannot succeed proves nothing.

mod answers;
mod catchments;
mod city;
mod dice;
mod downloads;
mod filters;
mod found;
mod keys;
mod marking;
mod mvt;
mod officials;
mod periods;
mod polygons;
mod publications;
mod reader;
mod refusals;
mod sums;
mod tiles;
mod unseen;

use std::collections::BTreeSet;

use suitu::accounts::Role;

use city::{Attacked, grants};
use dice::Dice;
use reader::Reader;

/// What all published counts are multiples of.
const K: i64 = 10;

/// Lets a kind of attack loose on rounded counts and on exact ones.
macro_rules! attack {
    ($kind:ident, $viewer:expr, $planner:expr, $times:expr, least $attacks:expr, $read:expr) => {
        let begun = std::time::Instant::now();
        let found = $kind::attack($viewer, &mut Dice(1), $times).await;
        found.assert_nothing(stringify!($kind), $attacks, $read);
        let exact = $kind::attack($planner, &mut Dice(1), $times / 10 + 5).await;
        exact.assert_something(stringify!($kind));
        let (kind, took) = (stringify!($kind), begun.elapsed());
        println!(
            "{kind}: {} attacks, {} counts, {took:?}",
            found.attacks, found.read
        );
    };
}

/// One city serves all attacks: making and publishing it takes longer than they do.
#[tokio::test]
async fn an_attacker_who_asks_a_protected_city_everything_learns_no_exact_count() {
    let city = Attacked::new();
    let nothing = BTreeSet::new();
    let reader =
        |name: &str, role: Role| Reader::new(&city.guarded, name, (40, &grants(role)), &nothing);
    let mut viewer = reader("viewer", Role::Viewer);
    let mut planner = reader("planner", Role::Planner);
    viewer.names = viewer.protected_names().await;
    planner.names.clone_from(&viewer.names);
    attack!(polygons, &viewer, &planner, 800, least 800, 20_000);
    attack!(catchments, &viewer, &planner, 150, least 500, 10_000);
    attack!(sums, &viewer, &planner, 400, least 800, 2_000);
    attack!(filters, &viewer, &planner, 60, least 700, 500);
    attack!(periods, &viewer, &planner, 300, least 300, 10_000);
    attack!(tiles, &viewer, &planner, 1020, least 1020, 50_000);
    attack!(downloads, &viewer, &planner, 120, least 200, 5_000);
    attack!(answers, &viewer, &planner, 80, least 200, 5_000);
    attack!(refusals, &viewer, &planner, 30, least 300, 10_000);
    marking::attack(&city, &viewer, &planner).await;
    let mut begun = std::time::Instant::now();
    let mut lap = |kind: &str| {
        println!("{kind}: {:?}", begun.elapsed());
        begun = std::time::Instant::now();
    };
    // First of those that edit: what others left waiting would show with what is added here.
    publications::attack(&city, &viewer, 35).await;
    lap("publications");
    officials::attack(&city, &viewer, &planner, 250).await;
    lap("officials");
    keys::attack(&city, &viewer, 200).await;
    lap("keys");
    unseen::attack(&city, &viewer, 300).await;
    lap("unseen");
    officials::remember(&city, &viewer, &planner, 6).await;
    lap("officials who remember");
}
