//! Timetables: real feeds through the commands, and faulty ones read or refused in words.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    sync::Arc,
};

use suitu::{
    definitions,
    domain::Language,
    store::{self, Home},
    transit::{Summary, gtfs, schedule_from_bytes, schedule_to_bytes},
};

use super::*;

/// What becomes of a feed: trips and faults, or why it is refused.
fn outcome(feed: &Path) -> String {
    match gtfs::read(&[feed]) {
        Ok((schedule, report)) => {
            let bytes = schedule_to_bytes(&schedule);
            assert_eq!(schedule_from_bytes(&bytes).as_ref(), Ok(&schedule));
            let dates = Summary::of(&schedule).runs.len();
            let faults = report.left_out.iter();
            let faults = faults.map(|(fault, examples)| format!(", {} {fault:?}", examples.count));
            let faults: String = faults.collect();
            let doubts = [
                (&report.too_fast_trips, "too fast"),
                (&report.repeated_orders, "of repeated order"),
                (&report.off_platforms, "off platforms"),
                (&report.unplaced_stops, "unplaced"),
            ];
            let doubts = doubts.iter().filter(|(examples, _)| examples.count > 0);
            let doubts = doubts.map(|(examples, what)| format!(", {} {what}", examples.count));
            let doubts: String = doubts.collect();
            for language in [Language::Zh, Language::En] {
                assert!(!report.to_text(language).is_empty());
            }
            format!(
                "{} trips on {dates} dates{doubts}{faults}",
                schedule.trips.len()
            )
        }
        Err(error) => {
            let error = error.to_string();
            let (_, reason) = error.split_once(": ").expect("the file, then the reason");
            format!("refused: {reason}")
        }
    }
}

/// Writes the files of a tar and returns the folders of tables among them, by name.
fn unpack(archive: &Path, into: &Path) -> BTreeMap<String, PathBuf> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(archive).expect("an archive");
    let mut packed = flate2::read::GzDecoder::new(file);
    packed.read_to_end(&mut bytes).expect("a tar");
    let mut tar = bytes.as_slice();
    let mut folders = BTreeSet::new();
    while tar.len() >= 512 && tar[0] != 0 {
        let text = |from: usize, until: usize| {
            let text = String::from_utf8_lossy(&tar[from..until]);
            text.trim_matches(['\0', ' ']).to_owned()
        };
        let size = usize::from_str_radix(&text(124, 136), 8).expect("a size");
        if tar[156] == b'0' {
            let path = into.join(text(345, 500)).join(text(0, 100));
            let folder = path.parent().expect("a folder").to_owned();
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(&path, &tar[512..512 + size]).expect("a file");
            if path.extension().is_some_and(|end| end == "txt") {
                folders.insert(folder);
            }
        }
        tar = &tar[(512 + size.next_multiple_of(512)).min(tar.len())..];
    }
    let name = |folder: &PathBuf| {
        let inside = folder.strip_prefix(into).expect("inside");
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        parts[parts.len().saturating_sub(2)..].join("/")
    };
    folders
        .into_iter()
        .map(|folder| (name(&folder), folder))
        .collect()
}

fn check(found: &BTreeMap<String, String>, expected: &[(&str, &str)]) {
    let expected: BTreeMap<String, String> = expected
        .iter()
        .map(|(name, outcome)| ((*name).to_owned(), (*outcome).to_owned()))
        .collect();
    assert_eq!(*found, expected);
}

#[test]
fn faulty_feeds_are_read_or_refused_in_words() {
    let Some(archive) = data("formats/gtfs/etalab_transport_validator_fixtures.tar.gz") else {
        return;
    };
    let desk = Desk::new();
    let feeds = unpack(&archive, desk.folder.path());
    let found = feeds
        .iter()
        .map(|(name, feed)| (name.clone(), outcome(feed)));
    check(
        &found.collect(),
        &[
            ("sub_folder/gtfs", "1 trips on 4 dates, 1 of repeated order"),
            (
                "test_data/accessibility",
                "refused: stop_times.txt has no usable row; trip with fewer than two calls (0:close_stops)",
            ),
            (
                "test_data/agency",
                "3 trips on 4 dates, 3 of repeated order, 1 StopId, 1 RouteId, 2 CallStop, 1 TripTimes, 2 TripLength",
            ),
            (
                "test_data/agency_multiple",
                "3 trips on 315 dates, 3 of repeated order, 1 StopId, 2 CallStop, 1 TripTimes, 2 TripLength",
            ),
            (
                "test_data/agency_single",
                "3 trips on 4 dates, 3 of repeated order, 1 StopId, 1 RouteId, 2 CallStop, 1 TripTimes, 2 TripLength",
            ),
            (
                "test_data/arrange_by_phone_stops",
                "1 trips on 4 dates, 1 of repeated order",
            ),
            (
                "test_data/check_id",
                "3 trips on 4 dates, 3 of repeated order, 1 unplaced, 1 StopId, 1 RouteId, 2 CallStop, 1 TripTimes, 2 TripLength",
            ),
            (
                "test_data/check_name",
                "3 trips on 4 dates, 3 of repeated order, 1 StopId, 2 CallStop, 1 TripTimes, 2 TripLength",
            ),
            (
                "test_data/coordinate_with_driver_stops",
                "1 trips on 4 dates, 1 of repeated order",
            ),
            (
                "test_data/custom_route_color",
                "1 trips on 4 dates, 1 of repeated order",
            ),
            (
                "test_data/duplicate_stop_sequence",
                "3 trips on 4 dates, 2 of repeated order",
            ),
            (
                "test_data/duplicate_stops",
                "11 trips on 1460 dates, 1 RouteId",
            ),
            (
                "test_data/duplicates",
                "11 trips on 1460 dates, 1 StopId, 2 RouteId, 1 TripId, 2 CallStop",
            ),
            (
                "test_data/duration_distance",
                "5 trips on 4 dates, 1 unplaced, 1 TripTimes",
            ),
            (
                "test_data/empty_calendar",
                "refused: stop_times.txt has no usable row; trip of a service that no calendar names (empty_calendar, trips.txt, line 2)",
            ),
            (
                "test_data/fare_attributes",
                "1 trips on 4 dates, 1 of repeated order",
            ),
            (
                "test_data/feed_info",
                "3 trips on 4 dates, 3 of repeated order, 1 StopId, 2 CallStop, 1 TripTimes, 2 TripLength",
            ),
            (
                "test_data/interpolated_stop_times",
                "1 trips on 4 dates, 1 TripTimes",
            ),
            (
                "test_data/invalid_references",
                "11 trips on 1460 dates, 1 RouteId, 1 TripService, 1 CallTrip, 1 CallStop, 1 TripLength",
            ),
            (
                "test_data/invalid_stop_file",
                "11 trips on 1460 dates, 1 unplaced, 1 RouteId",
            ),
            (
                "test_data/missing_agency_id",
                "3 trips on 315 dates, 3 of repeated order, 1 StopId, 2 CallStop, 1 TripTimes, 2 TripLength",
            ),
            (
                "test_data/missing_mandatory_files",
                "refused: stop_times.txt is missing; a feed needs stops.txt, trips.txt, stop_times.txt and calendar.txt or calendar_dates.txt",
            ),
            (
                "test_data/no_optional_files",
                "1 trips on 4 dates, 1 of repeated order",
            ),
            (
                "test_data/optimisation_route_trips",
                "refused: stop_times.txt has no usable row; trip of a service that no calendar names (optimisation_route_trips, trips.txt, line 2)",
            ),
            (
                "test_data/route_type_invalid",
                "3 trips on 4 dates, 3 of repeated order, 1 StopId, 2 CallStop, 1 TripTimes, 2 TripLength",
            ),
            (
                "test_data/route_type_missing",
                "3 trips on 4 dates, 3 of repeated order, 1 StopId, 2 CallStop, 1 TripTimes, 2 TripLength",
            ),
            (
                "test_data/shapes",
                "11 trips on 1460 dates, 4 too fast, 1 unplaced, 1 RouteId",
            ),
            (
                "test_data/stop_times_increase",
                "1 trips on 24 dates, 1 TripTimes",
            ),
            (
                "test_data/stop_times_location_type",
                "11 trips on 1460 dates, 2 too fast, 2 off platforms, 1 RouteId",
            ),
            (
                "test_data/stops",
                "11 trips on 1460 dates, 4 too fast, 7 off platforms, 2 unplaced, 1 RouteId",
            ),
            (
                "test_data/unusable_trip",
                "refused: calendar.txt is missing; a feed needs stops.txt, trips.txt, stop_times.txt and calendar.txt or calendar_dates.txt",
            ),
            ("test_data/unused_stop", "11 trips on 1460 dates, 1 RouteId"),
        ],
    );
}

#[test]
fn feeds_on_demand_and_over_water_are_read_or_refused_in_words() {
    let Some(archive) = data("formats/gtfs/conveyal_r5_gtfs_fixtures.tar.gz") else {
        return;
    };
    let desk = Desk::new();
    let feeds = unpack(&archive, desk.folder.path());
    let found = feeds
        .iter()
        .map(|(name, feed)| (name.clone(), outcome(feed)));
    check(
        &found.collect(),
        &[
            (
                "flex/badref",
                "refused: stop_times.txt has no usable row; call on demand, without a stop and time of its own (badref, stop_times.txt, line 2)",
            ),
            (
                "flex/multipolygon",
                "refused: stop_times.txt has no usable row; call on demand, without a stop and time of its own (multipolygon, stop_times.txt, line 2)",
            ),
            (
                "flex/nowindow",
                "1 trips on 366 dates, 8 CallByArea, 4 TripLength",
            ),
            (
                "flex/pointstop",
                "1 trips on 366 dates, 2 CallByArea, 1 TripLength",
            ),
            (
                "flex/threestops",
                "1 trips on 366 dates, 5 CallByArea, 2 TripLength",
            ),
            (
                "flex/valid",
                "1 trips on 366 dates, 8 CallByArea, 4 TripLength",
            ),
            ("gtfs/fiji-ferry", "2 trips on 122 dates"),
            ("gtfs/null-island-ferry", "2 trips on 122 dates, 1 unplaced"),
        ],
    );
}

#[test]
fn odd_packings_are_read() {
    let mut found = BTreeMap::new();
    for name in [
        "gtfs_with_bom",
        "macosx",
        "subdirectory",
        "metra",
        "r5py_helsinki_broken",
    ] {
        let Some(feed) = data(&format!("formats/gtfs/{name}.zip")) else {
            return;
        };
        found.insert(name.to_owned(), outcome(&feed));
    }
    check(
        &found,
        &[
            ("gtfs_with_bom", "1 trips on 4 dates, 1 of repeated order"),
            ("macosx", "1 trips on 4 dates, 1 of repeated order"),
            ("metra", "1 trips on 144 dates, 4927 TripLength"),
            (
                "r5py_helsinki_broken",
                "63 trips on 7 dates, 1432 CallStop, 338 TripLength, 9 TransferStops",
            ),
            ("subdirectory", "1 trips on 4 dates, 1 of repeated order"),
        ],
    );
}

#[test]
fn what_is_no_feed_is_refused_in_words() {
    let desk = Desk::new();
    std::fs::write(desk.path("a.zip"), "no zip").unwrap();
    let told = desk.refused(&["import", "transit", "a.zip"]);
    assert!(told.contains("a.zip: cannot be read"), "{told}");
    let told = desk.refused(&["import", "transit", "nowhere.zip"]);
    assert!(told.contains("nowhere.zip: cannot be read"), "{told}");
    let told = desk.refused(&["--lang", "zh", "import", "transit", "a.zip"]);
    assert!(
        told.contains("a.zip：无法读取，可能已损坏或被截断；请重新下载"),
        "{told}"
    );
    std::fs::create_dir(desk.path("bare")).unwrap();
    std::fs::write(desk.path("bare/trips.txt"), "trip_id\n").unwrap();
    let told = desk.refused(&["--lang", "zh", "import", "transit", "bare"]);
    assert!(told.contains("bare：缺少 stops.txt"), "{told}");
    std::fs::remove_dir_all(desk.path("bare")).unwrap();
    assert_eq!(desk.files(), ["a.zip"]);
}

#[test]
fn porto_alegre_gets_its_buses_and_trains() {
    let (Some(bus), Some(rail)) = (
        data("porto-alegre/poa_eptc.zip"),
        data("porto-alegre/poa_trensurb.zip"),
    ) else {
        return;
    };
    let desk = Desk::new();
    let import = ["import", "transit", text(&bus), text(&rail)];
    let mut dry = import.to_vec();
    dry.push("--dry-run");
    let told = desk.done(&dry);
    // The figures that the sources of the two feeds state.
    for figure in [
        "117 routes",
        "3622 trips",
        "144874 calls",
        "from 2019-03-01 to 2019-12-31",
    ] {
        assert!(told.contains(figure), "{figure}: {told}");
    }
    assert!(told.contains("Mon"), "{told}");
    assert!(told.contains("to 2019-07-15 only"), "{told}");
    assert_eq!(desk.files(), Vec::<String>::new());
    let told = desk.done(&import);
    assert!(told.contains("version 1"), "{told}");
    let told = desk.done(&["info"]);
    assert!(told.contains("transit") && told.contains("3622"), "{told}");
    // Again, in place of the first where one says so; the same bytes are the same timetable.
    let refused = desk.refused(&import);
    assert!(
        refused.contains("--replace") && refused.contains("poa_eptc.zip"),
        "{refused}"
    );
    let again = [&import[..], &["--replace"]].concat();
    assert!(desk.done(&again).contains("version 2"));
}

const LINES: &str =
    "线路,方向,序号,站点,经度,纬度,区间时间（秒）,停站时间（秒）,时段,发车间隔（分钟）,日期类型
一号线,,1,东站,113.30,23.10,120,30,06:00-09:00,3,工作日
一号线,,2,中站,113.31,23.10,150,30,09:00-23：00,6,每日
一号线,,3,西站,113.33,23.10,,,,,
";

#[test]
fn a_table_of_lines_is_a_timetable() {
    let desk = Desk::new();
    std::fs::write(desk.path("lines.csv"), LINES).unwrap();
    let import = ["import", "transit", "lines.csv", "--period", "2020"];
    let told = desk.done(&import);
    // Two ways on working days in the peak, two ways every day.
    for figure in [
        "1 routes",
        "3 stops",
        "4 trips",
        "from 2020-01-01 to 2020-12-31",
    ] {
        assert!(told.contains(figure), "{figure}: {told}");
    }
    // 60 departures of three hours and 140 of fourteen, both ways.
    assert!(told.contains("(Wed), 400 runs"), "{told}");
    let mut years = import.to_vec();
    years.extend(["--from", "2020-03-01", "--until", "2020-03-31", "--dry-run"]);
    assert!(desk.done(&years).contains("on 31 dates from 2020-03-01"));
}

#[test]
fn bad_rows_of_lines_are_refused_with_row_and_field() {
    let desk = Desk::new();
    let bad = LINES
        .replace(",120,", ",,")
        .replace("09:00-23：00", "开到晚");
    std::fs::write(desk.path("lines.csv"), bad).unwrap();
    let output = desk.run(&[
        "--lang",
        "zh",
        "import",
        "transit",
        "lines.csv",
        "--period",
        "2020",
    ]);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("lines.csv 第 2 行 [区间时间（秒）]"),
        "{told}"
    );
    assert!(
        told.contains("lines.csv 第 3 行 [时段]：“开到晚”不是时段"),
        "{told}"
    );
    // A heading without its unit is not guessed.
    std::fs::write(
        desk.path("lines.csv"),
        LINES.replace("区间时间（秒）", "区间时间"),
    )
    .unwrap();
    let told = desk.refused(&["import", "transit", "lines.csv", "--period", "2020"]);
    assert!(told.contains("--map"), "{told}");
    assert_eq!(desk.files(), ["lines.csv"]);
}

#[test]
fn the_template_of_lines_is_read_back() {
    let desk = Desk::new();
    desk.done(&["--lang", "zh", "template", "lines", "--out", "lines.xlsx"]);
    let told = desk.refused(&["import", "transit", "lines.xlsx", "--period", "2020"]);
    // Every heading is understood; only the rows are lacking.
    assert!(told.contains("no row"), "{told}");
    // A name that ends otherwise says what is in the file, or nothing is written.
    desk.done(&["--lang", "zh", "template", "lines", "--out", "lines.csv"]);
    let text = std::fs::read_to_string(desk.path("lines.csv")).expect("a text");
    assert!(
        text.starts_with("\u{feff}") && text.lines().count() == 1,
        "{text}"
    );
    let told = desk.refused(&["import", "transit", "lines.csv", "--period", "2020"]);
    assert!(told.contains("no row"), "{told}");
    let told = desk.refused(&["template", "lines", "--out", "lines.txt"]);
    assert!(told.contains(".xlsx or .csv"), "{told}");
    assert_eq!(desk.files(), ["lines.csv", "lines.xlsx"]);
}

#[test]
fn a_workbook_names_stations_of_the_city_and_times_of_day() {
    let desk = Desk::new();
    let stations = "id,name,lon,lat\nst1,东站,113.30,23.10\nst2,西站,113.32,23.10\n";
    std::fs::write(desk.path("stations.csv"), stations).unwrap();
    let crs = ["--crs", "EPSG:4490", "--period", "2020"];
    let mut import = vec!["import", "stations", "stations.csv"];
    import.extend(crs);
    desk.done(&import);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let clock = rust_xlsxwriter::Format::new().set_num_format("hh:mm");
    for (column, heading) in [
        "线路",
        "序号",
        "站名",
        "区间时间（分钟）",
        "时段起",
        "时段止",
        "发车间隔",
    ]
    .into_iter()
    .enumerate()
    {
        sheet.write_string(0, column as u16, heading).unwrap();
    }
    for (row, name) in [(1, "东站"), (2, "西站")] {
        sheet.write_string(row, 0, "1").unwrap();
        sheet.write_number(row, 1, f64::from(row)).unwrap();
        sheet.write_string(row, 2, name).unwrap();
    }
    sheet.write_number(1, 3, 2.5).unwrap();
    // 06:00 and 22:30 as a spreadsheet keeps them.
    sheet.write_number_with_format(1, 4, 0.25, &clock).unwrap();
    sheet
        .write_number_with_format(1, 5, 0.9375, &clock)
        .unwrap();
    sheet.write_number(1, 6, 10.0).unwrap();
    book.save(desk.path("lines.xlsx")).unwrap();
    let import = ["import", "transit", "lines.xlsx", "--period", "2020"];
    let told = desk.done(&import);
    // 99 departures each way; the stations stand where the layer has them.
    assert!(
        told.contains("198 runs") && !told.contains("outside"),
        "{told}"
    );
    assert!(desk.done(&["info"]).contains("transit"));
}

/// A bus between two stops beside the line of [`LINES`], `runs` times a day in 2020.
fn write_bus(desk: &Desk, folder: &str, runs: usize) {
    let trips: String = (0..runs).map(|n| format!("b,daily,t{n}\n")).collect();
    let call = |n: usize, minute: usize, stop: &str, order: usize| {
        format!(
            "t{n},{:02}:{minute:02}:00,{:02}:{minute:02}:00,{stop},{order}\n",
            7 + n,
            7 + n
        )
    };
    let calls: String = (0..runs)
        .map(|n| call(n, 0, "x", 1) + &call(n, 9, "y", 2))
        .collect();
    let files = [
        ("agency.txt", "agency_id,agency_name,agency_url,agency_timezone\n1,巴士公司,http://b,Asia/Shanghai\n".to_owned()),
        ("stops.txt", "stop_id,stop_name,stop_lon,stop_lat\nx,路口,113.31,23.101\ny,医院,113.31,23.14\n".to_owned()),
        ("trips.txt", format!("route_id,service_id,trip_id\n{trips}")),
        ("stop_times.txt", format!("trip_id,arrival_time,departure_time,stop_id,stop_sequence\n{calls}")),
        ("calendar.txt", "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\ndaily,1,1,1,1,1,1,1,20200101,20200630\n".to_owned()),
    ];
    std::fs::create_dir_all(desk.path(folder)).unwrap();
    for (name, text) in files {
        std::fs::write(desk.path(folder).join(name), text).unwrap();
    }
}

#[test]
fn feeds_and_line_tables_are_one_timetable_replaced_part_by_part() {
    let desk = Desk::new();
    std::fs::write(desk.path("metro.csv"), LINES).unwrap();
    write_bus(&desk, "bus", 5);
    let period = ["--period", "2020"];
    let import = |files: &[&str], more: &[&str]| {
        let mut all = vec!["import", "transit"];
        all.extend(files);
        all.extend(period);
        all.extend(more);
        all.into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    let done = |files: &[&str], more: &[&str]| {
        let all = import(files, more);
        desk.done(&all.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let refused = |files: &[&str], more: &[&str]| {
        let all = import(files, more);
        desk.refused(&all.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let stored = || {
        let catalog = definitions::read_catalog(None).expect("definitions");
        let home = Home::File(desk.path("city.gpkg"));
        let store = store::open(&home, Arc::new(catalog)).expect("a city");
        let network = store.network("transit").expect("read");
        network.expect("a timetable")
    };
    // Together, and one after the other: byte by byte the same.
    let told = done(&["metro.csv", "bus"], &[]);
    assert!(told.contains("9 trips"), "{told}");
    assert!(
        told.contains("feed `bus` runs from 2020-01-01 to 2020-06-30 only"),
        "{told}"
    );
    let at_once = stored();
    assert_eq!(at_once.record.files, ["bus", "metro.csv"]);
    assert_eq!(at_once.record.source, "巴士公司");
    done(&["bus"], &["--replace"]);
    done(&["metro.csv"], &["--feed", "metro"]);
    assert_eq!(stored().bytes, at_once.bytes);
    // A part is replaced by its name and only where one says so; the other one stays.
    write_bus(&desk, "bus", 3);
    assert!(refused(&["bus"], &["--feed", "bus"]).contains("--replace"));
    assert_eq!(stored().bytes, at_once.bytes);
    let told = done(&["bus"], &["--feed", "bus", "--replace"]);
    assert!(
        told.contains("7 trips") && told.contains("5 stops"),
        "{told}"
    );
    assert_eq!(stored().record.files, ["bus", "metro.csv"]);
    // One name is of one source.
    let told = refused(&["bus", "metro.csv"], &["--feed", "all"]);
    assert!(told.contains("one source"), "{told}");
    assert!(refused(&["bus"], &[]).contains("--replace"));
    let zh = ["--lang", "zh"];
    let told = refused(&["bus"], &zh);
    assert!(
        told.contains("城市已有 transit") && told.contains("--replace"),
        "{told}"
    );
    let told = refused(&["bus"], &["--feed", "bus", "--lang", "zh"]);
    assert!(told.contains("时刻表中已有名为“bus”的来源"), "{told}");
    // The same once more under another name counts twice, which is said.
    let told = done(&["bus"], &["--feed", "coach", "--dry-run"]);
    assert!(
        told.contains("`bus` and `coach` have most stops and trips in common"),
        "{told}"
    );
    let told = done(&["bus"], &["--feed", "coach", "--dry-run", "--lang", "zh"]);
    assert!(
        told.contains("“bus”与“coach”的站点和班次大多相同"),
        "{told}"
    );
    let told = done(
        &["metro.csv"],
        &["--feed", "metro", "--replace", "--dry-run"],
    );
    assert!(!told.contains("in common"), "{told}");
}
