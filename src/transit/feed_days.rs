//! On which dates each feed of a timetable runs, and which dates are doubtful to ask about.

use std::collections::BTreeMap;

use super::{Hours, ServiceDate, Summary, clock};
use crate::domain::Title;

/// The runs of one feed on each date that has any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedDays {
    pub name: String,
    pub runs: BTreeMap<ServiceDate, u64>,
    /// From when to when they run on it.
    pub hours: BTreeMap<ServiceDate, Hours>,
}

/// Why an answer for a date lacks what a feed usually offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedDoubt {
    /// The date is before the first or after the last one with service.
    Outside {
        feed: String,
        first: ServiceDate,
        last: ServiceDate,
    },
    /// Fewer than half as many runs as usual on that day of the week.
    Fewer { feed: String, runs: u64, usual: u64 },
    /// It runs on the date, and not at the time asked about.
    AtOtherTimes { feed: String, hours: Hours },
}

impl FeedDays {
    /// The first and the last date with service.
    pub fn span(&self) -> Option<(ServiceDate, ServiceDate)> {
        let (first, _) = self.runs.first_key_value()?;
        let (last, _) = self.runs.last_key_value()?;
        Some((*first, *last))
    }

    pub fn runs_on(&self, date: ServiceDate) -> u64 {
        self.runs.get(&date).copied().unwrap_or(0)
    }

    /// The median of its runs on the same day of the week, from its first date to its last, dates
    /// without any counted: a feed that seldom runs on Sundays usually does not.
    pub fn usual_on(&self, date: ServiceDate) -> u64 {
        let Some((first, last)) = self.span() else {
            return 0;
        };
        let after = (date.0 - first.0).rem_euclid(7);
        let same_days = (first.0 + after..=last.0).step_by(7).map(ServiceDate);
        let mut runs: Vec<u64> = same_days.map(|day| self.runs_on(day)).collect();
        runs.sort_unstable();
        // Of two in the middle the lower: no doubt without need.
        let middle = runs.len().saturating_sub(1) / 2;
        runs.get(middle).copied().unwrap_or(0)
    }

    /// Whether its vehicles leave stops between two times of a date, those of the days beside it that
    /// run past midnight too.
    fn runs_between(&self, date: ServiceDate, from_s: i32, until_s: i32) -> bool {
        const DAY_S: i32 = 86_400;
        let days = [
            (date, 0),
            (date.day_before(), DAY_S),
            (date.day_after(), -DAY_S),
        ];
        days.iter().any(|(day, later_s)| {
            self.hours.get(day).is_some_and(|hours| {
                hours.first_departure_s <= until_s + later_s
                    && hours.last_departure_s >= from_s + later_s
            })
        })
    }

    fn doubt_on(&self, date: ServiceDate) -> Option<FeedDoubt> {
        let (first, last) = self.span()?;
        let feed = self.name.clone();
        if !(first..=last).contains(&date) {
            return Some(FeedDoubt::Outside { feed, first, last });
        }
        let (runs, usual) = (self.runs_on(date), self.usual_on(date));
        (runs * 2 < usual).then_some(FeedDoubt::Fewer { feed, runs, usual })
    }
}

impl Summary {
    /// What an answer for a date lacks of what the feeds usually offer.
    pub fn doubts_on(&self, date: ServiceDate) -> Vec<FeedDoubt> {
        let feeds = self.feeds.values();
        feeds.filter_map(|feed| feed.doubt_on(date)).collect()
    }

    /// Which of several feeds run on a date and yet not between two of its times.
    pub fn doubts_between(&self, date: ServiceDate, from_s: i32, until_s: i32) -> Vec<FeedDoubt> {
        if self.feeds.len() < 2 {
            return Vec::new();
        }
        let idle = |feed: &FeedDays| !feed.runs_between(date, from_s, until_s);
        let feeds = self.feeds.values().filter(|feed| idle(feed));
        let doubts = feeds.filter_map(|feed| {
            let (feed, hours) = (feed.name.clone(), *feed.hours.get(&date)?);
            Some(FeedDoubt::AtOtherTimes { feed, hours })
        });
        doubts.collect()
    }
}

impl FeedDoubt {
    /// In plain words, for the date it is about.
    pub fn text(&self, date: ServiceDate) -> Title {
        let (day_zh, day_en) = date.day_names();
        match self {
            FeedDoubt::Outside { feed, first, last } => Title {
                zh: format!("{date} 不含“{feed}”的班次：该时刻表只有 {first} 至 {last} 的班次"),
                en: format!("{date} is without `{feed}`, which runs from {first} to {last} only"),
            },
            FeedDoubt::AtOtherTimes { feed, hours } => {
                let (first, last) = (
                    clock(hours.first_departure_s),
                    clock(hours.last_departure_s),
                );
                Title {
                    zh: format!(
                        "所问时段内“{feed}”没有车辆运行：{date} 它在 {first} 至 {last} 发车"
                    ),
                    en: format!(
                        "`{feed}` runs nothing within the time asked for: on {date} it departs from \
                         {first} to {last}"
                    ),
                }
            }
            FeedDoubt::Fewer { feed, runs, usual } => Title {
                zh: format!("“{feed}”在 {date} 只有 {runs} 个班次，{day_zh}通常有 {usual} 个"),
                en: format!(
                    "`{feed}` has {runs} runs on {date}; on a {day_en} it usually has {usual}"
                ),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> ServiceDate {
        text.parse().unwrap()
    }

    /// Three weeks: 10 runs on weekdays, none on Sundays but one, a holiday on a Wednesday.
    fn bus() -> FeedDays {
        let first = day("2024-05-06");
        let weekday = |n: &i32| n % 7 < 5 && *n != 9;
        let dates = (0..21).filter(weekday).map(|n| ServiceDate(first.0 + n));
        let mut runs: BTreeMap<ServiceDate, u64> = dates.map(|date| (date, 10)).collect();
        runs.insert(day("2024-05-12"), 3);
        FeedDays {
            name: "bus".into(),
            runs,
            ..FeedDays::default()
        }
    }

    #[test]
    fn doubtful_are_dates_beyond_a_feed_and_days_with_fewer_runs_than_usual() {
        let metro = FeedDays {
            name: "metro".into(),
            runs: (0..365)
                .map(|n| (ServiceDate(day("2024-01-01").0 + n), 100))
                .collect(),
            ..FeedDays::default()
        };
        let summary = Summary {
            feeds: [(0, metro), (1, bus())].into(),
            ..Summary::default()
        };
        assert_eq!(summary.doubts_on(day("2024-05-13")), []);
        // Usually there is no bus on Sundays, so that none is nothing odd.
        assert_eq!(summary.doubts_on(day("2024-05-19")), []);
        let holiday = day("2024-05-15");
        let fewer = FeedDoubt::Fewer {
            feed: "bus".into(),
            runs: 0,
            usual: 10,
        };
        assert_eq!(summary.doubts_on(holiday), [fewer]);
        let after = day("2024-06-03");
        let (first, last) = (day("2024-05-06"), day("2024-05-24"));
        let outside = FeedDoubt::Outside {
            feed: "bus".into(),
            first,
            last,
        };
        assert_eq!(
            outside.text(after).zh,
            "2024-06-03 不含“bus”的班次：该时刻表只有 2024-05-06 至 2024-05-24 的班次"
        );
        assert_eq!(summary.doubts_on(after), [outside]);
        assert_eq!(summary.doubts_on(day("2025-01-01")).len(), 2);
    }

    #[test]
    fn a_feed_that_runs_at_other_times_of_the_date_is_named() {
        let date = day("2024-05-14");
        let hours = |first: i32, last: i32| Hours {
            first_departure_s: first * 3600,
            last_departure_s: last * 3600,
            last_arrival_s: last * 3600 + 600,
        };
        let feed = |name: &str, own: Hours| FeedDays {
            name: name.into(),
            hours: [date.day_before(), date].map(|date| (date, own)).into(),
            ..FeedDays::default()
        };
        let mut summary = Summary {
            feeds: [
                (0, feed("metro", hours(5, 25))),
                (1, feed("bus", hours(11, 17))),
            ]
            .into(),
            ..Summary::default()
        };
        let between = |summary: &Summary, from: i32, until: i32| {
            let doubts = summary.doubts_between(date, from * 3600, until * 3600);
            doubts
                .iter()
                .map(|doubt| doubt.text(date).en)
                .collect::<Vec<_>>()
        };
        let bus = "`bus` runs nothing within the time asked for: on 2024-05-14 it departs from 11:00 \
                   to 17:00";
        assert_eq!(between(&summary, 8, 10), [bus]);
        assert!(between(&summary, 8, 11).is_empty() && between(&summary, 17, 18).is_empty());
        // The metro of the night before runs until one o'clock.
        assert_eq!(between(&summary, 0, 1), [bus]);
        assert_eq!(between(&summary, 2, 3).len(), 2);
        // One feed alone is refused where it does not run.
        summary.feeds.remove(&0);
        assert!(between(&summary, 8, 10).is_empty());
    }

    #[test]
    fn half_as_many_runs_are_no_doubt() {
        let mut bus = bus();
        bus.runs.insert(day("2024-05-14"), 5);
        assert_eq!(bus.doubt_on(day("2024-05-14")), None);
        bus.runs.insert(day("2024-05-14"), 4);
        assert!(bus.doubt_on(day("2024-05-14")).is_some());
        assert_eq!(FeedDays::default().doubt_on(day("2024-05-14")), None);
    }
}
