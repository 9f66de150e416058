//! The buttons of a notification: their labels, and the effect of pressing them.
use std::fs;
use std::io::Write;

use super::trace::Trace;
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

/// The key of a click on the notification itself, in the specification of desktop notifications.
const CLICK: &str = "default";

#[test]
fn an_alert_can_be_snoozed_from_its_notification() {
    let world = World::start();
    let _app = world.loadline().args(&["--after", "0s"]).readings(&Trace::still(91, 40), 1).start();
    let notification = world.daemon.wait_notification(1);
    // The test may be faster than the program's subscription: pressed until the program reacts.
    wait_for("the snooze in the settings", SOON, || {
        world.daemon.press(&notification, "Snooze 1 hour");
        world.setting("/alerts/snoozed_until").filter(serde_json::Value::is_string)
    });
    world.host.item().wait_menu("the snoozed row", |menu| menu.find(&["Snoozed until*"]).map(drop));
    // LXQt's service does not do that by itself.
    wait_for("the notification to be closed", SOON, || (world.daemon.closed() == [notification.id]).then_some(()));
}

#[test]
fn an_installed_system_monitor_has_a_button() {
    let world = World::start();
    let launch = || world.loadline().args(&["--after", "0s"]).readings(&Trace::still(91, 40), 1).start();
    let labels = |notification: super::notifications::NotifyCall| -> Vec<String> {
        let pairs = notification.actions.chunks(2).filter(|pair| pair[0] != CLICK);
        pairs.map(|pair| pair[1].clone()).collect()
    };
    let app = launch();
    assert_eq!(labels(world.daemon.wait_notification(1)), ["Snooze 1 hour"]);
    drop(app);

    let opened = world.path("opened");
    world.install("gnome-system-monitor", &format!("echo yes > '{}'", opened.display()));
    let _app = launch();
    let notification = world.daemon.wait_notification(2);
    assert_eq!(labels(notification.clone()), ["Snooze 1 hour", "Open the system monitor"]);
    wait_for("the system monitor", SOON, || {
        world.daemon.press(&notification, "Open the system monitor");
        opened.exists().then_some(())
    });
}

#[test]
fn a_click_on_a_notification_opens_the_report_at_its_alert() {
    let world = World::start();
    world.install("xdg-open", r#"printf '%s' "$1" > "$HOME/opened""#);
    let history = world.path("home/history.sqlite3");
    // Of this machine, now: a trace is not recorded.
    let launch = world.loadline().args(&["--after", "0s", "--cpu", "off", "--memory", "1", "--every", "250ms"]);
    let _app = launch.env("LOADLINE_HISTORY", history.to_str().unwrap()).start();
    let notification = world.daemon.wait_notification(1);
    let opened = wait_for("the report", SOON, || {
        world.daemon.press(&notification, "Open the report");
        fs::read_to_string(world.path("home/opened")).ok()
    });
    assert_eq!(opened, world.path("home/report.html").to_str().unwrap(), "an address without an anchor");
    let page = fs::read_to_string(opened).unwrap();
    let has = |field| page.contains(field);
    assert!(has(r#""alert_count":1,"#) && has(r#""focus":0}"#), "the page names the alert that it shows first");
}

#[test]
fn a_service_without_buttons_gets_none() {
    let world = World::start();
    world.daemon.set_capabilities(&["body"]);
    let _app = world.loadline().args(&["--after", "0s"]).readings(&Trace::still(91, 40), 1).start();
    assert_eq!(world.daemon.wait_notification(1).actions, [""; 0]);
}

#[test]
fn the_thread_for_buttons_ends_with_the_notification_service() {
    let world = World::start();
    world.write_settings(r#"{"history": false}"#);
    let launch = world.loadline().args(&["--after", "0s", "--readings", "/dev/stdin", "--speed", "max"]);
    let (app, mut trace) = launch.start_and_talk();
    // A reading is taken when the next one is there.
    trace.write_all(b"time,cpu,memory\n0,91,40\n1,91,40\n").unwrap();
    world.daemon.wait_notification(1);
    wait_for("a thread for the buttons", SOON, || (waiting_threads(&app) == 1).then_some(()));
    world.daemon.leave();
    world.daemon.arrive();
    trace.write_all(b"2,20,40\n3,20,40\n").unwrap();
    world.daemon.wait_notification(2);
    assert_eq!(world.daemon.closed(), [0_u32; 0], "the restarted service does not know the first");
    // The second one has a thread, too, which ends with it.
    expire(&world, &app, world.daemon.wait_notification(2).id);
}

/// The threads that wait for the end of a notification.
fn waiting_threads(app: &Program) -> usize {
    let tasks = fs::read_dir(format!("/proc/{}/task", app.id())).unwrap().flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name == "buttons\n").count()
}

/// Takes a notification from the screen after its time, and waits until no thread waits for one. Its thread may listen only
/// a moment after it was shown: it is told until it knows.
pub fn expire(world: &World, app: &Program, id: u32) {
    wait_for("a thread for the notification", SOON, || (waiting_threads(app) > 0).then_some(()));
    wait_for("the threads to end", SOON, || {
        world.daemon.expire(id);
        (waiting_threads(app) == 0).then_some(())
    });
}
