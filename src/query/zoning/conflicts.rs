use serde::Serialize;

use super::{rows::ZoningRow, values::Base};
use crate::{
    city::{Area, City},
    domain::{
        Period, Title,
        zoning::{Direction, ZoningRules},
    },
    query::{plan::Plans, sources::CountSource},
};

/// Where population, plan, capacity and class do not fit together (规划冲突).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// `over_capacity`, `plan_over_capacity` or `plan_against_class`.
    pub kind: &'static str,
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    pub residents: Option<i64>,
    pub planned_residents: Option<i64>,
    pub planned_capacity: Option<i64>,
    /// How many people too many; in `plan_against_class` planned less present ones.
    pub excess: i64,
    pub class: Option<String>,
    pub sentence: Title,
}

const OVER: &str = "over_capacity";
const PLAN_OVER: &str = "plan_over_capacity";
const AGAINST: &str = "plan_against_class";

/// The conflicts of the rows, marked in them too; then those of other levels that have capacities
/// of their own.
pub(super) fn conflicts(
    rules: &ZoningRules,
    rows: &mut [ZoningRow],
    other_levels: Vec<Conflict>,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    for row in rows {
        let area = Named {
            code: &row.code,
            name: &row.name,
            name_en: row.name_en.as_deref(),
            level: &row.level,
        };
        let mut own = of_capacity(
            &area,
            row.residents,
            row.planned_residents,
            row.planned_capacity,
        );
        own.extend(against_class(rules, row, &area));
        row.conflicts = own.iter().map(|conflict| conflict.kind).collect();
        for conflict in &mut own {
            conflict.class.clone_from(&row.class);
        }
        found.extend(own);
    }
    found.extend(other_levels);
    // Worst first within a kind; kinds in the order of their harm.
    let rank = |kind: &str| [OVER, PLAN_OVER, AGAINST].iter().position(|k| *k == kind);
    found.sort_by(|a, b| {
        let key = |c: &Conflict| (rank(c.kind), -c.excess.abs(), c.code.clone());
        key(a).cmp(&key(b))
    });
    found
}

/// The conflicts of every area of a level with its own capacity.
pub(super) fn of_level(
    city: &City,
    people: &CountSource,
    plans: &Plans<'_>,
    year: i32,
    areas: &[&Area],
    period: Option<&Period>,
) -> Vec<Conflict> {
    let Some(level) = areas.first().map(|area| area.level.to_string()) else {
        return Vec::new();
    };
    let base = Base::of(city, people, plans, year, &level, areas, period);
    let of = |(at, area): (usize, &&Area)| {
        let named = Named {
            code: area.code.as_str(),
            name: &area.name,
            name_en: area.name_en.as_deref(),
            level: &level,
        };
        let own = base.capacities[at].own;
        of_capacity(&named, base.residents[at], base.planned[at], own)
    };
    areas.iter().enumerate().flat_map(of).collect()
}

/// A count with commas between thousands.
fn grouped(count: i64) -> String {
    crate::analysis::zoning::grouped(count as f64, 0)
}

struct Named<'a> {
    code: &'a str,
    name: &'a str,
    name_en: Option<&'a str>,
    level: &'a str,
}

impl Named<'_> {
    fn english(&self) -> &str {
        self.name_en.unwrap_or(self.name)
    }
}

fn of_capacity(
    area: &Named<'_>,
    residents: Option<i64>,
    planned: Option<i64>,
    capacity: Option<i64>,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    let Some(capacity) = capacity else {
        return found;
    };
    let mut add = |kind: &'static str, people: Option<i64>, zh: &str, en: &str| {
        let Some(people) = people.filter(|people| *people > capacity) else {
            return;
        };
        let excess = people - capacity;
        found.push(Conflict {
            kind,
            code: area.code.to_owned(),
            name: area.name.to_owned(),
            name_en: area.name_en.map(str::to_owned),
            level: area.level.to_owned(),
            residents,
            planned_residents: planned,
            planned_capacity: Some(capacity),
            excess,
            class: None,
            sentence: Title {
                zh: format!(
                    "{}{zh} {} 人，超过承载规模 {} 人，超出 {} 人",
                    area.name,
                    grouped(people),
                    grouped(capacity),
                    grouped(excess)
                ),
                en: format!(
                    "{}: {} {en}, {} more than the planned capacity of {}",
                    area.english(),
                    grouped(people),
                    grouped(excess),
                    grouped(capacity)
                ),
            },
        });
    };
    add(OVER, residents, "现状人口", "residents");
    add(PLAN_OVER, planned, "规划人口", "planned residents");
    found
}

fn against_class(rules: &ZoningRules, row: &ZoningRow, area: &Named<'_>) -> Option<Conflict> {
    let (_, class) = rules.class(row.class.as_deref()?)?;
    let (residents, planned) = row.residents.zip(row.planned_residents)?;
    let change = planned - residents;
    let (is_against, zh, en) = match class.direction {
        Direction::Reduce => (change > 0, "不宜净增长", "is meant not to grow"),
        Direction::Protect => (change > 0, "应控制", "is to be kept as it is"),
        Direction::Grow => (change < 0, "应集聚", "is meant to grow"),
        Direction::Hold => return None,
    };
    is_against.then(|| Conflict {
        kind: AGAINST,
        code: row.code.clone(),
        name: row.name.clone(),
        name_en: row.name_en.clone(),
        level: row.level.clone(),
        residents: Some(residents),
        planned_residents: Some(planned),
        planned_capacity: row.planned_capacity,
        excess: change,
        class: row.class.clone(),
        sentence: Title {
            zh: format!(
                "{}属{}，{zh}，而规划人口 {} 人较现状 {} 人{} {} 人",
                area.name,
                class.title.zh,
                grouped(planned),
                grouped(residents),
                if change > 0 { "增加" } else { "减少" },
                grouped(change.abs())
            ),
            en: format!(
                "{} ({}) {en}, but the plan has {} residents, {} {} than today's {}",
                area.english(),
                class.title.en,
                grouped(planned),
                grouped(change.abs()),
                if change > 0 { "more" } else { "fewer" },
                grouped(residents)
            ),
        },
    })
}
