use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::{Fault, FeedReport, read};
use crate::domain::Language;
use crate::transit::oracle_tests::plain_scan;
use crate::transit::percentile::UNREACHED;
use crate::transit::raptor::{Raptor, Window};
use crate::transit::{
    Call, Entrance, Schedule, ServiceDate, Summary, Timetable, Transfer, TransitError,
    schedule_from_bytes, schedule_to_bytes,
};

fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var("SUITU_TEST_DATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data").to_owned());
    let path = PathBuf::from(root).join(path);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn porto_alegre_agrees_with_the_plain_scan() {
    let (Some(bus), Some(rail)) = (
        data("porto-alegre/poa_eptc.zip"),
        data("porto-alegre/poa_trensurb.zip"),
    ) else {
        return;
    };
    let (schedule, report) = read(&[bus, rail]).unwrap();
    println!("{report}");
    let date: ServiceDate = "2019-05-13".parse().unwrap();
    let timetable = Timetable::for_date(&schedule, date, &[]).unwrap();
    let runs: Vec<Vec<Call>> = schedule
        .trips
        .iter()
        .filter(|trip| schedule.services[trip.service as usize].runs_on(date))
        .inspect(|trip| assert!(trip.headways.is_empty()))
        .map(|trip| trip.calls.clone())
        .collect();
    println!(
        "{} runs in {} patterns",
        runs.len(),
        timetable.patterns.len()
    );
    let stops = 0..schedule.stops.len() as u32;
    let walks: Vec<_> = stops.map(|stop| timetable.walks(stop).collect()).collect();
    let never = AtomicBool::new(false);
    let mut raptor = Raptor::default();
    for origin in (0..schedule.stops.len() as u32).step_by(401) {
        let window = Window {
            from_s: 14 * 3600,
            departures: 5,
            longest_s: 7200,
            max_transfers: None,
        };
        let mut rows = vec![Vec::new(); 5];
        raptor
            .search(
                &timetable,
                window,
                &[(origin, 0)],
                &never,
                |number, reached| {
                    rows[number] = (0..schedule.stops.len() as u32)
                        .map(|stop| reached.stop(stop))
                        .collect();
                },
            )
            .unwrap();
        for number in [0, 4] {
            let departure_s = 14 * 3600 + 60 * number as i32;
            let plain = plain_scan(
                &runs,
                &walks,
                &timetable.change_s,
                &[(origin, 0)],
                departure_s,
            );
            for (stop, &arrival) in plain.iter().enumerate() {
                let seconds = arrival - i64::from(departure_s);
                let plain = if seconds <= 7200 {
                    seconds as u32
                } else {
                    UNREACHED
                };
                assert_eq!(rows[number][stop], plain, "from {origin} to {stop}");
            }
        }
    }
    let one = Window {
        from_s: 14 * 3600,
        departures: 1,
        longest_s: 7200,
        max_transfers: None,
    };
    for (name, window) in [
        ("one departure", one),
        (
            "120 departures",
            Window {
                departures: 120,
                ..one
            },
        ),
    ] {
        let start = Instant::now();
        let mut origins = 0;
        for origin in (0..schedule.stops.len() as u32).step_by(40) {
            raptor
                .search(&timetable, window, &[(origin, 0)], &never, |_, _| {})
                .unwrap();
            origins += 1;
        }
        println!("{name}, one stop to all: {:?}", start.elapsed() / origins);
    }
    let sunday_of_another_year = "2031-01-05".parse().unwrap();
    let refused = Timetable::for_date(&schedule, sunday_of_another_year, &[]).unwrap_err();
    assert!(refused.to_string().contains("2019-12-31"), "{refused}");
}

#[test]
fn the_report_tells_the_share_that_is_lost() {
    let stops = format!("{STOPS}a,again,113.03,23.0,0,\n");
    let desk = Desk::new()
        .with("stops.txt", &stops)
        .with("routes.txt", "route_id,route_short_name,route_type\nr,1,\n")
        .with(
            "trips.txt",
            "trip_id,service_id,route_id\nt,d,r\nshort,d,r\nother,nowhere,r\n",
        );
    let (_, report) = desk.read();
    let told = report.to_text(Language::En).join("\n");
    for words in [
        "1 of 4 stops of stops.txt left out (25.0 %)",
        "2 of 3 trips of trips.txt left out (66.7 %)",
        "1 routes that do not say what runs on them",
    ] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    assert!(!told.contains("routes of routes.txt"), "{told}");
    let told = report.to_text(Language::Zh).join("\n");
    assert!(
        told.contains("stops.txt 的 4 个站点中，未采用 1（25.0%）"),
        "{told}"
    );
    assert!(
        !Desk::new()
            .read()
            .1
            .to_text(Language::En)
            .join("")
            .contains("left out")
    );
}

/// A feed that runs every day of 2020, in a folder.
struct Desk(tempfile::TempDir);

const STOPS: &str = "stop_id,stop_name,stop_lon,stop_lat,location_type,parent_station\n\
     a,A,113.00,23.0,0,\nb,B,113.01,23.0,0,\nc,C,113.02,23.0,,\n";
const CALLS: &str = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n\
     t,08:00:00,08:00:00,a,1\nt,08:05:00,08:06:00,b,2\nt,08:10:00,08:10:00,c,3\n";

impl Desk {
    fn new() -> Self {
        let desk = Desk(tempfile::tempdir().unwrap());
        desk.write("stops.txt", STOPS);
        desk.write(
            "calendar.txt",
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n\
             d,1,1,1,1,1,1,1,20200101,20201231\n",
        );
        desk.write(
            "routes.txt",
            "route_id,route_short_name,route_type\nr,1,1\n",
        );
        desk.write("trips.txt", "trip_id,service_id,route_id\nt,d,r\n");
        desk.write("stop_times.txt", CALLS);
        desk
    }

    fn with(self, file: &str, text: &str) -> Self {
        self.write(file, text);
        self
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path().join(file), text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self) -> (Schedule, FeedReport) {
        let (schedule, report) = read(&[self.path()]).unwrap();
        assert!(schedule.is_sound());
        (schedule, report)
    }

    fn refused(&self) -> String {
        read(&[self.path()]).unwrap_err().to_string()
    }
}

fn times(schedule: &Schedule, trip: usize) -> Vec<(&str, i32, i32)> {
    let calls = schedule.trips[trip].calls.iter();
    calls
        .map(|call| {
            let stop = &schedule.stops[call.stop as usize];
            (
                stop.id.as_str(),
                call.arrival_s - 28_800,
                call.departure_s - 28_800,
            )
        })
        .collect()
}

fn faults(report: &FeedReport) -> Vec<(Fault, usize)> {
    let left_out = report.left_out.iter();
    left_out
        .map(|(fault, examples)| (*fault, examples.count))
        .collect()
}

#[test]
fn headings_and_values_may_have_blanks_quotes_and_a_byte_order_mark() {
    let desk = Desk::new()
        .with(
            "trips.txt",
            "\u{feff} trip_id , Service_ID, route_id \n \"t\" , d ,r\n",
        )
        .with(
            "routes.txt",
            "route_id,route_long_name,route_type,route_text_color\nr,\"Line, 1\" ,1,0\n",
        );
    let (schedule, report) = desk.read();
    assert_eq!(report.rows_left_out(), 0);
    assert_eq!(schedule.routes[0].name, "Line, 1");
    assert_eq!(schedule.routes[0].kind, Some(1));
    assert_eq!(
        times(&schedule, 0),
        [("0:a", 0, 0), ("0:b", 300, 360), ("0:c", 600, 600)]
    );
}

#[test]
fn calendars_may_be_exceptions_alone_and_times_may_pass_midnight() {
    let desk = Desk::new()
        .with(
            "calendar_dates.txt",
            "service_id,date,exception_type\nd,20201101,1\nd,20201103,1\nd,2020-11-31,1\n",
        )
        .with(
            "stop_times.txt",
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n\
             t,23:50:00,23:50:00,a,1\nt,,,b,5\nt,24:10:00,24:10:00,c,9\n",
        );
    std::fs::remove_file(desk.path().join("calendar.txt")).unwrap();
    let (schedule, report) = desk.read();
    let calls = &schedule.trips[0].calls;
    // Half way: midnight.
    assert_eq!((calls[1].arrival_s, calls[2].arrival_s), (86_400, 87_000));
    assert_eq!(report.filled_calls, 1);
    assert_eq!(faults(&report), [(Fault::ExceptionDate, 1)]);
    let summary = Summary::of(&schedule);
    assert_eq!(summary.runs.len(), 2);
    assert_eq!(summary.idle_dates().count(), 1);
}

#[test]
fn headways_are_counted_out_whether_exact_or_not() {
    let desk = Desk::new().with(
        "frequencies.txt",
        "trip_id,start_time,end_time,headway_secs,exact_times\n\
         t,06:00:00,07:00:00,600,0\nt,07:00:00,07:10:00,300,1\nt,09:00:00,08:00:00,300,1\n\
         t,09:00:00,10:00:00,0,1\nx,09:00:00,10:00:00,60,1\n",
    );
    let (schedule, report) = desk.read();
    assert_eq!((report.headway_trips, report.headways), (1, 2));
    assert_eq!(faults(&report), [(Fault::Headway, 3)]);
    // The last date: no trips of the day after stand beside those of the day.
    let date = "2020-12-31".parse().unwrap();
    let timetable = Timetable::for_date(&schedule, date, &[]).unwrap();
    let pattern = &timetable.patterns[0];
    assert_eq!(pattern.trips, 8);
    let departures = [0, 7].map(|trip| pattern.departure(0, trip));
    assert_eq!(departures, [21_600, 25_500]);
    assert_eq!(Summary::of(&schedule).runs[&date], 8);
}

/// Seconds from the first stop to the third.
fn last_stop(schedule: &Schedule, date: &str, from_s: i32) -> u32 {
    let timetable = Timetable::for_date(schedule, date.parse().unwrap(), &[]).unwrap();
    let window = Window {
        from_s,
        departures: 1,
        longest_s: 7200,
        max_transfers: None,
    };
    let mut seconds = 0;
    let never = AtomicBool::new(false);
    Raptor::default()
        .search(&timetable, window, &[(0, 0)], &never, |_, reached| {
            seconds = reached.stop(2);
        })
        .unwrap();
    seconds
}

#[test]
fn an_early_bus_of_tomorrow_is_boarded_late_at_night() {
    let calls = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n\
         t,00:30:00,00:30:00,a,1\nt,00:40:00,00:41:00,b,2\nt,00:50:00,00:50:00,c,3\n";
    let (schedule, _) = Desk::new().with("stop_times.txt", calls).read();
    // At 23:50, and at 00:10 written as the evening's or as the morning's.
    assert_eq!(last_stop(&schedule, "2020-06-02", 23 * 3600 + 3000), 3600);
    assert_eq!(last_stop(&schedule, "2020-06-02", 24 * 3600 + 600), 2400);
    assert_eq!(last_stop(&schedule, "2020-06-02", 600), 2400);
    // The last service is on 31 December.
    assert_eq!(
        last_stop(&schedule, "2020-12-31", 23 * 3600 + 3000),
        UNREACHED
    );
}

#[test]
fn a_night_bus_of_yesterday_is_boarded_past_midnight() {
    let calls = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n\
         t,25:30:00,25:30:00,a,1\nt,25:40:00,25:41:00,b,2\nt,25:50:00,25:50:00,c,3\n";
    let (schedule, _) = Desk::new().with("stop_times.txt", calls).read();
    let reached = |date: &str, from_s: i32| last_stop(&schedule, date, from_s);
    let (at_one, at_twenty_five) = (3600, 25 * 3600);
    // Of the evening before, at 01:30; of the same evening, written as the timetable has it.
    assert_eq!(reached("2020-06-02", at_one), 3000);
    assert_eq!(reached("2020-06-02", at_twenty_five), 3000);
    // The first service was on 1 January: nothing goes in the night before.
    assert_eq!(reached("2020-01-01", at_one), UNREACHED);
    assert_eq!(reached("2020-01-01", at_twenty_five), 3000);
}

#[test]
fn a_journey_passes_a_second_midnight() {
    let calls = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n\
         t,00:30:00,00:30:00,a,1\nt,00:40:00,00:41:00,b,2\nt,00:50:00,00:50:00,c,3\n";
    let (schedule, _) = Desk::new().with("stop_times.txt", calls).read();
    let late = 47 * 3600 + 3000;
    assert_eq!(last_stop(&schedule, "2020-06-02", late), 3600);
    // The last service is on 31 December: tomorrow's night is the last with one.
    assert_eq!(last_stop(&schedule, "2020-12-29", late), 3600);
    assert_eq!(last_stop(&schedule, "2020-12-30", late), UNREACHED);
}

#[test]
fn transfers_of_stations_hold_for_their_platforms() {
    let desk = Desk::new()
        .with(
            "stops.txt",
            "stop_id,stop_name,stop_lon,stop_lat,location_type,parent_station\n\
             a,A,113.00,23.0,0,\nb,B,113.01,23.0,0,s\nc,C,113.0101,23.0,0,s\ns,S,113.01,23.0,1,\n",
        )
        .with(
            "transfers.txt",
            "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n\
             a,s,2,100\nb,c,3,\nc,c,2,60\nb,a,0,\na,x,0,\na,b,7,\na,b,2,soon\n",
        );
    let (schedule, report) = desk.read();
    let to = |from, to, seconds| Transfer { from, to, seconds };
    // A hundredth of a degree of longitude at 23 degrees north is 1,023.5 m.
    assert_eq!(
        schedule.transfers,
        [
            to(0, 1, Some(100)),
            to(0, 2, Some(100)),
            to(1, 2, None),
            to(2, 2, Some(60)),
            to(1, 0, Some(819)),
        ]
    );
    assert_eq!(report.transfers, 4);
    assert_eq!(
        faults(&report),
        [(Fault::TransferStops, 1), (Fault::TransferType, 2)]
    );
}

#[test]
fn the_more_specific_of_two_transfer_rules_holds_in_any_order() {
    let stops = "stop_id,stop_name,stop_lon,stop_lat,location_type,parent_station\n\
        a,A,113.00,23.0,0,\nb,B,113.01,23.0,0,s\nc,C,113.0101,23.0,0,s\ns,S,113.01,23.0,1,\n";
    let changes = |rules: &[&str]| {
        let heading = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n";
        let desk = Desk::new()
            .with("stops.txt", stops)
            .with("transfers.txt", &format!("{heading}{}", rules.concat()));
        let (schedule, _) = desk.read();
        let said = |from: u32, to: u32| {
            let rules = schedule.transfers.iter();
            let mut of_pair = rules.filter(|rule| (rule.from, rule.to) == (from, to));
            of_pair.next_back().expect("a rule").seconds
        };
        // Between the platforms, at one of them, and to both from elsewhere.
        [said(1, 2), said(2, 1), said(1, 1), said(0, 1), said(0, 2)]
    };
    let mut rules = [
        "b,c,2,60\n",
        "s,s,2,240\n",
        "b,s,2,90\n",
        "s,b,2,120\n",
        "a,s,2,300\n",
        "a,c,3,\n",
    ];
    let known = [Some(60), Some(120), Some(90), Some(300), None];
    assert_eq!(changes(&rules), known);
    rules.reverse();
    assert_eq!(changes(&rules), known);
}

#[test]
fn riders_who_stay_seated_ride_one_trip() {
    let desk = Desk::new()
        .with(
            "trips.txt",
            "trip_id,service_id,route_id\nt,d,r\nu,d,r\nv,d,r\nw,d,r\n",
        )
        .with(
            "stop_times.txt",
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n\
             v,08:20:00,08:20:00,b,1\nv,08:30:00,08:30:00,c,2\n\
             u,08:12:00,08:12:00,c,1\nu,08:15:00,08:16:00,b,2\n\
             t,08:00:00,08:00:00,a,1\nt,08:10:00,08:10:00,c,3\n\
             w,08:09:00,08:09:00,a,1\nw,08:30:00,08:30:00,c,3\n",
        )
        .with(
            "transfers.txt",
            "from_stop_id,to_stop_id,transfer_type,from_trip_id,to_trip_id\n\
             c,c,4,t,u\n,,4,u,v\nc,c,5,t,w\nc,a,4,v,nobody\n",
        );
    let (schedule, report) = desk.read();
    assert_eq!(report.joined_trips, 2);
    assert_eq!(schedule.trips.len(), 2);
    assert_eq!(
        times(&schedule, 0),
        [
            ("0:a", 0, 0),
            ("0:c", 600, 720),
            ("0:b", 900, 1200),
            ("0:c", 1800, 1800)
        ]
    );
    assert_eq!(faults(&report), [(Fault::TransferOfTrips, 1)]);
}

/// Station s with platforms b and c, entrances e and f, and a node n.
fn station() -> Desk {
    Desk::new().with(
        "stops.txt",
        "stop_id,stop_name,stop_lon,stop_lat,location_type,parent_station\n\
         a,A,113.00,23.0,0,\nb,B,113.01,23.0,0,s\nc,C,113.02,23.0,0,s\ns,S,113.01,23.0,1,\n\
         e,E,113.011,23.0,2,s\nf,F,113.012,23.0,2,s\nn,N,113.011,23.0,3,s\ng,G,,,2,s\n",
    )
}

#[test]
fn entrances_without_pathways_are_walked_straight() {
    let (schedule, report) = station().read();
    let way = |entrance, platform, seconds| Entrance {
        entrance,
        platform,
        in_s: Some(seconds),
        out_s: Some(seconds),
    };
    // 102.35 m for each thousandth of a degree, at 1.25 m/s, rounded up.
    assert_eq!(
        schedule.entrances,
        [
            way(4, 1, 82),
            way(5, 1, 164),
            way(4, 2, 737),
            way(5, 2, 656)
        ]
    );
    assert_eq!(report.unplaced_stops.count, 1);
}

#[test]
fn pathways_lead_in_and_out_each_their_way() {
    let desk = station().with(
        "pathways.txt",
        "pathway_id,from_stop_id,to_stop_id,pathway_mode,is_bidirectional,length,traversal_time\n\
         1,e,n,1,1,50,\n2,n,b,2,1,,25\n3,b,f,7,0,,10\n4,x,b,1,1,,\n5,e,n,1,,,\n",
    );
    let (schedule, report) = desk.read();
    let b: Vec<&Entrance> = schedule
        .entrances
        .iter()
        .filter(|way| way.platform == 1)
        .collect();
    // 50 m take 40 s, the stairs 25 s; f is an exit alone.
    assert_eq!(
        (b[0].entrance, b[0].in_s, b[0].out_s),
        (4, Some(65), Some(65))
    );
    assert_eq!((b[1].entrance, b[1].in_s, b[1].out_s), (5, None, Some(10)));
    // No pathway leads to c: it is reached straight.
    let c: Vec<&Entrance> = schedule
        .entrances
        .iter()
        .filter(|way| way.platform == 2)
        .collect();
    assert_eq!((c[0].in_s, c[1].out_s), (Some(737), Some(656)));
    assert_eq!(report.pathways, 3);
    assert_eq!(faults(&report), [(Fault::PathwayEnds, 2)]);
    let bytes = schedule_to_bytes(&schedule);
    assert_eq!(schedule_from_bytes(&bytes).unwrap(), schedule);
}

#[test]
fn pathways_between_platforms_are_changes() {
    let desk = station()
        .with(
            "pathways.txt",
            "from_stop_id,to_stop_id,is_bidirectional,traversal_time\nb,n,1,30\nn,c,1,15\n",
        )
        .with(
            "transfers.txt",
            "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nc,b,2,200\n",
        );
    let (schedule, _) = desk.read();
    let to = |from, to, seconds| Transfer { from, to, seconds };
    // What transfers.txt says stands.
    assert_eq!(
        schedule.transfers,
        [to(2, 1, Some(200)), to(1, 2, Some(45))]
    );
}

#[test]
fn several_feeds_keep_their_own_ids() {
    let (one, two) = (Desk::new(), Desk::new());
    let (schedule, report) = read(&[one.path(), two.path()]).unwrap();
    assert_eq!(report.feeds.len(), 2);
    let ids: Vec<&str> = schedule.trips.iter().map(|trip| trip.id.as_str()).collect();
    assert_eq!(ids, ["0:t", "1:t"]);
    assert_eq!(schedule.trips[1].calls[0].stop, 3);
    assert_eq!(schedule.stops[3].id, "1:a");
}

#[test]
fn bad_rows_are_left_out_with_their_line() {
    let desk = Desk::new()
        .with(
            "trips.txt",
            "trip_id,service_id,route_id\nt,d,r\nt,d,r\n\nu,x,r\nv,d,r\nw,d,r\n",
        )
        .with(
            "stop_times.txt",
            &format!(
                "{CALLS}z,08:00:00,08:00:00,a,1\nt,08:00:00,08:00:00,nowhere,7\n\
                 v,8 o'clock,08:00:00,a,1\nv,08:01:00,08:01:00,b,2\n\
                 w,08:02:00,08:02:00,a,1\nw,08:01:00,08:01:00,b,2\n"
            ),
        );
    let (schedule, report) = desk.read();
    assert_eq!(schedule.trips.len(), 1);
    assert_eq!(
        faults(&report),
        [
            (Fault::TripId, 1),
            (Fault::TripService, 1),
            (Fault::CallTrip, 1),
            (Fault::CallStop, 1),
            (Fault::CallTime, 1),
            (Fault::TripTimes, 1),
        ]
    );
    let text = report.to_text(Language::Zh).join("\n");
    for told in ["trips.txt 第 5 行", "stop_times.txt 第 5 行", "0:w"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let text = report.to_text(Language::En).join("\n");
    assert!(text.contains("trips.txt, line 3"), "{text}");
}

#[test]
fn the_chinese_report_holds_no_english_but_names() {
    let desk = Desk::new()
        .with("agency.txt", "agency_name,agency_url\n广州地铁,x\n")
        .with("trips.txt", "trip_id,service_id,route_id\nt,d,r\nu,x,r\n");
    let (schedule, report) = desk.read();
    let mut lines = report.to_text(Language::Zh);
    lines.extend(Summary::of(&schedule).to_text(Language::Zh));
    let folder = report.feeds[0].file.clone();
    for line in lines {
        let bare = line.replace(&folder, "").replace("trips.txt", "");
        assert!(!bare.chars().any(|c| c.is_ascii_alphabetic()), "{line}");
    }
}

#[test]
fn what_cannot_be_a_timetable_is_refused_in_words() {
    let none = tempfile::tempdir().unwrap();
    let refused = read(&[none.path()]).unwrap_err();
    assert!(matches!(
        refused,
        TransitError::MissingFile {
            file: "stops.txt",
            ..
        }
    ));
    let desk = Desk::new().with("stop_times.txt", "trip_id,stop_id,stop_sequence\nt,a,1\n");
    assert!(
        desk.refused().contains("stop_times.txt has no usable row"),
        "{}",
        desk.refused()
    );
    let desk = Desk::new().with("trips.txt", "trip_id,route_id\nt,r\n");
    assert!(
        desk.refused()
            .contains("trips.txt has no column service_id")
    );
    let desk = Desk::new().with("stop_times.txt", "");
    assert!(
        desk.refused()
            .contains("stop_times.txt has no column trip_id")
    );
}
