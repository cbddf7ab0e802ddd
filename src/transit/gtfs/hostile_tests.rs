//! Feeds from anywhere: whatever comes in is a sound timetable, or refused in words.

use proptest::prelude::*;

use super::read;
use crate::transit::{Summary, Timetable, schedule_from_bytes, schedule_to_bytes};

/// A feed with everything that is read.
const FEED: [(&str, &str); 9] = [
    (
        "stops.txt",
        "stop_id,stop_name,stop_lon,stop_lat,location_type,parent_station\n\
         S,Station,113.00,23.0,1,\na,A,113.00,23.0,0,S\nb,\"B, east\",113.01,23.0,0,\n\
         c,C,113.02,23.0,,\ne,Entrance,113.001,23.0,2,S\n",
    ),
    (
        "calendar.txt",
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n\
         d,1,1,1,1,1,1,1,20200101,20201231\n",
    ),
    (
        "calendar_dates.txt",
        "service_id,date,exception_type\nd,20200501,2\nf,20200501,1\n",
    ),
    (
        "routes.txt",
        "route_id,route_short_name,route_type\nr,1,1\nq,2,3\n",
    ),
    (
        "trips.txt",
        "trip_id,service_id,route_id,block_id,direction_id\nt,d,r,x,0\nu,f,q,x,1\nv,d,q,,0\n",
    ),
    (
        "stop_times.txt",
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type\n\
         t,08:00:00,08:00:00,a,1,0\nt,08:05:00,08:06:00,b,2,0\nt,08:10:00,08:10:00,c,3,1\n\
         u,23:50:00,23:50:00,c,1,\nu,25:10:00,25:10:00,a,5,\n\
         v,06:00:00,06:00:00,a,1,\nv,,,b,2,\nv,06:09:00,06:09:00,c,3,\n",
    ),
    (
        "frequencies.txt",
        "trip_id,start_time,end_time,headway_secs,exact_times\nv,06:00:00,07:00:00,600,0\n",
    ),
    (
        "transfers.txt",
        "from_stop_id,to_stop_id,transfer_type,min_transfer_time\na,b,2,120\nb,c,3,\n",
    ),
    (
        "pathways.txt",
        "pathway_id,from_stop_id,to_stop_id,pathway_mode,is_bidirectional,traversal_time\n\
         p,e,a,1,1,45\n",
    ),
];

/// Cells that are carelessly read.
const ODD: [&str; 22] = [
    "",
    "-1",
    "0",
    "1e9",
    "NaN",
    "inf",
    "181",
    "-91",
    "9999999999",
    "4294967296",
    "99:99:99",
    "-01:00:00",
    "24:00:00",
    "600:00:00",
    "20201331",
    "00000000",
    "99991231",
    "\"",
    "\u{feff}",
    "\0",
    "穗",
    "a,b",
];

#[derive(Clone, Debug)]
enum Damage {
    /// A byte is another.
    Byte(usize, u8),
    /// The file ends early.
    Cut(usize),
    /// A cell is another.
    Cell(usize, usize, &'static str),
    /// Two columns change places, but for their headings.
    Columns(usize, usize),
    /// A row stands twice.
    Twice(usize),
}

fn damages() -> impl Strategy<Value = Damage> {
    let some = any::<usize>;
    prop_oneof![
        (some(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        some().prop_map(Damage::Cut),
        (some(), some(), prop::sample::select(&ODD[..]))
            .prop_map(|(r, c, t)| Damage::Cell(r, c, t)),
        (some(), some()).prop_map(|(a, b)| Damage::Columns(a, b)),
        some().prop_map(Damage::Twice),
    ]
}

fn damaged(text: &str, damage: &Damage) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let mut rows: Vec<Vec<&str>> = text.lines().map(|row| row.split(',').collect()).collect();
    let count = rows.len();
    match damage {
        Damage::Byte(at, byte) => {
            let at = at % bytes.len();
            bytes[at] = *byte;
            return bytes;
        }
        Damage::Cut(at) => {
            bytes.truncate(at % bytes.len());
            return bytes;
        }
        Damage::Cell(row, column, text) => {
            let row = &mut rows[row % count];
            let column = column % row.len();
            row[column] = text;
        }
        Damage::Columns(a, b) => rows.iter_mut().skip(1).for_each(|row| {
            let cells = row.len();
            row.swap(a % cells, b % cells);
        }),
        Damage::Twice(row) => rows.push(rows[row % count].clone()),
    }
    let rows: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
    rows.join("\n").into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_feed_is_a_sound_timetable_or_refused_in_words(
        damages in prop::collection::vec((0..FEED.len(), damages()), 1..4),
        date in prop::sample::select(&["2020-05-01", "2020-12-31", "1999-01-01"][..]),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        for (number, (file, text)) in FEED.iter().enumerate() {
            let of_file = damages.iter().filter(|(n, _)| *n == number);
            // One after the other, as long as it is text.
            let bytes = of_file.fold(text.as_bytes().to_vec(), |bytes, (_, damage)| {
                match std::str::from_utf8(&bytes) {
                    Ok(text) if !text.is_empty() => damaged(text, damage),
                    _ => bytes,
                }
            });
            std::fs::write(folder.path().join(file), bytes).expect("written");
        }
        match read(&[folder.path()]) {
            Ok((schedule, report)) => {
                prop_assert!(schedule.is_sound());
                prop_assert!(!report.to_text(crate::domain::Language::En).is_empty());
                Summary::of(&schedule);
                let kept = schedule_from_bytes(&schedule_to_bytes(&schedule));
                prop_assert!(kept.is_ok_and(|kept| kept == schedule));
                // A date without service is refused, and no more.
                Timetable::for_date(&schedule, date.parse().expect("a date"), &[]).ok();
            }
            Err(refused) => prop_assert!(!refused.to_string().is_empty()),
        }
    }
}
