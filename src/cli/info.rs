use std::sync::Arc;

use super::{CityArgument, Failure, open, say};
use crate::{
    domain::{Catalog, Language},
    transit::schedule_from_bytes,
};

pub fn run(
    arguments: &CityArgument,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let (store, city) = open(&arguments.city, &catalog)?;
    let version = match language {
        Language::Zh => "数据版本",
        Language::En => "data version",
    };
    say(format_args!(
        "{} · {version} {}",
        city.title().in_language(language),
        city.version()
    ))?;
    for loaded in city.all_states() {
        let layer = loaded.layer();
        let sources: Vec<&str> = loaded.records.iter().map(|r| r.source.as_str()).collect();
        say(format_args!(
            "{:<16} {:<11} {:>9}  {}  {}",
            layer.id.as_str(),
            loaded.index.period().as_str(),
            loaded.index.features(),
            layer.title.in_language(language),
            sources.join("; ")
        ))?;
        for ((_, attribute), total) in layer.counts().zip(&loaded.index.sums().counts) {
            if total.missing < loaded.index.features() {
                say(format_args!(
                    "    {:<24} {:>14}  {}",
                    attribute.id.as_str(),
                    total.sum,
                    attribute.title.in_language(language)
                ))?;
            }
        }
    }
    for streets in city.all_streets() {
        let edges = streets.graph.edges().len();
        let (mode, title) = (&streets.rules.mode, &streets.rules.network);
        let title = title.in_language(language);
        let (period, source) = (&streets.period, &streets.record.source);
        say(format_args!(
            "{mode:<16} {period:<11} {edges:>9}  {title}  {source}"
        ))?;
    }
    if let Some(stored) = store.network("transit")? {
        let schedule = schedule_from_bytes(&stored.bytes)?;
        let title = match language {
            Language::Zh => "时刻表（班次）",
            Language::En => "Timetable (trips)",
        };
        say(format_args!(
            "{:<16} {:<11} {:>9}  {title}  {}",
            "transit",
            stored.period.as_str(),
            schedule.trips.len(),
            stored.record.source
        ))?;
    }
    for stored in city.matrices() {
        let title = match language {
            Language::Zh => format!("出行时间矩阵 {}（对）", stored.name),
            Language::En => format!("Travel-time matrix {} (pairs)", stored.name),
        };
        let matrix = &stored.matrix;
        let (from, to) = (&matrix.from.layer, &matrix.to.layer);
        say(format_args!(
            "{:<16} {:<11} {:>9}  {title}：{from} → {to}  {}",
            "matrix",
            stored.period.as_str(),
            matrix.pairs(),
            stored.record.source
        ))?;
    }
    for loaded in city.all_flows() {
        let (zh, en) = ("通勤流", "commuting flows");
        println!(
            "{:<16} {:<11} {:>9}  {}  {}",
            "flows",
            loaded.period.as_str(),
            loaded.flows.len(),
            match language {
                Language::Zh =>
                    format!("{zh}（{}）：{} 人", loaded.level, loaded.flows.commuters()),
                Language::En => format!("{en} ({}): {}", loaded.level, loaded.flows.commuters()),
            },
            loaded.record.source
        );
    }
    Ok(())
}
