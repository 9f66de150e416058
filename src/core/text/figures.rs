//! Figures and lengths in words, shared by the other files of this room.

use crate::core::metrics::metric::Bytes;

/// Bytes in a mebibyte, which people call MB.
const MB: f64 = 1024.0 * 1024.0;

/// Stands where a value is not known.
pub const UNKNOWN: char = '–';

/// `6.1 GB`, `512 MB`.
pub fn size(bytes: u64) -> String {
    let tenths = Bytes(bytes).tenths_of_gb();
    if tenths >= 10 { format!("{}.{} GB", tenths / 10, tenths % 10) } else { format!("{:.0} MB", bytes as f64 / MB) }
}

/// `text`, cut to so many characters.
pub fn truncate(text: &str, width: usize) -> String {
    if text.chars().nth(width).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width - 1).collect();
    format!("{}…", kept.trim_end())
}
