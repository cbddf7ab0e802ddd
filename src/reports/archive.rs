use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, result::ZipResult, write::SimpleFileOptions};

use crate::export::moment::Moment;

/// Several reports in one ZIP archive.
pub struct Archive(ZipWriter<Cursor<Vec<u8>>>);

impl Archive {
    pub fn new() -> Self {
        Archive(ZipWriter::new(Cursor::new(Vec::new())))
    }

    /// # Errors
    /// A name that is there already.
    pub fn add(&mut self, name: &str, bytes: &[u8], dated: &str) -> ZipResult<()> {
        // Pictures and parts of office files are packed already.
        let method = match name.ends_with(".html") {
            true => CompressionMethod::Deflated,
            false => CompressionMethod::Stored,
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(Moment::parse(dated).zip());
        self.0.start_file(name, options)?;
        Ok(self.0.write_all(bytes)?)
    }

    /// # Errors
    /// What the archive says.
    pub fn finish(self) -> ZipResult<Vec<u8>> {
        Ok(self.0.finish()?.into_inner())
    }
}

impl Default for Archive {
    fn default() -> Self {
        Archive::new()
    }
}

/// A title as a file system takes it.
pub fn file_name(title: &str) -> String {
    let keeps = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '（' | '）');
    title
        .chars()
        .map(|c| if keeps(c) { c } else { '_' })
        .take(80)
        .collect()
}
