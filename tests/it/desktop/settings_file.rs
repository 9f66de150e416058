//! The settings file under a running program: edits good and bad, and a file that is never lost.
use std::fs;

use serde_json::json;

use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::wait::{SOON, wait_for};

/// Wrong at line 3, column 1.
const BROKEN: &str = "{\n  \"refresh\": \"5s\",\n}\n";

#[test]
fn a_broken_file_is_named_and_kept_and_the_defaults_hold() {
    let world = World::start();
    world.write_settings(BROKEN);
    let mut app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    let warning = app.wait_err("loadline: ");
    let file = world.settings_file();
    assert!(warning.contains(file.to_str().unwrap()), "{warning}");
    assert!(warning.contains("line 3 column 1"), "{warning}");
    item.wait_menu("a warning row that can be clicked", |menu| {
        let warning = menu.warning()?;
        (warning.label.starts_with("Settings file not used") && warning.enabled).then_some(())
    });
    item.wait_checked("CPU threshold", "80%");

    for threshold in ["60%", "90%"] {
        item.click(&["CPU threshold", threshold]);
        item.wait_checked("CPU threshold", threshold);
    }
    item.click(&["Quit Loadline"]);
    assert!(app.wait_exit().success());
    assert_eq!(fs::read_to_string(&file).unwrap(), BROKEN);
    assert_eq!(app.err_with("line 3 column 1").len(), 1, "{:?}", app.err());
}

#[test]
fn a_click_on_the_problem_of_the_settings_opens_their_file() {
    let world = World::start();
    world.write_settings(BROKEN);
    world.install("xdg-open", r#"printf '%s' "$1" > "$HOME/opened""#);
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    world.host.item().click(&["Settings file not used*"]);
    let opened = wait_for("the settings to be opened", SOON, || fs::read_to_string(world.path("home/opened")).ok());
    assert_eq!(opened, world.settings_file().to_str().unwrap());
    assert_eq!(fs::read_to_string(world.settings_file()).unwrap(), BROKEN);
}

#[test]
fn a_repaired_file_is_loaded_and_the_problem_row_goes() {
    let world = World::start();
    world.write_settings(BROKEN);
    let trace = Trace::seconds().ticking(600, 23);
    let _app = world.loadline().readings(&trace, 10).start();
    let item = world.host.item();
    item.wait_menu("a warning row", |menu| menu.warning().map(drop));
    world.write_settings(r#"{"alerts":{"cpu":{"above_percent":70}}}"#);
    item.wait_checked("CPU threshold", "70%");
    item.wait_menu("no warning row", |menu| menu.warning().is_none().then_some(()));
    item.click(&["CPU threshold", "90%"]);
    wait_for("the file to be written again", SOON, || {
        (world.setting("/alerts/cpu/above_percent")? == json!(90)).then_some(())
    });
}

#[test]
fn a_good_edit_is_loaded_at_once() {
    let world = World::start();
    let trace = Trace::seconds().ticking(600, 62);
    let app = world.loadline().readings(&trace, 10).start();
    let item = world.host.item();
    item.wait_checked("CPU threshold", "80%");
    world.write_settings(r#"{"alerts":{"cpu":{"above_percent":60},"after":"0s"}}"#);
    item.wait_checked("CPU threshold", "60%");
    item.wait_checked("Alert after", "At once");
    assert!(app.wait_out("ALERT").contains("CPU 62%"));
    assert_eq!(app.err(), [""; 0]);
}

#[test]
fn a_bad_edit_causes_one_warning_and_changes_nothing() {
    let world = World::start();
    world.write_settings(r#"{"alerts":{"cpu":{"above_percent":70}}}"#);
    let trace = Trace::seconds().ticking(600, 23);
    let app = world.loadline().readings(&trace, 10).start();
    let item = world.host.item();
    item.wait_checked("CPU threshold", "70%");
    let bad = "{\"alerts\":{\"cpu\":{\"above_percent\":180}}}";
    world.write_settings(bad);
    let warning = app.wait_err("above_percent");
    assert!(warning.contains("180") && warning.contains("line 1 column "), "{warning}");
    let_readings_pass(&item, 10);
    assert_eq!(app.err().len(), 1, "{:?}", app.err());
    item.wait_checked("CPU threshold", "70%");
    assert_eq!(fs::read_to_string(world.settings_file()).unwrap(), bad);
}

#[test]
fn a_file_that_vanishes_and_returns_causes_no_warning() {
    let world = World::start();
    world.write_settings(r#"{"alerts":{"cpu":{"above_percent":70}}}"#);
    let trace = Trace::seconds().ticking(600, 23);
    let mut app = world.loadline().readings(&trace, 10).start();
    let item = world.host.item();
    item.wait_checked("CPU threshold", "70%");
    fs::remove_file(world.settings_file()).unwrap();
    let_readings_pass(&item, 10);
    world.write_settings(r#"{"alerts":{"cpu":{"above_percent":65}}}"#);
    item.wait_checked("CPU threshold", "65%");
    assert!(app.is_running());
}

#[test]
fn the_command_line_or_the_environment_names_the_settings_file() {
    let world = World::start();
    let file = world.path("home/elsewhere.json");
    fs::write(&file, r#"{"alerts":{"cpu":{"above_percent":55}}}"#).unwrap();
    let file = file.to_str().unwrap();
    let trace = Trace::still(23, 61);
    for launch in [world.loadline().args(&["--settings", file]), world.loadline().env("LOADLINE_SETTINGS", file)] {
        let _app = launch.readings(&trace, 1).start();
        let item = world.host.item();
        item.wait_checked("CPU threshold", "55%");
        item.click(&["Memory threshold", "90%"]);
        wait_for("the click in the named file", SOON, || fs::read_to_string(file).ok()?.contains("90").then_some(()));
    }
    assert!(!world.settings_file().exists());
}
