//! A full disk: the readings wait, everything else goes on, and with room the history is written again.

use std::fs;
use std::path::Path;
use std::process::Command;

use loadline::runtime::signals::survive_harmless;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::faults::Minutes;
use super::{CHILD, Place, child};

/// Takes the room away and gives it back; checks that it is reported once and no reading is lost. Returns the message.
fn without_room_for_a_while(place: &Place, mut set_room: impl FnMut(bool)) -> String {
    let mut run = Minutes::new(place.recorder());
    run.give();
    place.wait_readings(31);
    set_room(false);
    (0..3).for_each(|_| run.give());
    let complaint = place.wait_reported().unwrap_err();
    (0..2).for_each(|_| run.give());
    set_room(true);
    // A batch that was on its way may have found the room already.
    run.give();
    assert_eq!(place.wait_reported(), Ok(()), "reported once, and then the success");
    place.wait_readings(run.given());
    run.give();
    run.end();
    assert_eq!(place.reported(), []);
    assert_eq!(place.readings().len(), 31 + 7 * 30);
    complaint
}

/// By the limit that a process has for the size of its files. Without a handler the signal would end the process; with one,
/// writing fails.
fn without_growing_for_a_while() {
    survive_harmless();
    let before = getrlimit(Resource::Fsize);
    let place = Place::new();
    let set_room = |is_there: bool| {
        let current = if is_there { before.current } else { Some(0) };
        setrlimit(Resource::Fsize, Rlimit { current, ..before }).unwrap();
    };
    let complaint = without_room_for_a_while(&place, set_room);
    assert!(complaint.contains("the limit on the size of files (ulimit -f) is reached"), "{complaint}");
    assert!(complaint.ends_with("; it goes on by itself once there is room"), "{complaint}");
}

/// In a process of its own, for the limit holds for all threads.
fn with_a_limit() {
    let output = child("history::room::a_limit_on_file_sizes_loses_no_reading").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_limit_on_file_sizes_loses_no_reading() {
    if std::env::var_os(CHILD).is_some() { without_growing_for_a_while() } else { with_a_limit() }
}

/// A file system of its own, small enough to be full soon.
struct Small<'a>(&'a Path);

impl Small<'_> {
    /// `None` where this is not allowed, and on macOS, which mounts in another way.
    fn mount(path: &Path) -> Option<Small<'_>> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        fs::create_dir_all(path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs"]).arg(path);
        mount.output().is_ok_and(|output| output.status.success()).then_some(Small(path))
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(self.0).status().unwrap();
    }
}

#[test]
fn a_full_disk_is_reported_once_and_loses_no_reading() {
    let place = Place::new();
    let folder = place.path().parent().unwrap().to_owned();
    let Some(_mounted) = Small::mount(&folder) else {
        // Without the right to mount there is the other way to run out of room.
        return with_a_limit();
    };
    let ballast = folder.join("ballast");
    let set_room = |is_there| {
        if is_there {
            fs::remove_file(&ballast).unwrap();
        } else {
            assert!(fs::write(&ballast, vec![0; 1 << 20]).is_err(), "it is full");
        }
    };
    let complaint = without_room_for_a_while(&place, set_room);
    let end = "': database or disk is full; it goes on by itself once there is room";
    assert!(complaint.starts_with("could not keep the history in '") && complaint.ends_with(end), "{complaint}");
}
