//! Secrets of the settings: others who may read them are named, and no program inherits their variables.

use std::fs;

use serde_json::{Value, json};

use super::super::trusted_home;
use super::set_mode;
use crate::program::Home;

fn doctor(home: &Home) -> (Option<i32>, String) {
    let ran = home.run(&["doctor"]);
    (ran.status, ran.stdout)
}

fn hook(url: &str, headers: &Value) -> Value {
    json!({ "actions": [{ "name": "hook", "webhook": url, "headers": headers }] })
}

#[test]
fn doctor_names_a_file_with_secrets_that_others_may_read() {
    let secret = hook("https://h.example.org", &json!({ "Authorization": "Bearer abc" }));
    for mode in [0o644, 0o604] {
        let home = trusted_home(&secret);
        set_mode(&home.settings(), mode);
        let (status, stdout) = doctor(&home);
        let path = home.settings().display().to_string();
        let word = format!(
            "FAIL  secrets        '{path}' holds secrets, and others may read it (mode {mode:04o}); do: chmod 600 '{path}'"
        );
        assert!(status == Some(1) && stdout.contains(&word), "{stdout}");
        assert!(!stdout.contains("abc"), "{stdout}");
    }
    for (settings, mode) in [
        (secret, 0o600),
        (hook("https://h.example.org/${PATH_OF_HOOK}", &json!({ "Authorization": "Bearer ${TOKEN}" })), 0o644),
        (json!({}), 0o644),
    ] {
        let home = trusted_home(&settings);
        set_mode(&home.settings(), mode);
        assert!(!doctor(&home).1.contains("holds secrets"), "{settings}");
    }
}

#[test]
fn a_group_that_others_may_be_in_counts_as_others() {
    let home = trusted_home(&hook("https://hooks.example.org/services/T0/B0/key", &json!({})));
    // Only root can give a file to a group that it is not in.
    if std::os::unix::fs::chown(home.settings(), None, Some(super::OTHER)).is_err() {
        return eprintln!("not tested: only root can give a file away");
    }
    set_mode(&home.settings(), 0o640);
    assert!(doctor(&home).1.contains("others may read it (mode 0640)"));
}

#[test]
fn commands_do_not_inherit_the_variables_that_webhooks_send() {
    let script = "echo ${TOKEN-none} ${KEY-none} ${PLAIN-none} ${HOME-none} ${TZ-none}";
    let home = trusted_home(&json!({ "actions": [
        { "name": "show", "command": ["/bin/sh", "-c", script] },
        { "name": "hook", "webhook": "https://h.example.org/${KEY}${HOME}", "headers": { "A": "Bearer ${TOKEN}" } },
    ] }));
    let mut test = home.loadline(&["actions", "test", "show"]);
    let ran = test.env("TOKEN", "s3cret").env("KEY", "k3y").env("PLAIN", "plain").output().unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    assert!(stdout.contains(&format!("    none none plain {} UTC\n", home.path().display())), "{stdout}");
}

#[test]
fn a_command_of_the_monitor_does_not_inherit_them_either() {
    let home = super::super::watching::home(&json!([
        { "name": "show", "command": ["/bin/sh", "-c", "echo ${TOKEN-none} ${PLAIN-none} > said"] },
        { "name": "hook", "webhook": "http://127.0.0.1:9/${TOKEN}", "metrics": ["memory"] },
    ]));
    let mut command = super::super::watching::watching(&home, &[10, 91]);
    command.env("TOKEN", "s3cret").env("PLAIN", "plain");
    let _program = crate::process::Program::start(command);
    assert_eq!(super::super::line_in(&home.path().join("said")), "none plain");
}

#[test]
fn the_opener_of_the_report_does_not_inherit_them() {
    let home = trusted_home(&hook("https://h.example.org/${KEY}", &json!({ "A": "${TOKEN}" })));
    let name = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opener =
        home.file(&format!("bin/{name}"), "#!/bin/sh\necho ${TOKEN-none} ${KEY-none} ${PLAIN-none} > opened\n");
    set_mode(&opener, 0o755);
    let past = crate::report::past::Past::new(&jiff::Zoned::now().to_string());
    past.minutes(180, "1000", "5000");
    let mut report = home.loadline(&["report", "--out", "r.html", "--open"]);
    report
        .env("LOADLINE_HISTORY", past.history())
        .env("PATH", format!("{}:/usr/bin:/bin", opener.parent().unwrap().display()));
    let ran = report.env("TOKEN", "s3cret").env("KEY", "k3y").env("PLAIN", "plain").output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(fs::read_to_string(home.path().join("opened")).unwrap(), "none none plain\n");
}

#[test]
fn the_token_and_the_push_of_the_metrics_have_secrets_too() {
    for (metrics, is_named) in [
        (json!({ "token": "abc" }), true),
        (json!({ "token": "${LOADLINE_TOKEN}" }), false),
        (json!({ "push": { "url": "https://h/w", "headers": { "Authorization": "Bearer abc" } } }), true),
        (json!({ "push": { "url": "https://h/w", "headers": { "Authorization": "Bearer ${TOKEN}" } } }), false),
    ] {
        let home = trusted_home(&json!({ "metrics": metrics }));
        set_mode(&home.settings(), 0o644);
        assert_eq!(doctor(&home).1.contains("holds secrets"), is_named, "{metrics}");
    }
}

#[test]
fn a_secret_among_the_arguments_of_a_command_is_named() {
    for (command, is_named) in [
        (json!(["x", "--token", "abc"]), true),
        (json!(["curl", "-u", "me:pass", "https://h"]), true),
        (json!(["/bin/sh", "-c", "curl -H 'X-Api-Key: abc' https://h"]), true),
        (json!(["/bin/sh", "-c", "curl -H \"X-Api-Key: $KEY\" https://h"]), false),
    ] {
        let home = trusted_home(&json!({ "actions": [{ "name": "a", "command": command }] }));
        set_mode(&home.settings(), 0o644);
        assert_eq!(doctor(&home).1.contains("holds secrets"), is_named, "{command}");
    }
}

#[test]
fn no_program_inherits_the_variables_of_the_metrics() {
    let script = "echo ${LOADLINE_TOKEN-none} ${PUSH_TOKEN-none} ${PLAIN-none} > said";
    let settings = json!({
        "alerts": { "after": "0s", "cooldown": "0s", "memory": { "above_percent": "off" } },
        "actions": [{ "name": "show", "command": ["/bin/sh", "-c", script] }],
        "metrics": {
            "token": "${LOADLINE_TOKEN}",
            "push": { "url": "http://127.0.0.1:9/w", "headers": { "Authorization": "Bearer ${PUSH_TOKEN}" } },
        },
    });
    let home = trusted_home(&settings);
    let variables = [("LOADLINE_TOKEN", "s3cret"), ("PUSH_TOKEN", "s3cret"), ("PLAIN", "plain")];
    assert!(home.loadline(&["actions", "test", "show"]).envs(variables).status().unwrap().success());
    assert_eq!(super::super::line_in(&home.path().join("said")), "none none plain");
    // Of a trace, which neither serves nor pushes.
    fs::remove_file(home.path().join("said")).unwrap();
    let mut command = super::super::watching::watching(&home, &[10, 91]);
    command.envs(variables);
    let _program = crate::process::Program::start(command);
    assert_eq!(super::super::line_in(&home.path().join("said")), "none none plain");
}
