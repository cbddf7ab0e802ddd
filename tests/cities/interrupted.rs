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

#[cfg(unix)]
#[test]
fn an_interrupted_import_leaves_nothing() {
    use std::{
        process::Stdio,
        time::{Duration, Instant},
    };
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
    let mut child = desk
        .command(&["import", "workplaces", "jobs.csv", "--crs", "EPSG:4490"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Stop it as soon as it has begun a file.
    let begun = Instant::now();
    while !desk.path("city.gpkg").exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(1), "it stops by itself and says so");
    let mut told = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut told).unwrap();
    assert!(told.contains("interrupted"), "{told}");
    assert_eq!(desk.files(), ["jobs.csv"]);
}
