use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Answer, Limits, Mode, Numbers, Provenance, QueryError, Ruler, Travel,
    answer::definition,
    near_counts::CountNear,
    numbers::each_once,
    origins::{layer_of, starts_of},
    people::{ByArea, share},
    sources::{named_population, with_role},
    stations::Entrances,
    tiers::{Group, zones_and_groups},
};
use crate::{
    city::City,
    domain::{LayerId, LayerKind, LeftOut, Period, Reason, Role},
};

/// `GET /api/station_coverage`: who lives and works near a station, circle beside street network.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StationCoverageQuery {
    /// An area level, `city`, or a category of areas such as `tier`, whose values make up the rows.
    pub level: String,
    /// Metres, `300,500,600,800` without it.
    #[serde(default = "usual_cutoffs")]
    pub cutoffs: Numbers,
    #[serde(default = "stations")]
    pub layer: LayerId,
    /// Only the stations of this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// The population attribute; the first filled one without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caliber: Option<String>,
}

pub(super) fn stations() -> LayerId {
    "stations".parse().expect("a name of a layer")
}

fn usual_cutoffs() -> Numbers {
    Numbers(vec![300.0, 500.0, 600.0, 800.0])
}

/// Station coverage (站点覆盖率) of one area and cutoff; each person and job counts once.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StationCoverageRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    pub cutoff: f64,
    pub residents: Option<i64>,
    pub straight_residents: Option<i64>,
    pub walk_residents: Option<i64>,
    /// 0–1
    pub straight_share_residents: Option<f64>,
    pub walk_share_residents: Option<f64>,
    pub jobs: Option<i64>,
    pub straight_jobs: Option<i64>,
    pub walk_jobs: Option<i64>,
    /// 0–1
    pub straight_share_jobs: Option<f64>,
    pub walk_share_jobs: Option<f64>,
    /// Why the shares of residents are undefined.
    pub reason: Option<Reason>,
    /// Why those of jobs are.
    pub jobs_reason: Option<Reason>,
    /// Why nothing is known on foot.
    pub walk_reason: Option<Reason>,
}

/// Residents and jobs within reach of any station, by area and cutoff: straight and on foot.
///
/// # Errors
/// An unknown level, layer, line or caliber, no or too many cutoffs, or one that is no length.
pub fn station_coverage(
    city: &City,
    query: &StationCoverageQuery,
    limits: &Limits,
) -> Result<Answer<StationCoverageRow, Vec<StationCoverageRow>>, QueryError> {
    let period = query.period.as_ref();
    let (zones, groups) = zones_and_groups(city, &query.level, period)?;
    let straight = Ruler::new(city, &Travel::default())?;
    let cutoffs = each_once(&query.cutoffs.0);
    super::catchments::costs(&straight, &cutoffs)?;
    let stations = layer_of(city, &query.layer, period)?;
    let starts = starts_of(city, stations, query.line.as_deref(), period)?;
    let on_foot = Travel {
        mode: Mode::Walk,
        ..Travel::default()
    };
    let walk = match city.streets("walk") {
        Some(_) => Some(Ruler::new(city, &on_foot)?),
        None => None,
    };
    let people = named_population(city, query.caliber.as_deref(), period)?;
    let jobs = with_role(city, LayerKind::Workplace, Role::Jobs, period);
    let caliber = people.as_ref().map(|p| p.attribute().id.to_string());
    let mut left_out = LeftOut::default();
    let mut covered = |source: Option<super::sources::CountSource>| {
        let Some(source) = source else {
            return Ok(Covered::default());
        };
        let counted = CountNear::of(source, &zones, &cutoffs);
        let near = |ruler| counted.near(ruler, &starts, limits);
        let (straight, walk) = (near(&straight)?, walk.as_ref().map(near).transpose()?);
        counted.leave_out(&straight, &mut left_out);
        Ok::<_, QueryError>(Covered {
            total: Some(straight.total),
            straight: straight.within,
            walk: walk.map(|walk| walk.within),
        })
    };
    let (residents, worked) = (covered(people.clone())?, covered(jobs.clone())?);
    let title = city.title();
    let whole = Group {
        code: String::new(),
        name: title.zh,
        name_en: Some(title.en),
        level: "city".into(),
        areas: None,
    };
    let row = |group: &Group, number: usize| {
        let mut row = StationCoverageRow {
            code: group.code.clone(),
            name: group.name.clone(),
            name_en: group.name_en.clone(),
            level: group.level.clone(),
            cutoff: cutoffs[number],
            ..StationCoverageRow::default()
        };
        let areas = group.areas.as_deref();
        let near = residents.at(areas, number, Reason::NoPopulation);
        row.residents = near.total;
        (row.straight_residents, row.walk_residents) = (near.straight, near.walk);
        row.straight_share_residents = near.straight_share.ok();
        row.walk_share_residents = near.walk_share;
        row.reason = near.straight_share.err();
        let near = worked.at(areas, number, Reason::NoJobs);
        row.jobs = near.total;
        (row.straight_jobs, row.walk_jobs) = (near.straight, near.walk);
        row.straight_share_jobs = near.straight_share.ok();
        row.walk_share_jobs = near.walk_share;
        row.jobs_reason = near.straight_share.err();
        row.walk_reason = walk.is_none().then_some(Reason::NoStreets);
        row
    };
    let numbers = 0..cutoffs.len();
    let of_group = |group| numbers.clone().map(move |number| (group, number));
    let rows = groups.iter().flat_map(of_group);
    let rows = rows.map(|(group, number)| row(group, number)).collect();
    let totals = numbers.clone().map(|number| row(&whole, number)).collect();
    let entrances = Entrances::of(city, period);
    let counted = [&people, &jobs].into_iter().flatten().map(|s| &*s.loaded);
    let inputs = counted
        .chain([stations])
        .chain(entrances.sources(&query.layer));
    let mut provenance = Provenance::of(city, period, caliber, inputs);
    provenance.inputs.extend(walk.iter().flat_map(Ruler::input));
    Ok(Answer {
        query: json!(query),
        definition: definition(city, "station_coverage"),
        provenance,
        rows,
        totals,
        left_out,
    })
}

/// One count and what of it is near a station, by cutoff.
#[derive(Default)]
struct Covered {
    total: Option<ByArea>,
    straight: Vec<ByArea>,
    walk: Option<Vec<ByArea>>,
}

/// The same in one area within one cutoff.
struct Near {
    total: Option<i64>,
    straight: Option<i64>,
    walk: Option<i64>,
    straight_share: Result<f64, Reason>,
    walk_share: Option<f64>,
}

impl Covered {
    /// Of some areas together, or of the whole city.
    fn at(&self, areas: Option<&[usize]>, number: usize, nobody: Reason) -> Near {
        let at = |sums: Option<&ByArea>| sums.and_then(|sums| sums.of_all(areas));
        let total = at(self.total.as_ref());
        let straight = at(self.straight.get(number));
        let walk = at(self.walk.as_ref().and_then(|walk| walk.get(number)));
        Near {
            total,
            straight,
            walk,
            straight_share: share(straight, total, nobody),
            walk_share: share(walk, total, nobody).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{
        CatchmentsQuery, StationChangeQuery, catchments, station_change,
        test_city::{Feature, TestCity},
    };

    /// Two districts of 1 km with a home every 90 m and streets every 100 m, three stations.
    fn raster() -> City {
        raster_of(["", ""])
    }

    /// The same with the tiers of the districts, where they have any.
    fn raster_of(tiers: [&str; 2]) -> City {
        let ids: Vec<String> = (0..484).map(|n| format!("h{n:03}")).collect();
        let west = [("usual_residents", "7"), ("district", "440103")];
        let east = [("usual_residents", "9"), ("district", "440104")];
        let home = |(n, id): (usize, &'_ String)| {
            let spot = ((n % 22) as f64 * 90.0, (n / 22) as f64 * 45.0);
            (id.clone(), spot, spot.0 < 1000.0)
        };
        let homes: Vec<_> = ids.iter().enumerate().map(home).collect();
        let homes: Vec<Feature<'_>> = homes
            .iter()
            .map(|(id, spot, is_west)| {
                (id.as_str(), *spot, if *is_west { &west[..] } else { &east })
            })
            .collect();
        let [mut west_named, mut east_named] = [
            vec![("code", "440103"), ("name", "西")],
            vec![("code", "440104"), ("name", "东")],
        ];
        for (named, tier) in [&mut west_named, &mut east_named].into_iter().zip(tiers) {
            named.extend((!tier.is_empty()).then_some(("tier", tier)));
        }
        TestCity::new()
            .with_squares(
                "districts",
                1000.0,
                &[
                    ("w", (0.0, 0.0), &west_named),
                    ("e", (1000.0, 0.0), &east_named),
                ],
            )
            .with("residences", &homes)
            .with(
                "workplaces",
                &[
                    (
                        "x",
                        (510.0, 10.0),
                        &[("jobs", "60"), ("district", "440103")],
                    ),
                    (
                        "y",
                        (1900.0, 900.0),
                        &[("jobs", "40"), ("district", "440104")],
                    ),
                    ("z", (1900.0, 910.0), &[("district", "440104")]),
                ],
            )
            .with(
                "stations",
                &[
                    ("s1", (500.0, 0.0), &[("lines", "1")]),
                    ("s2", (1000.0, 400.0), &[("lines", "1/2")]),
                    ("s3", (1800.0, 800.0), &[("lines", "2")]),
                ],
            )
            .with_raster_of_streets(21, 100.0)
            .build()
    }

    fn question<Q: serde::de::DeserializeOwned>(question: serde_json::Value) -> Q {
        serde_json::from_value(question).expect("a question")
    }

    #[test]
    fn areas_add_up_and_streets_never_beat_the_circle() {
        let city = raster();
        let query = question(json!({"level": "district", "cutoffs": [200, 400, 800]}));
        let answer = station_coverage(&city, &query, &Limits::generous()).expect("an answer");
        assert_eq!(answer.rows.len(), 6);
        for (number, total) in answer.totals.iter().enumerate() {
            let rows = || answer.rows.iter().filter(|row| row.cutoff == total.cutoff);
            let sum = |pick: fn(&StationCoverageRow) -> Option<i64>| {
                rows().map(pick).sum::<Option<i64>>()
            };
            assert_eq!(sum(|r| r.residents), Some(264 * 7 + 220 * 9));
            assert_eq!(sum(|r| r.straight_residents), total.straight_residents);
            assert_eq!(sum(|r| r.walk_residents), total.walk_residents);
            assert_eq!(sum(|r| r.walk_jobs), total.walk_jobs);
            assert!(total.walk_residents < total.straight_residents);
            if let Some(nearer) = number.checked_sub(1).map(|n| &answer.totals[n]) {
                assert!(nearer.walk_residents < total.walk_residents);
            }
        }
        assert_eq!(answer.left_out.0["workplaces.jobs"].missing, 1);
        let twice = question(json!({"level": "district", "cutoffs": [200, 400, 200, 800, 800]}));
        let twice = station_coverage(&city, &twice, &Limits::generous()).expect("an answer");
        assert_eq!(
            (twice.rows, twice.totals),
            (answer.rows.clone(), answer.totals.clone())
        );
        assert_eq!(answer.rows[0].straight_jobs, Some(60));
        assert_eq!(answer.rows[0].walk_reason, None);
    }

    #[test]
    fn tiers_are_the_sums_of_their_districts_and_add_up_to_the_city() {
        let ask = |tiers: [&str; 2], level: &str| {
            let city = raster_of(tiers);
            let query = question(json!({"level": level, "cutoffs": [200, 400]}));
            station_coverage(&city, &query, &Limits::generous()).expect("an answer")
        };
        let residents = |answer: &Answer<StationCoverageRow, Vec<StationCoverageRow>>| {
            let rows = answer
                .rows
                .iter()
                .map(|row| (row.code.clone(), row.walk_residents));
            rows.collect::<Vec<_>>()
        };
        let districts = ask(["outer", "centre"], "district");
        let tiers = ask(["outer", "centre"], "tier");
        let named = |row: &StationCoverageRow| (row.name.clone(), row.level.clone());
        assert_eq!(named(&tiers.rows[0]), ("中心城区".into(), "tier".into()));
        // In the order of the tiers: the eastern district is the centre.
        let wanted: Vec<(String, Option<i64>)> =
            [("centre", 2), ("centre", 3), ("outer", 0), ("outer", 1)]
                .map(|(code, row): (&str, usize)| (code.into(), districts.rows[row].walk_residents))
                .to_vec();
        assert_eq!(residents(&tiers), wanted);
        assert_eq!(tiers.totals, districts.totals);
        let one = ask(["centre", "centre"], "tier");
        assert_eq!(one.rows.len(), 2);
        assert_eq!(one.rows[0].residents, one.totals[0].residents);
        assert_eq!(one.rows[1].walk_share_jobs, one.totals[1].walk_share_jobs);
        // A district without a tier is not lost.
        let half = ask(["centre", ""], "tier");
        assert_eq!(
            (half.rows[2].code.as_str(), half.rows[2].name.as_str()),
            ("", "未标注规划圈层")
        );
        let all = half.rows[0].residents.zip(half.rows[2].residents);
        assert_eq!(all.map(|(a, b)| a + b), half.totals[0].residents);
        let query = question(json!({"level": "name", "cutoffs": [200]}));
        assert!(station_coverage(&raster(), &query, &Limits::generous()).is_err());
    }

    #[test]
    fn coverage_is_the_union_of_the_catchments() {
        let city = raster();
        let limits = Limits::generous();
        let query = question(json!({"level": "city", "cutoffs": [200, 400, 800]}));
        let covered = station_coverage(&city, &query, &limits).expect("an answer");
        for mode in ["straight", "walk"] {
            let query: CatchmentsQuery = question(json!({"origins": [{"layer": "stations"}],
                "mode": mode, "cutoffs": [200, 400, 800]}));
            let reached = catchments(&city, &query, &limits).expect("an answer");
            for (union, row) in reached.union.iter().zip(&covered.totals) {
                let found = match mode {
                    "walk" => row.walk_residents,
                    _ => row.straight_residents,
                };
                assert_eq!(union.totals["residences.usual_residents"], json!(found));
            }
        }
    }

    #[test]
    fn more_stations_than_are_remembered_cover_the_same() {
        let homes = [
            ("a", (0.0, 0.0), &[("usual_residents", "3")][..]),
            ("b", (700.0, 0.0), &[("usual_residents", "5")]),
            ("c", (700.0, 0.0), &[]),
        ];
        let crowd: Vec<String> = (0..20_001).map(|n| format!("s{n}")).collect();
        let of = |ids: &[String]| {
            let lines = [("lines", "1")];
            let stations = ids.iter().map(|id| (id.as_str(), (0.0, 90.0), &lines[..]));
            let stations: Vec<Feature<'_>> = stations.collect();
            let city = TestCity::new().with("residences", &homes);
            let city = city.with("stations", &stations).build();
            let query = question(json!({"level": "city", "cutoffs": [100, 800]}));
            let answer = station_coverage(&city, &query, &Limits::generous());
            let answer = answer.expect("an answer");
            (answer.totals, answer.left_out)
        };
        let many = of(&crowd);
        assert_eq!(many, of(&crowd[..1]));
        let covered = |number: usize| many.0[number].straight_residents;
        assert_eq!((covered(0), covered(1)), (Some(3), Some(8)));
        assert_eq!(many.1.0["residences.usual_residents"].missing, 1);
    }

    #[test]
    fn a_line_more_gains_what_only_it_reaches() {
        let city = raster();
        let ask = |before: serde_json::Value, after: serde_json::Value, unit: &str, cutoff: f64| {
            let query: StationChangeQuery = question(json!({"before": before, "after": after,
                "mode": "walk", "unit": unit, "cutoffs": [cutoff], "level": "district"}));
            station_change(&city, &query, &Limits::generous()).expect("an answer")
        };
        let line = |line: &str| json!([{"layer": "stations", "line": line}]);
        let all = json!([{"layer": "stations"}]);
        let more = ask(line("1"), all.clone(), "m", 600.0);
        let total = &more.totals[0];
        assert!(total.gained_residents > Some(0));
        assert_eq!(total.lost_residents, Some(0));
        assert_eq!(total.difference_residents, total.gained_residents);
        // The other way round it loses the same, and 8 minutes at 4.5 km/h are 600 m.
        let fewer = ask(all.clone(), line("1"), "min", 8.0);
        assert_eq!(fewer.totals[0].lost_residents, total.gained_residents);
        assert_eq!(fewer.totals[0].after_residents, total.before_residents);
        let same = ask(all.clone(), all, "m", 600.0);
        assert!(same.rows.iter().all(|row| {
            row.difference_residents == Some(0)
                && row.gained_residents == Some(0)
                && row.lost_jobs == Some(0)
        }));
    }
}
