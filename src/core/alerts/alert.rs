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

use super::event::{Cause, Ending, Silence};
use super::rule::{Measured, Rule, Side};

#[cfg(test)]
mod tests;

use super::rate_limit::Past;
pub use super::transition::{Above, Over, Transition, Verdict};

/// Where a rule stands. Times are on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
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
    pub told: bool,
    /// Whether it is still open if it tells: who uses the most is being looked at ([`Alert::settle`]).
    pub is_open: bool,
}

/// One reading of one metric, as the rule sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// What was measured.
    pub measured: Measured,
    /// When it was read, on the monotonic clock.
    pub at: Duration,
    /// Whether there was a gap between the reading before and this one.
    pub after_gap: bool,
}

/// What decides whether an alert may tell at the moment it is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Telling {
    /// The moment of judging on the monotonic clock: the reading's own, or that of a person's command.
    pub now: Duration,
    /// What asks for silence, if anything does.
    pub hush: Option<Silence>,
    /// Whether an alert that fires has to wait until it is known who uses the most.
    pub is_awaited: bool,
}

/// The alert of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// `None` while the metric is Off.
    rule: Option<Rule>,
    state: State,
    /// Kept while the metric is Off, so that switching it off and on is no way around the cooldown.
    past: Past,
}

impl Alert {
    /// A quiet alert under `rule` (`None`: Off).
    pub fn new(rule: Option<Rule>) -> Alert {
        Alert { rule, state: State::Quiet, past: Past::default() }
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// The rule it is judged by; `None` while the metric is Off.
    pub fn rule(&self) -> Option<Rule> {
        self.rule
    }

    /// The firing alert, also while it is falling.
    pub fn firing(&self) -> Option<Firing> {
        match self.state {
            State::Quiet | State::Rising(_) => None,
            State::Firing(firing) | State::Falling { firing, .. } => Some(firing),
        }
    }

    /// Whether it fires and it is open if it tells.
    pub fn is_open(&self) -> bool {
        self.firing().is_some_and(|firing| firing.is_open)
    }

    /// Takes one reading.
    pub fn step(&mut self, sample: Sample, telling: &Telling) -> Option<Transition> {
        let rule = self.rule?;
        if sample.after_gap {
            self.break_run();
        }
        let Some((percent, side)) = rule.judge(&sample.measured) else {
            self.break_run();
            return None;
        };
        let seen = Seen { percent, side, measured: sample.measured, at: sample.at };
        match self.state {
            State::Quiet => self.rise(&rule, None, seen, telling),
            State::Rising(run) => self.rise(&rule, Some(run), seen, telling),
            State::Firing(firing) => self.hold(&rule, firing, sample.at, seen, telling),
            State::Falling { since, firing } => self.hold(&rule, firing, since, seen, telling),
        }
    }

    /// Takes a changed rule and judges it at once against the last reading, if there was one.
    pub fn change_rule(&mut self, rule: Option<Rule>, last: Option<Sample>, telling: &Telling) -> Option<Transition> {
        let before = std::mem::replace(&mut self.rule, rule);
        if before == rule {
            return None;
        }
        let Some(rule) = rule else {
            return self.drop_alert(last);
        };
        // The gap before the last reading has been judged already; it must not break the run a second time.
        let last = last.map(|sample| Sample { after_gap: false, ..sample })?;
        let is_judged_anew = before.is_none_or(|before| !before.judges_like(&rule));
        let is_stricter = before.is_some_and(|before| before.above < rule.above || before.signal != rule.signal);
        let dropped = if is_judged_anew { self.take_rule(&rule, last, is_stricter) } else { None };
        dropped.or_else(|| self.step(last, telling))
    }

    /// Tells what fired silently, if nothing is in the way any more. `last` is the latest reading.
    pub fn tell_if_due(&mut self, last: Sample, telling: &Telling) -> Option<Transition> {
        let State::Firing(firing) = self.state else { return None };
        let (percent, Side::Above(cause)) = self.rule?.judge(&last.measured)? else { return None };
        self.tell_late(firing, percent, firing.run.unwrap_or(Run::begin(last.at, percent, cause)), last.at, telling)
    }

    fn tell_late(
        &mut self,
        firing: Firing,
        percent: f64,
        run: Run,
        at: Duration,
        telling: &Telling,
    ) -> Option<Transition> {
        if firing.told || firing.is_open || self.silence(telling).is_some() {
            return None;
        }
        self.tell(firing, telling.now);
        Some(Transition::ToldLater(self.above(percent, &run, at)))
    }

    /// Decides what was left open: `None` when it tells, else why not.
    pub fn settle(&mut self, telling: &Telling) -> Option<Silence> {
        let silence = self.silence(telling);
        if let State::Firing(firing) | State::Falling { firing, .. } = &mut self.state {
            firing.is_open = false;
            firing.told = silence.is_none();
            if firing.told {
                self.past.told(telling.now);
            }
        }
        silence
    }

    /// Why it may not tell now.
    fn silence(&self, telling: &Telling) -> Option<Silence> {
        let cooldown = self.rule.map_or(Duration::ZERO, |rule| rule.cooldown);
        telling.hush.clone().or_else(|| self.past.silence(telling.now, cooldown))
    }

    fn tell(&mut self, firing: Firing, now: Duration) {
        self.past.told(now);
        self.state = State::Firing(Firing { told: true, ..firing });
    }

    fn above(&self, percent: f64, run: &Run, at: Duration) -> Above {
        let above_for = at.saturating_sub(run.cause_since);
        Above { percent, cause: run.cause, above_for, times_in_hour: self.past.times_in_hour(at).max(1) }
    }

    fn break_run(&mut self) {
        self.state = match self.state {
            State::Quiet | State::Rising(_) => State::Quiet,
            State::Firing(firing) | State::Falling { firing, .. } => State::Firing(Firing { run: None, ..firing }),
        };
    }

    /// A reading while not firing; `run` is the run above that this one may belong to.
    fn rise(&mut self, rule: &Rule, run: Option<Run>, seen: Seen, telling: &Telling) -> Option<Transition> {
        let Seen { percent, side, at, .. } = seen;
        let Side::Above(cause) = side else {
            self.state = State::Quiet;
            return None;
        };
        let run = run.map_or_else(|| Run::begin(at, percent, cause), |run| run.go_on(at, percent, cause));
        if at.saturating_sub(run.since) < rule.after {
            self.state = State::Rising(run);
            return None;
        }
        self.past.fired(at);
        let firing = Firing {
            run: Some(run),
            cause,
            fired_at: at,
            peak_percent: run.peak_percent,
            told: false,
            is_open: telling.is_awaited,
        };
        self.state = State::Firing(firing);
        let verdict = match self.silence(telling) {
            _ if telling.is_awaited => Verdict::Open,
            Some(silence) => Verdict::Silent(silence),
            None => {
                self.tell(firing, telling.now);
                Verdict::Tells
            }
        };
        Some(Transition::Fired(self.above(percent, &run, at), verdict))
    }

    /// A reading while firing; `since` is where the run below `clear_below` began, if this reading belongs to one.
    fn hold(
        &mut self,
        rule: &Rule,
        firing: Firing,
        since: Duration,
        seen: Seen,
        telling: &Telling,
    ) -> Option<Transition> {
        let Seen { percent, side, measured, at } = seen;
        let run = match side {
            Side::Above(cause) => {
                Some(firing.run.map_or_else(|| Run::begin(at, percent, cause), |run| run.go_on(at, percent, cause)))
            }
            Side::Between | Side::Below => None,
        };
        let cause = run.map_or(firing.cause, |run| run.cause);
        let firing = Firing { run, cause, peak_percent: firing.peak_percent.max(percent), ..firing };
        if side != Side::Below || !rule.can_end(cause, &measured) {
            self.state = State::Firing(firing);
            return self.tell_late(firing, percent, run?, at, telling);
        }
        if at.saturating_sub(since) < rule.after {
            self.state = State::Falling { since, firing };
            return None;
        }
        self.state = State::Quiet;
        Some(Transition::Cleared(over(&firing, Some(percent), rule.ending(cause, &measured), at)))
    }

    /// A changed rule against what is rising or firing. A stricter one starts the run anew: earlier readings were above
    /// by the old rule, not necessarily by this one.
    fn take_rule(&mut self, rule: &Rule, last: Sample, is_stricter: bool) -> Option<Transition> {
        let (percent, side) = rule.judge(&last.measured)?;
        let Side::Above(cause) = side else {
            return match self.state {
                State::Quiet | State::Rising(_) => {
                    self.state = State::Quiet;
                    None
                }
                State::Firing(_) | State::Falling { .. } => self.drop_alert(Some(last)),
            };
        };
        match self.state {
            State::Quiet => {}
            State::Rising(_) if is_stricter => self.state = State::Quiet,
            State::Rising(_) => {}
            State::Firing(firing) | State::Falling { firing, .. } => {
                let run = firing.run.filter(|_| !is_stricter).unwrap_or(Run::begin(last.at, percent, cause));
                self.state = State::Firing(Firing { run: Some(run), ..firing });
            }
        }
        None
    }

    fn drop_alert(&mut self, last: Option<Sample>) -> Option<Transition> {
        let firing = self.firing();
        self.state = State::Quiet;
        let firing = firing?;
        let at = last.map_or(firing.fired_at, |last| last.at);
        let percent = last.and_then(|last| last.measured.percent);
        Some(Transition::Dropped(over(&firing, percent, Ending::RuleChanged, at)))
    }
}

/// A reading as it was judged.
#[derive(Clone, Copy)]
struct Seen {
    percent: f64,
    side: Side,
    measured: Measured,
    at: Duration,
}

fn over(firing: &Firing, percent: Option<f64>, ending: Ending, at: Duration) -> Over {
    let lasted = at.saturating_sub(firing.fired_at);
    Over { percent, ending, lasted, peak_percent: firing.peak_percent, told: firing.told }
}
