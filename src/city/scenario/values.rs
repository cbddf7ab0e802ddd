use serde_json::{Map, Value as Json};

use super::EditError;
use crate::{
    domain::{Language, Layer, Value},
    import,
};

/// Puts given values in place of those of a feature, in the order of the layer's attributes; they are
/// checked as those of a file.
///
/// # Errors
/// An attribute that the layer does not have, or a value that is none of its.
pub(in crate::city) fn set_values(
    layer: &Layer,
    given: &Map<String, Json>,
    values: &mut [Value],
) -> Result<(), EditError> {
    for (key, value) in given {
        let Some(at) = layer.attribute_index(key) else {
            let known: Vec<&str> = layer.attributes.iter().map(|a| a.id.as_str()).collect();
            let known = known.join(", ");
            let key: String = key.chars().take(60).collect();
            return Err(EditError::new(
                "values",
                format!(
                    "图层“{}”没有字段 `{key}`；可用的字段：{known}",
                    layer.title.zh
                ),
                format!(
                    "layer {} has no attribute `{key}`; it has {known}",
                    layer.id
                ),
            ));
        };
        let attribute = &layer.attributes[at];
        values[at] = import::check_value(attribute, value).map_err(|refusal| {
            let said = |language| refusal.in_language(language);
            let (title, id) = (&attribute.title.zh, &attribute.id);
            EditError::new(
                "values",
                format!("字段 `{id}`（{title}）：{}", said(Language::Zh)),
                format!("`{id}`: {}", said(Language::En)),
            )
        })?;
    }
    Ok(())
}
