//! The alert rule: the state machine of one metric. The heart of Loadline.
//!
//! An alert **fires** when
//!  1. the value is known, and
//!  2. it is above the threshold (or what else the rule is judged by makes an alert: `Rule::judge`), and
//!  3. it has been for at least `after`, with no gap between two readings (`after` = 0 fires on the reading itself).
//!
//! It **tells** (notification, actions) when it fires and
//!  4. nothing asks for silence: no snooze, no quiet hours, no application to be ignored, and
//!  5. at least the cooldown has passed since it last told: `cooldown`, doubled for every other time that it fired in the
//!     last hour, up to an hour, and
//!  6. it has told fewer than three times in the last hour.
//!
//! If only 4, 5 or 6 fails it fires silently, and tells as soon as all hold, if it is still firing then and
//! the value is above the threshold at that moment (else the message would not be true).
//!
//! It **clears** when the value is known and has been below `clear_below` for at least `after`, again with no gap.
//! A value from `clear_below` to the threshold keeps a firing alert firing and a quiet one quiet, and breaks any
//! rising or falling run. An unknown value, or a gap, changes nothing but that it breaks a run.
//!
//! A changed rule is judged at once against the last reading: an alert that it no longer justifies ends
//! quietly; so does one whose metric is set to Off.

use std::time::Duration;

use super::event::{Cause, EndReason, SuppressedBy};
use super::rule::{Rule, RuleInput, Zone};

#[cfg(test)]
mod tests;

use super::rate_limit::RateLimiter;
pub use super::transition::{AlertEnd, Breach, Decision, Transition};

/// Where a rule stands. Times are on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AlertState {
    /// Nothing to say.
    Quiet,
    /// Above the threshold, not yet for long enough.
    Rising(Run),
    /// Above the threshold for long enough, and not cleared yet.
    Firing(Firing),
    /// Firing still, but below `clear_below`, not yet for long enough.
    Falling {
        /// The first reading below.
        since: Duration,
        /// The alert that is about to clear.
        firing: Firing,
    },
}

/// A run of readings above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// The first of them.
    pub since: Duration,
    /// Why the latest is above.
    pub cause: Cause,
    /// The first of them that was above for that reason.
    pub cause_since: Duration,
    /// The highest value, percent.
    pub peak_percent: f64,
}

impl Run {
    fn begin(at: Duration, percent: f64, cause: Cause) -> Run {
        Run { since: at, cause, cause_since: at, peak_percent: percent }
    }

    fn go_on(self, at: Duration, percent: f64, cause: Cause) -> Run {
        let is_same = match (cause, self.cause) {
            (Cause::Pressure(now), Cause::Pressure(before)) => now == before,
            _ => std::mem::discriminant(&cause) == std::mem::discriminant(&self.cause),
        };
        let cause_since = if is_same { self.cause_since } else { at };
        Run { cause, cause_since, peak_percent: self.peak_percent.max(percent), ..self }
    }
}

/// What is known of an alert while it fires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing {
    /// The present run above the threshold; `None` while the value is not above, or not known to have been.
    pub run: Option<Run>,
    /// Why it fires; the latest reason, if that has changed.
    pub cause: Cause,
    /// The reading on which it fired.
    pub fired_at: Duration,
    /// The highest value since the run began on which it fired, percent.
    pub peak_percent: f64,
    /// Whether it has told, or only shown itself on the console and in the tray.
    pub notified: bool,
    /// Whether it is still open if it tells: who uses the most is being looked at ([`Alert::settle`]).
    pub is_pending: bool,
}

/// One reading of one metric, as the rule sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// What was measured.
    pub input: RuleInput,
    /// When it was read, on the monotonic clock.
    pub at: Duration,
    /// Whether there was a gap between the reading before and this one.
    pub after_gap: bool,
}

/// What decides whether an alert may tell at the moment it is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotifyContext {
    /// The moment of judging on the monotonic clock: the reading's own, or that of a person's command.
    pub now: Duration,
    /// What asks for silence, if anything does.
    pub suppressed_by: Option<SuppressedBy>,
    /// Whether an alert that fires has to wait until it is known who uses the most.
    pub is_awaited: bool,
}

/// The alert of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// `None` while the metric is Off.
    rule: Option<Rule>,
    state: AlertState,
    /// Kept while the metric is Off, so that switching it off and on is no way around the cooldown.
    rate_limiter: RateLimiter,
}

impl Alert {
    /// A quiet alert under `rule` (`None`: Off).
    pub fn new(rule: Option<Rule>) -> Alert {
        Alert { rule, state: AlertState::Quiet, rate_limiter: RateLimiter::default() }
    }

    /// Where it stands.
    pub fn state(&self) -> AlertState {
        self.state
    }

    /// The rule it is judged by; `None` while the metric is Off.
    pub fn rule(&self) -> Option<Rule> {
        self.rule
    }

    /// The firing alert, also while it is falling.
    pub fn firing(&self) -> Option<Firing> {
        match self.state {
            AlertState::Quiet | AlertState::Rising(_) => None,
            AlertState::Firing(firing) | AlertState::Falling { firing, .. } => Some(firing),
        }
    }

    /// Whether it fires and it is open if it tells.
    pub fn is_pending(&self) -> bool {
        self.firing().is_some_and(|firing| firing.is_pending)
    }

    /// Takes one reading.
    pub fn step(&mut self, sample: Sample, telling: &NotifyContext) -> Option<Transition> {
        let rule = self.rule?;
        if sample.after_gap {
            self.break_run();
        }
        let Some((percent, side)) = rule.evaluate(&sample.input) else {
            self.break_run();
            return None;
        };
        let seen = Evaluated { percent, zone: side, input: sample.input, at: sample.at };
        match self.state {
            AlertState::Quiet => self.step_idle(&rule, None, seen, telling),
            AlertState::Rising(run) => self.step_idle(&rule, Some(run), seen, telling),
            AlertState::Firing(firing) => self.step_firing(&rule, firing, sample.at, seen, telling),
            AlertState::Falling { since, firing } => self.step_firing(&rule, firing, since, seen, telling),
        }
    }

    /// Takes a changed rule and judges it at once against the last reading, if there was one.
    pub fn change_rule(
        &mut self,
        rule: Option<Rule>,
        last: Option<Sample>,
        telling: &NotifyContext,
    ) -> Option<Transition> {
        let before = std::mem::replace(&mut self.rule, rule);
        if before == rule {
            return None;
        }
        let Some(rule) = rule else {
            return self.cancel(last);
        };
        // The gap before the last reading has been judged already; it must not break the run a second time.
        let last = last.map(|sample| Sample { after_gap: false, ..sample })?;
        let is_judged_anew = before.is_none_or(|before| !before.evaluates_like(&rule));
        let is_stricter = before.is_some_and(|before| before.above < rule.above || before.signal != rule.signal);
        let dropped = if is_judged_anew { self.reevaluate(&rule, last, is_stricter) } else { None };
        dropped.or_else(|| self.step(last, telling))
    }

    /// Tells what fired silently, if nothing is in the way any more. `last` is the latest reading.
    pub fn notify_if_due(&mut self, last: Sample, telling: &NotifyContext) -> Option<Transition> {
        let AlertState::Firing(firing) = self.state else { return None };
        let (percent, Zone::Above(cause)) = self.rule?.evaluate(&last.input)? else { return None };
        self.notify_late(firing, percent, firing.run.unwrap_or(Run::begin(last.at, percent, cause)), last.at, telling)
    }

    fn notify_late(
        &mut self,
        firing: Firing,
        percent: f64,
        run: Run,
        at: Duration,
        telling: &NotifyContext,
    ) -> Option<Transition> {
        if firing.notified || firing.is_pending || self.suppressed_by(telling).is_some() {
            return None;
        }
        self.mark_notified(firing, telling.now);
        Some(Transition::NotifiedLater(self.breach(percent, &run, at)))
    }

    /// Decides what was left open: `None` when it tells, else why not.
    pub fn resolve_pending(&mut self, telling: &NotifyContext) -> Option<SuppressedBy> {
        let silence = self.suppressed_by(telling);
        if let AlertState::Firing(firing) | AlertState::Falling { firing, .. } = &mut self.state {
            firing.is_pending = false;
            firing.notified = silence.is_none();
            if firing.notified {
                self.rate_limiter.notified(telling.now);
            }
        }
        silence
    }

    /// Why it may not tell now.
    fn suppressed_by(&self, telling: &NotifyContext) -> Option<SuppressedBy> {
        let cooldown = self.rule.map_or(Duration::ZERO, |rule| rule.cooldown);
        telling.suppressed_by.clone().or_else(|| self.rate_limiter.suppressed_by(telling.now, cooldown))
    }

    fn mark_notified(&mut self, firing: Firing, now: Duration) {
        self.rate_limiter.notified(now);
        self.state = AlertState::Firing(Firing { notified: true, ..firing });
    }

    fn breach(&self, percent: f64, run: &Run, at: Duration) -> Breach {
        let above_for = at.saturating_sub(run.cause_since);
        Breach { percent, cause: run.cause, above_for, times_in_hour: self.rate_limiter.times_in_hour(at).max(1) }
    }

    fn break_run(&mut self) {
        self.state = match self.state {
            AlertState::Quiet | AlertState::Rising(_) => AlertState::Quiet,
            AlertState::Firing(firing) | AlertState::Falling { firing, .. } => {
                AlertState::Firing(Firing { run: None, ..firing })
            }
        };
    }

    /// A reading while not firing; `run` is the run above that this one may belong to.
    fn step_idle(
        &mut self,
        rule: &Rule,
        run: Option<Run>,
        seen: Evaluated,
        telling: &NotifyContext,
    ) -> Option<Transition> {
        let Evaluated { percent, zone: side, at, .. } = seen;
        let Zone::Above(cause) = side else {
            self.state = AlertState::Quiet;
            return None;
        };
        let run = run.map_or_else(|| Run::begin(at, percent, cause), |run| run.go_on(at, percent, cause));
        if at.saturating_sub(run.since) < rule.after {
            self.state = AlertState::Rising(run);
            return None;
        }
        self.rate_limiter.fired(at);
        let firing = Firing {
            run: Some(run),
            cause,
            fired_at: at,
            peak_percent: run.peak_percent,
            notified: false,
            is_pending: telling.is_awaited,
        };
        self.state = AlertState::Firing(firing);
        let verdict = match self.suppressed_by(telling) {
            _ if telling.is_awaited => Decision::Pending,
            Some(silence) => Decision::Suppress(silence),
            None => {
                self.mark_notified(firing, telling.now);
                Decision::Notify
            }
        };
        Some(Transition::Fired(self.breach(percent, &run, at), verdict))
    }

    /// A reading while firing; `since` is where the run below `clear_below` began, if this reading belongs to one.
    fn step_firing(
        &mut self,
        rule: &Rule,
        firing: Firing,
        since: Duration,
        seen: Evaluated,
        telling: &NotifyContext,
    ) -> Option<Transition> {
        let Evaluated { percent, zone: side, input: measured, at } = seen;
        let run = match side {
            Zone::Above(cause) => {
                Some(firing.run.map_or_else(|| Run::begin(at, percent, cause), |run| run.go_on(at, percent, cause)))
            }
            Zone::Between | Zone::Below => None,
        };
        let cause = run.map_or(firing.cause, |run| run.cause);
        let firing = Firing { run, cause, peak_percent: firing.peak_percent.max(percent), ..firing };
        if side != Zone::Below || !rule.can_end(cause, &measured) {
            self.state = AlertState::Firing(firing);
            return self.notify_late(firing, percent, run?, at, telling);
        }
        if at.saturating_sub(since) < rule.after {
            self.state = AlertState::Falling { since, firing };
            return None;
        }
        self.state = AlertState::Quiet;
        Some(Transition::Cleared(alert_end(&firing, Some(percent), rule.end_reason(cause, &measured), at)))
    }

    /// A changed rule against what is rising or firing. A stricter one starts the run anew: earlier readings were above
    /// by the old rule, not necessarily by this one.
    fn reevaluate(&mut self, rule: &Rule, last: Sample, is_stricter: bool) -> Option<Transition> {
        let (percent, side) = rule.evaluate(&last.input)?;
        let Zone::Above(cause) = side else {
            return match self.state {
                AlertState::Quiet | AlertState::Rising(_) => {
                    self.state = AlertState::Quiet;
                    None
                }
                AlertState::Firing(_) | AlertState::Falling { .. } => self.cancel(Some(last)),
            };
        };
        match self.state {
            AlertState::Quiet => {}
            AlertState::Rising(_) if is_stricter => self.state = AlertState::Quiet,
            AlertState::Rising(_) => {}
            AlertState::Firing(firing) | AlertState::Falling { firing, .. } => {
                let run = firing.run.filter(|_| !is_stricter).unwrap_or(Run::begin(last.at, percent, cause));
                self.state = AlertState::Firing(Firing { run: Some(run), ..firing });
            }
        }
        None
    }

    fn cancel(&mut self, last: Option<Sample>) -> Option<Transition> {
        let firing = self.firing();
        self.state = AlertState::Quiet;
        let firing = firing?;
        let at = last.map_or(firing.fired_at, |last| last.at);
        let percent = last.and_then(|last| last.input.percent);
        Some(Transition::Cancelled(alert_end(&firing, percent, EndReason::RuleChanged, at)))
    }
}

/// A reading as it was judged.
#[derive(Clone, Copy)]
struct Evaluated {
    percent: f64,
    zone: Zone,
    input: RuleInput,
    at: Duration,
}

fn alert_end(firing: &Firing, percent: Option<f64>, ending: EndReason, at: Duration) -> AlertEnd {
    let lasted = at.saturating_sub(firing.fired_at);
    AlertEnd { percent, end_reason: ending, lasted, peak_percent: firing.peak_percent, notified: firing.notified }
}
