//! The sentences about Loadline's own usage.

use super::figures::size;
use crate::core::duration::{humanize, largest_unit};
use crate::core::metrics::self_usage::SelfUsage;

/// The menu row: `Loadline: 0.03% CPU, 9 MB, up 3 days`; the version while nothing is known.
pub fn self_usage(usage: Option<&SelfUsage>) -> String {
    match usage.and_then(figures) {
        Some(figures) => format!("Loadline: {figures}"),
        None => concat!("Loadline ", env!("CARGO_PKG_VERSION")).into(),
    }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn usage(cpu_ms: u64, memory_bytes: u64, up_s: u64) -> SelfUsage {
        let cpu_time = Some(Duration::from_millis(cpu_ms));
        SelfUsage { cpu_time, memory_bytes: Some(memory_bytes), up: Some(Duration::from_secs(up_s)) }
    }

    #[test]
    fn the_row_names_cpu_memory_and_time_since_start() {
        assert_eq!(self_usage(Some(&usage(77_760, 9 * MIB, 3 * 86_400))), "Loadline: 0.03% CPU, 9 MB, up 3 days");
        assert_eq!(self_usage(Some(&usage(9, 11 * MIB + MIB / 2, 7_300))), "Loadline: <0.01% CPU, 12 MB, up 2 h");
        assert_eq!(self_usage(Some(&usage(120, 2048 * MIB, 59))), "Loadline: 0.20% CPU, 2.0 GB, up 59 s");
    }

    #[test]
    fn an_unknown_figure_is_left_out_and_never_zero() {
        let up = Some(Duration::from_secs(5 * 60 + 59));
        assert_eq!(self_usage(Some(&SelfUsage { up, ..SelfUsage::default() })), "Loadline: up 5 min");
        let memory_bytes = Some(9 * MIB);
        assert_eq!(self_usage(Some(&SelfUsage { memory_bytes, up, cpu_time: None })), "Loadline: 9 MB, up 5 min");
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
}
