use std::fmt;
use std::str::FromStr;

use super::TransitError;

/// A service day (运营日), counted in days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceDate(pub i32);

impl ServiceDate {
    /// Day of the week, Monday = 0.
    pub fn weekday(self) -> usize {
        // 1970-01-01 was a Thursday.
        (self.0 + 3).rem_euclid(7) as usize
    }

    pub fn day_before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    pub fn day_after(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    fn civil(self) -> (i32, u32, u32) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        (year, month as u32, day as u32)
    }

    fn from_civil(year: i32, month: i32, day: i32) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * shifted + 2) / 5 + day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        Self(era * 146_097 + of_era - 719_468)
    }
}

impl FromStr for ServiceDate {
    type Err = TransitError;

    fn from_str(text: &str) -> Result<Self, TransitError> {
        let wrong = || TransitError::NotADate(text.to_owned());
        let digits = text.trim().replace('-', "");
        if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let number: i32 = digits.parse().map_err(|_| wrong())?;
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
        let date = Self::from_civil(year, month, day);
        // 31 February would come back as a day of March.
        if (1..=12).contains(&month) && date.civil() == (year, month as u32, day as u32) {
            Ok(date)
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for ServiceDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_round_trip_and_know_their_weekday() {
        let date: ServiceDate = "20190513".parse().unwrap();
        assert_eq!(
            (date.to_string().as_str(), date.weekday()),
            ("2019-05-13", 0)
        );
        assert_eq!(
            "2000-02-29".parse::<ServiceDate>().unwrap().to_string(),
            "2000-02-29"
        );
        for wrong in [
            "20190231",
            "2019",
            "",
            "2019051x",
            "20191301",
            "２０１９０５１３",
        ] {
            assert!(wrong.parse::<ServiceDate>().is_err(), "{wrong}");
        }
    }
}
