//! A million damaged files for the parsers of `/proc`, and a part of it for those of cgroups: none makes them panic, or makes
//! a value that cannot be.

use loadline::core::cgroup::usage::{self, CpuCounters};
use loadline::core::cgroup::{files, folders, limits, members::LimitedGroups};
use loadline::core::proc::meminfo::{MemInfo, MemInfoParser};
use loadline::core::proc::process::{self, ProcessStat};
use loadline::core::proc::{arcstats, cpu_list, huge_pages, locks, pressure, stat, swap};

const INPUTS: usize = 1_000_000;

/// Each with what is real in it, and what has been seen to break other programs.
const STAT: &[u8] = b"cpu  1590407 138573 198031 585376 10810 0 2545 6215 0 0\ncpu0 7 7 7 7 7 7 7 7 7 7\nintr 1 2\n";
const MEMINFO: &[u8] = b"MemTotal:       24731708 kB\nMemFree:        15369816 kB\nMemAvailable:   24143356 kB\n\
    Buffers:          427028 kB\nCached:          8237360 kB\nSwapTotal:        524288 kB\nSwapFree:         524288 kB\n\
    Shmem:              8856 kB\nSReclaimable:     519700 kB\nHugePages_Total:      0\nHugePages_Free:       0\n\
    HugePages_Rsvd:       0\nHugepagesize:       2048 kB\nHugetlb:               0 kB\n";
const PRESSURE: &[u8] = b"some avg10=0.00 avg60=0.00 avg300=0.32 total=23571851\nfull avg10=1.00 avg60=0.00 total=1\n";
const ARCSTATS: &[u8] =
    b"name type data\nc_min                           4    790000\nsize                            4    14000000\n";
const MM_STAT: &[u8] = b"  209715200  52428800  54525952        0 54525952     1234        0        0        0\n";
const SWAPS: &[u8] = b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/zram0          partition\t4194300\t\t1024\t\t100\n\
    /swapfile                               file\t\t2097148\t\t512\t\t-2\nZswap:        1000 kB\nZswapped:      3000 kB\n";
/// A kernel without `MemAvailable`, and one with few columns and counters above 2^53.
const OLD_MEMINFO: &[u8] =
    b"MemTotal:       25769803776 kB\nMemFree:        15369816 kB\nBuffers:          427028 kB\n\
    Cached:          8237360 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n";
const OLD_STAT: &[u8] = b"cpu  9007199254740993 138573 18014398509481985 585376\ncpu0 7 7 7 7\n";
const PIECES: [&[u8]; 8] = [b"18446744073709551615", b"-1", b"\0", b"\xff\xfe", b"\n", b" ", b"9", b"MemFree:"];

/// Damages `text` in a few places.
fn mutate(text: &mut Vec<u8>, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(1..5) {
        let at = random.usize(0..=text.len());
        match random.u8(0..5) {
            0 => text.truncate(at),
            1 => {
                let piece = PIECES[random.usize(0..PIECES.len())];
                text.splice(at..at, piece.iter().copied());
            }
            2 => {
                let end = random.usize(at..=text.len());
                text.drain(at..end);
            }
            3 => {
                let copy = text[at..].to_vec();
                text.extend(copy);
            }
            _ => {
                if let Some(byte) = text.get_mut(at) {
                    *byte = random.u8(..);
                }
            }
        }
    }
}

#[test]
fn damaged_files_make_no_panic_and_no_impossible_value() {
    let mut random = fastrand::Rng::with_seed(15);
    let (mut text, mut parser) = (Vec::new(), MemInfoParser::default());
    let many: Vec<u8> = (0..4096).flat_map(|cpu| format!("cpu{cpu} 7 7 7 7 7 7 7 7 7 7\n").into_bytes()).collect();
    let many = [b"cpu  9007199254740993 1 1 9007199254740993 1 1 1 1 1 1\n", &many[..]].concat();
    let files = [STAT, MEMINFO, PRESSURE, ARCSTATS, MM_STAT, SWAPS, OLD_MEMINFO, OLD_STAT];
    let (mut known, mut unknown) = (0, 0);
    for input in 0..INPUTS {
        text.clear();
        text.extend(files[input % files.len()]);
        if input % 4096 == 0 {
            text.clone_from(&many);
        }
        mutate(&mut text, &mut random);
        let times = stat::cpu_times(&text);
        assert!(times.is_none_or(|times| times.ticks.iter().any(|ticks| *ticks > 0)), "{text:?}");
        let info = parser.parse(&text);
        assert_eq!(info, MemInfo::parse(&text), "{text:?}");
        if let (Some(total), Some(used)) = (info.total_bytes(), info.used_bytes(arcstats::evictable_bytes(&text))) {
            assert!(used <= total, "{}", String::from_utf8_lossy(&text));
        }
        if let Some((used, total_kib)) = info.swap_used_bytes().zip(info.swap_total_kib) {
            assert!(used / 1024 <= total_kib, "{}", String::from_utf8_lossy(&text));
        }
        let zswap = swap::zswap(&text);
        let stored = zswap.unwrap_or_default();
        assert!(stored.counted_bytes(0) >= stored.taken_bytes);
        let is_known = times.is_some()
            || zswap.is_some()
            || swap::zram_areas(&text).any(|(_, used)| used.is_some())
            || swap::zram_taken_bytes(&text).is_some()
            || info.used_bytes(None).is_some()
            || pressure::level(&text).is_some()
            || arcstats::evictable_bytes(&text).is_some();
        *(if is_known { &mut known } else { &mut unknown }) += 1;
    }
    // Neither are all inputs destroyed, nor none.
    assert!(known > INPUTS / 10 && unknown > INPUTS / 10, "{known} known, {unknown} not");
}

const MEMBERSHIP: &[u8] =
    b"9:memory:/docker/7\n4:cpu,cpuacct:/docker/7/inner\n3:cpuset:/../..\n1:name=systemd:/x\n0::/a/b\n";
const MOUNTINFO: &[u8] = b"30 23 0:26 / /sys/fs/cgroup/unified rw shared:4 - cgroup2 cgroup2 rw\n\
    1 2 0:3 /docker/7 /m\\040m ro - cgroup cgroup rw,memory\n4 2 0:5 / /cpu ro master:9 - cgroup cgroup rw,cpu,cpuacct\n\
    5 2 0:6 /../.. /set rw - cgroup cgroup rw,cpuset\n";
const CPU_STAT: &[u8] = b"usage_usec 52536031736\nuser_usec 47070145900\nnr_periods 68\nnr_throttled 67\n";
const MEMORY_STAT: &[u8] = b"cache 9437184\ninactive_file 0\ntotal_inactive_file 3145728\ntotal_swap 4096\n";
const LIMITS: [&[u8]; 6] =
    [b"104857600\n", b"20000 100000\n", b"max 100000\n", b"0-3,8\n", b"9223372036854771712\n", b"-1\n"];

#[test]
fn damaged_files_of_cgroups_make_no_panic_and_no_impossible_limit() {
    const CGROUP_INPUTS: usize = INPUTS / 10;
    let mut random = fastrand::Rng::with_seed(15);
    let mut damaged = |text: &[u8]| {
        let mut text = text.to_vec();
        mutate(&mut text, &mut random);
        text
    };
    let (mut limited, mut unlimited, mut measured) = (0, 0, 0);
    for input in 0..CGROUP_INPUTS {
        let texts = [MEMBERSHIP, MOUNTINFO].map(|text| String::from_utf8_lossy(&damaged(text)).into_owned());
        let [membership, mountinfo] = &texts;
        let mut turn = input;
        let found = limits::find(membership, mountinfo, |path| {
            turn += 1;
            Some(match path {
                limits::ONLINE_PROCESSORS => b"0-63\n".to_vec(),
                path if path.ends_with("stat") => damaged(CPU_STAT),
                _ => damaged(LIMITS[turn % LIMITS.len()]),
            })
        });
        let cores = found.cpu.iter().map(|(limit, _)| limit).chain(&found.unmeasured_cpu).map(|limit| limit.cores);
        assert!(cores.into_iter().all(|cores| cores > 0.0 && cores < 64.0), "{found:?}");
        assert!(found.memory.as_ref().is_none_or(|limit| limit.bytes > 0), "{found:?}");
        let groups = LimitedGroups::of(&found, Some(u64::MAX));
        assert!(!groups.is_empty() || groups.hold(membership) == (true, true), "{texts:?}");
        folders::is_member(membership, "cpu", mountinfo);
        *(if found.memory.is_some() { &mut limited } else { &mut unlimited }) += 1;
        let (stat, usage) = (damaged(MEMORY_STAT), damaged(CPU_STAT));
        let used = usage::memory_used_bytes(99_614_720, &stat);
        assert!(used.is_none_or(|used| used <= 99_614_720), "{}", String::from_utf8_lossy(&stat));
        let counted = usage::swap_used_bytes(&stat).map(|swap| usage::counted_swap_bytes(swap, 100, 50));
        let number = damaged(LIMITS[input % LIMITS.len()]);
        assert!(files::quota_cores(&number).is_none_or(|cores| cores > 0.0 && cores.is_finite()));
        assert!(files::processors(&number).is_none_or(|count| count > 0));
        let is_measured = CpuCounters::parse(&usage, &stat).is_some() || counted.is_some();
        measured += usize::from(is_measured && files::swap_limit_bytes(&number) != Some(u64::MAX));
    }
    let least = CGROUP_INPUTS / 10;
    assert!(
        limited > least && unlimited > least && measured > least,
        "{limited} limited, {unlimited} not, {measured} measured"
    );
}

const PROCESS_STAT: &[u8] =
    b"1234 (a (b) c) S 1 1234 1234 0 -1 4194304 7 8 9 10 120 30 5 6 20 0 1 0 98765 1000000 250 \
    18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n";
const STATM: &[u8] = b"9000 250 120 30 0 400 0\n";
const CPU_LIST: &[u8] = b"0-3,8,10-11\n";
const LOCKS: &[u8] = b"1: POSIX  ADVISORY  READ 812 fd:01:1311 1073741826 1073742335\n\
    2: FLOCK  ADVISORY  WRITE 99 00:1b:7 0 EOF\n2: -> FLOCK  ADVISORY  WRITE 44 00:1b:8 0 EOF\n";
const BD_STAT: &[u8] = b"     300        2        4\n";

#[test]
fn damaged_files_of_processes_and_devices_make_no_panic_and_no_impossible_value() {
    let mut random = fastrand::Rng::with_seed(15);
    let files = [PROCESS_STAT, STATM, CPU_LIST, LOCKS, BD_STAT, STAT];
    let (mut text, mut known) = (Vec::new(), 0);
    for input in 0..INPUTS / 2 {
        text.clear();
        text.extend(files[input % files.len()]);
        mutate(&mut text, &mut random);
        let words = String::from_utf8_lossy(&text);
        let parsed = ProcessStat::parse(&text);
        if let Some(process) = &parsed {
            assert!(
                text.windows(process.comm.len() + 2).any(|part| part[1..part.len() - 1] == *process.comm),
                "{words}"
            );
        }
        let memory = process::memory(&text, 4096);
        assert!(memory.is_none_or(|(own, shared)| own % 4096 == 0 || own == u64::MAX || shared == u64::MAX), "{words}");
        let count = cpu_list::count(&words);
        assert!(count.is_none_or(|count| count > 0), "{words}");
        let is_held = locks::is_held_by_another(&words, &[1311, 7], 1);
        assert!(!is_held || words.contains("1311") || words.contains('7'), "{words}");
        let written_back = swap::zram_written_back_bytes(&text);
        assert!(written_back.is_none_or(|bytes| bytes % 4096 == 0), "{words}");
        let free = huge_pages::free_bytes(&text, b"2\n", 2048);
        assert!(free.is_none_or(|bytes| bytes % (2048 * 1024) == 0), "{words}");
        assert!(stat::processors(&text).is_none_or(|count| count > 0), "{words}");
        let is_known = parsed.is_some() || memory.is_some() || count.is_some() || is_held || written_back.is_some();
        known += usize::from(is_known);
    }
    assert!(known > INPUTS / 20 && known < INPUTS / 2, "{known} known");
}
