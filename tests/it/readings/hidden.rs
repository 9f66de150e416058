//! Programs that are hidden, of other users (`hidepid`) or of another namespace: an alert says that it can name one's own alone.

use serde_json::Value;

use super::{Counters, meminfo_text};
use crate::process::Program;
use crate::program::Home;
use crate::support::fake_proc::FakeProc;
use crate::wait::{SOON, wait_for};

/// The first alert of a busy machine, in this form of output; `None` where its files cannot be made by `fake`.
fn alert(form: &[&str], fake: impl FnOnce(FakeProc, &Home) -> Option<FakeProc>) -> Option<String> {
    let mut counters = Counters { busy: 85, ..Counters::new() };
    let home = Home::new();
    let fake = FakeProc::new(&counters.text(), &meminfo_text(&[])).and_then(|plain| fake(plain, &home))?;
    let arguments = ["watch", "--every", "250ms", "--cpu", "60", "--memory", "off", "--after", "0s"];
    let program = Program::start(fake.wrap(&home.loadline(&[&arguments[..], form].concat())));
    let sign = if form.is_empty() { "ALERT" } else { r#""alert""# };
    Some(wait_for("an alert", SOON, || {
        fake.set_stat(&counters.next());
        program.out_with(sign).first().cloned()
    }))
}

/// The applications that the alert names. It says, in each form, that others cannot be seen.
fn named(fake: impl Fn(FakeProc, &Home) -> Option<FakeProc>) -> Option<Vec<Value>> {
    let text = alert(&[], &fake)?;
    assert!(text.contains("of your own programs"), "{text}");
    let json: Value = serde_json::from_str(&alert(&["--json"], &fake)?).unwrap();
    assert_eq!(json["all_processes_seen"], false, "{json}");
    Some(json["processes"].as_array().expect("a scan was made").iter().map(|app| app["name"].clone()).collect())
}

#[test]
fn an_alert_says_that_the_programs_of_others_are_hidden() {
    let names = named(|fake, home| fake.by_other_user(home).and_then(FakeProc::hiding_others));
    // The test that waits here belongs to another user.
    assert!(names.is_none_or(|names| names.iter().all(|name| *name == "loadline")));
}

#[test]
fn an_alert_says_that_only_the_own_programs_can_be_seen() {
    named(|fake, _| fake.alone());
}
