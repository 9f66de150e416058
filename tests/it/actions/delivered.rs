//! An action that has delivered an alert says so, for the alert counts as told then; one that was only tried does not.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use loadline::core::messages::effect::{ActionRequest, Event};
use loadline::runtime::actions::exchange::permanent;
use loadline::runtime::inbox::Input;

use super::{Runner, exchange_with, request, retryable, shell, webhook};
use crate::wait::{SOON, wait_for};

/// The number of the notification of the alert.
const SEQUENCE: u64 = 7;

fn of_alert(request: ActionRequest) -> ActionRequest {
    ActionRequest { sequence: SEQUENCE, ..request }
}

#[track_caller]
fn assert_delivered(runner: &Runner) {
    let next = wait_for("a delivery", SOON, || runner.inbox.poll());
    assert_eq!(next, Input::Event(Event::ActionDelivered { sequence: SEQUENCE }));
}

#[test]
fn a_webhook_has_delivered_once_an_attempt_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let attempts = AtomicU32::new(0);
    let runner = Runner::new(folder.path(), move |_, _| match attempts.fetch_add(1, Ordering::Relaxed) {
        0 => retryable(Duration::ZERO),
        1 => exchange_with(Ok(())),
        _ => exchange_with(Err(permanent("refused"))),
    });
    runner.actions.request(of_alert(request(&webhook("team"), 91)));
    assert_eq!(runner.outcome("team"), Err("no answer; trying again".into()));
    assert_eq!(runner.outcome("team"), Ok(()));
    assert_delivered(&runner);
    runner.actions.request(of_alert(request(&webhook("team"), 92)));
    assert_eq!(runner.outcome("team"), Err("refused".into()));
    assert_eq!(runner.end(), []);
}

#[test]
fn a_command_has_delivered_when_it_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let runner = Runner::new(folder.path(), |_, _| exchange_with(Ok(())));
    runner.actions.request(of_alert(request(&shell("fails", "exit 3"), 91)));
    assert!(runner.outcome("fails").is_err());
    runner.actions.request(of_alert(request(&shell("works", "true"), 91)));
    assert_eq!(runner.outcome("works"), Ok(()));
    assert_delivered(&runner);
    assert_eq!(runner.end(), []);
}

#[test]
fn an_end_and_a_message_of_an_earlier_run_tell_nothing_of_this_run() {
    let folder = tempfile::tempdir().unwrap();
    let runner = Runner::new(folder.path(), |_, _| retryable(SOON * 10));
    runner.actions.request(of_alert(request(&webhook("team"), 91)));
    assert_eq!(runner.outcome("team"), Err("no answer; trying again".into()));
    runner.end();
    let runner = Runner::new(folder.path(), |_, _| exchange_with(Ok(())));
    runner.actions.take_settings(&[webhook("team")]);
    assert_eq!(runner.outcome("team"), Ok(()));
    runner.actions.request(request(&webhook("team"), 92));
    assert_eq!(runner.outcome("team"), Ok(()));
    assert_eq!(runner.end(), []);
}
