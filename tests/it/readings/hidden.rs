//! Programs of other users that are hidden (`hidepid`): an alert says that it can name one's own alone.

use serde_json::Value;

use super::{Counters, meminfo_text};
use crate::process::Program;
use crate::program::Home;
use crate::support::fake_proc::FakeProc;
use crate::wait::{SOON, wait_for};

#[test]
fn an_alert_says_that_the_programs_of_others_are_hidden() {
    for form in [&["--json"][..], &[]] {
        let mut counters = Counters { busy: 85, ..Counters::new() };
        let home = Home::new();
        let fake = FakeProc::new(&counters.text(), &meminfo_text(&[]));
        let fake = fake.and_then(|fake| fake.by_other_user(&home)).and_then(FakeProc::hiding_others);
        let Some(fake) = fake else { return };
        let mut arguments = vec!["watch", "--every", "250ms", "--cpu", "60", "--memory", "off", "--after", "0s"];
        arguments.extend(form);
        let program = Program::start(fake.wrap(&home.loadline(&arguments)));
        let sign = if form.is_empty() { "ALERT" } else { r#""alert""# };
        let alert = wait_for("an alert", SOON, || {
            fake.set_stat(&counters.next());
            program.out_with(sign).first().cloned()
        });
        if form.is_empty() {
            assert!(alert.contains("of your own programs"), "{alert}");
            continue;
        }
        let alert: Value = serde_json::from_str(&alert).unwrap();
        assert_eq!(alert["all_processes_seen"], false, "{alert}");
        // The test that waits here belongs to another user.
        let names: Vec<_> = alert["processes"].as_array().unwrap().iter().map(|app| app["name"].clone()).collect();
        assert!(names.iter().all(|name| *name == "loadline"), "{names:?}");
    }
}
