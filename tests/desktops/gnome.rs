//! Loadline in GNOME Shell.

use serde_json::json;

use crate::feed::Feed;
use crate::gnome_shell::Shell;
use crate::wait::{SOON, wait_for};

/// Longer than the pause after an alert in which there is no second one, in readings.
const COOLDOWN: usize = 700;

#[test]
fn the_numbers_in_the_panel_change() {
    let shell = Shell::start("1280x800");
    let mut feed = Feed::new(&shell.session);
    let _program = shell.session.loadline(&feed.arguments());
    for (cpu, memory) in [(23, 61), (100, 7)] {
        feed.hold(1, cpu, memory);
        shell.wait(
            &format!("{cpu}% and {memory}% in the panel"),
            &format!("item() && ['{cpu}%', '{memory}%'].every(n => texts(item()).join(' ').includes(n))"),
        );
    }
}

/// The submenus open in place, so that a small screen has the least room.
#[test]
fn a_threshold_is_picked_by_the_pointer_on_a_small_screen() {
    let shell = Shell::start("1280x720");
    let mut feed = Feed::new(&shell.session);
    let _program = shell.session.loadline(&feed.arguments());
    feed.hold(1, 23, 61);
    shell.click("the item in the panel", "item()");
    shell.click("the row of the CPU's thresholds", "row(item().menu, 'CPU threshold')");
    let in_force = "row(row(item().menu, 'CPU threshold').menu, '80%')";
    shell.wait("the threshold in force, without scrolling", &format!("{in_force} && isOnScreen({in_force})"));
    shell.click("the row of 70%", "row(row(item().menu, 'CPU threshold').menu, '70%')");
    shell.session.wait_setting("/alerts/cpu/above_percent", &json!(70));
}

#[test]
fn an_alert_its_end_and_the_next_alert_are_on_the_screen() {
    let shell = Shell::start("1280x800");
    let mut feed = Feed::new(&shell.session);
    let _program = shell.session.loadline(&feed.arguments());
    feed.hold(2, 23, 61);
    feed.hold(8, 95, 61);
    shell.wait_banner("CPU 95%");
    feed.hold(8, 20, 61);
    shell.wait_banner("Back below");
    feed.hold(COOLDOWN, 21, 61);
    feed.hold(8, 97, 61);
    shell.wait_banner("CPU 97%");
    wait_for("the alert that is over to be gone", SOON, || {
        let stored = shell.notifications();
        (!stored.iter().any(|text| text.contains("95%"))).then_some(())
    });
}
