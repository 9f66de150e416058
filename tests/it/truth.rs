//! Readings against the truth: what psutil, another program by other people, measures over the same interval.

use std::process::{Child, Command, Stdio};

use crate::program::{Home, Running};

/// How far Loadline and psutil may be apart, in points.
const TOLERANCE: f64 = 3.0;

/// Readings alone: alerts would stand between them.
const OPTIONS: [&str; 10] = ["watch", "--json", "--every", "1s", "--samples", "7", "--cpu", "off", "--memory", "off"];

/// Prints the CPU percentage since the line before and the memory percentage, for every line on stdin.
const PSUTIL: &str = "
import psutil, sys
psutil.cpu_percent()
for line in sys.stdin:
    print(psutil.cpu_percent(), psutil.virtual_memory().percent, flush=True)
";

/// Busy threads and touched memory, ended with the test.
struct Load(Vec<Child>);

impl Load {
    fn start(threads: usize, memory_mib: usize) -> Load {
        let busy = "while True: pass";
        let touch = format!(
            "import time; b = bytearray({memory_mib} << 20); b[::4096] = b'x' * len(b[::4096]); time.sleep(60)"
        );
        let scripts = std::iter::repeat_n(busy, threads).chain((memory_mib > 0).then_some(touch.as_str()));
        let start = |script| Command::new("python3").args(["-c", script]).stdin(Stdio::null()).spawn().unwrap();
        Load(scripts.map(start).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The mean of both percentages over some seconds, by Loadline and by psutil in the same intervals.
fn measure() -> [(f64, f64); 2] {
    use std::io::Write;
    let home = Home::new();
    let mut psutil = Command::new("/usr/bin/python3");
    psutil.args(["-c", PSUTIL]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut psutil = Running::start(&mut psutil);
    let mut ask = psutil.child.stdin.take().unwrap();
    let loadline = Running::start(&mut home.loadline(&OPTIONS));
    let mut pairs = Vec::new();
    for _ in 0..7 {
        let reading: serde_json::Value = serde_json::from_str(&loadline.stdout.next()).unwrap();
        writeln!(ask, "now").unwrap();
        let theirs: Vec<f64> = psutil.stdout.next().split(' ').map(|n| n.parse().unwrap()).collect();
        pairs.push(
            [("cpu_percent", theirs[0]), ("memory_percent", theirs[1])]
                .map(|(key, v)| (reading[key].as_f64().unwrap(), v)),
        );
    }
    // The first intervals of the two did not begin together.
    pairs.remove(0);
    [0, 1].map(|metric| {
        let mean =
            |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(|p| pick(&p[metric])).sum::<f64>() / pairs.len() as f64;
        (mean(|p| p.0), mean(|p| p.1))
    })
}

/// Measured in one test, one after the other: a load is a load for every test that runs beside it.
#[test]
fn readings_agree_with_psutil_at_rest_and_under_load() {
    for (threads, memory_mib) in [(0, 0), (2, 2_048)] {
        let load = Load::start(threads, memory_mib);
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
