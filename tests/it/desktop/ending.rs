//! The end of the program: quick, successful, and without leftovers; and the folder of its icon.
use std::process::{Command, Stdio};

use super::trace::{Trace, let_readings_pass};
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

#[test]
fn it_ends_cleanly_on_sigterm() {
    ends_cleanly(|app, _| app.signal("TERM"));
}

#[test]
fn it_ends_cleanly_on_sigint() {
    ends_cleanly(|app, _| app.signal("INT"));
}

#[test]
fn it_ends_cleanly_on_sighup() {
    ends_cleanly(|app, _| app.signal("HUP"));
}

#[test]
fn it_ends_cleanly_on_quit() {
    ends_cleanly(|_, world| world.host.item().click(&["Quit Loadline"]));
}

#[test]
fn it_ends_cleanly_on_a_signal_at_the_very_start() {
    let world = World::start();
    let mut app = world.loadline().start();
    app.signal("TERM");
    let status = app.wait_exit();
    // Before its handler is installed the signal itself ends the program.
    assert!(status.success() || status.code().is_none(), "{status}");
    assert_eq!(app.err(), [""; 0]);
    assert!(world.leftovers().is_empty(), "{:?}", world.leftovers());
}

#[test]
fn it_ends_cleanly_on_a_signal_after_its_first_file() {
    let world = World::start();
    let mut app = world.loadline().start();
    wait_for("a file", SOON, || (!world.leftovers().is_empty()).then_some(()));
    app.signal("TERM");
    assert!(app.wait_exit().success());
    assert_eq!(app.err(), [""; 0]);
    assert!(world.leftovers().is_empty(), "{:?}", world.leftovers());
}

#[test]
fn with_nohup_it_survives_sighup() {
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

/// Starts the program with a firing alert, so that all its parts are in use, and ends it by `end`.
#[track_caller]
fn ends_cleanly(end: impl FnOnce(&Program, &World)) {
    let world = World::start();
    let trace = Trace::seconds().ticking(600, 91);
    // The tests may run under a parent that ignores a signal.
    let launch = world.loadline_by(&["/usr/bin/env", "--default-signal=HUP,INT,TERM"]);
    let mut app = launch.args(&["--after", "0s"]).readings(&trace, 10).start();
    let item = world.host.item();
    let notification = world.daemon.wait_notification(1);
    wait_for("an icon", SOON, || item.icon());
    end(&app, &world);
    let status = app.wait_exit();
    assert!(status.success(), "{status}");
    assert_eq!(app.err(), [""; 0]);
    assert_eq!(world.daemon.closed(), [notification.id], "nobody would announce the end of this alert");
    for name in [item.bus_name(), &notification.sender] {
        wait_for("its bus names to go", SOON, || (!world.host.is_on_bus(name)).then_some(()));
    }
    assert!(world.leftovers().is_empty(), "{:?}", world.leftovers());
}

#[test]
fn a_trace_that_ends_leaves_its_alert_to_be_read() {
    let world = World::start();
    let launch = world.loadline().args(&["watch", "--after", "0s"]);
    let mut app = launch.readings(&Trace::still(91, 40), 1).start();
    assert!(app.wait_exit().success());
    assert_eq!((world.daemon.notifications().len(), world.daemon.closed().len()), (1, 0));
}

#[test]
fn the_end_of_the_session_bus_is_an_error_and_leaves_no_files() {
    let mut world = World::start();
    let mut app = world.loadline().readings(&Trace::still(23, 61), 1).start();
    world.host.item().wait_row("CPU 23%");
    world.end_bus();
    assert_eq!(app.wait_exit().code(), Some(1));
    assert_eq!(app.err_with("the D-Bus session has ended").len(), 1, "{:?}", app.err());
    assert_eq!(world.leftovers(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn without_a_runtime_folder_the_icon_is_in_another_folder() {
    let world = World::start();
    for folder in ["/nonexistent/run", "", "relative"] {
        let launch = world.loadline().env("XDG_RUNTIME_DIR", folder);
        let app = launch.readings(&Trace::still(23, 61), 1).start();
        let item = world.host.item();
        wait_for("an icon", SOON, || item.icon());
        assert_eq!(app.err(), [""; 0], "XDG_RUNTIME_DIR={folder}");
    }
}

/// A file system of one page, which is taken: folders can be made in it, and files of no length.
const FULL: &str = r#"
/bin/mount -t tmpfs -o size=4k none "$XDG_RUNTIME_DIR" || exit 99
/usr/bin/head -c 4096 /dev/zero > "$XDG_RUNTIME_DIR/taken"
exec "$@"
"#;

#[test]
fn with_a_full_runtime_folder_the_icon_is_in_another_folder() {
    let may_mount = ["--mount", "/bin/mount", "-t", "tmpfs", "none", "/mnt"];
    if !Command::new("unshare").args(may_mount).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: this user may mount nothing, so no file system is full");
        return;
    }
    let world = World::start();
    let full = world.path("full");
    std::fs::create_dir(&full).unwrap();
    let starter = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", FULL, "sh"];
    let launch = world.loadline_by(&starter).env("XDG_RUNTIME_DIR", full.to_str().unwrap());
    let app = launch.readings(&Trace::still(23, 61), 1).start();
    let item = world.host.item();
    let icon = wait_for("an icon", SOON, || item.icon());
    assert!(icon.path.starts_with(world.path("tmp")), "{:?}", icon.path);
    assert_eq!(app.err(), [""; 0]);
}
