//! The text of a settings file, and enough of its metadata to notice that it was written or replaced.

use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

use crate::core::text::settings as text;
use crate::runtime::trust::opening::OpenedFile;

/// No settings file is this large: a larger one has come here by mistake.
pub const MAX_BYTES: u64 = 1 << 20;

/// The identity, the size and the times of a file.
pub type Stamp = ([u64; 3], [i64; 4]);

/// The stamp of a file.
pub fn stamp(file: &Metadata) -> Stamp {
    ([file.dev(), file.ino(), file.size()], [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()])
}

/// The text of an open file.
///
/// # Errors
/// When it is too large, cannot be read, or is no text.
pub fn text_of(opened: &OpenedFile) -> Result<String, String> {
    if opened.metadata.len() > MAX_BYTES {
        return Err(text::too_large(MAX_BYTES >> 20));
    }
    let mut bytes = Vec::new();
    (&opened.file).take(MAX_BYTES).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|e| text::not_utf8(e.utf8_error().valid_up_to()))
}
