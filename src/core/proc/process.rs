//! The files of one process: `stat` and `statm`.

use memchr::{memchr, memrchr};

use super::fields::number;

/// `PF_KTHREAD` among the flags of a process, in the kernel's `include/linux/sched.h`.
const IS_KERNEL_THREAD: u64 = 0x0020_0000;

/// The figures in `/proc/PID/stat`.
#[derive(Debug, PartialEq)]
pub struct ProcessStat<'a> {
    pub comm: &'a [u8],
    /// The pid of its parent; 0 where that cannot be seen.
    pub parent: u32,
    pub is_kernel_thread: bool,
    /// CPU time of all its threads, in clock ticks.
    pub ticks: u64,
    /// CPU time of its children that have ended and were waited for, and of theirs, in clock ticks.
    pub children_ticks: u64,
    /// The start of the process, in clock ticks since the start of the machine.
    pub started: u64,
    pub resident_pages: u64,
}

impl ProcessStat<'_> {
    /// `None` for anything else than such a line.
    pub fn parse(line: &[u8]) -> Option<ProcessStat<'_>> {
        let open = memchr(b'(', line)?;
        // The comm may hold anything, even parentheses and line ends; the fields after it do not.
        let close = memrchr(b')', line)?;
        let comm = line.get(open + 1..close)?;
        let mut fields = line.get(close + 2..)?.split(|byte| *byte == b' ');
        // The numbers are those of proc(5), where the state is field 3.
        let mut field = |skipped: usize| number(fields.nth(skipped)?).map(|(value, _)| value);
        let parent = u32::try_from(field(4 - 3)?).ok()?;
        let flags = field(9 - 5)?;
        let ticks = field(14 - 10)?.saturating_add(field(0)?);
        let children_ticks = field(0)?.saturating_add(field(0)?);
        let started = field(22 - 18)?;
        let resident_pages = field(24 - 23)?;
        let is_kernel_thread = flags & IS_KERNEL_THREAD != 0;
        Some(ProcessStat { comm, parent, is_kernel_thread, ticks, children_ticks, started, resident_pages })
    }
}

/// The resident memory in `/proc/PID/statm`, in bytes: the process's own, and the shared (files and shared memory).
pub fn memory(line: &[u8], page_bytes: u64) -> Option<(u64, u64)> {
    let (_, rest) = number(line)?;
    let (resident_pages, rest) = number(rest)?;
    let (shared_pages, _) = number(rest)?;
    let bytes = |pages: u64| pages.saturating_mul(page_bytes);
    Some((bytes(resident_pages.saturating_sub(shared_pages)), bytes(shared_pages)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(comm: &str, flags: u64) -> Vec<u8> {
        format!(
            "812 ({comm}) S 17 812 812 0 -1 {flags} 10 20 30 40 700 77 5 6 20 -19 4 0 123456 99 88 18446744073709551615\n"
        )
        .into_bytes()
    }

    #[test]
    fn the_figures_of_a_process_are_found_whatever_its_name() {
        for comm in ["bash", "a) b (c", "", ") S 1 2 3 (", "two\nlines", "Isolated Web Co", "(sd-pam)", "x) R 1"] {
            let line = line(comm, 0x0040_0000);
            let stat = ProcessStat {
                comm: comm.as_bytes(),
                parent: 17,
                is_kernel_thread: false,
                ticks: 777,
                children_ticks: 11,
                started: 123_456,
                resident_pages: 88,
            };
            assert_eq!(ProcessStat::parse(&line), Some(stat), "{comm:?}");
        }
        assert!(ProcessStat::parse(&line("kworker/0:1", 0x0420_8060)).unwrap().is_kernel_thread);
        let mut odd = line("?", 0);
        odd[5] = 0xff;
        assert_eq!(ProcessStat::parse(&odd).unwrap().comm, [0xff]);
    }

    #[test]
    fn a_truncated_line_is_rejected() {
        let whole = line("a) b", 0);
        let started = whole.windows(6).position(|w| w == b"123456").unwrap();
        for length in 0..started + 6 {
            assert_eq!(ProcessStat::parse(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(ProcessStat::parse(b")("), None);
        assert_eq!((memory(b"", 4096), memory(b"10 9", 4096), memory(b"a b c", 4096)), (None, None, None));
    }

    #[test]
    fn memory_is_split_into_private_and_shared() {
        assert_eq!(memory(b"3000 1000 400 5 0 123 0\n", 4096), Some((600 * 4096, 400 * 4096)));
        // The kernel counts the two separately, and they may disagree.
        assert_eq!(memory(b"3000 100 101 5 0 123 0\n", 4096), Some((0, 101 * 4096)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            ProcessStat::parse(&bytes);
            ProcessStat::parse(&[b"1 (", &bytes[..], b") R 1 2 3"].concat());
            memory(&bytes, 4096);
        }
    }
}
