//! The dispatcher and its workers: jobs run in order and once, delay nothing else, and never hold up the end.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use loadline::core::actions::payload::Message;
use loadline::runtime::actions::exchange::Failure;
use loadline::runtime::actions::outbox_file;

use super::{
    Runner, exchange_with, gated_delivery, is_alive, line_in, percent, recorded_delivery, request, retryable, shell,
    webhook, webhook_to,
};
use crate::wait::{SOON, wait_for};

const LEFT: &str = "left to the Loadline that is already running";

#[test]
fn without_actions_no_file_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let runner = Runner::new(&state, |_, _| exchange_with(Ok(())));
    runner.actions.take_settings(&[]);
    assert_eq!(runner.end(), []);
    assert!(!state.exists());
}

#[test]
fn commands_are_run_one_after_the_other_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let action = shell("log", &format!("echo $LOADLINE_VALUE_PERCENT >> '{}'", log.display()));
    let runner = Runner::new(folder.path(), |_, _| exchange_with(Ok(())));
    (81..=90).for_each(|percent| runner.actions.request(request(&action, percent)));
    (81..=90).for_each(|_| assert_eq!(runner.outcome("log"), Ok(())));
    let expected: String = (81..=90).map(|percent| format!("{percent}\n")).collect();
    assert_eq!(fs::read_to_string(log).unwrap(), expected);
    assert_eq!(runner.end(), []);
}

#[test]
fn a_command_that_hangs_delays_nothing_else_and_not_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let hanging = shell("hanging", &format!("echo $$ > '{}'; exec sleep 1000", file.display()));
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(folder.path(), deliver);
    runner.actions.request(request(&hanging, 91));
    let pid = line_in(&file);
    runner.actions.request(request(&webhook("team"), 91));
    assert_eq!(runner.outcome("team"), Ok(()));
    assert_eq!(*delivered.lock().unwrap(), [91]);
    let ending = Instant::now();
    runner.end();
    assert!(ending.elapsed() < SOON, "{:?}", ending.elapsed());
    wait_for("the end of the command", SOON, || (!is_alive(&pid)).then_some(()));
}

#[test]
fn a_request_just_before_the_end_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(folder.path(), deliver);
    runner.actions.request(request(&webhook("team"), 91));
    runner.end();
    // Delivered, unless that takes longer than the limit: then it waits on disk.
    let outbox = outbox_file::read(folder.path()).unwrap().unwrap();
    let waiting = outbox.actions["team"].undelivered.len();
    assert!(waiting == 1 || *delivered.lock().unwrap() == [91], "{outbox:?}");
}

#[test]
fn a_full_queue_evicts_the_oldest_message() {
    let folder = tempfile::tempdir().unwrap();
    let (begun, open, deliver) = gated_delivery();
    let runner = Runner::new(folder.path(), deliver);
    let team = webhook("team");
    runner.actions.request(request(&team, 1));
    assert_eq!(begun.recv_timeout(SOON), Ok(1));
    // One is being delivered, and 32 may wait.
    (2..=36).for_each(|percent| runner.actions.request(request(&team, percent)));
    for _ in 0..3 {
        assert_eq!(runner.outcome("team"), Err("more waits than can be kept: the oldest was dropped".into()));
    }
    (0..33).for_each(|_| open.send(()).unwrap());
    (0..33).for_each(|_| assert_eq!(runner.outcome("team"), Ok(())));
    assert_eq!(begun.try_iter().collect::<Vec<_>>(), (5..=36).collect::<Vec<_>>());
    assert_eq!(runner.end(), []);
}

#[test]
fn a_retryable_failure_is_reported_at_once_and_tried_again_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let mine = Arc::clone(&attempts);
    let runner = Runner::new(folder.path(), move |_, message| {
        let mut attempts = mine.lock().unwrap();
        attempts.push(percent(message));
        if attempts.len() <= 3 { retryable(Duration::ZERO) } else { exchange_with(Ok(())) }
    });
    let team = webhook("team");
    runner.actions.request(request(&team, 91));
    runner.actions.request(request(&team, 92));
    (0..3).for_each(|_| assert_eq!(runner.outcome("team"), Err("no answer; trying again".into())));
    (0..2).for_each(|_| assert_eq!(runner.outcome("team"), Ok(())));
    assert_eq!(*attempts.lock().unwrap(), [91, 91, 91, 91, 92]);
}

#[test]
fn a_permanent_failure_is_reported_once_and_the_next_message_is_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let refuse = |message: &Message| match percent(message) {
        91 => Err(Failure { text: "refused".into(), is_retryable: false, retry_after: None }),
        _ => Ok(()),
    };
    let runner = Runner::new(folder.path(), move |_, message| exchange_with(refuse(message)));
    let team = webhook("team");
    runner.actions.request(request(&team, 91));
    runner.actions.request(request(&team, 92));
    assert_eq!(runner.outcome("team"), Err("refused".into()));
    assert_eq!(runner.outcome("team"), Ok(()));
    assert_eq!(runner.end(), []);
}

#[test]
fn a_corrected_address_is_tried_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let good = webhook_to("team", "https://good.example.org");
    let kind = good.kind.clone();
    let runner = Runner::new(folder.path(), move |action, _| {
        if action.kind == kind { exchange_with(Ok(())) } else { retryable(Duration::from_secs(600)) }
    });
    runner.actions.request(request(&webhook_to("team", "https://bad.example.org"), 91));
    assert_eq!(runner.outcome("team"), Err("no answer; trying again".into()));
    runner.actions.take_settings(&[good]);
    assert_eq!(runner.outcome("team"), Ok(()));
}

#[test]
fn an_action_that_changes_its_kind_runs_in_the_new_way() {
    let folder = tempfile::tempdir().unwrap();
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(folder.path(), deliver);
    let file = folder.path().join("file");
    let as_command = shell("x", &format!("echo done > '{}'", file.display()));
    runner.actions.request(request(&webhook("x"), 91));
    assert_eq!(runner.outcome("x"), Ok(()));
    runner.actions.request(request(&as_command, 92));
    assert_eq!(runner.outcome("x"), Ok(()));
    assert_eq!(line_in(&file), "done");
    runner.actions.request(request(&webhook("x"), 93));
    assert_eq!(runner.outcome("x"), Ok(()));
    assert_eq!(runner.end(), []);
    assert_eq!(*delivered.lock().unwrap(), [91, 93]);
}

#[test]
fn a_second_loadline_leaves_actions_to_the_first_until_that_ends() {
    let folder = tempfile::tempdir().unwrap();
    let first = Runner::new(folder.path(), |_, _| exchange_with(Ok(())));
    let second = Runner::new(folder.path(), |_, _| exchange_with(Ok(())));
    let team = webhook("team");
    first.actions.request(request(&team, 91));
    assert_eq!(first.outcome("team"), Ok(()));
    second.actions.take_settings(&[Arc::clone(&team)]);
    (0..2).for_each(|_| {
        second.actions.request(request(&team, 91));
        assert_eq!(second.outcome("team"), Err(LEFT.into()));
    });
    assert_eq!(first.end(), []);
    second.actions.request(request(&team, 92));
    assert_eq!(second.outcome("team"), Ok(()));
}
