//! Reports to hand in.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};
use serde::{Deserialize, Serialize};

use super::{ApiError, AppState, Asker, Document, answers::Form, asked::asked};
use crate::{
    city::City,
    domain::{Language, LayerId, Period, Title, Watermark},
    query::{Limits, Names, QueryError, areas_within},
    reports::{self, Choices, Format, Kind, PrintError, Question, RenderError, Reporter},
};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// The code of an area; the whole city without one.
    #[serde(default)]
    area: Option<String>,
    /// Every area of a level, in one archive.
    #[serde(default)]
    level: Option<String>,
    #[serde(default)]
    period: Option<Period>,
    #[serde(default)]
    caliber: Option<String>,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    lang: Language,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    norms: Option<LayerId>,
    #[serde(default)]
    services: Option<Names>,
    #[serde(default)]
    sites: Option<usize>,
    #[serde(default)]
    rules: Option<String>,
    #[serde(default)]
    thresholds: Option<String>,
}

impl ReportQuery {
    /// # Errors
    /// Thresholds that are none.
    fn question(&self, kind: Kind, watermark: Option<Watermark>) -> Result<Question, QueryError> {
        let thresholds = self.thresholds.as_deref();
        let thresholds = thresholds.map(Choices::read_thresholds).transpose()?;
        Ok(Question {
            kind,
            area: self.area.clone(),
            period: self.period.clone(),
            caliber: self.caliber.clone(),
            lang: self.lang,
            choices: Choices {
                by: self.by.clone(),
                norms: self.norms.clone(),
                services: self.services.clone(),
                sites: self.sites,
                rules: self.rules.clone(),
                thresholds: thresholds.unwrap_or_default(),
            },
            watermark,
        })
    }
}

/// A report as a file to keep or print (报告).
#[utoipa::path(get, path = "/api/reports/{kind}", tag = "questions",
    params(("kind" = String, Path, description = "job-housing, station-catchment, service-gap or zoning"),
           ("area" = Option<String>, Query, description = "the code of an area; the whole city without it"),
           ("level" = Option<String>, Query, description = "instead: a report for every area of this level, as a ZIP archive"),
           ("period" = Option<String>, Query, description = "reference date"),
           ("caliber" = Option<String>, Query, description = "the population attribute"),
           ("by" = Option<String>, Query, description = "service-gap, zoning: the level of the rows; one that fits on paper without it"),
           ("norms" = Option<String>, Query, description = "service-gap: the norm set"),
           ("services" = Option<String>, Query, description = "service-gap: items of the norm set, with commas; all of them without it"),
           ("sites" = Option<usize>, Query, description = "service-gap: how many new sites are proposed for a service, 0 to 20; 3 without it"),
           ("rules" = Option<String>, Query, description = "zoning: the id of a rule set"),
           ("thresholds" = Option<String>, Query, description = "zoning: other thresholds than those of the rules, as disperse.1:20000,improve.2:0.1"),
           ("format" = Option<String>, Query, description = "html (default), docx, xlsx or pdf"),
           ("lang" = Option<String>, Query, description = "zh or en")),
    responses((status = 200, description = "the file", content_type = "application/octet-stream"),
              (status = 503, description = "the machine has no printer of PDF; the other formats are there")))]
pub async fn find_report(
    State(state): State<AppState>,
    asker: Asker,
    Path(kind): Path<String>,
    question: Result<Query<ReportQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let question = asked(question)?;
    let kind: Kind = kind.parse().map_err(|_| ApiError::NotFound {
        what: "report",
        name: kind.chars().take(64).collect(),
    })?;
    let field = |field, problem: &str| {
        ApiError::from(QueryError::Field {
            field,
            problem: problem.to_owned(),
        })
    };
    let format: Format = match &question.format {
        None => Format::default(),
        Some(text) => text.parse().map_err(|e: String| field("format", &e))?,
    };
    if question.area.is_some() && question.level.is_some() {
        return Err(field("level", "give an area or a level, not both"));
    }
    let form = Form::of_file(&asker);
    state
        .ask(asker, question, form.clone(), move |city, asked, limits| {
            let question = asked.question(kind, form.watermark)?;
            match &asked.level {
                None => one(city, &question, format, limits),
                Some(level) => all(city, &question, level, format, limits),
            }
        })
        .await
}

fn one(
    city: &City,
    question: &Question,
    format: Format,
    limits: &Limits,
) -> Result<Document, ApiError> {
    let report = Reporter::new(city, question, limits)?.report(limits)?;
    limits.step("写成文件", "writing the file");
    let bytes = render(&report, format, limits)?;
    let title = named(both(&report.document.title), question);
    Ok(Document::file(
        bytes,
        format.media_type(),
        &title,
        format.extension(),
        question.lang,
    ))
}

fn all(
    city: &City,
    question: &Question,
    level: &str,
    format: Format,
    limits: &Limits,
) -> Result<Document, ApiError> {
    let areas = areas_within(city, level, None, question.period.as_ref())?;
    if areas.is_empty() {
        return Err(ApiError::from(QueryError::Field {
            field: "level",
            problem: format!("there are no areas of level `{level}`"),
        }));
    }
    let reporter = Reporter::new(city, question, &limits.part())?;
    limits.step("逐个单元写成文件", "writing a file for each area");
    let mut archive = reports::Archive::new();
    for (number, area) in areas.iter().enumerate() {
        limits.check()?;
        limits.progress(number as u64, areas.len() as u64);
        let report = reporter.of_area(Some(area.code.as_str()), &limits.part())?;
        let bytes = render(&report, format, limits)?;
        let name = reports::file_name(&format!("{} {}", area.code, report.document.title));
        archive
            .add(&format!("{name}.{format}"), &bytes, &report.dated)
            .map_err(internal)?;
    }
    let bytes = archive.finish().map_err(internal)?;
    let (kind, layer) = (question.kind.title(), city.catalog().area_layer(level));
    let layer = layer.map(|layer| layer.title.clone()).unwrap_or_default();
    let title = Title {
        zh: format!("{}_{}", layer.zh, kind.zh),
        en: format!("{}_{}", layer.en, kind.en),
    };
    Ok(Document::file(
        bytes,
        "application/zip",
        &named(title, question),
        "zip",
        question.lang,
    ))
}

fn render(report: &reports::Report, format: Format, limits: &Limits) -> Result<Vec<u8>, ApiError> {
    reports::render(report, format, limits).map_err(|error| match error {
        RenderError::Print(PrintError::Stopped(stopped)) => stopped.into(),
        RenderError::Print(missing @ PrintError::NoPrinter) => {
            ApiError::NotReady(missing.to_string())
        }
        font @ RenderError::NoFont => ApiError::NotReady(font.to_string()),
        other => internal(other),
    })
}

fn internal(error: impl std::fmt::Display) -> ApiError {
    ApiError::Internal(error.to_string())
}

/// What a file is called: with who takes it away, where that stands on files.
fn named(title: Title, question: &Question) -> Title {
    let watermark = question.watermark.as_ref();
    watermark.map_or(title.clone(), |mark| mark.after(&title))
}

/// The title of a file in the language that it is in.
fn both(title: &str) -> Title {
    Title {
        zh: title.to_owned(),
        en: title.to_owned(),
    }
}
