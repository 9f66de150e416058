//! `/proc/spl/kstat/zfs/arcstats`: the cache of ZFS (ARC), which the kernel counts as memory in use.
//!
//! Source: OpenZFS, `module/os/linux/spl/spl-kstat.c` (`name type value`) and its manual's page zfs(4), `zfs_arc_min`.

use super::fields::{lines, number};

/// The part of the cache that ZFS gives back when memory is wanted: all above its minimum. `None` where a figure is missing.
pub fn evictable_bytes(arcstats: &[u8]) -> Option<u64> {
    let [mut size, mut minimum] = [None; 2];
    for line in lines(arcstats) {
        // Behind the name is the number of its type.
        let value = |rest| number(rest).and_then(|(_, rest)| number(rest)).map(|(value, _)| value);
        if let Some(rest) = line.strip_prefix(b"size ") {
            size = value(rest);
        } else if let Some(rest) = line.strip_prefix(b"c_min ") {
            minimum = value(rest);
        }
    }
    Some(size?.saturating_sub(minimum?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_above_the_minimum_can_be_given_back() {
        let text = "13 1 0x01 147 39984 4163241735 1079391863\nname                            type data\n\
            hits                            4    1\nc                               4    9\n\
            c_min                           4    1000\nc_max                           4    9000\n\
            size                            4    5000\ncompressed_size                 4    1\n";
        assert_eq!(evictable_bytes(text.as_bytes()), Some(4_000));
        assert_eq!(evictable_bytes(text.replace("5000", "900").as_bytes()), Some(0));
        for text in ["", "size 4 5000\n", "size 4 x\nc_min 4 1\n", "size 4 5000\nc_min 4\n"] {
            assert_eq!(evictable_bytes(text.as_bytes()), None, "{text}");
        }
    }
}
