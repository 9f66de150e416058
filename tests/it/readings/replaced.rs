//! An alert is raised by what the files at their paths say: never by a file that was replaced, or closed to the program.

use super::{Counters, Watched, known, meminfo_text};
use crate::program::Home;
use crate::support::fake_proc::FakeProc;

#[test]
fn counters_of_a_file_that_was_replaced_raise_no_alert() {
    let mut counters = Counters { busy: 20, ..Counters::new() };
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    fake.refuse_later();
    let watched = Watched::start(&fake, &["--cpu", "60", "--memory", "off", "--after", "0s"]);
    watched.steps_until(true, || fake.set_stat(&counters.next()));
    fake.switch("/proc/stat");
    // The file that was opened before has figures that would raise one at once.
    counters.busy = 85;
    let readings = watched.steps(8, || fake.set_stat(&counters.next()));
    let percents = known(&readings, "cpu_percent");
    assert!(percents.iter().all(|percent| *percent < 60.0), "{percents:?}");
    assert_eq!(watched.program.out_with("\"alert\""), [""; 0]);
    assert_eq!(known(&readings, "memory_percent").len(), 8, "the other file is the same as before");
}

#[test]
fn memory_of_a_file_that_was_replaced_raises_no_alert() {
    let grown = |used_kb: u64| meminfo_text(&[("SwapTotal", Some(9_000_000)), ("SwapFree", Some(9_000_000 - used_kb))]);
    let settings = r#"{"history": false, "alerts": {"memory": {"swap_growth": {"above_mb": 1000, "within": "10m"}}}}"#;
    // By the memory in use, and by the growth of swap.
    for changed in [meminfo_text(&[("MemAvailable", Some(800_000))]), grown(4_000_000)] {
        let mut counters = Counters::new();
        let Some(fake) = FakeProc::new(&counters.text(), &grown(0)) else { return };
        fake.refuse_later();
        let home = Home::new().with_settings(settings);
        let watched = Watched::start_with(&fake, &["--cpu", "off", "--memory", "90", "--after", "0s"], home);
        let before = watched.steps(2, || fake.set_stat(&counters.next()));
        assert_eq!(known(&before, "memory_percent"), [62.5; 2]);
        fake.switch("/proc/meminfo");
        fake.set_meminfo(&changed);
        let readings = watched.steps(8, || fake.set_stat(&counters.next()));
        assert!(known(&readings, "memory_percent").iter().all(|percent| *percent == 62.5), "{readings:?}");
        assert_eq!(watched.program.out_with("\"alert\""), [""; 0]);
        assert!(!known(&readings, "cpu_percent").is_empty(), "{readings:?}");
    }
}

#[test]
fn counters_that_are_closed_to_the_program_are_unknown_until_it_may_read_them_again() {
    let mut counters = Counters { busy: 20, ..Counters::new() };
    let home = Home::new().with_settings(r#"{"history": false}"#);
    let fake = FakeProc::new(&counters.text(), &meminfo_text(&[])).and_then(|fake| fake.by_other_user(&home));
    let Some(fake) = fake else { return };
    let watched = Watched::start_with(&fake, &["--cpu", "60", "--memory", "off", "--after", "0s"], home);
    watched.steps_until(true, || fake.set_stat(&counters.next()));
    fake.set_stat_mode(0);
    counters.busy = 85;
    let closed = watched.steps(8, || fake.set_stat(&counters.next()));
    let percents = known(&closed, "cpu_percent");
    assert!(percents.iter().all(|percent| *percent < 60.0), "{percents:?}");
    assert_eq!(watched.program.out_with("\"alert\""), [""; 0]);
    counters.busy = 20;
    fake.set_stat_mode(0o644);
    let back = known(&watched.steps_until(true, || fake.set_stat(&counters.next())), "cpu_percent");
    assert_eq!(back, [20.0; 4]);
}

#[test]
fn permissions_that_change_and_still_let_the_program_read_cost_no_value() {
    let mut counters = Counters { busy: 85, ..Counters::new() };
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let watched = Watched::start(&fake, &["--cpu", "60", "--memory", "off", "--after", "0s"]);
    watched.steps_until(true, || fake.set_stat(&counters.next()));
    let mut mode = 0o444;
    let readings = watched.steps(6, || {
        mode = if mode == 0o444 { 0o644 } else { 0o444 };
        fake.set_stat_mode(mode);
        fake.set_stat(&counters.next());
    });
    let percents = known(&readings, "cpu_percent");
    assert!(percents.len() >= 3 && percents.iter().all(|percent| *percent == 85.0), "{percents:?}");
}
