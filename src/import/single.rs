//! Values that come one by one, from a form or a program, are checked as those of a file.

use serde_json::Value as Json;

use super::{
    Refusal,
    identity::holds_identity_number,
    raw::Cell,
    value::{Checked, Checker},
};
use crate::domain::{Attribute, Value};

/// A value of an attribute from JSON; `null` is missing.
///
/// # Errors
/// What an import would refuse in a row: a value of another type or range, none where one is
/// required, or an identity number (公民身份号码).
pub fn check_value(attribute: &Attribute, given: &Json) -> Result<Value, Refusal> {
    let cell = match given {
        Json::Null => Cell::Empty,
        Json::Bool(flag) => Cell::Flag(*flag),
        Json::String(text) => Cell::Text(text),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Cell::Integer(whole),
            None => Cell::Number(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::Array(_) => Cell::Unreadable("a list"),
        Json::Object(_) => Cell::Unreadable("an object"),
    };
    if holds_identity_number(&cell) {
        return Err(Refusal::IdentityNumber);
    }
    Ok(match Checker::new(attribute).check(cell, &mut |_| ())? {
        Checked::Missing => Value::Missing,
        Checked::Integer(whole) => Value::Integer(whole),
        Checked::Number(number) => Value::Number(number),
        Checked::Text(text) => Value::Text(text.into_owned()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::definitions;

    #[test]
    fn a_value_is_read_as_from_a_file() {
        let catalog = definitions::read_catalog(None).expect("sound definitions");
        let check = |layer: &str, attribute: &str, given: Json| {
            let layer = catalog.layer(layer).expect("a layer");
            check_value(layer.attribute(attribute).expect("an attribute"), &given)
        };
        let seats = |given: Json| check("schools", "seats_primary", given);
        assert_eq!(seats(json!(450)), Ok(Value::Integer(450)));
        assert_eq!(seats(json!("1,450")), Ok(Value::Integer(1450)));
        assert_eq!(seats(json!(null)), Ok(Value::Missing));
        assert_eq!(seats(json!(-1)), Err(Refusal::Negative("-1".into())));
        assert_eq!(check("schools", "name", json!("a\0b")), Err(Refusal::Nul));
        assert!(matches!(seats(json!(1.5)), Err(Refusal::NotWhole(_))));
        assert!(matches!(seats(json!([1])), Err(Refusal::Unreadable(_))));
        let sector = check("workplaces", "sector", json!("金融业"));
        assert_eq!(sector, Ok(Value::Text("J".into())));
        let code = check("districts", "code", json!(null));
        assert_eq!(code, Err(Refusal::Required));
        // A valid number of nobody: GB 11643 gives it as its example.
        let name = check("schools", "name", json!("张三 11010519491231002X"));
        assert_eq!(name, Err(Refusal::IdentityNumber));
    }
}
