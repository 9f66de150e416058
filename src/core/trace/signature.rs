//! Files that are no text in UTF-8, by their first bytes.

use crate::core::text::input_errors::traces as text;

/// The first bytes of files that are packed or no text, and their names.
///
/// Sources: RFC 1952 (gzip), RFC 8878 (zstd), the format descriptions of xz, bzip2, LZ4 frames and ZIP, and of SQLite 3.
const PACKED: [(&[u8], &str); 7] = [
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ", "xz"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
];

/// Refuses a trace that begins like a packed file, a database, or UTF-16.
pub fn check(start: &[u8]) -> Result<(), String> {
    if let Some((_, name)) = PACKED.iter().find(|(bytes, _)| start.starts_with(bytes)) {
        return Err(text::packed(name));
    }
    if start.starts_with(b"SQLite format 3") {
        return Err(text::SQLITE.into());
    }
    let has_mark = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
    // Text of ASCII characters has NULs in each unit of UTF-16 and UTF-32, at the same places.
    let nuls: Vec<bool> = start.iter().take(8).map(|byte| *byte == 0).collect();
    let units =
        [[true, false, true, false], [false, true, false, true], [true, true, true, false], [false, true, true, true]];
    let has_nuls = units.iter().any(|unit| nuls == [*unit; 2].concat());
    if has_mark || has_nuls { Err(text::UTF_16.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nuls_of_a_power_failure_are_no_sign_of_another_encoding() {
        for text in ["{\0\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0\0", "\0\0\0ype\":\"r", "ti\0e,cpu", "t", ""] {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text:?}");
        }
        for wide in [b"t\0i\0m\0e\0".as_slice(), b"\0t\0i\0m\0e", b"\0\0\0t\0\0\0i", b"t\0\0\0i\0\0\0", b"\xff\xfet"] {
            assert_eq!(check(wide), Err(text::UTF_16.to_owned()), "{wide:?}");
        }
    }
}
