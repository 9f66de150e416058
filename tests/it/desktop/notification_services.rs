//! Notifications that follow one another, by the rules of several services.
use super::notifications::ReplaceRule;
use super::trace::Trace;
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

/// The key of a click on the notification itself.
const CLICK: &str = "default";

/// An alert, its end, and the next alert. Each lasts for three seconds or more, far longer than a test takes to see it.
fn start(world: &World) -> Program {
    let trace = Trace::every(10).hold(1, 20, 30).hold(60, 95, 30).hold(120, 21, 30).hold(300, 97, 30);
    world.loadline().args(&["--every", "10s", "--after", "0s"]).readings(&trace, 100).start()
}

#[test]
fn gnome_shows_the_end_and_the_next_alert_though_each_comes_from_another_connection() {
    let world = World::start();
    world.daemon.set_replace_rule(ReplaceRule::OfOneSender);
    let app = start(&world);
    for title in ["CPU 95%", "CPU 21%", "CPU 97%"] {
        world.daemon.wait_popups(&[title]);
    }
    assert_eq!(app.err(), [""; 0], "nothing was refused");
}

#[test]
fn gnome_shows_the_end_of_an_alert_without_a_sound_and_keeps_nothing_of_it() {
    let world = World::start();
    world.daemon.set_replace_rule(ReplaceRule::OfOneSender);
    let trace = Trace::every(10).hold(1, 20, 30).hold(6, 95, 30).hold(900, 21, 30);
    let app = world.loadline().args(&["--every", "10s", "--after", "0s"]).readings(&trace, 100).start();
    world.daemon.wait_popups(&["CPU 21%"]);
    let end = world.daemon.wait_notification(2);
    assert_eq!((end.is_transient, end.urgency, end.sound_name), (false, Some(1), None));
    world.daemon.wait_popups(&[]);
    assert_eq!(world.daemon.closed().last(), Some(&end.id), "it is taken away by the program");
    assert_eq!(app.err(), [""; 0]);
}

#[test]
fn gnome_keeps_no_end_of_an_alert_when_loadline_quits() {
    let world = World::start();
    world.daemon.set_replace_rule(ReplaceRule::OfOneSender);
    let trace = Trace::every(10).hold(1, 20, 30).hold(6, 95, 30).hold(900, 21, 30);
    let mut app = world.loadline().args(&["--every", "10s", "--after", "0s"]).readings(&trace, 100).start();
    world.daemon.wait_popups(&["CPU 21%"]);
    world.host.item().click(&["Quit Loadline"]);
    assert!(app.wait_exit().success());
    assert_eq!(world.daemon.popups(), [""; 0]);
}

#[test]
fn plasma_shows_a_popup_for_the_next_alert_after_the_first_has_expired() {
    let world = World::start();
    world.daemon.set_replace_rule(ReplaceRule::WithoutPopup);
    let _app = start(&world);
    for (index, title) in ["CPU 95%", "CPU 21%", "CPU 97%"].into_iter().enumerate() {
        world.daemon.wait_popups(&[title]);
        world.daemon.expire(world.daemon.wait_notification(index + 1).id);
    }
}

#[test]
fn the_notification_of_another_program_is_left_alone_after_the_service_was_restarted() {
    let world = World::start();
    let app = start(&world);
    let alert = world.daemon.wait_notification(1);
    world.daemon.leave();
    assert_eq!(world.daemon.show_of_another("Mail"), alert.id, "numbers begin anew");
    world.daemon.arrive();
    // A click on that one is none on ours.
    world.daemon.press_key(alert.id, CLICK);
    world.daemon.wait_popups(&["Mail", "CPU 21%"]);
    world.daemon.wait_popups(&["Mail", "CPU 97%"]);
    let closed = world.daemon.closed();
    assert!(!closed.contains(&alert.id), "{closed:?}");
    wait_for("no report to have been opened", SOON, || (app.err().is_empty()).then_some(()));
}
