//! Sizes and names in sentences, shared by the other files of this room.

use crate::core::metrics::metric::Bytes;

/// Bytes in a mebibyte, which people call MB.
const MB: f64 = 1024.0 * 1024.0;

/// Stands for an unknown value.
pub const UNKNOWN: char = '–';

/// `6.1 GB`, `512 MB`.
pub fn size(bytes: u64) -> String {
    let tenths = Bytes(bytes).tenths_of_gb();
    if tenths >= 10 { format!("{}.{} GB", tenths / 10, tenths % 10) } else { format!("{:.0} MB", bytes as f64 / MB) }
}

/// `text`, shortened to `width` characters.
pub fn truncate(text: &str, width: usize) -> String {
    if text.chars().nth(width).is_none() {
        return text.to_owned();
    }
    let start: String = text.chars().take(width - 1).collect();
    format!("{}…", start.trim_end())
}
