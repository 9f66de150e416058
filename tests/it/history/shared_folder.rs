//! A history in a folder that others may write: a file that another user put there first is neither trusted nor obeyed.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::PathBuf;

use loadline::core::history::record::Record;

use super::faults::Minutes;
use super::{Place, at, reading};

/// Somebody else, whom no file of users needs to know.
pub const OTHER: u32 = 4_711;

/// A place in a folder like /tmp; `None`, with a word, where files cannot be given to another user.
pub fn shared() -> Option<Place> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give files to another user");
        return None;
    }
    let place = Place::new();
    let folder = place.path().parent().unwrap().to_owned();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o1777)).unwrap();
    Some(place)
}

impl Place {
    pub fn beside(&self, ending: &str) -> PathBuf {
        PathBuf::from(format!("{}{ending}", self.path().display()))
    }

    /// Puts another user's file there, which everyone may write.
    pub fn plant(&self, ending: &str) -> File {
        let path = self.beside(ending);
        let file = File::create(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        chown(&path, Some(OTHER), None).unwrap();
        file
    }

    /// Puts another user's link there.
    fn plant_link(&self, ending: &str, target: &PathBuf) {
        symlink(target, self.beside(ending)).unwrap();
        lchown(self.beside(ending), Some(OTHER), None).unwrap();
    }

    /// A run records, and reports once that it cannot, with the way out.
    #[track_caller]
    pub fn records_nothing_and_says(&self, words: &str) {
        let mut run = Minutes::new(self.recorder());
        run.give();
        let complaint = self.wait_reported().unwrap_err();
        run.give();
        drop(run);
        assert_eq!(self.reported(), [], "it is said once");
        assert!(complaint.contains(words), "{complaint}");
        assert!(complaint.contains("name a file in a folder of your own in LOADLINE_HISTORY"), "{complaint}");
    }
}

#[test]
fn the_lock_of_another_user_stops_nothing_without_a_word() {
    let Some(place) = shared() else { return };
    let planted = place.plant(".lock");
    planted.try_lock().unwrap();
    place.records_nothing_and_says("history.sqlite3.lock' is another user's file");
    drop(planted);
    fs::remove_file(place.beside(".lock")).unwrap();
    place.record([Record::Reading(reading(at("2026-11-22T12:00:00Z"), 10.0))]);
    assert_eq!((place.reported(), place.readings().len()), (vec![], 1));
}

#[test]
fn no_link_makes_a_file_elsewhere() {
    for ending in [".lock", "", "-wal", "-shm", "-journal"] {
        let Some(place) = shared() else { return };
        let target = place.folder.path().join("made-in-the-home");
        place.plant_link(ending, &target);
        place.records_nothing_and_says(&format!("history.sqlite3{ending}' "));
        assert!(!target.exists(), "{ending}");
    }
}

#[test]
fn no_file_of_another_user_becomes_part_of_the_history() {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let Some(place) = shared() else { return };
        place.plant(ending);
        place.records_nothing_and_says(&format!("history.sqlite3{ending}' was put there by another user"));
        assert_eq!(fs::metadata(place.beside(ending)).unwrap().len(), 0, "{ending}");
    }
}

#[test]
fn a_pipe_as_lock_holds_nothing_up() {
    let place = Place::new();
    fs::create_dir(place.path().parent().unwrap()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(place.beside(".lock")).status().unwrap().success());
    place.records_nothing_and_says("a link or a pipe in its place");
}

#[test]
fn a_link_of_ones_own_is_a_choice_of_the_place() {
    let place = Place::new();
    let elsewhere = place.folder.path().join("elsewhere.db");
    fs::create_dir(place.path().parent().unwrap()).unwrap();
    symlink(&elsewhere, place.path()).unwrap();
    place.record([Record::Reading(reading(at("2026-11-22T12:00:00Z"), 10.0))]);
    assert_eq!((place.reported(), place.readings().len()), (vec![], 1));
    assert!(elsewhere.is_file() && place.path().is_symlink());
}
