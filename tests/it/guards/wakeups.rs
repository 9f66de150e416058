//! The wake-ups of a tick: a processor that is woken cannot save power.

use std::fs;

use crate::process::Program;
use crate::program::Home;

/// The readings of one stretch. Several are watched: other events are not in each of them.
const TICKS: usize = 8;

/// The voluntary context switches of a process: how often its threads slept, and so how often they were woken.
pub fn wakeups(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let slept = |thread: fs::DirEntry| {
        // The thread may have ended.
        let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        count.map_or(0, |count| count.trim().parse().unwrap())
    };
    threads.map(|thread| slept(thread.unwrap())).sum()
}

#[test]
fn a_tick_that_is_printed_wakes_two_threads_once() {
    let home = Home::new().with_settings(r#"{"history": false}"#);
    let watch = Program::start(home.loadline(&["watch", "--cpu", "off", "--memory", "off", "--every", "250ms"]));
    // The start is over after some readings, each of which is a line.
    let stretch = |from: usize| {
        watch.wait_line(from);
        let before = wakeups(watch.id());
        watch.wait_line(from + TICKS);
        (wakeups(watch.id()) - before) as f64 / TICKS as f64
    };
    let a_tick = [3, 3 + TICKS, 3 + 2 * TICKS].map(stretch);
    // The main thread, which reads the machine too, and the one that prints, so that a slow reader does not stop it. (A tick
    // without output, on a desktop: `desktop/messages.rs`.) The counters may be read in the middle of a tick.
    assert!(a_tick.iter().any(|&wakeups| wakeups < 2.5), "{a_tick:?} wake-ups a tick");
}
