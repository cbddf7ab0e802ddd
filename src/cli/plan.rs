use std::{path::Path, sync::Arc};

use super::{Failure, import::ImportArguments, now, zoning::written};
use crate::{
    city,
    domain::{AttributeId, AttributeType, Catalog, Language, PlanFigure},
    import::{self, FiguresRead, ReadOptions},
    query::{PLAN_KIND, check_plan},
    store::{self, Definition, ImportRecord},
};

/// How many refused rows are named.
const LISTED: usize = 20;

/// Brings tables of plan figures into a city; each file is kept under its name.
pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let store = store::open(&arguments.city, catalog.clone())?;
    let city = city::load(&*store, catalog.clone())?;
    let named = |name: &str| count_of(&catalog, name);
    let mut definitions: Vec<Definition> = Vec::new();
    for file in &arguments.files {
        let id = id_of(file)?;
        let is_there = city.definition(PLAN_KIND, &id).is_some()
            || definitions.iter().any(|other| other.id == id);
        if is_there && !arguments.replace {
            return Err(match language {
                Language::Zh => format!(
                    "城市中已有指标 {id}：用 --replace 替换，或另取文件名以便两者并存（同一指标以日期较晚者为准）"
                ),
                Language::En => format!(
                    "the city has figures `{id}` already; say --replace to put these in their \
                     place, or name the file otherwise to keep both: of two figures for the same, \
                     the one of the later date holds"
                ),
            }
            .into());
        }
        let options = ReadOptions {
            map: arguments.map.clone(),
            encoding: arguments.encoding.clone(),
            ..ReadOptions::default()
        };
        let FiguresRead { figures, report } =
            import::read_figures(std::slice::from_ref(file), named, options)?;
        println!("{}", report.to_text(&import::figure_columns(), language));
        let mut kept: Vec<PlanFigure> = Vec::new();
        let mut refused: Vec<String> = Vec::new();
        for ((name, row), figure) in figures {
            let checked = figure.and_then(|figure| {
                let check = check_plan(&city, &figure, &kept);
                check.map(|()| figure)
            });
            match checked {
                Ok(figure) => kept.push(figure),
                Err(fault) => {
                    let told = fault.told();
                    refused.push(match language {
                        Language::Zh => format!("  ! {name} 第 {row} 行：{}", told.zh),
                        Language::En => format!("  ! {name} row {row}: {}", told.en),
                    });
                }
            }
        }
        for line in refused.iter().take(LISTED) {
            println!("{line}");
        }
        if refused.len() > LISTED {
            println!("  ! … {}", refused.len() - LISTED);
        }
        if kept.is_empty() {
            return Err(match language {
                Language::Zh => "没有可保留的指标，未写入任何内容",
                Language::En => "no figure could be kept; nothing was written",
            }
            .into());
        }
        let lost = refused.len();
        match language {
            Language::Zh => println!("指标 {id}：保留 {} 条，另有 {lost} 条未采用", kept.len()),
            Language::En => println!("figures {id}: {} kept, {lost} more refused", kept.len()),
        }
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        definitions.push(Definition {
            kind: PLAN_KIND.into(),
            id,
            text: serde_json::to_string(&kept)?,
            record: ImportRecord {
                source: arguments.source.clone(),
                licence: arguments.licence.clone(),
                files: name.into_iter().collect(),
                imported_at: now(),
                read: report.read,
                kept: kept.len() as u64,
                refused: report.refused.count + lost as u64,
                ..ImportRecord::default()
            },
        });
    }
    written(&*store, &definitions, arguments.dry_run, language)
}

/// The name of a file without its ending, in the letters that an id has.
fn id_of(file: &Path) -> Result<String, Failure> {
    let stem = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    let stem = stem.split('.').next().unwrap_or_default();
    let kept: String = stem
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .take(64)
        .collect();
    match kept.is_empty() {
        true => Err(format!("{}: the file needs a name", file.display()).into()),
        false => Ok(kept),
    }
}

/// The count that is called so: by id, title or another heading of it.
fn count_of(catalog: &Catalog, name: &str) -> Option<AttributeId> {
    let plain = |text: &str| text.trim().to_lowercase();
    let wanted = plain(name);
    let layers = catalog.layers().filter(|layer| !layer.is_area());
    let counts = layers.flat_map(|layer| &layer.attributes);
    let mut counts = counts.filter(|attribute| attribute.kind == AttributeType::Count);
    let found = counts.find(|attribute| {
        let own = [
            attribute.id.as_str(),
            &attribute.title.zh,
            &attribute.title.en,
        ];
        let aliases = attribute.aliases.iter().map(String::as_str);
        own.into_iter()
            .chain(aliases)
            .any(|known| plain(known) == wanted)
    });
    found.map(|attribute| attribute.id.clone())
}
