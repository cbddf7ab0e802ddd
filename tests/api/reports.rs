//! Reports as files.

use axum::http::StatusCode;

use crate::helpers::App;

#[tokio::test]
async fn a_report_comes_in_every_format_that_needs_no_printer() {
    let app = App::new();
    for (format, kind, start) in [
        ("html", "text/html; charset=utf-8", &b"<!doctype html>"[..]),
        (
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            b"PK",
        ),
        (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            b"PK",
        ),
    ] {
        let path = format!("/api/reports/job-housing?format={format}&lang=zh");
        let answer = app.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{format}");
        assert_eq!(answer.headers["content-type"], kind);
        assert!(answer.body.starts_with(start), "{format}");
        let name = answer.headers["content-disposition"].to_str().unwrap();
        assert!(name.ends_with(&format!(".{format}")), "{name}");
        let again = app.get(&path).await;
        assert_eq!(again.headers["etag"], answer.headers["etag"], "{format}");
    }
}

#[tokio::test]
async fn all_areas_of_a_level_come_as_one_archive() {
    let app = App::new();
    let answer = app
        .get("/api/reports/station-catchment?level=district&format=html")
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "application/zip");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(answer.body)).expect("an archive");
    let names: Vec<String> = (0..archive.len())
        .map(|at| {
            let file = archive.by_index(at).expect("a file");
            file.name().expect("a name").into_owned()
        })
        .collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(
        names.iter().any(|name| name.starts_with("440103_甲区")),
        "{names:?}"
    );
}

#[tokio::test]
async fn what_is_no_report_is_told_so() {
    let app = App::new();
    for (path, status, said) in [
        ("/api/reports/weather", StatusCode::NOT_FOUND, "weather"),
        (
            "/api/reports/job-housing?area=99",
            StatusCode::NOT_FOUND,
            "99",
        ),
        (
            "/api/reports/job-housing?format=odt",
            StatusCode::BAD_REQUEST,
            "odt",
        ),
        (
            "/api/reports/job-housing?level=galaxy",
            StatusCode::BAD_REQUEST,
            "galaxy",
        ),
        (
            "/api/reports/job-housing?area=440103&level=district",
            StatusCode::BAD_REQUEST,
            "not both",
        ),
        (
            "/api/reports/zoning?services=primary_school",
            StatusCode::BAD_REQUEST,
            "belongs to service-gap",
        ),
        (
            "/api/reports/service-gap?services=opera",
            StatusCode::BAD_REQUEST,
            "opera",
        ),
        (
            "/api/reports/zoning?thresholds=disperse.1:many",
            StatusCode::BAD_REQUEST,
            "disperse.1:many",
        ),
        (
            "/api/reports/job-housing?areas=1",
            StatusCode::BAD_REQUEST,
            "areas",
        ),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(said), "{path}: {detail}");
    }
}
