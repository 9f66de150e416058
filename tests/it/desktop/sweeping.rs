//! The folders of icons that killed runs have left: the next start removes them, and none that a living run uses.

use std::fs;
use std::path::{Path, PathBuf};

use super::trace::Trace;
use super::world::World;
use crate::process::Program;
use crate::wait::{SOON, wait_for};

/// The session's folder as it is, and one that is not there: then the icons are in the folder for temporary files.
const PLACES: [(&str, Option<&str>); 2] = [("run", None), ("tmp", Some("/nonexistent/run"))];

/// A run that shows its icon.
fn start(world: &World, session_folder: Option<&str>) -> Program {
    let launch = world.loadline();
    let launch = match session_folder {
        Some(folder) => launch.env("XDG_RUNTIME_DIR", folder),
        None => launch,
    };
    let launch = launch.readings(&Trace::still(23, 61), 1);
    let app = launch.start();
    let item = world.host.item();
    wait_for("an icon", SOON, || item.icon());
    app
}

fn icon_folders(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_dir() && path.file_name().unwrap().to_str().unwrap().starts_with("loadline-"))
        .collect()
}

#[test]
fn the_folder_of_a_killed_run_is_swept_by_the_next_start() {
    for (place, session_folder) in PLACES {
        let world = World::start();
        let place = world.path(place);
        for _ in 0..2 {
            let before = icon_folders(&place);
            let mut app = start(&world, session_folder);
            let folders = icon_folders(&place);
            assert_eq!(folders.len(), 1, "{folders:?}");
            assert!(!before.contains(&folders[0]), "{before:?}");
            app.signal("KILL");
            app.wait_exit();
            assert_eq!(icon_folders(&place), folders, "nothing removes it at once");
        }
    }
}

#[test]
fn the_folder_of_a_living_run_is_not_swept_by_one_beside_it() {
    let world = World::start();
    let (place, session_folder) = PLACES[1];
    let place = world.path(place);
    // Without a session folder there is no lock that would keep the second from running.
    let mut first = start(&world, session_folder);
    let [folder] = &icon_folders(&place)[..] else { panic!("one folder") };
    let files = || fs::read_dir(folder).map_or(0, Iterator::count);
    assert!(files() > 0);
    let _second = start(&world, session_folder);
    assert!(files() > 0 && icon_folders(&place).len() == 2, "{:?}", icon_folders(&place));
    assert!(first.is_running());
}
