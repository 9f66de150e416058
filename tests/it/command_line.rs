//! The command line: mistakes, stdout and stderr, signals, and the exit status.

use crate::process::Program;
use crate::program::{Home, Ran};

/// The message for a wrong command line, which prints nothing on stdout and has exit status 2.
#[track_caller]
fn wrong(arguments: &[&str]) -> String {
    let Ran { status, stdout, stderr } = Home::new().run(arguments);
    assert_eq!((status, stdout.as_str()), (Some(2), ""), "{stderr}");
    stderr
}

#[test]
fn a_wrong_value_is_named_with_the_valid_ones() {
    let out_of_range = "is out of range: give a percentage from 1 to 100, or 'off'\n";
    for value in ["180", "0", "-5", "101%"] {
        assert_eq!(wrong(&["watch", "--cpu", value]), format!("loadline: '--cpu {value}' {out_of_range}"));
    }
    assert_eq!(wrong(&["--memory", "1000"]), format!("loadline: '--memory 1000' {out_of_range}"));
    assert_eq!(
        wrong(&["watch", "--cpu", "many"]),
        "loadline: '--cpu many' is not a percentage: give a percentage from 1 to 100, or 'off'\n"
    );
    assert_eq!(wrong(&["watch", "--every", "1ms"]), "loadline: '--every 1ms' is out of range: give 250ms to 1h\n");
    assert_eq!(
        wrong(&["watch", "--after", "5"]),
        "loadline: '--after 5' is not a length of time: write it as 500ms, 5s, 1m30s or 1h\n"
    );
    assert_eq!(
        wrong(&["watch", "--readings", "x", "--speed", "0"]),
        "loadline: '--speed 0' is out of range: give a number from 0.01 to 1000000, or 'max'\n"
    );
}

#[test]
fn control_characters_in_arguments_are_escaped() {
    assert_eq!(
        wrong(&["watch", "--cpu", "\u{1b}[2J"]),
        "loadline: '--cpu \\u{1b}[2J' is not a percentage: give a percentage from 1 to 100, or 'off'\n"
    );
    for arguments in [&["\u{1b}]0;owned\u{7}"][..], &["watch", "--\u{1b}]0;owned\u{7}"]] {
        assert!(!wrong(arguments).contains('\u{1b}'), "{arguments:?}");
    }
    assert!(wrong(&["watch", "--after", "-5s"]).starts_with("loadline: '--after -5s' is out of range"));
    let missing = Home::new().run(&["watch", "--readings", "no\u{1b}[2Jfile"]);
    assert!(!missing.stderr.contains('\u{1b}') && missing.status == Some(2), "{missing:?}");
}

#[test]
fn unknown_options_and_commands_are_refused() {
    assert!(wrong(&["--loud"]).starts_with("loadline: unexpected argument '--loud' found"));
    assert!(wrong(&["look"]).starts_with("loadline: unrecognized subcommand 'look'"));
    assert!(wrong(&["watch", "--speed", "2"]).contains("--readings <FILE>"));
    assert_eq!(wrong(&["--quiet", "watch"]), "loadline: '--quiet' goes behind 'watch': loadline watch --quiet ...\n");
    assert_eq!(wrong(&["--quiet", "snapshot"]), "loadline: '--quiet' is for 'watch' and the menu-bar app\n");
    for option in
        [["--settings", "nope.json"], ["--cpu", "80"], ["--memory", "off"], ["--after", "5s"], ["--every", "2s"]]
    {
        let expected = format!("loadline: '{}' is not for 'snapshot', which uses no settings\n", option[0]);
        assert_eq!(wrong(&["snapshot", option[0], option[1]]), expected);
        assert_eq!(wrong(&[option[0], option[1], "snapshot"]), expected);
    }
    for samples in ["0", "x", "-1"] {
        let expected = format!("loadline: '--samples {samples}' is not a number of readings: give 1 or more\n");
        assert_eq!(wrong(&["watch", "--samples", samples]), expected);
    }
}

#[test]
fn a_missing_settings_file_is_an_error_of_commands_and_a_warning_of_the_monitor() {
    let home = Home::new();
    home.file("trace.csv", "time,cpu,memory\n0,1,1\n");
    assert_eq!(home.run(&["watch", "--samples", "2", "--every", "250ms"]).status, Some(0));
    for command in [&["replay", "trace.csv"][..], &["replay", "--history"], &["history"], &["advise"], &["report"]] {
        let Ran { status, stdout, stderr } = home.run(&[command, &["--settings", "nope.json"]].concat());
        let expected = (Some(2), "", "loadline: '--settings nope.json': there is no such file\n");
        assert_eq!((status, stdout.as_str(), stderr.as_str()), expected, "{command:?}");
    }
    let watch = Home::new().run(&["watch", "--samples", "1", "--settings", "nope.json"]);
    assert_eq!(watch.stderr, "loadline: '--settings nope.json': there is no such file, so the defaults hold\n");
    assert_eq!(watch.status, Some(0));
    let doctor = Home::new().run(&["doctor", "--settings", "nope.json"]);
    let check = "FAIL  settings       '--settings nope.json': there is no such file, so the defaults hold\n";
    assert!(doctor.stdout.contains(check), "{}", doctor.stdout);
    assert_eq!(doctor.status, Some(1));
    let usual = Home::new().run(&["doctor"]).stdout;
    assert!(
        usual.contains("ok    settings       ") && usual.contains(" is not there yet, so the defaults hold"),
        "{usual}"
    );
}

#[test]
fn help_and_version_go_to_stdout() {
    let home = Home::new();
    let help = home.run(&["--help"]);
    assert_eq!((help.status, help.stderr.as_str()), (Some(0), ""));
    for word in ["watch", "snapshot", "replay", "history", "advise", "doctor", "--cpu", "--readings", "Exit status"] {
        assert!(help.stdout.contains(word), "{word}");
    }
    let version = home.run(&["--version"]);
    assert_eq!(version.stdout, format!("loadline {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn without_a_desktop_the_app_says_so_in_one_line_and_watches() {
    if cfg!(target_os = "macos") && cfg!(feature = "menu-bar") {
        return;
    }
    let Ran { status, stdout, stderr } = Home::new().run(&["--samples", "1"]);
    assert_eq!(status, Some(0), "{stderr}");
    let reason = if cfg!(feature = "menu-bar") {
        "there is no desktop (neither WAYLAND_DISPLAY nor DISPLAY is set)"
    } else {
        "this build has no menu bar"
    };
    assert_eq!(stderr, format!("loadline: {reason}: watching on the console instead\n"));
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
}

#[test]
fn a_snapshot_is_one_line_and_the_same_in_json() {
    let home = Home::new();
    let text = home.run(&["snapshot"]);
    assert_eq!((text.status, text.stderr.as_str(), text.stdout.lines().count()), (Some(0), "", 1));
    assert!(text.stdout.contains("  CPU ") && text.stdout.contains(" GB)"), "{}", text.stdout);
    let json = home.run(&["snapshot", "--json"]).stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&value["version"], &value["type"]), (&1.into(), &"reading".into()));
    for key in ["cpu_percent", "memory_percent"] {
        assert!((0.0..=100.0).contains(&value[key].as_f64().unwrap()), "{key} in {json}");
    }
    let bytes = |key: &str| value[key].as_u64().unwrap();
    assert!(bytes("memory_used_bytes") <= bytes("memory_total_bytes") && value["swap_used_bytes"].is_u64());
    assert!(
        ["normal", "warning", "critical"].iter().any(|p| value["memory_pressure"] == *p)
            || value["memory_pressure"].is_null()
    );
    assert!(value["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{json}");
}

#[test]
fn a_closed_stdout_ends_a_console_monitor_quietly() {
    let home = Home::new();
    for arguments in [&["watch", "--every", "250ms"][..], &["snapshot"]] {
        let mut command = home.loadline(arguments);
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn signals_end_watch_with_status_0() {
    for signal in ["INT", "TERM", "HUP"] {
        let home = Home::new();
        let mut program = Program::start(home.loadline(&["watch"]));
        program.wait_out("CPU");
        program.signal(signal);
        assert_eq!(program.wait_exit().code(), Some(0), "SIG{signal}");
        assert_eq!(program.err(), [""; 0]);
    }
}

#[test]
fn several_signals_at_once_end_watch_once() {
    let home = Home::new();
    let mut program = Program::start(home.loadline(&["watch"]));
    program.wait_out("CPU");
    // A closed terminal sends the first; the shell that dies with it the second; a session that ends the third.
    ["HUP", "HUP", "TERM"].iter().for_each(|signal| program.try_signal(signal));
    assert_eq!(program.wait_exit().code(), Some(0));
}

#[test]
fn nohup_is_respected() {
    let home = Home::new();
    let script = format!("trap '' HUP; exec '{}' watch --every 250ms", env!("CARGO_BIN_EXE_loadline"));
    let mut command = std::process::Command::new("/bin/sh");
    command.args(["-c", &script]).env_clear().env("HOME", home.path());
    let mut program = Program::start(command);
    program.wait_out("CPU");
    program.signal("HUP");
    // Lines still come after the signal.
    program.wait_line(program.out().len() + 2);
    program.signal("TERM");
    assert_eq!(program.wait_exit().code(), Some(0));
}
