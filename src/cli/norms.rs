use std::{path::Path, sync::Arc};

use super::{Failure, Refused, import::ImportArguments, now, say};
use crate::{
    city::City,
    definitions,
    domain::{Catalog, Language, NormError, NormSet, Title},
    store::{self, Definition, ImportRecord},
};

/// Brings norm sets of its own into a city, each in place of the one of the same id.
pub fn run(
    arguments: &ImportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    if arguments.files.is_empty() {
        return Err(Refused::because(
            "请写明文件：suitu import norms FILE.toml --city CITY",
            "name the file: suitu import norms FILE.toml --city CITY",
        ));
    }
    let store = store::open(&arguments.city, catalog.clone())?;
    let mut definitions: Vec<Definition> = Vec::new();
    for path in &arguments.files {
        let (set, text) = read(path, &catalog)?;
        if definitions.iter().any(|known| known.id == *set.id.as_str()) {
            let (file, id) = (path.display(), &set.id);
            return Err(Refused::because(
                format!("{file}：标准“{id}”出现两次；请改编号，或分开导入"),
                format!("{file}: a second set `{id}`; give it another id, or import it by itself"),
            ));
        }
        say(match language {
            Language::Zh => format!("{}：{}，{} 项", set.id, set.title.zh, set.items.len()),
            Language::En => format!("{}: {}, {} items", set.id, set.title.en, set.items.len()),
        })?;
        let file = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let items = set.items.len() as u64;
        let (source, source_en) = match arguments.source.is_empty() {
            true => (set.source, set.source_en),
            false => (arguments.source.clone(), String::new()),
        };
        definitions.push(Definition {
            kind: City::NORMS.into(),
            id: set.id.to_string(),
            text,
            record: ImportRecord {
                source,
                source_en,
                licence: arguments.licence.clone(),
                files: file.into_iter().collect(),
                imported_at: now(),
                read: items,
                kept: items,
                ..ImportRecord::default()
            },
        });
    }
    if arguments.dry_run {
        return say(match language {
            Language::Zh => "试运行：未写入任何内容",
            Language::En => "dry run: nothing was written",
        });
    }
    let number = store.put_definitions(&definitions)?;
    say(match language {
        Language::Zh => format!("已写入，版本 {number}"),
        Language::En => format!("written, version {number}"),
    })
}

/// A norm set with its text as TOML.
fn read(path: &Path, catalog: &Catalog) -> Result<(NormSet, String), Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{shown}: {e}"))?;
    let refused = |error: NormError| {
        let Title { zh, en } = error.told();
        Refused::because(format!("{shown}：{zh}"), format!("{shown}: {en}"))
    };
    match path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"))
    {
        true => {
            let set = NormSet::parse_json(&text, catalog).map_err(refused)?;
            let text = toml::to_string_pretty(&set)?;
            Ok((set, text))
        }
        false => {
            let set = NormSet::parse(&text, catalog).map_err(refused)?;
            Ok((set, text))
        }
    }
}

/// A norm set as a file to change.
pub fn template(name: Option<&str>, catalog: &Catalog) -> Result<String, Failure> {
    let name = name.unwrap_or(NormSet::DEFAULT);
    let set = catalog.norm_set(name).ok_or_else(|| {
        let known: Vec<&str> = catalog.norm_sets().map(|set| set.id.as_str()).collect();
        format!(
            "there is no norm set `{name}`; it is one of: {}",
            known.join(", ")
        )
    })?;
    Ok(definitions::norms_text(set, catalog))
}
