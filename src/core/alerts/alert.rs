//! The alert rule: the state machine of one metric. The heart of Loadline.
//!
//! An alert **fires** when
//!  1. the value is known, and
//!  2. it is above the threshold, or another signal of the rule is (`Rule::evaluate`), and
//!  3. it has been for at least `after`, with no gap between two values (`after` = 0 fires on the reading itself).
//!
//! It **notifies** (notification, actions) when it fires and
//!  4. nothing suppresses it: no snooze, no quiet hours, no ignored application, and
//!  5. at least the cooldown has passed since its last notification: `cooldown`, doubled for each further time that it
//!     fired in the last hour, up to an hour, and
//!  6. it has notified fewer than three times in the last hour.
//!
//! A notification that nobody could see is taken back: it counts for neither limit (`core/engine/delivery.rs`).
//!
//! If only 4, 5 or 6 fails, it fires silently, and notifies as soon as all hold, if it still fires then and the value is
//! above the threshold at that moment (otherwise the message would not be true).
//!
//! It **clears** when the value is known and has been below `clear_below` for at least `after`, again with no gap.
//! A value from `clear_below` to the threshold keeps a firing alert firing and an idle one idle, and breaks any
//! rising or falling run, and so does a gap. Readings without a value count as if they had not come: three of them in a row, over
//! six seconds, are a gap. An alert whose value has been unknown for a minute, and for three readings in a row, ends, because
//! nobody can tell any more whether it goes on.
//!
//! A changed rule is evaluated at once against the last reading: an alert that it no longer justifies ends quietly, as does
//! one whose metric is set to Off.

use std::time::Duration;

use super::event::{Cause, EndReason, SuppressedBy};
use super::rule::{Rule, RuleInput, Zone};

#[cfg(test)]
mod tests;

use super::rate_limit::RateLimiter;
pub use super::transition::{AlertEnd, Breach, Decision, Transition};
use super::unknown_run::UnknownRun;

/// The state of an alert. Times are on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AlertState {
    /// Not above the threshold.
    Quiet,
    /// Above the threshold, not yet for long enough.
    Rising(Run),
    /// Above the threshold for long enough, and not cleared yet.
    Firing(Firing),
    /// Firing still, but below `clear_below` from the reading at `since` on, not yet for long enough.
    Falling { since: Duration, firing: Firing },
}

/// An unbroken run of readings above the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// The first reading of the run.
    pub since: Duration,
    /// The cause of the latest reading.
    pub cause: Cause,
    /// The first reading with that cause.
    pub cause_since: Duration,
    pub peak_percent: f64,
}

impl Run {
    fn begin(at: Duration, percent: f64, cause: Cause) -> Run {
        Run { since: at, cause, cause_since: at, peak_percent: percent }
    }

    /// The run with one more reading, or one that begins with it.
    fn through(run: Option<Run>, at: Duration, percent: f64, cause: Cause) -> Run {
        let Some(run) = run else { return Run::begin(at, percent, cause) };
        let is_same = match (cause, run.cause) {
            (Cause::Pressure(now), Cause::Pressure(before)) => now == before,
            _ => std::mem::discriminant(&cause) == std::mem::discriminant(&run.cause),
        };
        let cause_since = if is_same { run.cause_since } else { at };
        Run { cause, cause_since, peak_percent: run.peak_percent.max(percent), ..run }
    }
}

/// An alert that fires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing {
    /// The present run above the threshold; `None` while the value is not above, or not known to have been.
    pub run: Option<Run>,
    /// The cause of the latest reading above the threshold.
    pub cause: Cause,
    pub fired_at: Duration,
    /// The highest value since the run began on which it fired.
    pub peak_percent: f64,
    /// Whether a person was notified; a silent alert is only on the console and in the tray.
    pub notified: bool,
    /// Whether the decision to notify waits for a process scan ([`Alert::resolve_pending`]).
    pub is_pending: bool,
}

/// One reading of one metric, as the rule sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    pub input: RuleInput,
    /// On the monotonic clock.
    pub at: Duration,
    /// Whether there was a gap between the reading before and this one.
    pub after_gap: bool,
}

/// The circumstances that decide whether an alert may notify at the moment of its evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotifyContext {
    /// The moment of the evaluation on the monotonic clock: that of the reading, or of a person's command.
    pub now: Duration,
    /// The snooze, quiet hours or ignored application that suppresses notifications now.
    pub suppressed_by: Option<SuppressedBy>,
    /// Whether an alert that fires has to wait for a process scan, to name the application that uses the most.
    pub is_scan_awaited: bool,
}

/// The alert of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// `None` while the metric is Off.
    rule: Option<Rule>,
    state: AlertState,
    unknown: UnknownRun,
    /// Survives while the metric is Off, so that switching it off and on does not reset the cooldown.
    rate_limiter: RateLimiter,
}

impl Alert {
    /// An idle alert under `rule`; `None` while the metric is Off.
    pub fn new(rule: Option<Rule>) -> Alert {
        Alert { rule, state: AlertState::Quiet, unknown: UnknownRun::default(), rate_limiter: RateLimiter::default() }
    }

    /// The present state.
    pub fn state(&self) -> AlertState {
        self.state
    }

    /// The rule in force; `None` while the metric is Off.
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

    /// The present run above the threshold, rising or firing.
    pub fn run(&self) -> Option<Run> {
        match self.state {
            AlertState::Rising(run) => Some(run),
            _ => self.firing()?.run,
        }
    }

    /// Applies one reading.
    pub fn step(&mut self, sample: Sample, context: &NotifyContext) -> Option<Transition> {
        let rule = self.rule?;
        if sample.after_gap {
            self.break_run();
        }
        let evaluated = rule.evaluate(&sample.input);
        let is_unknown_too_long = self.unknown.is_too_long(evaluated.is_some(), sample.at);
        let Some((percent, zone)) = evaluated else {
            if self.unknown.is_gap() {
                self.break_run();
            }
            return if is_unknown_too_long { self.end_unknown(sample) } else { None };
        };
        let evaluated = Evaluated { percent, zone, input: sample.input, at: sample.at };
        match self.state {
            AlertState::Quiet => self.step_idle(&rule, None, evaluated, context),
            AlertState::Rising(run) => self.step_idle(&rule, Some(run), evaluated, context),
            AlertState::Firing(firing) => self.step_firing(&rule, firing, sample.at, evaluated, context),
            AlertState::Falling { since, firing } => self.step_firing(&rule, firing, since, evaluated, context),
        }
    }

    /// Applies a changed rule, and evaluates it at once against the last reading, if there was one.
    pub fn change_rule(
        &mut self,
        rule: Option<Rule>,
        last: Option<Sample>,
        context: &NotifyContext,
    ) -> Option<Transition> {
        let before = std::mem::replace(&mut self.rule, rule);
        if before == rule {
            return None;
        }
        let Some(rule) = rule else { return self.cancel(last) };
        let last = last?;
        let is_new_condition = before.is_none_or(|before| !before.evaluates_like(&rule));
        let is_stricter = before.is_some_and(|before| before.above < rule.above || before.signal != rule.signal);
        let cancelled = if is_new_condition { self.reevaluate(&rule, last, is_stricter) } else { None };
        cancelled.or_else(|| self.step(last, context))
    }

    /// Notifies of an alert that fired silently, if nothing suppresses it any more. `last` is the latest reading.
    pub fn notify_if_due(&mut self, last: Sample, context: &NotifyContext) -> Option<Transition> {
        let AlertState::Firing(firing) = self.state else { return None };
        let (percent, Zone::Above(cause)) = self.rule?.evaluate(&last.input)? else { return None };
        self.notify_late(firing, percent, firing.run.unwrap_or(Run::begin(last.at, percent, cause)), last.at, context)
    }

    fn notify_late(
        &mut self,
        firing: Firing,
        percent: f64,
        run: Run,
        at: Duration,
        context: &NotifyContext,
    ) -> Option<Transition> {
        if firing.notified || firing.is_pending || self.suppressed_by(context).is_some() {
            return None;
        }
        self.mark_notified(firing, context.now);
        Some(Transition::NotifiedLater(self.breach(percent, &run, at)))
    }

    /// Takes the latest notification back, because nobody could see it. Where an action told of the alert, at
    /// `told_at`, the limits count from then.
    pub fn take_back_notification(&mut self, told_at: Option<Duration>) {
        self.rate_limiter.take_back();
        told_at.into_iter().for_each(|at| self.rate_limiter.notified(at));
    }

    /// Counts a notification that was taken back: an action has told of the alert at `told_at`.
    pub fn count_notification(&mut self, told_at: Duration) {
        self.rate_limiter.notified(told_at);
    }

    /// Notifies again of an alert whose notification nobody could see and which was taken back, if nothing suppresses it and
    /// the value is above now. `last` is the latest reading; `told_at` is as it was taken back.
    pub fn notify_again(&mut self, last: Sample, told_at: Option<Duration>, context: &NotifyContext) -> Option<Breach> {
        let AlertState::Firing(firing) = self.state else { return None };
        let (percent, Zone::Above(cause)) = self.rule?.evaluate(&last.input)? else { return None };
        told_at.into_iter().for_each(|_| self.rate_limiter.take_back());
        if self.suppressed_by(context).is_some() {
            told_at.into_iter().for_each(|at| self.rate_limiter.notified(at));
            return None;
        }
        self.rate_limiter.notified(context.now);
        let run = firing.run.unwrap_or(Run::begin(last.at, percent, cause));
        Some(self.breach(percent, &run, last.at))
    }

    /// Makes the decision that was pending: `None` when the alert notifies, else the reason why not.
    pub fn resolve_pending(&mut self, context: &NotifyContext) -> Option<SuppressedBy> {
        let suppressed_by = self.suppressed_by(context);
        if let AlertState::Firing(firing) | AlertState::Falling { firing, .. } = &mut self.state {
            firing.is_pending = false;
            firing.notified = suppressed_by.is_none();
            if firing.notified {
                self.rate_limiter.notified(context.now);
            }
        }
        suppressed_by
    }

    /// The reason why it may not notify now.
    fn suppressed_by(&self, context: &NotifyContext) -> Option<SuppressedBy> {
        let cooldown = self.rule.map_or(Duration::ZERO, |rule| rule.cooldown);
        context.suppressed_by.clone().or_else(|| self.rate_limiter.suppressed_by(context.now, cooldown))
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
        let broken = |firing| AlertState::Firing(Firing { run: None, ..firing });
        self.state = self.firing().map_or(AlertState::Quiet, broken);
    }

    /// Ends a firing alert whose value has been unknown for too long.
    fn end_unknown(&mut self, sample: Sample) -> Option<Transition> {
        let firing = self.firing()?;
        self.state = AlertState::Quiet;
        Some(Transition::Cleared(alert_end(&firing, None, EndReason::Unknown, sample.at)))
    }

    /// Applies a reading while the alert does not fire; `run` is the run above that the reading may extend.
    fn step_idle(
        &mut self,
        rule: &Rule,
        run: Option<Run>,
        evaluated: Evaluated,
        context: &NotifyContext,
    ) -> Option<Transition> {
        let Evaluated { percent, zone, at, .. } = evaluated;
        let Zone::Above(cause) = zone else {
            self.state = AlertState::Quiet;
            return None;
        };
        let run = Run::through(run, at, percent, cause);
        if at.saturating_sub(run.since) < rule.after {
            self.state = AlertState::Rising(run);
            return None;
        }
        self.rate_limiter.fired(at);
        let (peak_percent, is_pending) = (run.peak_percent, context.is_scan_awaited);
        let firing = Firing { run: Some(run), cause, fired_at: at, peak_percent, notified: false, is_pending };
        self.state = AlertState::Firing(firing);
        let decision = match self.suppressed_by(context) {
            _ if context.is_scan_awaited => Decision::Pending,
            Some(suppressed_by) => Decision::Suppress(suppressed_by),
            None => {
                self.mark_notified(firing, context.now);
                Decision::Notify
            }
        };
        Some(Transition::Fired(self.breach(percent, &run, at), decision))
    }

    /// Applies a reading while the alert fires; `since` is where the run below `clear_below` began, if it belongs to one.
    fn step_firing(
        &mut self,
        rule: &Rule,
        firing: Firing,
        since: Duration,
        evaluated: Evaluated,
        context: &NotifyContext,
    ) -> Option<Transition> {
        let Evaluated { percent, zone, input, at } = evaluated;
        let run = match zone {
            Zone::Above(cause) => Some(Run::through(firing.run, at, percent, cause)),
            Zone::Between | Zone::Below => None,
        };
        let cause = run.map_or(firing.cause, |run| run.cause);
        let firing = Firing { run, cause, peak_percent: firing.peak_percent.max(percent), ..firing };
        if zone != Zone::Below || !rule.can_end(cause, &input) {
            self.state = AlertState::Firing(firing);
            return self.notify_late(firing, percent, run?, at, context);
        }
        if at.saturating_sub(since) < rule.after {
            self.state = AlertState::Falling { since, firing };
            return None;
        }
        self.state = AlertState::Quiet;
        Some(Transition::Cleared(alert_end(&firing, Some(percent), rule.end_reason(cause, &input), at)))
    }

    /// Applies a changed rule to a rising or firing alert. A stricter rule starts the run anew: earlier readings were above
    /// by the old rule, not necessarily by this one.
    fn reevaluate(&mut self, rule: &Rule, last: Sample, is_stricter: bool) -> Option<Transition> {
        let Some((percent, zone)) = rule.evaluate(&last.input) else {
            // The values before were judged by the old rule.
            self.break_run();
            return None;
        };
        let Zone::Above(cause) = zone else { return self.cancel(Some(last)) };
        match self.state {
            AlertState::Rising(_) if is_stricter => self.state = AlertState::Quiet,
            AlertState::Quiet | AlertState::Rising(_) => {}
            AlertState::Firing(firing) | AlertState::Falling { firing, .. } => {
                let run = firing.run.filter(|_| !is_stricter).unwrap_or(Run::begin(last.at, percent, cause));
                self.state = AlertState::Firing(Firing { run: Some(run), ..firing });
            }
        }
        None
    }

    /// Ends the run, and the alert if it fires.
    fn cancel(&mut self, last: Option<Sample>) -> Option<Transition> {
        let firing = self.firing();
        self.state = AlertState::Quiet;
        let firing = firing?;
        let at = last.map_or(firing.fired_at, |last| last.at);
        let percent = last.and_then(|last| last.input.percent);
        Some(Transition::Cancelled(alert_end(&firing, percent, EndReason::RuleChanged, at)))
    }
}

/// A reading with the zone that the rule puts it in.
#[derive(Clone, Copy)]
struct Evaluated {
    percent: f64,
    zone: Zone,
    input: RuleInput,
    at: Duration,
}

fn alert_end(firing: &Firing, percent: Option<f64>, end_reason: EndReason, at: Duration) -> AlertEnd {
    let lasted = at.saturating_sub(firing.fired_at);
    AlertEnd { percent, end_reason, lasted, peak_percent: firing.peak_percent, notified: firing.notified }
}
