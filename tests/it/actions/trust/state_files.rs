//! The files of the state are read only from where nobody else could have written them, and a pipe in their place is not waited
//! for.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use jiff::Timestamp;
use loadline::core::updates::schedule::UpdateCheck;
use serde_json::json;

use super::super::trusted_home;
use super::{give, other_user, set_mode};
use crate::program::Home;

const CHECKED: &str = "ok    updates        'https://github.com/o/l' has no release";
const NOT_YET: &str = "is checked once a day, by the Loadline in the menu bar; not yet";

/// A home whose last check for a newer version is in its file.
fn checked() -> (Home, PathBuf) {
    let home = trusted_home(&json!({ "updates_from": "https://github.com/o/l" }));
    let repository = "https://github.com/o/l".parse().unwrap();
    let check = UpdateCheck { at: Timestamp::now(), repository, outcome: Ok(None) };
    let folder =
        if cfg!(target_os = "macos") { "Library/Application Support/Loadline" } else { ".local/state/loadline" };
    let path = home.file(&format!("{folder}/updates.json"), check.write());
    set_mode(path.parent().unwrap(), 0o700);
    set_mode(&path, 0o600);
    (home, path)
}

#[track_caller]
fn doctor_says(home: &Home, line: &str) {
    let doctor = home.run(&["doctor"]).stdout;
    assert!(doctor.contains(line), "{line} is not in {doctor}");
}

#[test]
fn a_check_that_others_could_have_written_down_does_not_count() {
    let (home, path) = checked();
    doctor_says(&home, CHECKED);
    set_mode(&path, 0o666);
    doctor_says(&home, NOT_YET);
    set_mode(&path, 0o600);
    set_mode(path.parent().unwrap(), 0o777);
    doctor_says(&home, NOT_YET);
    set_mode(path.parent().unwrap(), 0o700);
    doctor_says(&home, CHECKED);
    let Some(other) = other_user() else { return };
    give(&path, other);
    doctor_says(&home, NOT_YET);
}

#[test]
fn a_pipe_in_the_place_of_the_last_check_is_not_waited_for() {
    let (home, path) = checked();
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    doctor_says(&home, NOT_YET);
}
