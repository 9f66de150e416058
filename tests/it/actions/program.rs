//! `actions test`, and the actions in `doctor`, as a person sees them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use jiff::{SignedDuration, Timestamp};
use loadline::core::actions::outbox::{ActionRecord, LastRun, Outbox};
use serde_json::{Value, json};

use super::trusted_home;
use crate::program::{Home, Ran};

/// A home whose settings have these actions.
fn home(actions: &Value) -> Home {
    trusted_home(&json!({ "actions": actions }))
}

fn shell(name: &str, script: &str) -> Value {
    json!({ "name": name, "command": ["/bin/sh", "-c", script] })
}

/// The lines of `doctor` from the action `name` on.
fn doctor(home: &Home, name: &str) -> String {
    let output = home.run(&["doctor"]).stdout;
    let start = output.find(&format!("action {name}")).unwrap_or_else(|| panic!("{output}"));
    output[start..].to_owned()
}

fn store(home: &Home, name: &str, last: LastRun) {
    let record = ActionRecord { last: Some(last), undelivered: vec![] };
    let text = Outbox { actions: [(name.to_owned(), record)].into() }.write();
    let folder =
        if cfg!(target_os = "macos") { "Library/Application Support/Loadline" } else { ".local/state/loadline" };
    home.file(&format!("{folder}/actions.json"), text);
}

#[test]
fn a_test_runs_the_action_and_shows_the_exchange() {
    let home = home(&json!([shell("say", "echo $LOADLINE_TYPE $LOADLINE_TEST; printf '\\033[31m\\n'")]));
    let Ran { status, stdout, stderr } = home.run(&["actions", "test", "say"]);
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines[0], "say, told of an alert that is made up");
    assert!(lines[2].starts_with("    /bin/sh -c 'echo $LOADLINE_TYPE"), "{stdout}");
    let input: Value = serde_json::from_str(lines[3]).unwrap();
    assert_eq!(
        (&input["type"], &input["value_percent"], &input["test"]),
        (&json!("alert"), &json!(91.0), &json!(true))
    );
    assert_eq!(lines[4..], ["  answered:", "    alert 1", r"    \u{1b}[31m", "  it went well"]);
    assert!(!home.path().join(".local").exists(), "a test stores nothing");
}

#[test]
fn a_test_sends_the_events_that_the_action_subscribes_to() {
    let mut both = shell("both", "echo \"$LOADLINE_METRIC ${LOADLINE_PEAK_PERCENT-none} ${LOADLINE_PIDS-none}\"");
    both["on"] = json!(["alert", "recovery"]);
    both["metrics"] = json!(["memory"]);
    let home = home(&json!([both]));
    // Variables of our own environment that came from elsewhere do not describe the alert.
    let mut command = home.loadline(&["actions", "test", "both", "--json"]);
    let output = command.env("LOADLINE_PEAK_PERCENT", "1").env("LOADLINE_PIDS", "1").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let results: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(results.len(), 2);
    for line in &results {
        assert_eq!((&line["version"], &line["type"], &line["name"]), (&json!(1), &json!("action"), &json!("both")));
        assert_eq!((&line["ok"], &line["detail"]), (&json!(true), &json!("")));
    }
    // A script may well want to end the process.
    assert_eq!(results[0]["answered"], "memory none none\n");
    assert_eq!(results[1]["answered"], "memory 91 none\n");
}

#[test]
fn a_failed_test_gives_the_reason() {
    let home = home(&json!([shell("fail", "echo no; exit 7")]));
    let ran = home.run(&["actions", "test", "fail"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stdout.ends_with("    no\n  FAILED: '/bin/sh' ended with status 7\n"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "loadline: action 'fail' failed: '/bin/sh' ended with status 7\n");
    let line: Value = serde_json::from_str(&home.run(&["--json", "actions", "test", "fail"]).stdout).unwrap();
    assert_eq!((&line["ok"], &line["detail"]), (&json!(false), &json!("'/bin/sh' ended with status 7")));
}

#[test]
fn a_test_of_an_unknown_action_is_a_usage_error() {
    let home = home(&json!([shell("one", "true"), shell("two", "true")]));
    let ran = home.run(&["actions", "test", "three"]);
    assert_eq!(ran.status, Some(2));
    let place = home.settings().display().to_string();
    assert_eq!(ran.stderr, format!("loadline: there is no action 'three' in '{place}': there are 'one', 'two'\n"));
    let ran = Home::new().run(&["actions", "test", "one"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("there is no action 'one'"), "{}", ran.stderr);
    let ran = Home::new().with_settings(r#"{"actions": [{}]}"#).run(&["actions", "test", "one"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("'actions[0]' has no 'name': give it one"), "{}", ran.stderr);
    assert_eq!(Home::new().run(&["actions"]).status, Some(2));
}

#[test]
fn a_command_that_others_may_write_is_refused() {
    let home = home(&json!([shell("touch", "touch touched")]));
    fs::set_permissions(home.settings(), Permissions::from_mode(0o622)).unwrap();
    let ran = home.run(&["actions", "test", "touch"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("may be written by others (mode 0622)"), "{}", ran.stderr);
    assert!(!home.path().join("touched").exists());
    assert!(doctor(&home, "touch").contains("actions are not done: "));
}

#[test]
fn doctor_shows_the_last_outcome_of_an_action() {
    let home = home(&json!([shell("log", "true"), shell("other", "true")]));
    assert!(doctor(&home, "log").starts_with("action log     has not run yet\n"));

    let at = Timestamp::now() - SignedDuration::from_secs(125);
    let output: String = (1..=25).map(|n| format!("line {n}\u{1b}\n")).collect();
    store(&home, "log", LastRun { at, ok: true, text: String::new(), output: output.clone() });
    let shown = doctor(&home, "log");
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].starts_with("action log     ran 2 min ") && lines[0].ends_with("s ago and went well"), "{shown}");
    assert_eq!((lines[1], lines[20]), (r"    line 6\u{1b}", r"    line 25\u{1b}"));
    assert!(lines[21].contains("action other") && lines[21].ends_with("has not run yet"), "{shown}");

    store(&home, "log", LastRun { at, ok: false, text: "it broke".into(), output });
    let ran = home.run(&["doctor", "--json"]);
    assert_eq!(ran.status, Some(1));
    let checks: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let check = checks.iter().find(|check| check["name"] == "action log").unwrap();
    assert_eq!(check["ok"], json!(false));
    let detail = check["detail"].as_str().unwrap();
    assert!(detail.starts_with("failed 2 min ") && detail.ends_with(" ago: it broke"), "{detail}");
}

#[test]
fn doctor_does_not_move_a_damaged_outbox_file() {
    let home = home(&json!([shell("log", "true")]));
    store(&home, "log", LastRun { at: Timestamp::now(), ok: true, text: String::new(), output: String::new() });
    let folder =
        if cfg!(target_os = "macos") { "Library/Application Support/Loadline" } else { ".local/state/loadline" };
    let file = home.file(&format!("{folder}/actions.json"), "damaged");
    assert!(doctor(&home, "log").contains("could not see how it went: "));
    assert_eq!(fs::read_to_string(file).unwrap(), "damaged");
}
