//! The machine's settings file below the person's, as the program reads it: its values, its locks, its refusals.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use crate::process::Program;
use crate::program::Home;
use crate::support::fake_etc::{FILE, FakeEtc, NOBODY};

/// Half of the memory in use, four times a second.
fn trace(home: &Home) -> String {
    let rows: String = (0..40_000).map(|i| format!("{},50,50\n", f64::from(i) / 4.0)).collect();
    home.file("trace.csv", format!("time,cpu,memory\n{rows}")).to_str().unwrap().to_owned()
}

/// A few readings of the trace, and the alerts that they raise.
fn alerts(etc: &FakeEtc, home: &Home, options: &[&str]) -> crate::program::Ran {
    let trace = trace(home);
    let watch = ["watch", "--readings", &trace, "--speed", "max", "--samples", "3", "--quiet"];
    etc.run(home, &[&watch[..], options].concat())
}

const LOW: &str = r#"{"alerts": {"memory": {"above_percent": 40}, "after": "0s"}}"#;
const LOCKED: &str =
    r#"{"alerts": {"memory": {"above_percent": 40}, "after": "0s"}, "locked": ["alerts.memory.above_percent"]}"#;
const HIGH: &str = r#"{"alerts": {"memory": {"above_percent": 90}}}"#;

#[test]
fn the_command_line_goes_before_the_person_and_the_person_before_the_machine() {
    let Some(etc) = FakeEtc::with(LOW) else { return };
    let home = Home::new();
    assert!(alerts(&etc, &home, &[]).stdout.contains("ALERT  Memory 50% is above 40%"));
    let home = home.with_settings(HIGH);
    let ran = alerts(&etc, &home, &[]);
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
    assert!(alerts(&etc, &home, &["--memory", "45"]).stdout.contains("above 45%"));

    let doctor = etc.run(&home, &["doctor", "--cpu", "70"]).stdout;
    let person = home.settings().display().to_string();
    for line in [
        format!("ok    for all users  '{FILE}' is used, and locks nothing"),
        format!("ok    origin         alerts.memory.above_percent 90: '{person}'"),
        format!("ok    origin         alerts.after \"0s\": '{FILE}'"),
        "ok    origin         alerts.cpu.above_percent 70: the option --cpu".into(),
        "ok    origin         defaults: alerts.memory.signal, alerts.memory.swap_growth,".into(),
    ] {
        assert!(doctor.contains(&line), "{line} is not in {doctor}");
    }
}

#[test]
fn a_locked_key_is_final_for_the_file_and_the_command_line() {
    let Some(etc) = FakeEtc::with(LOCKED) else { return };
    let home = Home::new().with_settings(HIGH);
    let ran = alerts(&etc, &home, &[]);
    assert!(ran.stdout.contains("ALERT  Memory 50% is above 40%"), "{ran:?}");
    assert_eq!(ran.stderr, "", "doctor says it, and the console does not again and again");
    assert_eq!(fs::read_to_string(home.settings()).unwrap(), HIGH);

    let refusal = format!(
        "loadline: '--memory' cannot be given: 'alerts.memory.above_percent' is set by the administrator in '{FILE}'; \
         leave the option out\n"
    );
    let trace = trace(&home);
    for command in [
        &["watch", "--samples", "1", "--memory", "60"][..],
        &["--memory", "off", "watch"],
        &["replay", &trace, "--memory", "60"],
        &["advise", "--memory", "60"],
        &["metrics", "--memory", "60"],
    ] {
        let ran = etc.run(&home, command);
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(2), refusal.as_str()), "{command:?}");
    }
    let doctor = etc.run(&home, &["doctor", "--memory", "60"]).stdout;
    for line in [
        format!("ok    for all users  '{FILE}' is used, and locks alerts.memory.above_percent"),
        format!(
            "ok    origin         alerts.memory.above_percent 40: '{FILE}', locked (the value in '{}' is kept, and does nothing)",
            home.settings().display()
        ),
        "FAIL  options        '--memory' cannot be given".into(),
    ] {
        assert!(doctor.contains(&line), "{line} is not in {doctor}");
    }
    assert!(etc.run(&home, &["watch", "--samples", "1", "--cpu", "60"]).stderr.is_empty(), "others may be given");
}

#[test]
fn a_file_that_cannot_be_used_is_refused_as_a_whole_with_a_word_and_stops_nothing() {
    let Some(etc) = FakeEtc::new() else { return };
    let (file, home) = (etc.file(), Home::new().with_settings(r#"{"alerts": {"after": "0s"}}"#));
    let elsewhere = home.file("elsewhere.json", LOW);
    type Make<'a> = &'a dyn Fn(&Path);
    let text = |text: &'static str| move |file: &Path| fs::write(file, text).unwrap();
    let mode = |mode: u32| {
        move |file: &Path| {
            fs::write(file, LOW).unwrap();
            fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        }
    };
    let cases: [(Make, &str); 13] = [
        (&text("{\n  \"refresh\": \"2s\",\n}"), "line 3 column 1: trailing comma"),
        (&text(""), "line 1 column 0: EOF while parsing a value"),
        (&text("[1]"), "the file holds a list, and must hold an object"),
        (&text(r#"{"refresh": "1ms"}"#), "'refresh' is '1ms', which is out of range"),
        (&text(r#"{"version": 7}"#), "'version' is 7, and this Loadline reads version 1"),
        (&text(r#"{"locked": "alerts"}"#), "'locked' is not a list of keys: write it as [\"alerts.cpu\", \"refresh\"]"),
        (&|file| fs::write(file, b"{\"note\": \"\xff\"}").unwrap(), "it is not text in UTF-8 (byte 10)"),
        (&|file| fs::create_dir(file).unwrap(), "it is a folder, and should be a file"),
        (&|file| assert!(Command::new("mkfifo").arg(file).status().unwrap().success()), "it is not a regular file"),
        (&mode(0o666), "may be written by others than root (mode 0666); an administrator does: sudo cp "),
        (
            &|file| {
                mode(0o664)(file);
                chown(file, None, Some(4_711)).unwrap();
            },
            "may be written by others than root (mode 0664)",
        ),
        (
            &|file| {
                fs::write(file, LOW).unwrap();
                chown(file, Some(4_711), None).unwrap();
            },
            "belongs to another user than root (4711); an administrator does: sudo cp ",
        ),
        (
            &|file| {
                chown(&elsewhere, Some(4_711), None).unwrap();
                symlink(&elsewhere, file).unwrap();
            },
            "belongs to another user than root (4711)",
        ),
    ];
    for (make, word) in cases {
        make(&file);
        let ran = alerts(&etc, &home, &[]);
        let said = format!("loadline: in the settings: the machine's settings in '{FILE}' are not used: ");
        assert!(ran.stderr.starts_with(&said) && ran.stderr.contains(word), "{word}: {ran:?}");
        assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.lines().count()), (Some(0), "", 1), "{word}");
        let doctor = etc.run(&home, &["doctor"]);
        assert!(
            doctor.stdout.contains(&format!("FAIL  settings       the machine's settings in '{FILE}'")),
            "{doctor:?}"
        );
        assert!(!doctor.stdout.contains("for all users"), "{}", doctor.stdout);
        if file.is_dir() { fs::remove_dir(&file).unwrap() } else { fs::remove_file(&file).unwrap() }
    }
    // Nothing is said without a file.
    symlink("nowhere.json", &file).unwrap();
    assert_eq!(alerts(&etc, &home, &[]).stderr, "");
    fs::remove_file(&file).unwrap();
    let folder = file.parent().unwrap();
    fs::remove_dir(folder).unwrap();
    assert_eq!(alerts(&etc, &home, &[]).stderr, "");
    fs::write(folder, "").unwrap();
    assert!(alerts(&etc, &home, &[]).stderr.contains("Not a directory"));
}

#[test]
fn a_link_of_root_is_followed() {
    let Some(etc) = FakeEtc::new() else { return };
    let home = Home::new();
    fs::write(etc.file().with_file_name("fleet.json"), LOW).unwrap();
    symlink("fleet.json", etc.file()).unwrap();
    assert!(alerts(&etc, &home, &[]).stdout.contains("above 40%"));
}

#[test]
fn the_file_is_roots_also_for_other_users() {
    let Some(etc) = FakeEtc::with(LOW) else { return };
    let home = Home::new();
    trace(&home);
    etc.as_nobody(&home);
    let ran = alerts(&etc, &home, &[]);
    assert!(ran.stdout.contains("above 40%"), "{ran:?}");
    chown(etc.file(), Some(NOBODY), Some(NOBODY)).unwrap();
    let ran = alerts(&etc, &home, &[]);
    assert!(ran.stderr.contains("belongs to another user than root (65534)") && ran.stdout.is_empty(), "{ran:?}");
    fs::remove_file(etc.file()).unwrap();
    etc.write(LOW);
    fs::set_permissions(etc.file(), Permissions::from_mode(0o600)).unwrap();
    let ran = alerts(&etc, &home, &[]);
    assert!(ran.stderr.contains("are not used: Permission denied") && ran.status == Some(0), "{ran:?}");
}

#[test]
fn an_edit_of_the_machines_file_takes_effect_and_a_bad_one_leaves_all_as_it_is() {
    let Some(etc) = FakeEtc::with("{}") else { return };
    let home = Home::new().with_settings(r#"{"alerts": {"after": "0s", "cpu": {"above_percent": 45}}}"#);
    let trace = trace(&home);
    let program = Program::start(
        etc.loadline(&home, &["watch", "--readings", &trace, "--speed", "60", "--quiet", "--cpu", "90"]),
    );
    etc.write(r#"{"alerts": {"after": "0s", "memory": {"above_percent": 40}}}"#);
    program.wait_out("ALERT  Memory 50% is above 40%");
    etc.write("{");
    program.wait_err("(those that were read before stay in force)");
    etc.write(r#"{"alerts": {"cpu": {"above_percent": 70}}, "locked": ["alerts.cpu"]}"#);
    program.wait_err(&format!(
        "'--cpu' does not count any more: 'alerts.cpu.above_percent' is set by the administrator in '{FILE}'"
    ));
    assert_eq!(program.out().len(), 1, "the lock holds");
    fs::remove_file(etc.file()).unwrap();
    program.wait_out("ALERT  CPU 50% is above 45%");
}

#[test]
fn the_machine_holds_where_the_persons_file_cannot_be_read() {
    let Some(etc) = FakeEtc::with(LOCKED) else { return };
    let home = Home::new().with_settings("{");
    let ran = alerts(&etc, &home, &[]);
    assert!(ran.stderr.contains("line 1 column 1: EOF") && ran.stderr.lines().count() == 1, "{ran:?}");
    assert!(ran.stdout.contains("above 40%"), "{ran:?}");
    assert_eq!(alerts(&etc, &home, &["--memory", "60"]).status, Some(2), "locks hold, too");
}

#[test]
fn the_actions_of_both_files_are_done_and_can_be_locked() {
    let action = |name: &str| format!(r#"{{"name": "{name}", "command": ["/bin/true"]}}"#);
    let machine = |rest: &str| format!(r#"{{"actions": [{}]{rest}}}"#, action("fleet"));
    let Some(etc) = FakeEtc::with(&machine("")) else { return };
    let home = Home::new().with_settings(format!(r#"{{"actions": [{}]}}"#, action("mine")));
    for name in ["fleet", "mine"] {
        let ran = etc.run(&home, &["actions", "test", name]);
        assert!(ran.status == Some(0) && ran.stdout.contains("it went well"), "{ran:?}");
    }
    // A person's file that others can write costs the person's actions alone.
    fs::set_permissions(home.settings(), Permissions::from_mode(0o666)).unwrap();
    assert_eq!(etc.run(&home, &["actions", "test", "fleet"]).status, Some(0));
    assert_eq!(etc.run(&home, &["actions", "test", "mine"]).status, Some(1));
    etc.write(machine(r#", "locked": ["actions"]"#));
    assert_eq!(etc.run(&home, &["actions", "test", "fleet"]).status, Some(0));
    let ran = etc.run(&home, &["actions", "test", "mine"]);
    assert!(ran.status == Some(2) && ran.stderr.contains("there is 'fleet'"), "{ran:?}");
}

#[test]
fn secrets_that_everybody_can_read_are_named() {
    let hook = |url: &str| format!(r#"{{"actions": [{{"name": "team", "preset": "slack", "webhook": "{url}"}}]}}"#);
    let Some(etc) = FakeEtc::with(&hook("https://hooks.slack.com/services/T0/B0/abcdefghijkl")) else { return };
    let home = Home::new();
    let word = format!(
        "FAIL  secrets        '{FILE}' holds secrets, and everybody here may read it (mode 0644); write ${{NAME}}"
    );
    let doctor = etc.run(&home, &["doctor"]).stdout;
    assert!(doctor.contains(&word) && !doctor.contains("abcdefghijkl"), "{doctor}");
    etc.write(hook("${SLACK_WEBHOOK}"));
    assert!(!etc.run(&home, &["doctor"]).stdout.contains("secrets"));
}

#[test]
fn the_machines_file_can_be_the_only_one() {
    let Some(etc) = FakeEtc::with(LOCKED) else { return };
    let home = Home::new().with_settings(HIGH);
    let ran = alerts(&etc, &home, &["--settings", FILE]);
    assert!(ran.stdout.contains("above 40%") && ran.stderr.is_empty(), "{ran:?}");
}
