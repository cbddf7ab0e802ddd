use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::NetworkError;
use crate::domain::Title;

/// Which streets belong to a network and how they are passed, by their tags.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// `walk`, `bicycle`, `car`
    pub mode: String,
    pub title: Title,
    /// What its streets are called together.
    pub network: Title,
    /// Where the rules come from.
    pub source: String,
    /// What turns metres into minutes: all of them where the network counts metres, else those of
    /// the straight legs beside the streets.
    pub speed_km_h: f64,
    /// The classes that belong to the network.
    #[serde(default)]
    highways: Vec<String>,
    /// The same with a speed: then the network counts time.
    #[serde(default)]
    speeds_km_h: BTreeMap<String, f64>,
    /// The speed of a street that is let in whatever its class.
    #[serde(default)]
    other_km_h: f64,
    access: Access,
    /// Streets that do not belong to the network unless a tag of its own lets them in.
    #[serde(default)]
    drop: Lists,
    /// Streets that never do.
    #[serde(default)]
    never: Lists,
    /// None where streets are used in both directions whatever their signs say.
    #[serde(default)]
    one_way: Option<OneWay>,
}

/// Values by key.
type Lists = BTreeMap<String, Vec<String>>;

/// Who may pass: the first tag with a listed value decides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Access {
    /// Keys of this way of travelling: a yes lets a street in whatever its class.
    own: Vec<String>,
    /// Keys of wider sense: a yes leaves it to the class.
    general: Vec<String>,
    yes: Vec<String>,
    no: Vec<String>,
}

/// In which direction streets are passed: the first of the keys with a listed value decides, then
/// what the others imply.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneWay {
    keys: Vec<String>,
    yes: Vec<String>,
    reverse: Vec<String>,
    no: Vec<String>,
    /// Streets that are passed both ways whatever the keys say.
    #[serde(default)]
    both: Lists,
    /// Streets that are one-way where no key says otherwise.
    #[serde(default)]
    implied: Lists,
}

/// How a street is passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Passage {
    pub there: bool,
    pub back: bool,
    /// 1 where the network counts millimetres, else milliseconds.
    pub cost_per_mm: f64,
}

impl Passage {
    /// Both ways, by length.
    pub const PLAIN: Passage = Passage {
        there: true,
        back: true,
        cost_per_mm: 1.0,
    };
}

/// The tags of a street.
pub type Tags<'t> = [(&'t str, &'t str)];

impl Rules {
    /// The built-in rules for going on foot.
    pub fn walk() -> Result<Self, NetworkError> {
        Self::parse(include_str!("../../layers/streets/walk.toml"))
    }

    /// The built-in rules of every mode: on foot, by bicycle, by car.
    pub fn all() -> Result<Vec<Self>, NetworkError> {
        let texts = [
            include_str!("../../layers/streets/walk.toml"),
            include_str!("../../layers/streets/bicycle.toml"),
            include_str!("../../layers/streets/car.toml"),
        ];
        texts.into_iter().map(Self::parse).collect()
    }

    /// # Errors
    /// What is wrong with the text, with its line.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let fail = |problem: String| NetworkError::Rules(problem);
        let rules: Self = toml::from_str(text).map_err(|e| fail(e.to_string()))?;
        let other = rules.counts_time().then_some(&rules.other_km_h);
        let speeds = rules.speeds_km_h.values().chain(other);
        if let Some(speed) = speeds
            .chain([&rules.speed_km_h])
            .find(|speed| !(1.0..=300.0).contains(*speed))
        {
            let mode = &rules.mode;
            return Err(fail(format!("{mode}: {speed} km/h is no speed")));
        }
        Ok(rules)
    }

    /// Whether costs are milliseconds and not millimetres.
    pub fn counts_time(&self) -> bool {
        !self.speeds_km_h.is_empty()
    }

    /// What a metre of a straight leg beside the streets costs.
    pub fn leg_cost_per_m(&self) -> u32 {
        match self.counts_time() {
            true => (3_600.0 / self.speed_km_h).round() as u32,
            false => 1000,
        }
    }

    /// Every key of a tag that the rules look at.
    pub fn keys(&self) -> BTreeSet<&str> {
        let Access { own, general, .. } = &self.access;
        let ways = self.one_way.iter();
        let ways = ways.flat_map(|way| {
            way.keys
                .iter()
                .chain(way.both.keys().chain(way.implied.keys()))
        });
        let lists = self.drop.keys().chain(self.never.keys());
        let named = own.iter().chain(general).chain(lists).chain(ways);
        let mut keys: BTreeSet<&str> = named.map(String::as_str).collect();
        keys.insert("highway");
        if self.counts_time() {
            keys.insert("maxspeed");
        }
        keys
    }

    /// How a street with these tags is passed; `None` where it does not belong to the network.
    pub fn passage(&self, tags: &Tags<'_>) -> Option<Passage> {
        let class = value(tags, "highway")?;
        if stands(&self.never, tags) {
            return None;
        }
        let is_known =
            self.speeds_km_h.contains_key(class) || self.highways.iter().any(|own| own == class);
        let belongs = match self.access.says(tags) {
            Some((may, is_own)) if is_own || !may => may,
            _ => is_known && !stands(&self.drop, tags),
        };
        let (there, back) = match &self.one_way {
            None => (true, true),
            Some(one_way) => one_way.directions(tags),
        };
        belongs.then(|| Passage {
            there,
            back,
            cost_per_mm: match self.counts_time() {
                true => 3.6 / self.street_km_h(class, tags),
                false => 1.0,
            },
        })
    }

    /// The speed of the class, or the limit where that is known and lower.
    fn street_km_h(&self, class: &str, tags: &Tags<'_>) -> f64 {
        let usual = self.speeds_km_h.get(class).unwrap_or(&self.other_km_h);
        match value(tags, "maxspeed").and_then(limit_km_h) {
            Some(limit) if limit >= 1.0 => usual.min(limit),
            _ => *usual,
        }
    }
}

/// A speed limit in km/h: a plain number, or one with its unit, `20 mph`.
fn limit_km_h(text: &str) -> Option<f64> {
    const KM_PER_MILE: f64 = 1.609_344;
    let text = text.trim().to_ascii_lowercase();
    let units = [("mph", KM_PER_MILE), ("km/h", 1.0), ("kmh", 1.0), ("", 1.0)];
    units.into_iter().find_map(|(unit, km)| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        Some(number * km).filter(|limit| limit.is_finite())
    })
}

impl Access {
    /// Whether one may pass, and whether a key of the mode's own says so.
    fn says(&self, tags: &Tags<'_>) -> Option<(bool, bool)> {
        let own = self.own.iter().map(|key| (key, true));
        let general = self.general.iter().map(|key| (key, false));
        own.chain(general).find_map(|(key, is_own)| {
            let value = value(tags, key)?;
            let is_in = |list: &[String]| list.iter().any(|listed| listed == value);
            (is_in(&self.yes) || is_in(&self.no)).then(|| (is_in(&self.yes), is_own))
        })
    }
}

impl OneWay {
    /// Whether one may go along the street, and against its line.
    fn directions(&self, tags: &Tags<'_>) -> (bool, bool) {
        if stands(&self.both, tags) {
            return (true, true);
        }
        let said = self.keys.iter().find_map(|key| {
            let value = value(tags, key)?;
            let is_in = |list: &[String]| list.iter().any(|listed| listed == value);
            let lists = [
                (&self.yes, (true, false)),
                (&self.reverse, (false, true)),
                (&self.no, (true, true)),
            ];
            let mut lists = lists.into_iter();
            lists.find_map(|(list, directions)| is_in(list).then_some(directions))
        });
        said.unwrap_or((true, !stands(&self.implied, tags)))
    }
}

fn value<'t>(tags: &Tags<'t>, key: &str) -> Option<&'t str> {
    let tag = tags.iter().find(|(own, _)| *own == key);
    tag.map(|(_, value)| *value)
}

/// Whether one of the tags stands in the lists.
fn stands(lists: &Lists, tags: &Tags<'_>) -> bool {
    lists.iter().any(|(key, values)| {
        value(tags, key).is_some_and(|value| values.iter().any(|listed| listed == value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(mode: &str) -> Rules {
        let all = Rules::all().expect("sound rules");
        let rules = all.into_iter().find(|rules| rules.mode == mode);
        rules.expect("a built-in mode")
    }

    /// Whether one may go along and against the line of a street with such tags, in a few letters.
    fn way(rules: &Rules, tags: &str) -> &'static str {
        let tags: Vec<(&str, &str)> = tags
            .split_whitespace()
            .filter_map(|tag| tag.split_once('='))
            .collect();
        match rules.passage(&tags) {
            None => "no",
            Some(passage) => match (passage.there, passage.back) {
                (true, true) => "both",
                (true, false) => "there",
                (false, true) => "back",
                (false, false) => "closed",
            },
        }
    }

    #[test]
    fn streets_to_walk_on_are_chosen_by_class_access_and_foot() {
        let walk = rules("walk");
        for (tags, wanted) in [
            ("highway=residential", "both"),
            ("highway=steps name=x", "both"),
            ("highway=residential oneway=yes", "both"),
            ("highway=motorway", "no"),
            ("highway=motorway foot=yes", "both"),
            ("highway=motorway access=yes", "no"),
            ("highway=service access=private", "no"),
            ("highway=service access=private foot=yes", "both"),
            ("highway=footway area=yes", "no"),
            ("highway=footway area=yes foot=yes", "both"),
            ("highway=secondary foot=use_sidepath", "no"),
            ("railway=platform foot=yes", "no"),
        ] {
            assert_eq!(way(&walk, tags), wanted, "{tags}");
        }
    }

    #[test]
    fn bicycles_keep_to_their_streets_and_may_have_signs_of_their_own() {
        let bicycle = rules("bicycle");
        for (tags, wanted) in [
            ("highway=residential", "both"),
            ("highway=cycleway oneway=yes", "there"),
            ("highway=residential oneway=yes oneway:bicycle=no", "both"),
            (
                "highway=residential oneway=yes cycleway=opposite_lane",
                "both",
            ),
            (
                "highway=residential oneway=yes cycleway:left=lane cycleway:left:oneway=-1",
                "both",
            ),
            (
                "highway=residential oneway=yes cycleway:right=track cycleway:right:oneway=no",
                "both",
            ),
            (
                "highway=residential oneway=yes cycleway:left=lane cycleway:left:oneway=yes",
                "there",
            ),
            ("highway=residential oneway=-1", "back"),
            ("highway=residential junction=roundabout", "there"),
            ("highway=footway", "no"),
            ("highway=footway bicycle=yes", "both"),
            ("highway=motorway", "no"),
            ("highway=steps bicycle=yes", "no"),
            ("highway=residential vehicle=no", "no"),
            ("highway=residential vehicle=no bicycle=yes", "both"),
            ("highway=residential motor_vehicle=no", "both"),
            ("highway=primary bicycle=use_sidepath", "no"),
        ] {
            assert_eq!(way(&bicycle, tags), wanted, "{tags}");
        }
    }

    #[test]
    fn cars_obey_the_most_particular_sign() {
        let car = rules("car");
        for (tags, wanted) in [
            ("highway=residential", "both"),
            ("highway=primary oneway=yes", "there"),
            ("highway=primary oneway=1", "there"),
            ("highway=primary oneway=-1", "back"),
            ("highway=primary oneway=reversible", "no"),
            ("highway=motorway", "there"),
            ("highway=motorway oneway=no", "both"),
            ("highway=tertiary junction=roundabout", "there"),
            ("highway=tertiary junction=circular oneway=no", "both"),
            ("highway=footway", "no"),
            ("highway=pedestrian motor_vehicle=destination", "both"),
            ("highway=residential access=no", "no"),
            ("highway=residential access=no motor_vehicle=yes", "both"),
            ("highway=residential motor_vehicle=yes motorcar=no", "no"),
            ("highway=residential access=no vehicle=yes", "both"),
            ("highway=service access=private", "no"),
            ("highway=construction motor_vehicle=yes", "no"),
        ] {
            assert_eq!(way(&car, tags), wanted, "{tags}");
        }
    }

    #[test]
    fn a_car_takes_the_time_of_its_class_or_of_a_lower_limit() {
        let car = rules("car");
        let km_h = |tags: &Tags<'_>| 3.6 / car.passage(tags).expect("a street").cost_per_mm;
        let primary = km_h(&[("highway", "primary")]);
        assert_eq!(primary.round(), 65.0);
        let limited = |limit| km_h(&[("highway", "primary"), ("maxspeed", limit)]).round();
        assert_eq!(limited("30"), 30.0);
        assert_eq!(limited("120"), 65.0);
        assert_eq!((limited("20 mph"), limited("20mph")), (32.0, 32.0));
        assert_eq!((limited("30 km/h"), limited("100 mph")), (30.0, 65.0));
        // Of words nothing is known for sure.
        for words in ["BR:urban", "none", "mph", "0 mph", "0", "-5", "walk", "inf"] {
            assert_eq!(limited(words), 65.0, "{words}");
        }
        // 4.5 km/h on foot beside the streets: 800 ms for a metre.
        assert_eq!(car.leg_cost_per_m(), 800);
        assert_eq!(rules("bicycle").leg_cost_per_m(), 1000);
    }
}
