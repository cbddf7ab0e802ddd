use serde_json::{Map, Value as Json};

use super::EditError;
use crate::domain::{Attribute, AttributeType, Layer, Period, Value};

/// The largest count of one feature, and the longest text.
const MAX_COUNT: i64 = 1_000_000_000;
const MAX_LETTERS: usize = 2000;

/// Puts given values in place of those of a feature, in the order of the layer's attributes.
///
/// # Errors
/// An attribute that the layer does not have, or a value that is none of its.
pub(super) fn set_values(
    layer: &Layer,
    given: &Map<String, Json>,
    values: &mut [Value],
) -> Result<(), EditError> {
    for (key, value) in given {
        let Some(at) = layer.attribute_index(key) else {
            let known: Vec<&str> = layer.attributes.iter().map(|a| a.id.as_str()).collect();
            let known = known.join(", ");
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
        values[at] = read(attribute, value).ok_or_else(|| wrong(attribute, value))?;
    }
    Ok(())
}

fn read(attribute: &Attribute, value: &Json) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Missing);
    }
    match attribute.kind {
        AttributeType::Count => {
            let count = whole(value).filter(|count| (0..=MAX_COUNT).contains(count));
            count.map(Value::Integer)
        }
        AttributeType::Integer => whole(value).map(Value::Integer),
        AttributeType::Flag => match value {
            Json::Bool(flag) => Some(Value::Integer(i64::from(*flag))),
            other => whole(other)
                .filter(|n| matches!(n, 0 | 1))
                .map(Value::Integer),
        },
        AttributeType::Number => {
            let number = value.as_f64().filter(|number| number.is_finite());
            number.map(Value::Number)
        }
        AttributeType::Text => Some(Value::Text(text(value)?)),
        AttributeType::Date => {
            let period: Period = text(value)?.parse().ok()?;
            Some(Value::Text(period.to_string()))
        }
        AttributeType::Category => {
            let given = text(value)?;
            let mut codes = attribute.values.iter();
            let known = codes.find(|known| {
                let titles = [&known.code, &known.title.zh, &known.title.en];
                titles
                    .into_iter()
                    .chain(&known.aliases)
                    .any(|t| *t == given)
            });
            known.map(|known| Value::Text(known.code.clone()))
        }
    }
}

fn whole(value: &Json) -> Option<i64> {
    let number = value
        .as_f64()
        .filter(|n| n.fract() == 0.0 && n.abs() < 9e15);
    value.as_i64().or(number.map(|n| n as i64))
}

fn text(value: &Json) -> Option<String> {
    let text = value.as_str()?.trim();
    (text.chars().count() <= MAX_LETTERS).then(|| text.to_owned())
}

fn wrong(attribute: &Attribute, value: &Json) -> EditError {
    let (zh, en) = match attribute.kind {
        AttributeType::Count => ("非负整数".into(), "a whole number, 0 or more".into()),
        AttributeType::Integer => ("整数".into(), "a whole number".into()),
        AttributeType::Flag => ("是或否（true、false）".into(), "true or false".into()),
        AttributeType::Number => ("数字".into(), "a number".into()),
        AttributeType::Text => (
            "文字，不超过 2000 字".into(),
            "text of 2,000 letters at most".into(),
        ),
        AttributeType::Date => (
            "日期，如 2030、2030-06 或 2030-06-01".into(),
            "a date: 2030, 2030-06 or 2030-06-01".into(),
        ),
        AttributeType::Category => {
            let codes = attribute.values.iter();
            let codes: Vec<String> = codes
                .map(|v| format!("{}（{}）", v.code, v.title.zh))
                .collect();
            let plain: Vec<&str> = attribute.values.iter().map(|v| v.code.as_str()).collect();
            (
                format!("下列代码之一：{}", codes.join("、")),
                format!("one of {}", plain.join(", ")),
            )
        }
    };
    let shown: String = value.to_string().chars().take(60).collect();
    EditError::new(
        "values",
        format!(
            "字段 `{}`（{}）的值 {shown} 不对；应为{zh}",
            attribute.id, attribute.title.zh
        ),
        format!("`{}`: {shown} is not {en}", attribute.id),
    )
}
