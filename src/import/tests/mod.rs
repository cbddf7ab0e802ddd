//! The room as a whole: files on disk in, tables and reports out.

mod features;
mod hostile;
mod real;
mod tables;

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{ImportError, Imported, ReadOptions, read};
use crate::domain::{Catalog, Layer};

/// A layer of the test's own.
fn layer(definition: &str) -> Layer {
    let name = "layer.toml";
    let catalog = Catalog::parse([(name, definition)]).expect("a layer that holds together");
    let layer = catalog.layers().next().expect("one layer");
    layer.as_ref().clone()
}

fn residences() -> Layer {
    layer(
        r##"
        id = "residences"
        kind = "residence"
        geometry = "point"
        level = "internal"
        title = { zh = "居住", en = "Residences" }
        zoom = { min = 0, max = 22, detail = 14 }
        style = { color = "#000000" }
        attributes = [
          { id = "usual_residents", type = "count", unit = "person", role = "population",
            title = { zh = "常住人口", en = "Usual residents" }, aliases = ["population"] },
          { id = "floor_area_m2", type = "number", unit = "m2", role = "weight",
            title = { zh = "建筑面积", en = "Floor area" } },
          { id = "name", type = "text", role = "name", title = { zh = "名称", en = "Name" } },
          { id = "kind", type = "category", title = { zh = "类别", en = "Kind" },
            values = [
              { code = "house", zh = "住宅", en = "House", aliases = ["民居"] },
              { code = "dorm", zh = "宿舍", en = "Dormitory" } ] },
          { id = "built", type = "date", title = { zh = "建成", en = "Built" } },
          { id = "gated", type = "flag", title = { zh = "封闭", en = "Gated" } },
        ]
        "##,
    )
}

fn districts() -> Layer {
    layer(
        r##"
        id = "districts"
        kind = "area"
        geometry = "polygon"
        level = "public"
        area_level = "district"
        title = { zh = "区", en = "Districts" }
        zoom = { min = 0, max = 22, detail = 0 }
        style = { color = "#000000" }
        attributes = [
          { id = "code", type = "text", role = "code", title = { zh = "代码", en = "Code" },
            aliases = ["ADMINCODE", "geo_code"] },
          { id = "name", type = "text", role = "name", title = { zh = "名称", en = "Name" } },
          { id = "usual_residents", type = "count", role = "population",
            title = { zh = "常住人口", en = "Usual residents" }, aliases = ["population"] },
        ]
        "##,
    )
}

/// Files in a folder of their own that goes away with the test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Files(tempfile::tempdir().expect("a folder"))
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }
}

fn read_one(path: &Path, layer: &Layer, crs: Option<&str>) -> Result<Imported, ImportError> {
    let options = ReadOptions {
        crs: crs.map(|crs| crs.parse().expect("a coordinate system")),
        ..ReadOptions::default()
    };
    read(&[path.to_owned()], layer, options)
}

/// Reads a text as a file of this name, in longitude and latitude.
fn read_text(name: &str, text: &str, layer: &Layer) -> Result<Imported, ImportError> {
    let files = Files::new();
    read_one(&files.put(name, text), layer, Some("EPSG:4490"))
}

fn reasons(imported: &Imported) -> Vec<String> {
    let listed = imported.report.refused.listed.iter();
    listed
        .map(|e| {
            let reason = e.reason.in_language(crate::domain::Language::En);
            format!("{} {}: {reason}", e.row, e.field.as_deref().unwrap_or("-"))
        })
        .collect()
}
