//! Statistics of a backtest: the alerts that each threshold would have sent.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::core::metrics::metric::Percent;

/// The thresholds that the menu offers, and that are tried.
pub fn menu_thresholds() -> impl Iterator<Item = Percent> {
    (50..=95).step_by(5).filter_map(Percent::new)
}

/// What one threshold would have told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThresholdStats {
    /// The threshold.
    pub above: Percent,
    /// How often it would have told in all.
    pub alerts: usize,
    /// How often on the day on which it would have told most.
    pub max_per_day: usize,
    /// For how long its alert would have been on.
    pub firing: Duration,
    /// Which day that was, the first of them; `None` where it never would have told.
    pub busiest_day: Option<Date>,
}

/// What the thresholds would have told, for each metric.
#[derive(Clone, Debug, PartialEq)]
pub struct BacktestResult {
    /// The first reading.
    pub from: Timestamp,
    /// The last reading.
    pub to: Timestamp,
    /// The time that readings tell of: that between them, without gaps.
    pub recorded: Duration,
    /// In the order of [`Metric::ALL`], the lowest threshold first.
    pub stats: [Vec<ThresholdStats>; 2],
}
