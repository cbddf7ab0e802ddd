//! PDF, written by a program of its own: the typesetter's memory and faults stay outside the server,
//! and the server is not built anew for it.

use std::{
    env,
    io::{ErrorKind, Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::query::{Limits, QueryError};

/// The program, beside this one.
const PROGRAM: &str = "suitu-print";

/// A report takes seconds; what takes longer is stuck.
const MOST: Duration = Duration::from_secs(120);

/// What the PDF writer is given.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Typst.
    pub source: String,
    /// Files that the source reads, by name.
    pub files: Vec<(String, Vec<u8>)>,
    /// UTC, RFC 3339: the date of the document.
    pub dated: String,
}

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error(
        "the PDF writer is not there yet: `make serve` builds it in the background at its first start \
         (some minutes), `make pdf` builds it now; docx, xlsx and html need no waiting"
    )]
    NotBuilt,
    #[error("the PDF could not be written: {0}")]
    Failed(String),
    #[error("the PDF writer took longer than {} s", MOST.as_secs())]
    TooLong,
    #[error(transparent)]
    Stopped(#[from] QueryError),
}

/// The PDF writer: `SUITU_PRINT`, or beside this program, or one folder up (where tests lie).
fn program() -> Option<PathBuf> {
    if let Some(given) = env::var_os("SUITU_PRINT") {
        return Some(PathBuf::from(given)).filter(|path| path.is_file());
    }
    let own = env::current_exe().ok()?;
    let folders = own.ancestors().skip(1).take(2);
    let name = format!("{PROGRAM}{}", env::consts::EXE_SUFFIX);
    folders.map(|folder| folder.join(&name)).find(|path| path.is_file())
}

/// Typesets a bundle.
///
/// # Errors
/// The program is not there, refuses, takes too long, or nobody waits any longer.
pub fn print(bundle: &Bundle, limits: &Limits) -> Result<Vec<u8>, PrintError> {
    let program = program().ok_or(PrintError::NotBuilt)?;
    let failed = |e: std::io::Error| PrintError::Failed(e.to_string());
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let input = request(bundle);
    let mut pipe = child.stdin.take();
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let writer = thread::spawn(move || match &mut pipe {
        // One that stopped reading says why on its other side.
        Some(pipe) => pipe.write_all(&input).or_else(|e| match e.kind() {
            ErrorKind::BrokenPipe => Ok(()),
            _ => Err(e),
        }),
        None => Ok(()),
    });
    let reader = |pipe: Option<Box<dyn Read + Send>>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            match pipe {
                Some(mut pipe) => pipe.read_to_end(&mut bytes).map(|_| bytes),
                None => Ok(bytes),
            }
        })
    };
    let out = reader(out.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>));
    let err = reader(err.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>));
    let is_good = wait(&mut child, limits)?;
    let text = |handle: thread::JoinHandle<std::io::Result<Vec<u8>>>| match handle.join() {
        Ok(read) => read.map_err(failed),
        Err(_) => Err(PrintError::Failed("its output could not be read".into())),
    };
    let (out, err) = (text(out)?, text(err)?);
    if let Ok(written) = writer.join() {
        written.map_err(failed)?;
    }
    match is_good && out.starts_with(b"%PDF") {
        true => Ok(out),
        false => {
            let said = String::from_utf8_lossy(&err);
            Err(PrintError::Failed(said.trim().chars().take(500).collect()))
        }
    }
}

/// Waits until the program ends; ends it where nobody waits for it any longer.
fn wait(child: &mut Child, limits: &Limits) -> Result<bool, PrintError> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(|e| PrintError::Failed(e.to_string()))? {
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
        thread::sleep(Duration::from_millis(15));
    }
}

/// One line of JSON with the sizes of all parts, then the parts.
fn request(bundle: &Bundle) -> Vec<u8> {
    let files: Vec<_> = bundle.files.iter().map(|(name, bytes)| json!([name, bytes.len()])).collect();
    let head = json!({ "source": bundle.source.len(), "files": files, "dated": bundle.dated });
    let mut out = head.to_string().into_bytes();
    out.push(b'\n');
    out.extend_from_slice(bundle.source.as_bytes());
    for (_, bytes) in &bundle.files {
        out.extend_from_slice(bytes);
    }
    out
}
