//! What Loadline says of its own cost.

use std::time::Duration;

use super::figures::size;
use crate::core::metrics::self_usage::SelfUsage;

/// What a menu row says of it: `Loadline: 0.03% CPU, 9 MB, up 3 d`; the version while none of it is known.
pub fn self_usage(cost: Option<&SelfUsage>) -> String {
    match cost.and_then(figures) {
        Some(figures) => format!("Loadline: {figures}"),
        None => concat!("Loadline ", env!("CARGO_PKG_VERSION")).into(),
    }
}

/// What `doctor` says of the Loadline with the tray item.
pub fn running(cost: &SelfUsage, pid: u32) -> String {
    let figures = figures(cost).map(|figures| format!(": {figures}")).unwrap_or_default();
    format!("Loadline{figures} (menu bar, process {pid})")
}

/// What `doctor` says where there is none.
pub const NOT_RUNNING: &str = "no Loadline runs in the menu bar";

/// As much of it as is known.
fn figures(cost: &SelfUsage) -> Option<String> {
    let cpu = cost.cpu_percent().map(|percent| format!("{} CPU", share(percent)));
    let memory = cost.memory_bytes.map(size);
    let up = cost.up.map(|up| format!("up {}", age(up)));
    let known: Vec<String> = [cpu, memory, up].into_iter().flatten().collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// A percentage with two or three digits that tell something: `0.03%`, `1.2%`, `12%`.
fn share(percent: f64) -> String {
    match percent {
        // Nothing that runs costs nothing.
        ..0.005 => "<0.01%".into(),
        ..0.995 => format!("{percent:.2}%"),
        ..9.95 => format!("{percent:.1}%"),
        _ => format!("{percent:.0}%"),
    }
}

/// A length of time in its largest unit, rounded down: `40 s`, `5 min`, `2 h`, `3 d`.
fn age(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn cost(cpu_ms: u64, memory_bytes: u64, up_s: u64) -> SelfUsage {
        let cpu_time = Some(Duration::from_millis(cpu_ms));
        SelfUsage { cpu_time, memory_bytes: Some(memory_bytes), up: Some(Duration::from_secs(up_s)) }
    }

    #[test]
    fn the_row_says_cpu_memory_and_age() {
        assert_eq!(self_usage(Some(&cost(77_760, 9 * MIB, 3 * 86_400))), "Loadline: 0.03% CPU, 9 MB, up 3 d");
        assert_eq!(self_usage(Some(&cost(9, 11 * MIB + MIB / 2, 7_300))), "Loadline: <0.01% CPU, 12 MB, up 2 h");
        assert_eq!(self_usage(Some(&cost(120, 2048 * MIB, 59))), "Loadline: 0.20% CPU, 2.0 GB, up 59 s");
    }

    #[test]
    fn what_is_not_known_is_left_out_and_never_zero() {
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
        let known = running(&cost(77_760, 9 * MIB, 3 * 86_400), 1234);
        assert_eq!(known, "Loadline: 0.03% CPU, 9 MB, up 3 d (menu bar, process 1234)");
        assert_eq!(running(&SelfUsage::default(), 1234), "Loadline (menu bar, process 1234)");
    }

    #[test]
    fn a_share_has_as_many_digits_as_tell_something() {
        let said = [0.0, 0.004_9, 0.005, 0.034, 0.994, 0.996, 1.24, 9.94, 9.96, 12.4, 340.0].map(share);
        let expected = ["<0.01%", "<0.01%", "0.01%", "0.03%", "0.99%", "1.0%", "1.2%", "9.9%", "10%", "12%", "340%"];
        assert_eq!(said, expected);
    }

    #[test]
    fn an_age_is_rounded_down_to_its_largest_unit() {
        let said = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 400 * 86_400].map(|s| age(Duration::from_secs(s)));
        assert_eq!(said, ["0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "400 d"]);
    }
}
