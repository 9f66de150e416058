//! Counters that are brought up to date less often than they are read, and stolen time.

use super::{Counters, Watched, known, meminfo_text};
use crate::support::fake_proc::FakeProc;

#[test]
fn counters_that_lag_behind_are_measured_and_can_fire() {
    let mut counters = Counters { busy: 85, ..Counters::new() };
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let watched = Watched::start(&fake, &["--cpu", "60", "--memory", "off", "--after", "2s"]);
    let mut step = 0;
    // They move at every fourth reading.
    let readings = watched.steps(24, || {
        step += 1;
        if step % 4 == 0 {
            (0..4).for_each(|_| drop(counters.next()));
            fake.set_stat(&counters.text());
        }
    });
    let percents = known(&readings, "cpu_percent");
    assert!(percents.len() >= 3 && percents.iter().all(|percent| *percent == 85.0), "{percents:?}");
    crate::wait::wait_for("an alert", crate::wait::SOON, || watched.program.out_with("\"alert\"").pop());
}

#[test]
fn an_alert_of_stolen_time_names_no_program() {
    let mut counters = Counters { busy: 5, ..Counters::new() };
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let watched = Watched::start(&fake, &["--cpu", "60", "--memory", "off", "--after", "500ms"]);
    watched.steps(8, || {
        counters.ticks[7] += 900;
        fake.set_stat(&counters.next());
    });
    let alert = crate::wait::wait_for("an alert", crate::wait::SOON, || watched.program.out_with("\"alert\"").pop());
    let alert: serde_json::Value = serde_json::from_str(&alert).unwrap();
    assert_eq!((&alert["cpu_steal_percent"], &alert["processes"]), (&90.0.into(), &().into()), "{alert}");
}
