//! Memory pressure as the kernel's pressure stall information tells it.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::core::metrics::reading::Pressure;

/// The share of the last ten seconds in which somebody, or everybody, waited for memory, from which on it counts,
/// percent. The levels of low-memory-monitor's "medium" and "critical" (its `low-memory-monitor.c`, trigger thresholds).
const STALLED_PERCENT: f64 = 10.0;

/// Reads the kernel's figure again and again.
pub struct PressureGauge {
    /// `None` where the kernel keeps no such account.
    file: Option<File>,
}

impl Default for PressureGauge {
    fn default() -> PressureGauge {
        PressureGauge { file: File::open("/proc/pressure/memory").ok() }
    }
}

impl PressureGauge {
    /// How it stands; `None` where the kernel does not tell.
    ///
    /// Source: the kernel's `Documentation/accounting/psi.rst`.
    pub fn read(&self) -> Option<Pressure> {
        let mut buffer = [0; 256];
        let length = self.file.as_ref()?.read_at(&mut buffer, 0).ok()?;
        level(std::str::from_utf8(buffer.get(..length)?).ok()?)
    }
}

/// The level in `some avg10=0.00 avg60=...\nfull avg10=0.00 ...`.
fn level(text: &str) -> Option<Pressure> {
    let average = |who: &str| -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(who))?;
        line.split_whitespace().find_map(|field| field.strip_prefix("avg10="))?.parse().ok()
    };
    Some(match (average("some")?, average("full")?) {
        (_, everybody) if everybody >= STALLED_PERCENT => Pressure::Critical,
        (somebody, _) if somebody >= STALLED_PERCENT => Pressure::Warning,
        _ => Pressure::Normal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_account_is_read_as_three_levels() {
        let account = |some: &str, full: &str| {
            format!(
                "some avg10={some} avg60=1.00 avg300=1.00 total=1\nfull avg10={full} avg60=0.00 avg300=0.00 total=0\n"
            )
        };
        assert_eq!(level(&account("0.00", "0.00")), Some(Pressure::Normal));
        assert_eq!(level(&account("10.00", "9.99")), Some(Pressure::Warning));
        assert_eq!(level(&account("88.10", "10.00")), Some(Pressure::Critical));
        assert_eq!(level("some avg60=1.00\n"), None);
        assert_eq!(level(""), None);
    }
}
