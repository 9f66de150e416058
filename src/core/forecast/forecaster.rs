//! The state of the early warning: its slots, the past that the history holds, and when it has warned.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};

use super::grower::RiseWindow;
use super::rising_floor::{Rise, RisingFloor};
use super::slots::{SLOT_SECONDS, Slot, SlotBuilder, SlotEnd, slot_number};
use crate::core::metrics::metric::Percent;

/// A warning is repeated only after so long.
const REPEATED_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Nothing is foretold for so long after an alert of memory.
const SILENT_AFTER_ALERT: SignedDuration = SignedDuration::from_hours(1);

/// The past of the machine, from before the first reading of this run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryPast {
    /// Recorded slots by their numbers, the oldest first.
    pub slots: Vec<(i64, Slot)>,
    /// The start of the machine; `None` where it is not known.
    pub booted_at: Option<Timestamp>,
    /// The latest warning.
    pub last_warning: Option<(Timestamp, Told)>,
    /// The time up to which an alert of memory is known to have gone on.
    pub alert_until: Option<Timestamp>,
}

/// The way in which a warning was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Notified,
    /// Nobody could see the notification.
    Unseen,
    /// On the console alone: snoozed, or in quiet hours.
    Silently,
}

/// A rise to warn of, for which the looks at the applications are awaited.
#[derive(Clone, Debug)]
pub struct PendingRise {
    pub rise: Rise,
    /// The threshold that memory may cross.
    pub threshold: Percent,
    pub at: Zoned,
    /// The same time on the monotonic clock.
    pub since: Duration,
}

/// Foretells when memory crosses its threshold.
#[derive(Clone, Debug, Default)]
pub struct Forecaster {
    builder: SlotBuilder,
    floor: RisingFloor,
    /// The first minute of this run, of which the history is not asked.
    began: Option<Timestamp>,
    past: PastState,
    booted_at: Option<Timestamp>,
    last_warning: Option<(Timestamp, Told)>,
    delivery: WarningDelivery,
    alert_until: Option<Timestamp>,
    pub pending: Option<PendingRise>,
}

/// The delivery of the latest warning.
#[derive(Clone, Copy, Debug, Default)]
struct WarningDelivery {
    /// The number of its first notification, which its actions name; 0 where there was none.
    first_sequence: u64,
    /// Whether the outcome of a notification is awaited.
    is_awaited: bool,
    /// Whether an action has delivered it.
    is_delivered: bool,
    /// Whether the history has it as told; `None` where it does not have the warning.
    recorded: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PastState {
    #[default]
    Unknown,
    Asked,
    Known,
}

impl Forecaster {
    /// Adds a reading of memory in use, in percent; the next one is expected `refresh` later. `is_alert`: the alert of memory is
    /// not quiet. Returns whether a slot ended with this reading.
    pub fn add(&mut self, at: Timestamp, percent: Option<f64>, refresh: Duration, is_alert: bool) -> bool {
        if is_alert {
            self.alert_until = Some(at);
        }
        self.began.get_or_insert(at);
        match self.builder.add(at, percent, refresh) {
            None => false,
            Some(SlotEnd::Complete { number, slot }) => {
                self.floor.add(number, slot);
                true
            }
            Some(SlotEnd::ClockSetBack) => {
                // Of two clocks, nothing here can tell the right one: begin anew, without a past.
                let alert_until = is_alert.then_some(at);
                *self = Forecaster { began: Some(at), past: PastState::Known, alert_until, ..Forecaster::default() };
                false
            }
        }
    }

    /// The first reading of this run, where the past before it has not been asked for yet; counts it as asked for.
    pub fn request_past(&mut self) -> Option<Timestamp> {
        if self.past != PastState::Unknown {
            return None;
        }
        self.past = PastState::Asked;
        self.began
    }

    /// Takes the past, and puts it before the slots of this run.
    pub fn take_past(&mut self, past: MemoryPast) {
        if self.past == PastState::Known {
            return;
        }
        self.past = PastState::Known;
        let live = std::mem::take(&mut self.floor);
        let first = live.iter().next().map_or(i64::MAX, |(number, _)| number);
        for (number, slot) in past.slots.into_iter().take_while(|(number, _)| *number <= first) {
            self.floor.add(number, Some(slot));
        }
        // Of the slot in which this run began, the past has the earlier part.
        live.iter().for_each(|(number, slot)| self.floor.add(number, slot));
        self.booted_at = past.booted_at;
        if self.last_warning.is_none() {
            self.last_warning = past.last_warning;
            self.delivery.recorded = self.is_unseen().then_some(false);
        }
        self.alert_until = self.alert_until.max(past.alert_until);
    }

    /// The rise to warn of at `now`, of memory that may cross the threshold, in the way `told`: it held for two slots on end.
    /// `None` also while the past is not known yet, during an alert and for an hour after it, and for a day after a warning,
    /// unless that was given silently, or nobody could see it, and this one would notify.
    pub fn warning(&self, now: Timestamp, threshold_percent: f64, told: Told) -> Option<Rise> {
        if !self.may_warn(now, told) {
            return None;
        }
        // The first slot that began after the machine did.
        let not_before = self.booted_at.map(|booted| slot_number(booted) + 1);
        let rise = |ago| self.floor.rise(ago, threshold_percent, not_before);
        rise(1)?;
        rise(0)
    }

    /// Whether a rise may be warned of at `now` in the way `told`.
    pub fn may_warn(&self, now: Timestamp, told: Told) -> bool {
        let is_within = |since: Timestamp, span| now.duration_since(since) < span;
        let is_enough = |last: Told| last == Told::Notified || told != Told::Notified;
        self.past == PastState::Known
            && !self.last_warning.is_some_and(|(at, last)| is_within(at, REPEATED_AFTER) && is_enough(last))
            && !self.alert_until.is_some_and(|until| is_within(until, SILENT_AFTER_ALERT))
    }

    /// The time of `rise`, which ends with the latest slot.
    pub fn window(&self, rise: &Rise) -> Option<RiseWindow> {
        RiseWindow::of(rise, self.floor.latest()?)
    }

    /// Notes that a warning was given at `now`, by the notification `sequence` where it notifies. Returns whether it only repeats
    /// one that nobody could see; else the history has it, where `is_recorded`.
    pub fn warned(&mut self, now: Timestamp, told: Told, sequence: u64, is_recorded: bool) -> bool {
        let before = self.last_warning.replace((now, told));
        let is_awaited = told == Told::Notified;
        if let Some((at, Told::Unseen)) = before
            && now.duration_since(at) < REPEATED_AFTER
        {
            self.last_warning = Some((at, told));
            self.delivery.is_awaited = is_awaited;
            return true;
        }
        let recorded = (is_recorded && is_awaited).then_some(true);
        self.delivery = WarningDelivery { first_sequence: sequence, is_awaited, is_delivered: false, recorded };
        false
    }

    /// Takes the outcome of the notification of the latest warning.
    pub fn notified(&mut self, is_shown: bool) {
        self.delivery.is_awaited = false;
        if let Some((_, told)) = &mut self.last_warning
            && *told != Told::Silently
        {
            *told = if is_shown { Told::Notified } else { Told::Unseen };
        }
    }

    /// Notes that an action has delivered the warning whose first notification was `sequence`, if that is the latest.
    pub fn note_delivered(&mut self, sequence: u64) {
        self.delivery.is_delivered |= sequence != 0 && sequence == self.delivery.first_sequence;
    }

    /// The number of the first notification of the latest warning; 0 where there was none.
    pub fn first_sequence(&self) -> u64 {
        self.delivery.first_sequence
    }

    /// Whether the outcome of a notification is awaited.
    pub fn is_outcome_awaited(&self) -> bool {
        self.delivery.is_awaited
    }

    /// Whether nobody could see the notification of the latest warning.
    pub fn is_unseen(&self) -> bool {
        matches!(self.last_warning, Some((_, Told::Unseen)))
    }

    /// The time of the latest warning, and whether it counts as told, where the history has that otherwise; from now on it does
    /// not. `None` also while that is not known.
    pub fn take_unrecorded(&mut self) -> Option<(Timestamp, bool)> {
        let (at, told) = self.last_warning?;
        if self.delivery.is_awaited && !self.delivery.is_delivered {
            return None;
        }
        let is_told = self.delivery.is_delivered || told == Told::Notified;
        let recorded = self.delivery.recorded.as_mut()?;
        (std::mem::replace(recorded, is_told) != is_told).then_some((at, is_told))
    }

    /// The length of a window of so many slots.
    pub fn span(slots: usize) -> Duration {
        Duration::from_secs(slots as u64 * SLOT_SECONDS.unsigned_abs())
    }
}
