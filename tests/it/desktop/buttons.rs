//! The buttons of a notification: what they offer, and that pressing one does it.
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
