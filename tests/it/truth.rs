//! Readings against psutil, an independent program, over the same intervals.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::process::{Owned, Program};
use crate::program::Home;

/// The tolerated difference between Loadline and psutil, in points.
const TOLERANCE: f64 = 1.0;

/// Readings alone, without alerts between them.
const OPTIONS: [&str; 10] = ["watch", "--json", "--every", "1s", "--samples", "7", "--cpu", "off", "--memory", "off"];

/// Prints the CPU percentage since the line before and the memory percentage, for every line on stdin.
const PSUTIL: &str = "
import psutil, sys
psutil.cpu_percent()
for line in sys.stdin:
    print(psutil.cpu_percent(), psutil.virtual_memory().percent, flush=True)
";

/// Busy threads and touched memory, ended with the test.
fn load(threads: usize, memory_mib: usize) -> Vec<Owned> {
    let busy = "while True: pass";
    let touch = format!("import time; b = b'x' * ({memory_mib} << 20); time.sleep(60)");
    let scripts = std::iter::repeat_n(busy, threads).chain((memory_mib > 0).then_some(touch.as_str()));
    let start = |script| Command::new("/usr/bin/python3").args(["-c", script]).stdin(Stdio::null()).spawn().unwrap();
    scripts.map(|script| Owned(start(script))).collect()
}

/// The mean of both percentages over some seconds, by Loadline and by psutil in the same intervals.
fn measure() -> [(f64, f64); 2] {
    let home = Home::new();
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", PSUTIL]);
    let (psutil, mut ask) = Program::start_and_talk(command);
    let loadline = Program::start(home.loadline(&OPTIONS));
    let mut pairs = Vec::new();
    for index in 0..7 {
        let reading: serde_json::Value = serde_json::from_str(&loadline.wait_line(index)).unwrap();
        writeln!(ask, "now").unwrap();
        let theirs: Vec<f64> = psutil.wait_line(index).split(' ').map(|n| n.parse().unwrap()).collect();
        let ours = ["cpu_percent", "memory_percent"].map(|key| reading[key].as_f64().unwrap());
        pairs.push([(ours[0], theirs[0]), (ours[1], theirs[1])]);
    }
    // The first intervals of the two did not begin together.
    pairs.remove(0);
    [0, 1].map(|metric| {
        let mean =
            |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(|p| pick(&p[metric])).sum::<f64>() / pairs.len() as f64;
        (mean(|p| p.0), mean(|p| p.1))
    })
}

/// One test, one load after the other: a load would disturb a second test beside it.
#[test]
fn readings_agree_with_psutil_at_rest_and_under_load() {
    for (threads, memory_mib) in [(0, 0), (2, 2_048)] {
        let load = load(threads, memory_mib);
        let measured = measure();
        drop(load);
        for (metric, (ours, theirs)) in ["CPU", "memory"].iter().zip(measured) {
            assert!(
                (ours - theirs).abs() <= TOLERANCE,
                "{metric}: {ours} against psutil's {theirs} with {threads} busy threads"
            );
        }
    }
}
