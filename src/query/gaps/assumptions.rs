use super::{GapsQuery, Rulers, network_figure};
use crate::{
    domain::{Figure, NormItem, NormSet, Title},
    query::Mode,
};

/// What an answer takes for granted, one sentence each.
pub(super) fn told(
    query: &GapsQuery,
    set: &NormSet,
    items: &[&NormItem],
    rulers: &Rulers<'_>,
) -> Vec<Title> {
    let mut told = Vec::new();
    let mut say = |zh: String, en: String| told.push(Title { zh, en });
    let titles = |items: &[&NormItem]| {
        let zh: Vec<&str> = items.iter().map(|item| item.title.zh.as_str()).collect();
        let en: Vec<&str> = items.iter().map(|item| item.title.en.as_str()).collect();
        (zh.join("、"), en.join(", "))
    };
    let with_rate = items.iter().filter(|item| item.enrolment_rate.is_some());
    let with_rate: Vec<&NormItem> = with_rate.copied().collect();
    if let (Some(rate), false) = (query.enrolment_rate, with_rate.is_empty()) {
        let (zh, en) = titles(&with_rate);
        say(
            format!("{zh}的入学率按提问取 {:.1}%", rate * 100.0),
            format!(
                "the share that comes is {:.1} % as asked: {en}",
                rate * 100.0
            ),
        );
    } else {
        let is_assumed = |item: &&&NormItem| {
            let figure = item.enrolment_rate.as_ref();
            figure.is_some_and(|figure| figure.assumption)
        };
        let assumed = with_rate.iter().filter(is_assumed).copied();
        let assumed: Vec<&NormItem> = assumed.collect();
        if !assumed.is_empty() {
            let (zh, en) = titles(&assumed);
            say(
                format!("{zh}的入学率按 100% 计（假设，可由本市设定）"),
                format!("all of the age group come (an assumption, the city may set it): {en}"),
            );
        }
        let is_open = |item: &&&NormItem| {
            let figure = item.enrolment_rate.as_ref();
            figure.is_some_and(Figure::set_by_city)
        };
        let open: Vec<&NormItem> = with_rate.iter().filter(is_open).copied().collect();
        if !open.is_empty() {
            let (zh, en) = titles(&open);
            say(
                format!("{zh}的入学率由本市设定：设定以前不计需求规模、缺口、富余与满足率"),
                format!(
                    "the share that comes is for the city to set: until then neither requirement, \
                     gap nor fulfilment is told of {en}"
                ),
            );
        }
    }
    let is_circled = |item: &&&NormItem| {
        item.walk.is_none() && network_figure(item).is_some_and(|(value, _)| value.is_some())
    };
    let circled: Vec<&NormItem> = items.iter().filter(is_circled).copied().collect();
    let has_network = rulers.metres.is_some() || rulers.minutes.is_some();
    if has_network && !circled.is_empty() {
        let (zh, en) = titles(&circled);
        say(
            format!("{zh}：标准未给步行距离，路网覆盖按服务半径沿路网量算"),
            format!("no walk is given, so the service radius is measured along the streets: {en}"),
        );
    }
    if has_network && !matches!(query.mode, None | Some(Mode::Walk)) {
        let mode = query
            .mode
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        say(
            format!("路网覆盖按出行方式 {mode} 量算，不是步行"),
            format!("coverage along the network is measured by {mode}, not on foot"),
        );
    }
    say(
        "各单元的需求分别取整，合计为各单元之和；一单元的富余不抵另一单元的缺口".into(),
        "needs are whole in each area and totals are their sums; the surplus of one area does not \
         make up for the shortfall of another"
            .into(),
    );
    let source = set.source_title();
    say(
        format!("标准：{}（{}）", set.title.zh, source.zh),
        format!("norms: {} ({})", set.title.en, source.en),
    );
    told
}
