//! Loadline's own usage, the refresh interval and newer versions in words.

pub mod cgroup;

use super::figures::size;
use crate::core::duration::{humanize, humanize_exact, largest_unit};
use crate::core::metrics::power_state::{PowerState, SlowReason, SlowedInterval};
use crate::core::metrics::self_usage::SelfUsage;
use crate::core::settings::Settings;
use crate::core::updates::release::Version;
use crate::core::updates::schedule::UpdateCheck;

/// The menu row: `Loadline 0.1.0: 0.03% CPU, 9 MB, up 3 days`; the version alone while nothing is known.
pub fn self_usage(usage: Option<&SelfUsage>) -> String {
    const NAME: &str = concat!("Loadline ", env!("CARGO_PKG_VERSION"));
    usage.and_then(figures).map_or_else(|| NAME.into(), |figures| format!("{NAME}: {figures}"))
}

/// The sentence of `doctor` about the Loadline with the tray item.
pub fn running(usage: &SelfUsage, pid: u32) -> String {
    let figures = figures(usage).map(|figures| format!(": {figures}")).unwrap_or_default();
    format!("Loadline{figures} (menu bar, process {pid})")
}

/// The sentence of `doctor` where no Loadline has a tray item.
pub const NOT_RUNNING: &str = "no Loadline runs in the menu bar";

/// The figures that are known.
fn figures(usage: &SelfUsage) -> Option<String> {
    let cpu = usage.cpu_percent().map(|percent| format!("{} CPU", share(percent)));
    let memory = usage.memory_bytes.map(size);
    let up = usage.up.map(|up| format!("up {}", humanize(largest_unit(up))));
    let known: Vec<String> = [cpu, memory, up].into_iter().flatten().collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// A percentage with two or three significant digits: `0.03%`, `1.2%`, `12%`.
fn share(percent: f64) -> String {
    match percent {
        // A process that runs never costs nothing.
        ..0.005 => "<0.01%".into(),
        ..0.995 => format!("{percent:.2}%"),
        ..9.95 => format!("{percent:.1}%"),
        _ => format!("{percent:.0}%"),
    }
}

/// The label of the submenu of refresh intervals: `Refresh every (4 s on battery)` where the interval is slowed. It stays
/// while the menu is open, and while an alert fires: otherwise it would change whenever the menu opens.
pub fn refresh_menu(slowed: Option<SlowedInterval>) -> String {
    const LABEL: &str = "Refresh every";
    match slowed {
        None => LABEL.into(),
        Some(slowed) => format!("{LABEL} ({} {})", humanize_exact(slowed.refresh), while_so(slowed.reason)),
    }
}

/// The refresh interval, for `doctor`: `every 4 s, not 2 s, on battery`.
pub fn refresh_state(settings: &Settings, state: PowerState) -> String {
    let chosen = humanize_exact(settings.refresh);
    match state.slowed_interval(settings.refresh) {
        None => format!("every {chosen}"),
        Some(SlowedInterval { reason, .. }) if !settings.refresh_saves_power => {
            format!("every {chosen}, also {}: 'refresh_saves_power' is off", while_so(reason))
        }
        Some(SlowedInterval { refresh, reason }) => {
            format!("every {}, not {chosen}, {}", humanize_exact(refresh), while_so(reason))
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

/// The menu row of a newer version, which opens its page.
pub fn newer_version(version: Version) -> String {
    format!("Loadline {version} is out…")
}

/// The state of the setting and of the last check, for `doctor`.
///
/// # Errors
/// The problem of a check that failed, or that others could have asked for it.
pub fn update_state(settings: &Settings, last: Option<&UpdateCheck>) -> Result<String, String> {
    let Some(repository) = settings.trusted_repository() else {
        if settings.updates_from.is_some() {
            return Err("nobody is asked: others could have written 'updates_from'".into());
        }
        return Ok("off: name a repository in 'updates_from' to be told of new versions".into());
    };
    let Some(last) = last.filter(|last| last.repository == *repository) else {
        return Ok(format!("'{repository}' is checked once a day, by the Loadline in the menu bar; not yet"));
    };
    match (&last.outcome, last.newer()) {
        (Err(problem), _) => Err(format!("the last check failed: {problem}")),
        (Ok(_), Some(newer)) => Ok(format!("Loadline {} is out: {}", newer.version, newer.page)),
        (Ok(Some(_)), None) => Ok("this is the newest version".into()),
        (Ok(None), None) => Ok(format!("'{repository}' has no release")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const MIB: u64 = 1 << 20;

    fn usage(cpu_ms: u64, memory_bytes: u64, up_s: u64) -> SelfUsage {
        let cpu_time = Some(Duration::from_millis(cpu_ms));
        SelfUsage { cpu_time, memory_bytes: Some(memory_bytes), up: Some(Duration::from_secs(up_s)) }
    }

    /// The row without the name and the version.
    fn row(usage: &SelfUsage) -> String {
        let name = format!("Loadline {}: ", env!("CARGO_PKG_VERSION"));
        self_usage(Some(usage)).strip_prefix(&name).unwrap().to_owned()
    }

    #[test]
    fn the_row_names_cpu_memory_and_time_since_start() {
        assert_eq!(row(&usage(77_760, 9 * MIB, 3 * 86_400)), "0.03% CPU, 9 MB, up 3 days");
        assert_eq!(row(&usage(9, 11 * MIB + MIB / 2, 7_300)), "<0.01% CPU, 12 MB, up 2 h");
        assert_eq!(row(&usage(120, 2048 * MIB, 59)), "0.20% CPU, 2.0 GB, up 59 s");
    }

    #[test]
    fn an_unknown_figure_is_left_out_and_never_zero() {
        let up = Some(Duration::from_secs(5 * 60 + 59));
        assert_eq!(row(&SelfUsage { up, ..SelfUsage::default() }), "up 5 min");
        let memory_bytes = Some(9 * MIB);
        assert_eq!(row(&SelfUsage { memory_bytes, up, cpu_time: None }), "9 MB, up 5 min");
        let version = format!("Loadline {}", env!("CARGO_PKG_VERSION"));
        assert_eq!(self_usage(Some(&SelfUsage::default())), version);
        assert_eq!(self_usage(None), version);
    }

    #[test]
    fn doctor_names_the_process() {
        let known = running(&usage(77_760, 9 * MIB, 3 * 86_400), 1234);
        assert_eq!(known, "Loadline: 0.03% CPU, 9 MB, up 3 days (menu bar, process 1234)");
        assert_eq!(running(&SelfUsage::default(), 1234), "Loadline (menu bar, process 1234)");
    }

    #[test]
    fn a_percentage_has_its_significant_digits() {
        let printed = [0.0, 0.004_9, 0.005, 0.034, 0.994, 0.996, 1.24, 9.94, 9.96, 12.4, 340.0].map(share);
        let expected = ["<0.01%", "<0.01%", "0.01%", "0.03%", "0.99%", "1.0%", "1.2%", "9.9%", "10%", "12%", "340%"];
        assert_eq!(printed, expected);
    }

    const LOCKED: PowerState = PowerState {
        is_on_battery: false,
        is_low_power: false,
        is_display_asleep: false,
        is_session_locked: true,
        is_session_inactive: false,
    };
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
