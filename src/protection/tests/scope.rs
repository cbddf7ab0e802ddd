//! What a district official reads: exact inside, published outside.

use super::*;
use crate::{
    domain::AreaCode,
    protection::{Ground, Joins, exact_within},
};

fn ground(city: &City, public: &City, before: Option<&Ground>) -> Ground {
    Ground::of(Arc::new(city.clone()), Arc::new(public.clone()), before)
}

fn within(city: &City, public: &City, scope: &[AreaCode]) -> City {
    exact_within(&ground(city, public, None), scope, &Joins::default()).0
}

/// The city that follows another one, as a server follows its home.
fn next(exact: &Exact, city: &City) -> City {
    let newer = city::follow(&exact.store, city).expect("reads");
    newer.expect("newer")
}

fn homes_of(city: &City) -> Arc<city::LoadedLayer> {
    city.layer("residences", None).expect("there").clone()
}

fn scope(code: &str) -> Vec<AreaCode> {
    vec![code.parse().expect("a code")]
}

fn sum(city: &City, layer: &str, key: &str) -> i64 {
    let rows = counts(city, layer);
    rows.values().filter_map(|row| row.get(key)).sum()
}

/// One school with so many places.
fn put_school(exact: &Exact, seats: i64) {
    let values = [("seats_primary", Value::Integer(seats))];
    exact.put("schools", &[("s1", point(4030.0, 60.0), &values)]);
}

/// Workplaces with so many jobs.
pub(super) fn put_workplaces(exact: &Exact, places: &[(&str, f64, f64, i64)]) {
    let values: Vec<_> = places
        .iter()
        .map(|(_, _, _, jobs)| [("jobs", Value::Integer(*jobs))])
        .collect();
    let rows: Vec<Row<'_>> = places
        .iter()
        .zip(&values)
        .map(|((id, east, north, _), values)| (*id, point(*east, *north), &values[..]))
        .collect();
    exact.put("workplaces", &rows);
}

#[test]
fn homes_in_scope_are_exact_and_the_others_as_published() {
    let homes = many();
    let exact = Exact::new(&borrowed(&homes));
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let (city, public) = (exact.city(), exact.published(&target));
    let own = within(&city, &public, &scope("440106001"));
    let rows = counts(&own, "residences");
    let inside: BTreeMap<_, _> = counts(&city, "residences")
        .into_iter()
        .filter(|(id, _)| homes.iter().any(|home| home.0 == *id && home.1 < 4037.0))
        .collect();
    let outside: BTreeMap<_, _> = counts(&public, "residences")
        .into_iter()
        .filter(|(id, _)| id.ends_with("440106002"))
        .collect();
    assert!(inside.len() > 500 && outside.len() > 300);
    assert_eq!(rows.len(), inside.len() + outside.len());
    assert!(
        inside
            .iter()
            .chain(&outside)
            .all(|(id, row)| rows.get(id) == Some(row))
    );
    assert_eq!(own.protection().map(|p| p.k), Some(10));
    // Of homes outside nothing but counts is known, of those inside all.
    let loaded = own.layer("residences", None).expect("there");
    let name = loaded.layer().attribute_index("name").expect("declared");
    for feature in loaded.index.iter() {
        let is_own = inside.contains_key(loaded.index.id(feature));
        assert_eq!(!loaded.index.value(feature, name).is_missing(), is_own);
    }
}

#[test]
fn a_piece_across_the_border_of_a_scope_stays_one() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    put_workplaces(
        &exact,
        &[
            ("w1", 210.0, 210.0, 40),
            ("w2", 220.0, 210.0, 50),
            ("w3", 230.0, 210.0, 60),
            ("w7", 3000.0, 3000.0, 10),
            ("w8", 6000.0, 3000.0, 12),
            ("w9", 7000.0, 3500.0, 14),
        ],
    );
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let (city, public) = (exact.city(), exact.published(&target));
    assert_eq!(counts(&public, "workplaces").len(), 1);
    let published = sum(&public, "workplaces", "jobs");
    // Two lonely workplaces in the east made all six one piece.
    for code in ["440106001", "440106002"] {
        let own = within(&city, &public, &scope(code));
        assert_eq!(counts(&own, "workplaces"), counts(&public, "workplaces"));
    }
    let whole = within(&city, &public, &scope("440106"));
    assert_eq!(sum(&whole, "workplaces", "jobs"), 186);
    let elsewhere = within(&city, &public, &scope("440103"));
    assert_eq!(sum(&elsewhere, "workplaces", "jobs"), published);
    // A code that begins alike is another area.
    let alike = within(&city, &public, &scope("4401060011"));
    assert_eq!(sum(&alike, "workplaces", "jobs"), published);
}

#[test]
fn the_name_of_the_city_tells_of_no_edit_outside_the_scope() {
    let homes = many();
    let exact = Exact::new(&borrowed(&homes));
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    let stamp = |code: &str| within(&exact.city(), &public, &scope(code)).stamp();
    let (west, east) = (stamp("440106001"), stamp("440106002"));
    assert_ne!(west, east);
    let mut changed = homes.clone();
    let far = changed.iter_mut().rfind(|home| home.1 > 4100.0);
    far.expect("a home in the east").3 += 1;
    exact.put_homes(&borrowed(&changed));
    assert_eq!(stamp("440106001"), west);
    assert_ne!(stamp("440106002"), east);
}

#[test]
fn facilities_are_those_of_now_and_what_was_published_otherwise() {
    let homes = many();
    let exact = Exact::new(&borrowed(&homes));
    let school = |seats| put_school(&exact, seats);
    school(720);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    let seen = || within(&exact.city(), &public, &scope("440106001"));
    let before = seen();
    assert_eq!(sum(&before, "schools", "seats_primary"), 720);
    school(1080);
    let after = seen();
    assert_eq!(sum(&after, "schools", "seats_primary"), 1080);
    assert_eq!(sum(&public, "schools", "seats_primary"), 720);
    assert_ne!(after.stamp(), before.stamp());
    let records = |city: &City| city.layer("schools", None).expect("there").records.clone();
    assert_eq!(records(&after), records(&public));
    school(720);
    assert_eq!(seen().stamp(), before.stamp());
}

#[test]
fn an_edit_of_a_school_joins_no_homes_anew() {
    let homes = many();
    let exact = Exact::new(&borrowed(&homes));
    let school = |seats| put_school(&exact, seats);
    school(720);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    let scope = scope("440106001");
    // The exact city follows its home, so that what was not edited keeps its version.
    let first = exact.city();
    let last = ground(&first, &public, None);
    let (before, joins) = exact_within(&last, &scope, &Joins::default());
    school(1080);
    let second = next(&exact, &first);
    let last = ground(&second, &public, Some(&last));
    let (after, joins) = exact_within(&last, &scope, &joins);
    assert_eq!(sum(&after, "schools", "seats_primary"), 1080);
    assert!(Arc::ptr_eq(&homes_of(&before), &homes_of(&after)));
    assert_eq!(after.stamp(), within(&second, &public, &scope).stamp());
    // Homes that were edited are joined anew.
    let mut changed = homes.clone();
    changed.first_mut().expect("a home").3 += 1;
    exact.put_homes(&borrowed(&changed));
    let third = next(&exact, &second);
    let last = ground(&third, &public, Some(&last));
    let (last, _) = exact_within(&last, &scope, &joins);
    assert!(!Arc::ptr_eq(&homes_of(&after), &homes_of(&last)));
    assert_eq!(last.stamp(), within(&third, &public, &scope).stamp());
    assert_ne!(last.stamp(), after.stamp());
}

/// What officials of several scopes read while the city is edited and published.
struct Followed {
    exact: Exact,
    target: GeoPackage,
    city: City,
    public: City,
    ground: Ground,
    scopes: Vec<(Vec<AreaCode>, City, Joins)>,
}

impl Followed {
    fn new(exact: Exact, codes: &[&str]) -> Self {
        let target = exact.target("public.gpkg");
        exact.publish(&target, &policy(1)).expect("published");
        let (city, public) = (exact.city(), exact.published(&target));
        let ground = ground(&city, &public, None);
        let scopes = codes.iter().map(|code| {
            let (city, joins) = exact_within(&ground, &scope(code), &Joins::default());
            (scope(code), city, joins)
        });
        Followed {
            scopes: scopes.collect(),
            exact,
            target,
            city,
            public,
            ground,
        }
    }

    fn publish(&mut self) {
        let done = self.exact.publish(&self.target, &policy(1));
        done.expect("published");
        self.public = self.exact.published(&self.target);
    }

    /// The scopes whose homes were joined anew; every city is the one that is made of nothing before.
    fn follow(&mut self) -> Vec<String> {
        if let Some(newer) = city::follow(&self.exact.store, &self.city).expect("reads") {
            self.city = newer;
        }
        self.ground = ground(&self.city, &self.public, Some(&self.ground));
        let mut anew = Vec::new();
        for (scope, before, joins) in &mut self.scopes {
            let (after, made) = exact_within(&self.ground, scope, joins);
            let fresh = within(&self.city, &self.public, scope);
            assert_eq!(after.stamp(), fresh.stamp());
            for layer in ["residences", "workplaces", "schools"] {
                assert_eq!(counts(&after, layer), counts(&fresh, layer), "{layer}");
                let rows = |city: &City| {
                    let state = city.layer(layer, None);
                    state.map(|state| (state.version, state.index.to_table()))
                };
                assert_eq!(rows(&after), rows(&fresh), "{layer}");
            }
            if !Arc::ptr_eq(&homes_of(before), &homes_of(&after)) {
                anew.push(scope[0].to_string());
            }
            (*before, *joins) = (after, made);
        }
        anew
    }
}

type OwnHome = (String, f64, f64, i64, i64);

/// The first home that lies so far in the east.
fn first(homes: &mut [OwnHome], is_there: impl Fn(f64) -> bool) -> &mut OwnHome {
    let found = homes.iter_mut().find(|home| is_there(home.1));
    found.expect("a home")
}

const WEST: &str = "440106001";
const EAST: &str = "440106002";

#[test]
fn an_edit_joins_the_homes_of_the_scopes_anew_that_it_touches_and_of_no_others() {
    let mut homes = many();
    let mut followed = Followed::new(Exact::new(&borrowed(&homes)), &[WEST, EAST, "440106"]);
    let mut put = |change: &dyn Fn(&mut Vec<OwnHome>)| {
        change(&mut homes);
        followed.exact.put_homes(&borrowed(&homes));
        followed.follow()
    };
    let changed = put(&|homes| first(homes, |east| east > 4200.0).3 += 1);
    assert_eq!(changed, [EAST, "440106"]);
    // After edits elsewhere one inside is seen as ever.
    let changed = put(&|homes| first(homes, |east| east < 3900.0).3 += 1);
    assert_eq!(changed, [WEST, "440106"]);
    let moved = put(&|homes| first(homes, |east| east < 3900.0).1 = 4500.0);
    assert_eq!(moved, [WEST, EAST, "440106"]);
    let gone = put(&|homes| {
        let gone = first(homes, |east| east < 3900.0).0.clone();
        homes.retain(|home| home.0 != gone);
    });
    assert_eq!(gone, [WEST, "440106"]);
    let come = put(&|homes| homes.push(("new".into(), 100.0, 900.0, 4, 1)));
    assert_eq!(come, [WEST, "440106"]);
    // One beyond all areas is in nobody's scope, until it comes into one.
    let beyond = put(&|homes| homes.push(("beyond".into(), 100.0, -900.0, 4, 1)));
    assert!(beyond.is_empty(), "{beyond:?}");
    let changed = put(&|homes| homes.last_mut().expect("there").3 += 1);
    assert!(changed.is_empty(), "{changed:?}");
    let come = put(&|homes| homes.last_mut().expect("there").2 = 900.0);
    assert_eq!(come, [WEST, "440106"]);
}

#[test]
fn other_boundaries_and_another_publication_join_everything_anew() {
    let homes = many();
    let mut followed = Followed::new(Exact::new(&borrowed(&homes)), &[WEST, EAST]);
    let square = |west: f64, east: f64| {
        let ((w, s), (e, n)) = (place(west, 0.0), place(east, 4000.0));
        Geometry::Polygon(polygon![(x: w, y: s), (x: e, y: s), (x: e, y: n), (x: w, y: n)])
    };
    let text = |text: &str| Value::Text(text.into());
    let areas = [WEST, EAST].map(|code| [("code", text(code)), ("name", text("街"))]);
    let rows = [
        (WEST, square(0.0, 5000.0), &areas[0][..]),
        (EAST, square(5000.0, 8000.0), &areas[1][..]),
    ];
    followed.exact.put("subdistricts", &rows);
    assert_eq!(followed.follow(), [WEST, EAST]);
    let mut changed = homes.clone();
    changed.iter_mut().for_each(|home| home.3 += 40);
    followed.exact.put_homes(&borrowed(&changed));
    followed.publish();
    assert_eq!(followed.follow(), [WEST, EAST]);
    assert!(followed.follow().is_empty());
}

#[test]
fn people_of_a_piece_whose_areas_cross_are_followed_together() {
    let mut homes = many();
    let exact = Exact::new(&borrowed(&homes));
    let square = |west: f64, east: f64| {
        let ((w, s), (e, n)) = (place(west, 0.0), place(east, 4000.0));
        Geometry::Polygon(polygon![(x: w, y: s), (x: e, y: s), (x: e, y: n), (x: w, y: n)])
    };
    let text = |text: &str| Value::Text(text.into());
    let areas = ["440105", "440106"].map(|code| [("code", text(code)), ("name", text("区"))]);
    // The border of the districts goes through the western subdistrict, and through cells.
    let rows = [
        ("440105", square(0.0, 2050.0), &areas[0][..]),
        ("440106", square(2050.0, 8000.0), &areas[1][..]),
    ];
    exact.put("districts", &rows);
    let mut followed = Followed::new(exact, &["440105"]);
    let district = |home: &str, followed: &Followed| {
        let loaded = homes_of(&followed.city);
        let level = loaded.index.level_index("district").expect("a level");
        let feature = loaded.index.find(home).expect("a home");
        loaded.index.area_code(feature, level).map(str::to_owned)
    };
    let is_shown = |home: &str, followed: &Followed| {
        let own = counts(&followed.scopes[0].1, "residences");
        own.contains_key(home)
    };
    // Homes of the other district that are published with some of this one.
    let across = homes.iter().position(|home| {
        district(&home.0, &followed).as_deref() == Some("440106") && is_shown(&home.0, &followed)
    });
    let across = across.expect("a piece across the border");
    let alone = homes.iter().position(|home| {
        home.1 < 3900.0
            && district(&home.0, &followed).as_deref() == Some("440106")
            && !is_shown(&home.0, &followed)
    });
    assert!(alone.is_some());
    homes[across].3 += 1;
    followed.exact.put_homes(&borrowed(&homes));
    assert_eq!(followed.follow(), ["440105"]);
    let own = counts(&followed.scopes[0].1, "residences");
    assert_eq!(own[&homes[across].0]["usual_residents"], homes[across].3);
}

/// Two workplaces on either side of the border of the scope that are one group, and safe pieces.
fn put_across(exact: &Exact, more: &[(&str, f64, f64, i64)]) {
    let units = [
        ("w1", 210.0, 210.0, 40),
        ("w2", 220.0, 210.0, 50),
        ("w3", 230.0, 210.0, 60),
        ("e1", 7010.0, 210.0, 45),
        ("e2", 7012.0, 210.0, 55),
        ("e3", 7014.0, 210.0, 65),
    ];
    put_workplaces(exact, &[&units[..], more].concat());
}

#[test]
fn no_edit_outside_the_scope_is_felt_before_it_is_published() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    put_across(&exact, &[]);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    let west = |public: &City| within(&exact.city(), public, &scope("440106001"));
    let before = west(&public);
    let own = |city: &City| {
        let rows = counts(city, "workplaces");
        rows.into_iter()
            .filter(|(id, _)| id.starts_with('w'))
            .collect::<Vec<_>>()
    };
    assert_eq!(own(&before).len(), 3);
    // In the east all but one close: that one is never published with those in the west, which who
    // reads the west has seen exactly.
    let few = [
        ("w1", 210.0, 210.0, 40),
        ("w2", 220.0, 210.0, 50),
        ("w3", 230.0, 210.0, 60),
        ("e1", 7010.0, 210.0, 45),
    ];
    put_workplaces(&exact, &few);
    let after = west(&public);
    assert_eq!(after.stamp(), before.stamp());
    assert_eq!(counts(&after, "workplaces"), counts(&before, "workplaces"));
    exact.publish(&target, &policy(1)).expect("published");
    let later = west(&exact.published(&target));
    assert_eq!(counts(&later, "workplaces"), counts(&before, "workplaces"));
}

#[test]
fn a_new_workplace_in_the_scope_is_seen_before_it_is_published() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    put_across(&exact, &[]);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    put_across(
        &exact,
        &[("w9", 3000.0, 3000.0, 7), ("e9", 6000.0, 3000.0, 7)],
    );
    let own = within(&exact.city(), &public, &scope("440106001"));
    let rows = counts(&own, "workplaces");
    assert!(rows.contains_key("w9") && !rows.contains_key("e9"));
}

#[test]
fn of_a_publication_that_the_exact_city_does_not_know_nothing_is_exact_of_units() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    put_across(&exact, &[]);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    let other = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    put_across(&other, &[]);
    let own = within(&other.city(), &public, &scope("440106001"));
    assert_eq!(counts(&own, "workplaces"), counts(&public, "workplaces"));
    assert_eq!(sum(&own, "residences", "usual_residents"), 400);
}

#[test]
fn a_new_workplace_that_may_be_published_with_others_beyond_is_not_seen_before() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let east = [
        ("e1", 7010.0, 210.0, 45),
        ("e2", 7012.0, 210.0, 55),
        ("e3", 7014.0, 210.0, 65),
    ];
    put_workplaces(&exact, &east);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let public = exact.published(&target);
    // The west has no workplace that was published alone.
    put_workplaces(&exact, &[&east[..], &[("w9", 3000.0, 3000.0, 7)]].concat());
    let seen = |code| counts(&within(&exact.city(), &public, &scope(code)), "workplaces");
    assert!(!seen("440106001").contains_key("w9"));
    assert!(!seen("440106002").contains_key("w9"));
    assert!(seen("440106002").contains_key("e1"));
}
