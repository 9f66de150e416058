//! `/proc/locks`: the locks on files that processes hold here.

/// Whether a process other than `own_pid` holds a lock on one of these files, given by their numbers (inodes). Devices are not
/// compared: those of some file systems have other numbers here, and a wrong yes costs less than a wrong no.
///
/// Source: proc(5), `/proc/locks`: `1: POSIX  ADVISORY  WRITE 1234 08:02:5678 0 EOF`. A waiting one has `->` behind its number.
pub fn is_held_by_another(locks: &str, inodes: &[u64], own_pid: u32) -> bool {
    locks.lines().filter_map(parse).any(|(pid, inode)| pid != i64::from(own_pid) && inodes.contains(&inode))
}

/// The processes that hold a lock of `flock` on the file with this number (inode), as far as they can be seen here. As above,
/// devices are not compared.
pub fn holders(locks: &str, inode: u64) -> impl Iterator<Item = i64> {
    let is_flock = |line: &&str| line.split_ascii_whitespace().nth(1) == Some("FLOCK");
    locks.lines().filter(is_flock).filter_map(parse).filter(move |&(_, found)| found == inode).map(|(pid, _)| pid)
}

/// The process and the file's number; `None` for a lock that is only waited for.
fn parse(line: &str) -> Option<(i64, u64)> {
    let mut words = line.split_ascii_whitespace();
    let [_number, _kind, _mode, _access, pid, file] = std::array::from_fn(|_| words.next().unwrap_or_default());
    Some((pid.parse().ok()?, file.rsplit(':').next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKS: &str = "1: POSIX  ADVISORY  READ 812 fd:01:1311 1073741826 1073742335\n\
                         2: FLOCK  ADVISORY  WRITE 99 00:1b:7 0 EOF\n2: -> FLOCK  ADVISORY  WRITE 44 00:1b:8 0 EOF\n\
                         3: OFDLCK ADVISORY  WRITE -1 08:02:9 0 EOF\nnot a lock\n4: LEASE ACTIVE READ 5 08:02:x 0 EOF\n";

    #[test]
    fn a_lock_of_another_process_on_the_file_is_found() {
        for (inodes, own_pid, is_held) in [
            (vec![1311], 1, true),
            (vec![1311], 812, false),
            (vec![4, 7], 812, true),
            (vec![8], 1, false),
            (vec![9], 1, true),
            (vec![], 1, false),
        ] {
            assert_eq!(is_held_by_another(LOCKS, &inodes, own_pid), is_held, "{inodes:?} of {own_pid}");
        }
        assert!(!is_held_by_another("", &[1311], 1));
        assert_eq!(holders(LOCKS, 7).collect::<Vec<_>>(), [99]);
        assert_eq!(holders(LOCKS, 8).count(), 0, "it is only waited for");
        assert_eq!(holders(LOCKS, 1311).count(), 0, "a lock of another kind");
    }
}
