//! The memory of code that has run.

use std::fs;
use std::ops::Range;

/// The code of the program or of one of its libraries, and the constants in front of it, where they are mapped.
///
/// Source: proc(5), `maps`. On macOS there is no such file, and code takes none of a process's footprint there, which is what the
/// process has written (footprint(1)).
pub struct MappedCode(Vec<Range<usize>>);

impl MappedCode {
    /// The code around `address`; `None` where it is of no file.
    pub fn around(address: *const ()) -> Option<MappedCode> {
        let maps = fs::read_to_string("/proc/self/maps").ok()?;
        let parts = || maps.lines().filter_map(code_part);
        let (file, _) = parts().find(|(_, part)| part.contains(&address.addr()))?;
        Some(MappedCode(parts().filter(|(other, _)| *other == file).map(|(_, part)| part).collect()))
    }

    /// Gives back its memory, where most of it will not be used soon. The kernel maps again what is, from its cache as long as
    /// that has it.
    pub fn release(&self) {
        self.0.iter().for_each(give_back);
    }
}

/// Source: madvise(2), `MADV_DONTNEED`.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn give_back(part: &Range<usize>) {
    let begin = std::ptr::with_exposed_provenance_mut(part.start);
    // SAFETY: the pages are those of a file, mapped privately and never written: what is read again is what was there. Where the
    // kernel refuses, nothing changes.
    let _ = unsafe { rustix::mm::madvise(begin, part.len(), rustix::mm::Advice::LinuxDontNeed) };
}

#[cfg(not(target_os = "linux"))]
fn give_back(_part: &Range<usize>) {}

/// The number of the file and the addresses in a line of `maps`, where they hold a part that was never written: code, or the
/// file's beginning, if that is read alone. (Other parts that are read alone were written by the linker at the start.)
fn code_part(line: &str) -> Option<(&str, Range<usize>)> {
    let mut fields = line.split_ascii_whitespace();
    let (begin, end) = fields.next()?.split_once('-')?;
    let (mode, offset, file) = (fields.next()?, fields.next()?, fields.nth(1)?);
    let is_unwritten = mode == "r-xp" || (mode == "r--p" && offset.bytes().all(|digit| digit == b'0'));
    let address = |hex| usize::from_str_radix(hex, 16).ok();
    (is_unwritten && file != "0").then_some((file, address(begin)?..address(end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn code_that_was_given_back_runs_again() {
        let code = MappedCode::around(code_part as *const ()).unwrap();
        assert!(code.0.iter().any(|part| part.contains(&(code_part as *const ()).addr())));
        (0..3).for_each(|_| code.release());
        let line = "55a2aa54d000-55a2aa850000 r-xp 00144000 fe:00 10297395   /usr/bin/load line";
        assert_eq!(code_part(line), Some(("10297395", 0x55a2_aa54_d000..0x55a2_aa85_0000)));
        let line = "55a2aa408000-55a2aa54d000 r--p 00000000 fe:00 10297395   /usr/bin/loadline";
        assert_eq!(code_part(line), Some(("10297395", 0x55a2_aa40_8000..0x55a2_aa54_d000)));
    }

    #[test]
    fn memory_that_may_have_been_written_is_not_given_back() {
        for line in [
            "",
            "55a2aa850000-55a2aa865000 r--p 00446000 fe:00 10297395   /usr/bin/loadline",
            "55a2aa408000-55a2aa54d000 rw-p 00000000 fe:00 10297395   /usr/bin/loadline",
            "55a2aa408000-55a2aa54d000 rwxp 00000000 fe:00 10297395   /usr/bin/loadline",
            "55a2aa408000-55a2aa54d000 r-xs 00000000 fe:00 10297395   /usr/bin/loadline",
            "7fff9c7dd000-7fff9c7e1000 r--p 00000000 00:00 0          [vvar]",
            "7fff9c7e1000-7fff9c7e3000 r-xp 00000000 00:00 0          [vdso]",
        ] {
            assert_eq!(code_part(line), None, "{line}");
        }
    }
}
