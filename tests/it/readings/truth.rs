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
/// The pairs of known readings that make a mean.
const LEAST_PAIRS: usize = 4;
const TRIES: usize = 4;

/// The means of both percentages by Loadline, and by sysinfo. `None` where too few readings are known: on a machine that is busy
/// with other tests some may be in doubt.
fn measure() -> Option<[[f64; 2]; 2]> {
    let (mut machine, mut system) = (Machine::new().unwrap(), System::new().unwrap());
    let mut pairs = Vec::new();
    for index in 0..=READINGS {
        clock::wait_for(INTERVAL);
        let ours = machine.read(INTERVAL).unwrap().unwrap().reading;
        system.refresh_cpu_usage();
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
        let memory = system.used_memory() as f64 / system.total_memory() as f64 * 100.0;
        // sysinfo's first figure is the mean since the machine was started.
        if let (1.., Some(cpu), Some(our_memory)) = (index, ours.cpu_percent, ours.memory_percent) {
            pairs.push([[cpu, our_memory], [f64::from(system.global_cpu_usage()), memory]]);
        }
    }
    let mean = |source: usize, metric: usize| {
        pairs.iter().map(|pair: &[[f64; 2]; 2]| pair[source][metric]).sum::<f64>() / pairs.len() as f64
    };
    (pairs.len() >= LEAST_PAIRS).then(|| [0, 1].map(|source| [0, 1].map(|metric| mean(source, metric))))
}

/// The two never look at the very same moment, so what other tests do in between may part them: one measurement in which they
/// agree is enough.
#[test]
fn readings_agree_with_sysinfo_at_rest_and_under_load() {
    for threads in [0, 1] {
        let busy = || {
            let mut python = Command::new("/usr/bin/python3");
            python.args(["-I", "-c", "while True: pass"]).stdin(Stdio::null());
            Owned(python.spawn().unwrap())
        };
        let _load: Vec<Owned> = (0..threads).map(|_| busy()).collect();
        let mut seen = Vec::new();
        let has_agreed = (0..TRIES).any(|_| {
            let measured = measure();
            seen.push(measured);
            measured.is_some_and(|[ours, theirs]| {
                ours.into_iter().zip(theirs).all(|(ours, theirs)| (ours - theirs).abs() <= TOLERANCE)
            })
        });
        assert!(has_agreed, "CPU and memory, ours and theirs, with {threads} busy threads: {seen:?}");
    }
}
