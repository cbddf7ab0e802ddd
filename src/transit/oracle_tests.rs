//! The search against a plain connection scan, minute by minute, on random timetables.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;

use super::percentile::UNREACHED;
use super::raptor::{Raptor, Window};
use super::{Call, Journeys, Leg, Timetable};

pub(super) type Run = Vec<Call>;

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub runs: Vec<Run>,
    pub walks: Vec<Vec<Leg>>,
    pub change_s: Vec<Option<u32>>,
    pub access: Vec<Leg>,
}

/// Arrivals at every stop, by scanning all connections in order of departure, again and again
/// until nothing changes (so that connections of no length need no special care).
pub(super) fn plain_scan(
    runs: &[Run],
    walks: &[Vec<Leg>],
    change_s: &[Option<u32>],
    access: &[Leg],
    departure_s: i32,
) -> Vec<i64> {
    const NEVER: i64 = i64::MAX / 4;
    let mut at = vec![NEVER; change_s.len()];
    let mut ready = vec![NEVER; change_s.len()];
    let mut aboard: Vec<Vec<bool>> = runs.iter().map(|run| vec![false; run.len()]).collect();
    for &(stop, walk) in access {
        let arrival = i64::from(departure_s) + i64::from(walk);
        at[stop as usize] = at[stop as usize].min(arrival);
        ready[stop as usize] = ready[stop as usize].min(arrival);
    }
    let mut connections: Vec<(i32, usize, usize)> = Vec::new();
    for (run, calls) in runs.iter().enumerate() {
        connections.extend((1..calls.len()).map(|call| (calls[call - 1].departure_s, run, call)));
    }
    connections.sort_unstable();
    loop {
        let mut changed = false;
        for &(departure, run, call) in &connections {
            let (from, to) = (runs[run][call - 1], runs[run][call]);
            let boards = from.boards && ready[from.stop as usize] <= i64::from(departure);
            if aboard[run][call] || !(aboard[run][call - 1] || boards) {
                continue;
            }
            (aboard[run][call], changed) = (true, true);
            if !to.alights {
                continue;
            }
            let arrival = i64::from(to.arrival_s);
            let stop = to.stop as usize;
            at[stop] = at[stop].min(arrival);
            if let Some(change) = change_s[stop] {
                ready[stop] = ready[stop].min(arrival + i64::from(change));
            }
            for &(other, walk) in &walks[stop] {
                let there = arrival + i64::from(walk);
                at[other as usize] = at[other as usize].min(there);
                ready[other as usize] = ready[other as usize].min(there);
            }
        }
        if !changed {
            return at;
        }
    }
}

/// More than a block of walks holds.
const STOPS: u32 = 10;

pub(super) fn case() -> impl Strategy<Value = Case> {
    let run = (
        prop::collection::vec((0..STOPS, 0..5i32, 0..3i32, 0..9u8), 2..6),
        0..60i32,
    )
        .prop_map(|(calls, start)| {
            let mut time = start * 60;
            let mut run = Vec::new();
            for (stop, ride, dwell, flags) in calls {
                let arrival_s = time + ride * 45;
                time = arrival_s + dwell * 20;
                let (boards, alights) = (flags != 0, flags != 1);
                run.push(Call {
                    stop,
                    arrival_s,
                    departure_s: time,
                    boards,
                    alights,
                });
            }
            run
        });
    let copies = (run, 1..4i32, 1..900i32, -1..3i32).prop_map(|(run, copies, gap, stretch)| {
        // Copies of one run, the later ones slower or faster, so that some overtake.
        (0..copies)
            .map(move |copy| {
                let start = run[0].arrival_s;
                let scale = |time: i32| {
                    start + copy * gap + (time - start) * (4 + stretch * copy).max(1) / 4
                };
                run.iter()
                    .map(|call| Call {
                        arrival_s: scale(call.arrival_s),
                        departure_s: scale(call.departure_s),
                        ..*call
                    })
                    .collect::<Run>()
            })
            .collect::<Vec<Run>>()
    });
    let walks = prop::collection::vec(
        prop::collection::vec((0..STOPS, 1..400u32), 0..3),
        STOPS as usize,
    );
    let change = prop::collection::vec(
        prop_oneof![5 => Just(Some(0)), 1 => Just(Some(90)), 1 => Just(None)],
        STOPS as usize,
    );
    let access = prop::collection::vec((0..STOPS, 0..300u32), 1..3);
    (prop::collection::vec(copies, 1..8), walks, change, access).prop_map(
        |(runs, walks, change_s, access)| Case {
            runs: runs.concat(),
            walks,
            change_s,
            access,
        },
    )
}

fn search(timetable: &Timetable, window: Window, access: &[Leg]) -> Vec<Vec<u32>> {
    let mut rows = vec![Vec::new(); window.departures as usize];
    Raptor::default()
        .search(
            timetable,
            window,
            access,
            &AtomicBool::new(false),
            |number, reached| {
                rows[number] = (0..timetable.stops() as u32)
                    .map(|s| reached.stop(s))
                    .collect();
            },
        )
        .unwrap();
    rows
}

fn bounded(arrival: i64, departure_s: i32, longest_s: u32) -> u32 {
    let seconds = arrival - i64::from(departure_s);
    if seconds <= i64::from(longest_s) {
        seconds as u32
    } else {
        UNREACHED
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_minute_agrees_with_the_plain_scan(case in case(), longest_s in 0..6000u32) {
        let timetable = Timetable::from_runs(case.runs.clone(), case.walks.clone(), case.change_s.clone());
        let window = Window { from_s: 300, departures: 40, longest_s, max_transfers: None };
        for (number, row) in search(&timetable, window, &case.access).iter().enumerate() {
            let departure_s = 300 + 60 * number as i32;
            let plain = plain_scan(&case.runs, &case.walks, &case.change_s, &case.access, departure_s);
            let plain: Vec<u32> = plain.iter().map(|&a| bounded(a, departure_s, longest_s)).collect();
            prop_assert_eq!(row, &plain, "departure {}", departure_s);
        }
    }

    #[test]
    fn hours_of_departures_and_the_longest_journeys_agree_too(
        case in case(),
        departures in 100..200u32,
        longest_s in 28_000..40_000u32,
        max_transfers in prop_oneof![Just(None), Just(Some(40))],
    ) {
        let timetable = Timetable::from_runs(case.runs.clone(), case.walks.clone(), case.change_s.clone());
        let window = Window { from_s: -2000, departures, longest_s, max_transfers };
        let rows = search(&timetable, window, &case.access);
        for (number, row) in rows.iter().enumerate().step_by(7) {
            let departure_s = -2000 + 60 * number as i32;
            let plain = plain_scan(&case.runs, &case.walks, &case.change_s, &case.access, departure_s);
            let longest_s = longest_s.min(Journeys::LONGEST_S);
            let plain: Vec<u32> = plain.iter().map(|&a| bounded(a, departure_s, longest_s)).collect();
            prop_assert_eq!(row, &plain, "departure {}", departure_s);
        }
    }

    #[test]
    fn many_allowed_transfers_are_as_good_as_any_number(case in case()) {
        let timetable = Timetable::from_runs(case.runs, case.walks, case.change_s);
        let any = Window { from_s: 300, departures: 40, longest_s: 5000, max_transfers: None };
        let free = search(&timetable, any, &case.access);
        let many = search(&timetable, Window { max_transfers: Some(30), ..any }, &case.access);
        prop_assert_eq!(&free, &many);
        let few = search(&timetable, Window { max_transfers: Some(0), ..any }, &case.access);
        prop_assert!(few.concat().iter().zip(free.concat()).all(|(few, free)| *few >= free));
    }

    #[test]
    fn arriving_by_is_leaving_from_seen_backwards(case in case(), target in 0..STOPS) {
        // Whoever leaves just as the transposed answer says still arrives in time, and whoever
        // leaves a second later does not.
        let timetable = Timetable::from_runs(case.runs.clone(), case.walks.clone(), case.change_s.clone());
        let by_s = 3000;
        let window = Window { from_s: Timetable::mirrored(by_s), departures: 1, longest_s: 6000, max_transfers: None };
        let back = search(&timetable.transposed(), window, &[(target, 0)]);
        for stop in (0..STOPS).filter(|&stop| stop != target) {
            let in_time = |departure_s: i32| {
                // A walk at the start is the transposed of a walk after the last ride.
                let mut access = vec![(stop, 0)];
                access.extend(&case.walks[stop as usize]);
                plain_target(&case, &access, departure_s, target) <= i64::from(by_s)
            };
            let seconds = back[0][stop as usize];
            if seconds == UNREACHED {
                prop_assert!(!in_time(by_s - 6000));
            } else {
                prop_assert!(in_time(by_s - seconds as i32));
                prop_assert!(!in_time(by_s - seconds as i32 + 1));
            }
        }
    }
}

/// Arrival in a vehicle at `target`, read at a sink that only a walk after a ride leads to.
fn plain_target(case: &Case, access: &[Leg], departure_s: i32, target: u32) -> i64 {
    let mut walks = case.walks.clone();
    let mut change_s = case.change_s.clone();
    walks.push(Vec::new());
    change_s.push(Some(0));
    walks[target as usize].push((STOPS, 0));
    plain_scan(&case.runs, &walks, &change_s, access, departure_s)[STOPS as usize]
}
