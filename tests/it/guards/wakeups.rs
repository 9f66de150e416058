//! How often a tick wakes the program: a processor that is woken cannot save power.

use std::fs;

use crate::process::Program;
use crate::program::Home;

/// How many readings are watched, several times over: what else happens is not in each stretch.
const TICKS: usize = 8;

/// How often the threads of a process have gone to sleep of their own accord, and so, how often they were woken.
pub fn wakeups(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let slept = |thread: fs::DirEntry| {
        // It may have ended.
        let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        count.map_or(0, |count| count.trim().parse().unwrap())
    };
    threads.map(|thread| slept(thread.unwrap())).sum()
}

#[test]
fn a_tick_that_is_printed_wakes_three_threads_once() {
    let home = Home::new().with_settings(r#"{"history": false}"#);
    let watch = Program::start(home.loadline(&["watch", "--cpu", "off", "--memory", "off", "--every", "250ms"]));
    // What belongs to the start is over after some readings, each of which is a line.
    let stretch = |from: usize| {
        watch.wait_line(from);
        let before = wakeups(watch.id());
        watch.wait_line(from + TICKS);
        (wakeups(watch.id()) - before) as f64 / TICKS as f64
    };
    let a_tick = [3, 3 + TICKS, 3 + 2 * TICKS].map(stretch);
    // The sampler's thread, the main one, and the one that prints, so that nobody waits for who reads. (A tick of which nothing
    // is printed: `desktop/messages.rs`.) A look at the counters may come in the middle of a tick.
    assert!(a_tick.iter().any(|&wakeups| wakeups < 3.5), "{a_tick:?} wake-ups a tick");
}
