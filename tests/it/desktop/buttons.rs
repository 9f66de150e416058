//! The buttons of a notification: what they offer, and that pressing one does it.
use std::fs;
use std::io::Write;

use super::trace::Trace;
use super::world::World;
use crate::wait::{SOON, wait_for};

#[test]
fn an_alert_can_be_snoozed_from_its_notification() {
    let world = World::start();
    let _app = world.loadline().args(&["--after", "0s"]).readings(&Trace::still(91, 40), 1).start();
    let note = world.daemon.wait_note(1);
    // Whoever is about to press it may be faster than the program is to listen: pressed until it is heard.
    wait_for("the snooze in the settings", SOON, || {
        world.daemon.press(&note, "Snooze 1 hour");
        world.setting("/alerts/snoozed_until").filter(serde_json::Value::is_string)
    });
    world.host.item().wait_menu("the snoozed row", |menu| menu.find(&["Snoozed until*"]).map(drop));
}

#[test]
fn the_system_monitor_is_offered_where_there_is_one() {
    let world = World::start();
    let launch = || world.loadline().args(&["--after", "0s"]).readings(&Trace::still(91, 40), 1).start();
    let labels = |note: super::notifications::Note| -> Vec<String> {
        note.actions.chunks(2).map(|pair| pair[1].clone()).collect()
    };
    let app = launch();
    assert_eq!(labels(world.daemon.wait_note(1)), ["Snooze 1 hour"]);
    drop(app);

    let opened = world.path("opened");
    world.install("gnome-system-monitor", &format!("echo yes > '{}'", opened.display()));
    let _app = launch();
    let note = world.daemon.wait_note(2);
    assert_eq!(labels(note.clone()), ["Snooze 1 hour", "Open the system monitor"]);
    wait_for("the system monitor", SOON, || {
        world.daemon.press(&note, "Open the system monitor");
        opened.exists().then_some(())
    });
}

#[test]
fn a_service_without_buttons_is_not_asked_for_any() {
    let world = World::start();
    world.daemon.set_capabilities(&["body"]);
    let _app = world.loadline().args(&["--after", "0s"]).readings(&Trace::still(91, 40), 1).start();
    assert_eq!(world.daemon.wait_note(1).actions, [""; 0]);
}

#[test]
fn nobody_waits_for_the_buttons_of_a_service_that_has_ended() {
    let world = World::start();
    let launch = world.loadline().args(&["--after", "0s", "--readings", "/dev/stdin", "--speed", "max"]);
    let (app, mut trace) = launch.start_and_talk();
    // A reading is taken when the next one is there.
    trace.write_all(b"time,cpu,memory\n0,91,40\n1,91,40\n").unwrap();
    world.daemon.wait_note(1);
    let waiting = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", app.id())).unwrap().flatten();
        let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
        names.filter(|name| name == "buttons\n").count()
    };
    wait_for("somebody to wait for the buttons", SOON, || (waiting() == 1).then_some(()));
    world.daemon.leave();
    world.daemon.arrive();
    trace.write_all(b"2,20,40\n3,20,40\n").unwrap();
    assert_eq!(world.daemon.wait_note(2).id, 2, "another one, for the first is not known any more");
    wait_for("nobody to wait", SOON, || (waiting() == 0).then_some(()));
}
