//! A file that others could write once is not trusted until another takes its place, whatever its mode is meanwhile.

use std::fs;
use std::process::Command;

use loadline::runtime::settings_store::{Change, Store};
use serde_json::json;

use super::super::trusted_home;
use super::{Shelf, are_trusted, give, is_trusted, other_user, set_mode, settings_with};
use crate::program::{Home, Ran};

/// Tests the only action, which writes a line. Returns the refusal.
fn tested(home: &Home) -> Result<(), String> {
    let Ran { status, stdout, stderr } = home.run(&["actions", "test", "say"]);
    if status == Some(0) {
        return Ok(());
    }
    assert!(!home.path().join("said").exists(), "{stdout}");
    Err(stderr)
}

/// The commands that a refusal advises.
fn advised(refusal: &str) -> &str {
    &refusal[refusal.find("cp '").unwrap()..]
}

#[test]
fn only_the_advised_replacement_makes_a_file_trusted_again() {
    let action = json!([{ "name": "say", "command": ["/bin/sh", "-c", "echo x > said"] }]);
    let home = trusted_home(&json!({ "actions": action }));
    let (folder, file) = (home.path().canonicalize().unwrap(), home.settings().canonicalize().unwrap());
    set_mode(&file, 0o666);
    let refusal = tested(&home).unwrap_err();
    assert!(refusal.contains("may be written by others (mode 0666)"), "{refusal}");
    // Each is another process: the file is noted in the state folder.
    for mode in [0o600, 0o644] {
        set_mode(&file, mode);
        let refusal = tested(&home).unwrap_err();
        assert!(refusal.contains("could be written by others, and still can by any who have it open"), "{refusal}");
        assert!(Command::new("touch").arg(&file).status().unwrap().success());
        assert!(tested(&home).is_err(), "it is still the same file");
    }
    let doctor = home.run(&["doctor"]).stdout;
    assert!(doctor.contains("FAIL  action say") && doctor.contains("could be written by others"), "{doctor}");
    let ran = Command::new("/bin/sh").args(["-c", advised(&refusal)]).current_dir(folder).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(tested(&home), Ok(()));
    assert!(home.path().join("said").exists());
}

#[test]
fn a_file_that_another_has_owned_stays_untrusted() {
    let Some(user) = other_user() else { return };
    let shelf = Shelf::new();
    let path = shelf.file("settings.json", &settings_with("true"), 0o600);
    give(&path, user);
    let mut store = Store::with_notes(path.clone(), Some(&shelf.folder("state", 0o700)));
    assert!(!is_trusted(&mut store));
    give(&path, 0);
    let Some(Change::Settings(settings)) = store.poll_changes() else { panic!("no change") };
    assert!(!are_trusted(&settings));
    assert!(!is_trusted(&mut Store::with_notes(path.clone(), Some(&shelf.path("state")))), "also the next run knows");
    fs::copy(&path, shelf.path("new")).unwrap();
    fs::rename(shelf.path("new"), &path).unwrap();
    let Some(Change::Settings(settings)) = store.poll_changes() else { panic!("no change") };
    assert!(are_trusted(&settings));
}

#[test]
fn our_own_copy_of_untrusted_settings_is_not_trusted_either() {
    let shelf = Shelf::new();
    let state = shelf.folder("state", 0o700);
    // By the file, and by its folder alone.
    for (mode_of_file, mode_of_folder) in [(0o666, 0o700), (0o600, 0o777)] {
        let folder = shelf.folder("mine", mode_of_folder);
        let _ = fs::remove_file(folder.join("settings.json"));
        let path = shelf.file("mine/settings.json", &settings_with("true"), mode_of_file);
        let mut store = Store::with_notes(path.clone(), Some(&state));
        let settings = store.load().unwrap();
        assert!(!are_trusted(&settings));
        set_mode(&path, 0o600);
        set_mode(&folder, 0o700);
        // As a click in the menu does.
        store.save(&settings).unwrap();
        assert!(!is_trusted(&mut Store::with_notes(path.clone(), Some(&state))), "a later run");
        // Nor are they when the file was removed before the click.
        fs::remove_file(&path).unwrap();
        assert_eq!(store.poll_changes(), None);
        store.save(&settings).unwrap();
        let later = Store::with_notes(path, Some(&state)).load().unwrap();
        assert!(later.actions.is_empty() || !are_trusted(&later));
    }
}

#[test]
fn a_folder_that_was_open_to_others_is_trusted_once_the_file_is_read_again() {
    let shelf = Shelf::new();
    let folder = shelf.folder("mine", 0o777);
    let path = shelf.file("mine/settings.json", &settings_with("true"), 0o600);
    let mut store = Store::with_notes(path.clone(), Some(&shelf.folder("state", 0o700)));
    assert!(!is_trusted(&mut store));
    set_mode(&folder, 0o700);
    assert_eq!(store.poll_changes(), None, "the file is as it was");
    assert!(Command::new("touch").arg(&path).status().unwrap().success());
    let Some(Change::Settings(settings)) = store.poll_changes() else { panic!("no change") };
    assert!(are_trusted(&settings));
    assert!(!shelf.path("state/untrusted-files.json").exists(), "nothing is noted");
}
