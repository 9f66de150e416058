//! The dispatcher and its workers refuse every action of an untrusted file, at once, each time, and just before the start.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use loadline::core::settings::action::Action;
use loadline::runtime::inbox::Input;
use serde_json::json;

use super::super::watching::{home, watch};
use super::super::{Delivered, Runner, line_in, recorded_delivery, request, shell, webhook};
use super::{Shelf, set_mode};
use crate::wait::{SOON, wait_for};
use crate::webhooks::server::Server;

/// A runner of the actions in a settings file.
struct Watched {
    runner: Runner,
    delivered: Delivered,
    settings: PathBuf,
    shelf: Shelf,
}

impl Watched {
    fn new(mode: u32) -> Watched {
        let shelf = Shelf::new();
        let settings = shelf.file("settings.json", "{}", mode);
        let (delivered, deliver) = recorded_delivery();
        let runner = Runner::of(Some(settings.clone()), &shelf.path("state"), deliver);
        Watched { runner, delivered, settings, shelf }
    }

    /// Puts a new file in the place of the settings file.
    fn replace(&self, mode: u32) {
        let new = self.shelf.file("new", "{}", mode);
        fs::rename(new, &self.settings).unwrap();
    }

    /// The refusal of a request to do `action`.
    #[track_caller]
    fn refusal(&self, action: &Arc<Action>) -> String {
        self.runner.actions.request(request(action, 91));
        self.runner.outcome(&action.name).unwrap_err()
    }
}

fn untrusted(action: &Arc<Action>) -> Arc<Action> {
    Arc::new(Action { is_trusted: false, ..Action::clone(action) })
}

#[test]
fn actions_of_a_file_that_others_may_write_are_refused_at_once_and_each_time() {
    for is_command in [true, false] {
        let watched = Watched::new(0o666);
        let touched = watched.shelf.path("touched");
        let touch = shell("a", &format!("echo x > '{}'", touched.display()));
        let action = if is_command { touch } else { webhook("a") };
        watched.runner.actions.take_settings(&[untrusted(&action)]);
        let reason = watched.runner.outcome("a").unwrap_err();
        assert!(reason.contains("may be written by others (mode 0666)"), "{reason}");
        assert_eq!(watched.refusal(&untrusted(&action)), reason);
        // The mode alone changes nothing.
        set_mode(&watched.settings, 0o600);
        assert!(watched.refusal(&untrusted(&action)).contains("could be written by others"));
        assert!(watched.refusal(&action).contains("could be written by others"));
        assert!(!touched.exists() && watched.delivered.lock().unwrap().is_empty());

        watched.replace(0o600);
        watched.runner.actions.take_settings(&[Arc::clone(&action)]);
        assert_eq!(watched.runner.outcome("a"), Ok(()), "the problem is taken back");
        watched.runner.actions.request(request(&action, 91));
        assert_eq!(watched.runner.outcome("a"), Ok(()));
        assert!(if is_command { line_in(&touched) == "x" } else { *watched.delivered.lock().unwrap() == [91] });
        assert_eq!(watched.runner.end(), Vec::<Input>::new());
    }
}

#[test]
fn actions_that_others_could_write_stay_refused_until_they_are_read_again() {
    let watched = Watched::new(0o600);
    let touched = watched.shelf.path("touched");
    let touch = shell("touch", &format!("echo x > '{}'", touched.display()));
    watched.runner.actions.take_settings(&[untrusted(&touch)]);
    let reason = watched.runner.outcome("touch").unwrap_err();
    let way_out = format!("look them through and do: touch '{}'", watched.settings.display());
    assert!(reason.ends_with(&way_out), "{reason}");
    // As when the menu saves the settings in memory.
    watched.replace(0o600);
    assert_eq!(watched.refusal(&untrusted(&touch)), reason);
    for action in [&touch, &webhook("team")] {
        fs::remove_file(&watched.settings).unwrap();
        assert!(watched.refusal(action).contains("the settings file they came from is gone"));
        watched.replace(0o600);
    }
    assert!(!touched.exists());
    watched.runner.actions.take_settings(&[Arc::clone(&touch)]);
    assert_eq!(watched.runner.outcome("touch"), Ok(()), "the problem is taken back");
    watched.runner.actions.request(request(&touch, 91));
    assert_eq!(watched.runner.outcome("touch"), Ok(()));
    assert_eq!(line_in(&touched), "x");
    assert_eq!(watched.runner.end(), Vec::<Input>::new());
}

/// A command that waits until `go` is there, and then writes `word`.
fn gated(watched: &Watched, word: &str) -> Arc<Action> {
    let [go, begun, log] = ["go", "begun", "log"].map(|name| watched.shelf.path(name).display().to_string());
    let wait = format!("echo x > '{begun}'; until [ -e '{go}' ]; do sleep 0.05; done");
    shell("log", &format!("{wait}; echo {word} >> '{log}'"))
}

#[test]
fn a_queued_run_keeps_its_own_arguments() {
    let watched = Watched::new(0o600);
    let (old, new) = (gated(&watched, "old"), gated(&watched, "new"));
    (0..2).for_each(|_| watched.runner.actions.request(request(&old, 91)));
    line_in(&watched.shelf.path("begun"));
    watched.runner.actions.take_settings(&[Arc::clone(&new)]);
    watched.runner.actions.request(request(&new, 92));
    watched.shelf.file("go", "", 0o600);
    (0..3).for_each(|_| assert_eq!(watched.runner.outcome("log"), Ok(())));
    assert_eq!(fs::read_to_string(watched.shelf.path("log")).unwrap(), "old\nold\nnew\n");
    assert_eq!(watched.runner.end(), []);
}

#[test]
fn trust_that_is_lost_in_the_queue_stops_the_run() {
    let watched = Watched::new(0o600);
    let old = gated(&watched, "old");
    (0..2).for_each(|_| watched.runner.actions.request(request(&old, 91)));
    line_in(&watched.shelf.path("begun"));
    set_mode(&watched.settings, 0o622);
    watched.runner.actions.take_settings(&[untrusted(&gated(&watched, "new"))]);
    assert!(watched.runner.outcome("log").unwrap_err().contains("may be written by others (mode 0622)"));
    watched.shelf.file("go", "", 0o600);
    assert_eq!(watched.runner.outcome("log"), Ok(()), "the one that had begun");
    assert!(watched.runner.outcome("log").unwrap_err().contains("may be written by others (mode 0622)"));
    assert_eq!(fs::read_to_string(watched.shelf.path("log")).unwrap(), "old\n");
    assert_eq!(watched.runner.end(), []);
}

#[test]
fn a_message_that_waits_goes_out_once_its_action_is_trusted_again() {
    let watched = Watched::new(0o600);
    let team = webhook("team");
    // Left by an earlier run.
    watched.runner.actions.take_settings(&[Arc::clone(&team)]);
    let (shelf, settings) = (Shelf::new(), watched.settings.clone());
    let failing = Runner::of(Some(settings.clone()), &shelf.path("state"), |_, _| {
        super::super::retryable(std::time::Duration::from_secs(600))
    });
    failing.actions.request(request(&team, 91));
    assert_eq!(failing.outcome("team"), Err("no answer; trying again".into()));
    failing.end();
    set_mode(&settings, 0o666);
    let (delivered, deliver) = recorded_delivery();
    let next = Runner::of(Some(settings), &shelf.path("state"), deliver);
    next.actions.take_settings(&[untrusted(&team)]);
    // By the dispatcher, and by the worker of the message.
    let reasons = [(); 2].map(|()| next.outcome("team").unwrap_err());
    assert!(reasons.iter().all(|reason| reason.contains("may be written by others")), "{reasons:?}");
    assert!(delivered.lock().unwrap().is_empty());
    watched.replace(0o600);
    next.actions.take_settings(&[team]);
    wait_for("the message", SOON, || (*delivered.lock().unwrap() == [91]).then_some(()));
}

#[test]
fn no_variable_is_sent_from_a_file_that_others_may_write() {
    let server = Server::start();
    let url = format!("{}?t=${{SECRET_TOKEN}}", server.url("/ok"));
    for folder_alone in [false, true] {
        let home = home(&json!([{ "name": "hook", "webhook": url, "headers": { "X": "${SECRET_TOKEN}" } }]));
        if folder_alone {
            set_mode(home.settings().parent().unwrap(), 0o777);
        } else {
            set_mode(&home.settings(), 0o666);
        }
        let program = watch(&home, &[10, 91, 20]);
        let complaint = program.wait_err("action 'hook': actions are not done: ");
        assert!(complaint.contains("may be written by others"), "{complaint}");
        wait_for("both lines", SOON, || (program.out().len() == 2).then_some(()));
        let ran = home.loadline(&["actions", "test", "hook"]).env("SECRET_TOKEN", "s3cret").output().unwrap();
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        let doctor = home.run(&["doctor"]).stdout;
        assert!(doctor.contains("FAIL  action hook") && doctor.contains("actions are not done"), "{doctor}");
    }
    // The only requests are those of a file which is trusted.
    let home = home(&json!([{ "name": "hook", "webhook": server.url("/ok?trusted") }]));
    assert_eq!(home.run(&["actions", "test", "hook"]).status, Some(0));
    assert_eq!(server.requests(2), ["POST /ok?trusted"; 2], "an alert and its end");
}
