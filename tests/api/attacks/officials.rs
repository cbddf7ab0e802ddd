//! Officials of overlapping and neighbouring areas who put together all that they may see.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use suitu::{
    accounts::{Grants, Role},
    domain::{Grid, GroupName},
};

use super::{
    city::{Attacked, grants},
    dice::Dice,
    downloads::features,
    found::{Counts, Found, counts},
    reader::Reader,
    unseen::send,
};

const SCOPES: [&[&str]; 5] = [
    &["440106"],
    &["440105"],
    &["440104", "440103"],
    &["440106", "440105"],
    &["440106001", "440106003", "440104010"],
];

/// What somebody has listed of a layer.
struct Listed {
    /// Exact features.
    own: Vec<Json>,
    pieces: Vec<Json>,
}

async fn list(reader: &Reader<'_>, layer: &str) -> Listed {
    let all = features(reader, layer).await;
    let is_piece = |feature: &Json| id(feature).parse::<GroupName>().is_ok();
    let (pieces, own) = all.into_iter().partition(is_piece);
    Listed { own, pieces }
}

fn id(feature: &Json) -> &str {
    feature["id"].as_str().expect("an id")
}

fn is_in(feature: &Json, scope: &[&str]) -> bool {
    let levels = ["district_code", "planning_unit_code", "subdistrict_code"];
    let codes = levels
        .iter()
        .filter_map(|level| feature["properties"][level].as_str());
    codes
        .into_iter()
        .any(|code| scope.iter().any(|own| code.starts_with(own)))
}

/// The piece that a workplace belongs to before any are merged.
fn piece_of(feature: &Json) -> GroupName {
    let place = &feature["geometry"]["coordinates"];
    let (lon, lat) = (
        place[0].as_f64().expect("lon"),
        place[1].as_f64().expect("lat"),
    );
    let levels = ["subdistrict_code", "planning_unit_code", "district_code"];
    let mut codes = levels
        .iter()
        .filter_map(|level| feature["properties"][level].as_str());
    GroupName {
        cell_m: 100,
        cell: Grid { cell_m: 100 }.cell(lon, lat),
        depth: 3,
        code: codes.next().unwrap_or("").into(),
    }
}

/// Exact workplaces by the group that they are published in.
fn groups(city: &Attacked, workplaces: &[Json]) -> BTreeMap<GroupName, BTreeSet<String>> {
    let exact = city.exact.city();
    let grouping = exact.grouping().expect("published").get().expect("sound");
    let period = "2020-11-01".parse().expect("a period");
    let groups = grouping.units(&"workplaces".parse().expect("a layer"), &period);
    let groups = groups.expect("published");
    let mut all: BTreeMap<GroupName, BTreeSet<String>> = BTreeMap::new();
    for workplace in workplaces {
        if let Some(group) = groups.root(&piece_of(workplace)) {
            let members = all.entry(group.clone()).or_default();
            members.insert(id(workplace).to_owned());
        }
    }
    all
}

/// Whoever knows a part of a group exactly knows the others of it by subtraction.
fn parts_of_groups(
    found: &mut Found,
    groups: &BTreeMap<GroupName, BTreeSet<String>>,
    own: &[Json],
) {
    let known: BTreeSet<&str> = own.iter().map(id).collect();
    for (group, members) in groups {
        found.attacks += 1;
        found.read += members.len();
        let told = members
            .iter()
            .filter(|member| known.contains(member.as_str()));
        let told = told.count();
        if told != 0 && told != members.len() {
            found.leak(|| format!("{told} of {} in {group}", members.len()));
        }
    }
}

/// Sums of what somebody has exactly in a rectangle.
fn sums_of(
    reader: &Reader<'_>,
    own: &[(&str, &[Json])],
    [west, south, east, north]: [f64; 4],
) -> Counts {
    let mut sums = Counts::new();
    for (layer, features) in own {
        for feature in *features {
            let place = &feature["geometry"]["coordinates"];
            let (lon, lat) = (
                place[0].as_f64().expect("lon"),
                place[1].as_f64().expect("lat"),
            );
            if (west..east).contains(&lon) && (south..north).contains(&lat) {
                for (name, count) in counts(&reader.names, &feature["properties"]) {
                    *sums.entry(format!(".{layer}{name}")).or_default() += count;
                }
            }
        }
    }
    sums
}

fn without(whole: &Counts, part: &Counts) -> Counts {
    let rest = whole.iter().map(|(name, count)| {
        let part = part.get(name).copied().unwrap_or(0);
        (name.clone(), count - part)
    });
    rest.collect()
}

/// One who asks, with the exact rows that are known.
struct Known<'a> {
    reader: Reader<'a>,
    homes: Vec<Json>,
    work: Vec<Json>,
}

impl Known<'_> {
    /// What is told of a rectangle without what is known exactly of it.
    async fn rest(&self, bounds: [f64; 4]) -> Counts {
        let [west, south, east, north] = bounds;
        let ring = [
            [west, south],
            [east, south],
            [east, north],
            [west, north],
            [west, south],
        ];
        let place = json!({"type": "Polygon", "coordinates": [ring]});
        let told = self.reader.sums(&place, None).await;
        let own: [(&str, &[Json]); 2] = [("residences", &self.homes), ("workplaces", &self.work)];
        without(&told, &sums_of(&self.reader, &own, bounds))
    }
}

/// The same accounts once more.
fn again<'a>(reader: &Reader<'a>) -> Reader<'a> {
    let none = (0, &Grants::none());
    let mut again = Reader::new(reader.guarded, "", none, &reader.names);
    again.cookies.clone_from(&reader.cookies);
    again
}

/// Rectangles: what each is told of them without what each knows, and without the other's.
async fn rectangles(found: &mut Found, dice: &mut Dice, who: &[Known<'_>], times: usize) {
    for _ in 0..times {
        let (lon, lat) = dice.place();
        let (width, height) = (dice.between(0.003, 0.15), dice.between(0.003, 0.12));
        let bounds = [
            lon - width / 2.0,
            lat - height / 2.0,
            lon + width / 2.0,
            lat + height / 2.0,
        ];
        let (a, b) = (dice.any(who), dice.any(who));
        let (a, b) = (a.rest(bounds).await, b.rest(bounds).await);
        found.difference("two officials", &a, &b);
        for (name, count) in &a {
            found.count(|| format!("beside what is known {name}"), *count);
        }
    }
}

pub async fn attack(city: &Attacked, viewer: &Reader<'_>, planner: &Reader<'_>, times: usize) {
    let mut dice = Dice(99);
    let (mut found, mut naive) = (Found::default(), Found::default());
    let public = (
        list(viewer, "residences").await,
        list(viewer, "workplaces").await,
    );
    assert!(public.0.own.is_empty() && public.1.own.is_empty());
    let exact = (
        list(planner, "residences").await,
        list(planner, "workplaces").await,
    );
    let groups = groups(city, &exact.1.own);
    let mut who = Vec::new();
    let mut known_by_all = Vec::new();
    for (n, scope) in SCOPES.iter().enumerate() {
        let official = city.official(&format!("official{n}"), scope, &viewer.names);
        let (homes, work) = (
            list(&official, "residences").await,
            list(&official, "workplaces").await,
        );
        // Homes in scope as they are, pieces outside as published, and nothing else.
        let ids = |all: &[Json], is_wanted: &dyn Fn(&Json) -> bool| {
            let all = all.iter().filter(|feature| is_wanted(feature));
            all.map(|f| (id(f).to_owned(), counts(&viewer.names, f)))
                .collect::<BTreeMap<_, _>>()
        };
        let inside = ids(&exact.0.own, &|home| is_in(home, scope));
        let outside = ids(&public.0.pieces, &|piece| !is_in(piece, scope));
        assert!(!inside.is_empty() && !outside.is_empty(), "{scope:?}");
        assert_eq!(ids(&homes.own, &|_| true), inside, "{scope:?}");
        assert_eq!(ids(&homes.pieces, &|_| true), outside, "{scope:?}");
        assert!(work.own.iter().all(|unit| is_in(unit, scope)), "{scope:?}");
        let published = ids(&public.1.pieces, &|piece| !is_in(piece, scope));
        assert_eq!(ids(&work.pieces, &|_| true), published, "{scope:?}");
        parts_of_groups(&mut found, &groups, &work.own);
        let all_in_scope = exact.1.own.iter().filter(|unit| is_in(unit, scope));
        let all_in_scope: Vec<Json> = all_in_scope.cloned().collect();
        parts_of_groups(&mut naive, &groups, &all_in_scope);
        known_by_all.extend(work.own.iter().cloned());
        who.push(Known {
            reader: official,
            homes: homes.own,
            work: work.own,
        });
    }
    // All of them together.
    parts_of_groups(&mut found, &groups, &known_by_all);
    who.push(Known {
        reader: again(viewer),
        homes: Vec::new(),
        work: Vec::new(),
    });
    rectangles(&mut found, &mut dice, &who, times).await;
    found.assert_nothing("officials", times + 100, 10 * times);
    // Where an official read all of the own area exactly, or the exact city, it would show.
    naive.assert_something("parts of groups");
    let mut exact = Found::default();
    who.truncate(1);
    who[0].reader = again(planner);
    rectangles(&mut exact, &mut dice, &who, 20).await;
    exact.assert_something("officials");
}

/// Officials who list their workplaces every day while these open and close, and never forget one:
/// what they ever saw exactly is never a part of what is published with others beyond.
pub async fn remember(city: &Attacked, viewer: &Reader<'_>, planner: &Reader<'_>, days: usize) {
    let mut dice = Dice(7);
    let (mut found, mut naive) = (Found::default(), Found::default());
    let steward = (8, &grants(Role::Steward));
    let steward = Reader::new(&city.guarded, "remembered", steward, &viewer.names);
    let officials: Vec<_> = (0..).zip(SCOPES).collect();
    let officials = officials
        .iter()
        .map(|(n, scope)| city.official(&format!("remembers{n}"), scope, &viewer.names));
    let officials: Vec<Reader<'_>> = officials.collect();
    let mut seen: Vec<BTreeMap<String, Json>> = vec![BTreeMap::new(); SCOPES.len()];
    let mut lived: BTreeMap<String, Json> = BTreeMap::new();
    for day in 0..days {
        let mut exact = list(planner, "workplaces").await.own;
        for n in 0..30 {
            let (lon, lat) = dice.inside();
            let path = "/api/layers/workplaces/features";
            let any = dice.below(exact.len());
            let own = format!("{path}/{}", id(&exact[any]));
            let jobs = match dice.below(5) {
                0 => 900,
                _ => 1 + dice.below(50),
            };
            let body = json!({"id": format!("d{day}-{n}"), "lon": lon, "lat": lat,
                "values": {"jobs": jobs}});
            match dice.below(3) {
                0 => send(&steward, ("POST", path), &body).await,
                1 => {
                    send(
                        &steward,
                        ("PATCH", &own),
                        &json!({"values": {"jobs": jobs}}),
                    )
                    .await
                }
                _ => {
                    send(&steward, ("DELETE", &own), &Json::Null).await;
                    exact.swap_remove(any);
                }
            }
        }
        for publish in [false, true] {
            if publish {
                city.publish().expect("published");
            }
            let exact = list(planner, "workplaces").await.own;
            lived.extend(exact.iter().map(|unit| (id(unit).to_owned(), unit.clone())));
            let groups = groups(city, &exact);
            for (official, seen) in officials.iter().zip(&mut seen) {
                let own = list(official, "workplaces").await.own;
                seen.extend(own.into_iter().map(|unit| (id(&unit).to_owned(), unit)));
                let known: Vec<Json> = seen.values().cloned().collect();
                parts_of_groups(&mut found, &groups, &known);
            }
            let all: Vec<Json> = seen.iter().flat_map(BTreeMap::values).cloned().collect();
            parts_of_groups(&mut found, &groups, &all);
            for scope in SCOPES {
                let in_scope = lived.values().filter(|unit| is_in(unit, scope));
                let in_scope: Vec<Json> = in_scope.cloned().collect();
                parts_of_groups(&mut naive, &groups, &in_scope);
            }
        }
    }
    found.assert_nothing("officials who remember", 100 * days, 1000 * days);
    naive.assert_something("officials who read all of their area");
}
