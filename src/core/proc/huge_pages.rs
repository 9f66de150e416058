//! `/sys/kernel/mm/hugepages`: the huge pages of each size, one folder with files of a number each.
//!
//! Source: the kernel's `Documentation/admin-guide/mm/hugetlbpage.rst`.

use super::fields::{lines, number};

/// The size in KiB in the name of a folder, `hugepages-1048576kB`; `None` for another name.
pub fn page_kib(folder: &str) -> Option<u64> {
    folder.strip_prefix("hugepages-")?.strip_suffix("kB")?.parse().ok()
}

/// The pages of one size that are free and not promised to a program, in bytes, by its `free_hugepages` and `resv_hugepages`;
/// `None` where one of them is no number.
pub fn free_bytes(free: &[u8], reserved: &[u8], page_kib: u64) -> Option<u64> {
    let single = |text| number(lines(text).next()?).filter(|(_, rest)| rest.is_empty()).map(|(pages, _)| pages);
    // The figures are of slightly different moments.
    single(free)?.saturating_sub(single(reserved)?).checked_mul(page_kib)?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_in_the_name_of_the_folder() {
        assert_eq!(page_kib("hugepages-1048576kB"), Some(1 << 20));
        for name in ["hugepages-kB", "hugepages-2048", "pages-2048kB", "hugepages--1kB", ""] {
            assert_eq!(page_kib(name), None, "{name}");
        }
    }

    #[test]
    fn free_pages_that_are_not_promised_count() {
        assert_eq!(free_bytes(b"14\n", b"2\n", 1 << 20), Some(12 << 30));
        assert_eq!(free_bytes(b"2\n", b"3\n", 2048), Some(0));
        for damaged in [&b""[..], b"x\n", b"14", b"1 2\n", b"-1\n", b"18446744073709551615\n"] {
            assert_eq!(free_bytes(damaged, b"0\n", 2048), None, "{}", String::from_utf8_lossy(damaged));
        }
        assert_eq!(free_bytes(b"14\n", b"", 2048), None);
    }
}
