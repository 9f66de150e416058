//! Statistics of a backtest: the alerts that each threshold would have sent.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::core::metrics::metric::Percent;

/// The thresholds that the menu offers, and that are backtested.
pub fn menu_thresholds() -> impl Iterator<Item = Percent> {
    (50..=95).step_by(5).filter_map(Percent::new)
}

/// The alerts that one threshold would have sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThresholdStats {
    pub above: Percent,
    pub alerts: usize,
    /// Alerts on the busiest day.
    pub max_per_day: usize,
    /// The time for which its alert would have fired.
    pub firing: Duration,
    /// The first of the busiest days; `None` without an alert.
    pub busiest_day: Option<Date>,
}

/// The result of a backtest.
#[derive(Clone, Debug, PartialEq)]
pub struct BacktestResult {
    /// The times of the first reading and the last.
    pub from: Timestamp,
    pub to: Timestamp,
    /// The time between readings, without gaps.
    pub recorded: Duration,
    /// In the order of `Metric::ALL`, the lowest threshold first.
    pub stats: [Vec<ThresholdStats>; 2],
}
