//! The facts of an early warning.

use std::time::Duration;

use super::grower::Grower;
use crate::core::alerts::event::SuppressedBy;
use crate::core::metrics::metric::Percent;

/// Memory rises slowly, and may cross its threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct ForecastEvent {
    /// The threshold that memory may cross.
    pub threshold: Percent,
    /// The time until then, at the present rate.
    pub left: Duration,
    /// The rise of the floor, in points of a percentage, within `within`.
    pub grown_points: f64,
    pub within: Duration,
    /// The same rise in bytes; `None` where the size of the memory is not known.
    pub grown_bytes: Option<u64>,
    /// The application that explains it; `None` where none is known to.
    pub grower: Option<Grower>,
    /// `None` where it notified.
    pub suppressed_by: Option<SuppressedBy>,
}
