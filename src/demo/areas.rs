use super::{
    figures::Figures,
    plane::Spot,
    sheet::Sheet,
    territory::{Territory, area_geometry},
};

const AREA_SOURCE: &str = "公布的行政区域面积，各区合计 7434.40 平方公里，年份未注明";

/// The rows of the layer `districts`.
pub fn districts(figures: &Figures, territory: &Territory) -> Sheet {
    let mut sheet = Sheet::default();
    let districts = &figures.districts;
    for (d, district) in districts.iter().enumerate() {
        let outline = territory.outline(|s| territory.district[s] == d);
        sheet.push(&district.code, area_geometry(outline));
    }
    sheet.texts("code", districts.iter().map(|d| &d.code));
    sheet.texts("name", districts.iter().map(|d| &d.name));
    sheet.texts("name_en", districts.iter().map(|d| &d.name_en));
    sheet.numbers(
        "official_area_km2",
        districts.iter().map(|d| d.official_area_km2),
    );
    sheet.texts(
        "official_area_source",
        districts.iter().map(|_| AREA_SOURCE),
    );
    sheet.texts("tier", districts.iter().map(|d| &d.tier));
    sheet
}

/// The rows of the layer `subdistricts`.
pub fn subdistricts(figures: &Figures, territory: &Territory, capacities: &[i64]) -> Sheet {
    let mut sheet = Sheet::default();
    let rows = &figures.subdistricts;
    for (s, row) in rows.iter().enumerate() {
        let outline = territory.outline(|other| other == s);
        sheet.push(&row.code, area_geometry(outline));
    }
    sheet.texts("code", rows.iter().map(|s| &s.code));
    sheet.texts("name", rows.iter().map(|s| &s.name));
    sheet.texts("name_en", rows.iter().map(|s| &s.name_en));
    sheet.texts("kind", rows.iter().map(|s| s.kind()));
    sheet.integers("capacity", capacities.iter().copied());
    sheet
}

/// The rows of the layer `planning_units`: invented groups of streets and towns, each connected
/// and within its district; each holds as many as its streets together.
pub fn planning_units(figures: &Figures, territory: &Territory, capacities: &[i64]) -> Sheet {
    const NUMERALS: [&str; 6] = ["一", "二", "三", "四", "五", "六"];
    let mut sheet = Sheet::default();
    let (mut codes, mut names, mut names_en) = (Vec::new(), Vec::new(), Vec::new());
    let mut held: Vec<i64> = Vec::new();
    let groups = groups(figures, territory);
    for (d, district) in figures.districts.iter().enumerate() {
        for unit in 0..figures.assumptions[d].planning_units {
            let fits = |s: usize| territory.district[s] == d && groups[s] == unit;
            let code = format!("{}-Z{}", district.code, unit + 1);
            sheet.push(&code, area_geometry(territory.outline(fits)));
            let short = district.name.trim_end_matches('区');
            names.push(format!("{short}第{}组团", NUMERALS[unit % 6]));
            names_en.push(format!("{} unit {}", district.name_en, unit + 1));
            codes.push(code);
            let members = (0..capacities.len()).filter(|s| fits(*s));
            held.push(members.map(|s| capacities[s]).sum());
        }
    }
    sheet.texts("code", codes);
    sheet.texts("name", names);
    sheet.texts("name_en", names_en);
    sheet.integers("capacity", held);
    sheet
}

/// For each subdistrict the number of its group within its district: seeds lie far apart, and the
/// smallest group takes the touching subdistrict that is nearest to its seed.
fn groups(figures: &Figures, territory: &Territory) -> Vec<usize> {
    let anchors: Vec<Spot> = figures.subdistricts.iter().map(|s| s.anchor()).collect();
    let mut group: Vec<Option<usize>> = vec![None; anchors.len()];
    for (d, assumed) in figures.assumptions.iter().enumerate() {
        let members: Vec<usize> = (0..anchors.len())
            .filter(|s| territory.district[*s] == d)
            .collect();
        let mut seeds = vec![members[0]];
        while seeds.len() < assumed.planning_units {
            let gap = |s: &usize| {
                let gaps = seeds
                    .iter()
                    .map(|seed| anchors[*s].distance2(anchors[*seed]));
                gaps.fold(f64::INFINITY, f64::min)
            };
            let farthest = members
                .iter()
                .copied()
                .max_by(|a, b| gap(a).total_cmp(&gap(b)));
            seeds.extend(farthest);
        }
        let mut cells: Vec<usize> = Vec::new();
        for (unit, seed) in seeds.iter().enumerate() {
            group[*seed] = Some(unit);
            cells.push(territory.cells[*seed].len());
        }
        loop {
            let open = |unit: usize| {
                let own = members.iter().filter(|s| group[**s] == Some(unit));
                let around = own.flat_map(|s| territory.touching(*s));
                let free = around.filter(|s| territory.district[*s] == d && group[*s].is_none());
                free.min_by(|a, b| {
                    let gap = |s: &usize| anchors[*s].distance2(anchors[seeds[unit]]);
                    gap(a).total_cmp(&gap(b))
                })
            };
            let growing = (0..seeds.len()).filter_map(|unit| Some((unit, open(unit)?)));
            let Some((unit, next)) = growing.min_by_key(|(unit, _)| cells[*unit]) else {
                break;
            };
            group[next] = Some(unit);
            cells[unit] += territory.cells[next].len();
        }
    }
    group
        .into_iter()
        .map(|unit| unit.expect("a district is connected, so every subdistrict is taken"))
        .collect()
}
