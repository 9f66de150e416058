//! Readings against an independent account over the same intervals: psutil's, and on macOS that of the kernel's counters and
//! of `vm_stat`, because Apple's Python has no psutil.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::process::{Owned, Program};
use crate::program::Home;

/// The tolerated difference between the two, in points.
const TOLERANCE: f64 = if cfg!(target_os = "linux") { 1.0 } else { 3.0 };

/// The pairs of known readings that make a mean.
const LEAST_PAIRS: usize = 4;
const TRIES: usize = 4;

/// Readings alone, without alerts between them.
const OPTIONS: [&str; 10] = ["watch", "--json", "--every", "1s", "--samples", "7", "--cpu", "off", "--memory", "off"];

/// Prints the CPU percentage since the line before and the memory percentage, for every line on stdin.
#[cfg(target_os = "linux")]
const ACCOUNT: &str = "
import psutil, sys
psutil.cpu_percent()
for line in sys.stdin:
    print(psutil.cpu_percent(), psutil.virtual_memory().percent, flush=True)
";

/// Prints the CPU percentage since the line before, for every line on stdin. The percentage of memory is that of `vm_stat`.
///
/// Source: mach/host_info.h (`HOST_CPU_LOAD_INFO` is 3) and mach/machine.h: ticks of user, system, idle and nice.
#[cfg(target_os = "macos")]
const ACCOUNT: &str = "
import ctypes, sys
system = ctypes.CDLL(None)
host = system.mach_host_self()
def ticks():
    ticks, count = (ctypes.c_uint32 * 4)(), ctypes.c_uint32(4)
    assert system.host_statistics(host, 3, ticks, ctypes.byref(count)) == 0
    return list(ticks)
before = ticks()
for line in sys.stdin:
    now = ticks()
    user, kernel, idle, nice = ((new - old) % 2**32 for new, old in zip(now, before))
    before, busy = now, user + kernel + nice
    print(100 * busy / max(busy + idle, 1), flush=True)
";

/// The bytes in use by Loadline's definition for macOS, which is Activity Monitor's: anonymous memory that cannot be purged,
/// wired memory, and the compressor's. `None` when `vm_stat` prints something else.
///
/// Source: sysinfo-0.40.1, src/unix/apple/system.rs (`mem_used`); vm_stat(1) for the names of the same counts.
fn used_bytes(vm_stat: &str) -> Option<u64> {
    let page_bytes: u64 = vm_stat.split_once("page size of ")?.1.split(' ').next()?.parse().ok()?;
    let pages = |name: &str| -> Option<u64> {
        let line = vm_stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().trim_end_matches('.').parse().ok()
    };
    let anonymous = pages("Anonymous pages")?.saturating_sub(pages("Pages purgeable")?);
    Some((anonymous + pages("Pages wired down")? + pages("Pages occupied by compressor")?) * page_bytes)
}

/// The percentages in a line of the account.
fn account(line: &str) -> Vec<f64> {
    let mut percents: Vec<f64> = line.split(' ').map(|n| n.parse().unwrap()).collect();
    if cfg!(target_os = "macos") {
        let run = |program: &str, arguments: &[&str]| {
            String::from_utf8(Command::new(program).args(arguments).output().unwrap().stdout).unwrap()
        };
        let total: f64 = run("/usr/sbin/sysctl", &["-n", "hw.memsize"]).trim().parse().unwrap();
        percents.push(100.0 * used_bytes(&run("/usr/bin/vm_stat", &[])).unwrap() as f64 / total);
    }
    percents
}

/// Busy threads and touched memory, ended with the test.
fn load(threads: usize, memory_mib: usize) -> Vec<Owned> {
    let busy = "while True: pass";
    let touch = format!("import time; b = b'x' * ({memory_mib} << 20); time.sleep(300)");
    let scripts = std::iter::repeat_n(busy, threads).chain((memory_mib > 0).then_some(touch.as_str()));
    let start =
        |script| Command::new("/usr/bin/python3").args(["-I", "-c", script]).stdin(Stdio::null()).spawn().unwrap();
    scripts.map(|script| Owned(start(script))).collect()
}

/// The mean of both percentages over some seconds, by Loadline and by the other account in the same intervals. `None` where too
/// few readings are known: on a machine that is busy with other tests some may be in doubt.
fn measure() -> Option<[(f64, f64); 2]> {
    let home = Home::new();
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-I", "-c", ACCOUNT]);
    let (other, mut ask) = Program::start_and_talk(command);
    let loadline = Program::start(home.loadline(&OPTIONS));
    let mut pairs = Vec::new();
    for index in 0..7 {
        let reading: serde_json::Value = serde_json::from_str(&loadline.wait_line(index)).unwrap();
        writeln!(ask, "now").unwrap();
        let theirs = account(&other.wait_line(index));
        let ours = ["cpu_percent", "memory_percent"].map(|key| reading[key].as_f64());
        // The first intervals of the two did not begin together.
        if let (1.., [Some(cpu), Some(memory)]) = (index, ours) {
            pairs.push([(cpu, theirs[0]), (memory, theirs[1])]);
        }
    }
    let mean = |metric: usize, pick: fn(&(f64, f64)) -> f64| {
        pairs.iter().map(|pair| pick(&pair[metric])).sum::<f64>() / pairs.len() as f64
    };
    (pairs.len() >= LEAST_PAIRS).then(|| [0, 1].map(|metric| (mean(metric, |p| p.0), mean(metric, |p| p.1))))
}

/// One test, one load after the other: a load would disturb a second test beside it. The two accounts never look at the very
/// same moment, so what other tests do in between may part them: one measurement in which they agree is enough.
#[test]
fn readings_agree_with_another_account_at_rest_and_under_load() {
    for (threads, memory_mib) in [(0, 0), (2, 2_048)] {
        let load = load(threads, memory_mib);
        let agree = |(ours, theirs): (f64, f64)| (ours - theirs).abs() <= TOLERANCE;
        let mut seen = Vec::new();
        let has_agreed = (0..TRIES).any(|_| {
            let measured = measure();
            seen.push(measured);
            measured.is_some_and(|means| means.into_iter().all(agree))
        });
        drop(load);
        assert!(has_agreed, "CPU and memory, ours against theirs, with {threads} busy threads: {seen:?}");
    }
}

/// In the form in which macOS prints it on Apple silicon; the figures are made up.
const VM_STAT: &str = "\
Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               17345.
Pages active:                            354721.
Pages inactive:                          346018.
Pages speculative:                         7632.
Pages throttled:                              0.
Pages wired down:                        139054.
Pages purgeable:                           8123.
\"Translation faults\":                  812361293.
Pages copy-on-write:                   51234871.
Pages zero filled:                    397412887.
Pages reactivated:                     21438719.
Pages purged:                           3918273.
File-backed pages:                       262871.
Anonymous pages:                         445500.
Pages stored in compressor:              421398.
Pages occupied by compressor:            61540.
Decompressions:                        12873987.
Compressions:                          18237461.
Pageins:                               34817232.
Pageouts:                                187342.
Swapins:                                   1280.
Swapouts:                                  2048.
";

#[test]
fn used_memory_is_read_from_vm_stat() {
    assert_eq!(used_bytes(VM_STAT), Some((445_500 - 8_123 + 139_054 + 61_540) * 16_384));
    let more_purgeable =
        VM_STAT.replace("Pages purgeable:                           8123.", "Pages purgeable: 445600.");
    assert_eq!(used_bytes(&more_purgeable), Some((139_054 + 61_540) * 16_384), "never below zero");
    for line in ["page size of 16384", "Anonymous pages", "Pages occupied by compressor"] {
        assert_eq!(used_bytes(&VM_STAT.replace(line, "")), None, "{line}");
    }
}
