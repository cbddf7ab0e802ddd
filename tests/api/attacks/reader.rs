use std::{cell::Cell, collections::BTreeSet};

use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use suitu::accounts::Grants;

use super::{
    super::helpers::{Answer, Guarded},
    found::{Counts, counts},
};

/// What questions call sums of people, jobs and commuters.
const SUMS: [&str; 26] = [
    "population",
    "covered",
    "uncovered",
    "commuters",
    "people",
    "employed",
    "core_residents",
    "core_jobs",
    "influence_residents",
    "influence_jobs",
    "influence_employed_residents",
    "residents",
    "straight_residents",
    "walk_residents",
    "straight_jobs",
    "walk_jobs",
    "covered_before",
    "covered_after",
    "newly_covered",
    "cumulative_covered",
    "inside",
    "out_commuters",
    "in_commuters",
    "leaving_city",
    "entering_city",
    "more_commuters",
];

/// Somebody who asks, by several accounts that may do the same: one alone is soon told to wait.
pub struct Reader<'a> {
    pub guarded: &'a Guarded,
    pub cookies: Vec<String>,
    /// How often was asked.
    asked: Cell<usize>,
    /// The names of counts that are protected.
    pub names: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    /// So many accounts of somebody who may do what `grants` says, who knows the protected names.
    pub fn new(
        guarded: &'a Guarded,
        name: &str,
        (accounts, grants): (usize, &Grants),
        names: &BTreeSet<String>,
    ) -> Reader<'a> {
        let account = |n: usize| {
            let user = guarded.user(&format!("{name}-{n}"), grants.clone());
            guarded.signed_in(&user).1
        };
        Reader {
            guarded,
            cookies: (0..accounts).map(account).collect(),
            asked: Cell::new(0),
            names: names.clone(),
        }
    }

    /// The names of protected counts, as this reader is told them.
    pub async fn protected_names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = SUMS.map(str::to_owned).into();
        for layer in ["residences", "workplaces"] {
            let described = self.ask(&format!("/api/layers/{layer}")).await;
            for attribute in described["attributes"].as_array().expect("some") {
                let id = attribute["id"].as_str().expect("a name");
                assert_eq!(attribute["type"], "count", "{id}");
                names.insert(id.to_owned());
                names.insert(format!("{layer}.{id}"));
            }
        }
        names
    }

    /// The account whose turn it is.
    pub fn cookie(&self) -> &str {
        let turn = self.asked.replace(self.asked.get() + 1);
        &self.cookies[turn % self.cookies.len()]
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.guarded.get(path, self.cookie()).await
    }

    pub async fn post(&self, path: &str, body: Json) -> Answer {
        self.guarded.post(path, body, self.cookie()).await
    }

    /// A question that is answered.
    pub async fn ask(&self, path: &str) -> Json {
        let answer = self.get(path).await;
        let told = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, StatusCode::OK, "{path}: {told}");
        answer.json()
    }

    pub async fn ask_with(&self, path: &str, body: Json) -> Json {
        let answer = self.post(path, body.clone()).await;
        let told = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, StatusCode::OK, "{path} {body}: {told}");
        answer.json()
    }

    /// Sums of people and jobs in a polygon.
    pub async fn sums(&self, geometry: &Json, period: Option<&str>) -> Counts {
        let question = json!({"geometry": geometry, "period": period,
            "layers": ["residences", "workplaces"]});
        let answer = self.ask_with("/api/statistics", question).await;
        counts(&self.names, &answer["totals"])
    }
}

/// A text as a part of an address.
pub fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
