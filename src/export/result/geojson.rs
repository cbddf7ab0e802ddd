use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use super::table::ResultTable;
use crate::{domain::Value, export::layer::push_geometry};

/// A GeoJSON collection: one feature a row under the keys of the columns, `null` where undefined;
/// title and notes stand beside the features.
///
/// # Errors
/// What `out` says.
pub fn write_geojson(table: &ResultTable, mut out: impl Write) -> io::Result<()> {
    let notes: Vec<Json> = table
        .notes
        .iter()
        .map(|(label, text)| json!({"label": label, "text": text}))
        .collect();
    let (title, notes) = (json!(table.title), json!(notes));
    write!(
        out,
        "{{\"type\":\"FeatureCollection\",\"title\":{title},\"notes\":{notes},\"features\":["
    )?;
    let mut text = Vec::new();
    for (number, row) in table.rows.iter().enumerate() {
        text.clear();
        text.extend_from_slice(if number == 0 { b"\n" } else { b",\n" });
        text.extend_from_slice(b"{\"type\":\"Feature\",\"geometry\":");
        match table.geometries.as_ref().and_then(|all| all.get(number)) {
            Some(geometry) => push_geometry(&mut text, geometry)?,
            None => text.extend_from_slice(b"null"),
        }
        let properties: Map<String, Json> = table
            .columns
            .iter()
            .zip(row)
            .map(|(column, value)| (column.key.clone(), to_json(value)))
            .collect();
        text.extend_from_slice(b",\"properties\":");
        serde_json::to_writer(&mut text, &properties)?;
        text.push(b'}');
        out.write_all(&text)?;
    }
    out.write_all(b"\n]}\n")
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Missing => Json::Null,
        other => json!(other),
    }
}

#[cfg(test)]
mod tests {
    use geo::point;

    use super::*;
    use crate::export::result::text::tests::sample;

    #[test]
    fn rows_become_features_in_order() {
        let mut table = sample();
        table.geometries = Some(vec![point!(x: 113.3, y: 23.1).into()]);
        let mut out = Vec::new();
        write_geojson(&table, &mut out).unwrap();
        let read: geojson::FeatureCollection =
            String::from_utf8(out).unwrap().parse().expect("GeoJSON");
        assert_eq!(read.features.len(), 2);
        let property = |at: usize, key: &str| read.features[at].property(key).cloned();
        assert_eq!(property(0, "code"), Some(json!("440106")));
        assert_eq!(property(0, "usual_residents"), Some(json!(2_241_826)));
        assert_eq!(property(1, "usual_residents"), Some(json!(0)));
        assert_eq!(property(1, "share_covered"), Some(Json::Null));
        assert_eq!(property(1, "reason"), Some(json!("no_population")));
        assert!(read.features[0].geometry.is_some() && read.features[1].geometry.is_none());
    }
}
