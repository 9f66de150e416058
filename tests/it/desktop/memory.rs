//! Memory pressure and swap, in the menu and as reasons for an alert; and quiet hours.
use super::world::World;
use crate::wait::{SOON, wait_for};

const GB: u64 = 1 << 30;

/// A trace as `--json` records it: a reading a second of 61% in use, under this pressure and with so much swap.
fn recorded(stretches: &[(usize, &str, u64)]) -> String {
    let readings = stretches.iter().flat_map(|&(times, pressure, swap)| std::iter::repeat_n((pressure, swap), times));
    let line = |(second, (pressure, swap)): (usize, (&str, u64))| {
        let (minute, second) = (second / 60, second % 60);
        format!(
            "{{\"type\":\"reading\",\"at\":\"2026-11-22T14:{minute:02}:{second:02}Z\",\"cpu_percent\":5,\
             \"memory_percent\":61.2,\"memory_used_bytes\":{},\"memory_total_bytes\":{},\"swap_used_bytes\":{swap},\
             \"memory_pressure\":\"{pressure}\"}}\n",
            98 * GB / 10,
            16 * GB,
        )
    };
    readings.enumerate().map(line).collect()
}

#[test]
fn the_memory_row_shows_swap_and_pressure() {
    let world = World::start();
    let trace = recorded(&[(1, "warning", 12 * GB / 10)]);
    let _app = world.loadline().recorded(&trace, 1).start();
    let item = world.host.item();
    item.wait_row("Memory 61%: 9.8 of 16.0 GB, swap 1.2 GB, pressure warning");
    let world = restart_world(world);
    let _app = world.loadline().recorded(&recorded(&[(1, "normal", 0)]), 1).start();
    world.host.item().wait_row("Memory 61%: 9.8 of 16.0 GB");
}

/// A world after another: a test has one at a time.
fn restart_world(world: World) -> World {
    drop(world);
    World::start()
}

#[test]
fn pressure_alerts_when_it_is_chosen_in_the_menu() {
    let world = World::start();
    let trace = recorded(&[(2, "normal", 0), (1_000, "warning", 0)]);
    let app = world.loadline().recorded(&trace, 10).start();
    let item = world.host.item();
    item.wait_row("Memory 61%: 9.8 of 16.0 GB, pressure warning");
    item.click(&["Memory alerts on", "Memory pressure"]);
    let notification = world.daemon.wait_notification(1);
    assert_eq!(notification.summary, "Memory pressure: warning");
    assert_eq!(notification.body, "For 5 s; 61% of memory in use.");
    assert!(app.wait_out("ALERT").ends_with("Memory pressure has been warning for 5 s, with 61% in use"));
    item.wait_checked("Memory alerts on", "Memory pressure");
    item.wait_menu("the duration in the memory row", |menu| {
        menu.rows()
            .iter()
            .any(|row| row.label.starts_with("Memory 61%: 9.8 of 16.0 GB, pressure warning for "))
            .then_some(())
    });
    let saved = || world.setting("/alerts/memory/signal").filter(|signal| signal == "pressure");
    wait_for("the choice in the settings", SOON, saved);
    // Memory in use is below the threshold: the alert ends, and its notification is closed.
    item.click(&["Memory alerts on", "Memory in use"]);
    wait_for("the notification to be closed", SOON, || (world.daemon.closed() == [notification.id]).then_some(()));
}

#[test]
fn growing_swap_alerts_when_the_settings_have_a_limit() {
    let world = World::start();
    world.write_settings(r#"{"alerts": {"memory": {"swap_growth": {"above_mb": 500, "within": "1m"}}}}"#);
    let trace = recorded(&[(5, "normal", GB), (1_000, "normal", 2 * GB)]);
    let app = world.loadline().recorded(&trace, 20).start();
    let notification = world.daemon.wait_notification(1);
    assert_eq!(notification.summary, "Swap has grown by 1.0 GB");
    assert_eq!(notification.body, "In the last 1 min; 61% of memory in use.");
    let recovery = app.wait_out("OK");
    assert!(recovery.ends_with("OK     Swap has stopped growing after 1 min (peak 61% in use)"), "{recovery}");
}

#[test]
fn quiet_hours_are_in_the_menu_and_hold_notifications_back() {
    let world = World::start();
    world.write_settings(r#"{"alerts": {"after": "0s", "quiet_hours": "13:00-14:01", "cpu": {"above_percent": 1}}}"#);
    let trace = recorded(&[(50, "normal", 0), (1_000, "normal", GB)]);
    let app = world.loadline().recorded(&trace, 20).start();
    let item = world.host.item();
    item.wait_menu("the end of the quiet hours", |menu| menu.find(&["Quiet until 14:01"]).map(|_| ()));
    assert!(app.wait_out("ALERT").ends_with("CPU 5% is above 1% (quiet hours)"));
    let notification = world.daemon.wait_notification(1);
    assert_eq!(notification.body, "Above 1% for 1 min.");
    item.wait_menu("no quiet hours any more", |menu| menu.find(&["Snooze alerts"]).map(|_| ()));
}
