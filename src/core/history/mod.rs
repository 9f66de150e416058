//! Stored readings and alerts: records, sums over time, and the threshold that they recommend.

pub mod app_totals;
pub mod buckets;
pub mod capacity;
pub mod recommendation;
pub mod record;
pub mod since;
pub mod threshold_stats;
pub mod time_above;
pub mod weighted_mean;
