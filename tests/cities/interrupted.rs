//! What is left when an import fails or is stopped: the city as it was.

use super::*;

#[test]
fn a_refused_file_leaves_no_city_behind() {
    let desk = Desk::new();
    std::fs::write(
        desk.path("jobs.csv"),
        "id,lon,lat,jobs\na,113.3,23.1,many\n",
    )
    .unwrap();
    let told = desk.refused(&["import", "workplaces", "jobs.csv", "--crs", "EPSG:4490"]);
    assert!(told.contains("no row could be kept"), "{told}");
    assert_eq!(desk.files(), ["jobs.csv"]);
}

#[test]
fn data_that_are_there_are_neither_doubled_nor_lost() {
    let desk = Desk::new();
    std::fs::write(desk.path("jobs.csv"), "id,lon,lat,jobs\na,113.3,23.1,10\n").unwrap();
    let import = [
        "import",
        "workplaces",
        "jobs.csv",
        "--crs",
        "EPSG:4490",
        "--period",
        "2020",
    ];
    desk.done(&import);
    let before = std::fs::read(desk.path("city.gpkg")).unwrap();
    let told = desk.refused(&import);
    assert!(
        told.contains("--replace") && told.contains("--update"),
        "{told}"
    );
    assert_eq!(std::fs::read(desk.path("city.gpkg")).unwrap(), before);
    let mut dry = import.to_vec();
    dry.extend(["--replace", "--dry-run"]);
    desk.done(&dry);
    assert_eq!(std::fs::read(desk.path("city.gpkg")).unwrap(), before);
}

/// Starts a command, interrupts it as soon as it listens, and hands back what it says of that.
#[cfg(target_os = "linux")]
fn interrupted(desk: &Desk, arguments: &[&str]) -> String {
    use std::{
        process::Stdio,
        time::{Duration, Instant},
    };
    let mut child = desk
        .command(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    // The mask of caught signals; an interrupt is the second.
    let listens = || {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask & 2 != 0)
    };
    let begun = Instant::now();
    while !listens() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(1), "it stops by itself and says so");
    let mut told = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut told).unwrap();
    told
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_import_leaves_nothing() {
    let desk = Desk::new();
    let mut csv = String::from("id,lon,lat,jobs\n");
    for row in 0..400_000 {
        csv += &format!(
            "w{row},{},{},1\n",
            113.0 + f64::from(row % 1000) * 1e-3,
            23.0 + f64::from(row / 1000) * 1e-3
        );
    }
    std::fs::write(desk.path("jobs.csv"), csv).unwrap();
    let import = ["import", "workplaces", "jobs.csv", "--crs", "EPSG:4490"];
    let told = interrupted(&desk, &import);
    assert!(told.contains("interrupted"), "{told}");
    assert_eq!(desk.files(), ["jobs.csv"]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_timetable_leaves_the_one_before() {
    let desk = Desk::new();
    let feed = |folder: &str, trips: u32| {
        std::fs::create_dir(desk.path(folder)).unwrap();
        let write = |file: &str, text: String| {
            std::fs::write(desk.path(folder).join(file), text).unwrap();
        };
        let zone =
            "agency_id,agency_name,agency_url,agency_timezone\na,a,http://a.cn,Asia/Shanghai\n";
        write("agency.txt", zone.into());
        write(
            "routes.txt",
            "route_id,agency_id,route_short_name,route_type\nr,a,1,3\n".into(),
        );
        let days = "monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date";
        write(
            "calendar.txt",
            format!("service_id,{days}\ns,1,1,1,1,1,1,1,20240101,20241231\n"),
        );
        let stops = (0..20).map(|n| format!("s{n},站{n},23.1,{}\n", 113.0 + f64::from(n) * 0.004));
        let stops: String = stops.collect();
        write(
            "stops.txt",
            format!("stop_id,stop_name,stop_lat,stop_lon\n{stops}"),
        );
        let (mut all, mut calls) = (String::new(), String::new());
        for trip in 0..trips {
            all += &format!("r,s,t{trip}\n");
            let hour = 5 + trip % 18;
            for stop in 0..20 {
                let time = format!("{hour:02}:{:02}:00", stop * 2);
                calls += &format!("t{trip},{time},{time},s{stop},{stop}\n");
            }
        }
        write("trips.txt", format!("route_id,service_id,trip_id\n{all}"));
        let header = "trip_id,arrival_time,departure_time,stop_id,stop_sequence";
        write("stop_times.txt", format!("{header}\n{calls}"));
    };
    feed("small", 2);
    feed("large", 40_000);
    let told = interrupted(&desk, &["import", "transit", "large"]);
    assert!(told.contains("interrupted"), "{told}");
    assert_eq!(desk.files(), ["large", "small"]);
    desk.done(&["import", "transit", "small"]);
    let before = std::fs::read(desk.path("city.gpkg")).unwrap();
    let told = interrupted(&desk, &["import", "transit", "large"]);
    assert!(told.contains("interrupted"), "{told}");
    assert_eq!(desk.files(), ["city.gpkg", "large", "small"]);
    assert_eq!(std::fs::read(desk.path("city.gpkg")).unwrap(), before);
}

#[cfg(target_os = "linux")]
#[test]
fn interrupted_flows_leave_the_city_as_it_was() {
    let desk = Desk::new();
    let square = |code: &str, west: f64| {
        let (east, south, north) = (west + 0.2, 23.0, 23.1);
        serde_json::json!({"type": "Feature", "properties": {"code": code, "name": code},
            "geometry": {"type": "Polygon", "coordinates":
                [[[west, south], [east, south], [east, north], [west, north], [west, south]]]}})
    };
    let squares = [square("440101", 113.0), square("440102", 113.2)];
    let squares = serde_json::json!({"type": "FeatureCollection", "features": squares});
    std::fs::write(desk.path("districts.geojson"), squares.to_string()).unwrap();
    let period = ["--period", "2020"];
    let import = [
        "import",
        "districts",
        "districts.geojson",
        "--crs",
        "EPSG:4490",
    ];
    desk.done(&[&import[..], &period].concat());
    let mut csv = String::from("origin,destination,commuters,mode\n");
    for row in 0..400_000 {
        let (from, to) = (1 + row % 2, 1 + row / 2 % 2);
        csv += &format!("44010{from},44010{to},{},walk\n", 1 + row % 7);
    }
    std::fs::write(desk.path("flows.csv"), csv).unwrap();
    let before = std::fs::read(desk.path("city.gpkg")).unwrap();
    let told = interrupted(
        &desk,
        &[&["import", "flows", "flows.csv"], &period[..]].concat(),
    );
    assert!(told.contains("interrupted"), "{told}");
    assert_eq!(
        desk.files(),
        ["city.gpkg", "districts.geojson", "flows.csv"]
    );
    assert_eq!(std::fs::read(desk.path("city.gpkg")).unwrap(), before);
}
