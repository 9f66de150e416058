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

/// The number at the start of `text`, after spaces, and the text behind it. `None` where there is none, where it is larger than
/// 64 bits, or where something else than a space follows.
pub fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut rest = text;
    while let [b' ', after @ ..] = rest {
        rest = after;
    }
    let mut value = None;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        let shifted = value.unwrap_or(0u64).checked_mul(10)?;
        value = Some(shifted.checked_add(u64::from(digit - b'0'))?);
        rest = after;
    }
    let is_over = matches!(rest, [] | [b' ', ..]);
    value.filter(|_| is_over).map(|value| (value, rest))
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
        for text in ["", " ", "kB", "-1", "1.5", "1x", "18446744073709551616", "99999999999999999999999"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }
}
