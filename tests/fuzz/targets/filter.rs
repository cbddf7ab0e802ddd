//! A condition in CQL2: what is kept is the same by the trees and row by row, or it is refused.

#![no_main]

use std::sync::LazyLock;

use geo::Point;
use libfuzzer_sys::fuzz_target;
use suitu::{
    domain::{AttributeType, Period, Table, Value},
    index::{Filter, LayerIndex},
};
use suitu_fuzz::layer;

static HOMES: LazyLock<LayerIndex> = LazyLock::new(|| {
    let layer = layer("residences");
    let mut table = Table::for_layer(&layer);
    for n in 0..60_u32 {
        let values: Vec<Value> = layer
            .attributes
            .iter()
            .enumerate()
            .map(|(at, attribute)| match (n as usize + at) % 4 {
                0 => Value::Missing,
                _ => value(attribute.kind, n),
            })
            .collect();
        let place = Point::new(113.0 + f64::from(n) * 0.01, 23.0 + f64::from(n % 7) * 0.02);
        table.push(&format!("h{n}"), place.into(), &values);
    }
    let period: Period = "2020".parse().expect("a year");
    LayerIndex::build(layer, period, Vec::new(), &table)
});

fn value(kind: AttributeType, n: u32) -> Value {
    match kind {
        AttributeType::Count | AttributeType::Integer | AttributeType::Flag => {
            Value::Integer(i64::from(n % 2))
        }
        AttributeType::Number => Value::Number(f64::from(n) / 3.0),
        _ => Value::Text(format!("201{}-0{}", n % 10, 1 + n % 9)),
    }
}

fuzz_target!(|text: &str| {
    match Filter::parse(text, HOMES.layer(), HOMES.levels()) {
        Ok(filter) => {
            let kept = HOMES.iter_kept(&filter).count();
            assert!(kept <= 60);
            // It reads what it wrote.
            let again = Filter::parse(filter.text(), HOMES.layer(), HOMES.levels());
            assert_eq!(again.map(|again| HOMES.iter_kept(&again).count()), Ok(kept));
        }
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
});
