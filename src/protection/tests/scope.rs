//! What a district official reads: exact inside, published outside.

use super::*;
use crate::{
    domain::AreaCode,
    protection::{Joins, exact_within},
};

fn within(city: &City, public: &City, scope: &[AreaCode]) -> City {
    exact_within(city, public, scope, &Joins::default()).0
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
    let homes_of = |city: &City| city.layer("residences", None).expect("there").clone();
    // The exact city follows its home, so that what was not edited keeps its version.
    let first = exact.city();
    let (before, joins) = exact_within(&first, &public, &scope, &Joins::default());
    school(1080);
    let second = crate::city::follow(&exact.store, &first)
        .unwrap()
        .expect("newer");
    let (after, joins) = exact_within(&second, &public, &scope, &joins);
    assert_eq!(sum(&after, "schools", "seats_primary"), 1080);
    assert!(Arc::ptr_eq(&homes_of(&before), &homes_of(&after)));
    assert_eq!(after.stamp(), within(&second, &public, &scope).stamp());
    // Homes that were edited are joined anew.
    let mut changed = homes.clone();
    changed.first_mut().expect("a home").3 += 1;
    exact.put_homes(&borrowed(&changed));
    let third = crate::city::follow(&exact.store, &second)
        .unwrap()
        .expect("newer");
    let (last, _) = exact_within(&third, &public, &scope, &joins);
    assert!(!Arc::ptr_eq(&homes_of(&after), &homes_of(&last)));
    assert_eq!(last.stamp(), within(&third, &public, &scope).stamp());
    assert_ne!(last.stamp(), after.stamp());
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
