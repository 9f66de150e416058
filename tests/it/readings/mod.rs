//! Readings that are never wrong: the program with files of ours in place of `/proc/stat` and `/proc/meminfo`.

mod broken;
mod compressed;
mod dips;
mod failing;
mod garbage;
mod hidden;
mod lagging;
mod limited_looks;
mod limits;
mod limits_at_work;
mod notices;
mod parts;
mod pressure;
mod refused;
mod replaced;
mod shapes;
mod slow_counters;
mod truth;
mod unclear_limits;
mod unplugged;

use std::process::Command;

use serde_json::Value;

use crate::process::Program;
use crate::program::Home;
use crate::support::fake_proc::{FakeProc, meminfo_text, stat_text};

/// A machine of four processors whose counters move on by 100 ticks a step, half of them idle.
struct Counters {
    /// In the order of `/proc/stat`.
    ticks: [u64; 10],
    busy: u64,
}

impl Counters {
    fn new() -> Counters {
        Counters { ticks: [40_000, 500, 9_000, 80_000, 20_000, 0, 300, 30_000, 0, 0], busy: 50 }
    }

    /// The file after one more step.
    fn next(&mut self) -> String {
        self.ticks[0] += self.busy;
        self.ticks[3] += 90 - self.busy;
        self.ticks[4] += 10;
        self.text()
    }

    fn text(&self) -> String {
        stat_text(self.ticks, 4)
    }
}

/// `watch` on these files, with the readings that it has printed so far.
struct Watched {
    program: Program,
    _home: Home,
}

impl Watched {
    fn start(fake: &FakeProc, options: &[&str]) -> Watched {
        Watched::start_with(fake, options, Home::new().with_settings(r#"{"history": false}"#))
    }

    fn start_with(fake: &FakeProc, options: &[&str], home: Home) -> Watched {
        Watched::start_as(fake, options, home, |_| ())
    }

    /// The command is changed before it is started.
    fn start_as(fake: &FakeProc, options: &[&str], home: Home, change: impl FnOnce(&mut Command)) -> Watched {
        let mut arguments = vec!["watch", "--json", "--every", "250ms"];
        arguments.extend(options);
        let mut command = fake.wrap(&home.loadline(&arguments));
        change(&mut command);
        Watched { program: Program::start(command), _home: home }
    }

    /// The readings so far, at least `count`.
    fn readings(&self, count: usize) -> Vec<Value> {
        let line = |line: &String| serde_json::from_str::<Value>(line).unwrap();
        let readings =
            || -> Vec<Value> { self.program.out().iter().map(line).filter(|line| line["type"] == "reading").collect() };
        crate::wait::wait_for(&format!("{count} readings"), crate::wait::SOON, || {
            Some(readings()).filter(|readings| readings.len() >= count)
        })
    }

    /// Calls `step` after each reading until `count` more have come, and returns these.
    fn steps(&self, count: usize, mut step: impl FnMut()) -> Vec<Value> {
        let before = self.readings(0).len();
        for index in 1..=count {
            step();
            self.readings(before + index);
        }
        self.readings(before + count).split_off(before)
    }

    /// Calls `step` after each reading until the CPU of four in a row is known, or is unknown.
    fn steps_until(&self, is_known: bool, mut step: impl FnMut()) -> Vec<Value> {
        const MOST: usize = 60;
        let mut row: Vec<Value> = Vec::new();
        for _ in 0..MOST {
            let reading = self.steps(1, &mut step).remove(0);
            if reading["cpu_percent"].is_number() != is_known {
                row.clear();
                continue;
            }
            row.push(reading);
            if row.len() == 4 {
                return row;
            }
        }
        panic!("the CPU of no four in {MOST} readings is {}", if is_known { "known" } else { "unknown" });
    }
}

/// The values of one key, where they are known.
fn known(readings: &[Value], key: &str) -> Vec<f64> {
    readings.iter().filter_map(|reading| reading[key].as_f64()).collect()
}

/// The readings of a machine whose files stay as they are, but for the counters.
fn steady(meminfo: &str, count: usize) -> Option<Vec<Value>> {
    let mut counters = Counters::new();
    let fake = FakeProc::new(&counters.text(), meminfo)?;
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "off"]);
    Some(watched.steps(count, || fake.set_stat(&counters.next())))
}
