//! A desktop that fails: panel and notification daemon late, gone, stuck or unwilling.
use super::item::Item;
use super::notifications::Manner;
use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

#[test]
fn the_item_comes_back_with_the_panel() {
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
fn the_item_is_there_when_the_panel_comes_late() {
    let world = World::bare();
    world.daemon.arrive();
    let trace = Trace::seconds().ticking(600, 91);
    let app = world.loadline().args(&["--after", "5s"]).readings(&trace, 10).start();
    // It does its work without a panel.
    app.wait_out("ALERT");
    world.daemon.wait_note(1);
    world.host.arrive();
    let item = world.host.item();
    let_readings_pass(&item, 3);
    item.click(&["CPU threshold", "90%"]);
    item.wait_checked("CPU threshold", "90%");
}

#[test]
fn without_a_notification_daemon_the_rest_goes_on() {
    let world = World::bare();
    world.host.arrive();
    goes_on_without_notifications(&world);
}

#[test]
fn with_a_notification_daemon_that_refuses_the_rest_goes_on() {
    let world = World::start();
    world.daemon.set_manner(Manner::Refuses);
    goes_on_without_notifications(&world);
}

#[test]
fn with_a_notification_daemon_that_never_answers_the_rest_goes_on() {
    let world = World::start();
    world.daemon.set_manner(Manner::Hangs);
    goes_on_without_notifications(&world);
}

#[test]
fn a_notification_daemon_that_never_answers_does_not_delay_the_end() {
    let world = World::start();
    world.daemon.set_manner(Manner::Hangs);
    let launch = world.loadline().args(&["--after", "0s"]);
    let mut app = launch.readings(&Trace::still(91, 40), 1).start();
    let item = world.host.item();
    world.daemon.wait_note(1);
    item.click(&["Quit Loadline"]);
    assert!(app.wait_exit().success());
    // The answer was not waited for: that would have been complained about.
    assert!(app.complained("notifications do not work").is_empty(), "{:?}", app.err());
}

#[test]
fn the_warning_goes_when_notifications_work_again() {
    let world = World::bare();
    world.host.arrive();
    let _app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.click(&["Send a test notification"]);
    item.wait_menu("a warning row", |menu| menu.warning().map(drop));
    world.daemon.arrive();
    item.click(&["Send a test notification"]);
    assert_eq!(world.daemon.wait_note(1).summary, "Loadline");
    item.wait_menu("no warning row", |menu| menu.warning().is_none().then_some(()));
}

/// Two alerts and a recovery: the console has them all, the menu and stderr say once what is wrong,
/// readings go on.
fn goes_on_without_notifications(world: &World) {
    let trace = Trace::seconds().hold(2, 91, 30).hold(2, 20, 92).ticking(600, 20);
    let launch = world.loadline().args(&["--after", "0s"]);
    let app = launch.readings(&trace, 10).start();
    let item = world.host.item();
    app.wait_out("ALERT  CPU 91%");
    app.wait_out("OK     CPU 20%");
    app.wait_out("ALERT  Memory 92%");
    app.wait_out("OK     Memory 1%");
    assert_complained_once(&app, &item);
    let_readings_pass(&item, 10);
    item.click(&["CPU threshold", "90%"]);
    item.wait_checked("CPU threshold", "90%");
    assert_complained_once(&app, &item);
}

#[track_caller]
fn assert_complained_once(app: &Program, item: &Item) {
    let complaints = wait_for("the complaint", SOON, || Some(app.err()).filter(|err| !err.is_empty()));
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].starts_with("loadline: notifications do not work: "), "{complaints:?}");
    item.wait_menu("the warning row", |menu| {
        let warning = menu.warning()?;
        (warning.label.starts_with("No notifications") && !warning.enabled).then_some(())
    });
}
