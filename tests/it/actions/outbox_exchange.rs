//! The outbox file is exchanged while it is read: what was judged is what is read.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use loadline::core::actions::outbox::Outbox;
use loadline::runtime::actions::outbox_file::{self, Unread};

use crate::wait::SOON;

/// The file of an outbox that has a record of this action alone.
fn outbox(action: &str) -> String {
    let mut outbox = Outbox::default();
    outbox.actions.entry(action.into()).or_default();
    outbox.write()
}

#[test]
fn a_file_that_is_exchanged_meanwhile_is_refused_or_read_by_its_own_mode() {
    let folder = tempfile::tempdir().unwrap();
    let (file, new) = (folder.path().join("actions.json"), folder.path().join("new"));
    let put = |action: &str, mode: u32| {
        fs::write(&new, outbox(action)).unwrap();
        fs::set_permissions(&new, Permissions::from_mode(mode)).unwrap();
        fs::rename(&new, &file).unwrap();
    };
    put("own", 0o600);
    let is_over = AtomicBool::new(false);
    let (mut read, mut refused) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                // Everybody could have written the one.
                put("open", 0o666);
                put("own", 0o600);
            }
        });
        // Until both were met many times.
        let began = Instant::now();
        while (read < 500 || refused < 500) && began.elapsed() < SOON {
            match outbox_file::read(folder.path()) {
                Ok(Some(outbox)) if outbox.actions.contains_key("own") => read += 1,
                Err(Unread::Refused(_)) => refused += 1,
                other => {
                    is_over.store(true, Ordering::Relaxed);
                    panic!("after {read} and {refused}: {other:?}");
                }
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(read >= 500 && refused >= 500, "{read} and {refused}");
}

#[test]
fn a_named_pipe_and_a_folder_are_not_waited_for_and_not_read() {
    for make in ["mkfifo", "mkdir"] {
        let folder = tempfile::tempdir().unwrap();
        assert!(std::process::Command::new(make).arg(folder.path().join("actions.json")).status().unwrap().success());
        let unread = outbox_file::read(folder.path()).unwrap_err();
        assert!(
            matches!(&unread, Unread::Unusable(reason) if reason == "it is not a file of ours"),
            "{make}: {unread:?}"
        );
    }
    assert!(outbox_file::read(tempfile::tempdir().unwrap().path()).unwrap().is_none());
}
