//! The time of now, for what is written down.

/// UTC, RFC 3339, to the second.
pub fn now() -> String {
    text(unix_seconds())
}

/// Seconds since 1970, UTC.
pub fn unix_seconds() -> i64 {
    unix_ms().div_euclid(1000)
}

/// Milliseconds since 1970, UTC.
pub fn unix_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Seconds since 1970 in UTC, RFC 3339.
pub fn text(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Seconds since 1970 of a date, `2026-03-31`, or of a time in UTC, `2026-03-31T08:00:00Z`.
pub fn parse(written: &str) -> Option<i64> {
    let (date, time) = written.split_once('T').unwrap_or((written, "00:00:00Z"));
    let numbers = |text: &str, by: char| -> Option<[i64; 3]> {
        let parts: Option<Vec<i64>> = text.split(by).map(|part| part.parse().ok()).collect();
        parts?.try_into().ok()
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hours, minutes, seconds] = numbers(time.strip_suffix('Z')?, ':')?;
    // Counted from 1 March, as `civil` does.
    let from_march = if month > 2 { year } else { year - 1 };
    let era = from_march.div_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let yoe = from_march.rem_euclid(400);
    let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468;
    let read = days * 86_400 + hours * 3600 + minutes * 60 + seconds;
    // The 31st of April is none, nor is 25 o'clock.
    let is_time =
        (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    let is_date = (1..=12).contains(&month) && civil(days) == (year, month, day);
    (is_time && is_date).then_some(read)
}

/// The Gregorian date of a day number since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_are_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(18_567), (2020, 11, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for seconds in [0, 951_782_399, 1_709_164_800, 1_700_000_000, 4_102_444_800] {
            assert_eq!(parse(&text(seconds)), Some(seconds), "{}", text(seconds));
        }
        assert_eq!(parse("2024-02-29"), Some(1_709_164_800));
        for wrong in [
            "2023-02-29",
            "2024-13-01",
            "yesterday",
            "2024-02-29T25:00:00Z",
            "2024-02-29T08:00",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
