//! A city answers the same from a file and from a database. The tests need a server where databases may
//! be made, at the address in `SUITU_TEST_DATABASE`.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use suitu::{
    city, definitions,
    store::{Store, geopackage::GeoPackage},
};
use tokio_postgres::NoTls;

use super::*;

/// A database of its own, gone with the value.
struct Database {
    server: String,
    name: String,
}

impl Database {
    /// `None`, said aloud, where there is no server.
    fn new() -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("SUITU_TEST_DATABASE") else {
            eprintln!("the database home is not tested: SUITU_TEST_DATABASE names no server");
            return None;
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("suitu_cities_{}_{number}", std::process::id());
        execute(&server, &format!("create database {name}"));
        Some(Database { server, name })
    }

    fn address(&self) -> String {
        let (before, _) = self.server.rsplit_once('/').expect("a database");
        format!("{before}/{}", self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = &self.name;
        execute(&self.server, &format!("drop database {name} with (force)"));
    }
}

fn execute(address: &str, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(address, NoTls)
            .await
            .expect("a connection");
        tokio::spawn(connection);
        client.batch_execute(sql).await.expect("a statement");
    });
}

impl Desk {
    /// Copies the city into a database and asks there the same: every layer comes out the same to the
    /// byte, and so does every answer apart from its provenance.
    pub fn answers_alike_in_a_database(&self, questions: &[&[&str]]) {
        let Some(database) = Database::new() else {
            return;
        };
        let (file, address) = (self.path("city.gpkg"), database.address());
        self.done(&["migrate", "--city", &address]);
        self.done(&["copy", "--from", text(&file), "--to", &address]);
        let homes = [text(&file), &address];

        let catalog = Arc::new(definitions::read_catalog(None).expect("sound definitions"));
        let store = GeoPackage::open(&file, catalog.clone()).expect("a city");
        let loaded = city::load(&store as &dyn Store, catalog).expect("loads");
        for state in loaded.all_states() {
            let (layer, period) = (state.layer().id.as_str(), state.index.period().as_str());
            let [here, there] = homes.map(|home| {
                let out = self.path("home.csv");
                std::fs::remove_file(&out).ok();
                let place = ["--city", home, "--out", text(&out)];
                self.done(&[&["export", layer, "--period", period][..], &place].concat());
                std::fs::read(&out).expect("written")
            });
            assert!(!here.is_empty() && here == there, "{layer} {period}");
        }
        for question in questions {
            let [here, there] = homes.map(|home| {
                let asked = [&["query"], *question, &["--city", home][..]].concat();
                let mut answer = self.json(&asked);
                if let Some(answer) = answer.as_object_mut() {
                    answer.remove("provenance");
                }
                answer.to_string()
            });
            assert_eq!(here, there, "{question:?}");
        }
    }
}

#[test]
fn the_demonstration_city_answers_alike_in_a_database() {
    let desk = Desk::new();
    let size = ["--residences", "3000"];
    desk.done(&[&["demo", "--city", "city.gpkg"][..], &size].concat());
    let by = ["--level", "subdistrict"];
    let questions = [
        vec!["balance"],
        vec!["gaps"],
        vec!["commute"],
        vec!["zoning"],
        vec!["areas"],
    ];
    let questions: Vec<Vec<&str>> = questions
        .into_iter()
        .map(|question| [question, by.to_vec()].concat())
        .collect();
    let questions: Vec<&[&str]> = questions.iter().map(Vec::as_slice).collect();
    desk.answers_alike_in_a_database(&questions);
}
