//! `doctor`: its lines, its JSON, and its exit status.

use serde_json::Value;

use crate::program::{Home, Ran};

/// The checks of `doctor --json`, as name and state.
fn states(home: &Home) -> Vec<(String, String)> {
    let json = home.run(&["doctor", "--json"]).stdout;
    let check = |line: &str| {
        let check: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&check["version"], &check["type"]), (&1.into(), &"check".into()));
        assert!(check["detail"].is_string());
        assert_eq!(check["ok"], check["state"] != "failed");
        (check["name"].as_str().unwrap().to_owned(), check["state"].as_str().unwrap().to_owned())
    };
    json.lines().map(check).collect()
}

#[test]
fn each_check_is_one_line() {
    let home = Home::new().with_settings(r#"{"alerts": {"cpu": {"above_percent": 70}}}"#);
    let doctor = home.run(&["doctor"]);
    assert!(doctor.stdout.contains("CPU above 70%, memory above 80%, after 5 s"), "{}", doctor.stdout);
    assert!(doctor.stdout.contains("ok    readings"), "{}", doctor.stdout);
    assert!(!states(&home).is_empty());
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_without_desktop_and_session_has_no_failures() {
    let home = Home::new();
    let Ran { status, stdout, stderr } = home.run(&["doctor"]);
    assert_eq!((status, stderr.as_str()), (Some(0), ""), "{stdout}");
    let tray = if cfg!(feature = "menu-bar") { "there is no desktop" } else { "this build has no menu bar" };
    for line in [&format!("none  tray           {tray}"), "none  notifications  there is no D-Bus session"] {
        assert!(stdout.contains(line), "{stdout}");
    }
    let running = stdout.contains("none  running        not known: there is no folder");
    assert_eq!(running, cfg!(feature = "menu-bar"), "{stdout}");
    let service = stdout.contains("none  login item     without a desktop nothing launches Loadline at login: run");
    assert_eq!(service, cfg!(feature = "menu-bar"), "{stdout}");
    let absent = ["tray", "notifications", "login item", "running"];
    for (name, state) in states(&home) {
        assert_eq!(state, if absent.contains(&name.as_str()) { "none" } else { "ok" }, "{name}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_session_without_a_desktop_may_have_no_notification_service() {
    let home = Home::new();
    let mut doctor = home.loadline(&["doctor"]);
    doctor.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    let ran = doctor.output().unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    assert!(stdout.contains("none  notifications  "), "{stdout}");
    assert_eq!(ran.status.code(), Some(0), "{stdout}");
    // On a desktop the same is a failure.
    let ran = doctor.env("DISPLAY", ":4095").output().unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    assert!(stdout.contains("FAIL  notifications  "), "{stdout}");
    assert_eq!(ran.status.code(), Some(1), "{stdout}");
}

#[test]
fn a_broken_settings_file_is_a_failure() {
    let home = Home::new().with_settings("{");
    let Ran { status, stdout, stderr } = home.run(&["doctor"]);
    assert_eq!(status, Some(1), "{stdout}");
    assert!(stdout.contains("FAIL  settings       could not read the settings in"), "{stdout}");
    // On a Mac nobody may have allowed notifications, and then another one fails.
    assert!(stderr.contains(" of ") && stderr.contains(" checks failed"), "{stderr}");
    assert!(stderr.contains("1 of ") || cfg!(target_os = "macos"), "{stderr}");
    assert!(states(&home).contains(&("settings".into(), "failed".into())));
}

#[test]
fn the_time_zone_in_force_is_named_with_its_source() {
    let home = Home::new();
    let zone = |variable: &str| {
        let output = home.loadline(&["doctor"]).env("TZ", variable).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        stdout.lines().find(|line| line.contains("  time zone  ")).unwrap_or_else(|| panic!("{stdout}")).to_owned()
    };
    for (variable, line) in [
        ("Europe/Berlin", "Europe/Berlin, from TZ ('Europe/Berlin')"),
        (":Europe/Berlin", "Europe/Berlin, from TZ (':Europe/Berlin')"),
        ("posix/Europe/Berlin", "Europe/Berlin, from TZ ('posix/Europe/Berlin')"),
    ] {
        assert!(zone(variable).starts_with("ok    time zone") && zone(variable).ends_with(line), "{}", zone(variable));
    }
    let unknown = zone("Europe/Atlantis");
    let problem =
        "all times and quiet hours are in UTC: TZ is 'Europe/Atlantis', which is no time zone that is known here";
    assert!(unknown.starts_with("FAIL") && unknown.contains(problem), "{unknown}");
    let watched = home.loadline(&["watch", "--samples", "1", "--quiet"]).env("TZ", "Europe/Atlantis").output().unwrap();
    assert_eq!(String::from_utf8(watched.stderr).unwrap().matches(problem).count(), 1);
}
