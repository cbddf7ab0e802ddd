//! Where it is kept what is published as one, and what happens without it.

use super::*;
use crate::{
    domain::{GroupName, Grouping, Protection},
    protection::kept::Kept,
};

fn grouping(store: &GeoPackage) -> Grouping {
    let catalog = read_catalog(None).expect("sound definitions");
    Kept::read(store, &catalog).expect("read").grouping
}

/// Three small workplaces side by side, in cells of their own, and a safe piece.
fn put_scattered(exact: &Exact, more: &[(&str, f64, f64, i64)]) {
    let few = [
        ("w1", 1010.0, 1010.0, 20),
        ("w2", 1150.0, 1010.0, 30),
        ("w3", 1010.0, 1150.0, 25),
        ("x1", 3010.0, 1010.0, 200),
        ("x2", 3012.0, 1010.0, 230),
        ("x3", 3014.0, 1010.0, 250),
    ];
    super::scope::put_workplaces(exact, &[&few[..], more].concat());
}

#[test]
fn it_is_kept_with_the_exact_city_and_never_published() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    put_scattered(&exact, &[]);
    let target = exact.target("public.gpkg");
    assert_eq!(grouping(&exact.store), Grouping::default());
    exact.publish(&target, &policy(1)).expect("published");
    let kept = grouping(&exact.store);
    let seal = target.setting(Grouping::SEAL).expect("read");
    assert_eq!(seal.as_deref(), Some(kept.last_seal()));
    for name in Kept::NAMES {
        assert!(exact.store.network(name).expect("read").is_some());
        assert_eq!(target.network(name).expect("read"), None);
    }
    let public = exact.published(&target);
    assert!(public.grouping().is_none() && public.seal().is_some());
    // The names of what was merged are nowhere in the file.
    let groups = kept.units(
        &"workplaces".parse().unwrap(),
        &"2020-11-01".parse().unwrap(),
    );
    let merged = groups.expect("groups").iter();
    let merged: Vec<&GroupName> = merged.filter(|(n, g)| n != g).map(|(n, _)| n).collect();
    assert!(!merged.is_empty());
    drop((target, public));
    let bytes = std::fs::read(exact.folder.path().join("public.gpkg")).expect("read");
    for name in merged {
        let name = name.to_string();
        let name = name.as_bytes();
        assert!(!bytes.windows(name.len()).any(|part| part == name));
    }
}

#[test]
fn a_home_that_does_not_know_the_groups_is_refused_before_anything_is_written() {
    let homes = [("a", 10.0, 10.0, 400, 30)];
    let exact = Exact::new(&homes);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    // A backup of the first day, restored after the second.
    let old = exact.store.network(Grouping::NAME).expect("read");
    let old = old.expect("kept");
    exact.publish(&target, &policy(1)).expect("published");
    let settings = target.settings().expect("read");
    let newest = exact.store.network(Grouping::NAME).expect("read");
    exact
        .store
        .set_network(Grouping::NAME, &old)
        .expect("restored");
    let kept = grouping(&exact.store);
    let refused = exact.publish(&target, &policy(1));
    assert!(
        matches!(refused, Err(PublishError::OtherGroups)),
        "{refused:?}"
    );
    // The same city imported anew elsewhere.
    let other = Exact::new(&homes);
    let refused = other.publish(&target, &policy(1));
    assert!(
        matches!(refused, Err(PublishError::OtherGroups)),
        "{refused:?}"
    );
    assert_eq!(grouping(&other.store), Grouping::default());
    assert_eq!(grouping(&exact.store), kept);
    assert_eq!(target.settings().expect("read"), settings);
    // With the newest it goes on.
    exact
        .store
        .set_network(Grouping::NAME, &newest.expect("kept"))
        .expect("restored");
    exact.publish(&target, &policy(1)).expect("published");
    let damaged = crate::store::StoredNetwork {
        bytes: b"damaged".to_vec(),
        ..old
    };
    exact
        .store
        .set_network(Grouping::NAME, &damaged)
        .expect("written");
    let refused = exact.publish(&target, &policy(1));
    assert!(
        matches!(refused, Err(PublishError::Groups(_))),
        "{refused:?}"
    );
}

#[test]
fn without_the_counts_that_were_published_nothing_is_and_a_target_never_holds_them() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let own = exact.store.network(Kept::NAMES[1]).expect("read");
    let own = own.expect("kept");
    let damaged = crate::store::StoredNetwork {
        bytes: own.bytes[..20].to_vec(),
        ..own.clone()
    };
    let set = |stored| exact.store.set_network(Kept::NAMES[1], stored);
    set(&damaged).expect("written");
    let refused = exact.publish(&target, &policy(1));
    assert!(
        matches!(refused, Err(PublishError::Counts(_))),
        "{refused:?}"
    );
    set(&own).expect("written");
    exact.publish(&target, &policy(1)).expect("published");
    // As a program that did not know them published them.
    target.set_network(Kept::NAMES[1], &own).expect("written");
    let refused = exact.publish(&target, &policy(1));
    assert!(
        matches!(refused, Err(PublishError::Exposed(_))),
        "{refused:?}"
    );
}

#[test]
fn a_publication_that_was_cut_short_goes_on() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    put_scattered(&exact, &[]);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    // The groups of a second day were kept, what is published is of the first.
    put_scattered(
        &exact,
        &[
            ("w4", 1250.0, 1010.0, 5),
            ("w5", 1250.0, 1110.0, 6),
            ("w6", 1250.0, 1210.0, 7),
        ],
    );
    let elsewhere = exact.target("elsewhere.gpkg");
    exact.publish(&elsewhere, &policy(1)).expect("published");
    let known = grouping(&exact.store);
    exact.publish(&target, &policy(1)).expect("published");
    assert_eq!(grouping(&exact.store).publications(), 3);
    let city = exact.city();
    let loaded = city.layer("workplaces", None).expect("there");
    let layer = &loaded.layer().id;
    let of = |kept: &Grouping| kept.units(layer, loaded.index.period()).cloned();
    assert_eq!(of(&grouping(&exact.store)), of(&known));
    // One that was marked as protected and has no row yet is new.
    let begun = exact.target("begun.gpkg");
    let note = target.setting(Protection::SETTING).expect("read");
    begun
        .set_setting(Protection::SETTING, &note.expect("a note"))
        .expect("written");
    exact.publish(&begun, &policy(1)).expect("published");
    assert_eq!(
        counts(&exact.published(&begun), "workplaces"),
        counts(&exact.published(&target), "workplaces")
    );
}

#[test]
fn it_goes_with_a_copy_of_the_exact_city() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    put_scattered(&exact, &[]);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let path = exact.folder.path().join("copy.gpkg");
    let copy = GeoPackage::create(&path, exact.catalog.clone()).expect("a new city");
    crate::store::copy(&exact.store, &copy, &exact.catalog, &mut |_| true).expect("copied");
    assert_eq!(grouping(&copy), grouping(&exact.store));
    let city = city::load(&copy, exact.catalog.clone()).expect("loads");
    publish(&city, &copy, &target, &policy(1), "2026-11-27").expect("published");
    // From now on the copy is the one to publish from.
    let refused = exact.publish(&target, &policy(1));
    assert!(matches!(refused, Err(PublishError::OtherGroups)));
}

#[test]
fn two_publications_at_once_are_noticed() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    let first = Kept::read(&exact.store, &exact.catalog).expect("read");
    let second = Kept::read(&exact.store, &exact.catalog).expect("read");
    first
        .write(&exact.store, &policy(1), "2026-11-26")
        .expect("kept");
    let overtaken = second.write(&exact.store, &policy(1), "2026-11-26");
    assert!(
        matches!(overtaken, Err(PublishError::Overtaken)),
        "{overtaken:?}"
    );
    let nonsense = Kept::read(&exact.store, &exact.catalog).expect("read");
    let nonsense = nonsense.write(&exact.store, &policy(1), "today");
    assert!(
        matches!(nonsense, Err(PublishError::Day(_))),
        "{nonsense:?}"
    );
}

#[test]
fn a_workplace_that_opens_or_closes_shows_once_others_did() {
    let exact = Exact::new(&[("a", 10.0, 10.0, 400, 30)]);
    put_scattered(&exact, &[("w4", 1160.0, 1160.0, 28)]);
    let target = exact.target("public.gpkg");
    exact.publish(&target, &policy(1)).expect("published");
    let number = || target.change_number().expect("a number");
    let day = || {
        let published = exact.publish(&target, &policy(1)).expect("published");
        let held: u64 = published.layers.iter().map(|layer| layer.held).sum();
        (
            counts(&exact.published(&target), "workplaces"),
            held,
            number(),
        )
    };
    let first = day();
    assert_eq!((first.0.len(), first.1), (2, 0));
    // w4 closes, another opens in a cell that nobody was in, and one grows by a thousand jobs.
    put_scattered(&exact, &[]);
    assert_eq!(day(), (first.0.clone(), 1, first.2));
    let w9 = ("w9", 1250.0, 1350.0, 33);
    put_scattered(&exact, &[w9]);
    assert_eq!(day(), (first.0.clone(), 1, first.2));
    let dominant = ("w8", 1255.0, 1350.0, 1028);
    put_scattered(&exact, &[w9, dominant]);
    assert_eq!(day(), (first.0.clone(), 1, first.2));
    // With a few more of its size nobody can tell it; that w4 closed waits on.
    let more = [
        w9,
        dominant,
        ("w7", 1250.0, 1355.0, 700),
        ("w6", 1250.0, 1350.0, 900),
    ];
    put_scattered(&exact, &more);
    let (rows, held, _) = day();
    assert_eq!((rows.len(), held), (3, 1));
    assert!(first.0.iter().all(|(id, row)| rows[id] == *row));
    let jobs = |rows: &BTreeMap<String, BTreeMap<String, i64>>| {
        rows.values().filter_map(|row| row.get("jobs")).sum::<i64>()
    };
    let grown = jobs(&rows) - jobs(&first.0);
    assert!((grown - 2661).abs() < 10, "{grown}");
}
