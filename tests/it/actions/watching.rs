//! From a reading to its actions: the whole program with its settings.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};

use super::trusted_home;
use crate::process::Program;
use crate::program::Home;
use crate::wait::{SOON, wait_for};
use crate::webhooks::server::Server;

/// A home with these actions, in which an alert of the CPU fires at once.
pub fn home(actions: &Value) -> Home {
    let alerts = json!({ "after": "0s", "cooldown": "0s", "memory": { "above_percent": "off" } });
    let settings = json!({ "alerts": alerts, "actions": actions });
    trusted_home(&settings)
}

/// Watches these percentages of the CPU, two seconds apart, a hundred times as fast, and then waits.
pub fn watch(home: &Home, percentages: &[u32]) -> Program {
    Program::start(watching(home, percentages))
}

/// The command that does so.
pub fn watching(home: &Home, percentages: &[u32]) -> Command {
    let rows: String = percentages.iter().enumerate().map(|(n, percent)| format!("{},{percent}\n", n * 2)).collect();
    let trace = home.file("trace.csv", format!("time,cpu\n{rows}9999999,1\n"));
    home.loadline(&["watch", "--quiet", "--readings", trace.to_str().unwrap(), "--speed", "100"])
}

#[test]
fn a_command_runs_for_an_alert_and_its_end() {
    let script = "{ echo \"$LOADLINE_TYPE $LOADLINE_METRIC ${LOADLINE_PROCESS-nobody}\"; cat; } >> said";
    let home = home(&json!([{ "name": "say", "on": ["alert", "recovery"], "command": ["/bin/sh", "-c", script] }]));
    let mut program = watch(&home, &[10, 91, 92, 20]);
    let said = wait_for("both answers", SOON, || {
        fs::read_to_string(home.path().join("said")).ok().filter(|said| said.lines().count() == 4)
    });
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((lines[0], lines[2]), ("alert cpu nobody", "recovery cpu nobody"));
    let inputs: Vec<Value> = [lines[1], lines[3]].map(|line| serde_json::from_str(line).unwrap()).into();
    assert_eq!(
        (&inputs[0]["type"], &inputs[0]["told"], &inputs[0]["title"]),
        (&json!("alert"), &json!(true), &json!("CPU 91%"))
    );
    assert_eq!((&inputs[1]["type"], &inputs[1]["lasted_seconds"]), (&json!("recovery"), &json!(4.0)));
    assert_eq!(inputs[0]["at"], "1970-01-01T00:00:02.000+00:00");
    program.signal("TERM");
    assert_eq!((program.wait_exit().code(), program.err().len()), (Some(0), 0), "{:?}", program.err());
    let doctor = home.run(&["doctor"]).stdout;
    assert!(doctor.contains("action say") && doctor.contains("and went well"), "{doctor}");
}

#[test]
fn a_webhook_is_called_for_an_alert_and_its_end() {
    let server = Server::start();
    let home = home(&json!([{ "name": "hook", "webhook": server.url("/ok") }]));
    let program = watch(&home, &[10, 91, 20]);
    let types = [server.request(0), server.request(1)].map(|request| {
        let body: Value = serde_json::from_str(request["body"].as_str().unwrap()).unwrap();
        body["type"].clone()
    });
    assert_eq!(types, [json!("alert"), json!("recovery")]);
    assert!(program.err().is_empty(), "{:?}", program.err());
}

#[test]
fn a_failing_action_is_reported_once_and_stops_nothing() {
    let home = home(&json!([
        { "name": "fail", "command": ["/bin/sh", "-c", "exit 1"], "at_most_every": "0s" },
        { "name": "say", "command": ["/bin/sh", "-c", "echo x >> said"], "at_most_every": "0s" },
    ]));
    let program = watch(&home, &[91, 20, 91, 20, 91, 20, 91, 20]);
    wait_for("three runs", SOON, || {
        let said = fs::read_to_string(home.path().join("said")).ok()?;
        (said.lines().count() == 3).then_some(())
    });
    wait_for("all eight lines", SOON, || (program.out().len() == 8).then_some(()));
    program.wait_err("action 'fail': '/bin/sh' ended with status 1");
    assert_eq!(program.err().len(), 1, "{:?}", program.err());
}

#[test]
fn actions_that_others_may_write_are_refused_and_reported_at_once() {
    let home = home(&json!([{ "name": "say", "command": ["/bin/sh", "-c", "echo x >> said"] }]));
    fs::set_permissions(home.settings(), Permissions::from_mode(0o666)).unwrap();
    let program = watch(&home, &[10, 91, 20]);
    let complaint = program.wait_err("action 'say': ");
    assert!(complaint.contains("&& mv "), "{complaint}");
    wait_for("both lines", SOON, || (program.out().len() == 2).then_some(()));
    assert_eq!(program.err().len(), 1, "{:?}", program.err());
    assert!(!home.path().join("said").exists());
}
