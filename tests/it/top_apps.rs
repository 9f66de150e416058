//! The applications that use the most on this machine, compared with psutil, an independent program. Other programs may use
//! more: only programs that the test has started are compared.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use loadline::core::messages::effect::Event;
use loadline::core::processes::top_apps::{AppUsage, MAX_APPS, ProcessSample, rank_apps};
use loadline::runtime::inbox::{Inbox, Input};
use loadline::runtime::platform::ProcessTable;
use loadline::runtime::process_scanner::ProcessScanner;

use crate::process::Program;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

const PYTHON: &str = "/usr/bin/python3";
const MIB: u64 = 1 << 20;
/// The tolerance in seconds: both programs count clock ticks of each process.
const TICKS: f64 = 0.05;

/// For each pid on stdin: CPU seconds, bytes of its own, shared bytes.
const PSUTIL: &str = "
import psutil, sys
for line in sys.stdin:
    process = psutil.Process(int(line))
    times, memory = process.cpu_times(), process.memory_info()
    print(times.user + times.system, memory.rss - memory.shared, memory.shared, flush=True)
";

/// Ends by itself when this test cannot end it.
const BUSY: &str = "ulimit -t 60; while :; do :; done";
/// One process with two busy threads: hashing large data needs no interpreter.
const TWO_THREADS: &str = "
import hashlib, os, threading
print(os.getpid(), flush=True)
def work():
    while True: hashlib.sha256(data).digest()
data = bytes(1 << 20)
threading.Thread(target=work, daemon=True).start()
work()
";

/// Prints its process ID and sleeps.
const IDLE: &str = "
import os, time
print(os.getpid(), flush=True)
time.sleep(60)
";

struct Psutil {
    program: Program,
    stdin: std::process::ChildStdin,
    queries: usize,
}

impl Psutil {
    fn start() -> Psutil {
        let mut command = Command::new(PYTHON);
        command.args(["-I", "-c", PSUTIL]);
        let (program, stdin) = Program::start_and_talk(command);
        Psutil { program, stdin, queries: 0 }
    }

    /// CPU seconds, bytes of its own, shared bytes.
    fn query(&mut self, pid: u32) -> [f64; 3] {
        writeln!(self.stdin, "{pid}").unwrap();
        let line = self.program.wait_line(self.queries);
        self.queries += 1;
        let numbers: Vec<f64> = line.split(' ').map(|n| n.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    }

    fn cpu_seconds(&mut self, pids: &[u32]) -> f64 {
        pids.iter().map(|&pid| self.query(pid)[0]).sum()
    }
}

/// Copies a program under another name. Another process copies it: a file that this one has open for writing cannot be run.
fn copy(home: &Home, original: &str, name: &str) -> PathBuf {
    let path = home.path().join(name);
    assert!(Command::new("cp").arg(original).arg(&path).status().unwrap().success());
    path
}

fn run(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A program of one or more processes, all ended when it goes out of scope.
struct Started {
    pids: Vec<u32>,
    _program: Program,
}

impl Drop for Started {
    fn drop(&mut self) {
        let pids: Vec<String> = self.pids.iter().map(u32::to_string).collect();
        // Forked processes are not this process's children: nothing else ends them.
        let _ = Command::new("/bin/sh").args(["-c", &format!("kill -KILL {}", pids.join(" "))]).status();
    }
}

/// Starts a program that prints its process IDs first.
fn start(command: Command) -> Started {
    let program = Program::start(command);
    let mut pids: Vec<u32> = program.wait_line(0).split(' ').map(|pid| pid.parse().unwrap()).collect();
    pids.sort_unstable();
    Started { pids, _program: program }
}

/// An idle program of this name.
fn start_idle(home: &Home, name: &str) -> Started {
    start(run(&python(home, name), &["-I", "-c", IDLE]))
}

/// Python by another name.
fn python(home: &Home, name: &str) -> PathBuf {
    let path = home.path().join(name);
    std::os::unix::fs::symlink(PYTHON, &path).unwrap();
    path
}

fn scan(table: &mut ProcessTable, pids: &[u32]) -> Vec<ProcessSample> {
    let mut samples = table.scan().unwrap();
    samples.retain(|sample| pids.contains(&sample.pid));
    samples
}

/// The application of `pids` that used the most CPU time while `busy` used half a second; compared with psutil.
fn greatest_cpu_user(pids: &[u32], busy: &[u32]) -> AppUsage {
    let mut table = ProcessTable::default();
    let mut psutil = Psutil::start();
    let before_first = psutil.cpu_seconds(busy);
    let first_at = Instant::now();
    let first = scan(&mut table, pids);
    let after_first = psutil.cpu_seconds(busy);
    wait_for("some work", SOON, || (psutil.cpu_seconds(busy) > after_first + 0.5).then_some(()));
    let before_second = psutil.cpu_seconds(busy);
    let elapsed = first_at.elapsed();
    let second = scan(&mut table, pids);
    let after_second = psutil.cpu_seconds(busy);

    let found = rank_apps(&first, &second, elapsed).by_cpu[0].clone();
    let used = found.cpu_percent / 100.0 * elapsed.as_secs_f64();
    let (least, most) = (before_second - after_first - TICKS, after_second - before_first + TICKS);
    assert!(used >= least && used <= most, "{used} s in {elapsed:?}, and by psutil {least} to {most}: {found:?}");
    found
}

#[test]
fn a_busy_program_is_named_with_the_cpu_time_it_used() {
    let home = Home::new();
    // Longer than the kernel stores, and hard to parse in /proc/PID/stat.
    let shell = copy(&home, "/bin/sh", "busy) R 1 (one with a long name");
    let threads = python(&home, "two threads");
    let idle = start_idle(&home, "idle");
    for (command, name) in [
        (run(&shell, &["-c", &format!("echo $$; {BUSY}")]), "busy) R 1 (one with a long name"),
        (run(&threads, &["-I", "-c", TWO_THREADS]), "two threads"),
    ] {
        let busy = start(command);
        let found = greatest_cpu_user(&[&idle.pids[..], &busy.pids[..]].concat(), &busy.pids);
        assert_eq!((&*found.name, &found.pids), (name, &busy.pids));
    }
}

#[test]
fn forked_processes_are_one_application() {
    let home = Home::new();
    let shell = copy(&home, "/bin/sh", "forks");
    let forks = start(run(&shell, &["-c", &format!("({BUSY}) & a=$!; ({BUSY}) & echo $$ $a $!; wait")]));
    let found = greatest_cpu_user(&forks.pids, &forks.pids);
    assert_eq!((&*found.name, &found.pids), ("forks", &forks.pids));
}

/// Touches private and shared memory in three processes, and prints their IDs.
const HOLD: &str = "
import mmap, os, time
shared = mmap.mmap(-1, 100 << 20)
def touch():
    for page in range(0, len(shared), 4096): shared[page] = 1
touch()
pipe = os.pipe()
children = []
for _ in range(2):
    child = os.fork()
    if child == 0:
        touch()
        os.write(pipe[1], b'.')
        time.sleep(60)
        os._exit(0)
    children.append(child)
own = b'x' * (300 << 20)
for _ in children: os.read(pipe[0], 1)
print(os.getpid(), *children, flush=True)
time.sleep(60)
";

#[test]
fn shared_memory_counts_once_for_an_application() {
    let home = Home::new();
    let hungry = start(run(&python(&home, "hungry hog"), &["-I", "-c", HOLD]));
    let other = start_idle(&home, "other");

    let samples = scan(&mut ProcessTable::default(), &[&hungry.pids[..], &other.pids[..]].concat());
    let ranking = rank_apps(&[], &samples, Duration::from_secs(1)).by_memory;
    let found = &ranking[0];
    assert_eq!((&*found.name, &found.pids), ("hungry hog", &hungry.pids));
    assert_eq!(ranking.len(), 1, "the other has hardly any");
    assert!(found.memory_bytes >= 400 * MIB && found.memory_bytes < 500 * MIB, "{found:?}");

    let mut psutil = Psutil::start();
    let figures: Vec<[f64; 3]> = hungry.pids.iter().map(|&pid| psutil.query(pid)).collect();
    let own: f64 = figures.iter().map(|figures| figures[1]).sum();
    let shared = figures.iter().map(|figures| figures[2]).fold(0.0, f64::max);
    let difference = (found.memory_bytes as f64 - own - shared).abs();
    assert!(difference < 4.0 * MIB as f64, "{found:?}, by psutil {own} and {shared}");
}

/// The name of the process that `command` starts.
fn name_of(command: Command) -> String {
    let started = start(command);
    let samples = scan(&mut ProcessTable::default(), &started.pids);
    samples[0].application.to_string()
}

#[test]
fn scripts_go_by_their_own_names() {
    let home = Home::new();
    let script = home.file("plain", format!("#!{PYTHON} -I\n{IDLE}"));
    let named = copy(&home, script.to_str().unwrap(), "script with a long name.py");
    assert!(Command::new("chmod").arg("+x").arg(&named).status().unwrap().success());
    assert_eq!(name_of(run(&named, &["an argument"])), "script with a long name.py");
    assert_eq!(
        name_of(run(Path::new(PYTHON), &["-I", "-u", named.to_str().unwrap()])),
        "script with a long name.py (python3)"
    );

    // A process that renames itself keeps its program's name.
    let rename = r"open('/proc/self/comm', 'wb').write(b'a) R 1\n(b')";
    let python = std::fs::canonicalize(PYTHON).unwrap();
    let renamed = name_of(run(Path::new(PYTHON), &["-I", "-c", &format!("{rename}\n{IDLE}")]));
    assert_eq!(Some(renamed.as_ref()), python.file_name().unwrap().to_str());
}

#[test]
fn a_scan_covers_the_whole_machine() {
    let home = Home::new();
    let shell = copy(&home, "/bin/sh", "busy beyond doubt");
    let busy = start(run(&shell, &["-c", &format!("({BUSY}) & echo $$ $!; {BUSY}")]));
    let inbox = Arc::new(Inbox::default());
    let mut scanner = ProcessScanner::new(Arc::clone(&inbox));
    // Other programs may be busier for a while.
    let found = wait_for("the busy program among the first", SOON, || {
        scanner.scan();
        let Some(Input::Event(Event::ProcessScan(Ok(found)))) = inbox.receive() else { panic!("no result") };
        // The other programs here decide how many are worth naming.
        assert!(found.by_cpu.len() <= MAX_APPS && (1..=MAX_APPS).contains(&found.by_memory.len()));
        assert!(found.by_cpu.is_sorted_by(|a, b| a.cpu_percent >= b.cpu_percent));
        assert!(found.by_memory.is_sorted_by(|a, b| a.memory_bytes >= b.memory_bytes));
        found.by_cpu.iter().find(|process| &*process.name == "busy beyond doubt").cloned()
    });
    assert_eq!(found.pids, busy.pids);
    assert!(found.cpu_percent < 210.0, "{found:?}");
}
