//! Panels that come, go, and are missing; and the way in which the icon is named to them.
use std::fs;

use super::host::{Host, PanelAnswer};
use super::trace::Trace;
use super::world::World;
use crate::wait::{SOON, wait_for};

const NO_PANEL: &str = "no panel shows tray items: add a tray to your panel, or start a panel that has one";
const NO_PLACE: &str = "Loadline has no place in the panel";

/// The line of `doctor` for the tray.
fn doctor_line(world: &World) -> String {
    let mut doctor = world.loadline().args(&["doctor"]).start();
    doctor.wait_exit();
    doctor.out().into_iter().find(|line| line.contains(" tray ")).unwrap()
}

/// A watcher without a panel, with which one registers later and tells so in the way `tell`.
fn check_watcher(tell: fn(&Host)) {
    let world = World::bare();
    world.daemon.arrive();
    world.host.set_panel(PanelAnswer::No);
    world.host.arrive();
    let without = doctor_line(&world);
    assert_eq!(without, format!("FAIL  tray           {NO_PANEL}"));
    let app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    world.host.item().wait_row("CPU 23%");
    app.wait_err(NO_PANEL);
    world.daemon.wait_popups(&[NO_PLACE]);
    world.host.set_panel(PanelAnswer::Yes);
    tell(&world.host);
    world.daemon.wait_popups(&[]);
    assert_eq!(doctor_line(&world), "ok    tray           a panel shows tray items");
    assert_eq!(app.err(), [format!("loadline: {NO_PANEL}")]);
}

/// The service of Plasma watches for items without its panel, too.
#[test]
fn a_watcher_without_a_panel_counts_as_none_until_a_panel_registers_with_it() {
    check_watcher(Host::tell_of_panel);
}

#[test]
fn a_watcher_may_tell_of_a_panel_by_its_property_alone() {
    check_watcher(Host::tell_of_property);
}

#[test]
fn a_watcher_that_cannot_tell_of_panels_counts_as_one() {
    let world = World::bare();
    world.daemon.arrive();
    world.host.set_panel(PanelAnswer::Unknown);
    world.host.arrive();
    assert_eq!(doctor_line(&world), "ok    tray           a panel shows tray items");
}

#[test]
fn a_panel_that_goes_for_good_is_reported_once_and_one_that_is_restarted_is_not() {
    let world = World::start();
    let app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let restart = || {
        world.host.item().wait_row("CPU 23%");
        world.host.leave();
        world.host.arrive();
        world.host.item().wait_row("CPU 23%");
    };
    restart();
    assert_eq!(app.err(), [""; 0]);
    world.host.leave();
    app.wait_err(NO_PANEL);
    world.daemon.wait_popups(&[NO_PLACE]);
    world.host.arrive();
    world.daemon.wait_popups(&[]);
    restart();
    assert_eq!(app.err(), [format!("loadline: {NO_PANEL}")]);
}

/// Not every panel takes paths: swaybar shows a broken picture for one.
#[test]
fn the_icon_is_named_in_its_folder_to_a_panel_that_is_not_known() {
    let world = World::start();
    for desktop in ["", "sway", "XFCE"] {
        let launch = world.loadline().env("XDG_CURRENT_DESKTOP", desktop);
        let trace = Trace::seconds().hold(20, 23, 61).hold(600, 45, 61);
        let mut app = launch.readings(&trace, 10).start();
        let item = world.host.item();
        for name in ["loadline-c23-m61", "loadline-c45-m61"] {
            wait_for(name, SOON, || (item.icon_name()? == name).then_some(()));
            let icon = item.icon().unwrap();
            assert!(fs::exists(&icon.path).unwrap() && icon.width > 0, "{icon:?}");
        }
        app.signal("TERM");
        app.wait_exit();
    }
}
