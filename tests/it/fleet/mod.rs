//! Many machines: the table of metrics, the command that prints it, the endpoint that serves it, the push to a server, and the
//! files for Prometheus.

mod alertmanager;
mod asking;
mod command;
mod files;
mod gate;
mod listening;
mod merged;
mod overview;
mod prometheus;
mod push;
mod push_commands;
mod push_turns;
mod refusals;
mod scrape;
mod servers;
mod table;
mod two_machines;
mod victoria_metrics;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A program of Debian's package, unpacked by `bundle/system-packages` or installed; `None` where there is none. `./tests/run`
/// brings both packages.
fn tool(package: &str, name: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_BIN_EXE_loadline")).ancestors().nth(2).unwrap();
    let unpacked = target.join(format!("unpacked/{package}/usr/bin/{name}"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed: Vec<PathBuf> = std::env::split_paths(&path).map(|folder| folder.join(name)).collect();
    let found = [unpacked].into_iter().chain(installed).find(|path| path.is_file());
    if found.is_none() {
        println!("not tested: there is no {name}; run ./bundle/system-packages prometheus alertmanager");
    }
    found
}

/// Runs a tool in `folder` with `input`, which must succeed. Nothing is run where there is no such tool.
#[track_caller]
fn check(package: &str, name: &str, arguments: &[&str], folder: &Path, input: &str) {
    let Some(tool) = tool(package, name) else { return };
    let mut command = Command::new(tool);
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let said = [stdout, stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    assert!(status.success(), "{name} {arguments:?}: {said}");
}

/// Has `promtool` check a scrape, where it is at hand.
#[track_caller]
fn check_metrics(scrape: &str) {
    check("prometheus", "promtool", &["check", "metrics"], Path::new("/"), scrape);
}

/// The value of a series in a scrape; `None` where it is absent.
fn value(scrape: &str, series: &str) -> Option<f64> {
    let line = scrape.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    Some(line.rsplit(' ').next().unwrap().parse().unwrap())
}
