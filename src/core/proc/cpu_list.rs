//! A list of processors, such as `/sys/devices/system/cpu/online`.
//!
//! Source: the kernel's `Documentation/admin-guide/cputopology.rst`.

/// The number of processors in a list such as `0-3,8`; `None` for anything else.
pub fn count(list: &str) -> Option<u32> {
    list.trim_end().split(',').try_fold(0_u32, |sum, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        sum.checked_add(last.checked_sub(first)?.checked_add(1)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_processors_are_counted() {
        for (list, expected) in [("0\n", 1), ("0-3\n", 4), ("0-3,8,10-11\n", 7)] {
            assert_eq!(count(list), Some(expected), "{list}");
        }
        for list in ["", "\n", "x", "3-0", "0-", "0,,1", "0-4294967295"] {
            assert_eq!(count(list), None, "{list}");
        }
    }
}
