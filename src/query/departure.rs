use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// When one sets out (出发时窗): every minute of a window `[from, to)` of a service date.
///
/// In JSON an object; in an address `DATE,FROM[,TO[,PERCENTILE]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Departure {
    pub date: String,
    pub from: ClockTime,
    /// Without it one sets out once, at `from`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<ClockTime>,
    /// The share of the minutes, in percent, that do no worse than the time answered.
    pub percentile: u32,
}

/// When one must be there (到达时刻).
///
/// In JSON an object; in an address `DATE,BY`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Arrival {
    pub date: String,
    pub by: ClockTime,
}

/// A time of a service day in seconds after midnight; `25:30` is half past one of the next night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime(pub i32);

const LAST_HOUR: i32 = 47;

impl FromStr for ClockTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no time of day: write HH:MM or HH:MM:SS, up to 47:59");
        let parts: Vec<&str> = text.trim().split(':').collect();
        let number = |part: &str| {
            let is_plain =
                (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i32>()
                .ok()
                .filter(|_| is_plain)
                .ok_or_else(wrong)
        };
        let (hours, minutes, seconds) = match parts[..] {
            [hours, minutes] => (number(hours)?, number(minutes)?, 0),
            [hours, minutes, seconds] => (number(hours)?, number(minutes)?, number(seconds)?),
            _ => return Err(wrong()),
        };
        match hours <= LAST_HOUR && minutes < 60 && seconds < 60 {
            true => Ok(ClockTime(hours * 3600 + minutes * 60 + seconds)),
            false => Err(wrong()),
        }
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.0 / 3600, self.0 / 60 % 60, self.0 % 60);
        match seconds {
            0 => write!(f, "{hours:02}:{minutes:02}"),
            _ => write!(f, "{hours:02}:{minutes:02}:{seconds:02}"),
        }
    }
}

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Serialize for ClockTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Departures begin a minute apart.
const STEP_S: i32 = 60;

impl Departure {
    /// How many minutes of the window one may set out at.
    pub fn departures(&self) -> u32 {
        let to = self.to.map_or(self.from.0 + STEP_S, |to| to.0);
        ((to - self.from.0).max(0) as u32).div_ceil(STEP_S as u32)
    }
}

impl FromStr for Departure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let [date, from, rest @ ..] = &parts[..] else {
            return Err(format!("`{text}`: write DATE,FROM[,TO[,PERCENTILE]]"));
        };
        let percentile = |text: &str| {
            let wrong = |_| format!("`{text}` is no percentile: write 1 to 100");
            text.parse().map_err(wrong)
        };
        let (to, percentile) = match rest {
            [] => (None, usual_percentile()),
            [to] => (Some(to.parse()?), usual_percentile()),
            [to, percent] => (Some(to.parse()?), percentile(percent)?),
            _ => return Err(format!("`{text}`: write DATE,FROM[,TO[,PERCENTILE]]")),
        };
        Ok(Departure {
            date: (*date).to_owned(),
            from: from.parse()?,
            to,
            percentile,
        })
    }
}

impl FromStr for Arrival {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}`: write DATE,BY");
        let (date, by) = text.split_once(',').ok_or_else(wrong)?;
        Ok(Arrival {
            date: date.trim().to_owned(),
            by: by.parse()?,
        })
    }
}

fn usual_percentile() -> u32 {
    50
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DepartureFields {
    date: String,
    from: ClockTime,
    #[serde(default)]
    to: Option<ClockTime>,
    #[serde(default = "usual_percentile")]
    percentile: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArrivalFields {
    date: String,
    by: ClockTime,
}

impl From<DepartureFields> for Departure {
    fn from(fields: DepartureFields) -> Self {
        let DepartureFields {
            date,
            from,
            to,
            percentile,
        } = fields;
        Departure {
            date,
            from,
            to,
            percentile,
        }
    }
}

impl From<ArrivalFields> for Arrival {
    fn from(ArrivalFields { date, by }: ArrivalFields) -> Self {
        Arrival { date, by }
    }
}

impl<'de> Deserialize<'de> for Departure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_or_fields::<Departure, DepartureFields, D>(deserializer)
    }
}

impl<'de> Deserialize<'de> for Arrival {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_or_fields::<Arrival, ArrivalFields, D>(deserializer)
    }
}

/// Reads an object of `F`, or its short form as text.
fn text_or_fields<'de, T, F, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = String> + From<F>,
    F: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct Either<T, F>(std::marker::PhantomData<(T, F)>);

    impl<'de, T: FromStr<Err = String> + From<F>, F: Deserialize<'de>> Visitor<'de> for Either<T, F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object with date and times, or the same as text with commas")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            F::deserialize(MapAccessDeserializer::new(map)).map(T::from)
        }
    }

    deserializer.deserialize_any(Either(std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_times_pass_midnight_and_nonsense_is_refused() {
        let seconds = |text: &str| text.parse::<ClockTime>().map(|time| time.0);
        assert_eq!(seconds("07:05"), Ok(25_500));
        assert_eq!(seconds("25:30:01"), Ok(91_801));
        assert_eq!(ClockTime(91_801).to_string(), "25:30:01");
        for wrong in [
            "7",
            "07:60",
            "48:00",
            "-1:00",
            "07:00:60",
            "0７:00",
            "",
            "a:b",
            "07:00:00:00",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_window_is_half_open_and_read_from_an_object_or_text() {
        let json = r#"{"date":"2019-05-13","from":"14:00","to":"15:00"}"#;
        let window: Departure = serde_json::from_str(json).unwrap();
        assert_eq!((window.departures(), window.percentile), (60, 50));
        assert_eq!("2019-05-13,14:00,15:00".parse(), Ok(window));
        let part: Departure = "2019-05-13,14:00,14:00:30,90".parse().unwrap();
        assert_eq!((part.departures(), part.percentile), (1, 90));
        let once: Departure = serde_json::from_str(r#""2019-05-13,14:00""#).unwrap();
        assert_eq!((once.departures(), once.to), (1, None));
        let arrival: Arrival = "2019-05-13, 09:00".parse().unwrap();
        assert_eq!(arrival.by, ClockTime(32_400));
        assert!(
            serde_json::from_str::<Departure>(r#"{"date":"d","from":"1:00","too":"2:00"}"#)
                .is_err()
        );
    }
}
