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

/// `text` in at most `max_chars` characters; `…` stands for the rest.
pub fn truncate_chars(text: &str, max_chars: usize) -> String {
    if text.chars().nth(max_chars).is_none() {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(max_chars - 1).collect();
    format!("{}…", beginning.trim_end())
}

/// Shortens `text` to at most `max_bytes` bytes, without cutting a character in two.
pub fn truncate_bytes(text: &mut String, max_bytes: usize) {
    if text.len() > max_bytes {
        let is_end = |end: &usize| text.is_char_boundary(*end);
        text.truncate((0..=max_bytes).rev().find(is_end).unwrap_or_default());
    }
}
