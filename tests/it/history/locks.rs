//! The lock of the recording: another user's program that takes it stops nothing without a word.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use loadline::core::history::record::Record;

use super::faults::Minutes;
use super::{Place, at, reading};

/// A place with a lock file of one's own that everyone may read, as a copy from a backup may be.
fn with_open_lock() -> Place {
    let place = Place::new();
    fs::create_dir(place.path().parent().unwrap()).unwrap();
    make_open_lock(&place);
    place
}

fn make_open_lock(place: &Place) {
    let lock = place.beside(".lock");
    fs::write(&lock, "").unwrap();
    fs::set_permissions(&lock, Permissions::from_mode(0o644)).unwrap();
}

/// Records one reading, without a complaint.
#[track_caller]
fn records(place: &Place) {
    place.record([Record::Reading(reading(at("2026-11-22T12:00:00Z"), 10.0))]);
    assert_eq!((place.reported(), place.readings().len()), (vec![], 1));
}

#[test]
fn a_lock_that_others_may_open_is_replaced() {
    let place = with_open_lock();
    // Kept open, so that the number of the old file is not given to the new one.
    let old = File::open(place.beside(".lock")).unwrap();
    records(&place);
    let new = fs::metadata(place.beside(".lock")).unwrap();
    assert_eq!(new.mode() & 0o777, 0o600);
    assert_ne!(new.ino(), old.metadata().unwrap().ino());
}

#[test]
fn a_lock_with_a_second_name_is_not_taken() {
    let place = Place::new();
    fs::create_dir(place.path().parent().unwrap()).unwrap();
    let other_lock = place.folder.path().join("actions.lock");
    fs::write(&other_lock, "").unwrap();
    fs::hard_link(&other_lock, place.beside(".lock")).unwrap();
    place.records_nothing_and_says("history.sqlite3.lock' is another user's file, or a link");
    fs::remove_file(&other_lock).unwrap();
    records(&place);
}

#[test]
fn a_lock_that_is_held_while_others_may_open_it_is_said() {
    let place = with_open_lock();
    let lock = File::open(place.beside(".lock")).unwrap();
    lock.try_lock().unwrap();
    place.records_nothing_and_says("is locked by a program that may be another user's");
    drop(lock);
    records(&place);
}

#[test]
fn a_second_loadline_of_ones_own_is_no_fault() {
    let place = with_open_lock();
    fs::set_permissions(place.beside(".lock"), Permissions::from_mode(0o600)).unwrap();
    let lock = File::open(place.beside(".lock")).unwrap();
    lock.try_lock().unwrap();
    let mut run = Minutes::new(place.recorder());
    run.give();
    run.end();
    assert_eq!(place.reported(), []);
    assert!(!place.path().exists(), "the other one records");
}

#[cfg(target_os = "linux")]
#[test]
fn a_lock_that_another_users_program_holds_is_said() {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    use super::foreign::is_refused;
    use super::shared_folder::{OTHER, shared};
    use crate::process::Owned;
    use crate::program::Home;
    use crate::wait::{SOON, wait_for};

    let Some(place) = shared() else { return };
    fs::set_permissions(place.folder.path(), Permissions::from_mode(0o755)).unwrap();
    make_open_lock(&place);
    let mut command = Command::new("/usr/bin/flock");
    command.arg(place.beside(".lock")).args(["/bin/sh", "-c", "echo held; exec cat"]).uid(OTHER);
    let mut holder = Owned(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(holder.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    // A mode that nobody else can open comes too late.
    fs::set_permissions(place.beside(".lock"), Permissions::from_mode(0o600)).unwrap();

    place.records_nothing_and_says("is locked by a program that may be another user's");
    is_refused(&place, &Home::new(), &[&["doctor"]], "is locked by a program that may be another user's");
    drop(holder);
    let is_free = || File::open(place.beside(".lock")).unwrap().try_lock().ok();
    wait_for("the lock to be free", SOON, is_free);
    records(&place);
}
