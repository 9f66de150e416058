//! The report and the links of others: none is written through, and the page is for this user alone.

use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;

use jiff::Zoned;

use super::past::Past;
use crate::program::{Home, Ran};

/// A user who is neither root nor anybody else.
const OTHER: u32 = 4_711;

fn recent() -> Past {
    let past = Past::new(&Zoned::now().to_string());
    past.minutes(180, "1000", "5000");
    past
}

fn report(home: &Home, past: &Past, out: &Path) -> Ran {
    let mut command = home.loadline(&["report", "--out"]);
    let output = command.arg(out).env("LOADLINE_HISTORY", past.history()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A folder in which everybody may make files; `None`, which is said, where this user cannot act as another.
fn shared(home: &Home) -> Option<std::path::PathBuf> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not tested: only root can act as two users");
        return None;
    }
    let folder = home.path().join("shared");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o1777)).unwrap();
    Some(folder)
}

fn is_page(path: &Path) -> bool {
    let found = fs::symlink_metadata(path).unwrap();
    found.is_file()
        && found.permissions().mode() & 0o777 == 0o600
        && fs::read_to_string(path).unwrap().starts_with("<!DOC")
}

#[test]
fn a_link_of_another_in_the_place_of_the_report_is_replaced_itself() {
    let (home, past) = (Home::new(), recent());
    let Some(shared) = shared(&home) else { return };
    let mine = home.file("mine", "mine");
    for target in [mine.clone(), home.path().join("nothing"), "/dev/null".into()] {
        let out = shared.join("report.html");
        let _ = fs::remove_file(&out);
        symlink(&target, &out).unwrap();
        lchown(&out, Some(OTHER), Some(OTHER)).unwrap();
        let ran = report(&home, &past, &out);
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(is_page(&out), "{target:?}");
    }
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    assert!(!home.path().join("nothing").exists());
}

#[test]
fn links_of_others_on_the_way_are_refused_and_own_ones_are_followed() {
    let (home, past) = (Home::new(), recent());
    let Some(shared) = shared(&home) else { return };
    fs::create_dir(home.path().join("pages")).unwrap();
    let way = shared.join("way");
    symlink(home.path().join("pages"), &way).unwrap();
    assert_eq!(report(&home, &past, &way.join("r.html")).status, Some(0));
    assert!(is_page(&home.path().join("pages/r.html")));
    fs::remove_file(home.path().join("pages/r.html")).unwrap();
    lchown(&way, Some(OTHER), Some(OTHER)).unwrap();
    for out in [way.join("r.html"), shared.join("../shared/way/r.html"), way.join("new/r.html")] {
        let ran = report(&home, &past, &out);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        let reason =
            format!("is a link of another user ({OTHER}), which is not followed; name another file with --out\n");
        assert!(ran.stderr.ends_with(&reason), "{ran:?}");
    }
    assert_eq!(fs::read_dir(home.path().join("pages")).unwrap().count(), 0);
}

#[test]
fn a_place_that_cannot_be_seen_is_refused() {
    let (home, past) = (Home::new(), recent());
    let Some(shared) = shared(&home) else { return };
    // As another user, who may enter neither the closed folder nor replace a file of root.
    for folder in [home.path(), past.history().parent().unwrap()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(past.history(), fs::Permissions::from_mode(0o644)).unwrap();
    let closed = shared.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let run = |out: &Path| {
        let mut command = home.loadline(&["report", "--out"]);
        command.arg(out).env("LOADLINE_HISTORY", past.history()).uid(OTHER).gid(OTHER);
        command.output()
    };
    symlink(closed.join("r.html"), shared.join("link.html")).unwrap();
    for out in [closed.join("r.html"), shared.join("link.html")] {
        let Ok(ran) = run(&out) else { return eprintln!("not tested: another user cannot start the program") };
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(said.starts_with("loadline: could not write the report to '"), "{said}");
    }
    assert!(fs::symlink_metadata(shared.join("link.html")).unwrap().is_symlink());
    assert_eq!(fs::read_dir(&closed).unwrap().count(), 0);
    // And a page of its own.
    let ran = run(&shared.join("own.html")).unwrap();
    assert!(ran.status.success() && is_page(&shared.join("own.html")), "{ran:?}");
}
