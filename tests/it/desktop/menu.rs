//! The menu: its rows, and the immediate and lasting effect of each click.
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::trace::Trace;
use super::world::World;
use crate::wait::{SOON, wait_for};

/// An empty chart, as wide as a full one: nothing is drawn before the menu is opened.
const NO_CHART: &str = "⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀  10 min";

/// Twelve rows at the most: in GNOME a submenu opens inside the menu, and screens of 720 pixels have no room for more.
const TOP_LEVEL: [&str; 12] = [
    "CPU 23%",
    NO_CHART,
    "Memory 61%",
    NO_CHART,
    "-",
    "CPU threshold",
    "Memory threshold",
    "Snooze alerts",
    "-",
    "History…",
    "Settings",
    "Quit Loadline",
];

const SETTINGS: [&str; 11] = [
    "Memory alerts on",
    "Alert after",
    "Warn of slow memory leaks",
    "Send a test notification",
    "-",
    "Show in the menu bar",
    "Refresh every",
    "-",
    "Launch at login",
    "Settings file…",
    concat!("Loadline ", env!("CARGO_PKG_VERSION")),
];

/// In the order of their values. The menu has the one in force first, above a separator.
const THRESHOLDS: [&str; 11] = ["Off", "50%", "55%", "60%", "65%", "70%", "75%", "80%", "85%", "90%", "95%"];

fn thresholds_with_first(current: &'static str) -> Vec<&'static str> {
    let others = THRESHOLDS.into_iter().filter(|threshold| *threshold != current);
    [current, "-"].into_iter().chain(others).collect()
}

#[test]
fn the_menu_has_its_rows_in_order_and_shows_the_defaults() {
    let world = World::start();
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.wait_row("Memory 61%");
    let menu = item.menu().unwrap();
    assert_eq!(menu.labels(), TOP_LEVEL);
    assert_eq!(menu.find(&["Settings"]).unwrap().labels(), SETTINGS);
    let entries = |submenu: &str| menu.find(&[submenu]).unwrap().labels();
    let checked = |submenu: &str| menu.find(&[submenu]).unwrap().checked_labels();
    for threshold in ["CPU threshold", "Memory threshold"] {
        assert_eq!(entries(threshold), thresholds_with_first("80%"));
        assert_eq!(checked(threshold), ["80%"]);
    }
    assert_eq!(entries("Memory alerts on"), ["Memory in use", "Memory pressure", "Either"]);
    assert_eq!(checked("Memory alerts on"), ["Memory in use"]);
    assert_eq!(entries("Alert after"), ["At once", "5 s", "15 s", "30 s", "1 min", "5 min"]);
    assert_eq!(checked("Alert after"), ["5 s"]);
    assert_eq!(entries("Snooze alerts"), ["15 min", "1 hour", "Until tomorrow", "-", "Resume"]);
    assert!(!menu.find(&["Snooze alerts", "Resume"]).unwrap().enabled);
    let shown = ["CPU", "Memory", "Words (CPU, MEM)", "-", "Icon: numbers", "Icon: bars", "Icon: mark alone"];
    assert_eq!(entries("Show in the menu bar"), shown);
    assert_eq!(checked("Show in the menu bar"), ["CPU", "Memory", "Icon: numbers"]);
    assert_eq!(entries("Refresh every"), ["1 s", "2 s", "5 s", "10 s"]);
    assert_eq!(checked("Refresh every"), ["2 s"]);
}

#[test]
fn the_threshold_in_force_is_the_first_row_whatever_it_is() {
    let world = World::start();
    world.write_settings(r#"{"version":1,"alerts":{"cpu":{"above_percent":83}}}"#);
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    let wait_first = |current| {
        let expected = thresholds_with_first(current);
        wait_for(&format!("{current} to be the first row"), SOON, || {
            let menu = item.menu()?;
            let thresholds = menu.find(&["CPU threshold"])?;
            (thresholds.labels() == expected && thresholds.checked_labels() == [current]).then_some(())
        });
    };
    wait_first("83%");
    // The row of an unusual threshold goes with it.
    for threshold in ["50%", "95%", "Off", "80%"] {
        item.click(&["CPU threshold", threshold]);
        wait_first(threshold);
    }
    assert_eq!(item.menu().unwrap().find(&["Memory threshold"]).unwrap().labels(), thresholds_with_first("80%"));
}

#[test]
fn a_clicked_threshold_is_checked_and_stored_and_survives_a_restart() {
    let world = World::start();
    let trace = Trace::still(23, 61);
    let mut app = world.loadline().readings(&trace, 1).start();
    let item = world.host.item();
    item.click(&["CPU threshold", "90%"]);
    item.wait_checked("CPU threshold", "90%");
    wait_setting(&world, "/alerts/cpu/above_percent", &json!(90));
    item.wait_checked("Memory threshold", "80%");
    item.click(&["Quit Loadline"]);
    assert!(app.wait_exit().success());

    let _again = world.loadline().readings(&trace, 1).start();
    world.host.item().wait_checked("CPU threshold", "90%");
}

#[test]
fn clicking_the_checked_entry_leaves_it_checked() {
    let world = World::start();
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.wait_checked("CPU threshold", "80%");
    item.click(&["CPU threshold", "80%"]);
    // Clicks are handled in order: when the second one shows, the first is done.
    item.click(&["Alert after", "15 s"]);
    item.wait_checked("Alert after", "15 s");
    item.wait_checked("CPU threshold", "80%");
}

#[test]
fn the_last_of_many_quick_clicks_wins() {
    let world = World::start();
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    THRESHOLDS.iter().for_each(|threshold| item.click(&["CPU threshold", threshold]));
    item.wait_checked("CPU threshold", "95%");
    wait_setting(&world, "/alerts/cpu/above_percent", &json!(95));
}

#[test]
fn every_click_takes_effect_and_is_in_the_file() {
    let world = World::start();
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    for (submenu, entry, pointer, stored) in [
        ("CPU threshold", "90%", "/alerts/cpu/above_percent", json!(90)),
        ("CPU threshold", "Off", "/alerts/cpu/above_percent", json!("off")),
        ("Memory threshold", "95%", "/alerts/memory/above_percent", json!(95)),
        ("Alert after", "At once", "/alerts/after", json!("0s")),
        ("Alert after", "1 min", "/alerts/after", json!("1m")),
        ("Refresh every", "10 s", "/refresh", json!("10s")),
        ("Refresh every", "1 s", "/refresh", json!("1s")),
    ] {
        item.click(&[submenu, entry]);
        item.wait_checked(submenu, entry);
        wait_setting(&world, pointer, &stored);
    }
    for (entry, pointer, label) in [("CPU", "/menu_bar/cpu", "61%"), ("Memory", "/menu_bar/memory", "")] {
        item.click(&["Show in the menu bar", entry]);
        item.wait_label(label);
        wait_setting(&world, pointer, &json!(false));
    }
    item.wait_checked("Show in the menu bar", "Icon: numbers");
    item.click(&["Show in the menu bar", "CPU"]);
    item.wait_label("23%");
    // The default is not written.
    wait_for("the default", SOON, || world.setting("/menu_bar/cpu").is_none().then_some(()));
    item.click(&["Show in the menu bar", "Words (CPU, MEM)"]);
    item.wait_label("CPU 23%");
    wait_setting(&world, "/menu_bar/words", &json!(true));
}

#[test]
fn a_click_overrides_the_command_line_and_saves_only_itself() {
    let world = World::start();
    let launch = world.loadline().args(&["--cpu", "65", "--after", "15s"]);
    let _app = launch.readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.wait_checked("CPU threshold", "65%");
    item.wait_checked("Alert after", "15 s");
    item.click(&["CPU threshold", "90%"]);
    item.wait_checked("CPU threshold", "90%");
    wait_setting(&world, "/alerts/cpu/above_percent", &json!(90));
    // Values of the command line are not saved with it.
    item.wait_checked("Alert after", "15 s");
    assert_eq!(world.setting("/alerts/after"), None);
}

#[test]
fn a_new_settings_file_is_private_and_an_old_one_keeps_its_mode() {
    let world = World::start();
    let mode = || {
        let settings = fs::metadata(world.settings_file()).unwrap();
        settings.permissions().mode() & 0o777
    };
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.click(&["CPU threshold", "90%"]);
    wait_setting(&world, "/alerts/cpu/above_percent", &json!(90));
    assert_eq!(mode(), 0o600);
    fs::set_permissions(world.settings_file(), fs::Permissions::from_mode(0o640)).unwrap();
    item.click(&["CPU threshold", "95%"]);
    wait_setting(&world, "/alerts/cpu/above_percent", &json!(95));
    assert_eq!(mode(), 0o640);
}

#[test]
fn unknown_keys_survive_a_click() {
    let world = World::start();
    world.write_settings(r#"{"version":1,"mine":[1,{"b":2}],"alerts":{"cpu":{"above_percent":70,"why":"fan"}}}"#);
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.wait_checked("CPU threshold", "70%");
    item.click(&["CPU threshold", "90%"]);
    wait_setting(&world, "/alerts/cpu/above_percent", &json!(90));
    assert_eq!(world.setting("/mine"), Some(json!([1, {"b": 2}])));
    assert_eq!(world.setting("/alerts/cpu/why"), Some(json!("fan")));
}

#[test]
fn the_settings_file_is_opened_and_created_if_missing() {
    let world = World::start();
    world.install("xdg-open", r#"printf '%s' "$1" > "$HOME/opened""#);
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    world.host.item().click(&["Settings", "Settings file…"]);
    let file = world.settings_file();
    wait_for("the settings file to be opened", SOON, || {
        let opened = fs::read_to_string(world.path("home/opened")).ok()?;
        (opened == file.to_str()?).then_some(())
    });
    assert_eq!(world.setting("/alerts"), None, "nothing is set by opening it");
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("\"above_percent\": 80"), "all settings are there to copy from: {text}");
}

#[test]
fn the_row_below_the_applications_opens_the_system_monitor() {
    let world = World::start();
    world.install("gnome-system-monitor", r#": > "$HOME/opened""#);
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let opened = world.path("home/opened");
    for row in ["CPU 23%", "Memory 61%"] {
        world.host.item().click(&[row, "Open the system monitor"]);
        wait_for("the system monitor", SOON, || opened.exists().then_some(()));
        fs::remove_file(&opened).unwrap();
    }
}

#[track_caller]
fn wait_setting(world: &World, pointer: &str, value: &Value) {
    wait_for(&format!("{pointer} to be {value} in the settings file"), SOON, || {
        (world.setting(pointer)? == *value).then_some(())
    });
}
