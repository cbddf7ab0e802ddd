use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Numbers of a question: `300,500` in an address, a list in JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Numbers(pub Vec<f64>);

/// Numbers in their order, each once.
pub(super) fn each_once(numbers: &[f64]) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::with_capacity(numbers.len());
    for number in numbers {
        if !found.contains(number) {
            found.push(*number);
        }
    }
    found
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    List(Vec<f64>),
    One(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Numbers(match Written::deserialize(deserializer)? {
            Written::List(numbers) => numbers,
            Written::One(number) => vec![number],
            Written::Text(text) => {
                let number = |part: &str| part.trim().parse::<f64>();
                let numbers: Result<_, _> = text.split([',', '，']).map(number).collect();
                let problem = |_| D::Error::custom("write numbers with commas between: 300,500");
                numbers.map_err(problem)?
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_from_an_address_and_from_json() {
        let wanted = Numbers(vec![300.0, 500.0]);
        for text in [r#"[300, 500]"#, r#""300,500""#, r#""300， 500""#] {
            assert_eq!(serde_json::from_str::<Numbers>(text).unwrap(), wanted);
        }
        let one = serde_json::from_str::<Numbers>("15").unwrap();
        assert_eq!(one, Numbers(vec![15.0]));
        assert!(serde_json::from_str::<Numbers>(r#""300;""#).is_err());
    }

    #[test]
    fn what_is_said_twice_is_asked_once() {
        assert_eq!(each_once(&[500.0, 300.0, 500.0]), [500.0, 300.0]);
    }
}
