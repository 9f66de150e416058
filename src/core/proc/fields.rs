//! Lines and numbers in the bytes of a file.

use memchr::memchr;

/// The lines of `text` that end with a line feed. A last line without one was cut off, so it is left out.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (line, after) = rest.split_at_checked(memchr(b'\n', rest)?)?;
        rest = after.get(1..).unwrap_or_default();
        Some(line)
    })
}

/// So many digits are never more than 64 bits.
const SAFE_DIGITS: usize = 19;

/// The number at the start of `text`, after spaces, and the text behind it. `None` where there is none, where it is larger than
/// 64 bits, or where something else than a space or the end of the line follows.
pub fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut digits = text;
    while let [b' ', after @ ..] = digits {
        digits = after;
    }
    let (mut value, mut rest) = (0u64, digits);
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        rest = after;
    }
    let digits = digits.get(..digits.len() - rest.len())?;
    if digits.len() > SAFE_DIGITS {
        // It may have wrapped around. So large a number is rare, and is read again with care.
        let add = |value: u64, digit: &u8| value.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
        value = digits.iter().try_fold(0, add)?;
    }
    let is_number = !digits.is_empty() && matches!(rest, [] | [b' ' | b'\n', ..]);
    is_number.then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_off_is_left_out() {
        let of = |text: &'static str| lines(text.as_bytes()).collect::<Vec<_>>();
        assert_eq!(of("a\n\nbc\nd"), [&b"a"[..], b"", b"bc"]);
        assert_eq!(of("a"), [&b""[..]; 0]);
    }

    #[test]
    fn numbers_of_64_bits_are_read_and_larger_ones_are_not() {
        assert_eq!(number(b"  17 kB"), Some((17, &b" kB"[..])));
        assert_eq!(number(b"18446744073709551615"), Some((u64::MAX, &b""[..])));
        assert_eq!(number(b"9999999999999999999 9"), Some((9_999_999_999_999_999_999, &b" 9"[..])));
        assert_eq!(number(b"17\n18"), Some((17, &b"\n18"[..])));
        assert_eq!(number(b"000000000000000000000017"), Some((17, &b""[..])));
        for text in ["", " ", "kB", "-1", "1.5", "1x", "18446744073709551616", "99999999999999999999999"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }
}
