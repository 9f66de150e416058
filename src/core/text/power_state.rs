//! The sentences about the refresh interval and the power state.

use crate::core::duration;
use crate::core::metrics::power_state::{PowerState, SlowReason, SlowedInterval};
use crate::core::settings::Settings;

/// The label of the submenu of refresh intervals: `Refresh every (4 s on battery)` where the interval is slowed. It stays
/// while the menu is open, and while an alert fires: otherwise it would change whenever the menu opens.
pub fn refresh_menu(slowed: Option<SlowedInterval>) -> String {
    const LABEL: &str = "Refresh every";
    match slowed {
        None => LABEL.into(),
        Some(slowed) => {
            format!("{LABEL} ({} {})", duration::humanize_exact(slowed.refresh), while_so(slowed.reason))
        }
    }
}

/// The refresh interval, for `doctor`: `every 4 s, not 2 s, on battery`.
pub fn refresh_state(settings: &Settings, state: PowerState) -> String {
    let chosen = duration::humanize_exact(settings.refresh);
    match state.slowed_interval(settings.refresh) {
        None => format!("every {chosen}"),
        Some(SlowedInterval { reason, .. }) if !settings.refresh_saves_power => {
            format!("every {chosen}, also {}: 'refresh_saves_power' is off", while_so(reason))
        }
        Some(SlowedInterval { refresh, reason }) => {
            format!("every {}, not {chosen}, {}", duration::humanize_exact(refresh), while_so(reason))
        }
    }
}

fn while_so(reason: SlowReason) -> &'static str {
    match reason {
        SlowReason::Locked => "while locked",
        SlowReason::DisplayAsleep => "while the display is asleep",
        SlowReason::Battery => "on battery",
        SlowReason::LowPower => "in low-power mode",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const LOCKED: PowerState =
        PowerState { is_on_battery: false, is_low_power: false, is_display_asleep: false, is_session_locked: true };
    const BATTERY: PowerState = PowerState { is_on_battery: true, is_session_locked: false, ..LOCKED };

    #[test]
    fn the_submenu_names_the_slowed_interval_and_the_reason() {
        let label = |state: PowerState, ms| refresh_menu(state.slowed_interval(Duration::from_millis(ms)));
        assert_eq!(label(BATTERY, 2_000), "Refresh every (4 s on battery)");
        assert_eq!(label(LOCKED, 250), "Refresh every (1s250ms while locked)");
        assert_eq!(label(PowerState::default(), 2_000), "Refresh every");
        assert_eq!(label(BATTERY, 60_000), "Refresh every");
    }

    #[test]
    fn doctor_names_the_interval_in_force_and_the_reason() {
        let always = Settings { refresh_saves_power: false, ..Settings::DEFAULT };
        assert_eq!(refresh_state(&Settings::DEFAULT, PowerState::default()), "every 2 s");
        assert_eq!(refresh_state(&Settings::DEFAULT, LOCKED), "every 10 s, not 2 s, while locked");
        assert_eq!(refresh_state(&always, BATTERY), "every 2 s, also on battery: 'refresh_saves_power' is off");
    }
}
