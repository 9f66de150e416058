//! Alerts and recoveries, as the console, the menu and the notification daemon get them.
use std::path::Path;

use super::item::Item;
use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::wait::{SOON, wait_for};

/// Low urgency in the specification of desktop notifications.
const LOW: u8 = 0;

/// The timeout of a notification that never expires.
const STAYS: i32 = 0;

#[test]
fn an_alert_is_on_the_console_in_the_menu_and_in_one_notification() {
    let world = World::start();
    let trace = Trace::seconds().hold(3, 20, 30).hold(6, 91, 30).ticking(600, 91);
    let app = world.loadline().readings(&trace, 10).start();
    let item = world.host.item();
    let notification = world.daemon.wait_notification(1);
    assert_eq!((notification.app_name.as_str(), notification.replaces), ("Loadline", 0));
    assert_eq!(notification.desktop_entry.as_deref(), Some("dev.loadline.Loadline"));
    // No package has installed the icon here, so it is a file.
    let path = notification.icon.strip_prefix("file://").unwrap();
    let icon = std::fs::read_to_string(path).unwrap();
    assert!(icon.starts_with("<svg") && Path::new(path).starts_with(world.path("home")), "{icon}");
    assert_eq!((notification.summary.as_str(), notification.body.as_str()), ("CPU 91%", "Above 80% for 5 s."));
    assert_ne!(notification.urgency, Some(LOW));
    // Actions are pairs of a key and a label.
    assert_eq!(notification.actions.len() % 2, 0, "{:?}", notification.actions);
    assert_eq!(app.wait_out("ALERT"), "1970-01-01 00:00:08  ALERT  CPU 91% has been above 80% for 5 s");
    item.wait_menu("the alert in the CPU row", |menu| {
        menu.rows().first()?.label.starts_with("CPU 91%, above 80% for ").then_some(())
    });
    // The alert goes on, but is not notified again.
    let_readings_pass(&item, 20);
    assert_eq!((app.out().len(), world.daemon.calls().len()), (1, 1), "{:?}", world.daemon.calls());
}

#[test]
fn an_alert_sounds_by_choice_and_its_end_never() {
    let world = World::start();
    let launch =
        || world.loadline().args(&["--after", "0s"]).readings(&Trace::seconds().hold(2, 91, 30).hold(1, 20, 30), 1);
    let app = launch().start();
    assert_eq!(world.daemon.wait_notification(1).sound_name, None);
    drop(app);
    world.write_settings(r#"{"notification_sound": true}"#);
    let before = world.daemon.notifications().len();
    let _app = launch().start();
    assert_eq!(world.daemon.wait_notification(before + 1).sound_name.as_deref(), Some("dialog-warning"));
    assert_eq!(world.daemon.wait_notification(before + 2).sound_name, None);
}

#[test]
fn the_end_of_an_alert_closes_it_and_is_a_quiet_notification() {
    let world = World::start();
    // Above from 3, firing at 8; below from 65, clear at 70: a minute and two seconds after it fired.
    let trace = Trace::seconds().hold(3, 20, 30).hold(10, 97, 30).hold(52, 91, 30);
    let trace = trace.hold(6, 41, 30).hold(1, 40, 30);
    let app = world.loadline().readings(&trace, 20).start();
    let recovery = app.wait_out("OK");
    assert_eq!(recovery, "1970-01-01 00:01:10  OK     CPU 41% is back below 75% after 1 min 2 s (peak 97%)");
    let quiet = world.daemon.wait_notification(2);
    let notifications = world.daemon.notifications();
    let alert = &notifications[0];
    assert_eq!((quiet.replaces, world.daemon.closed()), (0, vec![alert.id]));
    assert!(quiet.is_transient && !alert.is_transient);
    assert_eq!((quiet.app_name.as_str(), quiet.urgency), ("Loadline", Some(LOW)));
    assert_ne!(quiet.timeout, STAYS, "good news expires by itself");
    assert_eq!(quiet.summary, "CPU 41%");
    assert_eq!(quiet.body, "Back below 75% after 1 min 2 s (peak 97%).");
    let item = world.host.item();
    item.wait_row("CPU 40%");
    assert_eq!(app.out().len(), 2, "{:?}", app.out());
}

#[test]
fn an_alert_within_the_cooldown_is_notified_when_the_cooldown_ends() {
    let world = World::start();
    // A reading every 10 s. Notified at 20, over at 50; again at 70, notified 600 s after the first: twice the cooldown.
    let trace = Trace::every(10).hold(1, 20, 30).hold(3, 91, 30).hold(2, 20, 30);
    let trace = trace.hold(62, 92, 30);
    let app = world.loadline().args(&["--every", "10s"]).readings(&trace, 200).start();
    let third = wait_for("the third ALERT", SOON, || app.out_with("ALERT").into_iter().nth(2));
    let said = app.out();
    assert_eq!(
        said,
        [
            "1970-01-01 00:00:20  ALERT  CPU 91% has been above 80% for 10 s",
            "1970-01-01 00:00:50  OK     CPU 20% is back below 75% after 30 s (peak 91%)",
            "1970-01-01 00:01:10  ALERT  CPU 92% has been above 80% for 10 s, the 2nd time in the last hour \
             (told less than 10 min ago)",
            "1970-01-01 00:10:20  ALERT  CPU 92% has been above 80% for 9 min 20 s, the 2nd time in the last hour",
        ]
    );
    assert_eq!(Some(&third), said.last());
    let again = world.daemon.wait_notification(3);
    assert_eq!(again.body, "Above 80% for 9 min 20 s, the 2nd time in the last hour.");
    assert_eq!(world.daemon.closed(), [1, 2], "there is one notification of a metric at a time");
    world.daemon.wait_popups(&["CPU 92%"]);
}

#[test]
fn each_metric_has_a_notification_of_its_own() {
    let world = World::start();
    let trace = Trace::still(91, 92);
    let _app = world.loadline().args(&["--after", "0s"]).readings(&trace, 1).start();
    world.daemon.wait_notification(2);
    let notifications = world.daemon.notifications();
    let (cpu, memory) = (&notifications[0], &notifications[1]);
    assert_eq!((cpu.summary.as_str(), memory.summary.as_str()), ("CPU 91%", "Memory 92%"));
    assert_eq!((cpu.replaces, memory.replaces), (0, 0));
}

#[test]
fn a_threshold_set_below_the_value_fires_at_once() {
    let world = World::start();
    let app = world.loadline().readings(&Trace::still(62, 40), 1).start();
    let item = world.host.item();
    item.wait_label("62%  40%");
    item.click(&["Alert after", "At once"]);
    item.click(&["CPU threshold", "60%"]);
    let notification = world.daemon.wait_notification(1);
    assert_eq!((notification.summary.as_str(), notification.body.as_str()), ("CPU 62%", "Above 60%."));
    assert!(app.wait_out("ALERT").ends_with("ALERT  CPU 62% is above 60%"), "{:?}", app.out());
}

#[test]
fn a_threshold_raised_above_the_value_closes_the_notification() {
    closes_without_recovery("95%");
}

#[test]
fn a_threshold_set_to_off_closes_the_notification() {
    closes_without_recovery("Off");
}

#[test]
fn the_sender_of_a_notification_stays_on_the_bus() {
    let world = World::start();
    let trace = Trace::seconds().ticking(600, 91);
    let mut app = world.loadline().args(&["--after", "0s"]).readings(&trace, 10).start();
    let notification = world.daemon.wait_notification(1);
    let item = world.host.item();
    // GNOME closes a notification when its sender leaves the bus.
    let_readings_pass(&item, 10);
    assert!(world.host.is_on_bus(&notification.sender));
    item.click(&["Quit Loadline"]);
    app.wait_exit();
    wait_for("the sender to leave", SOON, || (!world.host.is_on_bus(&notification.sender)).then_some(()));
}

#[test]
fn a_test_notification_replaces_no_alert() {
    let world = World::start();
    let trace = Trace::still(91, 40);
    let _app = world.loadline().args(&["--after", "0s"]).readings(&trace, 1).start();
    let alert = world.daemon.wait_notification(1);
    let item = world.host.item();
    item.click(&["Send a test notification"]);
    let test = world.daemon.wait_notification(2);
    assert_eq!((test.app_name.as_str(), test.summary.as_str()), ("Loadline", "Loadline"));
    assert_eq!(test.body, "Notifications work. Alerts will look like this.");
    assert_ne!(test.id, alert.id);
    assert!(world.daemon.closed().is_empty(), "{:?}", world.daemon.calls());
}

#[test]
fn a_daemon_that_reads_markup_gets_the_same_text() {
    let world = World::start();
    world.daemon.set_capabilities(&["actions", "body", "body-markup", "persistence"]);
    let trace = Trace::still(91, 40);
    let _app = world.loadline().args(&["--after", "0s"]).readings(&trace, 1).start();
    let notification = world.daemon.wait_notification(1);
    assert_eq!((notification.summary.as_str(), notification.body.as_str()), ("CPU 91%", "Above 80%."));
}

#[test]
fn with_json_each_alert_and_recovery_is_one_object_on_a_line() {
    let world = World::start();
    let trace = Trace::seconds().hold(2, 91, 30).hold(2, 41, 30);
    let launch = world.loadline().args(&["--json", "--after", "0s"]);
    let app = launch.readings(&trace, 10).start();
    app.wait_out(r#""recovery""#);
    let said: Vec<serde_json::Value> = app.out().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_type = |kind: &str| said.iter().find(|line| line["type"] == kind).unwrap();
    let alert = of_type("alert");
    assert_eq!(alert["value_percent"], 91.0, "{alert}");
    assert_eq!((&alert["above_percent"], &alert["told"]), (&80.into(), &true.into()), "{alert}");
    assert_eq!(of_type("recovery")["peak_percent"], 91.0);
}

/// A click on `threshold` ends the alert: the notification is closed, and there is no recovery.
#[track_caller]
fn closes_without_recovery(threshold: &str) {
    let world = World::start();
    let trace = Trace::seconds().ticking(600, 91);
    let app = world.loadline().args(&["--after", "0s"]).readings(&trace, 10).start();
    let notification = world.daemon.wait_notification(1);
    let item: Item = world.host.item();
    item.click(&["CPU threshold", threshold]);
    wait_for("the notification to be closed", SOON, || (world.daemon.closed() == [notification.id]).then_some(()));
    item.wait_row("CPU 91%");
    let_readings_pass(&item, 10);
    assert_eq!((app.out_with("OK").len(), world.daemon.notifications().len()), (0, 1), "{:?}", app.out());
}
