use std::sync::Arc;

use super::{Failure, Refused, import::ImportArguments, now};
use crate::{
    city::City,
    domain::{Catalog, Language, NormSet, zoning::ZoningRules},
    query::ZONING_KIND,
    store::{self, Definition, ImportRecord, Store},
};

/// Brings rules of layout classes into a city, as its own.
pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let store = store::open(&arguments.city, catalog.clone())?;
    let known = store.definitions()?;
    let mut definitions: Vec<Definition> = Vec::new();
    for file in &arguments.files {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|e| format!("{shown}: {e}"))?;
        let text = text.trim_start_matches('\u{feff}').to_owned();
        let rules = ZoningRules::from_toml(&shown, &text).map_err(|error| Refused(error.told()))?;
        let norm_set = |id: &str| {
            let own = known.iter().map(|stored| &stored.definition);
            let mut own = own.filter(|d| d.kind == City::NORMS && d.id == id);
            let own = own.find_map(|d| NormSet::parse(&d.text, &catalog).ok());
            own.map(Arc::new).or_else(|| catalog.norm_set(id).cloned())
        };
        rules
            .check_names(&shown, &catalog, norm_set)
            .map_err(|error| Refused(error.told()))?;
        let is_there = known.iter().map(|stored| &stored.definition);
        let mut is_there = is_there.chain(&definitions);
        if is_there.any(|d| d.kind == ZONING_KIND && d.id == rules.id) && !arguments.replace {
            let id = &rules.id;
            return Err(Refused::because(
                format!("{shown}：本市已有规则“{id}”；加 --replace 以此替换"),
                format!(
                    "{shown}: the city has rules `{id}` of its own already; say --replace to put \
                     these in their place"
                ),
            ));
        }
        let (classes, criteria) = (rules.classes.len(), rules.criteria().len());
        match language {
            Language::Zh => println!(
                "规则 {}：{}，{classes} 类，{criteria} 个条件",
                rules.id, rules.title.zh
            ),
            Language::En => println!(
                "rules {}: {}, {classes} classes, {criteria} criteria",
                rules.id, rules.title.en
            ),
        }
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let (source, source_en) = match arguments.source.is_empty() {
            true => (rules.source, rules.source_en),
            false => (arguments.source.clone(), String::new()),
        };
        definitions.push(Definition {
            kind: ZONING_KIND.into(),
            id: rules.id.clone(),
            text,
            record: ImportRecord {
                source,
                source_en,
                licence: arguments.licence.clone(),
                files: name.into_iter().collect(),
                imported_at: now(),
                read: criteria as u64,
                kept: criteria as u64,
                ..ImportRecord::default()
            },
        });
    }
    written(&*store, &definitions, arguments.dry_run, language)
}

/// Writes definitions and says so.
pub(super) fn written(
    store: &dyn Store,
    definitions: &[Definition],
    dry_run: bool,
    language: Language,
) -> Result<(), Failure> {
    if dry_run {
        match language {
            Language::Zh => println!("试运行：未写入任何内容"),
            Language::En => println!("dry run: nothing was written"),
        }
        return Ok(());
    }
    let number = store.put_definitions(definitions)?;
    match language {
        Language::Zh => println!("已写入，版本 {number}"),
        Language::En => println!("written, version {number}"),
    }
    Ok(())
}
