//! An outbox that somebody else wrote: it sends no secret elsewhere, and no message in the person's name.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::Path;

use jiff::Timestamp;
use loadline::core::actions::outbox::{Outbox, QueuedMessage};
use loadline::core::actions::payload::Message;
use loadline::core::settings::action::{ActionKind, Preset};
use loadline::runtime::actions::outbox_file;
use loadline::runtime::actions::webhook::send_from;

use super::{Runner, action, alert, recorded_delivery, request, webhook};

/// Leaves a message of the action `team` in the outbox, as `change` makes it.
fn leave(folder: &Path, change: impl FnOnce(&mut Message)) {
    let mut message = Message::of(Preset::Json, &alert(91.0, "rustc"), "here", false);
    change(&mut message);
    let mut outbox = Outbox::default();
    let record = outbox.actions.entry("team".into()).or_default();
    record.undelivered.push(QueuedMessage { since: Timestamp::now(), message });
    fs::write(folder.join("actions.json"), outbox.write()).unwrap();
}

/// A folder of this mode.
fn folder(mode: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
    folder
}

#[test]
fn a_changed_message_sends_no_header_to_another_server() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let stolen = format!("@{}/stolen", other.local_addr().unwrap());
    let changes: [&dyn Fn(&mut Message); 4] = [
        &|message| message.path = stolen.clone(),
        &|message| message.content_type = "text/html".into(),
        &|message| message.headers = vec![("X-Forwarded-Host".into(), "evil".into())],
        &|message| message.body = "no JSON".into(),
    ];
    for change in changes {
        let folder = folder(0o700);
        leave(folder.path(), change);
        let runner = Runner::new(folder.path(), |action, message| send_from(action, message, &|_| None));
        let headers = vec![("Authorization".to_owned(), "Bearer s3cret".to_owned())];
        let url = "http://127.0.0.1:9".to_owned();
        runner.actions.take_settings(&[action("team", ActionKind::Webhook { url, preset: Preset::Json, headers })]);
        let problem = runner.outcome("team").unwrap_err();
        assert!(problem.contains("it was dropped"), "{problem}");
        assert_eq!(runner.end(), []);
        let left = outbox_file::read(folder.path()).unwrap().unwrap();
        assert!(left.actions["team"].undelivered.is_empty(), "{left:?}");
    }
    assert!(other.accept().is_err(), "nobody called");
}

/// The outbox in `folder` is neither used nor changed, which is said once, and actions run all the same.
#[track_caller]
fn is_not_used(folder: &Path, words: &str) {
    // The kernel may forbid root, too, to follow a link of somebody else here (proc(5), protected_symlinks).
    let file = fs::read_link(folder.join("actions.json")).unwrap_or_else(|_| "actions.json".into());
    let before = fs::read_to_string(folder.join(&file)).unwrap();
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(folder, deliver);
    let team = webhook("team");
    runner.actions.take_settings(std::slice::from_ref(&team));
    runner.actions.request(request(&team, 92));
    let problem = runner.outcome("team").unwrap_err();
    assert!(problem.contains(words), "{problem}");
    assert_eq!(runner.outcome("team"), Ok(()));
    assert_eq!(runner.end(), []);
    assert_eq!(*delivered.lock().unwrap(), [92]);
    assert_eq!(fs::read_to_string(folder.join(&file)).unwrap(), before);
}

#[test]
fn an_outbox_that_others_may_write_is_not_used() {
    let place = folder(0o777);
    leave(place.path(), |_| {});
    is_not_used(place.path(), "may be written by others (0777)");
    let place = folder(0o700);
    leave(place.path(), |_| {});
    fs::set_permissions(place.path().join("actions.json"), Permissions::from_mode(0o666)).unwrap();
    is_not_used(place.path(), "may be written by others (0666)");
}

#[test]
fn an_outbox_of_another_user_is_not_used() {
    const OTHER: u32 = 4_711;
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give files to another user");
        return;
    }
    let place = folder(0o1777);
    leave(place.path(), |_| {});
    chown(place.path().join("actions.json"), Some(OTHER), None).unwrap();
    is_not_used(place.path(), "belongs to another user (4711)");
    let place = folder(0o1777);
    leave(place.path(), |_| {});
    fs::rename(place.path().join("actions.json"), place.path().join("elsewhere.json")).unwrap();
    symlink("elsewhere.json", place.path().join("actions.json")).unwrap();
    lchown(place.path().join("actions.json"), Some(OTHER), None).unwrap();
    is_not_used(place.path(), "belongs to another user (4711)");
}

#[test]
fn a_message_of_another_preset_is_dropped_with_a_word() {
    let place = folder(0o700);
    leave(place.path(), |_| {});
    let runner = Runner::new(place.path(), |action, message| send_from(action, message, &|_| None));
    let url = "http://127.0.0.1:9".to_owned();
    let other = action("team", ActionKind::Webhook { url, preset: Preset::Alertmanager, headers: vec![] });
    runner.actions.take_settings(&[other]);
    let problem = runner.outcome("team").unwrap_err();
    assert!(problem.contains("its preset was changed"), "{problem}");
    runner.end();
}
