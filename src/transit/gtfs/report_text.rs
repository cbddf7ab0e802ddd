//! The report in plain words.

use std::fmt;

use super::{Examples, FeedReport, Place, Taken};
use crate::domain::Language;

impl FeedReport {
    /// What the feeds are and what was mended, odd or left out, for a person to read: one line
    /// each.
    pub fn to_text(&self, language: Language) -> Vec<String> {
        let zh = language == Language::Zh;
        let mut lines = vec![if zh {
            format!("时刻表数据 {} 份：", self.feeds.len())
        } else {
            format!("timetables of {} feeds:", self.feeds.len())
        }];
        for (number, feed) in self.feeds.iter().enumerate() {
            let (file, publisher) = (&feed.file, &feed.publisher);
            lines.push(match (publisher.as_str(), zh) {
                ("", _) => format!("  {number}: {file}"),
                (_, true) => format!("  {number}：{file}（{publisher}）"),
                (_, false) => format!("  {number}: {file} ({publisher})"),
            });
        }
        let counted = [
            (
                self.headway_trips,
                "个班次按发车间隔运行",
                "trips run by headway",
            ),
            (
                self.headways,
                "个发车间隔时段：按起始时刻、起始时刻＋间隔……的固定时刻发车计算",
                "bands of headways: headways are taken as departures at start, start + headway, …",
            ),
            (self.transfers, "条换乘规则", "transfer rules"),
            (self.pathways, "条站内通道", "pathways inside stations"),
            (
                self.joined_trips,
                "处乘客不下车的接续，已连成一个班次",
                "trips joined where riders stay seated",
            ),
            (
                self.filled_calls,
                "处空白时刻已按前后站间距离补全",
                "blank times filled by distance between their neighbors",
            ),
        ];
        for (count, words_zh, words_en) in counted {
            if count > 0 {
                lines.push(match zh {
                    true => format!("{count} {words_zh}"),
                    false => format!("{count} {words_en}"),
                });
            }
        }
        let doubtful = [
            (
                &self.too_fast_trips,
                "个班次在某处快于每小时 200 公里，请核对站点位置与时刻",
                "trips faster than 200 km/h somewhere; check places and times",
            ),
            (
                &self.repeated_orders,
                "个班次的停靠顺序号有重复，按文件中的先后采用",
                "trips of which two calls have one order number, taken in the order of the file",
            ),
            (
                &self.off_platforms,
                "个班次停靠在车站或出入口而不是站台，按原样采用",
                "trips that call at a station or entrance instead of a platform, taken as they are",
            ),
            (
                &self.unknown_kinds,
                "条线路没有写明种类（route_type：地铁 1、公交 3 等），按原样采用",
                "routes that do not say what runs on them (route_type: 1 metro, 3 bus), taken as \
                 they are",
            ),
            (
                &self.unplaced_stops,
                "个站点没有可用的坐标，不能步行到达",
                "stops without a usable position, which nobody can walk to",
            ),
        ];
        for (examples, words_zh, words_en) in doubtful {
            if examples.count > 0 {
                let words = if zh { words_zh } else { words_en };
                let (count, first) = (examples.count, examples.text(language));
                lines.push(format!("! {count} {words}{first}"));
            }
        }
        for (fault, examples) in &self.left_out {
            let (count, first) = (examples.count, examples.text(language));
            let reason = fault.text(language);
            lines.push(match zh {
                true => format!("! 未采用 {count} 处：{reason}{first}"),
                false => format!("! {count} left out: {reason}{first}"),
            });
        }
        let files = [
            (self.stops, "stops.txt", "个站点", "stops"),
            (self.routes, "routes.txt", "条线路", "routes"),
            (self.trips, "trips.txt", "个班次", "trips"),
        ];
        for (Taken { rows, taken }, file, of_zh, of_en) in files {
            let lost = rows.saturating_sub(taken);
            if lost > 0 {
                let percent = 100.0 * lost as f64 / rows as f64;
                lines.push(match zh {
                    true => format!("! {file} 的 {rows} {of_zh}中，未采用 {lost}（{percent:.1}%）"),
                    false => {
                        format!("! {lost} of {rows} {of_en} of {file} left out ({percent:.1} %)")
                    }
                });
            }
        }
        lines
    }
}

impl Examples {
    /// The first of them in brackets.
    pub fn text(&self, language: Language) -> String {
        let places: Vec<String> = self.first.iter().map(|p| p.text(language)).collect();
        let more = if self.count > places.len() {
            " …"
        } else {
            ""
        };
        match language {
            Language::Zh => format!("（{}{more}）", places.join("；")),
            Language::En => format!(" ({}{more})", places.join("; ")),
        }
    }
}

impl Place {
    pub fn text(&self, language: Language) -> String {
        match (self, language) {
            (Place::Line { feed, file, line }, Language::Zh) => {
                format!("{feed} {file} 第 {line} 行")
            }
            (Place::Line { feed, file, line }, Language::En) => {
                format!("{feed}, {file}, line {line}")
            }
            (Place::Id(id), _) => id.clone(),
        }
    }
}

impl fmt::Display for FeedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.to_text(Language::En);
        lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
