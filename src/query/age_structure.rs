//! Who lives in the areas of a level (各街镇常住人口与密度): residents by four bands of age, how densely,
//! and how many more than before.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Limits, Provenance, QueryError,
    answer::definition,
    balance::area_sums,
    sources::{CountSource, known, named_population, population},
    within::{areas_within, find_area},
};
use crate::{
    city::{Area, City},
    domain::{AgeRange, LeftOut, Period, Role},
    index::Sums,
};

/// Which areas, and of which population.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AgeStructureQuery {
    pub level: String,
    /// Only areas within the area of this code, whose own row the totals are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// The population attribute; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// What changes are counted from; found, not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Period>,
}

/// One area. An age band is undefined where the age groups of the data do not add up to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AgeStructureRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    /// What the density is of: the published area, else that of the outline.
    pub density_area_km2: Option<f64>,
    #[serde(skip)]
    pub is_official_area: bool,
    pub residents: Option<i64>,
    pub age_0_14: Option<i64>,
    pub age_15_59: Option<i64>,
    pub age_60_plus: Option<i64>,
    pub age_65_plus: Option<i64>,
    pub density_per_km2: Option<f64>,
    /// Now less before, as a share of before; undefined without an earlier state of the same layer.
    pub residents_change_share: Option<f64>,
}

/// Residents by area, age band, and change since the last state before.
///
/// # Errors
/// An unknown level, area or caliber.
pub fn age_structure(
    city: &City,
    query: &AgeStructureQuery,
    limits: &Limits,
) -> Result<Answer<AgeStructureRow>, QueryError> {
    let period = query.period.as_ref();
    let whole = query.area.as_deref();
    let whole = whole
        .map(|code| find_area(city, code, period))
        .transpose()?;
    let areas = areas_within(city, &query.level, whole.map(|area| &area.code), period)?;
    let people = named_population(city, query.caliber.as_deref(), period)?;
    limits.check()?;
    let counted = people.as_ref().map(|people| Counted::of(city, people));
    let row = |area: &Area| {
        let size = area.density_area_km2();
        let km2 = (size > 0.0).then_some(size);
        let row = AgeStructureRow {
            code: area.code.to_string(),
            name: area.name.clone(),
            name_en: area.name_en.clone(),
            is_official_area: area.official_area_km2.is_some(),
            ..AgeStructureRow::default()
        };
        match &counted {
            Some(counted) => counted.write(row, Some(area), km2),
            None => AgeStructureRow {
                density_area_km2: km2,
                ..row
            },
        }
    };
    let rows: Vec<AgeStructureRow> = areas.iter().map(|area| row(area)).collect();
    let totals = match whole {
        Some(area) => row(area),
        None => {
            let title = city.title();
            let row = AgeStructureRow {
                name: title.zh,
                name_en: Some(title.en),
                is_official_area: rows.iter().all(|row| row.is_official_area),
                ..AgeStructureRow::default()
            };
            let km2 = rows
                .iter()
                .map(|row| row.density_area_km2)
                .sum::<Option<f64>>();
            let km2 = km2.filter(|km2| *km2 > 0.0);
            match &counted {
                Some(counted) => counted.write(row, None, km2),
                None => AgeStructureRow {
                    density_area_km2: km2,
                    ..row
                },
            }
        }
    };
    let earlier = counted.as_ref().and_then(|counted| counted.before.as_ref());
    let query = AgeStructureQuery {
        earlier: earlier.map(|before| before.loaded.index.period().clone()),
        ..query.clone()
    };
    let mut left_out = LeftOut::default();
    if let Some(people) = &people {
        let total = people.total(Some(people.loaded.index.sums()));
        let attribute = people.attribute().id.as_str();
        left_out.add_missing(people.layer_id(), attribute, total.missing);
    }
    let caliber = people
        .as_ref()
        .map(|people| people.attribute().id.to_string());
    let inputs = people.iter().chain(earlier).map(|source| &*source.loaded);
    Ok(Answer {
        provenance: Provenance::of(city, period, caliber, inputs),
        query: json!(query),
        definition: definition(city, "age_structure"),
        rows,
        totals,
        left_out,
    })
}

/// The bands, from and up to an age, both included.
const BANDS: [(u32, Option<u32>); 4] = [(0, Some(14)), (15, Some(59)), (60, None), (65, None)];

/// The counts that a row is made of.
struct Counted<'p> {
    people: &'p CountSource,
    /// The same people in the last state before.
    before: Option<CountSource>,
    /// The counts that each band is the sum of; none where no groups add up to it.
    bands: [Option<Vec<usize>>; 4],
}

impl<'p> Counted<'p> {
    fn of(city: &City, people: &'p CountSource) -> Self {
        let loaded = &people.loaded;
        let counts = loaded.layer().counts().enumerate();
        let filled = counts.filter(|(count, (_, attribute))| {
            let is_group = attribute.role == Role::AgeGroup;
            is_group && known(loaded.index.sums(), *count).is_some()
        });
        let groups = filled.filter_map(|(count, (_, attribute))| {
            AgeRange::of(&attribute.id).map(|range| (range, count))
        });
        let groups: Vec<(AgeRange, usize)> = groups.collect();
        let states = city.states(people.layer_id());
        let periods = states.map(|state| state.index.period().clone());
        let last = periods.filter(|state| state < loaded.index.period()).max();
        let caliber = people.attribute().id.as_str();
        let before = last.and_then(|last| population(city, Some(caliber), Some(&last)));
        Counted {
            people,
            // What `last` finds may be of another layer, or the state of now.
            before: before.filter(|before| {
                before.layer_id() == people.layer_id()
                    && before.loaded.index.period() < loaded.index.period()
            }),
            bands: BANDS.map(|(from, to)| tiled(&groups, from, to)),
        }
    }

    fn write(
        &self,
        row: AgeStructureRow,
        area: Option<&Area>,
        km2: Option<f64>,
    ) -> AgeStructureRow {
        let residents = sum_in(self.people, area, |sums| self.people.known(sums));
        let before = self
            .before
            .as_ref()
            .and_then(|before| sum_in(before, area, |sums| before.known(sums)));
        let band = |at: usize| {
            let counts = self.bands[at].as_ref()?;
            sum_in(self.people, area, |sums| match sums {
                None => Some(0),
                Some(sums) => counts.iter().map(|count| known(sums, *count)).sum(),
            })
        };
        let density = residents.zip(km2).map(|(people, km2)| people as f64 / km2);
        let change = residents.zip(before.filter(|before| *before > 0));
        AgeStructureRow {
            density_area_km2: km2,
            residents,
            age_0_14: band(0),
            age_15_59: band(1),
            age_60_plus: band(2),
            age_65_plus: band(3),
            density_per_km2: density,
            residents_change_share: change
                .map(|(now, before)| (now - before) as f64 / before as f64),
            ..row
        }
    }
}

/// What a source sums to in an area, or in the whole city.
fn sum_in(
    source: &CountSource,
    area: Option<&Area>,
    pick: impl Fn(Option<&Sums>) -> Option<i64>,
) -> Option<i64> {
    let index = &source.loaded.index;
    match area {
        None => pick(Some(index.sums())),
        Some(area) => pick(area_sums(&index.sums_by_area(area.level.as_str()), area)),
    }
}

/// Groups that follow one another from an age to another without a gap, the widest first; `None` where
/// there are none.
fn tiled(groups: &[(AgeRange, usize)], from: u32, to: Option<u32>) -> Option<Vec<usize>> {
    if to.is_some_and(|to| from > to) {
        return Some(Vec::new());
    }
    let fits = |range: &AgeRange| match (range.to, to) {
        (None, to) => to.is_none(),
        (Some(end), Some(to)) => end <= to,
        (Some(_), None) => true,
    };
    let starting = groups
        .iter()
        .filter(|(range, _)| range.from == from && fits(range));
    let mut starting: Vec<&(AgeRange, usize)> = starting.collect();
    starting.sort_by_key(|(range, _)| std::cmp::Reverse(range.to.unwrap_or(u32::MAX)));
    starting.into_iter().find_map(|(range, count)| {
        let Some(end) = range.to else {
            return Some(vec![*count]);
        };
        let rest = tiled(groups, end + 1, to)?;
        Some([vec![*count], rest].concat())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::test_city::TestCity;

    fn groups(names: &[&str]) -> Vec<(AgeRange, usize)> {
        let range = |name: &&str| AgeRange::of(&name.parse().expect("a name")).expect("ages");
        names.iter().map(range).zip(0..).collect()
    }

    #[test]
    fn bands_are_made_of_groups_without_gaps() {
        let known = groups(&[
            "age_0_2",
            "age_3_5",
            "age_6_11",
            "age_12_14",
            "age_15_17",
            "age_18_59",
            "age_60_64",
            "age_65_79",
            "age_80_plus",
            "age_0",
            "age_1",
            "age_2",
        ]);
        assert_eq!(tiled(&known, 0, Some(14)), Some(vec![0, 1, 2, 3]));
        assert_eq!(tiled(&known, 15, Some(59)), Some(vec![4, 5]));
        assert_eq!(tiled(&known, 65, None), Some(vec![7, 8]));
        // A group that reaches past the end is none of the band.
        assert_eq!(tiled(&known, 0, Some(10)), None);
        assert_eq!(tiled(&groups(&["age_60_64"]), 60, None), None);
    }

    #[test]
    fn a_table_of_areas_adds_up_and_says_what_it_does_not_know() {
        let homes = |people: &'static str, young: &'static str, code: &'static str| {
            [
                ("usual_residents", people),
                ("age_0_2", young),
                ("age_3_5", "0"),
                ("age_6_11", "1"),
                ("age_12_14", "0"),
                ("district", code),
            ]
        };
        let city = TestCity::new()
            .with_squares(
                "districts",
                1000.0,
                &[
                    (
                        "440103",
                        (0.0, 0.0),
                        &[("code", "440103"), ("name", "甲区")],
                    ),
                    (
                        "440104",
                        (1000.0, 0.0),
                        &[("code", "440104"), ("name", "乙区")],
                    ),
                ],
            )
            .with(
                "residences",
                &[
                    ("a", (300.0, 300.0), &homes("180", "20", "440103")),
                    ("b", (1300.0, 300.0), &homes("90", "5", "440104")),
                ],
            )
            .build();
        let asked = AgeStructureQuery {
            level: "district".into(),
            ..AgeStructureQuery::default()
        };
        let found = age_structure(&city, &asked, &Limits::generous()).expect("an answer");
        let rows: Vec<_> = found
            .rows
            .iter()
            .map(|r| (r.residents, r.age_0_14))
            .collect();
        assert_eq!(rows, [(Some(180), Some(21)), (Some(90), Some(6))]);
        assert_eq!(
            (found.totals.residents, found.totals.age_0_14),
            (Some(270), Some(27))
        );
        assert!(
            found.rows[0]
                .density_per_km2
                .is_some_and(|d| (d - 180.0).abs() < 2.0)
        );
        assert_eq!(
            (found.totals.age_15_59, found.totals.residents_change_share),
            (None, None)
        );
        let one = AgeStructureQuery {
            area: Some("440104".into()),
            ..asked
        };
        let found = age_structure(&city, &one, &Limits::generous()).expect("an answer");
        assert_eq!(found.totals.residents, Some(90));
    }
}
