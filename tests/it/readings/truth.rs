//! Readings against sysinfo, over the same intervals. (Against psutil: `truth.rs`.)

use std::process::{Command, Stdio};
use std::time::Duration;

use sysinfo::{MemoryRefreshKind, System};

use loadline::runtime::clock;
use loadline::runtime::sources::machine::Machine;
use loadline::runtime::sources::sampler::Source;

use crate::process::Owned;

/// The tolerated difference, in points.
const TOLERANCE: f64 = 1.0;
const INTERVAL: Duration = Duration::from_secs(1);
const READINGS: usize = 6;

/// The means of both percentages by Loadline, and by sysinfo.
fn measure() -> [[f64; 2]; 2] {
    let (mut machine, mut system) = (Machine::new().unwrap(), System::new().unwrap());
    let mut sums = [[0.0; 2]; 2];
    for index in 0..=READINGS {
        clock::wait_for(INTERVAL);
        let ours = machine.read(INTERVAL).unwrap().unwrap().reading;
        system.refresh_cpu_usage();
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
        // sysinfo's first figure is the mean since the machine was started.
        if index > 0 {
            let memory = system.used_memory() as f64 / system.total_memory() as f64 * 100.0;
            let theirs = [f64::from(system.global_cpu_usage()), memory];
            let ours = [ours.cpu_percent.unwrap(), ours.memory_percent.unwrap()];
            [ours, theirs].iter().zip(&mut sums).for_each(|(values, sums)| {
                values.iter().zip(sums).for_each(|(value, sum)| *sum += value);
            });
        }
    }
    sums.map(|sums| sums.map(|sum| sum / READINGS as f64))
}

#[test]
fn readings_agree_with_sysinfo_at_rest_and_under_load() {
    for threads in [0, 1] {
        let busy = || {
            let mut python = Command::new("/usr/bin/python3");
            Owned(python.args(["-c", "while True: pass"]).stdin(Stdio::null()).spawn().unwrap())
        };
        let _load: Vec<Owned> = (0..threads).map(|_| busy()).collect();
        let [ours, theirs] = measure();
        for (name, (ours, theirs)) in ["CPU", "memory"].iter().zip(ours.into_iter().zip(theirs)) {
            assert!((ours - theirs).abs() <= TOLERANCE, "{name}: {ours} against {theirs} with {threads} busy threads");
        }
    }
}
