//! Values that all JSON lines share: the version, times, and rounded numbers.

use std::time::Duration;

use jiff::Zoned;

use crate::core::metrics::metric::hundredths;

/// The version of the format. It grows only when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// The time with the zone's offset, to the millisecond: `2026-11-22T14:03:07.250+01:00`.
pub fn rfc3339(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// Rounds to two decimals: further digits of these measurements are noise.
pub fn rounded(percent: f64) -> f64 {
    hundredths(percent) as f64 / 100.0
}

/// Seconds to the millisecond, like the times.
pub fn in_seconds(span: Duration) -> f64 {
    span.as_millis() as f64 / 1000.0
}
