//! The end of Loadline: what comes to its own end in time is noted, and nobody waits for the rest.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use loadline::core::actions::outbox::QueuedMessage;
use loadline::core::actions::payload::Message;
use loadline::core::settings::action::Preset;
use loadline::runtime::actions::queue::{DispatchMessage, Job, JobQueue, JobResult, QueueId};

use super::{alert, webhook, went};
use crate::wait::SOON;

const LONG: Duration = Duration::from_secs(60);

/// An office that is shut while something is being done at this desk.
fn shut() -> (Arc<JobQueue>, QueueId, Job) {
    let message = Message::of(Preset::Json, &alert(91.0, "rustc"), "here", false);
    let job = Job::Deliver(QueuedMessage { since: Timestamp::now(), message });
    let office = Arc::new(JobQueue::default());
    let (desk, _) = office.enqueue(&webhook("team"), job.clone());
    let desk = desk.unwrap();
    assert!(office.next(&desk).is_some());
    office.finish(Duration::ZERO);
    (office, desk, job)
}

#[test]
fn a_delivery_that_ends_while_the_end_waits_is_noted() {
    let (office, desk, job) = shut();
    let (tell, told) = channel();
    let mine = Arc::clone(&office);
    let keeper = thread::spawn(move || {
        while let Some(letter) = mine.receive() {
            tell.send(matches!(letter, DispatchMessage::Done(JobResult { is_final: true, .. }))).unwrap();
        }
        mine.dispatcher_is_gone();
    });
    assert!(told.recv_timeout(Duration::from_millis(200)).is_err(), "it is still being delivered");
    office.complete(JobResult { desk, job, exchange: went(Ok(())), is_final: true }, None);
    assert_eq!(told.recv_timeout(SOON), Ok(true));
    office.wait_for_dispatcher(LONG);
    keeper.join().unwrap();
}

#[test]
fn one_that_does_not_is_not_waited_for() {
    let (office, ..) = shut();
    let mine = Arc::clone(&office);
    let keeper = thread::spawn(move || mine.receive().is_none());
    office.wait_for_dispatcher(Duration::ZERO);
    assert!(keeper.join().unwrap());
}
