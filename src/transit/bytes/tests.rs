use proptest::prelude::*;

use super::*;

const LIMIT_S: i32 = Schedule::MAX_TIME_S;

fn dates() -> impl Strategy<Value = BTreeSet<ServiceDate>> {
    prop::collection::btree_set((-9000..90_000i32).prop_map(ServiceDate), 0..4)
}

fn service() -> impl Strategy<Value = Service> {
    let day = || (-900_000..2_900_000i32).prop_map(ServiceDate);
    let week = prop::option::of((any::<[bool; 7]>(), day(), day()));
    ("[a-z:]{0,4}", week, dates(), dates()).prop_map(|(id, week, added, removed)| Service {
        id,
        week,
        added,
        removed,
    })
}

fn stop() -> impl Strategy<Value = Stop> {
    let place = prop::option::of((-180.0..=180.0f64, -90.0..=90.0f64));
    (
        "[0-9]:[a-z站]{0,5}",
        ".{0,5}",
        place,
        prop::option::of(0..3u32),
        0..5u8,
    )
        .prop_map(|(id, name, lon_lat, station, kind)| Stop {
            id,
            name,
            lon_lat,
            station,
            kind,
        })
}

fn trip() -> impl Strategy<Value = Trip> {
    let call = (0..3u32, 0..9000i32, 0..300i32, any::<[bool; 2]>());
    let headway = (0..LIMIT_S, 0..LIMIT_S, 60..LIMIT_S);
    (
        "[0-9a-z]{0,6}",
        "[ab]",
        0..2u32,
        prop::collection::vec(call, 2..6),
        prop::collection::vec(headway, 0..3),
    )
        .prop_map(|(id, route, service, calls, headways)| {
            let mut time = -90;
            let calls = calls
                .into_iter()
                .map(|(stop, ride, dwell, [boards, alights])| {
                    let arrival_s = time + ride;
                    time = arrival_s + dwell;
                    Call {
                        stop,
                        arrival_s,
                        departure_s: time,
                        boards,
                        alights,
                    }
                });
            let headways = headways
                .into_iter()
                .map(|(from_s, until_s, every_s)| Headway {
                    from_s,
                    until_s,
                    every_s,
                });
            Trip {
                id,
                route,
                service,
                calls: calls.collect(),
                headways: headways.collect(),
            }
        })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let route = ("[0-9a-z:]{0,4}", ".{0,4}", prop::option::of(any::<u16>()));
    let route = route.prop_map(|(id, name, kind)| Route { id, name, kind });
    let transfer = (0..3u32, 0..3u32, prop::option::of(any::<u32>()));
    let transfer = transfer.prop_map(|(from, to, seconds)| Transfer { from, to, seconds });
    let seconds = || prop::option::of(any::<u32>());
    let entrance = (0..3u32, 0..3u32, seconds(), seconds());
    let entrance = entrance.prop_map(|(entrance, platform, in_s, out_s)| Entrance {
        entrance,
        platform,
        in_s,
        out_s,
    });
    let feed = (
        any::<u32>(),
        ".{0,4}",
        prop::collection::vec(".{0,4}", 0..3),
    );
    let feed = feed.prop_map(|(number, name, files)| Feed {
        number,
        source: name.repeat(2),
        name,
        files,
        ..Feed::default()
    });
    (
        prop::collection::vec(stop(), 3..6),
        prop::collection::vec(route, 0..3),
        prop::collection::vec(service(), 2..4),
        prop::collection::vec(trip(), 0..6),
        prop::collection::vec(transfer, 0..4),
        prop::collection::vec(entrance, 0..4),
        prop::collection::vec(feed, 0..3),
    )
        .prop_map(
            |(stops, routes, services, trips, transfers, entrances, feeds)| Schedule {
                stops,
                routes,
                services,
                trips,
                transfers,
                entrances,
                feeds,
            },
        )
}

proptest! {
    #[test]
    fn a_schedule_survives_the_round_trip(schedule in schedule()) {
        let bytes = schedule_to_bytes(&schedule);
        prop_assert_eq!(&bytes, &schedule_to_bytes(&schedule.clone()));
        prop_assert_eq!(schedule_from_bytes(&bytes).unwrap(), schedule);
    }

    #[test]
    fn damage_is_an_error(schedule in schedule(), at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let mut bytes = schedule_to_bytes(&schedule);
        let at = at.index(bytes.len());
        prop_assert!(schedule_from_bytes(&bytes[..at]).is_err());
        bytes[at] ^= flip;
        // A bit that packing does not use may change; the schedule may not.
        if let Ok(same) = schedule_from_bytes(&bytes) {
            prop_assert_eq!(same, schedule);
        }
    }

    #[test]
    fn damage_below_the_checksum_never_panics(schedule in schedule(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let bytes = schedule_to_bytes(&schedule);
        let mut plain = zstd::decode_all(&bytes[12..]).unwrap();
        let at = at.index(plain.len());
        plain[at] = byte;
        let mut changed = bytes[..12].to_vec();
        changed.extend(packed(&plain).unwrap());
        if let Ok(read) = schedule_from_bytes(&changed) {
            prop_assert!(read.is_sound());
        }
    }
}

#[test]
fn other_bytes_and_versions_are_refused() {
    let bytes = schedule_to_bytes(&Schedule::default());
    assert_eq!(schedule_from_bytes(&bytes), Ok(Schedule::default()));
    let mut newer = bytes.clone();
    newer[8] = 3;
    assert_eq!(schedule_from_bytes(&newer), Err(damaged("another version")));
    assert_eq!(
        schedule_from_bytes(b"suitunet"),
        Err(damaged("no timetable"))
    );
    let longer = [&bytes[..], b"more"].concat();
    assert!(schedule_from_bytes(&longer).is_err());
}

#[test]
fn what_was_kept_before_feeds_had_names_is_read() {
    let bytes = schedule_to_bytes(&Schedule::default());
    let plain = zstd::decode_all(&bytes[12..]).unwrap();
    let mut old = bytes[..12].to_vec();
    old[8] = 1;
    old.extend(packed(&plain[..plain.len() - 1]).unwrap());
    assert_eq!(schedule_from_bytes(&old), Ok(Schedule::default()));
}
