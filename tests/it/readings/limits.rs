//! Cgroup limits: the program in groups of ours, in place of `/sys/fs/cgroup` and of the two files of `/proc/self`.

use serde_json::Value;

use super::{Counters, Watched, known, meminfo_text};
use crate::process::Program;
use crate::program::Home;
use crate::support::fake_proc::{FakeCgroups, FakeProc};
use crate::wait::{SOON, wait_for};

pub const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
const V1: &str = "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                  32 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                  33 23 0:29 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n";
const MIB: u64 = 1 << 20;
/// The memory of the machine in these tests: 10 of 16 million KiB are in use.
const MACHINE_PERCENT: f64 = 62.5;

/// A file with a limit of 100 MiB, and one of 92 of them in use.
const LIMIT: &str = "104857600\n";
const STAT: &str = "anon 96468992\nfile 9437184\ninactive_file 3145728\nactive_file 6291456\n";
const ALL: &str = "99614720\n";

/// The readings of a program in these groups.
fn readings(
    membership: &str,
    mountinfo: &str,
    meminfo: &str,
    files: &[(&str, &str)],
    count: usize,
) -> Option<Vec<Value>> {
    let mut counters = Counters::new();
    let fake = FakeProc::new(&counters.text(), meminfo)?;
    fake.cgroups(membership, mountinfo).set_all(files);
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "off"]);
    Some(watched.steps(count, || fake.set_stat(&counters.next())))
}

/// One value of the last of three readings.
fn value(membership: &str, mountinfo: &str, files: &[(&str, &str)], key: &str) -> Option<Value> {
    Some(readings(membership, mountinfo, &meminfo_text(&[]), files, 3)?.remove(2)[key].clone())
}

#[test]
fn memory_is_a_share_of_the_smallest_limit_in_every_version() {
    let v2 = [("a/memory.max", LIMIT), ("a/memory.current", ALL), ("a/memory.stat", STAT), ("a/b/memory.max", "max\n")];
    let v1_stat = "cache 9437184\ninactive_file 0\ntotal_inactive_file 3145728\n";
    let v1 = [
        ("memory/a/memory.limit_in_bytes", LIMIT),
        ("memory/a/memory.usage_in_bytes", ALL),
        ("memory/a/memory.stat", v1_stat),
    ];
    let contained = [
        ("memory/memory.limit_in_bytes", LIMIT),
        ("memory/memory.usage_in_bytes", ALL),
        ("memory/memory.stat", v1_stat),
    ];
    let part = V1.replace("/ /sys", "/docker/7 /sys");
    let own = [("memory.max", LIMIT), ("memory.current", ALL), ("memory.stat", STAT)];
    let cases = [
        ("0::/a/b\n", V2, &v2[..]),
        ("0::/\n", V2, &own),
        ("0::/../../elsewhere\n", V2, &own),
        ("4:memory:/a\n2:cpu:/\n1:cpuacct:/\n", V1, &v1),
        ("4:memory:/docker/7\n", &part, &contained),
        ("4:memory:/\n", &part, &contained),
    ];
    for (membership, mountinfo, files) in cases {
        let Some(readings) = readings(membership, mountinfo, &meminfo_text(&[]), files, 2) else { return };
        assert_eq!(known(&readings, "memory_percent"), [92.0; 2], "{membership}");
        assert_eq!(known(&readings, "memory_used_bytes"), [(92 * MIB) as f64; 2], "{membership}");
        assert_eq!(known(&readings, "memory_total_bytes"), [(100 * MIB) as f64; 2], "{membership}");
        assert_eq!(known(&readings, "memory_limit_bytes"), [(100 * MIB) as f64; 2], "{membership}");
        assert_eq!(known(&readings[1..], "cpu_percent"), [50.0], "not limited: {membership}");
    }
}

#[test]
fn a_limit_that_is_not_below_the_machines_memory_limits_nothing() {
    let same = (16_000_000_u64 * 1024).to_string() + "\n";
    for limit in ["68719476736\n", &same, "max\n", "9223372036854771712\n"] {
        let files = [("a/memory.max", limit), ("a/memory.current", ALL), ("a/memory.stat", STAT)];
        let Some(readings) = readings("0::/a\n", V2, &meminfo_text(&[]), &files, 2) else { return };
        assert_eq!(known(&readings, "memory_percent"), [MACHINE_PERCENT; 2], "{limit}");
        assert_eq!(known(&readings, "memory_limit_bytes"), [0.0; 0], "{limit}");
    }
}

#[test]
fn a_limit_cannot_be_compared_with_an_unknown_total() {
    let files = [("a/memory.max", LIMIT), ("a/memory.current", ALL), ("a/memory.stat", STAT)];
    let Some(readings) = readings("0::/a\n", V2, "MemFree: 5 kB\n", &files, 2) else { return };
    for key in ["memory_percent", "memory_limit_bytes"] {
        assert_eq!(known(&readings, key), [0.0; 0], "{key}");
    }
}

#[test]
fn figures_of_a_limit_that_cannot_be_read_are_unknown_and_not_the_machines() {
    let whole = [("a/memory.max", LIMIT), ("a/memory.current", ALL), ("a/memory.stat", STAT)];
    let broken: [&[(&str, &str)]; 4] = [
        &whole[..2],
        &[whole[0], whole[2]],
        &[whole[0], whole[1], ("a/memory.stat", "anon 5\n")],
        &[whole[0], whole[2], ("a/memory.current", "-1\n")],
    ];
    for files in broken {
        let Some(readings) = readings("0::/a\n", V2, &meminfo_text(&[]), files, 2) else { return };
        assert_eq!(known(&readings, "memory_percent"), [0.0; 0], "{files:?}");
        assert_eq!(known(&readings[1..], "cpu_percent"), [50.0], "{files:?}");
    }
}

#[test]
fn a_limit_that_changes_counts_soon() {
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let groups = fake.cgroups("0::/a\n", V2);
    groups.set_all(&[("a/memory.max", LIMIT), ("a/memory.current", ALL), ("a/memory.stat", STAT)]);
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "off"]);
    let mut step = || fake.set_stat(&counters.next());
    assert_eq!(known(&watched.steps(2, &mut step), "memory_percent"), [92.0; 2]);
    groups.set("a/memory.max", "209715200\n");
    assert_eq!(known(&watched.steps(6, &mut step).split_off(5), "memory_percent"), [46.0]);
    groups.set("a/memory.max", "max\n");
    assert_eq!(known(&watched.steps(6, &mut step).split_off(5), "memory_percent"), [MACHINE_PERCENT]);
}

#[test]
fn swap_is_the_groups_where_the_kernel_counts_it() {
    let memory = [("a/memory.max", LIMIT), ("a/memory.current", ALL), ("a/memory.stat", STAT)];
    let meminfo = meminfo_text(&[("SwapFree", Some(1_000_000))]);
    let swap = |membership: &str, mountinfo: &str, files: &[(&str, &str)]| {
        let readings = readings(membership, mountinfo, &meminfo, files, 2)?;
        Some(known(&readings[1..], "swap_used_bytes"))
    };
    let machine = [1_024_000_000.0];
    let Some(without) = swap("0::/a\n", V2, &memory) else { return };
    assert_eq!(without, machine, "a kernel that does not count it");
    let counted = [&memory[..], &[("a/memory.swap.current", "7340032\n")]].concat();
    assert_eq!(swap("0::/a\n", V2, &counted).unwrap(), [7_340_032.0]);
    let failing = [&memory[..], &[("a/memory.swap.current", "?\n")]].concat();
    assert_eq!(swap("0::/a\n", V2, &failing).unwrap(), [0.0; 0]);
    let one = |stat: &str, both: &str| {
        let mut files = vec![
            ("memory/a/memory.limit_in_bytes", LIMIT),
            ("memory/a/memory.usage_in_bytes", ALL),
            ("memory/a/memory.stat", stat),
        ];
        files.extend((!both.is_empty()).then_some(("memory/a/memory.memsw.usage_in_bytes", both)));
        swap("4:memory:/a\n", V1, &files).unwrap()
    };
    assert_eq!(one("total_swap 4096\ntotal_inactive_file 0\n", "999614720\n"), [4_096.0]);
    assert_eq!(one("total_inactive_file 0\n", "109614720\n"), [10_000_000.0]);
    assert_eq!(one("total_inactive_file 0\n", ""), machine);
}

#[test]
fn swap_of_a_group_in_zram_counts_by_the_memory_that_it_takes() {
    const MM_STAT: &str = "/sys/block/zram0/mm_stat";
    if !std::path::Path::new(MM_STAT).exists() {
        eprintln!("SKIPPED: this machine has no zram device");
        return;
    }
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[("SwapFree", Some(1_000_000))])) else { return };
    let swaps = "Filename Type Size Used Priority\n/dev/zram0 partition 2000000 1000000 100\n";
    let _mounted =
        (fake.mount("/proc/swaps", swaps), fake.mount(MM_STAT, "1024000000 200000000 256000000 0 0 0 0 0 0\n"));
    let memory = [("a/memory.max", LIMIT), ("a/memory.current", ALL), ("a/memory.stat", STAT)];
    fake.cgroups("0::/a\n", V2).set_all(&[&memory[..], &[("a/memory.swap.current", "8000000\n")]].concat());
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "off"]);
    let readings = watched.steps(2, || fake.set_stat(&counters.next()));
    assert_eq!(known(&readings, "swap_used_bytes"), [2_000_000.0; 2]);
}

#[test]
fn a_cpu_limit_whose_use_no_file_tells_leaves_the_machines_percentage() {
    let quota = [
        ("cpu/a/cpu.cfs_quota_us", "20000\n"),
        ("cpu/a/cpu.cfs_period_us", "100000\n"),
        ("cpuacct/cpuacct.usage", "7\n"),
    ];
    let Some(percent) = value("2:cpu:/a\n1:cpuacct:/\n", V1, &quota, "cpu_percent") else { return };
    assert_eq!(percent, 50.0);
    assert!(value("2:cpu:/a\n1:cpuacct:/\n", V1, &quota, "cpu_limit_cores").unwrap().is_null());
}

/// The line of `doctor` about the limits.
fn doctor(membership: &str, mountinfo: &str, meminfo: &str, files: &[(&str, &str)]) -> Option<String> {
    const LABEL: &str = "cgroup limit   ";
    let (home, mut counters) = (Home::new(), Counters::new());
    let fake = FakeProc::new(&counters.text(), meminfo)?;
    fake.cgroups(membership, mountinfo).set_all(files);
    let program = Program::start(fake.wrap(&home.loadline(&["doctor"])));
    let line = wait_for("the check", SOON, || {
        // It waits for counters that stand still.
        fake.set_stat(&counters.next());
        program.out_with(LABEL).pop()
    });
    line.split_once(LABEL).map(|(_, result)| result.to_owned())
}

#[test]
fn doctor_compares_the_limits_with_the_machine() {
    let meminfo = meminfo_text(&[]);
    let of = |files: &[(&str, &str)]| doctor("0::/a\n", V2, &meminfo, files);
    let none = "none: the percentages are of the whole machine";
    let Some(unlimited) = of(&[]) else { return };
    assert_eq!(unlimited, none);
    assert_eq!(of(&[("a/memory.max", "68719476736\n")]).unwrap(), none, "64 GB of 15");
    let both = [("a/memory.max", LIMIT), ("a/cpu.max", "20000 100000\n"), ("a/cpu.stat", "usage_usec 7\n")];
    let folder = "'/sys/fs/cgroup/a'";
    assert_eq!(of(&both).unwrap(), format!("memory 100 MB ({folder}); CPU 0.2 cores ({folder})"));
    let swap = [("a/memory.max", LIMIT), ("a/memory.swap.max", "0\n")];
    assert_eq!(of(&swap).unwrap(), format!("memory 100 MB ({folder}); no swap"));
    let same = of(&[("a/memory.max", &format!("{}\n", 16_000_000_u64 * 1024))]).unwrap();
    assert_eq!(same, format!("memory 15.3 GB ({folder}), the same as the total that the system shows"), "lxcfs");
    let unknown = doctor("0::/a\n", V2, "MemFree: 5 kB\n", &[("a/memory.max", LIMIT)]).unwrap();
    assert!(unknown.starts_with("memory 100 MB") && unknown.contains("which does not count"), "{unknown}");
    let quota = [("cpu/a/cpu.cfs_quota_us", "20000\n"), ("cpu/a/cpu.cfs_period_us", "100000\n")];
    let unmeasured = doctor("2:cpu:/a\n1:cpuacct:/\n", V1, &meminfo, &quota).unwrap();
    let reason = "which does not count: no file tells what its cgroup uses";
    assert_eq!(unmeasured, format!("CPU 0.2 cores ('/sys/fs/cgroup/cpu/a'), {reason}"));
    let unseen = doctor("0::/a\n", "", &meminfo, &[]).unwrap();
    assert!(unseen.starts_with("not known: the cgroups of this process cannot be seen"), "{unseen}");
}

/// A group of 0.2 cores that uses more in each step than it may, and is throttled in 9 of 10 periods.
pub struct Throttled {
    groups: FakeCgroups,
    steps: u64,
}

impl Throttled {
    pub fn new(fake: &FakeProc) -> Throttled {
        let groups = fake.cgroups("0::/box/app\n", V2);
        groups.set("box/cpu.max", "20000 100000\n");
        let mut throttled = Throttled { groups, steps: 0 };
        throttled.step();
        throttled
    }

    pub fn step(&mut self) {
        self.steps += 1;
        let (usage_us, periods, times) = (self.steps * 200_000, self.steps * 10, self.steps * 9);
        let stat = format!("usage_usec {usage_us}\nnr_periods {periods}\nnr_throttled {times}\n");
        self.groups.set("box/cpu.stat", &stat);
    }
}
