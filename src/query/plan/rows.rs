use serde::Serialize;

use super::records::{Actual, Plans, Recorded};
use crate::{
    city::City,
    domain::{AreaCode, FigureKind, Period, PlanFigure, Reason, Title},
};

/// How what is so stands to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// Less than the target.
    Below,
    /// The target, or a lower limit or more.
    Reached,
    /// More than the target: whether that is wanted the plan does not say.
    Above,
    /// No more than the limit.
    Within,
    /// More than the limit.
    Exceeded,
}

/// One target with what is so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanRow {
    /// The code of the area; codes joined by `+` for several together; empty for the city.
    pub code: String,
    pub name: String,
    pub name_en: Option<String>,
    /// `city`, `group` or the level of the area.
    pub level: String,
    pub indicator: String,
    pub indicator_title: Title,
    pub target_year: i32,
    pub kind: FigureKind,
    pub target: i64,
    pub actual: Option<i64>,
    /// The year that `actual` stands for.
    pub actual_year: Option<i32>,
    /// The date, where it is known to the day.
    pub actual_date: Option<String>,
    /// Whether `actual` is a published figure, not a sum of the city's data.
    pub actual_published: bool,
    pub actual_source: Option<String>,
    /// The same in English; as it stands without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual_source_en: Option<String>,
    /// actual ÷ target (完成率)
    pub completion_share: Option<f64>,
    /// target − actual (差额): what is still to come.
    pub target_difference: Option<i64>,
    pub status: Option<PlanStatus>,
    /// Of the city's target of the same year and count.
    pub target_share_of_city: Option<f64>,
    /// Of the city's figure of the same year.
    pub actual_share_of_city: Option<f64>,
    /// Why `actual` is unknown.
    pub reason: Option<Reason>,
    pub source: String,
    /// The same in English; as it stands without it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source_en: String,
    pub source_date: String,
    pub confidence: String,
    /// A later document says otherwise.
    pub superseded: bool,
    /// Generated figures (合成).
    pub synthetic: bool,
}

impl PlanRow {
    /// Who says what is planned, in both languages.
    pub fn source_title(&self) -> Title {
        Title::of_source(&self.source, &self.source_en)
    }

    /// Who says what is so, in both languages; `None` where nobody is told.
    pub fn actual_source_title(&self) -> Option<Title> {
        let source = self
            .actual_source
            .as_deref()
            .filter(|told| !told.is_empty())?;
        let english = self.actual_source_en.as_deref().unwrap_or_default();
        Some(Title::of_source(source, english))
    }
}

pub(super) fn row_of(
    city: &City,
    plans: &Plans<'_>,
    recorded: &Recorded<'_>,
    period: Option<&Period>,
) -> PlanRow {
    let figure = &recorded.figure;
    let indicator = figure.indicator.as_str();
    let actual = plans.actual(&figure.areas, indicator, period);
    let reason = actual.as_ref().err().copied();
    let actual = actual.ok();
    let (name, level) = named(city, figure, period);
    let value = actual.as_ref().map(|actual| actual.value);
    let whole = match figure.areas.is_empty() {
        true => (None, None),
        false => (
            plans.planned(&[], indicator, figure.year),
            plans.actual(&[], indicator, period).ok(),
        ),
    };
    let share = |part: i64, whole: i64| (whole > 0).then(|| part as f64 / whole as f64);
    let same_year = |whole: &Actual| actual.as_ref().is_some_and(|a| a.year == whole.year);
    let whole_actual = whole.1.filter(same_year);
    let record = &recorded.stored.definition.record;
    // A figure that names the source of its whole set has the English of that too.
    let is_of_set =
        figure.source.is_empty() || (figure.source_en.is_empty() && figure.source == record.source);
    let (source, source_en) = match is_of_set {
        true => (record.source.clone(), record.source_en.clone()),
        false => (figure.source.clone(), figure.source_en.clone()),
    };
    PlanRow {
        code: figure.code(),
        name: name.zh,
        name_en: Some(name.en).filter(|name| !name.is_empty()),
        level,
        indicator: indicator.to_owned(),
        indicator_title: title_of(city, indicator),
        target_year: figure.year,
        kind: figure.kind,
        target: figure.value,
        actual: value,
        actual_year: actual.as_ref().map(|actual| actual.year),
        actual_date: actual.as_ref().map(|actual| actual.date.clone()),
        actual_published: actual.as_ref().is_some_and(|actual| actual.is_published),
        actual_source: actual.as_ref().map(|actual| actual.source.clone()),
        actual_source_en: actual
            .as_ref()
            .map(|actual| actual.source_en.clone())
            .filter(|english| !english.is_empty()),
        completion_share: value.and_then(|value| share(value, figure.value)),
        target_difference: value.map(|value| figure.value - value),
        status: value.map(|value| status(figure.kind, figure.value, value)),
        target_share_of_city: whole.0.and_then(|whole| share(figure.value, whole)),
        actual_share_of_city: value
            .zip(whole_actual)
            .and_then(|(value, whole)| share(value, whole.value)),
        reason,
        source,
        source_en,
        source_date: figure.date.clone(),
        confidence: figure.confidence.clone(),
        superseded: recorded.superseded,
        synthetic: record.synthetic,
    }
}

fn status(kind: FigureKind, target: i64, value: i64) -> PlanStatus {
    match (kind, value.cmp(&target)) {
        (FigureKind::AtMost, std::cmp::Ordering::Greater) => PlanStatus::Exceeded,
        (FigureKind::AtMost, _) => PlanStatus::Within,
        (_, std::cmp::Ordering::Less) => PlanStatus::Below,
        (FigureKind::AtLeast, _) | (_, std::cmp::Ordering::Equal) => PlanStatus::Reached,
        _ => PlanStatus::Above,
    }
}

/// What the areas of a figure are called, and their level.
fn named(city: &City, figure: &PlanFigure, period: Option<&Period>) -> (Title, String) {
    let find = |code: &AreaCode| city.areas().find(city, code.as_str(), period);
    let given = Some(&figure.name).filter(|name| !name.zh.is_empty());
    match &figure.areas[..] {
        [] => (city.title(), "city".into()),
        [code] => {
            let area = find(code);
            let own = area.map(|area| Title {
                zh: area.name.clone(),
                en: area.name_en.clone().unwrap_or_default(),
            });
            let name = own.or(given.cloned()).unwrap_or_else(|| Title {
                zh: code.to_string(),
                en: String::new(),
            });
            (name, area.map_or(String::new(), |a| a.level.to_string()))
        }
        several => {
            let joined = || {
                let names = several.iter().map(|code| match find(code) {
                    Some(area) => area.name.clone(),
                    None => code.to_string(),
                });
                Title {
                    zh: names.collect::<Vec<_>>().join("、"),
                    en: String::new(),
                }
            };
            (given.cloned().unwrap_or_else(joined), "group".into())
        }
    }
}

/// What a count is called.
pub(super) fn title_of(city: &City, indicator: &str) -> Title {
    let layers = city.catalog().layers().filter(|layer| !layer.is_area());
    let mut found = layers.filter_map(|layer| layer.attribute(indicator));
    let title = found.next().map(|attribute| attribute.title.clone());
    title.unwrap_or_else(|| Title {
        zh: indicator.to_owned(),
        en: indicator.to_owned(),
    })
}

/// The city first, then groups, then levels from the largest; then by code, count and year.
pub(super) fn sort(city: &City, rows: &mut [PlanRow]) {
    let levels = city.catalog().levels();
    let rank = |row: &PlanRow| match row.level.as_str() {
        "city" => 0,
        "group" => 1,
        level => {
            2 + levels
                .iter()
                .position(|l| *l == *level)
                .unwrap_or(levels.len())
        }
    };
    rows.sort_by(|a, b| {
        let key = |row: &PlanRow| {
            (
                rank(row),
                row.target_year,
                row.code.clone(),
                row.indicator.clone(),
                row.source_date.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_target_is_not_called_reached() {
        let of = |kind| [99, 100, 101].map(|value| status(kind, 100, value));
        use PlanStatus::{Above, Below, Exceeded, Reached, Within};
        assert_eq!(of(FigureKind::Target), [Below, Reached, Above]);
        assert_eq!(of(FigureKind::AtLeast), [Below, Reached, Reached]);
        assert_eq!(of(FigureKind::AtMost), [Within, Within, Exceeded]);
    }
}
