//! Links and folders on the way to the settings file, and files that are none.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::sync_channel;

use loadline::runtime::actions::permissions::check;
use loadline::runtime::settings_store::{Change, Store};

use super::{Shelf, give, is_trusted, other_user, set_mode, settings_with};
use crate::wait::SOON;

/// The problem of a file that cannot be read.
#[track_caller]
fn problem(path: &Path) -> String {
    match Store::new(path.to_owned()).poll_changes() {
        Some(Change::Unreadable(problem)) => problem.brief,
        other => panic!("{other:?}"),
    }
}

/// `a/settings.json` -> `b/hop` -> `c/settings.json`, all of them ours.
fn chain() -> Shelf {
    let shelf = Shelf::new();
    ["a", "b", "c"].iter().for_each(|name| drop(shelf.folder(name, 0o755)));
    shelf.file("c/settings.json", &settings_with("true"), 0o600);
    symlink("../c/settings.json", shelf.path("b/hop")).unwrap();
    symlink(shelf.path("b/hop"), shelf.path("a/settings.json")).unwrap();
    shelf
}

#[test]
fn a_chain_of_own_links_is_followed_and_trusted() {
    let shelf = chain();
    assert_eq!(check(&shelf.path("a/settings.json")), Ok(()));
    assert!(is_trusted(&mut Store::new(shelf.path("a/settings.json"))));
    let around = shelf.path("a/../b/../a/settings.json");
    assert!(is_trusted(&mut Store::new(around)));
}

#[test]
fn every_folder_of_a_chain_counts() {
    for name in ["a", "b", "c", "."] {
        let shelf = chain();
        set_mode(&shelf.path(name), 0o777);
        let path = shelf.path("a/settings.json");
        let reason = check(&path).unwrap_err();
        let folder = shelf.path(name).canonicalize().unwrap();
        assert!(reason.ends_with(&format!("; do: chmod go-w '{}'", folder.display())), "{name}: {reason}");
        let mut store = Store::new(path.clone());
        assert!(!is_trusted(&mut store), "{name}");
        set_mode(&shelf.path(name), 0o755);
        assert_eq!(check(&path), Ok(()), "nobody can have the file itself open");
    }
}

#[test]
fn a_link_of_another_is_not_followed_where_others_may_put_links() {
    let Some(user) = other_user() else { return };
    for mode in [0o1777, 0o777, 0o1775, 0o775] {
        let shelf = chain();
        let hop = shelf.path("b/hop");
        give(&hop, user);
        shelf.folder("b", mode);
        std::os::unix::fs::chown(shelf.path("b"), None, Some(user)).unwrap();
        set_mode(&shelf.path("b"), mode);
        let refused = format!("is a link of another user ({user}), which is not followed");
        assert!(problem(&shelf.path("a/settings.json")).ends_with(&refused), "{mode:o}");
        assert!(check(&shelf.path("a/settings.json")).unwrap_err().contains(&refused));
        // Nor is it written through.
        let written = loadline::runtime::atomic_file::replace(&shelf.path("a/settings.json"), "{}");
        assert!(written.unwrap_err().to_string().ends_with(&refused));
        assert_eq!(fs::read_to_string(shelf.path("c/settings.json")).unwrap(), settings_with("true"));
    }
}

#[test]
fn a_link_of_another_elsewhere_costs_the_trust_alone() {
    let Some(user) = other_user() else { return };
    let shelf = chain();
    give(&shelf.path("b/hop"), user);
    let path = shelf.path("a/settings.json");
    let reason = check(&path).unwrap_err();
    assert!(reason.contains(&format!("the link '{}' belongs to another user ({user})", shelf.path("b/hop").display())));
    assert!(!is_trusted(&mut Store::new(path)));
}

#[test]
fn a_folder_that_is_a_link_of_another_is_judged_as_well() {
    let Some(user) = other_user() else { return };
    let shelf = chain();
    shelf.folder("shared", 0o1777);
    symlink(shelf.path("c"), shelf.path("shared/folder")).unwrap();
    give(&shelf.path("shared/folder"), user);
    assert!(problem(&shelf.path("shared/folder/settings.json")).contains("is a link of another user"));
    shelf.folder("theirs", 0o755);
    shelf.file("theirs/settings.json", &settings_with("true"), 0o600);
    give(&shelf.path("theirs"), user);
    let path = shelf.path("theirs/settings.json");
    assert!(check(&path).unwrap_err().contains(&format!("belongs to another user ({user})")));
    assert!(!is_trusted(&mut Store::new(path)));
}

#[test]
fn a_link_that_is_exchanged_for_the_file_is_read_again() {
    let Some(user) = other_user() else { return };
    let shelf = chain();
    shelf.folder("b", 0o1777);
    give(&shelf.path("b/hop"), user);
    let mut store = Store::new(shelf.path("a/settings.json"));
    assert!(matches!(store.poll_changes(), Some(Change::Unreadable(_))));
    assert_eq!(store.poll_changes(), None, "it is said once");
    fs::remove_file(shelf.path("b/hop")).unwrap();
    symlink("../c/settings.json", shelf.path("b/hop")).unwrap();
    assert!(matches!(store.poll_changes(), Some(Change::Settings(_))));
}

#[test]
fn pipes_and_devices_and_folders_are_refused_without_waiting() {
    let shelf = Shelf::new();
    let pipe = shelf.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let link = shelf.path("link");
    symlink(&pipe, &link).unwrap();
    for (path, problem_of_it) in [
        (pipe, "it is not a regular file"),
        (link, "it is not a regular file"),
        ("/dev/null".into(), "it is not a regular file"),
        ("/dev/zero".into(), "it is not a regular file"),
        (shelf.path("."), "it is a folder, and should be a file"),
    ] {
        let (send, answer) = sync_channel(1);
        let own = path.clone();
        std::thread::spawn(move || {
            let _ = send.send((problem(&own), check(&own)));
        });
        let (problem, reason) = answer.recv_timeout(SOON).expect("it waits");
        assert_eq!(problem, problem_of_it, "{path:?}");
        assert!(reason.unwrap_err().contains(problem_of_it), "{path:?}");
    }
}

#[test]
fn a_circle_of_links_ends() {
    let shelf = Shelf::new();
    symlink("b", shelf.path("a")).unwrap();
    symlink("a", shelf.path("b")).unwrap();
    let written = loadline::runtime::atomic_file::replace(&shelf.path("a"), "{}");
    assert!(written.is_err());
    assert!(check(&shelf.path("a")).is_err());
}
