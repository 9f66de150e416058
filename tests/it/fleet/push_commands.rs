//! `metrics test`, `doctor`, the settings and the trust of the push.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::gate::{Gate, Passage};
use crate::process::Program;
use crate::program::{Home, Ran};
use crate::wait::{SOON, wait_for};

fn settings(url: &str) -> String {
    format!(
        r#"{{"history": false, "metrics": {{"push": {{"url": "{url}", "headers": {{"X-Key": "plain-s3cret"}}}}}}}}"#
    )
}

/// A gate that takes everything, with no server behind it.
fn taking() -> Gate {
    let gate = Gate::before("127.0.0.1:1");
    gate.set(Passage::Answered(204));
    gate
}

/// The line of one check of `loadline doctor`.
fn check(stdout: &str, name: &str) -> Option<String> {
    stdout.lines().find(|line| line.split_whitespace().nth(1) == Some(name)).map(str::to_owned)
}

#[test]
fn a_test_pushes_once_and_shows_both_sides_without_secrets() {
    let gate = taking();
    let home = Home::new().with_settings(settings(&gate.url()));
    let Ran { status, stdout, stderr } = home.run(&["metrics", "test", "--every", "250ms"]);
    assert_eq!((status, stderr.as_str()), (Some(0), ""), "{stdout}");
    for shown in [
        format!("POST http://{}/…", gate.address),
        "content-encoding: snappy".into(),
        "x-prometheus-remote-write-version: 0.1.0".into(),
        "content-type: application/x-protobuf".into(),
        "x-key: …".into(),
        "bytes: remote-write 1.0 with ".into(),
        "answered:\n    204 No Content".into(),
        "it went well".into(),
    ] {
        assert!(stdout.contains(&shown), "{shown:?} in {stdout}");
    }
    assert!(!stdout.contains("s3cret") && !stdout.contains("/api/v1/write"), "{stdout}");
    let passed = gate.passed();
    assert_eq!(passed.iter().map(|request| request.has_values()).collect::<Vec<_>>(), [false, true]);
    assert!(passed[1].head.to_ascii_lowercase().contains("x-key: plain-s3cret"), "{}", passed[1].head);
    assert!(passed[1].body.windows(18).any(|bytes| bytes == b"loadline_host_info"));
    assert!(!passed[1].body.windows(5).any(|bytes| bytes == b"alert"), "the alerts are those of the monitor that runs");

    gate.set(Passage::Answered(403));
    let ran = home.run(&["metrics", "test", "--every", "250ms"]);
    assert_eq!(ran.status, Some(1));
    assert_eq!(ran.stderr, "loadline: metrics are not pushed: '127.0.0.1' answered 403\n");
}

#[test]
fn a_test_without_a_push_in_the_settings_is_a_wrong_command() {
    let home = Home::new();
    for (arguments, message) in [
        (
            &["metrics", "test"][..],
            "'metrics.push' is not set: give it a 'url' in the settings ('loadline help fleet')",
        ),
        (&["metrics", "test", "--json"], "'--json' is not for 'metrics', which prints Prometheus's own text format"),
    ] {
        let ran = home.run(arguments);
        assert_eq!((ran.status, ran.stderr), (Some(2), format!("loadline: {message}\n")), "{arguments:?}");
    }
    assert_eq!(home.run(&["metrics", "--out", "x", "test"]).status, Some(2));
    assert_eq!(check(&home.run(&["doctor"]).stdout, "push"), None);
}

#[test]
fn doctor_asks_the_server() {
    let gate = taking();
    let home = Home::new().with_settings(settings(&gate.url()));
    let doctor = |home: &Home| check(&home.run(&["doctor"]).stdout, "push").unwrap_or_default();
    let line = doctor(&home);
    let expected = format!("pushed every 1 min to http://{}/…, which took a request without values", gate.address);
    assert!(line.ends_with(&expected), "{line}");
    gate.set(Passage::Answered(401));
    let line = doctor(&home);
    assert!(line.ends_with("metrics are not pushed: '127.0.0.1' answered 401"), "{line}");
    let refused = Home::new().with_settings(settings("http://192.0.2.1/api/v1/write"));
    let line = doctor(&refused);
    assert!(line.contains("http:// can be read on the way; use https://"), "{line}");
}

#[test]
fn nothing_is_pushed_by_settings_that_others_could_write() {
    let gate = taking();
    let home = Home::new().with_settings(settings(&gate.url()));
    fs::set_permissions(home.settings(), fs::Permissions::from_mode(0o666)).unwrap();
    let program = Program::start(home.loadline(&["watch", "--quiet", "--every", "250ms"]));
    let problem = program.wait_err("metrics are not pushed: '");
    assert!(problem.contains("may be written by others (mode 0666)"), "{problem}");
    let ran = home.run(&["metrics", "test", "--every", "250ms"]);
    assert!(ran.status == Some(1) && ran.stderr.contains("metrics are not pushed: '"), "{}", ran.stderr);
    assert_eq!(gate.passed(), []);
}

#[test]
fn the_variables_of_the_push_are_hidden_from_commands() {
    let gate = taking();
    let home = Home::new();
    let out = home.path().join("environment");
    let command = format!("env > {0}.new && mv {0}.new {0}", out.display());
    let settings = serde_json::json!({
        "history": false,
        "alerts": { "after": "0s" },
        "actions": [{ "name": "look", "command": ["/bin/sh", "-c", command] }],
        "metrics": { "push": { "url": gate.url(), "headers": { "X-Key": "${PUSH_TOKEN}" } } },
    });
    let home = home.with_settings(settings.to_string());
    let mut command = home.loadline(&["watch", "--quiet", "--every", "250ms", "--memory", "1"]);
    command.env("PUSH_TOKEN", "t0ken-s3cret").env("OTHER_TOKEN", "other");
    let _program = Program::start(command);
    let seen = wait_for("the command", SOON, || fs::read_to_string(&out).ok());
    assert!(seen.contains("OTHER_TOKEN=other") && !seen.contains("s3cret"), "{seen}");
    let first = wait_for("a request", SOON, || gate.passed().first().cloned());
    assert!(first.head.contains("t0ken-s3cret"), "{first:?}");
}

#[test]
fn the_push_follows_the_settings() {
    let [first, second] = [taking(), taking()];
    let home = Home::new().with_settings(settings(&first.url()));
    let program = Program::start(home.loadline(&["watch", "--quiet", "--every", "250ms"]));
    wait_for("the first server", SOON, || first.passed().first().cloned());
    fs::write(home.settings(), settings(&second.url())).unwrap();
    wait_for("the second server", SOON, || second.passed().first().cloned());
    fs::write(home.settings(), r#"{"history": false}"#).unwrap();
    let threads = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", program.id())).unwrap();
        let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
        names.filter(|name| name.trim() == "push").count()
    };
    if cfg!(target_os = "linux") {
        wait_for("the end of the thread", SOON, || (threads() == 0).then_some(()));
    }
    assert_eq!(program.err(), Vec::<String>::new());
}
