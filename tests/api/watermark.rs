//! Account and time on files (水印), where the security administrator asks for them.

use std::io::{Cursor, Read};

use suitu::accounts::{Policy, Role};

use super::{
    helpers::{Answer, App},
    rights::roles,
};

/// The files that people take away, by their address.
const FILES: [&str; 9] = [
    "/api/balance?level=district&format=xlsx",
    "/api/balance?level=district&format=geojson",
    "/api/layers/workplaces/download?format=xlsx",
    "/api/layers/workplaces/download?format=geojson",
    "/api/layers/workplaces/download?format=gpkg",
    "/api/layers/workplaces/download?format=shapefile",
    "/api/reports/job-housing?format=html",
    "/api/reports/job-housing?format=docx",
    "/api/reports/job-housing?format=xlsx",
];

/// Without room for words inside.
const BARE: [&str; 2] = [
    "/api/balance?level=district&format=csv",
    "/api/layers/workplaces/download?format=geojsonl",
];

/// All that a file holds, the files of an archive unpacked.
fn content(bytes: &[u8]) -> String {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    let mut all = String::new();
    for place in 0..archive.len() {
        let mut bytes = Vec::new();
        let mut entry = archive.by_index(place).expect("an entry");
        entry.read_to_end(&mut bytes).expect("whole");
        all.push_str(&String::from_utf8_lossy(&bytes));
    }
    all
}

fn name(answer: &Answer) -> &str {
    let name = answer.headers["content-disposition"].to_str();
    name.expect("a name")
}

#[tokio::test]
async fn files_say_who_took_them_away_where_that_is_asked_for() {
    let app = App::new();
    let guarded = app.guarded();
    let planner = guarded.user("lirui", roles(&[Role::Planner]));
    let cookie = guarded.signed_in(&planner).1;
    let mut plain = Vec::new();
    for path in FILES.iter().chain(&BARE) {
        let file = guarded.get(path, &cookie).await;
        assert_eq!(file.status, 200, "{path}");
        assert!(!content(&file.body).contains("lirui"), "{path}");
        assert!(!name(&file).contains("lirui"), "{path}");
        plain.push(file.body);
    }
    let set = |watermark| {
        let policy = Policy {
            watermark,
            ..Policy::default()
        };
        guarded.accounts.set_policy(&policy).expect("a policy");
    };

    set(true);
    for path in FILES {
        let file = guarded.get(path, &cookie).await;
        let (content, name) = (content(&file.body), name(&file));
        assert!(content.contains("lirui 20"), "{path}");
        assert!(content.contains(" UTC"), "{path}");
        assert!(name.contains("_lirui_20"), "{path}: {name}");
    }
    for path in BARE {
        let file = guarded.get(path, &cookie).await;
        assert!(name(&file).contains("_lirui_20"), "{path}");
    }
    let screen = guarded.get("/api/balance?level=district", &cookie).await;
    assert!(!content(&screen.body).contains("lirui"));
    // Nobody passes for another.
    let other = "/api/balance?level=district&format=geojson&watermark=zhao";
    let other = guarded.get(other, &cookie).await;
    assert!(!content(&other.body).contains("zhao"));
    // Another account's file is another file.
    let second = guarded.user("zhaomin", roles(&[Role::Planner]));
    let second = guarded.signed_in(&second).1;
    let file = guarded.get(FILES[1], &second).await;
    assert!(content(&file.body).contains("zhaomin 20"));
    assert!(!content(&file.body).contains("lirui"));

    set(false);
    for (path, before) in FILES.iter().chain(&BARE).zip(&plain) {
        assert_eq!(&guarded.get(path, &cookie).await.body, before, "{path}");
    }
}
