use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, export::write_whole, open, say};
use crate::{
    city::City,
    domain::{Catalog, Language, LayerId, Period},
    query::{Limits, Names, areas_within},
    reports::{self, Choices, Format, Kind, Question, Reporter, TextCheck, Verification},
    store::Home,
};

#[derive(Debug, clap::Args)]
pub struct ReportArguments {
    /// job-housing, station-catchment, service-gap or zoning.
    #[arg(required_unless_present = "verify", conflicts_with = "verify")]
    pub(super) kind: Option<Kind>,
    #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
    pub(super) city: Home,
    /// The code of an area; the whole city without it.
    #[arg(long)]
    area: Option<String>,
    /// A report for every area of this level; `--out` is a folder then.
    #[arg(long, conflicts_with = "area")]
    level: Option<String>,
    /// pdf, docx, xlsx or html; found out from the name of the file where it is not given.
    #[arg(long)]
    format: Option<Format>,
    /// The file to write; with `--level` the folder to write into.
    #[arg(long, value_name = "FILE", required_unless_present = "verify")]
    out: Option<PathBuf>,
    /// The newest state at or before this date.
    #[arg(long)]
    period: Option<Period>,
    /// The population attribute.
    #[arg(long)]
    caliber: Option<String>,
    /// service-gap, zoning: the level of the rows; one that fits on paper without it.
    #[arg(long, value_name = "LEVEL")]
    by: Option<String>,
    /// service-gap: the norm set.
    #[arg(long)]
    norms: Option<LayerId>,
    /// service-gap: items of the norm set, with commas between; all of them without it.
    #[arg(long, value_delimiter = ',')]
    services: Vec<String>,
    /// service-gap: how many new sites are proposed for a service; 3 without it, none with 0.
    #[arg(long)]
    sites: Option<usize>,
    /// zoning: the id of a rule set.
    #[arg(long)]
    rules: Option<String>,
    /// zoning: other thresholds than those of the rules, as disperse.1:20000,improve.2:0.1.
    #[arg(long, value_name = "KEY:NUMBER,…")]
    thresholds: Option<String>,
    /// Of this scenario (方案) instead of the city as it is; a check finds it in the file.
    #[arg(long, value_name = "ID", conflicts_with = "verify")]
    scenario: Option<u64>,
    /// Computes the report of a file again: says same, or what differs.
    #[arg(long, value_name = "FILE")]
    verify: Option<PathBuf>,
}

pub fn run(
    arguments: &ReportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let (store, base) = open(&arguments.city, &catalog)?;
    if let Some(file) = &arguments.verify {
        return check(&base, file, language);
    }
    let (Some(kind), Some(out)) = (arguments.kind, &arguments.out) else {
        return Err("say which report and where to write it: suitu report KIND --out FILE".into());
    };
    let question = Question {
        kind,
        area: arguments.area.clone(),
        period: arguments.period.clone(),
        caliber: arguments.caliber.clone(),
        lang: language,
        choices: choices(arguments)?,
        watermark: None,
    };
    let city = match arguments.scenario {
        None => Arc::new(base),
        Some(id) => super::scenario::city_of(store, &base, id)?,
    };
    match &arguments.level {
        None => one(&city, &question, arguments.format, out),
        Some(level) => all(&city, &question, level, arguments.format, out),
    }
}

fn choices(arguments: &ReportArguments) -> Result<Choices, Failure> {
    let thresholds = arguments.thresholds.as_deref();
    let thresholds = thresholds.map(Choices::read_thresholds).transpose()?;
    let services = arguments.services.clone();
    Ok(Choices {
        by: arguments.by.clone(),
        norms: arguments.norms.clone(),
        services: (!services.is_empty()).then_some(Names(services)),
        sites: arguments.sites,
        rules: arguments.rules.clone(),
        thresholds: thresholds.unwrap_or_default(),
    })
}

fn one(
    city: &City,
    question: &Question,
    format: Option<Format>,
    out: &Path,
) -> Result<(), Failure> {
    let format = match format {
        Some(format) => format,
        None => {
            let extension = out.extension().and_then(|e| e.to_str()).unwrap_or_default();
            extension.parse()?
        }
    };
    let limits = Limits::generous();
    let report = Reporter::new(city, question, &limits)?.report(&limits)?;
    let bytes = reports::render(&report, format, &limits)?;
    write_whole(out, |file| Ok(file.write_all(&bytes)?))?;
    say(format!("{}: {}", out.display(), report.document.title))
}

/// One file for each area of a level, named by code and title.
fn all(
    city: &City,
    question: &Question,
    level: &str,
    format: Option<Format>,
    folder: &Path,
) -> Result<(), Failure> {
    let format = format.ok_or("say which format: --format pdf, docx, xlsx or html")?;
    let areas = areas_within(city, level, None, question.period.as_ref())?;
    if areas.is_empty() {
        return Err(format!("there are no areas of level `{level}`").into());
    }
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let limits = Limits::generous();
    let bar = ProgressBar::new(areas.len() as u64);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let reporter = Reporter::new(city, question, &limits)?;
    for area in areas {
        bar.set_message(area.name.clone());
        let report = reporter.of_area(Some(area.code.as_str()), &limits)?;
        let bytes = reports::render(&report, format, &limits)?;
        let name = reports::file_name(&format!("{} {}", area.code, report.document.title));
        let path = folder.join(format!("{name}.{format}"));
        write_whole(&path, |file| Ok(file.write_all(&bytes)?))?;
        say(path.display())?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// As many differences as a screen holds.
const MOST_DIFFERENCES: usize = 40;

fn check(city: &City, file: &Path, language: Language) -> Result<(), Failure> {
    let shown = file.display();
    let bytes = fs::read(file).map_err(|e| format!("{shown}: {e}"))?;
    let found =
        reports::verify(city, &bytes, &Limits::generous()).map_err(|e| format!("{shown}: {e}"))?;
    let zh = language == Language::Zh;
    let Verification { seal, cells, .. } = &found;
    let versions = match (seal.data_version == found.data_version, zh) {
        (true, true) => format!("数据版本 {}", seal.data_version),
        (true, false) => format!("data version {}", seal.data_version),
        (false, true) => format!(
            "数据版本 {}，现为 {}",
            seal.data_version, found.data_version
        ),
        (false, false) => format!(
            "data version {}, now {}",
            seal.data_version, found.data_version
        ),
    };
    if let Some(scenario) = &seal.scenario {
        let (name, id, edits) = (&scenario.name, scenario.id, scenario.edits.len());
        say(match zh {
            true => format!("方案“{name}”（编号 {id}）：按文件内嵌的 {edits} 项编辑推算"),
            false => {
                format!("scenario “{name}” (no. {id}): made from the {edits} edits in the file")
            }
        })?;
    }
    if !found.is_intact {
        say(match zh {
            true => "文件内嵌的数值与其校验码不符：文件被改动过",
            false => "the numbers in the file are not those of its checksum: the file was changed",
        })?;
    }
    say_text(&found.text, zh)?;
    if found.is_same() {
        return say(match zh {
            true => format!(
                "相同：{} 张表 {cells} 个数值与重新计算的结果一致（{versions}）",
                seal.tables.len()
            ),
            false => format!(
                "same: {cells} values in {} tables are those computed now ({versions})",
                seal.tables.len()
            ),
        });
    }
    for difference in found.differences.iter().take(MOST_DIFFERENCES) {
        let parts = [&difference.table, &difference.row, &difference.column];
        let place: Vec<&str> = parts
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        say(format!(
            "{}: {} → {}",
            place.join(" · "),
            difference.was,
            difference.is
        ))?;
    }
    let count = found.differences.len();
    if count == 0 {
        return Err(match zh {
            true => format!("不同：文件被改动过（{versions}）"),
            false => format!("different: the file was changed ({versions})"),
        }
        .into());
    }
    Err(match zh {
        true => format!("不同：{count} 处（{versions}）"),
        false => format!("different: {count} places ({versions})"),
    }
    .into())
}

/// What is known of the text that readers see.
fn say_text(text: &TextCheck, zh: bool) -> Result<(), Failure> {
    let places = match text {
        TextCheck::Same => {
            return say(match zh {
                true => "正文、表格和单元格文字与重新生成的报告一致（图片未比较）",
                false => {
                    "the text, tables and cells are those of the report written anew (pictures are not compared)"
                }
            });
        }
        TextCheck::AsWritten => {
            return say(match zh {
                true => {
                    "文件写成后未改动；已核对其内嵌数值，显示的文字未与重新生成的报告比较（PDF，或数据版本、软件不同）"
                }
                false => {
                    "the file is as it was written; its sealed numbers are checked, the visible text is not compared with the report written anew (a PDF, or another data version or program)"
                }
            });
        }
        TextCheck::Changed(places) => places,
    };
    say(match zh {
        true => "文件显示的文字在写成后被改动过：",
        false => "the text of this file was changed after it was made:",
    })?;
    if places.is_empty() {
        return say(match zh {
            true => "（改动处无法指明）",
            false => "(where cannot be told)",
        });
    }
    for found in places.iter().take(MOST_DIFFERENCES) {
        let parts = [&found.place, &found.row].map(String::as_str);
        let place: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let (place, was, is) = (place.join(" · "), &found.was, &found.is);
        say(match zh {
            true => format!("{place}：文件为“{was}”，应为“{is}”"),
            false => format!("{place}: the file says “{was}”, the report “{is}”"),
        })?;
    }
    Ok(())
}
