//! The usual interval between the rows of a trace.

use std::time::Duration;

use crate::core::duration::REFRESH;
use crate::core::time::longest_pause;

/// The refresh interval to take for a trace with these pauses between its rows: their median, rounded up to a second. `None`
/// where the rows come about as often as `refresh`, or more seldom than any refresh interval.
pub fn interval_of(mut pauses: Vec<Duration>, refresh: Duration) -> Option<Duration> {
    pauses.sort_unstable();
    let median = *pauses.get(pauses.len() / 2)?;
    let interval = Duration::from_secs(median.as_secs() + u64::from(median.subsec_nanos() > 0));
    (median > longest_pause(refresh, refresh) / 2 && interval <= REFRESH.max).then_some(interval)
}
