use serde::Serialize;

use crate::{
    domain::{AgeRange, AttributeId, Reason, Role, Title},
    query::{
        gaps::{People, Zones},
        people::share,
    },
};

/// The residents of an area whom nobody serves, by age (未覆盖人口年龄构成).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UncoveredRow {
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    pub level: String,
    pub uncovered: Option<i64>,
    pub total: Option<i64>,
    pub share_covered: Option<f64>,
    /// Those who want the service and are not covered; unknown where all residents want it.
    pub demand_uncovered: Option<i64>,
    pub reason: Option<Reason>,
    /// From young to old.
    pub ages: Vec<AgeRow>,
}

/// An age group of an area.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgeRow {
    pub attribute: AttributeId,
    pub title: Title,
    pub uncovered: Option<i64>,
    pub total: Option<i64>,
}

/// Known sums of a count: those not covered, all.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    uncovered: i64,
    total: i64,
    is_any: bool,
    is_known: bool,
}

impl Sums {
    fn add(&mut self, value: Option<i64>, is_covered: bool) {
        self.is_any = true;
        let Some(value) = value else { return };
        self.is_known = true;
        self.total += value;
        if !is_covered {
            self.uncovered += value;
        }
    }

    fn merge(&mut self, other: &Sums) {
        self.uncovered += other.uncovered;
        self.total += other.total;
        self.is_any |= other.is_any;
        self.is_known |= other.is_known;
    }

    fn known(&self) -> Option<(i64, i64)> {
        (self.is_known || !self.is_any).then_some((self.uncovered, self.total))
    }
}

/// One row for each area asked for, and their sum.
pub(super) fn rows(
    zones: &Zones<'_>,
    residents: &People,
    demand: Option<&People>,
    home_zones: &[Option<u32>],
    covered: &[bool],
) -> (Vec<UncoveredRow>, UncoveredRow) {
    let (index, layer) = (&residents.loaded.index, residents.loaded.layer());
    let groups = layer.attributes.iter().enumerate();
    let groups = groups.filter(|(_, attribute)| attribute.role == Role::AgeGroup);
    let range = |id: &AttributeId| AgeRange::of(id);
    let mut groups: Vec<(usize, Option<AgeRange>)> = groups
        .map(|(place, attribute)| (place, range(&attribute.id)))
        .collect();
    // Groups tell of everybody; single years beside them would tell of children twice.
    let is_single = |range: &Option<AgeRange>| range.is_some_and(AgeRange::is_single_year);
    if groups.iter().any(|(_, range)| !is_single(range)) {
        groups.retain(|(_, range)| !is_single(range));
    }
    groups.sort_by_key(|(place, range)| (range.map(|range| range.from), *place));
    let width = groups.len() + 2;
    let mut sums = vec![Sums::default(); width * zones.len()];
    for (number, home) in index.iter().enumerate() {
        let Some(zone) = home_zones[number] else {
            continue;
        };
        let of_zone = &mut sums[zone as usize * width..][..width];
        of_zone[0].add(residents.at(home), covered[number]);
        if let Some(demand) = demand {
            of_zone[1].add(demand.at(home), covered[number]);
        }
        for (sums, (place, _)) in of_zone[2..].iter_mut().zip(&groups) {
            sums.add(index.value(home, *place).as_integer(), covered[number]);
        }
    }
    let row = |sums: &[Sums]| {
        let all = sums[0].known();
        let total = all.map(|(_, total)| total);
        let reached = all.map(|(uncovered, total)| total - uncovered);
        let share = share(reached, total, Reason::NoPopulation);
        let age = |(sums, (place, _)): (&Sums, &(usize, Option<AgeRange>))| {
            let attribute = &layer.attributes[*place];
            AgeRow {
                attribute: attribute.id.clone(),
                title: attribute.title.clone(),
                uncovered: sums.known().map(|known| known.0),
                total: sums.known().map(|known| known.1),
            }
        };
        UncoveredRow {
            uncovered: all.map(|(uncovered, _)| uncovered),
            total,
            share_covered: share.ok(),
            reason: share.err(),
            demand_uncovered: demand.and_then(|_| Some(sums[1].known()?.0)),
            ages: sums[2..].iter().zip(&groups).map(age).collect(),
            ..UncoveredRow::default()
        }
    };
    let mut all = vec![Sums::default(); width];
    let mut rows = Vec::new();
    for zone in zones.asked() {
        let of_zone = &sums[zone * width..][..width];
        all.iter_mut()
            .zip(of_zone)
            .for_each(|(all, part)| all.merge(part));
        let (name, name_en) = zones.name(zone);
        rows.push(UncoveredRow {
            code: zones.code(zone),
            name,
            name_en,
            level: zones.level().to_owned(),
            ..row(of_zone)
        });
    }
    (rows, row(&all))
}
