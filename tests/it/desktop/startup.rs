//! Starting: one instance, and launch at login.
use std::fs;

use super::trace::Trace;
use super::world::World;
use crate::wait::{SOON, wait_for};

#[test]
fn a_second_start_ends_with_a_message_and_the_first_runs_on() {
    let world = World::start();
    let trace = Trace::still(23, 61);
    let mut first = world.loadline().readings(&trace, 1).start();
    world.host.item().wait_row("CPU 23%");
    let mut second = world.loadline().readings(&trace, 1).start();
    assert_eq!(second.wait_exit().code(), Some(0));
    assert_eq!(second.err(), ["loadline: Loadline is already running: look in the menu bar"]);
    assert_eq!(second.out(), [""; 0]);
    assert!(first.is_running());

    // Even SIGKILL leaves no lock.
    first.signal("KILL");
    first.wait_exit();
    let _third = world.loadline().readings(&trace, 1).start();
    world.host.item().wait_row("CPU 23%");
}

#[test]
fn the_console_monitor_runs_beside_the_tray() {
    let world = World::start();
    let trace = Trace::still(23, 61);
    let _app = world.loadline().readings(&trace, 1).start();
    world.host.item().wait_row("CPU 23%");
    let mut watch = world.loadline().args(&["watch", "--samples", "1"]).start();
    assert_eq!(watch.wait_exit().code(), Some(0));
    assert_eq!(watch.out().len(), 1);
}

#[test]
fn a_click_switches_launch_at_login_and_the_mark_shows_the_real_state() {
    let world = World::start();
    let entry = world.path("config/autostart/dev.loadline.Loadline.desktop");
    let trace = Trace::still(23, 61);
    let app = world.loadline().readings(&trace, 1).start();
    let item = world.host.item();
    let is_checked = |checked: bool| {
        item.wait_menu("the check mark", |menu| {
            (menu.find(&["Launch at login"])?.checked == Some(checked)).then_some(())
        });
    };
    is_checked(false);
    assert!(!entry.exists());

    item.click(&["Launch at login"]);
    is_checked(true);
    // The click itself switches the mark, before the program handles it.
    let text = wait_for("the entry", SOON, || fs::read_to_string(&entry).ok());
    let program = env!("CARGO_BIN_EXE_loadline");
    assert!(text.contains(&format!("Exec=\"{program}\"\n")), "{text}");

    // Switched off in the desktop's own settings, it is switched on by the next click: the real state counts.
    fs::write(&entry, format!("{text}Hidden=true\n")).unwrap();
    item.click(&["Launch at login"]);
    wait_for("the entry without Hidden", SOON, || (fs::read_to_string(&entry).ok()? == text).then_some(()));
    is_checked(true);

    item.click(&["Launch at login"]);
    is_checked(false);
    wait_for("the entry to go", SOON, || (!entry.exists()).then_some(()));
    drop(app);
}

#[test]
fn opening_the_menu_reads_the_state_that_the_desktop_may_have_changed() {
    let world = World::start();
    let entry = world.path("config/autostart/dev.loadline.Loadline.desktop");
    fs::create_dir_all(entry.parent().unwrap()).unwrap();
    fs::write(&entry, "[Desktop Entry]\n").unwrap();
    let app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    let wait_checked = |is_checked| {
        item.wait_menu("the check mark", |menu| {
            (menu.find(&["Launch at login"])?.checked == Some(is_checked)).then_some(())
        });
    };
    wait_checked(true);
    for (text, is_on) in [("[Desktop Entry]\nHidden = true\n", false), ("[Desktop Entry]\n", true)] {
        fs::write(&entry, text).unwrap();
        item.close();
        item.open();
        wait_checked(is_on);
    }
    assert_eq!(app.err(), [""; 0]);
}

#[test]
fn a_login_entry_that_cannot_be_written_is_a_problem_in_the_menu() {
    let world = World::start();
    fs::create_dir_all(world.path("config")).unwrap();
    fs::write(world.path("config/autostart"), "a file where the folder should be").unwrap();
    let app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    item.click(&["Launch at login"]);
    let warning = app.wait_err("loadline: could not");
    assert!(warning.contains("autostart"), "{warning}");
    item.wait_menu("the warning row", |menu| {
        menu.warning().filter(|row| row.label.starts_with("Launch at login: ")).map(drop)
    });
}
