use super::{
    needs::{Quarter, name},
    rng::Rng,
    sheet::Sheet,
};

/// Hospital beds and doctors for each thousand residents.
const BEDS: f64 = 5.6;
const DOCTORS: f64 = 3.4;
/// Beds of homes for each person aged 60 and over.
const CARE_BEDS: f64 = 0.033;

/// The rows of the layer `clinics`: a centre for every street, stations, and hospitals where the
/// beds of a district add up.
pub fn clinics(quarters: &[Quarter<'_>], rng: &mut Rng) -> Sheet {
    let mut sheet = Sheet::default();
    let mut rows: Vec<(String, &str, &str, f64, f64)> = Vec::new();
    let mut beds_due = 0.0;
    for (place, quarter) in quarters.iter().enumerate() {
        let mut add = |rng: &mut Rng,
                       rows: &mut Vec<_>,
                       row: (String, &'static str, &'static str, f64, f64)| {
            sheet.push_spot(&format!("c{:05}", rows.len() + 1), quarter.spot(rng));
            rows.push(row);
        };
        let thousands = quarter.people / 1000.0;
        let (kind, word) = match quarter.is_town {
            true => ("township", "卫生院"),
            false => ("community_center", "社区卫生服务中心"),
        };
        let beds = (thousands * 0.3 * quarter.supply).round();
        let doctors = (thousands * 0.35 * quarter.supply).round().max(2.0);
        add(
            rng,
            &mut rows,
            (name(quarter.name, 1, word), kind, "none", beds, doctors),
        );
        for number in 1..=(quarter.people / 26_000.0 * quarter.supply) as usize {
            let doctors = rng.between(2.0, 6.0).round();
            let row = (
                name(quarter.name, number, "社区卫生服务站"),
                "community_station",
                "none",
                0.0,
                doctors,
            );
            add(rng, &mut rows, row);
        }
        let is_last = quarters
            .get(place + 1)
            .is_none_or(|next| next.district != quarter.district);
        beds_due += thousands * BEDS * quarter.supply;
        let mut number = 1;
        while beds_due > if is_last { 60.0 } else { 500.0 } {
            let drawn = rng.unit();
            let (kind, word) = match rng.unit() {
                drawn if drawn < 0.55 => ("hospital", "综合医院"),
                drawn if drawn < 0.70 => ("chinese_medicine", "中医医院"),
                drawn if drawn < 0.90 => ("specialist", "专科医院"),
                _ => ("maternity", "妇幼保健院"),
            };
            let size = (beds_due.min(1500.0) * rng.between(0.4, 1.0))
                .round()
                .max(50.0);
            let grade = match size {
                size if size > 650.0 => "3a",
                size if size > 400.0 => ["3b", "3", "2a"][(drawn * 3.0) as usize],
                size if size > 150.0 => ["2a", "2b", "2"][(drawn * 3.0) as usize],
                _ => ["1a", "1", "none"][(drawn * 3.0) as usize],
            };
            let doctors = (size * DOCTORS / BEDS * rng.between(0.8, 1.2)).round();
            add(
                rng,
                &mut rows,
                (name(quarter.name, number, word), kind, grade, size, doctors),
            );
            beds_due -= size;
            number += 1;
        }
    }
    sheet.texts("name", rows.iter().map(|r| &r.0));
    sheet.texts("kind", rows.iter().map(|r| r.1));
    sheet.texts("grade", rows.iter().map(|r| r.2));
    sheet.integers("beds", rows.iter().map(|r| r.3 as i64));
    sheet.integers("doctors", rows.iter().map(|r| r.4 as i64));
    sheet
}

/// The rows of the layer `elderly_care`.
pub fn elderly_care(quarters: &[Quarter<'_>], rng: &mut Rng) -> Sheet {
    let mut sheet = Sheet::default();
    let mut rows: Vec<(String, &str, f64, f64, f64)> = Vec::new();
    for quarter in quarters {
        let elderly: f64 = quarter.ages[6..].iter().sum();
        let beds = elderly * CARE_BEDS * quarter.supply;
        let homes = (beds / 190.0).round() as usize;
        let mut add = |rng: &mut Rng, row: (String, &'static str, f64, f64, f64)| {
            sheet.push_spot(&format!("e{:05}", rows.len() + 1), quarter.spot(rng));
            rows.push(row);
        };
        let places = rng.between(20.0, 50.0).round();
        add(
            rng,
            (
                name(quarter.name, 1, "颐康中心"),
                "yikang",
                10.0,
                places,
                places * 25.0,
            ),
        );
        for number in 1..=homes {
            let size = (beds / homes as f64 * rng.between(0.5, 1.5)).round();
            let (kind, word) = match rng.chance(0.7) {
                true => ("home", "养老院"),
                false => ("nursing", "老年养护院"),
            };
            add(
                rng,
                (
                    name(quarter.name, number, word),
                    kind,
                    size,
                    0.0,
                    size * 35.0,
                ),
            );
        }
        for number in 1..=(elderly / 4000.0 * quarter.supply) as usize {
            let places = rng.between(12.0, 40.0).round();
            add(
                rng,
                (
                    name(quarter.name, number, "日间照料中心"),
                    "day_care",
                    0.0,
                    places,
                    places * 18.0,
                ),
            );
        }
    }
    sheet.texts("name", rows.iter().map(|r| &r.0));
    sheet.texts("kind", rows.iter().map(|r| r.1));
    sheet.integers("beds", rows.iter().map(|r| r.2 as i64));
    sheet.integers("day_places", rows.iter().map(|r| r.3 as i64));
    sheet.numbers("floor_area_m2", rows.iter().map(|r| r.4));
    sheet
}

/// The rows of the layer `parks`.
pub fn parks(quarters: &[Quarter<'_>], rng: &mut Rng) -> Sheet {
    /// Code, word and area from–to in m².
    const KINDS: [(&str, &str, f64, f64); 5] = [
        ("pocket", "口袋公园", 1_000.0, 8_000.0),
        ("community", "社区公园", 8_000.0, 60_000.0),
        ("themed", "专类公园", 20_000.0, 200_000.0),
        ("comprehensive", "综合公园", 80_000.0, 600_000.0),
        ("country", "郊野公园", 300_000.0, 4_000_000.0),
    ];
    let mut sheet = Sheet::default();
    let mut rows: Vec<(String, &str, f64)> = Vec::new();
    for quarter in quarters {
        let count =
            (quarter.area_km2 * 0.3 + quarter.people / 22_000.0 * quarter.supply).clamp(1.0, 16.0);
        for number in 1..=count.round() as usize {
            let running = [
                0.48,
                0.82,
                0.90,
                0.97,
                if quarter.is_town { 1.0 } else { 0.97 },
            ];
            let (code, word, low, high) = KINDS[rng.pick(&running)];
            let size = rng.unit();
            let area = (low + (high - low) * size * size).round();
            sheet.push_spot(&format!("p{:05}", rows.len() + 1), quarter.spot(rng));
            rows.push((name(quarter.name, number, word), code, area));
        }
    }
    sheet.texts("name", rows.iter().map(|r| &r.0));
    sheet.texts("kind", rows.iter().map(|r| r.1));
    sheet.numbers("area_m2", rows.iter().map(|r| r.2));
    sheet
}

/// The rows of the layer `community_services`: one centre for every street, the rest by its people.
pub fn community_services(quarters: &[Quarter<'_>], rng: &mut Rng) -> Sheet {
    /// Code, word, residents for each, floor area m², land m².
    const KINDS: [(&str, &str, f64, f64, f64); 12] = [
        ("culture_centre", "文化活动中心", f64::INFINITY, 3000.0, 0.0),
        ("service_centre", "社区服务中心", f64::INFINITY, 900.0, 0.0),
        ("culture_station", "文化活动站", 9_000.0, 400.0, 0.0),
        ("service_station", "社区服务站", 8_000.0, 700.0, 0.0),
        ("sports_large", "大型多功能运动场地", 90_000.0, 0.0, 4000.0),
        ("sports_medium", "中型多功能运动场地", 30_000.0, 0.0, 1800.0),
        ("sports_small", "小型多功能运动场地", 10_000.0, 0.0, 900.0),
        ("football", "足球场地", 60_000.0, 0.0, 2500.0),
        ("fitness", "室外综合健身场地", 6_000.0, 0.0, 300.0),
        ("market", "菜市场", 20_000.0, 1500.0, 0.0),
        ("mall", "商场", 25_000.0, 2000.0, 0.0),
        ("childcare", "托儿所", 16_000.0, 400.0, 0.0),
    ];
    let mut sheet = Sheet::default();
    let mut rows: Vec<(String, &str, f64, f64)> = Vec::new();
    for quarter in quarters {
        for (code, word, residents, floor, land) in KINDS {
            let count = match residents.is_finite() {
                true => (quarter.people / residents * quarter.supply).round() as usize,
                false => 1,
            };
            for number in 1..=count {
                let size = rng.between(0.6, 1.4);
                sheet.push_spot(&format!("v{:05}", rows.len() + 1), quarter.spot(rng));
                let name = name(quarter.name, number, word);
                rows.push((name, code, (floor * size).round(), (land * size).round()));
            }
        }
    }
    sheet.texts("name", rows.iter().map(|r| &r.0));
    sheet.texts("kind", rows.iter().map(|r| r.1));
    // A ground has no floor, and of a building the land is not known.
    let known = |area: f64| (area > 0.0).then_some(area);
    sheet.some_numbers("floor_area_m2", rows.iter().map(|r| known(r.2)));
    sheet.some_numbers("land_area_m2", rows.iter().map(|r| known(r.3)));
    sheet
}
