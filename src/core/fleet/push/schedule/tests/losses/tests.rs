//! Answers that are lost, or are not the server's: what was sent is not given up for them, nor sent twice with others.

use super::super::*;

const SECOND: Duration = Duration::from_secs(1);

impl World {
    /// Takes so many values, a second apart, for one request.
    fn changes(&mut self, count: usize) -> Vec<i64> {
        let take = |_| {
            self.elapse(SECOND);
            self.change();
            self.snapshot().at_ms
        };
        (0..count).map(take).collect()
    }

    fn waiting(&self) -> Vec<i64> {
        self.schedule.waiting.iter().map(|taken| taken.at_ms).collect()
    }
}

/// A world with a server that has all so far.
fn settled() -> World {
    let mut world = World::new();
    world.run(minutes(2), well);
    assert!(world.waiting().is_empty());
    world
}

fn refused(world: &World, code: u16) -> PushReply {
    PushReply { server_time: Some(world.server_time()), ..status(code) }
}

#[test]
fn a_value_that_the_server_never_takes_costs_no_other_and_is_given_up_after_minutes() {
    let mut world = settled();
    let (times, before) = (world.changes(7), world.requests.len());
    let (poisoned, mut taken) = (times[3], Vec::new());
    world.run(minutes(10), |world, _, times| match times.contains(&poisoned) {
        true => status(500),
        false => {
            taken.extend_from_slice(times);
            world.taken()
        }
    });
    let others: Vec<i64> = times.into_iter().filter(|at_ms| *at_ms != poisoned).collect();
    assert_eq!(taken[..6], others);
    assert!(taken.is_sorted_by(|a, b| a < b) && taken.len() >= 10, "the values after it too: {taken:?}");
    let tries: Vec<Duration> =
        world.requests[before..].iter().filter(|(_, _, times)| times.contains(&poisoned)).map(|(at, ..)| *at).collect();
    let lasted = *tries.last().unwrap() - tries[0];
    assert!((GIVE_UP_AFTER..GIVE_UP_AFTER + minutes(2)).contains(&lasted), "{lasted:?}");
    assert!(tries.len() <= 14, "it is not asked again and again: {tries:?}");
    assert!(world.waiting().is_empty());
}

#[test]
fn a_server_that_answers_500_for_a_while_loses_nothing() {
    for (seconds, count) in [(1, 1), (20, 4), (20, 60), (120, 9)] {
        let mut world = settled();
        let mut expected = world.changes(count);
        let (until, mut taken) = (world.now.elapsed + SECOND * seconds, Vec::new());
        world.run(minutes(6), |world, _, times| match world.now.elapsed < until {
            true => status(500),
            false => {
                taken.extend_from_slice(times);
                world.taken()
            }
        });
        expected.retain(|at_ms| !taken.contains(at_ms));
        assert!(expected.is_empty(), "{seconds} s, {count} values: {expected:?} are lost");
        assert!(taken.is_sorted_by(|a, b| a < b) && world.waiting().is_empty());
    }
}

#[test]
fn values_that_are_all_too_old_for_the_server_do_not_hold_up_the_others_for_ever() {
    const WINDOW_MS: i64 = 30 * 60_000;
    let mut world = settled();
    world.run(minutes(50), |world, _, _| lost(world));
    assert!(world.waiting().len() >= 45);
    let mut taken = Vec::new();
    world.run(minutes(20), |world, _, times| match times.first() {
        Some(first) if world.snapshot().at_ms - first > WINDOW_MS => status(500),
        _ => {
            taken.extend_from_slice(times);
            world.taken()
        }
    });
    assert!(taken.len() >= 25, "{}", taken.len());
    assert!(world.waiting().is_empty());
}

#[test]
fn an_answer_that_may_not_be_the_servers_is_no_reason_to_tell_a_refusal() {
    for (code, may_be_taken) in
        [(408, true), (500, true), (502, true), (503, true), (504, true), (599, true), (425, false), (429, false)]
    {
        let mut world = settled();
        let (old, mut attempts) = (world.changes(2), 0);
        world.run(SECOND * 30, |world, _, times| {
            attempts += 1;
            match attempts {
                1 => status(code),
                _ if old.contains(&times[0]) => refused(world, 400),
                _ => world.taken(),
            }
        });
        let mut told = vec![format!("answered {code}")];
        told.extend((!may_be_taken).then(|| "answered 400".to_owned()));
        assert_eq!(world.problems, told);
        assert!(world.waiting().is_empty());
    }
}

#[test]
fn a_comparison_of_the_clocks_between_two_attempts_changes_nothing_about_a_lost_answer() {
    let mut world = settled();
    let (old, attempts) = (world.changes(2), world.requests.len());
    world.run(SECOND * 4, |world, _, _| lost(world));
    assert!(world.requests.len() > attempts);
    world.step(40);
    world.problems.clear();
    let probes = world.probes;
    world.run(SECOND * 15, |world, kind, times| match kind {
        PushRequest::Values if old.contains(&times[0]) => refused(world, 400),
        _ => world.taken(),
    });
    assert_eq!(world.probes, probes + 1);
    assert_eq!((world.problems.len(), world.waiting()), (0, Vec::new()), "the server has had them");
}

#[test]
fn nothing_new_goes_with_what_the_server_may_have() {
    let mut world = settled();
    let before = world.requests.len();
    let old = world.changes(2);
    let mut attempts = 0;
    world.run(SECOND * 5, |world, _, _| {
        attempts += 1;
        if attempts == 1 { lost(world) } else { status(500) }
    });
    let new = world.changes(1);
    world.run(SECOND * 20, well);
    let sent = &world.times()[before..];
    let is_mixed =
        |times: &Vec<i64>| times.iter().any(|at| old.contains(at)) && times.iter().any(|at| !old.contains(at));
    assert!(!sent.iter().any(is_mixed), "{sent:?}");
    assert!(sent.concat().contains(&new[0]), "{sent:?}");
    assert!(
        sent.contains(&vec![old[0]]) && sent.contains(&vec![old[1]]),
        "one by one after the answer of 500: {sent:?}"
    );
}

#[test]
fn the_end_is_sent_once_more_where_the_server_did_not_answer_before() {
    let mut world = settled();
    assert_eq!(world.schedule.last_retry(&world.now, &identity()), None, "no answer is missing");
    let lost_at = world.changes(1)[0];
    world.run(SECOND * 7, |world, _, _| lost(world));
    let later = world.changes(1)[0];
    let (attempted, rest) = (world.schedule.waiting[0], world.schedule.waiting[1]);
    assert_eq!((attempted.at_ms, rest.at_ms), (lost_at, later));
    let body = world.requests.last().unwrap().1.clone();
    let now = world.now.clone();
    assert_eq!(world.schedule.last_retry(&now, &identity()), Some(body), "the same to the byte");
    let end_ms = world.snapshot().at_ms.max(later + 1);
    let ended = request(&series(Some(&attempted), &[rest], Some(end_ms), &identity()));
    // It still does not answer as it should: the end goes without those values.
    let mut away = world.schedule.clone();
    assert!(away.receive(PushRequest::Values, &status(503), &now, 0.5).is_err());
    assert_eq!(away.end(&now, &identity()), Some(ended.clone()));
    let taken = world.taken();
    assert_eq!(world.schedule.receive(PushRequest::Values, &taken, &now, 0.5), Ok(()));
    assert_eq!(world.schedule.end(&now, &identity()), Some(ended));
}

#[test]
fn settings_that_change_keep_what_waits_and_the_server_is_asked_soon() {
    let mut world = settled();
    world.run(minutes(5), |world, _, _| lost(world));
    let (waiting, probes, sent) = (world.waiting(), world.probes, world.requests.len());
    assert!(waiting.len() >= 4);
    let now = world.now.clone();
    world.schedule.change(SECOND * 30, NAME, &now, 0.5);
    world.run(SECOND * 10, well);
    assert_eq!(world.probes, probes + 1, "the clocks are compared first");
    let kept = world.times()[sent..].concat();
    assert!(kept.starts_with(&waiting), "{kept:?}");
    let sent = world.requests.len();
    world.run(minutes(5), well);
    assert_eq!(world.requests.len() - sent, 10, "the new interval");
}
