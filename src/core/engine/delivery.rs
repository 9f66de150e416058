//! The delivery of an alert's notification: an alert counts as told only once somebody could see it.

use std::time::Duration;

/// The time between a failure and the first new attempt, which comes with a reading. It doubles with each failure, so that a
/// service that shows everything late shows few of them.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(10);
const MAX_PAUSE: Duration = Duration::from_secs(3600);

/// The delivery of the latest notification of a metric's alert. Times are on the monotonic clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delivery {
    /// The number of the alert's first notification, which its actions name; 0 before there was one.
    pub(super) first_sequence: u64,
    /// The number of the latest; 0 once its outcome is known. Another outcome comes too late to count.
    pub(super) sequence: u64,
    /// The time at which an action delivered the alert; `None` where none has.
    pub(super) told_at: Option<Duration>,
    /// Whether the limits of the alert count it: a notification that nobody could see was taken back.
    pub(super) is_counted: bool,
    /// Whether the history has the alert as told; `None` where it does not have the alert.
    recorded: Option<bool>,
    /// Whether the alert has ended.
    is_over: bool,
    pub(super) unseen: Option<Unseen>,
}

/// Nobody could see the notification.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unseen {
    pub(super) retry_at: Duration,
    pub(super) pause: Duration,
    /// Whether a new attempt is under way.
    pub(super) is_sent: bool,
}

impl Delivery {
    /// A notification of an alert is sent for the first time.
    pub(super) fn begin(&mut self, sequence: u64, is_recorded: bool) {
        let recorded = is_recorded.then_some(true);
        *self = Delivery { first_sequence: sequence, sequence, is_counted: true, recorded, ..Delivery::default() };
    }

    /// Notes whether the alert counts as told now. Returns whether the history has it otherwise.
    pub(super) fn note_told(&mut self, is_told: bool) -> bool {
        self.recorded.as_mut().is_some_and(|recorded| std::mem::replace(recorded, is_told) != is_told)
    }

    /// The alert has ended. Returns whether nobody could see its notification.
    pub(super) fn end(&mut self) -> bool {
        self.is_over = true;
        self.unseen.take().is_some()
    }

    /// Takes a failure.
    pub(super) fn fail(&mut self, now: Duration) {
        let pause = self.unseen.map_or(FIRST_PAUSE, |unseen| unseen.pause.saturating_mul(2).min(MAX_PAUSE));
        let unseen = Unseen { retry_at: now.saturating_add(pause), pause, is_sent: false };
        self.unseen = (!self.is_over).then_some(unseen);
        self.is_counted = self.told_at.is_some();
    }
}
