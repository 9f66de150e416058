//! Sentences about the size of the machine.

use std::time::Duration;

use super::grouped;
use crate::core::duration::humanize;
use crate::core::history::capacity::{Capacity, MIN_RECORDED, MIN_SPAN, Missing, Verdict};
use crate::core::metrics::metric::Metric;

const GIB: f64 = (1u64 << 30) as f64;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The paragraph for one metric: `Memory size: in the last 31 days memory was above 80% for 31% of the recorded time; with at
/// least 24 GB the same work would have been below 80% for 99.6% of it.` `swap_days`: on how many of the last seven days swap
/// grew.
pub fn paragraph(capacity: &Capacity, days: u32, swap_days: usize) -> String {
    let Capacity { metric, above, .. } = *capacity;
    let (heading, name) = match metric {
        Metric::Cpu => ("Number of cores", "the CPU"),
        Metric::Memory => ("Memory size", "memory"),
    };
    let was = format!(
        "in the last {days} days {name} was above {above} for {} of the recorded time",
        share(capacity.above_share)
    );
    let swap = match swap_days {
        _ if metric == Metric::Cpu => String::new(),
        0 => String::new(),
        1 => ", and swap grew on one of the last 7".into(),
        days => format!(", and swap grew on {days} of the last 7"),
    };
    let outcome = match capacity.verdict {
        Verdict::Enough => format!("{} are enough", size(metric, capacity.size)),
        Verdict::HalfSuffices => {
            let half = size(metric, capacity.size / 2);
            format!("{} are enough, and {half} would have been", size(metric, capacity.size))
        }
        Verdict::Larger { size: larger, below_share } => {
            let least = if capacity.is_cut_off { "at least " } else { "" };
            let larger = size(metric, larger);
            format!("with {least}{larger} the same work would have been below {above} for {} of it", share(below_share))
        }
    };
    format!("{heading}: {was}{swap}; {outcome}.")
}

/// The sentence where too little is recorded.
pub fn missing(missing: &Missing) -> String {
    let enough =
        format!("{} h recorded within {} days", MIN_RECORDED.as_secs() / 3600, MIN_SPAN.as_secs() / DAY.as_secs());
    let recorded = (!missing.recorded.is_zero()).then(|| format!("{} of readings", humanize(missing.recorded)));
    let days = missing.span.as_secs().div_ceil(DAY.as_secs());
    let span = (days > 0).then(|| format!("{days} more day{}", if days == 1 { "" } else { "s" }));
    let left = [recorded, span].into_iter().flatten().collect::<Vec<_>>().join(" and ");
    format!("Whether the machine is large enough can be said by {enough}: {left} are missing.")
}

/// `24 GB`, `1 core`, `8 cores`.
fn size(metric: Metric, size: u64) -> String {
    match (metric, size) {
        (Metric::Memory, bytes) => {
            let gib = bytes as f64 / GIB;
            if (gib - gib.round()).abs() < 0.05 { format!("{gib:.0} GB") } else { format!("{gib:.1} GB") }
        }
        (Metric::Cpu, 1) => "1 core".into(),
        (Metric::Cpu, cores) => format!("{} cores", grouped(cores)),
    }
}

/// `31%`, `0.4%`, `99.6%`: less than all is never rounded up to all, nor more than nothing down to nothing.
fn share(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0%".into(),
        ..0.1 => "less than 0.1%".into(),
        0.1..10.0 => format!("{percent:.1}%"),
        10.0..90.0 => format!("{percent:.0}%"),
        100.0.. => "100%".into(),
        _ => format!("{:.1}%", (percent * 10.0).floor() / 10.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::metric::Percent;

    fn capacity(metric: Metric, size: u64, above_share: f64, verdict: Verdict) -> Capacity {
        let (above, recorded) = (Percent::DEFAULT, DAY * 20);
        Capacity { metric, size, above, recorded, above_share, percentile_percent: 90.0, verdict, is_cut_off: true }
    }

    #[test]
    fn a_paragraph_says_what_was_and_what_would_have_been() {
        let larger = Verdict::Larger { size: 24 << 30, below_share: 0.9964 };
        let memory = capacity(Metric::Memory, 16 << 30, 0.312, larger);
        assert_eq!(
            paragraph(&memory, 31, 4),
            "Memory size: in the last 31 days memory was above 80% for 31% of the recorded time, and swap grew on 4 of \
             the last 7; with at least 24 GB the same work would have been below 80% for 99.6% of it."
        );
        let enough = Capacity { verdict: Verdict::Enough, above_share: 0.0, size: 25_200_000_000, ..memory };
        let said =
            "Memory size: in the last 31 days memory was above 80% for 0% of the recorded time; 23.5 GB are enough.";
        assert_eq!(paragraph(&enough, 31, 0), said);
        let idle = capacity(Metric::Cpu, 2, 0.0004, Verdict::HalfSuffices);
        let said = "Number of cores: in the last 20 days the CPU was above 80% for less than 0.1% of the recorded time; \
                    2 cores are enough, and 1 core would have been.";
        assert_eq!(paragraph(&idle, 20, 3), said);
    }

    #[test]
    fn what_is_missing_is_said() {
        let left = Missing { recorded: Duration::from_secs(3600), span: DAY * 3 + Duration::from_secs(1) };
        assert_eq!(
            missing(&left),
            "Whether the machine is large enough can be said by 24 h recorded within 14 days: 1 h of readings and 4 more days \
             are missing."
        );
    }
}
