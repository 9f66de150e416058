//! The rows of settings that the machine's file makes final, and what a click writes over it.

use std::fs;

use serde_json::{Value, json};

use super::trace::Trace;
use super::world::World;
use crate::support::fake_etc::{FILE, FakeEtc};
use crate::wait::{SOON, wait_for};

const WORD: &str = "(set by the administrator)";

/// The label and whether the row is enabled, of each row at these paths.
fn rows(item: &super::item::Item, paths: &[&[&str]]) -> Vec<(String, bool)> {
    item.wait_menu("the rows", |menu| {
        paths.iter().map(|path| menu.find(path).map(|row| (row.label.clone(), row.enabled))).collect()
    })
}

#[test]
fn locked_rows_are_grey_with_a_word_and_the_others_are_not() {
    let machine = r#"{"alerts": {"cpu": {"above_percent": 70}}, "menu_bar": {"words": true},
        "locked": ["alerts.cpu", "alerts.memory.forecast", "alerts.snoozed_until", "menu_bar.words", "refresh"]}"#;
    let Some(etc) = FakeEtc::with(machine) else { return };
    let world = World::start();
    world.write_settings(r#"{"alerts": {"cpu": {"above_percent": 50}}}"#);
    let app = world.loadline_by(&etc.starter()).readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.wait_menu("the locks", |menu| menu.find(&["CPU threshold: 70%*"]).map(drop));
    let locked: [&[&str]; 5] = [
        &["CPU threshold: 70%*"],
        &["Warn of slow memory leaks*"],
        &["Snooze alerts*"],
        &["Words (CPU, MEM)*"],
        &["Refresh every*"],
    ];
    for (label, is_enabled) in rows(&item, &locked) {
        assert!(label.ends_with(WORD) && !is_enabled, "{label} {is_enabled}");
    }
    let free: [&[&str]; 4] = [&["Memory threshold"], &["Alert after"], &["Memory alerts on"], &["Memory"]];
    for (label, is_enabled) in rows(&item, &free) {
        assert!(!label.contains(WORD) && is_enabled, "{label} {is_enabled}");
    }
    item.click(&["Memory threshold", "90%"]);
    let written = wait_for("the click to be saved", SOON, || {
        let written: Value = serde_json::from_str(&fs::read_to_string(world.settings_file()).ok()?).ok()?;
        written.pointer("/alerts/memory").is_some().then_some(written)
    });
    assert_eq!(written, json!({"alerts": {"cpu": {"above_percent": 50}, "memory": {"above_percent": 90}}}));
    assert_eq!(app.err(), [""; 0]);
}

#[test]
fn a_click_sees_a_new_lock_and_a_lock_that_is_gone() {
    let Some(etc) = FakeEtc::with("{}") else { return };
    let world = World::start();
    let app = world.loadline_by(&etc.starter()).readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.wait_checked("CPU threshold", "80%");
    etc.write(r#"{"locked": ["alerts.cpu"]}"#);
    item.click(&["CPU threshold", "90%"]);
    let refusal = app.wait_err("the change is not made");
    assert!(
        refusal.contains(&format!("'alerts.cpu.above_percent' is set by the administrator in '{FILE}'")),
        "{refusal}"
    );
    item.wait_menu("a lock", |menu| menu.find(&["CPU threshold: 80% (set by the administrator)"]).map(drop));
    etc.write("{}");
    item.click(&["Memory threshold", "90%"]);
    item.wait_checked("CPU threshold", "80%");
    item.click(&["CPU threshold", "90%"]);
    item.wait_checked("CPU threshold", "90%");
    wait_for("the clicks to be saved", SOON, || {
        (world.setting("/alerts/cpu/above_percent")? == json!(90)).then_some(())
    });
    assert_eq!(world.setting("/refresh"), None, "and nothing else");
}
