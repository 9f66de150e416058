//! `/proc/pressure/memory`: the kernel's pressure stall information.
//!
//! Source: the kernel's `Documentation/accounting/psi.rst`.

use super::fields::lines;
use crate::core::metrics::reading::Pressure;

/// The least share of the last ten seconds, percent, in which some tasks (a warning) or all of them (critical) waited for
/// memory: the levels "medium" and "critical" of low-memory-monitor (its `low-memory-monitor.c`, trigger thresholds).
const STALLED_PERCENT: u32 = 10;

/// The level in `some avg10=0.00 avg60=...\nfull avg10=0.00 ...`; `None` where a share is missing, or more than 100 percent.
pub fn level(text: &[u8]) -> Option<Pressure> {
    let [mut some, mut all] = [None; 2];
    for line in lines(text) {
        if let Some(shares) = line.strip_prefix(b"some avg10=") {
            some = whole_percent(shares);
        } else if let Some(shares) = line.strip_prefix(b"full avg10=") {
            all = whole_percent(shares);
        }
    }
    Some(match (some?, all?) {
        (_, all) if all >= STALLED_PERCENT => Pressure::Critical,
        (some, _) if some >= STALLED_PERCENT => Pressure::Warning,
        _ => Pressure::Normal,
    })
}

/// The whole part of `12.34 avg60=...`.
fn whole_percent(shares: &[u8]) -> Option<u32> {
    let point = shares.iter().position(|byte| *byte == b'.')?;
    let digits = shares.get(..point)?;
    let digit = |percent: u32, byte: &u8| {
        let digit = u32::from(*byte).checked_sub(u32::from(b'0')).filter(|digit| *digit <= 9)?;
        Some(percent * 10 + digit).filter(|percent| *percent <= 100)
    };
    (!digits.is_empty()).then(|| digits.iter().try_fold(0, digit))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Pressure> {
        level(text.as_bytes())
    }

    #[test]
    fn the_kernels_figures_are_read_as_three_levels() {
        let figures = |some: &str, full: &str| {
            format!(
                "some avg10={some} avg60=1.00 avg300=1.00 total=1\nfull avg10={full} avg60=0.00 avg300=0.00 total=0\n"
            )
        };
        assert_eq!(of(&figures("0.00", "0.00")), Some(Pressure::Normal));
        assert_eq!(of(&figures("10.00", "9.99")), Some(Pressure::Warning));
        assert_eq!(of(&figures("88.10", "10.00")), Some(Pressure::Critical));
        assert_eq!(of(&figures("100.00", "100.00")), Some(Pressure::Critical));
        assert_eq!(of(&figures("888.10", "10.00")), None);
        for text in [
            "",
            "some avg60=1.00\n",
            "some avg10=0.00 avg60=0.00",
            "some avg10=0.00 \nfull avg10= \n",
            "some avg10=-1.0\n",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
