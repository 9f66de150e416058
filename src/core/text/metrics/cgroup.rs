//! The limits of a cgroup, for `doctor` and alerts.

use crate::core::metrics::reading::CpuLimitUse;
use crate::core::text::figures::size;

sentences! {
    NO_LIMIT = "none: the percentages are of the whole machine";
    same_as_machine(limit) = "{limit}, the same as the total that the system shows";
    not_compared(limit) = "{limit}, which does not count: the machine's own memory is not known";
    unmeasured(limit) = "{limit}, which does not count: no file tells what its cgroup uses";
    not_clear(reason) = "not known, so neither are the percentages: {reason}";
    NOT_SEEN = "not known: the cgroups of this process cannot be seen, so the percentages are of the whole machine";
}

/// The limit of memory, with its cgroup.
pub fn memory(bytes: u64, folder: &str) -> String {
    format!("memory {} ('{folder}')", size(bytes))
}

/// The limit of swap, which may be none at all.
pub fn swap(bytes: u64) -> String {
    if bytes == 0 { "no swap".into() } else { format!("swap {}", size(bytes)) }
}

/// The limit of the CPU, with its cgroup.
pub fn cpu(cores: f64, folder: &str) -> String {
    format!("CPU {} ('{folder}')", in_cores(cores))
}

/// `limited to 0.2 cores, throttled 67 of 68 periods`.
pub fn limited(limit: &CpuLimitUse) -> String {
    let mut text = format!("limited to {}", in_cores(limit.cores));
    if let Some(throttling) = limit.throttling.filter(|throttling| throttling.throttled > 0) {
        text.push_str(&format!(", throttled {} of {} periods", throttling.throttled, throttling.periods));
    }
    text
}

/// `1 core`, `0.25 cores`.
fn in_cores(cores: f64) -> String {
    let text = format!("{cores:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} {}", if text == "1" { "core" } else { "cores" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::reading::Throttling;

    #[test]
    fn a_limit_is_named_with_its_throttled_periods() {
        let text = |cores, throttled, periods| {
            limited(&CpuLimitUse { cores, throttling: Some(Throttling { periods, throttled }) })
        };
        assert_eq!(text(0.2, 67, 68), "limited to 0.2 cores, throttled 67 of 68 periods");
        assert_eq!(text(1.0, 0, 68), "limited to 1 core");
        assert_eq!(limited(&CpuLimitUse { cores: 12.0, throttling: None }), "limited to 12 cores");
    }
}
