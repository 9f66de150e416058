//! Counters that step back, stand still or are gone: the value is unknown then, and no alert comes of it.

use super::{Counters, Watched, known, meminfo_text, steady};
use crate::program::Home;
use crate::support::fake_proc::{FakeProc, stat_text};

/// Fires on the first reading above, and never on the machine's real share of 50 %.
const TOUCHY: [&str; 6] = ["--cpu", "60", "--memory", "off", "--after", "0s"];

#[track_caller]
fn assert_no_alert(watched: &Watched) {
    assert_eq!(watched.program.out_with("\"alert\""), [""; 0]);
}

#[test]
fn counters_that_step_back_make_no_wrong_reading() {
    // Idle, user, iowait and steal time alone, and all of them, as in a container that is restored.
    for columns in [&[3][..], &[0], &[4], &[7], &[0, 1, 2, 3, 4, 6, 7]] {
        let mut counters = Counters::new();
        let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
        let watched = Watched::start(&fake, &TOUCHY);
        let before = watched.steps(4, || fake.set_stat(&counters.next()));
        columns.iter().for_each(|&column| counters.ticks[column] -= counters.ticks[column] / 2);
        let after = watched.steps(5, || fake.set_stat(&counters.next()));
        assert!(!known(&before, "cpu_percent").is_empty(), "{before:?}");
        assert!(!known(&after, "cpu_percent").is_empty(), "{after:?}");
        // Without the ten ticks of iowait the share is 50 of 90.
        for percent in known(&[before, after].concat(), "cpu_percent") {
            assert!(percent == 50.0 || (columns == [4] && percent == 55.56), "{columns:?}: {percent}");
        }
        assert_no_alert(&watched);
    }
}

#[test]
fn counters_that_are_zero_or_stand_still_are_unknown() {
    for stat in [stat_text([0; 10], 4), Counters::new().text()] {
        let Some(fake) = FakeProc::new(&stat, &meminfo_text(&[])) else { return };
        let watched = Watched::start(&fake, &["--cpu", "1", "--after", "0s"]);
        let readings = watched.steps(4, || ());
        assert_eq!(known(&readings, "cpu_percent"), [0.0; 0]);
        assert_eq!(known(&readings, "memory_percent").len(), 4);
        let home = Home::new();
        let doctor = fake.wrap(&home.loadline(&["doctor"])).output().unwrap();
        let stdout = String::from_utf8(doctor.stdout).unwrap();
        assert!(stdout.contains("FAIL  readings       the CPU is not known: "), "{stdout}");
        assert_eq!(doctor.status.code(), Some(1), "{stdout}");
    }
}

#[test]
fn a_file_that_is_gone_makes_its_own_value_unknown_until_it_is_back() {
    let mut counters = Counters { busy: 85, ..Counters::new() };
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let watched = Watched::start(&fake, &["--cpu", "60", "--memory", "off", "--after", "30s"]);
    let busy = known(&watched.steps(3, || fake.set_stat(&counters.next())), "cpu_percent");
    assert!(!busy.is_empty() && busy.iter().all(|percent| *percent == 85.0), "{busy:?}");
    // The first of them may have been read before.
    let gone = watched.steps(4, || fake.set_stat("")).split_off(1);
    assert_eq!(known(&gone, "cpu_percent"), [0.0; 0]);
    assert_eq!(known(&gone, "memory_percent"), [62.5; 3]);
    counters.busy = 5;
    let back = known(&watched.steps(4, || fake.set_stat(&counters.next())), "cpu_percent");
    assert!(!back.is_empty() && back.iter().all(|percent| *percent == 5.0), "{back:?}");
    let gone = watched.steps(4, || {
        fake.set_meminfo("");
        fake.set_stat(&counters.next());
    });
    assert_eq!(known(&gone[1..], "memory_percent"), [0.0; 0]);
    assert!(!known(&gone[1..], "cpu_percent").is_empty());
    fake.set_meminfo(&meminfo_text(&[]));
    assert!(!known(&watched.steps(3, || ()), "memory_percent").is_empty());
    assert_no_alert(&watched);
}

#[test]
fn a_file_that_could_not_be_opened_is_tried_again() {
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    fake.refuse_at_first();
    let watched = Watched::start(&fake, &TOUCHY);
    assert_eq!(known(&watched.steps(3, || fake.set_stat(&counters.next())), "cpu_percent"), [0.0; 0]);
    fake.switch("/proc/stat");
    let back = known(&watched.steps_until(true, || fake.set_stat(&counters.next())), "cpu_percent");
    assert_eq!(back, [50.0; 4]);
    assert_no_alert(&watched);
}

#[test]
fn values_are_soon_not_read_from_a_file_that_is_closed_to_the_program() {
    let mut counters = Counters { busy: 20, ..Counters::new() };
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    fake.refuse_later();
    let watched = Watched::start(&fake, &["--cpu", "10", "--memory", "off", "--after", "30s"]);
    watched.steps_until(true, || fake.set_stat(&counters.next()));
    fake.switch("/proc/stat");
    // The file that was opened before still has figures, but it is not the one that is there.
    watched.steps_until(false, || fake.set_stat(&counters.next()));
}

#[test]
fn more_free_swap_than_there_is_makes_swap_alone_unknown() {
    // As lxcfs writes it.
    let meminfo = meminfo_text(&[("SwapTotal", Some(1_048_576)), ("SwapFree", Some(1_048_580))]);
    let Some(readings) = steady(&meminfo, 3) else { return };
    for reading in readings {
        assert_eq!((&reading["swap_used_bytes"], &reading["memory_percent"]), (&().into(), &62.5.into()), "{reading}");
    }
}

#[test]
fn a_machine_without_a_total_of_memory_has_no_percentage() {
    for changed in [("MemTotal", Some(0)), ("MemTotal", None)] {
        let Some(readings) = steady(&meminfo_text(&[changed]), 3) else { return };
        for reading in &readings {
            for key in ["memory_percent", "memory_used_bytes", "memory_total_bytes"] {
                assert!(reading[key].is_null(), "{reading}");
            }
        }
        assert!(!known(&readings, "cpu_percent").is_empty(), "{readings:?}");
    }
}
