use std::{collections::BTreeSet, path::Path, sync::Arc};

use suitu::{
    accounts::{Grants, Role},
    city::{self, City, LiveCity},
    definitions,
    domain::Catalog,
    http::{AppState, Doors},
    protection::{self, Policy, PublishError, Published},
    store::geopackage::GeoPackage,
};

use super::{
    super::helpers::{App, Guarded, guarded},
    dice::Dice,
    reader::Reader,
};

/// The demonstration city with many homes and workplaces of few, edited by a steward beside what was
/// published of it.
pub struct Attacked {
    pub app: App,
    pub catalog: Arc<Catalog>,
    pub exact: Side,
    pub public: Side,
    pub policy: Policy,
    pub guarded: Guarded,
}

/// A city in its home, as it is served.
pub struct Side {
    pub store: Arc<GeoPackage>,
    pub live: Arc<LiveCity>,
}

impl Side {
    pub fn open(path: &Path, catalog: &Arc<Catalog>) -> Self {
        let store = GeoPackage::open(path, catalog.clone()).expect("a city");
        let city = city::load(&store, catalog.clone()).expect("loads");
        Side {
            store: Arc::new(store),
            live: Arc::new(LiveCity::new(city)),
        }
    }

    pub fn city(&self) -> Arc<City> {
        self.live.snapshot()
    }

    /// Shows what others have written.
    pub fn follow(&self) {
        let newer = city::follow(&*self.store, &self.city()).expect("followed");
        newer.into_iter().for_each(|city| self.live.publish(city));
    }
}

/// Homes of one to nine people, most alone in their cell.
fn small_homes(dice: &mut Dice) -> String {
    let mut rows = String::from("id,lon,lat,常住人口,6–11岁,18–59岁,就业人口,户数\n");
    for n in 0..700 {
        let (lon, lat) = dice.place();
        let people = 1 + dice.below(9);
        let children = dice.below(people + 1);
        let adults = people - children;
        let workers = dice.below(adults + 1);
        rows += &format!("s{n},{lon},{lat},{people},{children},{adults},{workers},1\n");
    }
    rows
}

/// Workplaces of few jobs in clusters, now and then a giant.
fn small_workplaces(dice: &mut Dice) -> String {
    let mut rows = String::from("id,lon,lat,jobs,sector\n");
    for cluster in 0..90 {
        let (lon, lat) = dice.place();
        for n in 0..1 + dice.below(5) {
            let (east, north) = (dice.between(0.0, 0.004), dice.between(0.0, 0.004));
            let jobs = match dice.below(9) {
                0 => 500 + dice.below(900),
                _ => 1 + dice.below(60),
            };
            let (lon, lat) = (lon + east, lat + north);
            rows += &format!("u{cluster}-{n},{lon},{lat},{jobs},C\n");
        }
    }
    rows
}

impl Attacked {
    pub fn new() -> Self {
        let mut dice = Dice(2026);
        let (homes, work) = (small_homes(&mut dice), small_workplaces(&mut dice));
        let more = [("residences", &*homes), ("workplaces", &*work)];
        let app = App::published(900, &more);
        let catalog = Arc::new(definitions::read_catalog(None).expect("sound definitions"));
        let file = |name: &str| app.at(name);
        let key = std::fs::read_to_string(file("key.toml")).expect("a key");
        let exact = Side::open(&file("exact.gpkg"), &catalog);
        let public = Side::open(&file("city.gpkg"), &catalog);
        let guarded = guarded_by(&exact, &public);
        Attacked {
            policy: Policy::parse(&key).expect("a key"),
            app,
            catalog,
            exact,
            public,
            guarded,
        }
    }

    /// Publishes what the exact city is by now, on the same day, into the home that is served.
    pub fn publish(&self) -> Result<Published, PublishError> {
        self.exact.follow();
        let public = self.public.city();
        let day = &public.protection().expect("a protected city").published;
        let published = protection::publish(
            &self.exact.city(),
            &*self.exact.store,
            &*self.public.store,
            &self.policy,
            day,
        )?;
        self.public.follow();
        self.exact.follow();
        Ok(published)
    }

    /// Several accounts of an official of some areas.
    pub fn official(&self, name: &str, scope: &[&str], names: &BTreeSet<String>) -> Reader<'_> {
        let scope = scope.iter().map(|code| code.parse().expect("a code"));
        let grants = Grants {
            scope: scope.collect(),
            ..grants(Role::District)
        };
        Reader::new(&self.guarded, name, (8, &grants), names)
    }
}

/// What a role may do.
pub fn grants(role: Role) -> Grants {
    Grants {
        roles: [role].into(),
        ..Grants::none()
    }
}

/// The routes of an exact city beside its publication.
pub fn guarded_by(exact: &Side, public: &Side) -> Guarded {
    let state = AppState::new(exact.live.clone(), false)
        .with_store(exact.store.clone())
        .with_protected(public.live.clone());
    guarded(state, Doors::default())
}
