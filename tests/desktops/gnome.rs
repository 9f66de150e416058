//! Loadline in GNOME Shell.

use serde_json::json;

use crate::feed::Feed;
use crate::gnome_shell::{Bar, Shell};
use crate::wait::{SOON, wait_for};

/// Longer than the pause after an alert in which there is no second one, in readings.
const COOLDOWN: usize = 700;

fn bar(tenths: u32) -> Bar {
    Bar { tenths, is_red: false }
}

#[test]
fn the_numbers_and_the_bars_in_the_panel_change() {
    let shell = Shell::start("1280x800");
    let mut feed = Feed::new(&shell.session);
    let _program = shell.session.loadline(&feed.arguments());
    for (cpu, memory, bars) in [(23, 61, [2, 6]), (100, 7, [10, 1])] {
        feed.hold(1, cpu, memory);
        shell.wait(
            &format!("{cpu}% and {memory}% in the panel"),
            &format!("item() && ['{cpu}%', '{memory}%'].every(n => texts(item()).join(' ').includes(n))"),
        );
        shell.wait_bars(bars.map(bar));
    }
}

/// The submenus open in place, so that a small screen has the least room.
#[test]
fn a_threshold_is_picked_by_the_pointer_on_a_small_screen() {
    let shell = Shell::start("1280x720");
    let mut feed = Feed::new(&shell.session);
    let _program = shell.session.loadline(&feed.arguments());
    feed.hold(1, 23, 61);
    shell.open("the item in the panel", "item()");
    shell.open("the row of the CPU's thresholds", "row(item().menu, 'CPU threshold')");
    shell
        .wait("the threshold in force on the screen", "isOnScreen(row(row(item().menu, 'CPU threshold').menu, '80%'))");
    shell.click("the row of 60%", "row(row(item().menu, 'CPU threshold').menu, '60%')");
    shell.session.wait_setting("/alerts/cpu/above_percent", &json!(60));
}

#[test]
fn an_alert_goes_with_its_end_and_the_next_alert_is_on_the_screen() {
    let shell = Shell::start("1280x800");
    let mut feed = Feed::new(&shell.session);
    let _program = shell.session.loadline(&feed.arguments());
    feed.hold(2, 23, 61);
    feed.hold(8, 95, 61);
    shell.wait_banner("CPU 95%");
    shell.wait_bars([Bar { tenths: 10, is_red: true }, bar(6)]);
    feed.hold(8, 20, 61);
    shell.wait_banner("CPU 20%");
    shell.wait_bars([2, 6].map(bar));
    wait_for("the alert and its end to be gone", SOON, || {
        let stale = |text: &String| text.contains("CPU 95%") || text.contains("CPU 20%");
        (!shell.notifications().iter().any(stale)).then_some(())
    });
    feed.hold(COOLDOWN, 21, 61);
    feed.hold(8, 97, 61);
    shell.wait_banner("CPU 97%");
    shell.wait_bars([Bar { tenths: 10, is_red: true }, bar(6)]);
}
