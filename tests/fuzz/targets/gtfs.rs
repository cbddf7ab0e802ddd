//! A feed, its files one after the other with a zero byte between: a timetable that is kept as it is, or a refusal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use suitu::{
    domain::Language,
    transit::{Summary, Timetable, gtfs, schedule_from_bytes, schedule_to_bytes},
};
use suitu_fuzz::Folder;

const FILES: [&str; 9] = [
    "stops.txt",
    "calendar.txt",
    "routes.txt",
    "trips.txt",
    "stop_times.txt",
    "calendar_dates.txt",
    "frequencies.txt",
    "transfers.txt",
    "pathways.txt",
];

fuzz_target!(|bytes: &[u8]| {
    schedule_from_bytes(bytes).ok();
    let folder = Folder::new();
    for (name, bytes) in FILES.iter().zip(bytes.split(|byte| *byte == 0)) {
        folder.put(name, bytes);
    }
    match gtfs::read(&[folder.path()]) {
        Ok((schedule, report)) => {
            assert!(!report.to_text(Language::En).is_empty());
            Summary::of(&schedule);
            let kept = schedule_from_bytes(&schedule_to_bytes(&schedule));
            assert!(kept.is_ok_and(|kept| kept == schedule));
            // A date without service is refused, and no more.
            let date = "2020-05-01".parse().expect("a date");
            Timetable::for_date(&schedule, date, &[]).ok();
        }
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
});
