//! Memory pressure, from the kernel's pressure stall information.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::core::metrics::reading::Pressure;

/// The least share of the last ten seconds, percent, in which some tasks (a warning) or all of them (critical) waited for
/// memory: the levels "medium" and "critical" of low-memory-monitor (its `low-memory-monitor.c`, trigger thresholds).
const STALLED_PERCENT: f64 = 10.0;

/// The kernel's figures of memory pressure; `None` where it has none.
pub struct PressureGauge(Option<File>);

impl Default for PressureGauge {
    fn default() -> PressureGauge {
        PressureGauge(File::open("/proc/pressure/memory").ok())
    }
}

impl PressureGauge {
    /// The pressure now; `None` where the kernel does not report it.
    ///
    /// Source: the kernel's `Documentation/accounting/psi.rst`.
    pub fn read(&self) -> Option<Pressure> {
        let mut buffer = [0; 256];
        let length = self.0.as_ref()?.read_at(&mut buffer, 0).ok()?;
        level(std::str::from_utf8(buffer.get(..length)?).ok()?)
    }
}

/// The level in `some avg10=0.00 avg60=...\nfull avg10=0.00 ...`.
fn level(text: &str) -> Option<Pressure> {
    let average_percent = |tasks: &str| -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(tasks))?;
        line.split_whitespace().find_map(|field| field.strip_prefix("avg10="))?.parse().ok()
    };
    Some(match (average_percent("some")?, average_percent("full")?) {
        (_, all) if all >= STALLED_PERCENT => Pressure::Critical,
        (some, _) if some >= STALLED_PERCENT => Pressure::Warning,
        _ => Pressure::Normal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_figures_are_read_as_three_levels() {
        let figures = |some: &str, full: &str| {
            format!(
                "some avg10={some} avg60=1.00 avg300=1.00 total=1\nfull avg10={full} avg60=0.00 avg300=0.00 total=0\n"
            )
        };
        assert_eq!(level(&figures("0.00", "0.00")), Some(Pressure::Normal));
        assert_eq!(level(&figures("10.00", "9.99")), Some(Pressure::Warning));
        assert_eq!(level(&figures("88.10", "10.00")), Some(Pressure::Critical));
        assert_eq!(level("some avg60=1.00\n"), None);
        assert_eq!(level(""), None);
    }
}
