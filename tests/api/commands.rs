//! What commands refuse, in the language that they were asked in.

use suitu::accounts::audit::{Chain, Search};

use super::helpers::App;

/// A command in Chinese and in English is refused with these words.
#[track_caller]
fn refused(app: &App, arguments: &[&str], zh: &[&str], en: &[&str]) {
    for (language, wanted) in [("zh", zh), ("en", en)] {
        let all = [&["--lang", language], arguments].concat();
        let (said, complaint) = app.run(&all);
        for words in wanted {
            let told = format!("{said}{complaint}");
            assert!(told.contains(words), "{words}: {told}");
        }
    }
}

#[test]
fn a_norm_without_a_unit_is_refused_in_both_languages() {
    let app = App::new();
    let norms = r#"
id = "own"
title = { zh = "本市标准", en = "Own" }
source = "s"
date = "2024"
[[items]]
id = "primary_school"
title = { zh = "小学", en = "Primary schools" }
layer = "schools"
service_radius = { value = 500, source = "s", date = "2024", confidence = "city" }
"#;
    app.file("norms.toml", norms);
    refused(
        &app,
        &["import", "norms", "norms.toml"],
        &["norms.toml：项目“primary_school”，service_radius.unit：缺少单位；请写其中之一：m"],
        &["norms.toml: item `primary_school`, service_radius.unit: is missing; write one of: m"],
    );
    app.file("broken.toml", "id = \n");
    refused(
        &app,
        &["import", "norms", "broken.toml"],
        &["broken.toml：无法读作标准文件", "line 1"],
        &["broken.toml: ", "line 1"],
    );
}

#[test]
fn a_rule_of_an_unknown_indicator_is_refused_in_both_languages() {
    let app = App::new();
    let rules = r##"
id = "own"
title = { zh = "本市", en = "Own" }
plan_year = 2035
[[classes]]
id = "dense"
title = { zh = "密", en = "Dense" }
colour = "#112233"
direction = "hold"
all = [{ indicator = "densty", comparison = ">", threshold = 1, unit = "share" }]
"##;
    app.file("rules.toml", rules);
    refused(
        &app,
        &["import", "zoning", "rules.toml"],
        &["rules.toml：类别“dense”第 1 个条件：没有指标“densty”；可用的指标：density_per_km2"],
        &[
            "rules.toml: class `dense`, criterion 1: there is no indicator `densty`; it is one of: density_per_km2",
        ],
    );
}

#[test]
fn flows_of_fewer_than_nobody_are_refused_in_both_languages() {
    let app = App::new();
    app.file(
        "flows.csv",
        "origin,destination,commuters\n440103,440104,-3\n",
    );
    let import = ["import", "flows", "flows.csv", "--period", "2021"];
    refused(
        &app,
        &import,
        &[
            "“-3”为负数，此项不能为负",
            "flows.csv",
            "没有可保留的行，未写入任何内容",
        ],
        &[
            "`-3` is negative, which it cannot be",
            "no flow could be kept; nothing was written",
        ],
    );
    app.file(
        "flows.csv",
        "origin,destination,commuters\n440103,440199,3\n",
    );
    refused(
        &app,
        &import,
        &["1 个代码不是层级 district 的单元（440199：3 人）：请改正，或加 --outside"],
        &["1 codes are no area of level district (440199: 3 commuters): mend them"],
    );
}

#[test]
fn an_edit_of_a_feature_that_is_gone_is_refused_in_both_languages() {
    let app = App::new();
    let (number, _) = app.run(&["scenario", "new", "迁建"]);
    app.file(
        "edit.json",
        r#"{"kind": "remove", "layer": "residences", "id": "nobody"}"#,
    );
    refused(
        &app,
        &["scenario", "add", number.trim(), "--json", "edit.json"],
        &[
            "第 1 项编辑 [id]：图层“",
            "里没有编号为 `nobody` 的要素",
            "请撤销这一步，或改选现有要素",
        ],
        &["edit 1 [id]: ", "has no feature `nobody`"],
    );
}

/// What is done to a city with accounts is on record, or it is not done.
#[test]
fn an_import_that_could_not_be_recorded_is_not_done() {
    let app = App::new();
    app.file("more.csv", "id,lon,lat,站名\nnew,113.05,23.05,新站\n");
    let import = [
        "import",
        "stations",
        "more.csv",
        "--crs",
        "EPSG:4490",
        "--append",
    ];
    let shared = ("SUITU_ACCOUNTS", "postgresql://suitu@nowhere.invalid/city");
    let stations = || {
        let city = suitu::city::load(app.store(), app.catalog().clone()).expect("loads");
        city.layer("stations", None)
            .expect("there")
            .index
            .features()
    };
    let before = stations();
    let (said, complaint) = app.run_with(&[shared], &import);
    assert!(
        said.is_empty() && complaint.contains("SUITU_RECORD=/var/lib"),
        "{said}{complaint}"
    );
    assert!(complaint.contains("审计记录文件"), "{complaint}");
    let broken = app.at("no folder/record.db").display().to_string();
    let (_, complaint) = app.run_with(&[shared, ("SUITU_RECORD", &broken)], &import);
    assert!(complaint.contains("record.db"), "{complaint}");
    assert_eq!(stations(), before);

    let record = app.at("record.db");
    let named = record.display().to_string();
    let (_, complaint) = app.run_with(&[shared, ("SUITU_RECORD", &named)], &import);
    assert_eq!(stations(), before + 1, "{complaint}");

    let rows = Chain::found(&record)
        .expect("a record")
        .search(&Search::default())
        .expect("read");
    let told: Vec<_> = rows
        .iter()
        .map(|row| (&*row.act, &*row.subject, &*row.outcome))
        .collect();
    assert_eq!(told, [("import", "stations", "done")]);
}

/// So are scenarios, and whatever takes the city's data away.
#[test]
fn commands_that_change_or_take_away_are_on_record() {
    let app = App::new();
    let record = app.at("record.db");
    let named = record.display().to_string();
    let page = app.at("page.html").display().to_string();
    let run = |arguments: &[&str]| {
        app.run_with(&[("SUITU_RECORD", &named)], arguments);
    };
    run(&["scenario", "new", "学校"]);
    run(&["scenario", "list"]);
    run(&["scenario", "undo", "1"]);
    run(&["report", "job-housing", "--out", &page]);
    let rows = Chain::found(&record)
        .expect("a record")
        .search(&Search::default())
        .expect("read");
    let told = rows.iter();
    let mut told: Vec<_> = told.map(|row| (&*row.act, &*row.outcome)).collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("report", "done"),
            ("scenario new", "done"),
            ("scenario undo", "failed")
        ]
    );
}

/// A layer of libraries with a count of members, `more` said of it.
fn libraries(more: &str) -> String {
    let title = "title = { zh = \"馆\", en = \"library\" }";
    format!(
        "id = \"libraries\"\nkind = \"facility\"\ngeometry = \"point\"\nlevel = \"public\"\n{title}\n\
         zoom = {{ min = 0, max = 22, detail = 8 }}\nstyle = {{ color = \"#d7301f\" }}\n\
         [[attributes]]\nid = \"name\"\ntype = \"text\"\nrole = \"name\"\n{title}\n\
         [[attributes]]\nid = \"members\"\ntype = \"count\"\n{more}{title}\n"
    )
}

#[test]
fn a_count_of_a_layer_of_ones_own_is_published_as_it_is_only_where_it_is_called_open() {
    let app = App::new();
    std::fs::create_dir(app.at("own")).expect("a folder");
    app.file("own/libraries.toml", &libraries(""));
    let rows = "id,lon,lat,name,members\nl1,113.05,23.05,甲馆,37\nl2,113.15,23.05,乙馆,41\n";
    app.file("libraries.csv", rows);
    let run = |arguments: &[&str]| {
        let mut suitu = std::process::Command::new(env!("CARGO_BIN_EXE_suitu"));
        suitu
            .args(["--lang", "en", "--layers", "own"])
            .args(arguments);
        let done = suitu.current_dir(app.at("")).output().expect("starts");
        let told = [done.stdout, done.stderr].concat();
        (
            done.status.success(),
            String::from_utf8(told).expect("text"),
        )
    };
    let given = [
        "--city",
        "city.gpkg",
        "--crs",
        "EPSG:4490",
        "--period",
        "2020-11-01",
    ];
    let (done, told) = run(&[&["import", "libraries", "libraries.csv"], &given[..]].concat());
    assert!(done, "{told}");
    assert!(run(&["protect", "key", "key.toml"]).0);
    let publish = |to: &str| {
        run(&[
            "protect",
            "publish",
            "--city",
            "city.gpkg",
            "--to",
            to,
            "--key",
            "key.toml",
        ])
    };
    let read = |of: &str| {
        let (done, told) = run(&[
            "export",
            "libraries",
            "--city",
            of,
            "--format",
            "csv",
            "--out",
            "out.csv",
        ]);
        assert!(done, "{told}");
        std::fs::read_to_string(app.at("out.csv")).expect("written")
    };
    let (done, told) = publish("public.gpkg");
    assert!(
        done && told.contains("published as rounded pieces"),
        "{told}"
    );
    let line = told.lines().find(|line| line.starts_with("libraries "));
    assert!(
        line.is_some_and(|line| line.ends_with("as rounded pieces")),
        "{told}"
    );
    let line = told.lines().find(|line| line.starts_with("stations "));
    assert!(
        line.is_some_and(|line| line.ends_with("published")),
        "{told}"
    );
    let pieces = read("public.gpkg");
    assert!(
        !pieces.contains("甲馆") && !pieces.contains("37"),
        "{pieces}"
    );
    assert!(
        pieces.contains("40") || pieces.contains("50") || pieces.contains("30"),
        "{pieces}"
    );

    app.file("own/libraries.toml", &libraries("open = true\n"));
    let (done, told) = publish("open.gpkg");
    assert!(done, "{told}");
    let all = read("open.gpkg");
    assert!(all.contains("甲馆") && all.contains("37"), "{all}");
    // What was published as it is becomes pieces where it is not called open any more.
    app.file("own/libraries.toml", &libraries(""));
    let (done, told) = publish("open.gpkg");
    assert!(done, "{told}");
    let all = read("open.gpkg");
    assert!(!all.contains("甲馆") && !all.contains("37"), "{all}");

    // Areas are no pieces: nothing is published before that is settled.
    let areas = libraries("").replace("facility", "area").replace(
        "level = \"public\"\n",
        "level = \"public\"\narea_level = \"ward\"\nrank = 9\n",
    );
    let areas = areas.replace("role = \"name\"", "role = \"code\"");
    app.file(
        "own/wards.toml",
        &areas.replace("\"libraries\"", "\"wards\""),
    );
    let (done, told) = publish("third.gpkg");
    assert!(
        !done && told.contains("wards") && told.contains("open = true"),
        "{told}"
    );
    assert!(!app.at("third.gpkg").exists());
}

#[test]
fn what_a_copy_leaves_out_is_told() {
    let app = App::new();
    let other = rusqlite::Connection::open(app.at("city.gpkg")).expect("the file");
    let sql = "update residences set usual_residents = -5 where id = 'a';
         drop trigger suitu_residences_update;
         update residences set period = 'banana' where id = 'b';
         insert into suitu_states values ('residences', 'banana', 1, 99);";
    other.execute_batch(sql).expect("updates");
    let suitu = |language: &str, to: &str| {
        let copied = std::process::Command::new(env!("CARGO_BIN_EXE_suitu"))
            .args([
                "--lang",
                language,
                "copy",
                "--from",
                "city.gpkg",
                "--to",
                to,
            ])
            .current_dir(app.at(""))
            .output()
            .expect("starts");
        assert!(copied.status.success());
        String::from_utf8(copied.stdout).expect("text")
    };
    let told = suitu("en", "one.gpkg");
    for words in [
        "residences 2020-11-01: 1 faults, 0 rows not copied",
        "  a usual_residents: ",
        "residences: 1 rows not copied, of a period that is none: banana",
        "all of them: suitu check --city city.gpkg",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let told = suitu("zh", "two.gpkg");
    assert!(told.contains("1 行未复制，时点无法识别：banana"), "{told}");
    // A copy is sound.
    let told = std::process::Command::new(env!("CARGO_BIN_EXE_suitu"))
        .args([
            "--lang",
            "en",
            "copy",
            "--from",
            "one.gpkg",
            "--to",
            "three.gpkg",
        ])
        .current_dir(app.at(""))
        .output()
        .expect("starts");
    let told = String::from_utf8(told.stdout).expect("text");
    assert!(!told.contains("not copied"), "{told}");
}
