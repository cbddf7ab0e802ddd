//! A server that is killed in the midst of edits: what it acknowledged is there, nothing is half there.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use geo::{Geometry, Point};
use suitu::{
    domain::{FeatureState, Table, Value},
    store::{BatchMode, Store, geopackage::GeoPackage},
};

use super::sample::{batch, catalog, district, homes, layer, period};

/// A server of its own, killed without a word.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(city: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_suitu"))
            .args(["serve", "--city", city, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a server");
        let mut line = String::new();
        let out = process.stdout.as_mut().expect("its output");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("its address");
        let address = line.trim().rsplit_once("//").expect("an address").1;
        Server {
            address: address.to_owned(),
            process,
        }
    }

    /// Sends edits; whether they were acknowledged.
    fn edit(address: &str, body: &str) -> std::io::Result<bool> {
        let mut line = TcpStream::connect(address)?;
        let length = body.len();
        write!(
            line,
            "POST /api/edits HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        line.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().expect("SIGKILL");
        self.process.wait().expect("its end");
    }
}

/// Two homes that every batch gives the same number of people, and one more home.
fn batch_of(number: u64) -> String {
    let change = |id: &str| {
        format!(
            r#"{{"kind":"change","layer":"residences","id":"{id}","version":"*","values":{{"usual_residents":{number}}}}}"#
        )
    };
    let (first, second) = (change("a"), change("b"));
    format!(
        r#"{{"edits":[{first},{{"kind":"add","layer":"residences","id":"n{number}","lon":113.05,"lat":23.05}},{second}]}}"#
    )
}

fn people(table: &Table, id: &str) -> Option<i64> {
    let homes_layer = layer("residences");
    let at = homes_layer
        .attribute_index("usual_residents")
        .expect("an attribute");
    let row = table.ids.iter().position(|known| **known == *id)?;
    match table.columns[at].get(row) {
        Value::Integer(people) => Some(people),
        _ => None,
    }
}

/// What the home holds: the number of the last batch, which is there as a whole.
fn last_batch(store: &dyn Store) -> u64 {
    let (homes_layer, at) = (layer("residences"), period("2020"));
    let table = store.read(&homes_layer, &at).expect("homes");
    let last = people(&table, "a").expect("people");
    assert_eq!(people(&table, "b"), Some(last), "half a batch");
    let last = u64::try_from(last).expect("a count");
    let mut added: Vec<u64> = table
        .ids
        .iter()
        .filter_map(|id| id.strip_prefix('n')?.parse().ok())
        .collect();
    added.sort_unstable();
    assert!(added.iter().copied().eq(1..=last), "{added:?} of {last}");
    let state = store.states().expect("states");
    let state = state.iter().find(|state| state.layer == *"residences");
    assert_eq!(state.expect("homes").features, table.len() as u64);
    let history = store.history(&homes_layer, &at, "a").expect("a history");
    assert_eq!(history.len() as u64, last);
    let newest = history.first().and_then(|entry| entry.after.as_ref());
    let row = table
        .ids
        .iter()
        .position(|id| **id == *"a")
        .expect("home a");
    if last > 0 {
        assert_eq!(newest, Some(&FeatureState::of_row(&table, row)));
    }
    last
}

fn fill(store: &dyn Store) {
    let (districts, homes_layer) = (layer("districts"), layer("residences"));
    let (area, mut table) = (district(), homes(&["a", "b"], &[0, 0]));
    table.geometries[1] = Geometry::Point(Point::new(113.05, 23.06));
    let batches = [
        batch(&districts, "2020", BatchMode::Insert, &area),
        batch(&homes_layer, "2020", BatchMode::Insert, &table),
    ];
    store.commit(&batches, &mut |_| true).expect("a commit");
}

/// Kills a server again and again while it is sent edits.
pub fn hold<S: Store>(city: &str, rounds: u64, open: impl Fn() -> S) {
    fill(&open());
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut sent = 0;
    for _ in 0..rounds {
        // xorshift: the moments are the same in every run as far as the machine lets them.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let moment = Duration::from_micros(random % 150_000);
        let server = Server::start(city);
        let address = server.address.clone();
        let mut acknowledged = sent;
        // The first one is waited for: the server is up.
        sent += 1;
        assert!(Server::edit(&address, &batch_of(sent)).expect("an answer"));
        acknowledged += 1;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(moment);
                drop(server);
            });
            while let Ok(true) = Server::edit(&address, &batch_of(sent + 1)) {
                sent += 1;
                acknowledged = sent;
            }
        });
        let last = last_batch(&open());
        assert!(
            (acknowledged..=acknowledged + 1).contains(&last),
            "{last} is there, {acknowledged} were acknowledged"
        );
        sent = last;
    }
    assert!(sent > rounds, "edits went on between the kills");
}

#[test]
fn a_file_loses_nothing_that_a_killed_server_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("city.gpkg");
    drop(GeoPackage::create(&path, catalog()).expect("a new city"));
    hold(&path.display().to_string(), 30, || {
        GeoPackage::open(&path, catalog()).expect("the file opens")
    });
}
