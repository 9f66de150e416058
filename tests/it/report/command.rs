//! `loadline report` as a person types it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use jiff::Zoned;
use serde_json::{Value, json};

use super::past::*;
use crate::program::{Home, Ran};

/// Runs `loadline report` with a history of the last hours, in a home of its own.
fn report(home: &Home, history: &Path, arguments: &[&str]) -> Ran {
    let mut command = home.loadline(&[&["report"], arguments].concat());
    let output = command.env("LOADLINE_HISTORY", history).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn recent() -> Past {
    let past = Past::new(&Zoned::now().to_string());
    past.minutes(180, "1000", "5000");
    past
}

#[test]
fn the_report_prints_its_path_and_is_for_its_owner_alone() {
    let (home, past) = (Home::new(), recent());
    let ran = report(&home, &past.history(), &[]);
    let beside = past.history().with_file_name("report.html");
    assert_eq!(ran, Ran { status: Some(0), stdout: format!("{}\n", beside.display()), stderr: String::new() });
    assert_eq!(fs::metadata(&beside).unwrap().permissions().mode() & 0o777, 0o600);
    let page = fs::read_to_string(&beside).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(!page.contains("{{"), "something was not filled in");
}

#[test]
fn the_report_is_written_to_the_named_path_as_a_whole() {
    let (home, past) = (Home::new(), recent());
    let out = home.file("mine.html", "before");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o644)).unwrap();
    let link = home.path().join("link.html");
    std::os::unix::fs::symlink(&out, &link).unwrap();
    let ran = report(&home, &past.history(), &["--since", "2h", "--out", "link.html"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), "link.html\n"), "{ran:?}");
    assert!(fs::symlink_metadata(&link).unwrap().is_file(), "the link itself is replaced");
    assert!(fs::read_to_string(&link).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(fs::read_to_string(&out).unwrap(), "before");
    assert_eq!(report(&home, &past.history(), &["--since", "2h", "--out", "mine.html"]).status, Some(0));
    for page in [&link, &out] {
        assert_eq!(fs::metadata(page).unwrap().permissions().mode() & 0o777, 0o600, "whatever it was");
    }
    let left = fs::read_dir(home.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".loadline-"));
    assert_eq!(left.count(), 0);
}

#[test]
fn errors_about_the_output_name_the_way_out() {
    let (home, past) = (Home::new(), recent());
    let wrong = |arguments: &[&str]| {
        let ran = report(&home, &past.history(), arguments);
        assert_eq!(ran.stdout, "", "{ran:?}");
        (ran.status, ran.stderr.replace(&home.path().display().to_string(), "HOME"))
    };
    let folder = home.path().display().to_string();
    assert_eq!(
        wrong(&["--out", &folder]),
        (
            Some(1),
            "loadline: could not write the report to 'HOME': it is a folder; name a file in it with --out\n".into()
        )
    );
    let pipe = home.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let not_a_file =
        "loadline: could not write the report to 'pipe': it is not a file; name a file with --out, or '-' for stdout\n";
    assert_eq!(wrong(&["--out", "pipe"]), (Some(1), not_a_file.into()));
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "it is as it was");
    assert_eq!(wrong(&["--out", "-", "--open"]).0, Some(2));
    home.file("file", "");
    let (status, said) = wrong(&["--out", "file/report.html"]);
    assert_eq!(status, Some(1));
    assert!(said.starts_with("loadline: could not write the report to 'file/report.html': "), "{said}");
    assert!(said.ends_with("; name another file with --out\n"), "{said}");
    let (status, said) = wrong(&["--since", "yesterday"]);
    assert_eq!(status, Some(2));
    assert!(said.contains("'--since yesterday' is neither a length of time nor a date: give"), "{said}");
    let (status, said) = wrong(&["--since", "2999-01-01"]);
    assert_eq!(status, Some(1));
    assert!(said.contains("since 2999-01-01 00:00, which is yet to come: give an earlier --since"), "{said}");
}

#[test]
fn the_report_never_replaces_the_history() {
    let (home, past) = (Home::new(), recent());
    let before = fs::read(past.history()).unwrap();
    let link = home.path().join("link.html");
    std::os::unix::fs::symlink(past.history(), &link).unwrap();
    let folder = past.history().parent().unwrap().to_owned();
    let around = folder.join("..").join(folder.file_name().unwrap()).join("history.sqlite3-wal");
    for out in [past.history(), link, folder.join("history.sqlite3-shm"), around] {
        let ran = report(&home, &past.history(), &["--out", &out.display().to_string()]);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""), "{}", out.display());
        assert!(ran.stderr.ends_with(": the history itself is there; name another file with --out\n"), "{ran:?}");
    }
    assert!(fs::read(past.history()).unwrap() == before, "the history is another one");
}

#[test]
fn the_report_goes_to_stdout_and_its_path_is_printed_as_json() {
    let (home, past) = (Home::new(), recent());
    let ran = report(&home, &past.history(), &["--out", "-"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.starts_with("<!DOCTYPE html>") && ran.stdout.ends_with("</html>\n"));
    assert!(!home.path().join("-").exists() && !past.history().with_file_name("report.html").exists());

    let ran = report(&home, &past.history(), &["--json", "--out", "r.html"]);
    let said: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&said["version"], &said["type"], &said["path"]), (&json!(1), &json!("report"), &json!("r.html")));
    assert!(said["at"].as_str().unwrap().contains('T') && ran.stdout.ends_with("}\n"), "{ran:?}");
}

#[test]
fn without_a_history_nothing_is_written() {
    let (home, past) = (Home::new(), Past::new("2026-11-22T12:00:00Z[UTC]"));
    let missing = home.path().join("history.sqlite3");
    let ran = report(&home, &missing, &[]);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr.contains("there is no history in") && ran.stderr.contains("Loadline records while it runs"),
        "{ran:?}"
    );
    assert!(!missing.exists());

    let ran = report(&home, &past.history(), &[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("nothing has been recorded yet"), "{ran:?}");

    past.minutes(3, "1000", "5000");
    let ran = report(&home, &past.history(), &["--since", "2100-01-01"]);
    assert_eq!(ran.status, Some(1));
    let damaged = home.file("damaged.sqlite3", "this is no database, and long enough to be seen as none ".repeat(30));
    let ran = report(&home, &damaged, &[]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("could not read the history '"), "{ran:?}");
    assert!(!damaged.with_file_name("report.html").exists());
}

#[test]
fn an_error_about_an_empty_time_names_the_last_reading() {
    let (home, past) =
        (Home::new(), Past::new(&Zoned::now().checked_sub(jiff::Span::new().hours(50)).unwrap().to_string()));
    past.minutes(3, "1000", "5000");
    let ran = report(&home, &past.history(), &["--since", "1h"]);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr.contains("nothing has been recorded since ") && ran.stderr.contains("the last reading is of "),
        "{ran:?}"
    );
    assert!(ran.stderr.ends_with("; give an earlier --since\n"), "{ran:?}");
    assert_eq!(report(&home, &past.history(), &["--since", "3d"]).status, Some(0));
}

#[test]
fn the_opener_gets_the_path_of_the_report() {
    let (home, past) = (Home::new(), recent());
    let name = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opener = home.file(&format!("bin/{name}"), "#!/bin/sh\necho \"$@\" > opened\n");
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |path: &str| {
        let mut command = home.loadline(&["report", "--out", "r.html", "--open"]);
        command.env("LOADLINE_HISTORY", past.history()).env("PATH", path).output().unwrap()
    };
    let ran = run(&format!("{}:/usr/bin:/bin", opener.parent().unwrap().display()));
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(fs::read_to_string(home.path().join("opened")).unwrap(), "r.html\n");
    let ran = run("/nowhere");
    assert_eq!(ran.status.code(), Some(1));
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(
        said.contains("could not open 'r.html': ") && said.contains("could not be started; open it by hand"),
        "{said}"
    );
}

#[test]
fn the_files_of_the_page_are_short() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("resources/report");
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (name, text) = (entry.path(), fs::read_to_string(entry.path()).unwrap());
        assert!(text.lines().count() <= 400, "{} is too long", name.display());
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!(widest <= 130, "{} has a line of {widest} characters", name.display());
    }
}
