//! The first line of `/proc/stat`: the time that all processors together have spent in each state.

use super::fields::{lines, number};
use crate::core::metrics::cpu_usage::CpuTimes;

/// The longest first line: its label, and ten numbers of at most twenty digits, each behind a space.
pub const FIRST_LINE_BYTES: usize = 256;

/// The times in the first line; `None` where it is not that of all processors, lacks a column, or is all zeros, as sandboxes
/// write it.
///
/// The two last columns, the time of guests, are part of the first two. Kernels before 2.6.11 have fewer than eight.
pub fn cpu_times(stat: &[u8]) -> Option<CpuTimes> {
    let mut rest = lines(stat).next()?.strip_prefix(b"cpu ")?;
    let mut times = CpuTimes::default();
    while let Some((ticks, after)) = number(rest).filter(|_| times.columns < CpuTimes::COLUMNS) {
        *times.ticks.get_mut(times.columns)? = ticks;
        times.columns += 1;
        rest = after;
    }
    // A column that is no number ends the line early: none of its figures can be trusted.
    let is_read = times.columns == CpuTimes::COLUMNS || rest.iter().all(|byte| *byte == b' ');
    let is_measured = times.columns > CpuTimes::IDLE && times.ticks.iter().any(|ticks| *ticks > 0);
    (is_read && is_measured).then_some(times)
}

/// The number of processors that the file has a line of; `None` for none.
pub fn processors(stat: &[u8]) -> Option<u64> {
    let is_of_one = |line: &&[u8]| {
        let number = line.strip_prefix(b"cpu").and_then(|rest| rest.split(|byte| *byte == b' ').next());
        number.is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
    };
    u64::try_from(lines(stat).filter(is_of_one).count()).ok().filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_line_has_the_times_of_all_processors() {
        let stat = b"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 17\n";
        let times = CpuTimes { ticks: [1, 2, 3, 4, 5, 6, 7, 8], columns: 8 };
        assert_eq!(cpu_times(stat), Some(times));
    }

    #[test]
    fn each_processor_has_a_line_of_its_own() {
        let stat = b"cpu  1 2 3 4\ncpu0 1 1 1 1\ncpu17 1 1 1 1\nintr 17\ncpu9 1";
        assert_eq!(processors(stat), Some(2));
        assert_eq!((processors(b"cpu  1 2 3 4\ncpux 1\n"), processors(b"")), (None, None));
    }

    #[test]
    fn old_kernels_have_fewer_columns() {
        let times = CpuTimes { ticks: [1, 2, 3, 4, 0, 0, 0, 0], columns: 4 };
        assert_eq!(cpu_times(b"cpu  1 2 3 4\n"), Some(times));
        assert_eq!(cpu_times(b"cpu  1 2 3 4 5 6 7 \n").map(|times| times.columns), Some(7));
    }

    #[test]
    fn the_longest_line_fits() {
        let line = format!("cpu {}\n", format!(" {}", u64::MAX).repeat(10));
        assert!(line.len() <= FIRST_LINE_BYTES, "{}", line.len());
        assert_eq!(cpu_times(line.as_bytes()), Some(CpuTimes { ticks: [u64::MAX; 8], columns: 8 }));
    }

    #[test]
    fn anything_else_is_unknown() {
        for text in [
            "",
            "\n",
            "cpu",
            "cpu  1 2 3 4 5 6 7 8 9 10",
            "cpu  1 2 3\n",
            "cpu  0 0 0 0 0 0 0 0 0 0\n",
            "cpu0 1 2 3 4 5 6 7 8 9 10\n",
            "cpu  1 2 3 x 5 6 7 8\n",
            "cpu  1 2 3 4 5 -6 7 8\n",
            "cpu  1 2 3 18446744073709551616 5 6 7 8\n",
            "intr 1 2 3 4 5 6 7 8\n",
        ] {
            assert_eq!(cpu_times(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_of_the_line_is_read(ticks: [u64; 8], columns in 4usize..=10, spaces in 1usize..3) {
            let space = " ".repeat(spaces);
            let fields = ticks.iter().chain(&[7, 7]).take(columns).map(u64::to_string).collect::<Vec<_>>().join(&space);
            let known = cpu_times(format!("cpu  {fields}\ncpu0 1 2 3\n").as_bytes());
            let columns = columns.min(8);
            let read = std::array::from_fn(|column| if column < columns { ticks[column] } else { 0 });
            let expected = CpuTimes { ticks: read, columns };
            prop_assert_eq!(known, read.iter().any(|ticks| *ticks > 0).then_some(expected));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            cpu_times(&bytes);
            cpu_times(&[b"cpu  ", &bytes[..], b"\n"].concat());
        }
    }
}
