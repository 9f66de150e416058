//! Commands run only from a settings file that nobody else can write.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use loadline::core::actions::private_group::is_private;
use loadline::runtime::actions::permissions::check;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(place.path("mine")).unwrap();
        fs::write(place.file(), "{}").unwrap();
        place.set("mine", 0o755);
        place.set("mine/settings.json", 0o644);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self) -> PathBuf {
        self.path("mine/settings.json")
    }

    fn set(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }
}

#[track_caller]
fn refused(file: &Path, path: &Path, mode: &str) {
    let path = path.canonicalize().unwrap();
    let cure = if path.is_dir() { format!("do: chmod go-w '{}'", path.display()) } else { replacement(&path) };
    let path = path.display();
    let cause = format!("actions are not done: '{path}' may be written by others (mode {mode}), who may change them; ");
    let reason = check(file).unwrap_err();
    assert!(reason.starts_with(&cause) && reason.ends_with(&cure), "{reason}");
}

/// The advice to put a new file in the place of this one.
fn replacement(path: &Path) -> String {
    let (old, new) = (format!("'{}'", path.display()), format!("'{}.new'", path.display()));
    format!("replace the file, for it may still be open: cp {old} {new} && chmod 600 {new} && mv {new} {old}")
}

#[test]
fn ones_own_file_is_safe() {
    let place = Place::new();
    assert_eq!(check(&place.file()), Ok(()));
    place.set("mine", 0o1777);
    assert_eq!(check(&place.file()), Ok(()), "a sticky folder, like /tmp");
}

#[test]
fn a_missing_file_is_not_safe() {
    let place = Place::new();
    for gone in ["mine/nothing.json", "nowhere/settings.json"] {
        let gone = place.path(gone);
        let reason = check(&gone).unwrap_err();
        let way_out = format!("the settings file they came from is gone; put '{}' back", gone.display());
        assert!(reason.ends_with(&way_out), "{reason}");
    }
}

#[test]
fn a_file_that_others_may_write_is_not_safe() {
    let place = Place::new();
    place.set("mine/settings.json", 0o646);
    refused(&place.file(), &place.file(), "0646");
}

#[test]
fn a_file_in_a_folder_that_others_may_write_is_not_safe() {
    let place = Place::new();
    place.set("mine", 0o757);
    refused(&place.file(), &place.path("mine"), "0757");
}

/// A group that no file of users and groups knows.
const UNKNOWN_GROUP: u32 = 4_711;

#[test]
fn a_group_that_others_may_be_in_is_not_safe() {
    let place = Place::new();
    for (name, mode, shown) in [("mine/settings.json", 0o664, "0664"), ("mine", 0o775, "0775")] {
        // Only root can give a file to a group that it is not in: the rule itself is tested without files.
        if chown(place.path(name), None, Some(UNKNOWN_GROUP)).is_err() {
            return;
        }
        place.set(name, mode);
        refused(&place.file(), &place.path(name), shown);
        place.set(name, 0o700);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_group_that_nobody_else_is_in_is_safe() {
    let place = Place::new();
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let [passwd, groups] = ["/etc/passwd", "/etc/group"].map(|file| fs::read_to_string(file).unwrap());
    place.set("mine", 0o775);
    place.set("mine/settings.json", 0o664);
    if is_private(group, user, &passwd, &groups) {
        assert_eq!(check(&place.file()), Ok(()));
    } else {
        refused(&place.file(), &place.file(), "0664");
    }
}

#[test]
fn both_ends_of_a_link_are_checked() {
    let place = Place::new();
    fs::create_dir(place.path("links")).unwrap();
    place.set("links", 0o755);
    let link = place.path("links/settings.json");
    symlink(place.file(), &link).unwrap();
    assert_eq!(check(&link), Ok(()));
    place.set("links", 0o777);
    refused(&link, &place.path("links"), "0777");
    place.set("links", 0o755);
    place.set("mine/settings.json", 0o666);
    refused(&link, &place.file(), "0666");
}

#[test]
fn a_file_of_root_is_safe_and_that_of_another_user_is_not() {
    // On every system there is a file of root in a folder of root that nobody else may write.
    assert_eq!(check(Path::new("/etc/passwd")), Ok(()));
    let place = Place::new();
    // Only root can give a file away; everybody else finds that out here.
    if chown(place.file(), Some(4_711), None).is_ok() {
        let file = place.file().canonicalize().unwrap().display().to_string();
        let reason = check(&place.file()).unwrap_err();
        assert!(reason.contains(&format!("'{file}' belongs to another user (4711), who may change them")), "{reason}");
        assert!(reason.ends_with(&format!("&& mv '{file}.new' '{file}'")), "{reason}");
    }
}
