//! Loadline's own usage, in the menu once that has been opened, and in `doctor`.
use std::fs;

use super::item::Item;
use super::signals::Signals;
use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

/// The last row of the menu.
fn row(item: &Item) -> Option<String> {
    let menu = item.menu()?;
    let row = menu.find(&["Settings"])?.children.last()?;
    assert!(!row.enabled, "{row:?}");
    Some(row.label.clone())
}

/// The number of signals with the figures so far.
fn sent(signals: &Signals) -> usize {
    signals.received().iter().filter(|signal| signal.content.contains("% CPU, ")).count()
}

/// The proportional share of a process's memory, MB.
fn memory_mb(pid: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let kilobytes = rollup.lines().find_map(|line| line.strip_prefix("Pss:")?.split_whitespace().next()).unwrap();
    kilobytes.parse::<f64>().unwrap() / 1024.0
}

/// Compares `0.20% CPU, 12 MB, up 3 s` with the system's figures of the process.
#[track_caller]
fn check_figures(figures: &str, app: &Program) {
    let parts: Vec<&str> = figures.split(", ").collect();
    let [cpu, memory, up] = parts[..] else { panic!("{figures}") };
    let cpu: f64 = cpu.strip_suffix("% CPU").unwrap().trim_start_matches('<').parse().unwrap();
    let memory: f64 = memory.strip_suffix(" MB").unwrap().parse().unwrap();
    let (up, unit) = up.strip_prefix("up ").unwrap().split_once(' ').unwrap();
    let up = up.parse::<f64>().unwrap() * if unit == "min" { 60.0 } else { 1.0 };
    let age = app.started().elapsed().as_secs_f64();
    // It has several threads, but only one of them works.
    assert!(cpu > 0.0 && cpu <= 200.0, "{figures}");
    // Shared memory counts in proportion to its users: tests come and go.
    let expected = memory_mb(app.id());
    assert!(memory > 2.0 && memory < expected * 2.0 + 10.0, "{figures}, and {expected} MB a little later");
    assert!(up <= age + 1.0, "{figures}, {age} s after the start");
}

#[test]
fn the_last_row_shows_loadlines_own_usage_once_the_menu_is_open() {
    let world = World::start();
    let app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.wait_row("CPU 23%");
    assert_eq!(row(&item).unwrap(), concat!("Loadline ", env!("CARGO_PKG_VERSION")));
    item.open();
    let figures = wait_for("the figures", SOON, || {
        row(&item)?.strip_prefix(concat!("Loadline ", env!("CARGO_PKG_VERSION"), ": ")).map(str::to_owned)
    });
    check_figures(&figures, &app);
}

#[test]
fn the_row_stays_unchanged_while_the_menu_is_closed() {
    let world = World::start();
    let signals = world.signals();
    // A reading every ten seconds, and so, with the menu open, new figures at each.
    let trace = Trace::every(10).ticking(4_000, 20);
    let _app = world.loadline().args(&["--every", "10s"]).readings(&trace, 400).start();
    let item = world.host.item();
    // Changes are sent for the properties that the panel has read.
    row(&item).unwrap();
    let_readings_pass(&item, 30);
    assert_eq!(sent(&signals), 0);
    item.open();
    wait_for("the figures", SOON, || (sent(&signals) >= 1).then_some(()));
    item.close();
    // The last signal may still be on its way.
    let_readings_pass(&item, 2);
    let before = sent(&signals);
    let_readings_pass(&item, 30);
    assert_eq!(sent(&signals), before);
}

#[test]
fn doctor_shows_the_usage_of_the_running_loadline() {
    let world = World::start();
    let doctor = || {
        let mut doctor = world.loadline().args(&["doctor"]).start();
        doctor.wait_exit();
        let running = doctor.out_with("ok    running").into_iter().next().unwrap();
        running.trim_start_matches("ok    running").trim_start().to_owned()
    };
    assert_eq!(doctor(), "no Loadline runs in the menu bar");
    let mut app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    world.host.item().wait_row("CPU 23%");
    let running = doctor();
    let place = format!(" (menu bar, process {})", app.id());
    let figures = running.strip_prefix("Loadline: ").unwrap().strip_suffix(&place);
    check_figures(figures.unwrap_or_else(|| panic!("{running} does not end in {place}")), &app);
    // doctor finds it by a lock that ends with its process.
    app.signal("KILL");
    app.wait_exit();
    assert_eq!(doctor(), "no Loadline runs in the menu bar");
}
