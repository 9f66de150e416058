//! The alert rule: the state machine of one metric. The heart of Loadline.
//!
//! An alert **fires** when
//!  1. the value is known, and
//!  2. it is above the threshold, and
//!  3. it has been for at least `after`, with no gap between two readings (`after` = 0 fires on the reading itself).
//!
//! It **tells** (notification, actions) when it fires and
//!  4. it is not snoozed, and
//!  5. at least `cooldown` has passed since it last told.
//!
//! If only 4 or 5 fails it fires silently, and tells as soon as both hold, if it is still firing then and
//! the value is above the threshold at that moment (else the message would not be true).
//!
//! It **clears** when the value is known and has been below `clear_below` for at least `after`, again with no gap.
//! A value from `clear_below` to the threshold keeps a firing alert firing and a quiet one quiet, and breaks any
//! rising or falling run. An unknown value, or a gap, changes nothing but that it breaks a run.
//!
//! A changed threshold is judged at once against the last reading: an alert that it no longer justifies ends
//! quietly; so does one whose metric is set to Off.

use std::time::Duration;

use super::rule::Rule;

#[cfg(test)]
mod tests;

/// Where a rule stands. Times are on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// Nothing to say.
    Quiet,
    /// Above the threshold, not yet for long enough.
    Rising {
        /// The first reading above.
        since: Duration,
        /// The highest value since then, percent.
        peak_percent: f64,
    },
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

/// What is known of an alert while it fires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing {
    /// The first reading of the run above the threshold; `None` while the value is not above, or not known to have been.
    pub above_since: Option<Duration>,
    /// The reading on which it fired.
    pub fired_at: Duration,
    /// The highest value of the run, percent.
    pub peak_percent: f64,
    /// Whether it has told, or only shown itself on the console and in the tray.
    pub told: bool,
}

/// One reading of one metric, as the rule sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The value, 0..=100; `None` when it is not known.
    pub percent: Option<f64>,
    /// When it was read, on the monotonic clock.
    pub at: Duration,
    /// Whether there was a gap between the reading before and this one.
    pub after_gap: bool,
}

/// What decides whether an alert may tell at the moment it is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Telling {
    /// The moment of judging on the monotonic clock: the reading's own, or that of a person's command.
    pub now: Duration,
    /// Whether the person asked for silence.
    pub snoozed: bool,
}

/// What a step changed, for whoever has to say it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transition {
    /// It fired; it tells only if `told`.
    Fired {
        /// The value, percent.
        percent: f64,
        /// For how long it has been above.
        above_for: Duration,
        /// Whether it may tell.
        told: bool,
    },
    /// It had fired silently, and tells now.
    ToldLater {
        /// The value, percent.
        percent: f64,
        /// For how long it has been above.
        above_for: Duration,
    },
    /// It is over.
    Cleared {
        /// The value, percent.
        percent: f64,
        /// From firing to clearing.
        lasted: Duration,
        /// The highest value, percent.
        peak_percent: f64,
        /// Whether it had told.
        told: bool,
    },
    /// It ended because the person changed the rule: nothing is said, what was shown is withdrawn.
    Dropped,
}

/// The alert of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// `None` while the metric is Off.
    rule: Option<Rule>,
    state: State,
    /// Kept while the metric is Off, so that switching it off and on is no way around the cooldown.
    last_told: Option<Duration>,
}

impl Alert {
    /// A quiet alert under `rule` (`None`: Off).
    pub fn new(rule: Option<Rule>) -> Alert {
        Alert { rule, state: State::Quiet, last_told: None }
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
            State::Quiet | State::Rising { .. } => None,
            State::Firing(firing) | State::Falling { firing, .. } => Some(firing),
        }
    }

    /// Whether at `now` the cooldown keeps it from telling.
    pub fn is_cooling(&self, now: Duration) -> bool {
        match (self.rule, self.last_told) {
            (Some(rule), Some(told)) => now.saturating_sub(told) < rule.cooldown,
            _ => false,
        }
    }

    /// Takes one reading.
    pub fn step(&mut self, sample: Sample, telling: Telling) -> Option<Transition> {
        let rule = self.rule?;
        if sample.after_gap {
            self.break_run();
        }
        let Some(percent) = sample.percent else {
            self.break_run();
            return None;
        };
        let at = sample.at;
        match self.state {
            State::Quiet => self.rise(&rule, at, percent, (at, percent), telling),
            State::Rising { since, peak_percent } => {
                self.rise(&rule, at, percent, (since, peak_percent.max(percent)), telling)
            }
            State::Firing(firing) => self.hold(&rule, at, percent, firing, at, telling),
            State::Falling { since, firing } => self.hold(&rule, at, percent, firing, since, telling),
        }
    }

    /// Takes a changed rule and judges it at once against the last reading, if there was one.
    pub fn change_rule(&mut self, rule: Option<Rule>, last: Option<Sample>, telling: Telling) -> Option<Transition> {
        let before = std::mem::replace(&mut self.rule, rule);
        if before == rule {
            return None;
        }
        let Some(rule) = rule else {
            return self.drop_alert();
        };
        // The gap before the last reading has been judged already; it must not break the run a second time.
        let last = last.map(|sample| Sample { after_gap: false, ..sample })?;
        if before.is_none_or(|before| before.above != rule.above) {
            self.take_threshold(&rule, last, before.is_some_and(|before| before.above < rule.above))
        } else {
            None
        }
        .or_else(|| self.step(last, telling))
    }

    /// Tells what fired silently, if nothing is in the way any more. `last` is the latest reading.
    pub fn tell_if_due(&mut self, last: Sample, telling: Telling) -> Option<Transition> {
        let (State::Firing(firing), Some(rule), Some(percent)) = (self.state, self.rule, last.percent) else {
            return None;
        };
        if firing.told || percent <= rule.above() || !self.may_tell(telling) {
            return None;
        }
        self.last_told = Some(telling.now);
        self.state = State::Firing(Firing { told: true, ..firing });
        let above_for = last.at.saturating_sub(firing.above_since.unwrap_or(last.at));
        Some(Transition::ToldLater { percent, above_for })
    }

    fn may_tell(&self, telling: Telling) -> bool {
        !telling.snoozed && !self.is_cooling(telling.now)
    }

    fn break_run(&mut self) {
        self.state = match self.state {
            State::Quiet | State::Rising { .. } => State::Quiet,
            State::Firing(firing) | State::Falling { firing, .. } => {
                State::Firing(Firing { above_since: None, ..firing })
            }
        };
    }

    /// A reading while not firing; `run` is where the run above began and its peak, this reading included.
    fn rise(
        &mut self,
        rule: &Rule,
        at: Duration,
        percent: f64,
        run: (Duration, f64),
        telling: Telling,
    ) -> Option<Transition> {
        let (since, peak_percent) = run;
        if percent <= rule.above() {
            self.state = State::Quiet;
            return None;
        }
        let above_for = at.saturating_sub(since);
        if above_for < rule.after {
            self.state = State::Rising { since, peak_percent };
            return None;
        }
        let told = self.may_tell(telling);
        if told {
            self.last_told = Some(telling.now);
        }
        self.state = State::Firing(Firing { above_since: Some(since), fired_at: at, peak_percent, told });
        Some(Transition::Fired { percent, above_for, told })
    }

    /// A reading while firing; `since` is where the run below `clear_below` began, if this reading belongs to one.
    fn hold(
        &mut self,
        rule: &Rule,
        at: Duration,
        percent: f64,
        firing: Firing,
        since: Duration,
        telling: Telling,
    ) -> Option<Transition> {
        let above_since = (percent > rule.above()).then(|| firing.above_since.unwrap_or(at));
        let firing = Firing { above_since, peak_percent: firing.peak_percent.max(percent), ..firing };
        if percent >= rule.clear_below() {
            self.state = State::Firing(firing);
            return self.tell_if_due(Sample { percent: Some(percent), at, after_gap: false }, telling);
        }
        if at.saturating_sub(since) < rule.after {
            self.state = State::Falling { since, firing };
            return None;
        }
        self.state = State::Quiet;
        let lasted = at.saturating_sub(firing.fired_at);
        Some(Transition::Cleared { percent, lasted, peak_percent: firing.peak_percent, told: firing.told })
    }

    /// A changed threshold against what is rising or firing. A raised one starts the run anew: earlier readings
    /// were above the old threshold, not necessarily above this one.
    fn take_threshold(&mut self, rule: &Rule, last: Sample, raised: bool) -> Option<Transition> {
        let percent = last.percent?;
        let justified = percent > rule.above();
        match self.state {
            State::Quiet => None,
            State::Rising { .. } if raised || !justified => {
                self.state = State::Quiet;
                None
            }
            State::Rising { .. } => None,
            State::Firing(_) | State::Falling { .. } if !justified => self.drop_alert(),
            State::Firing(firing) | State::Falling { firing, .. } => {
                // `justified`: the last reading is above.
                let above_since = Some(if raised { last.at } else { firing.above_since.unwrap_or(last.at) });
                self.state = State::Firing(Firing { above_since, ..firing });
                None
            }
        }
    }

    fn drop_alert(&mut self) -> Option<Transition> {
        let was_firing = self.firing().is_some();
        self.state = State::Quiet;
        was_firing.then_some(Transition::Dropped)
    }
}
