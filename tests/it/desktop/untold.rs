//! Alerts that no notification service could show when they fired.
use super::notifications::Behaviour;
use super::trace::Trace;
use super::world::World;
use crate::process::Program;

const FAILS: &str = "loadline: notifications do not work: ";
const WORKS: &str = "loadline: notifications work now";

/// An alert of the CPU and one of memory, which go on for longer than the test.
fn start(world: &World) -> Program {
    let trace = Trace::seconds().hold(1, 20, 30).ticking(3000, 95);
    world.loadline().args(&["--after", "0s"]).readings(&trace, 100).start()
}

#[track_caller]
fn assert_said(app: &Program) {
    app.wait_err(WORKS);
    let err = app.err();
    assert_eq!(err.len(), 2, "the failure once, and its end once: {err:?}");
    assert!(err[0].starts_with(FAILS) && err[1] == WORKS, "{err:?}");
}

/// The alert that a service with this behaviour does not show is shown by the one that takes its place.
#[track_caller]
fn assert_shown_by_the_next_service(behaviour: Behaviour) {
    let world = World::start();
    world.daemon.set_behaviour(behaviour);
    let app = start(&world);
    app.wait_err(FAILS);
    world.daemon.leave();
    world.daemon.set_behaviour(Behaviour::Responds);
    world.daemon.arrive();
    world.daemon.wait_popups(&["CPU 95%"]);
    assert_said(&app);
}

#[test]
fn an_alert_is_shown_when_the_first_service_comes_later() {
    let world = World::bare();
    world.host.arrive();
    let app = start(&world);
    app.wait_err(FAILS);
    world.daemon.arrive();
    world.daemon.wait_popups(&["CPU 95%"]);
    assert_said(&app);
    assert_eq!(world.daemon.notifications().len(), 1);
}

#[test]
fn an_alert_is_shown_by_the_service_that_takes_the_place_of_one_that_refused() {
    assert_shown_by_the_next_service(Behaviour::Refuses);
}

#[test]
fn an_alert_is_shown_once_the_same_service_works_after_errors() {
    let world = World::start();
    world.daemon.set_behaviour(Behaviour::Refuses);
    let app = start(&world);
    world.daemon.wait_notification(2);
    world.daemon.set_behaviour(Behaviour::Responds);
    world.daemon.wait_popups(&["CPU 95%"]);
    assert_said(&app);
}

#[test]
fn an_alert_is_shown_by_the_service_that_takes_the_place_of_one_that_hung() {
    assert_shown_by_the_next_service(Behaviour::Hangs);
}

#[test]
fn an_alert_that_was_seen_is_not_shown_again_by_a_restarted_service() {
    let world = World::start();
    let app = start(&world);
    world.daemon.wait_popups(&["CPU 95%"]);
    world.daemon.leave();
    world.daemon.arrive();
    let item = world.host.item();
    item.click(&["Send a test notification"]);
    world.daemon.wait_popups(&["Loadline"]);
    assert_eq!(world.daemon.notifications().len(), 2);
    assert_eq!(app.err(), [""; 0]);
}
