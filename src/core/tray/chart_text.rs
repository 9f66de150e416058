//! The history in the menu: charts of the last ten minutes, and statistics beside the thresholds.

use std::time::Duration;

use jiff::SignedDuration;

use crate::core::duration::{self, Coarse};
use crate::core::history::threshold_stats::BacktestResult;
use crate::core::metrics::metric::{Metric, Percent, Threshold};
use crate::core::metrics::recent::{Chart, GROUP};
use crate::core::text::settings::threshold;

/// The heights of a column up to the load line, which is the top of the last one. They are patterns of Braille, which a font has
/// all of or none, in one width, a gap included. Block elements have several widths in one row: many fonts have only the half
/// and the full one, and others fill in for the rest.
const BELOW: [char; 3] = ['⣀', '⣤', '⣶'];
/// A column above the load line.
const ABOVE: char = '⣿';
/// A gap in the readings.
const UNKNOWN: char = '\u{2800}';

/// The legend beside a chart: its time span.
pub const CHART_LEGEND: &str = "10 min";

/// A chart as a menu row of text: `⣀⣀⣤⣀⣶⣿⣶⣤⣀  10 min`.
pub fn chart(chart: &Chart) -> String {
    let highest = chart.columns.chunks(GROUP).map(|columns| columns.iter().flatten().max());
    let blocks = highest.map(|highest| highest.map_or(UNKNOWN, |&percent| block(percent, chart.line)));
    blocks.chain("  ".chars()).chain(CHART_LEGEND.chars()).collect()
}

fn block(percent: u8, line: Option<Percent>) -> char {
    let (percent, line) = (usize::from(percent), line.map_or(100, |line| usize::from(line.get())));
    let step = (percent * BELOW.len()).div_ceil(line).saturating_sub(1);
    BELOW.get(step).copied().unwrap_or(ABOVE)
}

/// The text of a chart for screen readers: `CPU, last 10 minutes: mean 23%, highest 91%`.
pub fn chart_spoken(metric: Metric, chart: &Chart) -> String {
    match (chart.mean_percent, chart.highest_percent) {
        (Some(mean), Some(highest)) => format!("{metric}, last 10 minutes: mean {mean}%, highest {highest}%"),
        _ => format!("{metric}, last 10 minutes: not known"),
    }
}

/// A threshold as a menu row, with its alerts in the history as far as they are known: `85%: 3 alerts last week`.
/// `is_used` is false for a threshold that decides no alerts.
pub fn threshold_with_stats(
    metric: Metric,
    value: Threshold,
    is_used: bool,
    backtest: Option<&BacktestResult>,
) -> String {
    let row = threshold(value);
    let alerts = |backtest: &BacktestResult| {
        let mut stats = backtest.stats[metric as usize].iter();
        Some((stats.find(|stats| value == Threshold::Above(stats.above))?.alerts, period(backtest)))
    };
    match backtest.filter(|_| is_used).and_then(alerts) {
        None => row,
        Some((0, period)) => format!("{row}: no alerts {period}"),
        Some((1, period)) => format!("{row}: 1 alert {period}"),
        Some((count, period)) => format!("{row}: {count} alerts {period}"),
    }
}

const DAY: Duration = Duration::from_secs(86_400);
/// A week of readings may begin in a night or on a weekend morning when the machine was off.
const NEARLY_A_WEEK: SignedDuration = SignedDuration::from_hours(6 * 24);

/// The period of the backtest: `last week`, or the recorded part of it: `in 5 h`.
fn period(backtest: &BacktestResult) -> String {
    if backtest.to.duration_since(backtest.from) >= NEARLY_A_WEEK && backtest.recorded >= DAY {
        return "last week".into();
    }
    match backtest.recorded.as_secs() / DAY.as_secs() {
        0 => format!("in {}", Coarse::new(backtest.recorded)),
        days => format!("in {}", duration::humanize(DAY * days as u32)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::history::threshold_stats::ThresholdStats;
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
    fn the_load_line_is_where_the_full_pattern_begins() {
        let groups = [0, 1, 13, 14, 40, 69, 80, 81, 100].map(|percent| [Some(percent); 3]);
        assert_eq!(drawn(&groups.concat(), 80), "⣀⣀⣀⣀⣤⣶⣶⣿⣿");
        assert_eq!(drawn(&[Some(1), Some(2), Some(0)], 1), "⣿", "the highest of them");
        assert_eq!(drawn(&[Some(1), None, None], 1), "⣶", "a group with gaps is drawn");
        assert_eq!(drawn(&[[Some(100); 3], [Some(50); 3]].concat(), 0), "⣶⣤", "alerts off");
    }

    #[test]
    fn a_gap_is_empty() {
        assert_eq!(drawn(&[[Some(5); 3], [None; 3], [Some(5); 3]].concat(), 80), "⣀\u{2800}⣀");
        assert_eq!(chart(&Chart::EMPTY), format!("{}  10 min", "\u{2800}".repeat(20)));
    }

    #[test]
    fn every_column_is_a_pattern_of_braille_which_fonts_have_in_one_width() {
        let groups: Vec<Option<u8>> = (0..20).flat_map(|n| [(n % 4 != 1).then_some(n * 5); 3]).collect();
        for line in [0, 1, 50, 80, 100] {
            let text = drawn(&groups, line);
            assert!(text.chars().all(|column| ('\u{2800}'..='\u{28ff}').contains(&column)), "{text}");
        }
    }

    #[test]
    fn a_chart_is_spoken_in_numbers() {
        let chart = Chart { mean_percent: Some(23), highest_percent: Some(91), ..Chart::EMPTY };
        assert_eq!(chart_spoken(Metric::Cpu, &chart), "CPU, last 10 minutes: mean 23%, highest 91%");
        assert_eq!(chart_spoken(Metric::Memory, &Chart::EMPTY), "Memory, last 10 minutes: not known");
    }

    #[test]
    fn thresholds_are_shown_with_their_alerts_in_the_history() {
        let above = |value| Percent::new(value).unwrap();
        let stats = |value, alerts| ThresholdStats {
            above: above(value),
            alerts,
            max_per_day: alerts,
            firing: Duration::ZERO,
            busiest_day: None,
        };
        let row = |value, span_hours: i64, recorded_hours: u64| {
            let (from, recorded) = (Timestamp::UNIX_EPOCH, Duration::from_secs(recorded_hours * 3600));
            let to = from + SignedDuration::from_hours(span_hours);
            let backtest = BacktestResult {
                from,
                to,
                recorded,
                stats: [vec![stats(50, 12), stats(85, 1), stats(95, 0)], Vec::new()],
            };
            threshold_with_stats(Metric::Cpu, Threshold::Above(above(value)), true, Some(&backtest))
        };
        assert_eq!(row(50, 168, 60), "50%: 12 alerts last week");
        assert_eq!(row(85, 160, 60), "85%: 1 alert last week");
        assert_eq!(row(95, 168, 168), "95%: no alerts last week");
        assert_eq!(row(50, 40, 5), "50%: 12 alerts in 5 h");
        assert_eq!(row(50, 140, 60), "50%: 12 alerts in 2 days");
        assert_eq!(row(83, 168, 60), "83%", "no backtest of this threshold");
        assert_eq!(row(50, 168, 5), "50%: 12 alerts in 5 h", "a week of which little is known");
        assert_eq!(threshold_with_stats(Metric::Cpu, Threshold::Off, true, None), "Off");
    }
}
