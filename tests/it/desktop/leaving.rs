//! The end: whoever asks for it, it is quick, it counts as a success, and nothing stays behind.
use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

#[test]
fn it_ends_cleanly_on_sigterm() {
    leaves_nothing_behind(|app, _| app.signal("TERM"));
}

#[test]
fn it_ends_cleanly_on_sigint() {
    leaves_nothing_behind(|app, _| app.signal("INT"));
}

#[test]
fn it_ends_cleanly_on_sighup() {
    leaves_nothing_behind(|app, _| app.signal("HUP"));
}

#[test]
fn it_ends_cleanly_on_quit() {
    leaves_nothing_behind(|_, world| world.host.item().click(&["Quit Loadline"]));
}

#[test]
fn it_ends_cleanly_when_asked_at_the_very_beginning() {
    let world = World::start();
    let mut app = world.loadline().start();
    app.signal("TERM");
    let status = app.wait_exit();
    // It may have had no time to listen, and is then ended by the signal itself.
    assert!(status.success() || status.code().is_none(), "{status}");
    assert_eq!(app.err(), [""; 0]);
    assert!(world.leftovers().is_empty(), "{:?}", world.leftovers());
}

#[test]
fn it_ends_cleanly_when_asked_as_soon_as_there_is_something_to_leave_behind() {
    let world = World::start();
    let mut app = world.loadline().start();
    wait_for("a file", SOON, || (!world.leftovers().is_empty()).then_some(()));
    app.signal("TERM");
    assert!(app.wait_exit().success());
    assert_eq!(app.err(), [""; 0]);
    assert!(world.leftovers().is_empty(), "{:?}", world.leftovers());
}

#[test]
fn started_with_nohup_it_outlives_its_terminal() {
    let world = World::start();
    let trace = Trace::seconds().ticking(600, 23);
    let launch = world.loadline_by(&["/usr/bin/nohup"]);
    let mut app = launch.readings(&trace, 10).start();
    let item = world.host.item();
    let_readings_pass(&item, 3);
    app.signal("HUP");
    let_readings_pass(&item, 10);
    app.signal("TERM");
    assert!(app.wait_exit().success());
}

/// Starts it with an alert going on, so that everything it has is in use.
#[track_caller]
fn leaves_nothing_behind(end: impl FnOnce(&Program, &World)) {
    let world = World::start();
    let trace = Trace::seconds().ticking(600, 91);
    // Whoever runs these tests may have told their children to ignore a signal.
    let launch = world.loadline_by(&["/usr/bin/env", "--default-signal=HUP,INT,TERM"]);
    let mut app = launch.args(&["--after", "0s"]).readings(&trace, 10).start();
    let item = world.host.item();
    let note = world.daemon.wait_note(1);
    wait_for("an icon", SOON, || item.icon());
    end(&app, &world);
    let status = app.wait_exit();
    assert!(status.success(), "{status}");
    assert_eq!(app.err(), [""; 0]);
    for name in [item.bus_name(), &note.sender] {
        wait_for("its bus names to go", SOON, || (!world.host.is_on_bus(name)).then_some(()));
    }
    assert!(world.leftovers().is_empty(), "{:?}", world.leftovers());
}

#[test]
fn when_the_session_bus_goes_it_says_so_and_leaves_nothing_behind() {
    let mut world = World::start();
    let mut app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    world.host.item().wait_row("CPU 23%");
    world.end_bus();
    assert_eq!(app.wait_exit().code(), Some(1));
    assert_eq!(app.complained("the D-Bus session has ended").len(), 1, "{:?}", app.err());
    assert_eq!(world.leftovers(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn without_a_runtime_folder_it_finds_another_place_for_its_icon() {
    let world = World::start();
    for folder in ["/nonexistent/run", "", "relative"] {
        let launch = world.loadline().env("XDG_RUNTIME_DIR", folder);
        let app = launch.readings(&Trace::still(23, 61), 1).start();
        let item = world.host.item();
        wait_for("an icon", SOON, || item.icon());
        assert_eq!(app.err(), [""; 0], "XDG_RUNTIME_DIR={folder}");
    }
}
