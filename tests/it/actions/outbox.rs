//! The outbox: undelivered messages wait on disk for the next attempt or the next run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use loadline::core::actions::outbox::Outbox;
use loadline::runtime::actions::outbox_file;

use super::{Runner, recorded_delivery, request, retryable, shell, webhook, webhook_to};
use crate::wait::{SOON, wait_for};

const LATER: Duration = Duration::from_secs(600);

fn outbox(folder: &Path) -> Outbox {
    outbox_file::read(folder).unwrap().unwrap()
}

/// The number of undelivered messages of the action `name`.
fn waiting(folder: &Path, name: &str) -> usize {
    outbox(folder).actions.get(name).map_or(0, |record| record.undelivered.len())
}

/// Leaves messages of these percentages undelivered.
fn leave_undelivered(folder: &Path, name: &str, percents: &[u8]) {
    let runner = Runner::new(folder, |_, _| retryable(LATER));
    percents.iter().for_each(|percent| runner.actions.request(request(&webhook(name), *percent)));
    assert_eq!(runner.outcome(name), Err("no answer; trying again".into()));
    runner.end();
}

/// Makes all undelivered messages as old as this.
fn grow_old(folder: &Path, by: SignedDuration) {
    let mut outbox = outbox(folder);
    let undelivered = outbox.actions.values_mut().flat_map(|record| &mut record.undelivered);
    undelivered.for_each(|one| one.since = Timestamp::now() - by);
    fs::write(folder.join("actions.json"), outbox.write()).unwrap();
}

#[test]
fn undelivered_messages_are_delivered_by_the_next_run_in_order_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("state");
    let ending = Instant::now();
    leave_undelivered(&folder, "team", &[91, 92, 93]);
    assert!(ending.elapsed() < SOON, "an attempt that is ten minutes away does not hold up the end");
    assert_eq!(waiting(&folder, "team"), 3);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("actions.json"))), (0o700, 0o600));

    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(&folder, deliver);
    runner.actions.take_settings(&[webhook("team")]);
    (0..3).for_each(|_| assert_eq!(runner.outcome("team"), Ok(())));
    assert_eq!(runner.end(), []);
    assert_eq!(*delivered.lock().unwrap(), [91, 92, 93]);
    assert_eq!(waiting(&folder, "team"), 0);
    let last = outbox(&folder).actions["team"].last.clone().unwrap();
    assert_eq!((last.ok, last.text.as_str(), last.output.as_str()), (true, "", "thanks"));
}

#[test]
fn messages_of_an_earlier_run_are_delivered_also_if_a_request_comes_before_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    leave_undelivered(folder.path(), "team", &[91, 92]);
    leave_undelivered(folder.path(), "other", &[93]);
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(folder.path(), deliver);
    runner.actions.request(request(&webhook("team"), 94));
    (0..3).for_each(|_| assert_eq!(runner.outcome("team"), Ok(())));
    assert_eq!(*delivered.lock().unwrap(), [91, 92, 94], "in order");
    runner.actions.take_settings(&[webhook("team"), webhook("other")]);
    assert_eq!(runner.outcome("other"), Ok(()));
    runner.actions.take_settings(&[webhook("team"), webhook("other")]);
    assert_eq!(runner.end(), []);
    assert_eq!(*delivered.lock().unwrap(), [91, 92, 94, 93], "once");
}

#[test]
fn settings_that_are_read_again_deliver_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(folder.path(), deliver);
    let team = webhook("team");
    for percent in 1..=20 {
        runner.actions.request(request(&team, percent));
        runner.actions.take_settings(&[Arc::clone(&team)]);
    }
    (1..=20).for_each(|_| assert_eq!(runner.outcome("team"), Ok(())));
    assert_eq!(runner.end(), []);
    assert_eq!(*delivered.lock().unwrap(), (1..=20).collect::<Vec<_>>());
}

#[test]
fn a_message_is_on_disk_before_it_is_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_owned();
    let runner = Runner::new(folder.path(), move |_, _| {
        assert_eq!(waiting(&place, "team"), 1);
        retryable(LATER)
    });
    runner.actions.request(request(&webhook("team"), 91));
    assert_eq!(runner.outcome("team"), Err("no answer; trying again".into()));
    // The next one too, while the first waits.
    runner.actions.request(request(&webhook("team"), 92));
    wait_for("the second message on disk", SOON, || (waiting(folder.path(), "team") == 2).then_some(()));
    let failed = || outbox(folder.path()).actions["team"].last.clone();
    let last = wait_for("the failure on disk", SOON, failed);
    assert_eq!((last.ok, last.text.as_str()), (false, "no answer; trying again"));
}

#[test]
fn messages_of_removed_actions_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    leave_undelivered(folder.path(), "team", &[91]);
    leave_undelivered(folder.path(), "gone", &[92]);
    leave_undelivered(folder.path(), "turned", &[93]);
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(folder.path(), deliver);
    runner.actions.take_settings(&[webhook("team"), shell("turned", "true")]);
    assert_eq!(runner.outcome("team"), Ok(()));
    assert_eq!(runner.end(), []);
    assert_eq!(*delivered.lock().unwrap(), [91]);
    let outbox = outbox(folder.path());
    assert_eq!(outbox.actions.keys().collect::<Vec<_>>(), ["team", "turned"]);
    assert!(outbox.actions.values().all(|record| record.undelivered.is_empty()));
}

#[test]
fn an_action_removed_while_it_waits_loses_its_messages() {
    let folder = tempfile::tempdir().unwrap();
    let runner = Runner::new(folder.path(), |_, _| retryable(LATER));
    runner.actions.take_settings(&[webhook("team")]);
    runner.actions.request(request(&webhook("team"), 91));
    assert_eq!(runner.outcome("team"), Err("no answer; trying again".into()));
    runner.actions.take_settings(&[]);
    assert_eq!(runner.outcome("team"), Ok(()), "the problem is taken back");
    assert_eq!(runner.end(), []);
    assert_eq!(outbox(folder.path()), Outbox::default());
}

#[test]
fn after_an_hour_a_message_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    leave_undelivered(folder.path(), "team", &[91]);
    grow_old(folder.path(), SignedDuration::from_secs(3_594));
    let runner = Runner::new(folder.path(), |_, _| retryable(LATER));
    runner.actions.take_settings(&[webhook("team")]);
    assert_eq!(runner.outcome("team"), Err("no answer; trying again".into()));
    let text = "a message was given up: it could not be delivered within an hour";
    assert_eq!(runner.outcome("team"), Err(text.into()), "ten minutes were asked for, and seconds were left");
    assert_eq!(runner.end(), []);
    assert_eq!(waiting(folder.path(), "team"), 0);

    leave_undelivered(folder.path(), "team", &[92]);
    grow_old(folder.path(), SignedDuration::from_secs(3_600));
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(folder.path(), deliver);
    runner.actions.take_settings(&[webhook("team")]);
    assert_eq!(runner.outcome("team"), Err(text.into()), "also a message that expired while nothing ran");
    runner.actions.take_settings(&[webhook("team")]);
    assert_eq!(runner.end(), [], "once");
    assert!(delivered.lock().unwrap().is_empty(), "there is no attempt");
    let last = outbox(folder.path()).actions["team"].last.clone().unwrap();
    assert_eq!((last.ok, last.text.as_str(), waiting(folder.path(), "team")), (false, text, 0));
}

#[test]
fn a_queued_message_does_not_change() {
    let folder = tempfile::tempdir().unwrap();
    leave_undelivered(folder.path(), "team", &[91]);
    let before = outbox(folder.path()).actions["team"].undelivered.clone();
    let runner = Runner::new(folder.path(), |_, _| retryable(LATER));
    runner.actions.take_settings(&[webhook("team")]);
    assert_eq!(runner.outcome("team"), Err("no answer; trying again".into()));
    runner.actions.take_settings(&[webhook_to("team", "https://other.example.org")]);
    assert_eq!(runner.outcome("team"), Err("no answer; trying again".into()));
    runner.end();
    assert_eq!(outbox(folder.path()).actions["team"].undelivered, before);
}
