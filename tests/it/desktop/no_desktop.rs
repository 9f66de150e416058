//! Without a desktop the program says so once and watches on the console.
use super::launch::Launch;
use super::trace::Trace;
use super::world::World;
use super::xserver::DEAD_DISPLAY;
use crate::wait::{SOON, wait_for};

#[test]
fn without_a_display_it_watches_on_the_console() {
    watches_on_the_console(|launch| launch.without("DISPLAY"));
}

#[test]
fn with_a_dead_display_it_watches_on_the_console() {
    watches_on_the_console(|launch| launch.env("DISPLAY", DEAD_DISPLAY));
}

#[test]
fn without_a_bus_it_watches_on_the_console() {
    watches_on_the_console(|launch| launch.without("DBUS_SESSION_BUS_ADDRESS"));
}

#[test]
fn with_a_dead_bus_it_watches_on_the_console() {
    let nowhere = "unix:path=/nowhere/bus";
    watches_on_the_console(|launch| launch.env("DBUS_SESSION_BUS_ADDRESS", nowhere));
}

#[track_caller]
fn watches_on_the_console(change: impl FnOnce(Launch<'_>) -> Launch<'_>) {
    let world = World::start();
    let trace = Trace::seconds().hold(2, 23, 61).hold(1, 24, 62);
    let app = change(world.loadline().readings(&trace, 10)).start();
    wait_for("the last reading on stdout", SOON, || {
        app.out().iter().find(|line| line.contains("24%") && line.contains("62%")).map(drop)
    });
    assert_eq!(app.out().len(), 3, "{:?}", app.out());
    let warnings = app.err();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("loadline: "), "{warnings:?}");
    assert!(world.leftovers().is_empty(), "{:?}", world.leftovers());
}
