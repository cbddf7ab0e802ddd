use serde::{Deserialize, Deserializer, Serialize};

/// Names of a question: `primary_school,junior_school` in an address, a list in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Names(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    List(Vec<String>),
    Text(String),
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Names(match Written::deserialize(deserializer)? {
            Written::List(names) => names,
            Written::Text(text) => {
                let names = text.split([',', '，']).map(str::trim);
                names.filter(|n| !n.is_empty()).map(str::to_owned).collect()
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_an_address_and_from_json() {
        let wanted = Names(vec!["a".into(), "b".into()]);
        for text in [r#"["a", "b"]"#, r#""a,b""#, r#""a， b,""#] {
            assert_eq!(serde_json::from_str::<Names>(text).unwrap(), wanted);
        }
    }
}
