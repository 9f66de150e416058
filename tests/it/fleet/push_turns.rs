//! Two Loadlines of one state, an end after a failed attempt, settings that change meanwhile, and a page in place of a server.

use std::fs;

use super::gate::{Gate, Passage};
use crate::process::Program;
use crate::program::{Home, Ran};
use crate::wait::{SOON, wait_for};

/// The value that ends a series, as it is on the wire.
const END: [u8; 8] = 0x7ff0_0000_0000_0002_u64.to_le_bytes();

/// A gate that takes everything, with no server behind it.
fn taking() -> Gate {
    let gate = Gate::before("127.0.0.1:1");
    gate.set(Passage::Answered(204));
    gate
}

fn settings(gate: &Gate, every: &str, key: &str) -> String {
    let headers = format!(r#"{{"X-Key": "{key}"}}"#);
    format!(
        r#"{{"history": false, "metrics": {{"push": {{"url": "{}", "headers": {headers}, "every": "{every}"}}}}}}"#,
        gate.url()
    )
}

/// A monitor without alerts: each would be a push of its own.
fn watch(home: &Home) -> Program {
    Program::start(home.loadline(&["watch", "--quiet", "--every", "250ms", "--cpu", "off", "--memory", "off"]))
}

fn has(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|bytes| bytes == part)
}

fn probes(gate: &Gate) -> usize {
    gate.passed().iter().filter(|request| !request.has_values()).count()
}

#[test]
fn two_loadlines_of_one_state_push_once_and_the_second_takes_over() {
    let gate = taking();
    let home = Home::new().with_settings(settings(&gate, "5s", "a"));
    let mut first = watch(&home);
    gate.with_values(1);
    let mut second = watch(&home);
    second.wait_err("metrics are not pushed: another Loadline with the same state pushes them");
    let pushed = gate.with_values(1).len();
    gate.with_values(pushed + 2);
    assert_eq!((probes(&gate), second.err().len()), (1, 1), "it is said once, and no server is asked");
    // The end of one that does not push ends no series.
    second.signal("TERM");
    assert!(second.wait_exit().success());
    assert!(!gate.passed().iter().any(|request| has(&request.body, &END)));

    let third = watch(&home);
    third.wait_err("another Loadline with the same state pushes them");
    first.signal("TERM");
    assert!(first.wait_exit().success());
    let is_end = |request: &super::gate::Passed| has(&request.body, &END);
    let ended = gate.with_values(1).iter().position(is_end).unwrap();
    gate.with_values(ended + 2);
    assert_eq!((probes(&gate), third.err().len(), first.err().len()), (2, 1, 0));
}

#[test]
fn a_test_beside_a_monitor_that_pushes_sends_no_values() {
    let gate = taking();
    let home = Home::new().with_settings(settings(&gate, "5s", "a"));
    let _program = watch(&home);
    gate.with_values(1);
    let Ran { status, stdout, stderr } = home.run(&["metrics", "test", "--every", "250ms"]);
    assert_eq!((status, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(stdout.contains("(without values: a Loadline that runs pushes them)"), "{stdout}");
    assert_eq!(probes(&gate), 3);
    // A test has no alerts among its values.
    assert!(gate.with_values(1).iter().all(|request| has(&request.body, b"loadline_alerts_total")));
}

#[test]
fn an_end_after_a_lost_answer_is_sent_and_what_was_lost_goes_first() {
    let gate = taking();
    let home = Home::new().with_settings(settings(&gate, "5s", "a"));
    let mut program = watch(&home);
    gate.with_values(1);
    gate.set(Passage::AnswerLost);
    let is_lost = |request: &super::gate::Passed| request.passage == Passage::AnswerLost;
    // After the fourth attempt is a pause of some seconds.
    let lost = wait_for("lost answers", 2 * SOON, || {
        let lost: Vec<_> = gate.passed().into_iter().filter(|request| is_lost(request)).collect();
        (lost.len() >= 4).then_some(lost)
    });
    gate.set(Passage::Answered(204));
    program.signal("TERM");
    assert!(program.wait_exit().success());
    let after: Vec<Vec<u8>> = gate
        .passed()
        .into_iter()
        .skip_while(|request| !is_lost(request))
        .filter(|r| !is_lost(r))
        .map(|r| r.body)
        .collect();
    assert_eq!(after[0], lost[0].body, "the same to the byte");
    assert!(!has(&after[0], &END) && has(after.last().unwrap(), &END));
}

#[test]
fn other_headers_are_used_soon_and_what_waits_is_kept() {
    let gate = taking();
    let home = Home::new().with_settings(settings(&gate, "5s", "old"));
    let mut program = watch(&home);
    gate.with_values(1);
    gate.set(Passage::Answered(503));
    // After the fourth attempt is a pause of some seconds.
    let waiting = wait_for("refused values", 2 * SOON, || {
        let is_refused = |request: &super::gate::Passed| request.passage == Passage::Answered(503);
        let refused: Vec<_> = gate.passed().into_iter().filter(is_refused).collect();
        (refused.len() >= 4).then(|| refused[0].body.clone())
    });
    gate.set(Passage::Answered(204));
    fs::write(home.settings(), settings(&gate, "7s", "new")).unwrap();
    wait_for("the same values with the new header", SOON, || {
        let is_new = |head: &str| head.to_ascii_lowercase().contains("x-key: new");
        gate.passed().into_iter().find(|request| is_new(&request.head) && request.body == waiting)
    });
    assert!(!gate.passed().iter().any(|request| has(&request.body, &END)), "no series has ended");
    program.signal("TERM");
    assert!(program.wait_exit().success());
    assert!(has(&gate.passed().last().unwrap().body, &END));
}

#[test]
fn a_web_page_is_no_answer_of_a_server_for_metrics() {
    let gate = taking();
    gate.set(Passage::Page);
    let home = Home::new().with_settings(settings(&gate, "5s", "a"));
    let ran = home.run(&["metrics", "test", "--every", "250ms"]);
    let problem = "metrics are not pushed: the address answers with a web page, as a login does: give 'url' the one";
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains(problem), "{ran:?}");
    let program = watch(&home);
    program.wait_err(problem);
    assert!(gate.passed().iter().all(|request| !request.has_values()));
    // Whoever logged in finds the values.
    gate.set(Passage::Answered(204));
    gate.with_values(1);
    assert_eq!(program.err().len(), 1, "{:?}", program.err());
}
