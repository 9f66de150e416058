//! OpenGL, which the tray item does not load, so that it stays small.

use std::fs;

use super::trace::Trace;
use super::world::World;
use crate::wait::{SOON, wait_for};

/// The files mapped by the program while its item is in the tray, one a line.
fn maps_with(variable: Option<&str>) -> String {
    let world = World::start();
    let app = world.loadline().readings(&Trace::still(23, 61), 1);
    let app = variable.into_iter().fold(app, |app, value| app.env("GDK_GL", value)).start();
    world.host.item();
    let maps = fs::read_to_string(format!("/proc/{}/maps", app.id())).unwrap();
    assert!(maps.contains("libgtk-3"), "the map of another process?");
    maps
}

#[test]
fn the_tray_item_loads_no_opengl() {
    let maps = maps_with(None);
    for library in ["libGL", "libEGL", "libLLVM", "libgallium"] {
        assert!(!maps.contains(library), "{library} is loaded");
    }
}

/// The control of the test above, which would otherwise pass where there is no OpenGL at all.
#[test]
fn opengl_is_loaded_when_the_person_sets_the_switch() {
    assert!(maps_with(Some("")).contains("libGL"), "the person's own setting holds");
}

#[test]
fn an_opened_program_gets_the_persons_own_switch() {
    let opened_with = |variable: Option<&str>| {
        let world = World::start();
        world.install("gnome-system-monitor", r#"printf '%s.' "${GDK_GL-unset}" > "$HOME/opened""#);
        let app = world.loadline().readings(&Trace::still(23, 61), 1);
        let _app = variable.into_iter().fold(app, |app, value| app.env("GDK_GL", value)).start();
        world.host.item().click(&["CPU 23%", "Open the system monitor"]);
        let opened = world.path("home/opened");
        wait_for("the system monitor", SOON, || fs::read_to_string(&opened).ok().filter(|text| text.ends_with('.')))
    };
    assert_eq!(opened_with(None), "unset.");
    assert_eq!(opened_with(Some("always")), "always.", "as the person had it");
}
