//! The end of Loadline: a delivery that ends in time is stored, and the others are not waited for.

use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use loadline::runtime::actions::{FinishLimits, outbox_file};

use super::{Runner, gated_delivery, request, webhook};
use crate::wait::SOON;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_delivery_that_ends_within_the_limit_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (begun, open, deliver) = gated_delivery();
    let mut runner = Runner::new(folder.path(), deliver);
    runner.actions.limits = FinishLimits { jobs: Duration::ZERO, results: LONG };
    runner.actions.request(request(&webhook("team"), 91));
    assert_eq!(begun.recv_timeout(SOON), Ok(91));
    let (ended, has_ended) = sync_channel(1);
    let ending = thread::spawn(move || {
        runner.end();
        ended.send(()).unwrap();
    });
    assert!(has_ended.recv_timeout(Duration::from_millis(200)).is_err(), "it is still being delivered");
    open.send(()).unwrap();
    has_ended.recv_timeout(SOON).unwrap();
    ending.join().unwrap();
    let record = outbox_file::read(folder.path()).unwrap().unwrap().actions["team"].clone();
    assert!(record.undelivered.is_empty() && record.last.unwrap().ok);
}

#[test]
fn a_delivery_that_takes_longer_is_not_waited_for_and_stays_in_the_outbox() {
    let folder = tempfile::tempdir().unwrap();
    let (begun, open, deliver) = gated_delivery();
    let mut runner = Runner::new(folder.path(), deliver);
    runner.actions.limits = FinishLimits { jobs: Duration::ZERO, results: Duration::ZERO };
    runner.actions.request(request(&webhook("team"), 91));
    runner.actions.request(request(&webhook("team"), 92));
    assert_eq!(begun.recv_timeout(SOON), Ok(91));
    let ending = Instant::now();
    runner.end();
    assert!(ending.elapsed() < SOON, "{:?}", ending.elapsed());
    assert!(!outbox_file::read(folder.path()).unwrap().unwrap().actions["team"].undelivered.is_empty());
    open.send(()).unwrap();
    assert!(begun.recv_timeout(Duration::from_millis(200)).is_err(), "no further delivery is begun");
}
