//! Swap that is kept compressed in memory: by zram, a block device of its own, or by zswap, a cache before the disk.
//!
//! The kernel counts it as swap in use at its full size, as if it were on a disk. It is counted by the memory that it takes.
//!
//! Source: the kernel's `Documentation/admin-guide/blockdev/zram.rst` (`mm_stat`, `bd_stat`), `mm/swapfile.c` (`swap_show`),
//! `fs/proc/meminfo.c` (`Zswap`, `Zswapped`, since Linux 5.19).

use memchr::memmem;

use super::fields::{lines, number};

/// Swap that is kept in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompressedSwap {
    /// The size of what was swapped out.
    pub stored_bytes: u64,
    /// The memory that it takes.
    pub taken_bytes: u64,
}

impl CompressedSwap {
    /// Both together, as far as 64 bits go.
    pub fn and(self, other: CompressedSwap) -> CompressedSwap {
        CompressedSwap {
            stored_bytes: self.stored_bytes.saturating_add(other.stored_bytes),
            taken_bytes: self.taken_bytes.saturating_add(other.taken_bytes),
        }
    }

    /// The swap that counts as in use, where the kernel reports so much. The figures are of slightly different
    /// moments, so more may be compressed than is in use.
    pub fn counted_bytes(&self, used_bytes: u64) -> u64 {
        used_bytes.saturating_sub(self.stored_bytes).saturating_add(self.taken_bytes)
    }
}

/// Whether this is the text of `/proc/swaps`, which begins with a title, also where there is no swap area.
pub fn is_of_areas(swaps: &[u8]) -> bool {
    swaps.starts_with(b"Filename") && lines(swaps).next().is_some()
}

/// The number of each zram device in `/proc/swaps`, and the bytes that are swapped out to it; `None` where that is no number.
pub fn zram_areas(swaps: &[u8]) -> impl Iterator<Item = (u32, Option<u64>)> {
    lines(swaps).filter_map(|line| {
        let mut fields = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|field| !field.is_empty());
        let device = fields.next()?.strip_prefix(b"/dev/zram")?;
        let (number_of_device, _) = whole(device)?;
        let used = fields.nth(2).and_then(whole).and_then(|(kib, _)| kib.checked_mul(1024));
        Some((u32::try_from(number_of_device).ok()?, used))
    })
}

/// A field that is a number and nothing else.
fn whole(field: &[u8]) -> Option<(u64, &[u8])> {
    number(field).filter(|(_, rest)| rest.is_empty())
}

/// The memory that a zram device takes, in bytes: `mem_used_total`, the third figure of its `mm_stat`. `None` where that
/// is no number.
pub fn zram_taken_bytes(mm_stat: &[u8]) -> Option<u64> {
    let (_, rest) = number(lines(mm_stat).next()?)?;
    let (_, rest) = number(rest)?;
    number(rest).map(|(bytes, _)| bytes)
}

/// The part of what was swapped out to a zram device that it has written on to its backing device, in bytes: the first
/// figure of its `bd_stat`, in units of 4 KiB. `None` where that is no number.
pub fn zram_written_back_bytes(bd_stat: &[u8]) -> Option<u64> {
    number(lines(bd_stat).next()?)?.0.checked_mul(4096)
}

/// The swap in zswap, of the text of `/proc/meminfo`; `None` where the kernel does not report it.
pub fn zswap(meminfo: &[u8]) -> Option<CompressedSwap> {
    let bytes = |name: &[u8]| {
        let (_, text) = meminfo.split_at_checked(memmem::find(meminfo, name)? + name.len())?;
        let (kib, rest) = number(lines(text).next()?)?;
        (rest == b" kB").then(|| kib.checked_mul(1024))?
    };
    Some(CompressedSwap { stored_bytes: bytes(b"\nZswapped:")?, taken_bytes: bytes(b"\nZswap:")? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SWAPS: &str = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n\
        /dev/zram0                              partition\t4194300\t\t1024\t\t100\n\
        /swapfile                               file\t\t2097148\t\t512\t\t-2\n\
        /dev/zram12                             partition\t4194300\t\tx\t\t100\n\
        /dev/zram1/swap                         file\t\t4194300\t\t7\t\t100\n";

    #[test]
    fn the_swap_areas_of_zram_are_found() {
        let areas: Vec<_> = zram_areas(SWAPS.as_bytes()).collect();
        assert_eq!(areas, [(0, Some(1 << 20)), (12, None)]);
        assert_eq!(zram_areas(b"/dev/zram0 partition 1 2 3").count(), 0, "cut off");
        assert!(is_of_areas(SWAPS.as_bytes()) && is_of_areas(b"Filename\t\tType\n"));
        for damaged in [&b""[..], b"Filename", b"garbage\n", b"/dev/zram0 partition 1 2 3\n"] {
            assert!(!is_of_areas(damaged), "{}", String::from_utf8_lossy(damaged));
        }
    }

    #[test]
    fn zram_takes_the_third_figure_of_its_statistics() {
        let text = b"  209715200  52428800  54525952        0 54525952     1234        0        0        0\n";
        assert_eq!(zram_taken_bytes(text), Some(54_525_952));
        for text in ["", "1 2\n", "1 2 x\n", "1 2 3", "1 -2 3\n"] {
            assert_eq!(zram_taken_bytes(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn zram_writes_pages_of_four_kibibytes_back() {
        assert_eq!(zram_written_back_bytes(b"     300        2        4\n"), Some(300 << 12));
        for text in ["", "x\n", "-1 0 0\n", "4503599627370496 0 0\n"] {
            assert_eq!(zram_written_back_bytes(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn zswap_is_read_where_the_kernel_reports_it() {
        let text = b"MemTotal: 9 kB\nZswap:              1000 kB\nZswapped:           3000 kB\n";
        let swap = CompressedSwap { stored_bytes: 3_000 << 10, taken_bytes: 1_000 << 10 };
        assert_eq!(zswap(text), Some(swap));
        for text in ["", "MemTotal: 9 kB\n", "\nZswap: 1 kB\nZswapped: 2\n", "\nZswapped: 2 kB\n"] {
            assert_eq!(zswap(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn compressed_swap_counts_by_the_memory_that_it_takes() {
        let [zram, zswap] =
            [(900, 300), (90, 30)].map(|(stored_bytes, taken_bytes)| CompressedSwap { stored_bytes, taken_bytes });
        assert_eq!(zram.and(zswap).counted_bytes(1_000), 10 + 330);
        assert_eq!(zram.counted_bytes(890), 300, "read at another moment");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            zram_areas(&[b"/dev/zram", &bytes[..], b"\n"].concat()).count();
            zram_taken_bytes(&bytes);
            zram_written_back_bytes(&bytes);
            zswap(&[b"\nZswap:", &bytes[..], b"\nZswapped:", &bytes[..], b"\n"].concat());
        }
    }
}
