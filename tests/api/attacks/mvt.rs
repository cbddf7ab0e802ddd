/// Field number, number and bytes of each field of a protocol buffer.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let (mut number, mut length) = (0, 0);
        match tag & 7 {
            0 => number = varint(&mut bytes),
            1 => length = 8,
            5 => length = 4,
            _ => length = varint(&mut bytes) as usize,
        }
        let (own, rest) = bytes.split_at(length);
        all.push((tag >> 3, number, own));
        bytes = rest;
    }
    all
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// The numbers that the features of a vector tile carry, with their names.
pub fn tile_numbers(tile: &[u8]) -> Vec<(String, f64)> {
    let mut numbers = Vec::new();
    for (_, _, layer) in fields(tile).into_iter().filter(|field| field.0 == 3) {
        let layer = fields(layer);
        let of = |number: u64| layer.iter().filter(move |field| field.0 == number);
        let keys: Vec<String> = of(3)
            .map(|(_, _, key)| String::from_utf8_lossy(key).into_owned())
            .collect();
        let value = |bytes: &[u8]| {
            let (kind, number, bytes) = fields(bytes).into_iter().next()?;
            Some(match kind {
                2 => f64::from(f32::from_le_bytes(bytes.try_into().ok()?)),
                3 => f64::from_le_bytes(bytes.try_into().ok()?),
                4 | 5 => number as f64,
                6 => ((number >> 1) as i64 ^ -((number & 1) as i64)) as f64,
                _ => return None,
            })
        };
        let values: Vec<Option<f64>> = of(4).map(|(_, _, bytes)| value(bytes)).collect();
        for (_, _, feature) in of(2) {
            for (_, _, mut tags) in fields(feature).into_iter().filter(|field| field.0 == 2) {
                while !tags.is_empty() {
                    let (key, value) = (varint(&mut tags), varint(&mut tags));
                    if let Some(number) = values[value as usize] {
                        numbers.push((keys[key as usize].clone(), number));
                    }
                }
            }
        }
    }
    numbers
}
