//! Programs behind wrappers, loaders and programs of many commands: `top` names them as a person knows them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::process::Owned;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

/// Ends by itself when this test cannot end it.
const BUSY: &str = "ulimit -t 60; while :; do :; done";

/// The names that `top` prints.
fn named_by_top(home: &Home) -> Vec<String> {
    let ran = home.run(&["top", "--json"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
    json["by_cpu"].as_array().unwrap().iter().map(name).collect()
}

/// A busy program is among those that `top` names, by this name.
#[track_caller]
fn is_named(home: &Home, mut command: Command, name: &str) {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _busy = Owned(child);
    // Other programs may be busier for a while.
    wait_for(name, SOON * 3, || named_by_top(home).iter().any(|found| found == name).then_some(()));
}

/// A shell, which is busy, as a file of this name. Another process copies it: a file that this one has open for writing cannot be
/// run.
fn shell(home: &Home, name: &str) -> PathBuf {
    let path = home.path().join(name);
    assert!(Command::new("cp").arg("/bin/sh").arg(&path).status().unwrap().success());
    path
}

fn busy(program: &Path, before: &[&Path]) -> Command {
    let mut command = Command::new(program);
    command.args(before).args(["-c", BUSY]);
    command
}

#[test]
fn a_wrapped_program_goes_by_its_own_name() {
    let home = Home::new();
    let wrapped = shell(&home, ".busy-fox-wrapped");
    is_named(&home, busy(&wrapped, &[]), "busy-fox");
}

#[test]
fn a_program_that_the_loader_runs_goes_by_its_own_name() {
    let home = Home::new();
    let Some(loader) = loader() else { return };
    let program = shell(&home, "busy by loader");
    is_named(&home, busy(&loader, &[&program]), "busy by loader");
}

/// The loader that the shell of this machine names; `None`, with a line that says so, where it is linked statically.
fn loader() -> Option<PathBuf> {
    let folders = ["/lib64", "/lib"].map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    let is_loader = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_str().is_some_and(|name| name.starts_with("ld-linux")))
    };
    let found = folders.into_iter().flatten().map(|entry| entry.path()).find(is_loader);
    if found.is_none() {
        eprintln!("SKIPPED: no loader of shared libraries is known here");
    }
    found
}
