use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, SeqAccess, Visitor, value},
};

use super::{QueryError, Start, stations::Entrances};
use crate::{
    city::{City, LoadedLayer, Transit},
    domain::{LayerId, Period},
};

/// The layer of the stops of the timetable: it stands in no file of its own.
pub const STOPS: &str = "stops";

/// Where journeys begin or end: a list, or everything of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Ends {
    All(End),
    Listed(Vec<End>),
}

/// A feature, any place, or with a layer alone all of its features. The layer `stops` is that of the
/// stops of the timetable: `{"layer": "stops"}` is all of them, an id is `feed:stop_id`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl<'de> Deserialize<'de> for Ends {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Ends;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of places, or {\"layer\": …} for all of a layer")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Ends, A::Error> {
                End::deserialize(value::MapAccessDeserializer::new(map)).map(Ends::All)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Ends, A::Error> {
                Vec::deserialize(value::SeqAccessDeserializer::new(seq)).map(Ends::Listed)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Ends as they were found.
pub(super) struct FoundEnds<'c> {
    /// Id or name of each.
    pub names: Vec<String>,
    pub starts: Vec<Start>,
    /// The layer, where they are all of it and each at its own place, in the order of its index.
    pub layer: Option<&'c LoadedLayer>,
    pub used: Vec<&'c LoadedLayer>,
    /// Whether any of them is entered elsewhere than at its own place.
    has_entrances: bool,
}

impl Ends {
    /// # Errors
    /// Unknown layers and features, a place that is none, nothing at all.
    pub(super) fn find<'c>(
        &self,
        city: &'c City,
        field: &'static str,
        period: Option<&Period>,
    ) -> Result<FoundEnds<'c>, QueryError> {
        let listed = match self {
            Ends::All(end) => std::slice::from_ref(end),
            Ends::Listed(ends) => ends,
        };
        let mut found = FoundEnds {
            names: Vec::new(),
            starts: Vec::new(),
            layer: None,
            used: Vec::new(),
            has_entrances: false,
        };
        let mut stops: Option<HashMap<&str, u32>> = None;
        let entrances = Entrances::of(city, period);
        for end in listed {
            found.add(city, field, end, period, &entrances, &mut stops)?;
        }
        if found.starts.is_empty() {
            return Err(QueryError::field(field, "give at least one place"));
        }
        if let ([end], [used]) = (listed, &found.used[..])
            && end.id.is_none()
            && !found.has_entrances
        {
            found.layer = Some(used);
        }
        if found.has_entrances {
            let owners: Vec<_> = found.used.iter().map(|used| &used.layer().id).collect();
            let sources = owners
                .into_iter()
                .flat_map(|owner| entrances.sources(owner));
            let sources =
                sources.filter_map(|source| city.layer(source.layer().id.as_str(), period));
            let sources: Vec<&LoadedLayer> = sources.map(|source| &**source).collect();
            found.used.extend(sources);
        }
        Ok(found)
    }
}

impl<'c> FoundEnds<'c> {
    fn add(
        &mut self,
        city: &'c City,
        field: &'static str,
        end: &End,
        period: Option<&Period>,
        entrances: &Entrances,
        stops: &mut Option<HashMap<&'c str, u32>>,
    ) -> Result<(), QueryError> {
        let Some(layer) = &end.layer else {
            return self.add_place(field, end);
        };
        if layer.as_str() == STOPS {
            let transit = timetable_of_stops(city)?;
            let Some(id) = &end.id else {
                for stop in transit.platforms() {
                    self.add_stop(transit, stop);
                }
                return Ok(());
            };
            let known = stops.get_or_insert_with(|| {
                let stops = (0..).zip(&transit.schedule.stops);
                stops
                    .map(|(number, stop)| (stop.id.as_str(), number))
                    .collect()
            });
            let stop = *known.get(id.as_str()).ok_or_else(|| no_stop(id))?;
            self.add_stop(transit, stop);
            return Ok(());
        }
        let none = || QueryError::NotFound {
            what: "layer",
            name: layer.to_string(),
        };
        let loaded = &**city.layer(layer.as_str(), period).ok_or_else(none)?;
        if !self.used.iter().any(|used| std::ptr::eq(*used, loaded)) {
            self.used.push(loaded);
        }
        let features = match &end.id {
            None => loaded.index.iter().collect(),
            Some(id) => {
                let none = || QueryError::NotFound {
                    what: "feature",
                    name: id.chars().take(64).collect(),
                };
                vec![loaded.index.find(id).ok_or_else(none)?]
            }
        };
        for feature in features {
            let (start, known) = entrances.start(loaded, feature);
            self.names.push(loaded.index.id(feature).to_owned());
            self.starts.push(start);
            self.has_entrances |= known.is_some();
        }
        Ok(())
    }

    fn add_place(&mut self, field: &'static str, end: &End) -> Result<(), QueryError> {
        let (Some(lon), Some(lat), None) = (end.lon, end.lat, &end.id) else {
            let problem = "a place is {layer, id}, {lon, lat, name} or {layer}";
            return Err(QueryError::field(field, problem));
        };
        if !(lon.abs() <= 180.0 && lat.abs() <= 90.0) {
            let problem = "a place is longitude, latitude in degrees";
            return Err(QueryError::field(field, problem));
        }
        let name = end.name.clone();
        self.names
            .push(name.unwrap_or_else(|| format!("{lon},{lat}")));
        self.starts.push(Start::at(lon, lat));
        Ok(())
    }

    fn add_stop(&mut self, transit: &Transit, stop: u32) {
        self.names
            .push(transit.schedule.stops[stop as usize].id.clone());
        self.starts.push(start_of_stop(transit, stop));
    }
}

/// The start of a stop: its place and itself; of a station, those of all its platforms.
pub(super) fn start_of_stop(transit: &Transit, stop: u32) -> Start {
    let stops = &transit.schedule.stops;
    let platforms = (0..)
        .zip(stops)
        .filter(|(_, other)| other.station == Some(stop) && other.kind == 0);
    let mut own: Vec<u32> = platforms.map(|(number, _)| number).collect();
    if own.is_empty() {
        own.push(stop);
    }
    let places = own.iter().filter_map(|stop| stops[*stop as usize].lon_lat);
    Start {
        points: places.collect(),
        feature: Some((
            STOPS.parse().expect("a name"),
            stops[stop as usize].id.clone(),
        )),
        stops: own,
    }
}

/// The timetable whose stops are asked for.
///
/// # Errors
/// Where the city has none.
pub(super) fn timetable_of_stops(city: &City) -> Result<&Transit, QueryError> {
    let none = || QueryError::NotFound {
        what: "timetable with layer",
        name: STOPS.into(),
    };
    city.transit().map(|transit| &**transit).ok_or_else(none)
}

pub(super) fn no_stop(id: &str) -> QueryError {
    QueryError::NotFound {
        what: "stop",
        name: id.chars().take(64).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        city::City,
        query::{Limits, test_city::TestCity, travel_times},
    };

    /// Rows of from, to and what was measured.
    fn ask(city: &City, question: serde_json::Value) -> Vec<(String, String, f64)> {
        let question = serde_json::from_value(question).expect("a question");
        let found = travel_times(city, &question, &Limits::generous()).expect("an answer");
        let is_known = |row: &&crate::query::Row| !row.contains_key("reason");
        let rows = found.rows.iter().filter(is_known).map(|row| {
            let text = |key: &str| row[key].as_str().expect("a name").to_owned();
            let measured = row.get("seconds").or(row.get("metres"));
            let measured = measured.and_then(|value| value.as_f64());
            (text("from"), text("to"), measured.expect("a number"))
        });
        rows.collect()
    }

    fn stations() -> TestCity {
        TestCity::new().with(
            "stations",
            &[("s1", (200.0, 0.0), &[]), ("s2", (1000.0, 0.0), &[])],
        )
    }

    #[test]
    fn stations_are_left_and_entered_by_their_nearest_entrance() {
        let entrances: &[crate::query::test_city::Feature<'_>] = &[
            ("A", (100.0, 0.0), &[("station", "s1")]),
            ("B", (500.0, 0.0), &[("station", "s1")]),
        ];
        let with_doors = || stations().with("entrances", entrances);
        let city = with_doors().with_raster_of_streets(12, 100.0).build();
        let question = |mode: &str| {
            let stations = json!({"layer": "stations"});
            json!({"origins": stations, "destinations": stations, "mode": mode})
        };
        let between = |city: &City, mode: &str, from: &str, to: &str| {
            let rows = ask(city, question(mode));
            let row = rows.iter().find(|row| row.0 == from && row.1 == to);
            row.expect("a pair").2
        };
        for (mode, share) in [("straight", 1.0), ("walk", 60.0 / 75.0)] {
            let plain = stations().with_raster_of_streets(12, 100.0).build();
            for (city, metres) in [(&plain, 800.0), (&city, 500.0)] {
                for (from, to) in [("s1", "s2"), ("s2", "s1")] {
                    let found = between(city, mode, from, to);
                    assert!((found - metres * share).abs() <= 2.0, "{mode}: {found}");
                }
            }
        }
        // One of them alone, too; and the answer says what it rests on.
        let one = json!({"origins": [{"layer": "stations", "id": "s1"}],
            "destinations": [{"layer": "stations", "id": "s2"}]});
        let question = serde_json::from_value(one).expect("a question");
        let found = travel_times(&city, &question, &Limits::generous()).expect("an answer");
        let metres = found.rows[0]["metres"].as_f64().expect("a number");
        assert!((metres - 500.0).abs() <= 2.0, "{metres}");
        let inputs = found.provenance.inputs.iter();
        let layers: Vec<String> = inputs.map(|input| input.layer.to_string()).collect();
        assert!(layers.contains(&"entrances".to_owned()), "{layers:?}");
    }

    #[test]
    fn a_table_of_times_does_not_mix_up_the_ids_of_two_layers() {
        let city = stations()
            .with(
                "clinics",
                &[("s1", (0.0, 0.0), &[]), ("s2", (50.0, 0.0), &[])],
            )
            .with_matrix("survey", ["clinics", "stations"], &[("s1", "s2", 7)])
            .build();
        let from = |layer: &str| {
            json!({"origins": [{"layer": layer, "id": "s1"}], "mode": "matrix:survey",
                "destinations": [{"layer": "stations", "id": "s2"}, {"layer": "clinics", "id": "s2"}]})
        };
        assert_eq!(
            ask(&city, from("clinics")),
            [("s1".into(), "s2".into(), 420.0)]
        );
        let question = |layer: &str| serde_json::from_value(from(layer)).expect("a question");
        let limits = Limits::generous();
        let found = travel_times(&city, &question("clinics"), &limits).expect("an answer");
        assert_eq!(
            found.left_out.0["destinations.no_reachable_pair"].missing,
            1
        );
        // Of what the table does not name nothing is known, which is not out of reach.
        let refused = travel_times(&city, &question("stations"), &limits).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "origins: s1: the table of travel times does not name it; ask for features of its two \
             layers"
        );
    }
}
