//! The power state, and the sampling interval that it allows: the chosen one, or a slower one.
//!
//! On battery and in low-power mode each reading costs power that is short; with the display asleep or the session locked
//! nobody sees it. Alerts are still decided: the first reading above the threshold may come one slowed interval late, and
//! from it on readings come at the chosen interval, until all is quiet again.

use std::time::Duration;

/// The power state of the machine and its session. A fact that the system does not report is false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PowerState {
    pub is_on_battery: bool,
    /// The low-power mode, set by the person or the system.
    pub is_low_power: bool,
    /// On macOS only.
    pub is_display_asleep: bool,
    pub is_session_locked: bool,
    /// Another user has the screen (fast user switching). On macOS only.
    pub is_session_inactive: bool,
}

/// The reason for a slower interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowReason {
    /// The session is locked, or not the one on the screen.
    Locked,
    DisplayAsleep,
    Battery,
    LowPower,
}

impl SlowReason {
    /// The factor of the interval. On battery somebody may well be looking at the screen; with the others nobody is.
    fn factor(self) -> u32 {
        match self {
            SlowReason::Locked | SlowReason::DisplayAsleep => 5,
            SlowReason::Battery | SlowReason::LowPower => 2,
        }
    }
}

/// A refresh interval that is longer than the chosen one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowedInterval {
    pub refresh: Duration,
    pub reason: SlowReason,
}

/// The longest slowed interval: how late an alert may be.
const MAX_INTERVAL: Duration = Duration::from_secs(30);

impl PowerState {
    /// The slowed interval, where it is longer than the chosen one. Never shorter than the chosen interval.
    pub fn slowed_interval(self, chosen: Duration) -> Option<SlowedInterval> {
        let reason = self.reason()?;
        let refresh = chosen.saturating_mul(reason.factor()).min(MAX_INTERVAL);
        (refresh > chosen).then_some(SlowedInterval { refresh, reason })
    }

    /// The reason with the largest factor.
    fn reason(self) -> Option<SlowReason> {
        match self {
            PowerState { is_session_locked: true, .. } | PowerState { is_session_inactive: true, .. } => {
                Some(SlowReason::Locked)
            }
            PowerState { is_display_asleep: true, .. } => Some(SlowReason::DisplayAsleep),
            PowerState { is_on_battery: true, .. } => Some(SlowReason::Battery),
            PowerState { is_low_power: true, .. } => Some(SlowReason::LowPower),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: PowerState = PowerState {
        is_on_battery: false,
        is_low_power: false,
        is_display_asleep: false,
        is_session_locked: false,
        is_session_inactive: false,
    };

    fn slowed_s(state: PowerState, chosen_s: u64) -> Option<(u64, SlowReason)> {
        let slowed = state.slowed_interval(Duration::from_secs(chosen_s))?;
        Some((slowed.refresh.as_secs(), slowed.reason))
    }

    #[test]
    fn the_larger_factor_counts() {
        let battery = PowerState { is_on_battery: true, ..NONE };
        assert_eq!(slowed_s(NONE, 2), None);
        assert_eq!(slowed_s(battery, 2), Some((4, SlowReason::Battery)));
        assert_eq!(slowed_s(PowerState { is_low_power: true, ..NONE }, 2), Some((4, SlowReason::LowPower)));
        assert_eq!(slowed_s(PowerState { is_low_power: true, ..battery }, 2), Some((4, SlowReason::Battery)));
        assert_eq!(
            slowed_s(PowerState { is_display_asleep: true, ..battery }, 2),
            Some((10, SlowReason::DisplayAsleep))
        );
        assert_eq!(slowed_s(PowerState { is_session_locked: true, ..battery }, 2), Some((10, SlowReason::Locked)));
    }

    #[test]
    fn a_session_that_another_user_has_pushed_aside_counts_as_locked_until_it_is_back_and_unlocked() {
        let inactive = PowerState { is_session_inactive: true, ..NONE };
        let both = PowerState { is_session_locked: true, ..inactive };
        let unlocked = PowerState { is_session_locked: false, ..both };
        let back = PowerState { is_session_inactive: false, ..both };
        for state in [inactive, both, unlocked, back] {
            assert_eq!(slowed_s(state, 2), Some((10, SlowReason::Locked)), "{state:?}");
        }
        assert_eq!(slowed_s(PowerState { is_session_inactive: false, ..unlocked }, 2), None);
    }

    #[test]
    fn an_interval_is_slowed_to_half_a_minute_at_most_and_never_shortened() {
        let locked = PowerState { is_session_locked: true, ..NONE };
        let refreshes = [5, 6, 10, 29].map(|chosen| slowed_s(locked, chosen).map(|(refresh, _)| refresh));
        assert_eq!(refreshes, [Some(25), Some(30), Some(30), Some(30)]);
        assert_eq!([30, 60, 3600].map(|chosen| slowed_s(locked, chosen)), [None; 3]);
    }
}
