//! What the synthetic city is made from, read from the tables beside this file.

use serde::{Deserialize, de::DeserializeOwned};

use super::plane::Spot;

/// A district (区) with its published figures and the invented contrasts.
#[derive(Clone, Debug, Deserialize)]
pub struct District {
    pub code: String,
    pub name: String,
    pub name_en: String,
    pub official_area_km2: f64,
    pub census_2010: i64,
    pub census_2020: i64,
    pub year_end_2023: i64,
    pub tier: String,
    pub lon: f64,
    pub lat: f64,
}

/// Invented contrasts of a district; `assumptions.csv` says what each means.
#[derive(Clone, Debug, Deserialize)]
pub struct Assumption {
    pub code: String,
    pub jobs_per_worker: f64,
    pub elderly: f64,
    pub children: f64,
    pub floating: f64,
    pub supply: f64,
    pub planning_units: usize,
    pub reach: f64,
}

/// A street or town (街道、镇) with a schematic anchor.
#[derive(Clone, Debug, Deserialize)]
pub struct Subdistrict {
    pub code: String,
    pub name: String,
    pub name_en: String,
    lon: f64,
    lat: f64,
}

impl Subdistrict {
    pub fn anchor(&self) -> Spot {
        Spot::of(self.lon, self.lat)
    }

    /// The kind by the range of its code: 001–099 streets, 100–199 towns, 400–599 alike.
    pub fn kind(&self) -> &'static str {
        match self.code.as_bytes()[6] {
            b'0' => "subdistrict",
            b'1' => "town",
            b'4' | b'5' => "township_like",
            _ => "township",
        }
    }

    /// The name without 街道 or 镇.
    pub fn short_name(&self) -> &str {
        let name = self.name.as_str();
        name.strip_suffix("街道")
            .or_else(|| name.strip_suffix("镇"))
            .unwrap_or(name)
    }
}

/// A metro station at its place, with the district that it truly lies in.
#[derive(Clone, Debug, Deserialize)]
pub struct Station {
    pub district: String,
    pub name: String,
    pub name_en: String,
    pub lines: String,
    /// The year of the first trains.
    pub opened: u16,
    pub lon: f64,
    pub lat: f64,
}

impl Station {
    pub fn spot(&self) -> Spot {
        Spot::of(self.lon, self.lat)
    }

    pub fn line_count(&self) -> usize {
        self.lines.split('/').count()
    }
}

/// Everything that is known before a seed is chosen. Districts and assumptions have one order.
#[derive(Clone, Debug)]
pub struct Figures {
    pub districts: Vec<District>,
    pub assumptions: Vec<Assumption>,
    pub subdistricts: Vec<Subdistrict>,
    pub stations: Vec<Station>,
}

impl Figures {
    pub fn built_in() -> Self {
        let districts: Vec<District> = read(include_str!("districts.csv"));
        let assumed: Vec<Assumption> = read(include_str!("assumptions.csv"));
        let of = |district: &District| assumed.iter().find(|a| a.code == district.code).cloned();
        let assumptions: Option<Vec<Assumption>> = districts.iter().map(of).collect();
        Figures {
            assumptions: assumptions.expect("every district has its assumptions"),
            districts,
            subdistricts: read(include_str!("subdistricts.csv")),
            stations: read(include_str!("stations.csv")),
        }
    }

    /// The place in `districts` of the district that an administrative code lies in.
    pub fn district_of(&self, code: &str) -> usize {
        let found = self
            .districts
            .iter()
            .position(|d| code.starts_with(&d.code));
        found.expect("every built-in code lies in a district")
    }
}

pub(super) fn read<T: DeserializeOwned>(text: &str) -> Vec<T> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let rows: Result<Vec<T>, csv::Error> = reader.deserialize().collect();
    rows.expect("the built-in tables are well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sums_hold() {
        let figures = Figures::built_in();
        let sum = |pick: fn(&District) -> i64| figures.districts.iter().map(pick).sum::<i64>();
        assert_eq!(sum(|d| d.census_2010), 12_701_948);
        assert_eq!(sum(|d| d.census_2020), 18_676_605);
        assert_eq!(sum(|d| d.year_end_2023), 18_827_000);
        let km2: f64 = figures.districts.iter().map(|d| d.official_area_km2).sum();
        assert!((km2 - 7434.40).abs() < 1e-6, "{km2}");
    }

    #[test]
    fn streets_towns_and_stations_are_complete() {
        let figures = Figures::built_in();
        let kinds = |kind| {
            let of_kind = figures.subdistricts.iter().filter(|s| s.kind() == kind);
            of_kind.count()
        };
        assert_eq!(
            (kinds("subdistrict"), kinds("town"), kinds("township_like")),
            (142, 34, 2)
        );
        assert_eq!(figures.stations.len(), 76);
        assert_eq!(figures.assumptions.len(), 11);
    }
}
