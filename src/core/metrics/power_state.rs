//! How often the machine is read: as often as the person chose, and less often where that is for nobody.
//!
//! On battery and in low-power mode each reading costs what is short; with the display asleep or the session locked nobody
//! sees what is read. Alerts are still decided: the reading that is above the threshold may come one stretched interval late,
//! and from it on readings come at the chosen interval, until all is quiet again.

use std::time::Duration;

/// How the machine is being used, as far as it matters here. What the system does not tell is false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PowerState {
    /// It runs on battery.
    pub is_on_battery: bool,
    /// The person, or the system, wants power saved.
    pub is_low_power: bool,
    /// The display is asleep, or shows a screen saver.
    pub is_display_asleep: bool,
    /// The session is locked.
    pub is_session_locked: bool,
}

/// Why readings are taken less often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowReason {
    /// The session is locked.
    Locked,
    /// The display is asleep.
    DisplayAsleep,
    /// On battery.
    Battery,
    /// In low-power mode.
    LowPower,
}

impl SlowReason {
    /// How many times as long the interval is. Nobody misses what nobody can see; on battery somebody may well be looking.
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
    /// The interval.
    pub refresh: Duration,
    /// Why.
    pub reason: SlowReason,
}

/// The longest that an interval is stretched to: how late an alert may be.
const LONGEST: Duration = Duration::from_secs(30);

impl PowerState {
    /// The interval to be kept to, where it is longer than the `chosen` one: who chose a minute keeps a minute.
    pub fn slowed_interval(self, chosen: Duration) -> Option<SlowedInterval> {
        let reason = self.reason()?;
        let refresh = chosen.saturating_mul(reason.factor()).min(LONGEST);
        (refresh > chosen).then_some(SlowedInterval { refresh, reason })
    }

    /// The reason that counts for most, of those there are.
    fn reason(self) -> Option<SlowReason> {
        let reasons = [
            (self.is_session_locked, SlowReason::Locked),
            (self.is_display_asleep, SlowReason::DisplayAsleep),
            (self.is_on_battery, SlowReason::Battery),
            (self.is_low_power, SlowReason::LowPower),
        ];
        reasons.into_iter().find_map(|(is_so, reason)| is_so.then_some(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: PowerState =
        PowerState { is_on_battery: false, is_low_power: false, is_display_asleep: false, is_session_locked: false };

    fn stretched_s(circumstances: PowerState, chosen_s: u64) -> Option<(u64, SlowReason)> {
        let stretch = circumstances.slowed_interval(Duration::from_secs(chosen_s))?;
        Some((stretch.refresh.as_secs(), stretch.reason))
    }

    #[test]
    fn the_larger_factor_counts() {
        let battery = PowerState { is_on_battery: true, ..NONE };
        assert_eq!(stretched_s(NONE, 2), None);
        assert_eq!(stretched_s(battery, 2), Some((4, SlowReason::Battery)));
        assert_eq!(stretched_s(PowerState { is_low_power: true, ..NONE }, 2), Some((4, SlowReason::LowPower)));
        assert_eq!(stretched_s(PowerState { is_low_power: true, ..battery }, 2), Some((4, SlowReason::Battery)));
        assert_eq!(
            stretched_s(PowerState { is_display_asleep: true, ..battery }, 2),
            Some((10, SlowReason::DisplayAsleep))
        );
        assert_eq!(stretched_s(PowerState { is_session_locked: true, ..battery }, 2), Some((10, SlowReason::Locked)));
    }

    #[test]
    fn nothing_is_stretched_beyond_half_a_minute_nor_shortened_to_it() {
        let locked = PowerState { is_session_locked: true, ..NONE };
        let refreshes = [5, 6, 10, 29].map(|chosen| stretched_s(locked, chosen).map(|(refresh, _)| refresh));
        assert_eq!(refreshes, [Some(25), Some(30), Some(30), Some(30)]);
        assert_eq!([30, 60, 3600].map(|chosen| stretched_s(locked, chosen)), [None; 3]);
    }
}
