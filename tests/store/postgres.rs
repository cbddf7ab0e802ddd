//! The database home: the promises of every home, then what it promises beside. The tests need a
//! server where databases may be made, at the address in `SUITU_TEST_DATABASE`; `tests/postgres`
//! starts one.

use std::{
    ops::Deref,
    sync::atomic::{AtomicU32, Ordering},
};

use suitu::{
    accounts::{Accounts, Place, are_in_database},
    domain::Column,
    store::{
        BatchMode, ChangeKind, Store, StoreError, copy, geopackage::GeoPackage, postgres,
        postgres::Postgres,
    },
};
use tokio_postgres::{Client, NoTls};

use super::{
    conformance,
    edits::edit_once,
    external::{self, Outside},
    once::once,
    sample::{batch, catalog, district, homes, layer, period},
};

/// The address of the server; `None`, said aloud, where there is none.
fn server() -> Option<String> {
    let address = std::env::var("SUITU_TEST_DATABASE").ok();
    if address.is_none() {
        eprintln!("the database home is not tested: SUITU_TEST_DATABASE names no server");
    }
    address
}

/// Runs statements on a database, as another program would.
fn run<T>(address: &str, work: impl AsyncFnOnce(&Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(address, NoTls)
            .await
            .expect("a connection");
        tokio::spawn(connection);
        work(&client).await
    })
}

fn execute(address: &str, sql: &str) {
    run(address, async |client| client.batch_execute(sql).await).expect("a statement");
}

/// An empty database of its own, gone with the value.
struct Database {
    server: String,
    name: String,
}

impl Database {
    fn new(server: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("suitu_test_{}_{number}", std::process::id());
        execute(server, &format!("create database {name}"));
        Database {
            server: server.to_owned(),
            name,
        }
    }

    /// A database with an empty city.
    fn prepared(server: &str) -> Self {
        let database = Self::new(server);
        postgres::migrate(&database.address(), &catalog()).expect("a migration");
        database
    }

    fn address(&self) -> String {
        let (before, query) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let base = before
            .rsplit_once('/')
            .expect("a database in the address")
            .0;
        format!("{base}/{}?{query}", self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("drop database if exists {} with (force)", self.name);
        execute(&self.server, &sql);
    }
}

/// A city in a database of its own.
struct City {
    store: Postgres,
    database: Database,
}

impl City {
    fn new(server: &str) -> Self {
        let database = Database::prepared(server);
        let store = Postgres::open(&database.address(), catalog()).expect("a city");
        City { store, database }
    }
}

impl Deref for City {
    type Target = Postgres;

    fn deref(&self) -> &Postgres {
        &self.store
    }
}

impl Outside for City {
    fn run(&self, sql: &str) -> Result<(), String> {
        write_outside(&self.database.address(), sql)
    }

    fn shape(&self, wkb: &str) -> String {
        format!("st_geomfromwkb('\\x{wkb}', 4490)")
    }
}

/// Runs statements in which `{layer}` is the table of a layer.
fn write_outside(address: &str, sql: &str) -> Result<(), String> {
    let sql = sql.replace('{', "city.").replace('}', "");
    let done = run(address, async |client| client.batch_execute(&sql).await);
    done.map_err(|error| match error.as_db_error() {
        Some(said) => said.message().to_owned(),
        None => error.to_string(),
    })
}

#[test]
fn a_database_checks_what_other_programs_write() {
    let Some(server) = server() else { return };
    external::hold(|| City::new(&server));
}

#[test]
fn a_layer_is_not_emptied_unnoticed() {
    let Some(server) = server() else { return };
    let city = City::new(&server);
    let (homes_layer, table) = (layer("residences"), homes(&["a", "b"], &[3, 4]));
    let filled = batch(&homes_layer, "2020", BatchMode::Insert, &table);
    city.commit(&[filled], &mut |_| true).unwrap();
    for sql in [
        "truncate {residences}",
        "truncate city.\"residences@2020\"",
        "truncate {flows}",
    ] {
        let said = Outside::run(&city, sql).unwrap_err();
        assert!(said.contains("import --replace"), "{sql}: {said}");
    }
    assert_eq!(city.read(&homes_layer, &period("2020")).unwrap().len(), 2);
    let none = homes(&[], &[]);
    let emptied = batch(&homes_layer, "2020", BatchMode::Replace, &none);
    city.commit(&[emptied], &mut |_| true).unwrap();
    assert_eq!(city.read(&homes_layer, &period("2020")).unwrap().len(), 0);
}

/// A role as the guide for running a city makes it.
#[test]
fn a_role_that_edits_layers_is_always_told_from_suitu() {
    let Some(server) = server() else { return };
    let city = City::new(&server);
    let (homes_layer, table) = (layer("residences"), homes(&["a", "b"], &[3, 4]));
    let filled = batch(&homes_layer, "2020", BatchMode::Insert, &table);
    let number = city.commit(&[filled], &mut |_| true).unwrap();
    let role = format!("{}_qgis", city.database.name);
    let guide = include_str!("../../deploy/README.md");
    let from = guide.find("create role qgis").expect("how a role is made");
    let until = from + guide[from..].find("```").expect("the end of it");
    let sql = guide[from..until].replace("qgis", &role);
    let owner = city.database.address();
    execute(&owner, &sql);
    let as_role = owner.replacen("suitu@", &format!("{role}@"), 1);
    assert_ne!(as_role, owner);
    let at = "st_setsrid(st_makepoint(113.2, 23.1), 4490)";
    for sql in [
        format!("insert into {{residences}} (geom, usual_residents) values ({at}, 7)"),
        "set suitu.writer = 'suitu'; update {residences} set usual_residents = 5 where id = 'a'"
            .into(),
        "set suitu.writer = 'suitu'; delete from {residences} where id = 'b'".into(),
    ] {
        write_outside(&as_role, &sql).expect(&sql);
    }
    let refused = write_outside(
        &as_role,
        "set suitu.writer = 'suitu'; update {residences} set period = 'banana'",
    );
    assert!(refused.unwrap_err().contains("not a period"));
    assert!(write_outside(&as_role, "select * from suitu.settings").is_err());
    assert!(write_outside(&as_role, "select suitu.take_numbers(5)").is_err());
    let changes = city.changes_since(number).unwrap();
    let kinds: Vec<ChangeKind> = changes.iter().map(|change| change.kind).collect();
    assert_eq!(
        kinds,
        [ChangeKind::Insert, ChangeKind::Update, ChangeKind::Delete]
    );
    assert!(changes.iter().all(|change| change.external));
    execute(&owner, &format!("drop owned by {role}; drop role {role}"));
}

#[test]
fn a_database_keeps_the_promises_of_a_home() {
    let Some(server) = server() else { return };
    conformance::hold(|| City::new(&server));
}

#[test]
fn a_database_is_prepared_once_and_a_newer_one_is_left_alone() {
    let Some(server) = server() else { return };
    let database = Database::new(&server);
    let address = database.address();
    let refused = Postgres::open(&address, catalog()).unwrap_err().to_string();
    assert!(refused.contains("suitu migrate"), "{refused}");
    let first = postgres::migrate(&address, &catalog()).unwrap();
    assert!(!first.steps.is_empty());
    let again = postgres::migrate(&address, &catalog()).unwrap();
    assert_eq!((again.steps.len(), again.schema), (0, first.schema));
    execute(
        &address,
        "insert into suitu.migrations (number, name) values (9999, 'of tomorrow')",
    );
    for refused in [
        postgres::migrate(&address, &catalog()).unwrap_err(),
        Postgres::open(&address, catalog()).unwrap_err(),
    ] {
        assert!(matches!(refused, StoreError::TooNew { found: 9999, .. }));
    }
}

#[test]
fn many_may_prepare_a_database_at_once() {
    let Some(server) = server() else { return };
    let database = Database::new(&server);
    let address = database.address();
    let taken: usize = std::thread::scope(|scope| {
        let migrate = || postgres::migrate(&address, &catalog()).unwrap().steps.len();
        let others: Vec<_> = (0..4).map(|_| scope.spawn(migrate)).collect();
        others.into_iter().map(|other| other.join().unwrap()).sum()
    });
    // Each step is taken by one of them.
    let database = Database::new(&server);
    let alone = postgres::migrate(&database.address(), &catalog()).unwrap();
    assert_eq!(taken, alone.steps.len());
}

#[test]
fn an_address_that_leads_nowhere_is_told_without_its_password() {
    for address in [
        "postgresql://suitu:s3cret@127.0.0.1:1/city",
        "postgresql://suitu:s3cret@127.0.0.1:1/city?connect_timeout=nonsense",
    ] {
        let refused = Postgres::open(address, catalog()).unwrap_err().to_string();
        assert!(
            refused.contains("postgresql://suitu@127.0.0.1:1/city"),
            "{refused}"
        );
        assert!(!refused.contains("s3cret"), "{refused}");
    }
}

#[test]
fn layers_are_tables_that_other_programs_read() {
    let Some(server) = server() else { return };
    let city = City::new(&server);
    let (homes_layer, table) = (layer("residences"), homes(&["a", "b"], &[3, 4]));
    let filled = batch(&homes_layer, "2020", BatchMode::Insert, &table);
    city.commit(&[filled], &mut |_| true).unwrap();
    let (people, srid, kind) = run(&city.database.address(), async |client| {
        let row = client
            .query_one(
                "select sum(usual_residents)::bigint, min(st_srid(geom)), min(st_geometrytype(geom))
                 from city.residences where period = '2020'
                 and geom && st_makeenvelope(112.9, 23, 113.1, 23.2, 4490)",
                &[],
            )
            .await
            .unwrap();
        (
            row.get::<_, i64>(0),
            row.get::<_, i32>(1),
            row.get::<_, String>(2),
        )
    });
    assert_eq!((people, srid, &*kind), (7, 4490, "ST_Point"));
}

#[test]
fn edits_of_other_programs_enter_the_change_log() {
    let Some(server) = server() else { return };
    let city = City::new(&server);
    let address = city.database.address();
    let (homes_layer, table) = (layer("residences"), homes(&["a", "b"], &[3, 4]));
    let filled = batch(&homes_layer, "2020", BatchMode::Insert, &table);
    let number = city.commit(&[filled], &mut |_| true).unwrap();
    execute(
        &address,
        "insert into city.residences (geom, usual_residents)
           values (st_setsrid(st_makepoint(113.2, 23.1), 4490), 7);
         update city.residences set usual_residents = 5 where id = 'a';
         delete from city.residences where id = 'b'",
    );
    let changes = city.changes_since(number).unwrap();
    let kinds: Vec<ChangeKind> = changes.iter().map(|change| change.kind).collect();
    assert_eq!(
        kinds,
        [ChangeKind::Insert, ChangeKind::Update, ChangeKind::Delete]
    );
    assert!(
        changes
            .iter()
            .all(|c| c.external && c.period == period("2020"))
    );
    let table = city.read(&homes_layer, &period("2020")).unwrap();
    let place = homes_layer.attribute_index("usual_residents").unwrap();
    let mut people: Vec<_> = (0..table.len())
        .map(|row| table.columns[place].get(row).as_integer())
        .collect();
    people.sort_unstable();
    assert_eq!(people, [Some(5), Some(7)]);
    assert_eq!(city.states().unwrap()[0].features, 2);
}

#[test]
fn a_database_loses_nothing_that_a_killed_server_acknowledged() {
    let Some(server) = server() else { return };
    let database = Database::prepared(&server);
    let address = database.address();
    super::killed::hold(&address, 15, || {
        Postgres::open(&address, catalog()).expect("the city opens")
    });
}

#[test]
fn whoever_waits_hears_of_a_write_at_once() {
    let Some(server) = server() else { return };
    let city = City::new(&server);
    let address = city.database.address();
    // The first wait begins to listen; an hour would be told by the clock of whoever runs this.
    city.wait(std::time::Duration::from_millis(1));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| city.wait(std::time::Duration::from_secs(3600)));
        while !waiting.is_finished() {
            execute(
                &address,
                "insert into city.residences (geom) values (st_setsrid(st_makepoint(113.2, 23.1), 4490))",
            );
        }
    });
    assert!(city.change_number().unwrap() > 0);
}

/// Read over several connections, a large state is the same as a small one: all rows of one commit in the
/// order in which they came, also those that lie elsewhere since they were changed.
#[test]
fn a_large_state_is_read_whole_and_in_order() {
    let Some(server) = server() else { return };
    let city = City::new(&server);
    let (layer, at) = (layer("residences"), period("2020"));
    let ids: Vec<String> = (0..40_000).map(|number| format!("r{number}")).collect();
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut table = homes(&names, &vec![7; ids.len()]);
    // Codes that some have and others lack, as in a city with areas.
    for level in catalog().levels() {
        let codes = table.area_codes.entry(level).or_default();
        (0..ids.len()).for_each(|row| codes.push((row % 5 > 0).then_some("440106")));
    }
    let insert = batch(&layer, "2020", BatchMode::Insert, &table);
    city.commit(&[insert], &mut |_| true).expect("a commit");
    assert_eq!(city.read(&layer, &at).expect("a table"), table);
    // An edit finds its rows by the index from the first one on.
    let plan = run(&city.database.address(), async |client| {
        let sql = "explain select id from city.residences where period = '2020' and id = any($1)";
        client.query(sql, &[&names[..500].to_vec()]).await
    });
    let plan: Vec<String> = plan.expect("a plan").iter().map(|row| row.get(0)).collect();
    let plan = plan.join(" ");
    assert!(plan.contains("AND (id = ANY"), "{plan}");

    let some: Vec<usize> = (0..ids.len()).step_by(997).collect();
    let mut changed = table.rows(&some);
    for column in &mut changed.columns {
        if let Column::Integer(values) = column {
            values.iter_mut().flatten().for_each(|value| *value += 1);
        }
    }
    let update = batch(&layer, "2020", BatchMode::Update, &changed);
    city.commit(&[update], &mut |_| true).expect("a commit");
    let order: Vec<usize> = (0..ids.len()).collect();
    let mut expected = table.rows(&order);
    for (row, from) in some.iter().zip(0..) {
        for (column, changed) in expected.columns.iter_mut().zip(&changed.columns) {
            if let (Column::Integer(values), Column::Integer(changed)) = (column, changed) {
                values[*row] = changed[from];
            }
        }
    }
    assert_eq!(city.read(&layer, &at).expect("a table"), expected);
}

#[test]
fn rows_drawn_before_their_period_is_known_are_kept_when_it_is_filled() {
    let Some(server) = server() else { return };
    let city = City::new(&server);
    execute(
        &city.database.address(),
        "insert into city.residences (period, id, geom)
           values ('2030', 'drawn', st_setsrid(st_makepoint(113.2, 23.1), 4490))",
    );
    let (homes_layer, table) = (layer("residences"), homes(&["a"], &[3]));
    let more = batch(&homes_layer, "2030", BatchMode::Append, &table);
    city.commit(&[more], &mut |_| true).unwrap();
    let read = city.read(&homes_layer, &period("2030")).unwrap();
    let mut ids: Vec<&str> = read.ids.iter().map(|id| &**id).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["a", "drawn"]);
}

#[test]
fn a_city_moves_from_a_file_to_a_database_and_back() {
    let Some(server) = server() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let file = GeoPackage::create(&folder.path().join("a.gpkg"), catalog()).unwrap();
    let (homes_layer, districts) = (layer("residences"), layer("districts"));
    let (some, area) = (homes(&["a", "b"], &[3, -1]), district());
    file.commit(
        &[
            batch(&homes_layer, "2020", BatchMode::Insert, &some),
            batch(&districts, "2020", BatchMode::Insert, &area),
        ],
        &mut |_| true,
    )
    .unwrap();
    let more = homes(&["c"], &[9]);
    let appended = batch(&homes_layer, "2020", BatchMode::Append, &more);
    file.commit(&[appended], &mut |_| true).unwrap();
    file.set_setting("title_zh", "广州市").unwrap();
    let gone = file.create_scenario("一", "", "").unwrap();
    file.delete_scenario(gone.id, gone.version).unwrap();
    let mut kept = file
        .create_scenario("二", "a note", "scope 440103")
        .unwrap();
    kept.edits.push("{}".into());
    file.put_scenario(&kept, "edit").unwrap();
    let city = City::new(&server);
    let back = GeoPackage::create(&folder.path().join("b.gpkg"), catalog()).unwrap();
    let first = copy(&file, &*city, &catalog(), &mut |_| true).unwrap();
    let second = copy(&*city, &back, &catalog(), &mut |_| true).unwrap();
    assert_eq!(first, second);
    for layer in [&homes_layer, &districts] {
        let at = period("2020");
        assert_eq!(
            back.read(layer, &at).unwrap(),
            file.read(layer, &at).unwrap()
        );
    }
    let records = |store: &dyn Store| -> Vec<_> {
        let states = store.states().unwrap();
        states.into_iter().map(|state| state.records).collect()
    };
    assert_eq!(records(&back), records(&file));
    assert_eq!(back.setting("title_zh").unwrap().as_deref(), Some("广州市"));
    let scenarios = back.scenarios().unwrap();
    assert_eq!(scenarios.len(), 1);
    assert_eq!(
        (scenarios[0].id, &scenarios[0].edits),
        (kept.id, &kept.edits)
    );
    assert_eq!(scenarios[0].reading, "scope 440103");
}

#[test]
fn whether_a_database_holds_accounts_is_seen_by_everybody() {
    let Some(server) = server() else { return };
    let database = Database::prepared(&server);
    let address = database.address();
    assert!(!are_in_database(&address).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.db");
    let place = Place::new(address.parse().unwrap(), Some(record)).unwrap();
    Accounts::create(&place).unwrap();
    assert!(are_in_database(&address).unwrap());
}

#[test]
fn answers_are_kept_for_a_day_and_not_for_ever() {
    let Some(server) = server() else { return };
    let database = Database::prepared(&server);
    let home = Postgres::open(&database.address(), catalog()).expect("a city");
    let aged = |hours: u32| {
        let sql = "update suitu.answers set at = clock_timestamp() - interval";
        let sql = format!("{sql} '{hours} hours' where key = 'old'");
        execute(&database.address(), &sql);
    };
    let keep = |key: &str| edit_once(&home, "li", &[], Some(once(key))).unwrap();
    let is_kept = || home.answered("li", "old").unwrap().is_some();
    keep("old");
    aged(25);
    keep("second");
    assert!(is_kept());
    aged(49);
    keep("third");
    assert!(!is_kept() && home.answered("li", "second").unwrap().is_some());
}

#[test]
fn who_follows_reads_what_is_new_in_the_log_and_not_the_whole_of_it() {
    const LOOKS: i64 = 20;
    let Some(server) = server() else { return };
    let database = Database::prepared(&server);
    let address = database.address();
    // As after an import, when the database has not counted yet what it holds.
    execute(
        &address,
        "alter table suitu.changes set (autovacuum_enabled = false)",
    );
    let names: Vec<String> = (0..10_000).map(|n| format!("h{n}")).collect();
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    let table = homes(&ids, &vec![1; ids.len()]);
    let homes_layer = layer("residences");
    let home = Postgres::open(&address, catalog()).expect("a city");
    for mode in [BatchMode::Append, BatchMode::Update] {
        let rows = batch(&homes_layer, "2020", mode, &table);
        home.commit(&[rows], &mut |_| true).expect("a commit");
    }
    let last = home.change_number().expect("a number");
    assert!(last >= 20_000, "rows stand one by one in the log");
    drop(home);
    let scans = || {
        let sql = "select seq_scan, idx_scan from pg_stat_all_tables
                   where relid = 'suitu.changes'::regclass";
        run(&address, async |client| {
            let row = client.query_one(sql, &[]).await.expect("figures");
            (row.get::<_, i64>(0), row.get::<_, i64>(1))
        })
    };
    let before = scans();
    let home = Postgres::open(&address, catalog()).expect("a city");
    for _ in 0..LOOKS {
        assert_eq!(home.changes_since(last - 2).expect("changes").len(), 2);
    }
    // A connection hands its figures in when it ends.
    drop(home);
    for _ in 0..100 {
        let (whole, by_number) = scans();
        let (whole, by_number) = (whole - before.0, by_number - before.1);
        assert!(whole < LOOKS, "{whole} times the whole log");
        if by_number >= LOOKS {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("no figures: {before:?}, {:?}", scans());
}
