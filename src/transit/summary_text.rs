//! The summary in plain words.

use std::collections::BTreeMap;

use super::{FeedDays, Hours, ServiceDate, Summary, clock};
use crate::domain::Language;

const DAYS_ZH: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
const DAYS_EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl ServiceDate {
    /// The day of the week, in Chinese and in English.
    pub(super) fn day_names(self) -> (&'static str, &'static str) {
        let day = self.weekday();
        (DAYS_ZH[day], DAYS_EN[day])
    }
}

/// How many dates without service are named.
const SHOWN: usize = 8;

impl Summary {
    /// What a schedule offers, for a person to read: one line each.
    pub fn to_text(&self, language: Language) -> Vec<String> {
        let zh = language == Language::Zh;
        let mut lines = Vec::new();
        let Summary {
            routes,
            platforms,
            stations,
            entrances,
            trips,
            calls,
            services,
            ..
        } = self;
        lines.push(if zh {
            format!("线路 {routes} 条，站点 {platforms} 个，班次 {trips} 个，停靠 {calls} 次")
        } else {
            format!("{routes} routes, {platforms} stops, {trips} trips, {calls} calls")
        });
        if stations + entrances > 0 {
            lines.push(if zh {
                format!("枢纽车站 {stations} 座，出入口 {entrances} 个")
            } else {
                format!("{stations} stations, {entrances} entrances")
            });
        }
        let unused = self.unused_platforms;
        if unused > 0 {
            lines.push(if zh {
                format!("{unused} 个站点没有任何班次停靠")
            } else {
                format!("{unused} stops at which no trip calls")
            });
        }
        let Some((first, last)) = self.dates() else {
            lines.push(if zh {
                "没有任何运营日期".into()
            } else {
                "no date has service".into()
            });
            return lines;
        };
        let count = self.runs.len();
        lines.push(if zh {
            format!("运营日期 {first} 至 {last}，其中 {count} 天有班次；运营日历 {services} 个")
        } else {
            format!("service on {count} dates from {first} to {last}; {services} calendars")
        });
        lines.extend(self.feeds_text(zh));
        lines.extend(self.idle_text(zh));
        if let Some((date, runs)) = self.busiest_date() {
            let day = day_name(date, zh);
            let what = match (date.weekday() < 5, zh) {
                (true, true) => "班次最多的工作日",
                (true, false) => "busiest weekday",
                (false, true) => "班次最多的一天",
                (false, false) => "busiest day",
            };
            lines.push(if zh {
                format!("{what}：{date}（{day}），{runs} 班；提问时可用这一天")
            } else {
                format!("{what}: {date} ({day}), {runs} runs; a good date to ask about")
            });
        }
        lines.extend(self.hours_text(zh));
        lines.push(if zh {
            "每周各日的班次（按发车间隔运行的班次已逐班展开）：".into()
        } else {
            "runs by day of the week (headways counted out):".into()
        });
        for (day, runs) in self.weekdays().into_iter().enumerate() {
            let name = if zh { DAYS_ZH[day] } else { DAYS_EN[day] };
            let text = match runs {
                None if zh => "无".to_owned(),
                None => "none".to_owned(),
                Some(runs) => {
                    let range = match runs.fewest == runs.most {
                        true => runs.most.to_string(),
                        false => format!("{}–{}", runs.fewest, runs.most),
                    };
                    match zh {
                        true => format!("{:>4} 天  每天 {range} 班", runs.dates),
                        false => format!("{:>4} dates  {range} runs each", runs.dates),
                    }
                }
            };
            lines.push(format!("  {name}  {text}"));
        }
        lines
    }

    /// When the feeds run, where they do not all run as long as the longest.
    fn feeds_text(&self, zh: bool) -> Vec<String> {
        let spans = || self.feeds.values().filter_map(FeedDays::span);
        let first = spans().map(|span| span.0).min();
        let last = spans().map(|span| span.1).max();
        if spans().all(|span| Some(span.0) == first && Some(span.1) == last) {
            return Vec::new();
        }
        let feeds = self.feeds.values();
        let feeds = feeds.filter_map(|feed| Some((&feed.name, feed.span()?)));
        feeds
            .map(|(name, (from, until))| match zh {
                true => format!("! 时刻表“{name}”只在 {from} 至 {until} 有班次，此外的日期不含它的班次"),
                false => format!(
                    "! feed `{name}` runs from {from} to {until} only: answers for other dates are without it"
                ),
            })
            .collect()
    }

    /// From when to when vehicles leave on days of work, Saturdays and Sundays; of each feed by
    /// itself where there are several.
    fn hours_text(&self, zh: bool) -> Vec<String> {
        let heading = match zh {
            true => "运营时段（首班至末班发车）",
            false => "hours of service (first to last departure)",
        };
        let colon = if zh { "：" } else { ": " };
        let feeds: Vec<&FeedDays> = self.feeds.values().collect();
        if feeds.len() < 2 {
            return vec![format!("{heading}{colon}{}", of_kinds(&self.hours, zh))];
        }
        let told = feeds.iter().map(|feed| {
            let hours = of_kinds(&feed.hours, zh);
            format!("  {}{colon}{hours}", feed.name)
        });
        std::iter::once(format!("{heading}{colon}"))
            .chain(told)
            .collect()
    }

    fn idle_text(&self, zh: bool) -> Option<String> {
        let count = self.idle_dates().count();
        if count == 0 {
            return None;
        }
        let shown: Vec<String> = self
            .idle_dates()
            .take(SHOWN)
            .map(|d| d.to_string())
            .collect();
        let more = if count > SHOWN { " …" } else { "" };
        let shown = shown.join(if zh { "、" } else { ", " });
        Some(if zh {
            format!("其间 {count} 天没有班次：{shown}{more}")
        } else {
            format!("{count} dates in between have none: {shown}{more}")
        })
    }
}

/// The hours of each kind of date that has any, from the earliest of its dates to the latest.
fn of_kinds(hours: &BTreeMap<ServiceDate, Hours>, zh: bool) -> String {
    let kinds = [
        (0..5, ["周一至周五", "Mon–Fri"]),
        (5..6, ["周六", "Sat"]),
        (6..7, ["周日", "Sun"]),
    ];
    let told = kinds.into_iter().filter_map(|(days, names)| {
        let of_kind = hours
            .iter()
            .filter(|(date, _)| days.contains(&date.weekday()));
        let Hours {
            first_departure_s,
            last_departure_s,
            ..
        } = of_kind.map(|(_, hours)| *hours).reduce(Hours::together)?;
        let (first, last) = (clock(first_departure_s), clock(last_departure_s));
        Some(format!("{} {first}–{last}", names[usize::from(!zh)]))
    });
    told.collect::<Vec<_>>().join(if zh { "，" } else { ", " })
}

fn day_name(date: ServiceDate, zh: bool) -> &'static str {
    let names = date.day_names();
    if zh { names.0 } else { names.1 }
}
