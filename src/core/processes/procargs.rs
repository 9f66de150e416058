//! The arguments of a process as macOS gives them: `KERN_PROCARGS2`.

/// The arguments in what the kernel gives, each ended by a nul; `None` where it is no such thing.
///
/// Source: xnu's `bsd/kern/kern_sysctl.c`, `sysctl_procargsx`: their number (four bytes), the path of the program, nuls, the
/// arguments, and the environment behind them.
pub fn arguments(given: &[u8]) -> Option<&[u8]> {
    let (count, rest) = given.split_first_chunk::<4>()?;
    let count = usize::try_from(i32::from_ne_bytes(*count)).ok()?;
    let path_end = rest.iter().position(|&byte| byte == 0)?;
    let rest = rest.get(path_end..)?;
    let rest = rest.get(rest.iter().position(|&byte| byte != 0)?..)?;
    let ends = rest.iter().enumerate().filter(|(_, byte)| **byte == 0).map(|(index, _)| index + 1);
    let end = ends.take(count).last()?;
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(count: i32, strings: &[u8]) -> Vec<u8> {
        [&count.to_ne_bytes(), strings].concat()
    }

    #[test]
    fn the_arguments_are_those_between_the_path_and_the_environment() {
        let whole = given(3, b"/usr/bin/python3\0\0\0\0\0python3\0-u\0/srv/x.py\0TOKEN=secret\0");
        assert_eq!(arguments(&whole), Some(b"python3\0-u\0/srv/x.py\0".as_slice()));
        assert_eq!(arguments(&given(1, b"/bin/ls\0ls\0A=b\0")), Some(b"ls\0".as_slice()));
    }

    #[test]
    fn anything_else_has_none() {
        for odd in [&b""[..], b"\x01\0\0", b"\x01\0\0\0", b"\x01\0\0\0/bin/ls", b"\x01\0\0\0/bin/ls\0\0\0"] {
            assert_eq!(arguments(odd), None, "{odd:?}");
        }
        assert_eq!(arguments(&given(0, b"/bin/ls\0ls\0")), None);
        assert_eq!(arguments(&given(-1, b"/bin/ls\0ls\0")), None);
        // Cut off: those that are whole.
        assert_eq!(arguments(&given(3, b"/bin/ls\0ls\0-l\0x")), Some(b"ls\0-l\0".as_slice()));
    }
}
