//! The settings file under a running program: edits take effect, mistakes are refused, and no edit is lost.

use std::fs;
use std::os::unix::fs::symlink;

use crate::process::Program;
use crate::program::Home;

/// Half of the memory in use, four times a second, for as long as a test may take.
fn trace(home: &Home) -> String {
    let rows: String = (0..4_000).map(|i| format!("{},50,50\n", f64::from(i) / 4.0)).collect();
    home.file("trace.csv", format!("time,cpu,memory\n{rows}")).to_str().unwrap().to_owned()
}

fn watch(home: &Home) -> Program {
    Program::start(home.loadline(&["watch", "--readings", &trace(home), "--after", "0s", "--quiet"]))
}

/// A threshold below the readings of the trace, and one above.
const LOW: &str = r#"{"alerts": {"memory": {"above_percent": 40}}}"#;
const HIGH: &str = r#"{"alerts": {"memory": {"above_percent": 90}}}"#;

/// Replaces the file as editors do: whole, by renaming.
fn edit(home: &Home, text: &str) {
    let new = home.settings().with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, home.settings()).unwrap();
}

#[test]
fn an_edit_takes_effect_and_a_bad_one_leaves_the_settings_in_effect() {
    let home = Home::new().with_settings(HIGH);
    let program = watch(&home);
    edit(&home, LOW);
    program.wait_out("ALERT  Memory");

    edit(&home, "{\n  \"alerts\": {\"memory\": {\"above_percent\": 180}}\n}");
    let complaint = program.wait_err("line 2 column 44");
    let place = format!("could not read the settings in '{}': line 2 column 44: ", home.settings().display());
    assert!(complaint.contains(&place), "{complaint}");
    assert!(complaint.contains("'alerts.memory.above_percent' is 180, which is out of range"), "{complaint}");
    edit(&home, "{\"alerts\": ");
    program.wait_err("line 1 column 11: EOF while parsing");

    // The alert fires on under the rule that runs, and the next good edit is taken up.
    edit(&home, r#"{"alerts": {"memory": {"above_percent": 40}, "cpu": {"above_percent": 30}}}"#);
    program.wait_out("ALERT  CPU 50%");
    assert_eq!(program.out().len(), 2, "no further line");
}

#[test]
fn an_unusable_file_is_reported_once_and_left_as_it_is() {
    for text in ["not json", "{\"refresh\": \"1ms\"}", "[]", "{\"version\": 99}"] {
        let home = Home::new().with_settings(text);
        let ran = home.run(&["watch", "--samples", "3", "--every", "250ms"]);
        assert_eq!(ran.status, Some(0), "it runs with the defaults");
        assert_eq!(ran.stderr.matches("could not read the settings in").count(), 1, "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert_eq!(fs::read_to_string(home.settings()).unwrap(), text);
        let json = home.run(&["watch", "--samples", "1", "--json"]).stdout;
        let notice: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
        assert_eq!(notice["type"], "notice");
        assert!(ran.stderr.contains(notice["text"].as_str().unwrap()), "programs read the same on stdout: {notice}");
    }
}

#[test]
fn a_folder_or_a_pipe_in_the_place_of_the_file_is_named() {
    let home = Home::new();
    fs::create_dir_all(home.settings()).unwrap();
    let ran = home.run(&["watch", "--samples", "2", "--every", "250ms"]);
    assert_eq!((ran.status, ran.stderr.lines().count()), (Some(0), 1), "{}", ran.stderr);
    assert!(ran.stderr.contains("it is a folder, and should be a file"), "{}", ran.stderr);

    let pipe = home.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let ran = home.run(&["watch", "--samples", "1", "--settings", pipe.to_str().unwrap()]);
    assert!(ran.stderr.contains("it is not a regular file"), "{}", ran.stderr);
}

#[test]
fn an_option_or_the_environment_names_another_file() {
    let home = Home::new().with_settings("wrong, and not read");
    let named = home.file("elsewhere.json", LOW);
    let trace = trace(&home);
    let options = ["watch", "--readings", &trace, "--samples", "1", "--after", "0s", "--quiet"];
    let by_option = home.run(&[&options[..], &["--settings", named.to_str().unwrap()]].concat());
    assert!(by_option.stdout.contains("ALERT  Memory") && by_option.stderr.is_empty(), "{by_option:?}");
    let by_environment = home.loadline(&options).env("LOADLINE_SETTINGS", &named).output().unwrap();
    assert!(String::from_utf8(by_environment.stdout).unwrap().contains("ALERT  Memory"));
}

#[test]
fn a_link_is_followed_when_reading() {
    let home = Home::new();
    let real = home.file("dotfiles/loadline.json", LOW);
    fs::create_dir_all(home.settings().parent().unwrap()).unwrap();
    symlink(&real, home.settings()).unwrap();
    let ran = home.run(&["watch", "--readings", &trace(&home), "--samples", "1", "--after", "0s", "--quiet"]);
    assert!(ran.stdout.contains("ALERT  Memory"), "{ran:?}");
}

#[test]
fn a_misspelt_key_gets_a_word_and_is_kept() {
    let text = r#"{"alerts": {"cpu": {"above": 60}}}"#;
    let home = Home::new().with_settings(text);
    let sentence = "unknown key 'above', did you mean 'above_percent'? (in 'alerts.cpu'; it is kept, and does nothing)";
    let ran = home.run(&["watch", "--samples", "2", "--every", "250ms"]);
    assert_eq!((ran.status, ran.stderr), (Some(0), format!("loadline: in the settings: {sentence}\n")));
    let doctor = home.run(&["doctor"]);
    assert!(doctor.stdout.contains("ok    settings") && doctor.stdout.contains(sentence), "{}", doctor.stdout);
    assert_eq!(doctor.status, Some(1));
    assert_eq!(fs::read_to_string(home.settings()).unwrap(), text);
}

#[test]
fn a_mistake_in_an_action_leaves_the_other_settings_in_force() {
    let home = Home::new().with_settings(HIGH);
    let program = watch(&home);
    edit(
        &home,
        r#"{"alerts": {"memory": {"above_percent": 40}}, "actions": [{"name": "team", "webhook": "ftp://x", "on": ["alert"]}]}"#,
    );
    program.wait_out("ALERT  Memory");
    program.wait_err("'actions[0].webhook' is not a web address");
}
