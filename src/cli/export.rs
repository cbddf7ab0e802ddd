use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Failure, now, open};
use crate::{
    definitions,
    domain::{Catalog, Language, Period},
    export::{self, Format, TemplateFormat},
    query::{self, FileOf},
    store::{Home, geopackage::GeoPackage},
};

#[derive(Debug, clap::Args)]
pub struct ExportArguments {
    /// The layer to write.
    pub(super) layer: String,
    #[arg(long, env = "SUITU_CITY", value_name = "CITY", hide_env_values = true)]
    pub(super) city: Home,
    /// geojson, geojsonl, flatgeobuf, gpkg, shapefile, csv or xlsx; found out from the name of the
    /// file where it is not given.
    #[arg(long)]
    format: Option<Format>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The newest state at or before this date.
    #[arg(long)]
    period: Option<Period>,
    /// Only features that meet this CQL2 condition, e.g. "jobs > 100 AND sector = 'C'".
    #[arg(long = "where", value_name = "CQL2")]
    condition: Option<String>,
}

/// Writes a layer as a file; nothing is left behind on failure.
pub fn run(
    arguments: &ExportArguments,
    catalog: Arc<Catalog>,
    language: Language,
) -> Result<(), Failure> {
    let out = &arguments.out;
    let shown = out.display();
    let format = match arguments.format {
        Some(format) => format,
        None => {
            let extension = out.extension().and_then(|e| e.to_str()).unwrap_or_default();
            extension.parse()?
        }
    };
    let (_, city) = open(&arguments.city, &catalog)?;
    let loaded = query::layer_state(&city, &arguments.layer, arguments.period.as_ref())?;
    let filter = query::condition(loaded, arguments.condition.as_deref())?;
    let at = now();
    let done = write_whole(out, |file| {
        Ok(query::write_layer(
            &city,
            loaded,
            &FileOf {
                format,
                language,
                filter: filter.as_ref(),
                exported_at: &at,
                watermark: None,
            },
            file,
        )?)
    })?;
    let features = done.features;
    match language {
        Language::Zh => println!("{shown}：{features} 个要素"),
        Language::En => println!("{shown}: {features} features"),
    }
    for loss in &done.losses {
        eprintln!("{}", loss.text(language));
    }
    Ok(())
}

#[derive(Debug, clap::Args)]
pub struct TemplateArguments {
    /// The layer that the table is for; `lines`, `targets`, `norms`, or `zoning` for rules to edit.
    pub(super) layer: String,
    /// Of `norms`: which set; public_services without it.
    id: Option<String>,
    /// The workbook to write; of `norms` and `zoning` a TOML file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Writes an empty workbook to fill.
pub fn template(
    arguments: &TemplateArguments,
    catalog: &Catalog,
    language: Language,
) -> Result<(), Failure> {
    if arguments.layer == "norms" {
        check_ending(&arguments.out, &["toml"])?;
        let text = super::norms::template(arguments.id.as_deref(), catalog)?;
        write_whole(&arguments.out, |file| {
            Ok(std::io::Write::write_all(file, text.as_bytes())?)
        })?;
    } else if let Some(id) = &arguments.id {
        return Err(format!("`{id}`: only norms have sets; leave it out").into());
    } else if arguments.layer == "zoning" {
        check_ending(&arguments.out, &["toml"])?;
        let text = definitions::zoning_rules_text();
        write_whole(&arguments.out, |file| {
            Ok(std::io::Write::write_all(file, text.as_bytes())?)
        })?;
    } else if arguments.layer == "targets" {
        let table = crate::import::figure_columns();
        let format = template_format(&arguments.out)?;
        write_whole(&arguments.out, |file| {
            Ok(export::write_table_template(
                &table, catalog, language, format, file,
            )?)
        })?;
    } else if arguments.layer == "lines" {
        let table = definitions::line_rows_to_fill();
        let format = template_format(&arguments.out)?;
        write_whole(&arguments.out, |file| {
            Ok(export::write_table_template(
                &table, catalog, language, format, file,
            )?)
        })?;
    } else {
        let layer = super::layer(catalog, &arguments.layer)?;
        let format = template_format(&arguments.out)?;
        write_whole(&arguments.out, |file| {
            Ok(export::write_template(
                layer, catalog, language, format, file,
            )?)
        })?;
    }
    println!("{}", arguments.out.display());
    Ok(())
}

/// The format that the name of a template's file ends with.
fn template_format(out: &Path) -> Result<TemplateFormat, Failure> {
    match check_ending(out, &["xlsx", "csv"])? {
        "csv" => Ok(TemplateFormat::Csv),
        _ => Ok(TemplateFormat::Xlsx),
    }
}

/// Which of the endings a file's name has, so that nothing is written under a name that says else.
fn check_ending<'e>(out: &Path, endings: &[&'e str]) -> Result<&'e str, Failure> {
    let ending = out.extension().unwrap_or_default().to_string_lossy();
    let found = endings.iter().find(|e| ending.eq_ignore_ascii_case(e));
    found.copied().ok_or_else(|| {
        let shown = out.display();
        let known = endings.join(" or .");
        format!("{shown}: let the name end with .{known}, which is what is written").into()
    })
}

/// Writes beside the file and renames, so that a failure leaves what was there.
pub(super) fn write_whole<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let shown = path.display();
    if GeoPackage::is_city(path) {
        return Err(format!("{shown} is a city of Suitu; write to another file").into());
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any other new file: what the umask allows.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder
        .tempfile_in(&folder)
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut buffered = BufWriter::new(file.as_file());
    let done = write(&mut buffered)?;
    std::io::Write::flush(&mut buffered)?;
    drop(buffered);
    file.persist(path).map_err(|e| format!("{shown}: {e}"))?;
    Ok(done)
}
