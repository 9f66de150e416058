//! `/proc/meminfo`: memory and swap, in KiB.

use super::fields::{lines, number};

/// The end of a line whose figure is in KiB, and of one that counts pages.
const KIB: &[u8] = b" kB\n";
const PAGES: &[u8] = b"\n";

/// The beginning and the end of a line.
type MemInfoLine = (&'static [u8], &'static [u8]);

/// The lines that every reading takes.
const ALWAYS: [MemInfoLine; 7] = [
    (b"MemTotal:", KIB),
    (b"MemFree:", KIB),
    (b"MemAvailable:", KIB),
    (b"SwapTotal:", KIB),
    (b"SwapFree:", KIB),
    (b"HugePages_Free:", PAGES),
    (b"Hugetlb:", KIB),
];

/// Those by which the memory available is estimated.
const FOR_ESTIMATE: [MemInfoLine; 4] =
    [(b"Buffers:", KIB), (b"Cached:", KIB), (b"Shmem:", KIB), (b"SReclaimable:", KIB)];

/// Those of huge pages, where there are any.
const OF_HUGE_PAGES: [MemInfoLine; 3] =
    [(b"HugePages_Total:", PAGES), (b"HugePages_Rsvd:", PAGES), (b"Hugepagesize:", KIB)];

/// The figures of `/proc/meminfo` that count. `None` where the kernel does not report one, or where nothing depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemInfo {
    pub total_kib: Option<u64>,
    pub free_kib: Option<u64>,
    /// Since Linux 3.14.
    pub available_kib: Option<u64>,
    pub buffers_kib: Option<u64>,
    pub cached_kib: Option<u64>,
    pub shmem_kib: Option<u64>,
    pub reclaimable_kib: Option<u64>,
    pub swap_total_kib: Option<u64>,
    pub swap_free_kib: Option<u64>,
    /// All huge pages of the default size.
    pub huge_pages_total: Option<u64>,
    /// Those that are set aside, and that no program uses.
    pub huge_pages_free: Option<u64>,
    /// The part of them that is promised to programs already.
    pub huge_pages_reserved: Option<u64>,
    /// The default size.
    pub huge_page_kib: Option<u64>,
    /// All huge pages of every size. Since Linux 4.16.
    pub huge_kib: Option<u64>,
}

impl MemInfo {
    /// Reads the lines `MemTotal:       24731708 kB`.
    pub fn parse(text: &[u8]) -> MemInfo {
        MemInfoParser::default().parse(text)
    }

    /// The same figures of a container. Its huge pages are those of the host: lxcfs hands these lines on as they are.
    pub fn without_host_parts(self) -> MemInfo {
        let without = MemInfo { huge_pages_total: None, huge_pages_free: None, huge_pages_reserved: None, ..self };
        MemInfo { huge_page_kib: None, huge_kib: None, ..without }
    }

    /// The memory that the machine has; `None` for zero, which nothing has.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_kib.filter(|kib| *kib > 0)?.checked_mul(1024)
    }

    /// The memory that is neither free nor could be freed at once, as `free`, psutil and sysinfo count it; less the huge pages
    /// that nobody uses, and less `zfs_cache_bytes`, which ZFS gives back when it is wanted.
    ///
    /// `None` where more is free or available than there is, or nothing at all is: no kernel that works reports that.
    pub fn used_bytes(&self, zfs_cache_bytes: Option<u64>) -> Option<u64> {
        self.used_bytes_less([self.huge_free_bytes(), zfs_cache_bytes])
    }

    /// The same, less these parts, where they are known.
    pub fn used_bytes_less(&self, parts_bytes: [Option<u64>; 2]) -> Option<u64> {
        let total_kib = self.total_kib?;
        let free_kib = self.free_kib.filter(|kib| *kib <= total_kib)?;
        let available_kib = self.plausible_available_kib().or_else(|| self.estimated_available_kib())?;
        let used_kib = total_kib.checked_sub(available_kib)?;
        let mut used_bytes = (free_kib > 0 || available_kib > 0).then(|| used_kib.checked_mul(1024))??;
        for part_bytes in parts_bytes {
            // More than is in use is no part of it.
            used_bytes = part_bytes.and_then(|bytes| used_bytes.checked_sub(bytes)).unwrap_or(used_bytes);
        }
        Some(used_bytes)
    }

    /// The huge pages of the default size that are set aside, and neither used by a program nor promised to one. They are not
    /// available for anything else, so the kernel does not count them as available.
    ///
    /// Source: the kernel's `Documentation/admin-guide/mm/hugetlbpage.rst`.
    pub fn huge_free_bytes(&self) -> Option<u64> {
        if self.huge_pages_free == Some(0) {
            return Some(0);
        }
        let pages = self.huge_pages_free?.checked_sub(self.huge_pages_reserved.unwrap_or(0))?;
        pages.checked_mul(self.huge_page_kib?)?.checked_mul(1024)
    }

    /// Whether there are huge pages of other sizes than the default, which this file counts in one sum alone.
    ///
    /// Source: the kernel's `mm/hugetlb.c`, `hugetlb_report_meminfo`.
    pub fn has_other_huge_pages(&self) -> bool {
        let default_kib = self.huge_pages_total.zip(self.huge_page_kib).and_then(|(pages, kib)| pages.checked_mul(kib));
        self.huge_kib.is_some_and(|kib| kib > 0 && Some(kib) != default_kib)
    }

    /// Some containers report more available than there is.
    fn plausible_available_kib(&self) -> Option<u64> {
        self.available_kib.filter(|kib| Some(*kib) <= self.total_kib)
    }

    /// The estimate for kernels without a `MemAvailable` that can be true, as sysinfo makes it for those without one (its
    /// `unix/linux/system.rs`). Shared memory is counted as cached, and cannot be freed.
    fn estimated_available_kib(&self) -> Option<u64> {
        let cached_kib = self.free_kib?.checked_add(self.buffers_kib?)?.checked_add(self.cached_kib?)?;
        let reclaimable_kib = cached_kib.checked_add(self.reclaimable_kib.unwrap_or(0))?;
        reclaimable_kib.checked_sub(self.shmem_kib.unwrap_or(0))
    }

    /// The swap in use; `None` where more is free than there is, as some containers report it.
    pub fn swap_used_bytes(&self) -> Option<u64> {
        self.swap_total_kib?.checked_sub(self.swap_free_kib?)?.checked_mul(1024)
    }
}

/// Reads one text after the other, and of each no more lines than it takes.
#[derive(Clone, Debug, Default)]
pub struct MemInfoParser {
    always: KnownLines<{ ALWAYS.len() }>,
    for_estimate: KnownLines<{ FOR_ESTIMATE.len() }>,
    of_huge_pages: KnownLines<{ OF_HUGE_PAGES.len() }>,
}

impl MemInfoParser {
    /// The figures of `text`, whatever the texts before were.
    pub fn parse(&mut self, text: &[u8]) -> MemInfo {
        let [total_kib, free_kib, available_kib, swap_total_kib, swap_free_kib, huge_pages_free, huge_kib] =
            self.always.figures(text, &ALWAYS);
        let mut info = MemInfo {
            total_kib,
            free_kib,
            available_kib,
            swap_total_kib,
            swap_free_kib,
            huge_pages_free,
            huge_kib,
            ..MemInfo::default()
        };
        if info.plausible_available_kib().is_none() {
            [info.buffers_kib, info.cached_kib, info.shmem_kib, info.reclaimable_kib] =
                self.for_estimate.figures(text, &FOR_ESTIMATE);
        }
        if (huge_pages_free, huge_kib) != (Some(0), Some(0)) {
            [info.huge_pages_total, info.huge_pages_reserved, info.huge_page_kib] =
                self.of_huge_pages.figures(text, &OF_HUGE_PAGES);
        }
        info
    }
}

/// Where lines stood in the text before. The kernel prints the same lines in the same widths: where each stood, it is looked for
/// first. Looking through all lines takes most of the time otherwise.
#[derive(Clone, Debug)]
struct KnownLines<const N: usize> {
    /// The beginnings, in the order of the lines. `None` unless all of them were there.
    begins: Option<[usize; N]>,
}

impl<const N: usize> Default for KnownLines<N> {
    fn default() -> KnownLines<N> {
        KnownLines { begins: None }
    }
}

impl<const N: usize> KnownLines<N> {
    /// The figures of these lines, which are the same for each text.
    fn figures(&mut self, text: &[u8], lines: &[MemInfoLine; N]) -> [Option<u64>; N] {
        let is_at = |begin: usize, name: &[u8]| {
            let is_begin = begin.checked_sub(1).is_none_or(|before| text.get(before) == Some(&b'\n'));
            is_begin && text.get(begin..).is_some_and(|line| line.starts_with(name))
        };
        let known = self.begins.filter(|begins| begins.iter().zip(lines).all(|(begin, (name, _))| is_at(*begin, name)));
        let begins = known.map_or_else(|| find_lines(text, lines), |begins| begins.map(Some));
        if known.is_none() {
            let mut all = [0; N];
            let is_whole = all.iter_mut().zip(begins).all(|(all, begin)| begin.map(|begin| *all = begin).is_some());
            self.begins = is_whole.then_some(all);
        }
        let mut figures = [None; N];
        for (figure, (begin, (name, end))) in figures.iter_mut().zip(begins.iter().zip(lines)) {
            let rest = begin.and_then(|begin| number(text.get(begin + name.len()..)?));
            *figure = rest.filter(|(_, rest)| rest.starts_with(end)).map(|(value, _)| value);
        }
        figures
    }
}

/// The beginnings of these lines in `text`, in their order.
fn find_lines<const N: usize>(text: &[u8], wanted: &[MemInfoLine; N]) -> [Option<usize>; N] {
    let mut begins = [None; N];
    let mut begin = 0;
    for line in lines(text) {
        // Half of the lines begin otherwise: those take no further look.
        if matches!(line.first(), Some(b'B' | b'C' | b'H' | b'M' | b'S')) {
            let found = begins.iter_mut().zip(wanted).find(|(at, (name, _))| at.is_none() && line.starts_with(name));
            found.into_iter().for_each(|(place, _)| *place = Some(begin));
        }
        begin += line.len() + 1;
    }
    begins
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GIB: u64 = 1 << 30;

    /// A machine of 16 GiB, in the form of the kernel, with some lines changed or (where empty) left out.
    fn meminfo(changed: &[(&str, &str)]) -> MemInfo {
        let rows = [
            ("MemTotal", "16777216 kB"),
            ("MemFree", "1048576 kB"),
            ("MemAvailable", "8388608 kB"),
            ("Buffers", "524288 kB"),
            ("Cached", "5242880 kB"),
            ("SwapCached", "0 kB"),
            ("SwapTotal", "2097152 kB"),
            ("SwapFree", "1048576 kB"),
            ("Shmem", "262144 kB"),
            ("SReclaimable", "786432 kB"),
            ("HugePages_Total", "0"),
            ("HugePages_Free", "0"),
            ("HugePages_Rsvd", "0"),
            ("Hugepagesize", "2048 kB"),
            ("Hugetlb", "0 kB"),
        ];
        let changed = |name: &str| changed.iter().find(|(changed, _)| *changed == name).map(|(_, value)| *value);
        let rows = rows.iter().map(|(name, value)| (name, changed(name).unwrap_or(value)));
        let rows = rows.filter(|(_, value)| !value.is_empty());
        let text: String = rows.map(|(name, value)| format!("{:<16}{value:>11}\n", format!("{name}:"))).collect();
        MemInfo::parse(text.as_bytes())
    }

    #[test]
    fn memory_in_use_is_neither_free_nor_available() {
        let info = meminfo(&[]);
        assert_eq!((info.total_bytes(), info.used_bytes(None)), (Some(16 * GIB), Some(8 * GIB)));
        assert_eq!(info.swap_used_bytes(), Some(GIB));
    }

    #[test]
    fn kernels_before_3_14_are_estimated() {
        let info = meminfo(&[("MemAvailable", "")]);
        // Free 1, buffers 0.5, cached 5, reclaimable 0.75, less 0.25 of shared memory.
        assert_eq!(info.used_bytes(None), Some(9 * GIB));
        assert_eq!(meminfo(&[("MemAvailable", ""), ("Cached", "")]).used_bytes(None), None);
        assert_eq!(meminfo(&[("MemAvailable", ""), ("Cached", "99999999 kB")]).used_bytes(None), None);
    }

    #[test]
    fn more_available_than_there_is_is_estimated() {
        assert_eq!(meminfo(&[("MemAvailable", "16777217 kB")]).used_bytes(None), Some(9 * GIB));
        let implausible = [("MemAvailable", "16777217 kB"), ("Cached", "99999999 kB")];
        assert_eq!(meminfo(&implausible).used_bytes(None), None, "neither can be true");
        assert_eq!(meminfo(&[("MemAvailable", "16777217 kB"), ("Cached", "")]).used_bytes(None), None);
        assert_eq!(meminfo(&[("MemFree", "16777217 kB")]).used_bytes(None), None);
        assert_eq!(meminfo(&[("MemAvailable", "16777216 kB")]).used_bytes(None), Some(0));
    }

    #[test]
    fn more_free_swap_than_there_is_makes_swap_alone_unknown() {
        let info = meminfo(&[("SwapFree", "2097156 kB")]);
        assert_eq!((info.used_bytes(None), info.swap_used_bytes()), (Some(8 * GIB), None));
        assert_eq!(meminfo(&[("SwapTotal", "0 kB"), ("SwapFree", "0 kB")]).swap_used_bytes(), Some(0));
        assert_eq!(meminfo(&[("SwapFree", "")]).swap_used_bytes(), None);
    }

    #[test]
    fn a_figure_that_was_not_measured_is_never_zero() {
        assert_eq!(meminfo(&[("MemTotal", "0 kB")]).total_bytes(), None);
        assert_eq!(meminfo(&[("MemFree", "0 kB"), ("MemAvailable", "0 kB")]).used_bytes(None), None);
        for value in ["", "kB", "-1 kB", "1.5 kB", "17 MB", "17", "99999999999999999999 kB"] {
            assert_eq!(meminfo(&[("MemTotal", value)]).total_bytes(), None, "{value}");
            assert_eq!(meminfo(&[("MemTotal", value)]).used_bytes(None), None, "{value}");
        }
        assert_eq!(MemInfo::parse(b"MemTotal: 17 kB").total_bytes(), None, "cut off");
    }

    #[test]
    fn a_machine_of_24_tb_is_measured() {
        let large = [("MemTotal", "25769803776 kB"), ("MemAvailable", "12884901888 kB")];
        let info = meminfo(&large);
        assert_eq!((info.total_bytes(), info.used_bytes(None)), (Some(24 << 40), Some(12 << 40)));
        let too_large = meminfo(&[("MemTotal", "18446744073709551615 kB")]);
        assert_eq!((too_large.total_bytes(), too_large.used_bytes(None)), (None, None), "more than 64 bits of bytes");
    }

    #[test]
    fn free_huge_pages_and_the_cache_of_zfs_are_not_in_use() {
        let pages = |free| meminfo(&[("HugePages_Free", free), ("HugePages_Rsvd", "512")]);
        assert_eq!(pages("2560").huge_free_bytes(), Some(4 * GIB), "2,048 pages of 2 MiB");
        assert_eq!(pages("2560").used_bytes(None), Some(4 * GIB));
        assert_eq!(pages("2560").used_bytes(Some(3 * GIB)), Some(GIB));
        // Parts that are larger than the whole are those of another machine.
        assert_eq!(pages("2560").used_bytes(Some(5 * GIB)), Some(4 * GIB));
        assert_eq!(pages("25600").used_bytes(Some(5 * GIB)), Some(3 * GIB));
        assert_eq!((pages("500").huge_free_bytes(), pages("500").used_bytes(None)), (None, Some(8 * GIB)));
        let container = pages("2560").without_host_parts();
        assert_eq!((container.huge_free_bytes(), container.used_bytes(None)), (None, Some(8 * GIB)));
    }

    #[test]
    fn huge_pages_of_other_sizes_show_in_the_sum_of_all() {
        let pages = |total, sum| meminfo(&[("HugePages_Total", total), ("Hugetlb", sum)]).has_other_huge_pages();
        assert!(pages("0", "14680064 kB") && pages("512", "15728640 kB") && pages("", "2048 kB"));
        assert!(!pages("0", "0 kB") && !pages("512", "1048576 kB") && !pages("512", "") && !pages("", "0 kB"));
        let container = meminfo(&[("HugePages_Total", "0"), ("Hugetlb", "14680064 kB")]).without_host_parts();
        assert!(!container.has_other_huge_pages());
        let free = [Some(3 * GIB), Some(GIB)];
        assert_eq!(meminfo(&[]).used_bytes_less(free), Some(4 * GIB));
    }

    #[test]
    fn lines_that_move_come_or_go_are_read_where_they_are() {
        let row = |name: &[u8], end: &[u8], figure: u64| {
            let name = String::from_utf8_lossy(name);
            format!("{name:<16}{figure:>8}{}", String::from_utf8_lossy(end))
        };
        let all = |figure: u64| {
            let lines = ALWAYS.iter().chain(&FOR_ESTIMATE).chain(&OF_HUGE_PAGES);
            lines.map(|(name, end)| row(name, end, figure)).collect::<Vec<_>>()
        };
        let mut parser = MemInfoParser::default();
        let mut check = |rows: &[String], free: Option<u64>, page: Option<u64>| {
            let text = rows.concat();
            let info = parser.parse(text.as_bytes());
            assert_eq!(info, MemInfo::parse(text.as_bytes()), "{text}");
            assert_eq!((info.free_kib, info.huge_page_kib), (free, page), "{text}");
        };
        check(&all(17), Some(17), Some(17));
        check(&all(18), Some(18), Some(18));
        // A figure that takes more room moves the lines behind it.
        check(&[vec![row(b"MemTotal:", KIB, 1_234_567_890)], all(19)[1..].to_vec()].concat(), Some(19), Some(19));
        check(&all(20)[2..], None, Some(20));
        check(&all(21)[..12], Some(21), None);
        // In the same place stand other lines of the same width.
        check(&all(22), Some(22), Some(22));
        let with = |figure, one, other| all(figure).into_iter().map(|row| row.replace(one, other)).collect::<Vec<_>>();
        check(&with(23, "MemFree:", "NotFree:"), None, Some(23));
        check(&all(24), Some(24), Some(24));
        check(&with(25, "MemFree: ", " MemFree:"), None, Some(25));
        check(&all(26), Some(26), Some(26));
        check(&with(27, "27 kB", "27 k"), None, None);
        check(&[], None, None);
    }

    #[test]
    fn lines_that_no_figure_depends_on_are_not_read_and_the_others_are() {
        let info = meminfo(&[("HugePages_Total", "7"), ("HugePages_Rsvd", "7")]);
        assert_eq!((info.buffers_kib, info.huge_pages_total, info.huge_free_bytes()), (None, None, Some(0)));
        let info = meminfo(&[("MemAvailable", ""), ("Hugetlb", "2048 kB")]);
        assert_eq!((info.buffers_kib, info.huge_pages_total), (Some(524_288), Some(0)));
    }

    proptest! {
        #[test]
        fn memory_in_use_is_never_more_than_there_is(total: u64, free: u64, available: Option<u64>, parts: [u32; 6]) {
            let row = |name: &str, value: u64, unit: &str| format!("{name}:  {value}{unit}\n");
            let names = ["Buffers", "Cached", "Shmem", "SReclaimable", "SwapFree", "Hugepagesize"];
            let mut text = row("MemTotal", total, " kB") + &row("MemFree", free, " kB");
            available.iter().for_each(|kib| text += &row("MemAvailable", *kib, " kB"));
            names.iter().zip(parts).for_each(|(name, kib)| text += &row(name, kib.into(), " kB"));
            text += &row("HugePages_Free", parts[0].into(), "");
            let info = MemInfo::parse(text.as_bytes());
            prop_assert_eq!((info.total_kib, info.free_kib, info.available_kib), (Some(total), Some(free), available));
            prop_assert_eq!(info.huge_page_kib, Some(parts[5].into()));
            for zfs_cache_bytes in [None, Some(u64::from(parts[1]) * 1024)] {
                if let Some(used_bytes) = info.used_bytes(zfs_cache_bytes) {
                    prop_assert!(used_bytes / 1024 <= total);
                }
            }
        }
    }
}
