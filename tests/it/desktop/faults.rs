//! A desktop that fails: panel and notification daemon late, gone, hanging or refusing.
use super::item::Item;
use super::notifications::Behaviour;
use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

#[test]
fn the_item_returns_when_the_panel_restarts() {
    let world = World::start();
    let trace = Trace::seconds().ticking(600, 23);
    let mut app = world.loadline().readings(&trace, 10).start();
    let item = world.host.item();
    let_readings_pass(&item, 3);
    world.host.leave();
    let_readings_pass(&item, 5);
    world.host.arrive();
    let again = world.host.item();
    let_readings_pass(&again, 5);
    again.click(&["CPU threshold", "90%"]);
    again.wait_checked("CPU threshold", "90%");
    assert!(app.is_running());
    assert_eq!(app.err(), [""; 0]);
}

#[test]
fn the_item_appears_when_the_panel_starts_late() {
    let world = World::bare();
    world.daemon.arrive();
    let trace = Trace::seconds().ticking(600, 91);
    let app = world.loadline().args(&["--after", "5s"]).readings(&trace, 10).start();
    // Alerts work without a panel.
    app.wait_out("ALERT");
    world.daemon.wait_notification(1);
    world.host.arrive();
    let item = world.host.item();
    let_readings_pass(&item, 3);
    item.click(&["CPU threshold", "90%"]);
    item.wait_checked("CPU threshold", "90%");
}

#[test]
fn a_missing_panel_is_reported_once_and_a_late_one_ends_the_notification() {
    let world = World::bare();
    world.daemon.arrive();
    let trace = Trace::seconds().ticking(600, 23);
    let launch = world.loadline().readings(&trace, 1).env("XDG_CURRENT_DESKTOP", "ubuntu:GNOME");
    let app = launch.start();
    let notification = world.daemon.wait_notification(1);
    assert_eq!(notification.summary, "Loadline has no place in the panel");
    assert!(notification.body.contains("AppIndicator"), "{}", notification.body);
    app.wait_err("loadline: no panel shows tray items: install the extension 'AppIndicator");
    // Neither the library of the tray nor GTK adds a warning of its own.
    assert_eq!(app.err().len(), 1, "{:?}", app.err());
    world.host.arrive();
    let_readings_pass(&world.host.item(), 2);
    wait_for("the notification to be closed", SOON, || (world.daemon.closed() == [notification.id]).then_some(()));
    assert_eq!(world.daemon.notifications().len(), 1);
}

#[test]
fn the_end_closes_the_notification_of_a_missing_panel() {
    let world = World::bare();
    world.daemon.arrive();
    let mut app = world.loadline().readings(&Trace::seconds().ticking(600, 23), 1).start();
    let notification = world.daemon.wait_notification(1);
    app.signal("TERM");
    assert!(app.wait_exit().success());
    assert_eq!(world.daemon.closed(), [notification.id]);
}

#[test]
fn no_extension_is_named_where_the_desktop_is_not_gnome() {
    let world = World::bare();
    world.daemon.arrive();
    let launch = world.loadline().readings(&Trace::seconds().ticking(600, 23), 1);
    let app = launch.env("XDG_CURRENT_DESKTOP", "XFCE").start();
    let notification = world.daemon.wait_notification(1);
    assert!(notification.body.contains("add a tray to your panel"), "{}", notification.body);
    app.wait_err("loadline: no panel shows tray items: add a tray to your panel");
    assert!(!notification.body.contains("extension"), "{}", notification.body);
    assert_eq!(app.err().len(), 1, "{:?}", app.err());
}

#[test]
fn without_a_notification_daemon_everything_else_works() {
    let world = World::bare();
    world.host.arrive();
    works_without_notifications(&world);
}

#[test]
fn with_a_refusing_notification_daemon_everything_else_works() {
    let world = World::start();
    world.daemon.set_behaviour(Behaviour::Refuses);
    works_without_notifications(&world);
}

#[test]
fn with_a_hanging_notification_daemon_everything_else_works() {
    let world = World::start();
    world.daemon.set_behaviour(Behaviour::Hangs);
    works_without_notifications(&world);
}

#[test]
fn a_hanging_notification_daemon_does_not_delay_the_end() {
    let world = World::start();
    world.daemon.set_behaviour(Behaviour::Hangs);
    let launch = world.loadline().args(&["--after", "0s"]);
    let mut app = launch.readings(&Trace::still(91, 40), 1).start();
    let item = world.host.item();
    world.daemon.wait_notification(1);
    item.click(&["Quit Loadline"]);
    assert!(app.wait_exit().success());
    // A wait for the response would have ended with a warning.
    assert!(app.err_with("notifications do not work").is_empty(), "{:?}", app.err());
}

#[test]
fn the_problem_row_goes_when_notifications_work_again() {
    let world = World::bare();
    world.host.arrive();
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.click(&["Send a test notification"]);
    item.wait_menu("a warning row", |menu| menu.warning().map(drop));
    world.daemon.arrive();
    item.click(&["Send a test notification"]);
    assert_eq!(world.daemon.wait_notification(1).summary, "Loadline");
    item.wait_menu("no warning row", |menu| menu.warning().is_none().then_some(()));
}

/// Two alerts and a recovery: the console has them all, the menu and stderr report the problem once, and readings go on.
fn works_without_notifications(world: &World) {
    let trace = Trace::seconds().hold(2, 91, 30).hold(2, 20, 92).ticking(600, 20);
    let launch = world.loadline().args(&["--after", "0s"]);
    let app = launch.readings(&trace, 10).start();
    let item = world.host.item();
    app.wait_out("ALERT  CPU 91%");
    app.wait_out("OK     CPU 20%");
    app.wait_out("ALERT  Memory 92%");
    app.wait_out("OK     Memory 1%");
    assert_warned_once(&app, &item);
    let_readings_pass(&item, 10);
    item.click(&["CPU threshold", "90%"]);
    item.wait_checked("CPU threshold", "90%");
    assert_warned_once(&app, &item);
}

#[track_caller]
fn assert_warned_once(app: &Program, item: &Item) {
    let warnings = wait_for("the warning", SOON, || Some(app.err()).filter(|err| !err.is_empty()));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("loadline: notifications do not work: "), "{warnings:?}");
    item.wait_menu("the warning row", |menu| {
        let warning = menu.warning()?;
        (warning.label.starts_with("No notifications") && !warning.enabled).then_some(())
    });
}
