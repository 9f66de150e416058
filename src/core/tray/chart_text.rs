//! What the menu says of the past: the last ten minutes, and what each threshold would have told.

use std::time::Duration;

use jiff::SignedDuration;

use crate::core::duration::{self, Coarse};
use crate::core::history::threshold_stats::{BacktestResult, ThresholdStats};
use crate::core::metrics::metric::{Metric, Percent, Threshold};
use crate::core::metrics::recent::{Chart, GROUP};
use crate::core::text::settings::threshold;

/// The heights of a column at or below the load line, which is the top of the last one.
const BELOW: [char; 6] = ['▁', '▂', '▃', '▄', '▅', '▆'];
/// The column that is above the load line: it stands out by two steps, so that it can be told from one that nearly is.
const ABOVE: char = '█';
/// Stands where nothing is known. About as wide as a block, in the fonts that have both.
const UNKNOWN: char = '\u{2800}';

/// What stands beside a chart: how much time it shows.
pub const CHART_LEGEND: &str = "10 min";

/// A chart as a menu row of text: `▁▁▂▁▃█▆▂▁  10 min`.
pub fn chart(chart: &Chart) -> String {
    let blocks = chart.columns.chunks(GROUP).map(|columns| {
        let highest = columns.iter().flatten().max();
        highest.map_or(UNKNOWN, |&percent| block(percent, chart.line))
    });
    blocks.chain("  ".chars()).chain(CHART_LEGEND.chars()).collect()
}

fn block(percent: u8, line: Option<Percent>) -> char {
    let (percent, line) = (usize::from(percent), line.map_or(100, |line| usize::from(line.get())));
    let step = (percent * BELOW.len()).div_ceil(line).saturating_sub(1);
    BELOW.get(step).copied().unwrap_or(ABOVE)
}

/// What a screen reader says of a chart: `CPU, last 10 minutes: mean 23%, highest 91%`.
pub fn chart_spoken(metric: Metric, chart: &Chart) -> String {
    match (chart.mean_percent, chart.highest_percent) {
        (Some(mean), Some(highest)) => format!("{metric}, last 10 minutes: mean {mean}%, highest {highest}%"),
        _ => format!("{metric}, last 10 minutes: not known"),
    }
}

/// A threshold as a menu row, with what it would have told, as far as that is known: `85%: 3 alerts last week`.
/// `counts`: the threshold has a say in the alerts.
pub fn threshold_with_stats(metric: Metric, value: Threshold, counts: bool, tried: Option<&BacktestResult>) -> String {
    let row = threshold(value);
    let tried = tried.filter(|_| counts);
    let told = |tried: &BacktestResult| {
        let told: &ThresholdStats =
            tried.stats[metric as usize].iter().find(|told| value == Threshold::Above(told.above))?;
        Some((told.alerts, when(tried)))
    };
    match tried.and_then(told) {
        None => row,
        Some((0, when)) => format!("{row}: no alerts {when}"),
        Some((1, when)) => format!("{row}: 1 alert {when}"),
        Some((times, when)) => format!("{row}: {times} alerts {when}"),
    }
}

const DAY: Duration = Duration::from_secs(86_400);
/// A week of readings may begin in the night, or at a weekend morning, in which the machine was off.
const NEARLY_A_WEEK: SignedDuration = SignedDuration::from_hours(6 * 24);

/// The time that was tried: `last week`, or how much of it is recorded: `in 5 h`.
fn when(tried: &BacktestResult) -> String {
    if tried.to.duration_since(tried.from) >= NEARLY_A_WEEK && tried.recorded >= DAY {
        return "last week".into();
    }
    match tried.recorded.as_secs() / DAY.as_secs() {
        0 => format!("in {}", Coarse::new(tried.recorded)),
        days => format!("in {}", duration::humanize(DAY * days as u32)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::recent::COLUMNS;
    use jiff::Timestamp;

    fn of(columns: &[Option<u8>], line: u64) -> Chart {
        let mut all = [None; COLUMNS];
        all[COLUMNS - columns.len()..].copy_from_slice(columns);
        Chart { columns: all, line: Percent::new(line), mean_percent: None, highest_percent: None }
    }

    /// The characters of the last columns.
    fn drawn(columns: &[Option<u8>], line: u64) -> String {
        let text = chart(&of(columns, line));
        let blocks: Vec<char> = text.strip_suffix("  10 min").unwrap().chars().collect();
        assert_eq!(blocks.len(), 20);
        blocks[20 - columns.len().div_ceil(3)..].iter().collect()
    }

    #[test]
    fn the_load_line_is_where_the_full_block_begins() {
        let groups = [0, 1, 13, 14, 40, 69, 80, 81, 100].map(|percent| [Some(percent); 3]);
        assert_eq!(drawn(&groups.concat(), 80), "▁▁▁▂▃▆▆██");
        assert_eq!(drawn(&[Some(1), Some(2), Some(0)], 1), "█", "the highest of them");
        assert_eq!(drawn(&[Some(1), None, None], 1), "▆", "the last may not have begun");
        assert_eq!(drawn(&[[Some(100); 3], [Some(50); 3]].concat(), 0), "▆▃", "alerts off");
    }

    #[test]
    fn a_gap_is_empty() {
        assert_eq!(drawn(&[[Some(5); 3], [None; 3], [Some(5); 3]].concat(), 80), "▁\u{2800}▁");
        assert_eq!(chart(&Chart::EMPTY), format!("{}  10 min", "\u{2800}".repeat(20)));
    }

    #[test]
    fn a_chart_is_spoken_in_numbers() {
        let chart = Chart { mean_percent: Some(23), highest_percent: Some(91), ..Chart::EMPTY };
        assert_eq!(chart_spoken(Metric::Cpu, &chart), "CPU, last 10 minutes: mean 23%, highest 91%");
        assert_eq!(chart_spoken(Metric::Memory, &Chart::EMPTY), "Memory, last 10 minutes: not known");
    }

    #[test]
    fn thresholds_say_what_they_would_have_told() {
        let above = |value| Percent::new(value).unwrap();
        let told = |value, times| ThresholdStats {
            above: above(value),
            alerts: times,
            max_per_day: times,
            firing: Duration::ZERO,
            busiest_day: None,
        };
        let row = |value, span_hours: i64, recorded_hours: u64| {
            let (from, recorded) = (Timestamp::UNIX_EPOCH, Duration::from_secs(recorded_hours * 3600));
            let to = from + SignedDuration::from_hours(span_hours);
            let tried = BacktestResult {
                from,
                to,
                recorded,
                stats: [vec![told(50, 12), told(85, 1), told(95, 0)], Vec::new()],
            };
            threshold_with_stats(Metric::Cpu, Threshold::Above(above(value)), true, Some(&tried))
        };
        assert_eq!(row(50, 168, 60), "50%: 12 alerts last week");
        assert_eq!(row(85, 160, 60), "85%: 1 alert last week");
        assert_eq!(row(95, 168, 168), "95%: no alerts last week");
        assert_eq!(row(50, 40, 5), "50%: 12 alerts in 5 h");
        assert_eq!(row(50, 140, 60), "50%: 12 alerts in 2 days");
        assert_eq!(row(83, 168, 60), "83%", "it was not tried");
        assert_eq!(row(50, 168, 5), "50%: 12 alerts in 5 h", "a week of which little is known");
        assert_eq!(threshold_with_stats(Metric::Cpu, Threshold::Off, true, None), "Off");
    }
}
