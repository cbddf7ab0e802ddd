//! PDF: the page that prints, printed by the Chromium of the machine. It is a program of its own:
//! its memory and faults stay outside the server, which needs no typesetter built in.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Report, Seal, render::Seen};
use crate::query::{Limits, QueryError};

/// Names that the browser has on different systems.
const PROGRAMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// A report takes seconds; what takes longer is stuck.
const MOST: Duration = Duration::from_secs(300);

/// What stands before the seal, on a line that readers of PDF skip.
pub const SEAL_COMMENT: &str = "%suitu-report ";

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error(
        "PDF is printed by Chromium, which is not on this machine: install the Debian package \
         chromium or name the program in SUITU_CHROMIUM; docx, xlsx and html need nothing"
    )]
    NoPrinter,
    #[error("the PDF could not be written: {0}")]
    Failed(String),
    #[error("printing took longer than {} s", MOST.as_secs())]
    TooLong,
    #[error(transparent)]
    Stopped(#[from] QueryError),
}

/// The browser: `SUITU_CHROMIUM`, or the first on the path.
pub fn program() -> Option<PathBuf> {
    if let Some(given) = env::var_os("SUITU_CHROMIUM") {
        return Some(PathBuf::from(given)).filter(|path| path.is_file());
    }
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    let mut all = PROGRAMS
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.find(|path| path.is_file())
}

/// Prints a page and puts the seal of the report into the file.
///
/// # Errors
/// The browser is not there, refuses, takes too long, or nobody waits any longer.
pub fn print(report: &Report, page: &str, limits: &Limits) -> Result<Vec<u8>, PrintError> {
    let program = program().ok_or(PrintError::NoPrinter)?;
    let failed = |e: std::io::Error| PrintError::Failed(e.to_string());
    let folder = tempfile::tempdir().map_err(failed)?;
    let (html, pdf) = (
        folder.path().join("report.html"),
        folder.path().join("report.pdf"),
    );
    fs::write(&html, page).map_err(failed)?;
    let mut command = Command::new(program);
    command
        .args([
            "--headless",
            "--disable-gpu",
            "--no-pdf-header-footer",
            "--disable-dev-shm-usage",
        ])
        .arg(argument("--user-data-dir=", &folder.path().join("profile")))
        .arg(argument("--print-to-pdf=", &pdf))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if is_root() {
        // Its sandbox refuses to start for root; the page is our own and holds no script.
        command.arg("--no-sandbox");
    }
    let mut child = command
        .arg(argument("file://", &html))
        .spawn()
        .map_err(failed)?;
    let is_good = wait(&mut child, limits)?;
    let bytes = fs::read(&pdf).unwrap_or_default();
    if !is_good || !bytes.starts_with(b"%PDF") {
        return Err(PrintError::Failed("Chromium wrote no file".into()));
    }
    let bytes = dated(bytes, &report.dated);
    let text = Some(Seen::of_unsealed_pdf(&bytes).digest);
    let seal = Seal {
        text,
        ..report.seal.clone()
    };
    Ok(sealed(bytes, &seal.to_json()))
}

fn argument(start: &str, path: &Path) -> String {
    format!("{start}{}", path.display())
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

/// Waits until the program ends; ends it where nobody waits for it any longer.
fn wait(child: &mut Child, limits: &Limits) -> Result<bool, PrintError> {
    let start = Instant::now();
    loop {
        if let Some(status) = child
            .try_wait()
            .map_err(|e| PrintError::Failed(e.to_string()))?
        {
            return Ok(status.success());
        }
        let stop = match limits.check() {
            Err(stopped) => Some(PrintError::Stopped(stopped)),
            Ok(()) => (start.elapsed() > MOST).then_some(PrintError::TooLong),
        };
        if let Some(stop) = stop {
            // It may have ended by itself in between.
            child.kill().ok();
            child.wait().ok();
            return Err(stop);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The dates that the printer noted become that of the data, digit for digit.
fn dated(mut bytes: Vec<u8>, at: &str) -> Vec<u8> {
    let digits: Vec<u8> = at.bytes().filter(u8::is_ascii_digit).take(14).collect();
    let digits = match digits.len() {
        14 => digits,
        _ => b"19800101000000".to_vec(),
    };
    for key in [&b"/CreationDate (D:"[..], b"/ModDate (D:"] {
        let found = bytes.windows(key.len()).rposition(|window| window == key);
        let Some(from) = found.map(|from| from + key.len()) else {
            continue;
        };
        if let Some(place) = bytes.get_mut(from..from + 14) {
            place.copy_from_slice(&digits);
        }
    }
    bytes
}

/// Adds the seal as a comment after the end and tells the end again, so that readers find the same
/// table of contents as before.
fn sealed(mut bytes: Vec<u8>, seal: &str) -> Vec<u8> {
    let start = b"startxref";
    let Some(at) = bytes
        .windows(start.len())
        .rposition(|window| window == start)
    else {
        return bytes;
    };
    let end = bytes[at..].to_vec();
    if !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(SEAL_COMMENT.as_bytes());
    bytes.extend_from_slice(seal.as_bytes());
    bytes.push(b'\n');
    bytes.extend_from_slice(&end);
    bytes
}

/// Where the comment with the seal begins.
pub fn seal_at(bytes: &[u8]) -> Option<usize> {
    let start = SEAL_COMMENT.as_bytes();
    bytes
        .windows(start.len())
        .rposition(|window| window == start)
}

/// The file before its seal and the end that is told again after it.
pub fn around_seal(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some(at) = seal_at(bytes) else {
        return (bytes, b"");
    };
    let line = bytes[at..].iter().position(|byte| *byte == b'\n');
    let after = line.map_or(&b""[..], |line| &bytes[at + line + 1..]);
    (&bytes[..at], after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_again_after_the_seal_and_dates_are_those_of_the_data() {
        let pdf =
            b"%PDF-1.4\n/CreationDate (D:20261125221559+00'00')\nstartxref\n9\n%%EOF".to_vec();
        let out = sealed(dated(pdf, "2024-05-01T12:30:59Z"), "{}");
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("(D:20240501123059+00'00')"), "{text}");
        assert!(
            text.ends_with("%%EOF\n%suitu-report {}\nstartxref\n9\n%%EOF"),
            "{text}"
        );
    }
}
