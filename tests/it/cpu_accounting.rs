//! CPU time accounted with that of ended children: against a machine of made-up processes, and on a real build of many short
//! ones.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use loadline::core::processes::cpu_accounting::used_cpu_time;
use loadline::core::processes::top_apps::ProcessSample;

/// One step of the made-up machine; the numbers choose a process.
#[derive(Clone, Debug)]
enum Step {
    Work(usize, u64),
    Fork(usize),
    /// The process ends, and its parent waits for it. The first process never ends, nor does one that has children.
    End(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<usize>(), 1..50u64).prop_map(|(process, ms)| Step::Work(process, ms)),
        3 => any::<usize>().prop_map(Step::Fork),
        3 => any::<usize>().prop_map(Step::End),
    ]
}

#[derive(Default)]
struct MadeUpMachine {
    processes: BTreeMap<u32, ProcessSample>,
    births: u64,
    /// The work since the last scan, by the pid and the start of whoever is to be credited with it.
    unaccounted: BTreeMap<(u32, u64), u64>,
}

impl MadeUpMachine {
    /// A new process takes the lowest pid that is free: they are reused as soon as can be.
    fn fork(&mut self, parent: u32) {
        let pid = (1..).find(|pid| !self.processes.contains_key(pid)).unwrap();
        self.births += 1;
        let sample = ProcessSample {
            pid,
            started: self.births,
            parent,
            application: "a".into(),
            cpu_time: Duration::ZERO,
            children_cpu_time: Duration::ZERO,
            private_bytes: 0,
            shared_bytes: 0,
        };
        self.processes.insert(pid, sample);
    }

    fn step(&mut self, step: &Step) {
        let chosen = |number: usize| *self.processes.keys().nth(number % self.processes.len()).unwrap();
        match *step {
            Step::Fork(number) => self.fork(chosen(number)),
            Step::Work(number, ms) => {
                let process = self.processes.get_mut(&chosen(number)).unwrap();
                process.cpu_time += Duration::from_millis(ms);
                *self.unaccounted.entry((process.pid, process.started)).or_default() += ms;
            }
            Step::End(number) => {
                let pid = chosen(number);
                if pid == 1 || self.processes.values().any(|process| process.parent == pid) {
                    return;
                }
                let ended = self.processes.remove(&pid).unwrap();
                let parent = self.processes.get_mut(&ended.parent).unwrap();
                parent.children_cpu_time += ended.cpu_time + ended.children_cpu_time;
                let ms = self.unaccounted.remove(&(pid, ended.started)).unwrap_or_default();
                *self.unaccounted.entry((parent.pid, parent.started)).or_default() += ms;
            }
        }
    }

    fn scan(&self) -> Vec<ProcessSample> {
        self.processes.values().cloned().collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_millisecond_is_credited_to_one_living_process(
        intervals in prop::collection::vec(prop::collection::vec(step(), 0..60), 1..6),
    ) {
        let mut machine = MadeUpMachine::default();
        machine.fork(0);
        let mut before = machine.scan();
        for steps in &intervals {
            steps.iter().for_each(|step| machine.step(step));
            let now = machine.scan();
            let owed = std::mem::take(&mut machine.unaccounted);
            let expected = |s: &ProcessSample| owed.get(&(s.pid, s.started)).copied().unwrap_or_default();
            let expected: Vec<Duration> = now.iter().map(expected).map(Duration::from_millis).collect();
            prop_assert_eq!(used_cpu_time(&before, &now, Duration::MAX), expected);
            before = now;
        }
    }

    #[test]
    fn any_two_scans_are_accounted_for_without_a_panic(
        before in prop::collection::vec((0..9u32, 0..9u32, any::<u32>(), any::<u32>()), 0..12),
        now in prop::collection::vec((0..9u32, 0..9u32, any::<u32>(), any::<u32>()), 0..12),
    ) {
        let scan = |rows: &[(u32, u32, u32, u32)]| -> Vec<ProcessSample> {
            let sample = |&(pid, parent, own, children): &(u32, u32, u32, u32)| ProcessSample {
                pid,
                started: 1,
                parent,
                application: "a".into(),
                cpu_time: Duration::from_millis(own.into()),
                children_cpu_time: Duration::from_millis(children.into()),
                private_bytes: 0,
                shared_bytes: 0,
            };
            rows.iter().map(sample).collect()
        };
        prop_assert_eq!(used_cpu_time(&scan(&before), &scan(&now), Duration::MAX).len(), now.len());
    }
}

/// A build of short processes: one that starts others, each of which works for some hundredths of a second in a grandchild.
/// Each line on stdin has a round done, which is answered by the CPU seconds of all of them, as the kernel counts them.
#[cfg(target_os = "linux")]
const BUILD: &str = "
import os, sys
def work():
    n = 0
    for i in range(300000): n += i * i
def child():
    pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    os.waitpid(pid, 0)
    os._exit(0)
print(os.getpid(), flush=True)
for line in sys.stdin:
    for _ in range(40):
        pid = os.fork()
        if pid == 0: child()
        os.waitpid(pid, 0)
    times = os.times()
    print(times.user + times.system + times.children_user + times.children_system, flush=True)
";

#[cfg(target_os = "linux")]
#[test]
fn a_build_of_short_processes_is_accounted_for() {
    use std::io::Write;
    use std::process::Command;

    use loadline::runtime::platform::ProcessTable;

    use crate::process::Program;

    let mut command = Command::new("/usr/bin/python3");
    command.args(["-I", "-c", BUILD]);
    let (program, mut stdin) = Program::start_and_talk(command);
    let pid: u32 = program.wait_line(0).parse().unwrap();
    let mut table = ProcessTable::default();
    let mut before = table.scan().unwrap();
    let own = |scan: &[ProcessSample]| scan.iter().find(|s| s.pid == pid).map(|s| s.cpu_time).unwrap();
    let (own_before, mut credited) = (own(&before), Duration::ZERO);
    let at_start = before.iter().find(|s| s.pid == pid).map(|s| s.cpu_time + s.children_cpu_time).unwrap();
    let mut total = 0.0;
    for round in 1..=3 {
        writeln!(stdin).unwrap();
        total = program.wait_line(round).parse().unwrap();
        let now = table.scan().unwrap();
        let used = used_cpu_time(&before, &now, Duration::MAX);
        credited += now.iter().zip(used).find(|(s, _)| s.pid == pid).map(|(_, used)| used).unwrap();
        before = now;
    }
    let (credited, total) = (credited.as_secs_f64(), total - at_start.as_secs_f64());
    // The counters are in hundredths of a second.
    assert!((credited - total).abs() <= total * 0.02 + 0.02, "{credited} s of {total} s");
    let alone = (own(&before) - own_before).as_secs_f64();
    assert!(alone < total / 2.0, "nearly all was the children's: {alone} s of {total} s");
}
