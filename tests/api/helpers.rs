use std::{path::PathBuf, sync::Arc};

use axum::{
    Router,
    body::{Body, BodyDataStream, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use futures_util::StreamExt;
use serde_json::Value as Json;
use suitu::{
    accounts::{Accounts, Grants, Place, UserName, audit::Recorder},
    city::{self, Intake, LiveCity},
    clock, definitions,
    domain::{Catalog, Flow, FlowPlace, Flows, Layer, Table},
    http::{AppState, Bounds, Doors, router},
    import::{self, ReadOptions},
    protection::{self, Policy},
    store::{Batch, BatchMode, FlowBatch, Home, ImportRecord, Store, geopackage::GeoPackage},
};
use tempfile::TempDir;
use tower::ServiceExt;

/// A small city behind its routes: four square districts, homes and jobs.
pub struct App {
    router: Router,
    live: Arc<LiveCity>,
    store: Arc<GeoPackage>,
    catalog: Arc<Catalog>,
    folder: TempDir,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }
}

const DISTRICTS: &str = r#"{"type":"FeatureCollection","features":[
 {"type":"Feature","id":"440103","properties":{"name":"甲区","official_area_km2":110},"geometry":{"type":"Polygon","coordinates":[[[113.0,23.0],[113.1,23.0],[113.1,23.1],[113.0,23.1],[113.0,23.0]]]}},
 {"type":"Feature","id":"440104","properties":{"name":"乙区","official_area_km2":120},"geometry":{"type":"Polygon","coordinates":[[[113.1,23.0],[113.2,23.0],[113.2,23.1],[113.1,23.1],[113.1,23.0]]]}},
 {"type":"Feature","id":"440105","properties":{"name":"丙区"},"geometry":{"type":"Polygon","coordinates":[[[113.0,23.1],[113.1,23.1],[113.1,23.2],[113.0,23.2],[113.0,23.1]]]}},
 {"type":"Feature","id":"440106","properties":{"name":"丁区"},"geometry":{"type":"Polygon","coordinates":[[[113.1,23.1],[113.2,23.1],[113.2,23.2],[113.1,23.2],[113.1,23.1]]]}}]}"#;

/// Workers 200, 100, 150 and jobs 100, 300, 50 as in vector V1; the fourth district has nobody, one
/// home lies outside, one has no value.
const RESIDENCES: &str = "id,经度,纬度,常住人口,就业人口,户数\n\
    a,113.05,23.05,400,200,120\nb,113.15,23.05,180,100,60\nc,113.05,23.15,310,150,90\n\
    d,113.5,23.5,10,,4\n";
const WORKPLACES: &str = "id,lon,lat,jobs,sector\nx,113.06,23.05,100,C\ny,113.15,23.06,300,金融业\nz,113.05,23.16,50,P\n";
/// Two stations side by side, a third one with entrances where nobody lives, a planned one.
const STATIONS: &str = "id,lon,lat,站名,制式,线路,开通日期,状态\n\
    s1,113.05,23.05,天河,地铁,1/2,2018-12-28,运营\ns2,113.051,23.05,海珠,地铁,2号线,,\n\
    s3,113.15,23.15,番禺,地铁,3,,\ns4,113.15,23.05,南沙,地铁,4,,规划\n";
const ENTRANCES: &str = "id,lon,lat,出入口,站点编号,状态\n\
    s3A,113.149,23.15,A口,s3,\ns3B,113.151,23.15,B口,s3,\ns3C,113.15,23.05,C口,s3,在建\n";

impl App {
    pub fn new() -> Self {
        App::made(Bounds::default(), |_| {})
    }

    /// The same city with more in its store.
    pub fn with(fill: impl FnOnce(&GeoPackage)) -> Self {
        App::made(Bounds::default(), fill)
    }

    pub fn bounded(bounds: Bounds) -> Self {
        App::made(bounds, |_| {})
    }

    fn made(bounds: Bounds, fill: impl FnOnce(&GeoPackage)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalog = Arc::new(definitions::read_catalog(None).expect("sound definitions"));
        let path = folder.path().join("city.gpkg");
        let store = Arc::new(GeoPackage::create(&path, catalog.clone()).expect("a new city"));
        for (layer, name, text) in [
            ("districts", "districts.geojson", DISTRICTS),
            ("residences", "residences.csv", RESIDENCES),
            ("workplaces", "workplaces.csv", WORKPLACES),
            ("stations", "stations.csv", STATIONS),
            ("entrances", "entrances.csv", ENTRANCES),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, text).expect("written");
            let layer = catalog.layer(layer).expect("a built-in layer").clone();
            bring(&store, &catalog, &layer, vec![file]);
        }
        bring_flows(&store);
        fill(&store);
        let city = city::load(&*store, catalog.clone()).expect("loads");
        let live = Arc::new(LiveCity::new(city));
        let state = AppState::bounded(live.clone(), true, bounds).with_store(store.clone());
        App {
            router: router(state),
            live,
            store,
            catalog,
            folder,
        }
    }

    /// The demonstration city with few homes, half of them of 2010 too, made, published and served by
    /// the commands that a steward uses; `exact.gpkg` is what was published from by `key.toml`. `more`
    /// are rows of homes and workplaces that it has beside.
    pub fn published(homes: u32, more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (exact, public, key) = (file("exact.gpkg"), file("city.gpkg"), file("key.toml"));
        let run = |arguments: &[&str]| {
            let suitu = std::process::Command::new(env!("CARGO_BIN_EXE_suitu"));
            let output = { suitu }.args(arguments).output().expect("starts");
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{arguments:?}: {told}");
        };
        run(&["demo", "--city", &exact, "--residences", &homes.to_string()]);
        for (layer, rows) in more {
            let beside = file(&format!("{layer}.csv"));
            std::fs::write(&beside, rows).expect("written");
            run(&[
                "import",
                layer,
                &beside,
                "--city",
                &exact,
                "--crs",
                "EPSG:4490",
                "--period",
                "2020-11-01",
                "--append",
            ]);
        }
        // Every second home was there in 2010 already.
        let (homes, then) = (file("homes.csv"), file("then.csv"));
        run(&[
            "export",
            "residences",
            "--city",
            &exact,
            "--format",
            "csv",
            "--out",
            &homes,
        ]);
        let rows = std::fs::read_to_string(&homes).expect("written");
        let kept = rows
            .lines()
            .enumerate()
            .filter(|(n, _)| *n == 0 || n % 2 == 1);
        let kept: Vec<&str> = kept.map(|(_, row)| row).collect();
        std::fs::write(&then, kept.join("\n")).expect("written");
        run(&[
            "import",
            "residences",
            &then,
            "--city",
            &exact,
            "--crs",
            "EPSG:4490",
            "--period",
            "2010",
        ]);
        run(&["protect", "key", &key]);
        // The same in every run; who may read the file stays.
        let policy = suitu::protection::Policy::new(10, [29; 32]).expect("a policy");
        std::fs::write(&key, policy.to_text()).expect("written");
        run(&[
            "protect", "publish", "--city", &exact, "--to", &public, "--key", &key,
        ]);
        let catalog = Arc::new(definitions::read_catalog(None).expect("sound definitions"));
        let store = GeoPackage::open(folder.path().join("city.gpkg").as_path(), catalog.clone());
        let store = Arc::new(store.expect("the published city"));
        let city = city::load(&*store, catalog.clone()).expect("loads");
        let live = Arc::new(LiveCity::new(city));
        let state = AppState::new(live.clone(), true).with_store(store.clone());
        App {
            router: router(state),
            live,
            store,
            catalog,
            folder,
        }
    }

    /// The city of rounded counts that is published of this one.
    pub fn rounded(&self) -> App {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("city.gpkg");
        let store = GeoPackage::create(&path, Arc::new(self.catalog.protected()));
        let store = Arc::new(store.expect("a new city"));
        let policy = Policy::new(3, [7; 32]).expect("a policy");
        let city = city::load(&*self.store, self.catalog.clone()).expect("loads");
        let done = protection::publish(&city, &*self.store, &*store, &policy, "2026-01-01");
        done.expect("published");
        // What was published as one is known from now on.
        self.put(|_| {});
        let city = city::load(&*store, self.catalog.clone()).expect("loads");
        let live = Arc::new(LiveCity::new(city));
        App {
            router: router(AppState::new(live.clone(), true).with_store(store.clone())),
            live,
            store,
            catalog: self.catalog.clone(),
            folder,
        }
    }

    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Where a file beside the city is.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The city as it stands in its store.
    pub fn city(&self) -> city::City {
        city::load(&*self.store, self.catalog.clone()).expect("loads")
    }

    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Adds features to a layer while the city is served.
    pub fn import(&self, layer: &str, text: &str) {
        let file = self.folder.path().join("more.csv");
        std::fs::write(&file, text).expect("written");
        let layer = self.catalog.layer(layer).expect("a built-in layer").clone();
        bring(&self.store, &self.catalog, &layer, vec![file]);
        let city = city::load(&*self.store, self.catalog.clone()).expect("loads");
        self.live.publish(city);
    }

    /// Runs a command on the file of the city; what it says and what it complains of.
    pub fn run(&self, arguments: &[&str]) -> (String, String) {
        self.run_with(&[], arguments)
    }

    /// The same with these variables in the environment.
    pub fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> (String, String) {
        let city = self.folder.path().join("city.gpkg");
        let suitu = std::process::Command::new(env!("CARGO_BIN_EXE_suitu"))
            .args(arguments)
            .arg("--city")
            .arg(city)
            .current_dir(self.folder.path())
            .env_remove("SUITU_LANG")
            .envs(variables.iter().copied())
            .output()
            .expect("starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (text(suitu.stdout), text(suitu.stderr))
    }

    /// Writes a file beside the city.
    pub fn file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("written");
    }

    /// Adds a state of a layer at another date while the city is served.
    pub fn import_at(&self, layer: &str, period: &str, name: &str, text: &str) {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        let layer = self.catalog.layer(layer).expect("a built-in layer").clone();
        let mode = BatchMode::Insert;
        bring_at(
            &self.store,
            &self.catalog,
            &layer,
            vec![file],
            (period, mode),
        );
        self.put(|_| {});
    }

    /// Writes into the store and shows the city with it.
    pub fn put(&self, write: impl FnOnce(&dyn Store)) {
        write(&*self.store);
        let city = city::load(&*self.store, self.catalog.clone()).expect("loads");
        self.live.publish(city);
    }

    /// The value of a counter or gauge.
    pub async fn metric(&self, name: &str) -> u64 {
        let text = String::from_utf8(self.get("/metrics").await.body).expect("text");
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        let value = value.expect("a known name").trim();
        value.parse().expect("a whole number")
    }

    /// The same city served anew from its file, as after a restart.
    pub fn restarted(&self) -> Router {
        let path = self.folder.path().join("city.gpkg");
        let store = GeoPackage::open(&path, self.catalog.clone()).expect("the city");
        let city = city::load(&store, self.catalog.clone()).expect("loads");
        let live = Arc::new(LiveCity::new(city));
        router(AppState::new(live, true).with_store(Arc::new(store)))
    }

    /// Removes features from a layer while the city is served.
    pub fn remove(&self, layer: &str, ids: &[&str]) {
        let layer = self.catalog.layer(layer).expect("a built-in layer").clone();
        let period = "2020-11-01".parse().expect("a period");
        let table = Table {
            ids: ids.iter().map(|id| (*id).into()).collect(),
            ..Table::for_layer(&layer)
        };
        let batch = Batch {
            layer: &layer,
            period,
            mode: BatchMode::Delete,
            table: &table,
            source_geometries: None,
            record: None,
            control_totals: &[],
            only: None,
        };
        self.store.commit(&[batch], &mut |_| true).expect("removed");
        let city = city::load(&*self.store, self.catalog.clone()).expect("loads");
        self.live.publish(city);
    }

    /// Listens to the events at an address.
    pub async fn listen(&self, path: &str) -> Events {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        Events::of(self.router.clone(), request).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        answered(self.router.clone(), request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request"))
            .await
    }

    pub async fn post(&self, path: &str, body: Json) -> Answer {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        self.send(request).await
    }
}

/// The small city behind accounts.
pub struct Guarded {
    router: Router,
    pub accounts: Arc<Accounts>,
    pub recorder: Recorder,
    _folder: TempDir,
}

impl App {
    pub fn guarded(&self) -> Guarded {
        self.guarded_by(Doors::default())
    }

    /// This city for those who have an account, beside one of rounded counts.
    pub fn guarded_beside(&self, protected: &App) -> Guarded {
        let state = AppState::new(self.live.clone(), false)
            .with_store(self.store.clone())
            .with_protected(protected.live.clone());
        guarded(state, Doors::default())
    }

    /// This city, published by the server itself into `public.gpkg` beside it by `protection.key`.
    pub fn guarded_publishing(&self) -> Guarded {
        self.guarded_publishing_into("public.gpkg")
    }

    /// The same into another file beside it; a publication that is there is shown from the start.
    pub fn guarded_publishing_into(&self, name: &str) -> Guarded {
        let home = self.at(name);
        let mut state = AppState::new(self.live.clone(), false).with_store(self.store.clone());
        if home.exists() {
            let store = GeoPackage::open(&home, self.catalog.clone()).expect("a city");
            let city = city::load(&store, self.catalog.clone()).expect("loads");
            state = state.with_protected(Arc::new(LiveCity::new(city)));
        }
        guarded_as(state, Doors::default(), |state| {
            let key = self.at("protection.key");
            state.with_publisher(Home::File(home), key, |_, _| {})
        })
    }

    /// The same city for those who have an account.
    pub fn guarded_by(&self, doors: Doors) -> Guarded {
        let state = AppState::new(self.live.clone(), false).with_store(self.store.clone());
        guarded(state, doors)
    }
}

/// The routes of a state for those who have an account.
pub fn guarded(state: AppState, doors: Doors) -> Guarded {
    guarded_as(state, doors, |state| state)
}

fn guarded_as(state: AppState, doors: Doors, more: impl FnOnce(AppState) -> AppState) -> Guarded {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("accounts.db");
    let accounts = Arc::new(Accounts::create(&Place::file(&path)).expect("new accounts"));
    let recorder = Recorder::start(&path, None).expect("a record");
    let state = state.with_accounts(accounts.clone(), recorder.clone(), doors);
    Guarded {
        router: router(more(state)),
        accounts,
        recorder,
        _folder: folder,
    }
}

impl Guarded {
    /// A new account.
    pub fn user(&self, name: &str, grants: Grants) -> UserName {
        let name: UserName = name.parse().expect("a name");
        let now = clock::unix_seconds();
        self.accounts.add_user(&name, "", now).expect("new");
        let granted = self.accounts.set_grants(&name, &grants, "test", now);
        granted.expect("granted");
        name
    }

    /// A new session of an account, and its cookie.
    pub fn signed_in(&self, user: &UserName) -> (UserName, String) {
        let now = clock::unix_seconds();
        let session = self.accounts.begin_session(user, now).expect("a session");
        (user.clone(), format!("suitu_session={}", session.secret))
    }

    /// The description of the interface.
    pub async fn document(&self) -> Json {
        let user = self.user("reader", Grants::none());
        let (_, cookie) = self.signed_in(&user);
        self.get("/api/openapi.json", &cookie).await.json()
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        answered(self.router.clone(), request).await
    }

    /// Listens to the events at an address.
    pub async fn listen(&self, path: &str, cookie: &str) -> Events {
        let request = Request::get(path).header("cookie", cookie);
        let request = request.body(Body::empty()).expect("a request");
        Events::of(self.router.clone(), request).await
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookie);
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    async fn with_body(&self, method: &str, path: &str, body: Json, cookie: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .header("x-suitu", "1")
            .header("cookie", cookie);
        self.send(request.body(Body::from(body.to_string())).expect("sound"))
            .await
    }

    pub async fn post(&self, path: &str, body: Json, cookie: &str) -> Answer {
        self.with_body("POST", path, body, cookie).await
    }

    pub async fn put(&self, path: &str, body: Json, cookie: &str) -> Answer {
        self.with_body("PUT", path, body, cookie).await
    }

    pub async fn patch(&self, path: &str, body: Json, cookie: &str) -> Answer {
        self.with_body("PATCH", path, body, cookie).await
    }

    pub async fn delete(&self, path: &str, cookie: &str) -> Answer {
        self.with_body("DELETE", path, Json::Null, cookie).await
    }
}

/// Events of the server as they come.
pub struct Events {
    body: BodyDataStream,
    read: String,
}

impl Events {
    async fn of(router: Router, request: Request<Body>) -> Self {
        let response = router.oneshot(request).await.expect("routes never fail");
        assert_eq!(response.status(), StatusCode::OK);
        Events {
            body: response.into_body().into_data_stream(),
            read: String::new(),
        }
    }

    /// The data of the next event; `None` where they have ended.
    pub async fn next(&mut self) -> Option<Json> {
        loop {
            while let Some((event, rest)) = self.read.split_once("\n\n") {
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                let data = data.map(|data| serde_json::from_str(data).expect("JSON"));
                self.read = rest.to_owned();
                if data.is_some() {
                    return data;
                }
            }
            let more = self.body.next().await?.expect("a part");
            self.read += std::str::from_utf8(&more).expect("text");
        }
    }
}

async fn answered(router: Router, request: Request<Body>) -> Answer {
    // They end with who listens.
    let is_endless = request.uri().path() == "/api/events";
    let response = router.oneshot(request).await.expect("routes never fail");
    let (parts, body) = response.into_parts();
    let body = match is_endless && parts.status == StatusCode::OK {
        true => Vec::new(),
        false => to_bytes(body, usize::MAX).await.expect("a body").to_vec(),
    };
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

/// The flows of vector V1 between the first three districts.
fn bring_flows(store: &GeoPackage) {
    const TRIPS: [[i64; 3]; 3] = [[80, 100, 20], [5, 90, 5], [15, 110, 25]];
    let codes = ["440103", "440104", "440105"];
    let place = |zone: usize| FlowPlace {
        code: codes[zone].parse().expect("a code"),
        is_outside: false,
    };
    let flows = (0..9).map(|pair| Flow {
        origin: place(pair / 3),
        destination: place(pair % 3),
        mode: None,
        sector: None,
        commuters: TRIPS[pair / 3][pair % 3],
    });
    let batch = FlowBatch {
        level: "district".parse().expect("a level"),
        period: "2020-11-01".parse().expect("a period"),
        flows: &Flows::sum(flows),
        record: ImportRecord {
            source: "test".into(),
            ..ImportRecord::default()
        },
        replace: false,
    };
    store.put_flows(&batch, &mut |_| true).expect("stored");
}

fn bring(
    store: &GeoPackage,
    catalog: &Arc<suitu::domain::Catalog>,
    layer: &Layer,
    files: Vec<PathBuf>,
) {
    bring_at(
        store,
        catalog,
        layer,
        files,
        ("2020-11-01", BatchMode::Append),
    );
}

fn bring_at(
    store: &GeoPackage,
    catalog: &Arc<suitu::domain::Catalog>,
    layer: &Layer,
    files: Vec<PathBuf>,
    (period, mode): (&str, BatchMode),
) {
    let options = ReadOptions {
        crs: Some(suitu::crs::Crs::WGS84),
        ..ReadOptions::default()
    };
    let imported = import::read(&files, layer, options).expect("a readable file");
    assert_eq!(
        imported.report.kept, imported.report.read,
        "{:?}",
        imported.report.refused
    );
    let city = city::load(store, catalog.clone()).expect("loads");
    let intake = Intake {
        layer,
        period: period.parse().expect("a period"),
        mode,
        table: imported.table,
        source_geometries: None,
        record: ImportRecord {
            source: "test".into(),
            source_en: "a test".into(),
            ..ImportRecord::default()
        },
        control_totals: Vec::new(),
        only: None,
    };
    city::ingest(&city, store, vec![intake], false, &mut |_| true).expect("ingested");
}
