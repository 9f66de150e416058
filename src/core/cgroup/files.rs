//! The contents of a cgroup's files.

use crate::core::proc::fields::{lines, number};

/// Limits from here on are none: version 1 writes the largest number of whole pages, 9223372036854771712 with pages of 4 KiB.
const NO_LIMIT_BYTES: u64 = 1 << 62;

/// A file as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContent {
    /// There is none: the controller is not enabled, or the kernel does not have it.
    Missing,
    /// It is there, and cannot be read.
    Unreadable,
    Text(Vec<u8>),
}

impl From<Option<Vec<u8>>> for FileContent {
    /// `None` is a missing file.
    fn from(text: Option<Vec<u8>>) -> FileContent {
        text.map_or(FileContent::Missing, FileContent::Text)
    }
}

/// A file that is there and does not tell its limit: nobody knows whether there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnclearLimit;

impl FileContent {
    /// The limit in the file; `None` where the file is missing, or says that there is no limit. `limit` reads the one, and
    /// `is_none` recognizes the other.
    ///
    /// # Errors
    /// When the file cannot be read, or says neither.
    pub fn limit<T>(
        &self,
        limit: impl FnOnce(&[u8]) -> Option<T>,
        is_none: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Option<T>, UnclearLimit> {
        match self {
            FileContent::Missing => Ok(None),
            FileContent::Unreadable => Err(UnclearLimit),
            FileContent::Text(text) => match limit(text) {
                None if !is_none(text) => Err(UnclearLimit),
                limit => Ok(limit),
            },
        }
    }

    /// The text; `None` where there is none that can be read.
    pub fn text(&self) -> Option<&[u8]> {
        if let FileContent::Text(text) = self { Some(text) } else { None }
    }
}

/// Whether a file of memory says that there is no limit: `max`, `-1`, or a number that is none.
pub fn has_no_limit(text: &[u8]) -> bool {
    matches!(text.trim_ascii(), b"max" | b"-1") || single(text).is_some()
}

/// Whether a file of the CPU says that there is no quota: `max 100000`, or `-1`.
pub fn has_no_quota(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    matches!(text, b"max" | b"-1") || text.starts_with(b"max ")
}

/// A single number; `None` for `max`, `-1`, or anything else.
pub fn single(text: &[u8]) -> Option<u64> {
    number(text.trim_ascii()).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

/// A limit of memory in bytes; `None` where there is none.
pub fn limit_bytes(text: &[u8]) -> Option<u64> {
    single(text).filter(|bytes| (1..NO_LIMIT_BYTES).contains(bytes))
}

/// A limit of swap in bytes, which may be 0; `None` where there is none.
pub fn swap_limit_bytes(text: &[u8]) -> Option<u64> {
    single(text).filter(|bytes| *bytes < NO_LIMIT_BYTES)
}

/// The number behind `name` and a space, on a line of its own.
pub fn named(text: &[u8], name: &[u8]) -> Option<u64> {
    lines(text).find_map(|line| single(line.strip_prefix(name)?.strip_prefix(b" ")?))
}

/// The cores in `20000 100000` (microseconds of each period); `None` for `max 100000`.
pub fn quota_cores(text: &[u8]) -> Option<f64> {
    let (quota, rest) = number(text.trim_ascii())?;
    cores(quota, single(rest)?)
}

/// A quota in each period as a number of cores.
pub fn cores(quota_us: u64, period_us: u64) -> Option<f64> {
    (quota_us > 0 && period_us > 0).then(|| quota_us as f64 / period_us as f64)
}

/// The number of processors in a list such as `0-3,8`; `None` where it is empty or no list.
pub fn processors(text: &[u8]) -> Option<u64> {
    let mut count = 0u64;
    for range in text.trim_ascii().split(|byte| *byte == b',') {
        let mut ends = range.split(|byte| *byte == b'-');
        let first = single(ends.next()?)?;
        let last = ends.next().map_or(Some(first), single)?;
        count = count.checked_add(last.checked_sub(first)?.checked_add(1)?)?;
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_are_read_in_both_versions() {
        assert_eq!(limit_bytes(b"104857600\n"), Some(104_857_600));
        for none in
            ["max\n", "9223372036854771712\n", "9223372036854710272\n", "-1\n", "", "0\n", "18446744073709551616"]
        {
            assert_eq!(limit_bytes(none.as_bytes()), None, "{none}");
        }
        assert_eq!(quota_cores(b"20000 100000\n"), Some(0.2));
        for none in ["max 100000\n", "20000\n", "", "20000 0\n", "0 100000\n", "20000 100000 7"] {
            assert_eq!(quota_cores(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn a_file_that_tells_no_limit_is_missing_or_says_so_and_all_else_is_unclear() {
        let limit = |content: FileContent| content.limit(limit_bytes, has_no_limit);
        let text = |text: &str| FileContent::Text(text.as_bytes().to_vec());
        assert_eq!(limit(text("104857600\n")), Ok(Some(104_857_600)));
        for none in ["max\n", "-1\n", "9223372036854771712\n", "0\n"] {
            assert_eq!(limit(text(none)), Ok(None), "{none}");
        }
        assert_eq!((limit(FileContent::Missing), limit(FileContent::from(None))), (Ok(None), Ok(None)));
        for unclear in ["", "\n", "garbage\n", "-5\n", "99999999999999999999\n", "12 13\n", "max 1\n"] {
            assert_eq!(limit(text(unclear)), Err(UnclearLimit), "{unclear}");
        }
        assert_eq!(limit(FileContent::Unreadable), Err(UnclearLimit));
        let quota = |content: FileContent| content.limit(quota_cores, has_no_quota);
        assert_eq!((quota(text("max 100000\n")), quota(text("-1\n"))), (Ok(None), Ok(None)));
        for unclear in ["", "20000\n", "20000 0\n", "0 100000\n", "maximum 1\n"] {
            assert_eq!(quota(text(unclear)), Err(UnclearLimit), "{unclear}");
        }
    }

    #[test]
    fn named_numbers_are_on_lines_of_their_own() {
        let stat = b"usage_usec 9007199254740993\nnr_periods 68\nnr_throttled 67\n";
        assert_eq!(named(stat, b"usage_usec"), Some((1 << 53) + 1));
        assert_eq!((named(stat, b"nr_periods"), named(stat, b"periods")), (Some(68), None));
    }

    #[test]
    fn processors_of_a_list_are_counted() {
        let of = |text: &str| processors(text.as_bytes());
        assert_eq!((of("0\n"), of("0-3,8\n"), of("0-63\n")), (Some(1), Some(5), Some(64)));
        for none in ["", "\n", "3-0", "x", "0-", "0-18446744073709551615"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, one: u64, two: u64) {
            let (_, _, _) = (limit_bytes(&bytes), quota_cores(&bytes), processors(&bytes));
            named(&bytes, b"usage_usec");
            prop_assert_eq!(single(format!("{one}\n").as_bytes()), Some(one));
            prop_assert_eq!(quota_cores(format!("{one} {two}\n").as_bytes()), cores(one, two));
        }
    }
}
