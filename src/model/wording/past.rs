//! What is said of the past: usage over time and alerts, as tables that fit into 80 columns.

use std::time::Duration;

use jiff::Zoned;

use super::alerts::{cut, users};
use super::{UNKNOWN, size};
use crate::model::buckets::{Bucket, Buckets, Step};
use crate::model::history::{PastAlert, PastEnding, Share};
use crate::model::metric::{Metric, Threshold};
use crate::model::said::Cause;
use crate::model::span;
use crate::model::time_above::TimeAbove;

/// Where nothing has been recorded.
pub const NO_HISTORY: &str =
    "nothing has been recorded yet: Loadline records while it runs, unless 'history' is false in the settings";
/// Where there is no place for a history.
pub const NO_PLACE_FOR_HISTORY: &str =
    "there is no home folder to keep a history in: give a file in the environment variable LOADLINE_HISTORY";

/// Where nothing has been recorded for a while.
pub fn nothing_since(from: &Zoned) -> String {
    format!("nothing is recorded since {}: Loadline records while it runs; give an earlier --since", minute(from))
}

/// Steps of an eighth of 100 %.
const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Stands in a sparkline where nothing is known.
const NO_SPARK: char = '·';
/// The widest that those who use the most may be in a line of their own below an alert.
const USERS_WIDTH: usize = 58;
/// As wide as the time of an alert and the gap behind it.
const BELOW: &str = "                     ";

/// Usage over time.
pub struct UsageTable<'a> {
    /// From when on.
    pub from: &'a Zoned,
    /// Whether that is when the recording began, later than was asked for.
    pub is_young: bool,
    /// Until when.
    pub to: &'a Zoned,
    /// What is known.
    pub buckets: &'a Buckets,
    /// For how long the metrics were above their thresholds, where that is known.
    pub above: Option<&'a TimeAbove>,
}

impl UsageTable<'_> {
    /// The lines of the table.
    pub fn lines(&self) -> Vec<String> {
        let (from, to, step) = (minute(self.from), minute(self.to), by_the(self.buckets.step));
        let mut lines = vec![format!("CPU and memory from {from} to {to}, {step}")];
        if self.is_young {
            lines.push(format!("Recorded since {from}."));
        }
        lines.push(String::new());
        lines.extend(Metric::ALL.map(|metric| self.summary(metric)));
        lines.push(String::new());
        let width = label_width(self.buckets.step);
        lines.push(format!("{:width$}  {:>10}   {:>10}", "", "CPU    ", "memory  ").trim_end().to_owned());
        lines
            .push(format!("{:width$}  {:>4}  {:>4}   {:>4}  {:>4}  {:>6}", "", "mean", "max", "mean", "max", "alerts"));
        let mut before = None;
        for bucket in &self.buckets.all {
            lines.push(row(bucket, &label(self.buckets.step, &bucket.from, before)));
            before = Some(&bucket.from);
        }
        lines
    }

    /// `CPU     ▁▁▂▃▅▇█▂▁··▁▁▂▂  mean 23%, max 97%, 12 min above 80%`.
    fn summary(&self, metric: Metric) -> String {
        let spark = |bucket: &Bucket| bucket.share(metric).map_or(NO_SPARK, |share| SPARKS[eighth(share.mean_percent)]);
        let sparks: String = self.buckets.all.iter().map(spark).collect();
        let known = match self.buckets.share(metric) {
            Some(Share { mean_percent, max_percent }) => format!("mean {mean_percent:.0}%, max {max_percent:.0}%"),
            None => "not known".into(),
        };
        let above = match self.above.map(|above| above.of(metric)) {
            None | Some((_, Threshold::Off)) => String::new(),
            Some((Duration::ZERO, Threshold::Above(above))) => format!(", never above {above}"),
            Some((time, Threshold::Above(above))) => format!(", {} above {above}", span::say(time)),
        };
        format!("{:<6}  {sparks}  {known}{above}", metric.to_string())
    }
}

fn eighth(percent: f64) -> usize {
    ((percent / 100.0 * 8.0) as usize).min(SPARKS.len() - 1)
}

fn row(bucket: &Bucket, label: &str) -> String {
    let percent = |value: Option<f64>| value.map_or(UNKNOWN.to_string(), |value| format!("{value:.0}%"));
    let [cpu, memory] = Metric::ALL.map(|metric| bucket.share(metric));
    let [(cpu_mean, cpu_max), (memory_mean, memory_max)] = [cpu, memory]
        .map(|share| (percent(share.map(|share| share.mean_percent)), percent(share.map(|share| share.max_percent))));
    // Where nothing is known of the usage, that there was no alert is not known either.
    let is_known = bucket.is_known() || bucket.alerts > 0;
    let alerts = if is_known { bucket.alerts.to_string() } else { UNKNOWN.to_string() };
    format!("{label}  {cpu_mean:>4}  {cpu_max:>4}   {memory_mean:>4}  {memory_max:>4}  {alerts:>6}")
}

fn by_the(step: Step) -> String {
    match step {
        Step::Minutes(1) => "by the minute".into(),
        Step::Minutes(minutes) => format!("by {minutes} minutes"),
        Step::Hours(1) => "by the hour".into(),
        Step::Hours(hours) => format!("by {hours} hours"),
        Step::Day => "by the day".into(),
        Step::Week => "by the week".into(),
        Step::Month => "by the month".into(),
    }
}

fn label_width(step: Step) -> usize {
    match step {
        Step::Minutes(_) | Step::Hours(_) => "Sun 22 Nov  15:00".len(),
        Step::Day | Step::Week => "Sun 22 Nov".len(),
        Step::Month => "Nov 2026".len(),
    }
}

/// What a row begins with; the day only where it is another than that of the row `before`.
fn label(step: Step, from: &Zoned, before: Option<&Zoned>) -> String {
    let is_new_day = before.is_none_or(|before| before.date() != from.date());
    let format = match step {
        Step::Minutes(_) | Step::Hours(_) if is_new_day => "%a %e %b  %H:%M",
        Step::Minutes(_) | Step::Hours(_) => "            %H:%M",
        Step::Day | Step::Week => "%a %e %b",
        Step::Month => "%b %Y",
    };
    from.strftime(format).to_string()
}

/// `2026-11-22 15:20`.
fn minute(at: &Zoned) -> impl std::fmt::Display {
    at.strftime("%Y-%m-%d %H:%M")
}

/// A span without any alert.
pub fn no_alerts_since(from: &Zoned) -> String {
    format!("No alerts since {}.", minute(from))
}

/// The lines of the table of alerts, and of what else is to be said of one.
pub fn alert_lines(alerts: &[PastAlert], now: &Zoned) -> Vec<String> {
    let rows: Vec<[String; 5]> = alerts.iter().map(|alert| cells(alert, now)).collect();
    let titles = ["what", "why", "for how long", "peak", "told"].map(str::to_owned);
    let widths: Vec<usize> = (0..5)
        .map(|column| rows.iter().chain([&titles]).map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    let line = |when: &str, [what, why, lasted, peak, told]: &[String; 5]| {
        format!(
            "{when:<19}  {what:<a$}  {why:<b$}  {lasted:<c$}  {peak:>d$}  {told}",
            a = widths[0],
            b = widths[1],
            c = widths[2],
            d = widths[3]
        )
    };
    let mut lines = vec![line("when", &titles)];
    for (alert, row) in alerts.iter().zip(&rows) {
        let fired_at = alert.fired_at.to_zoned(now.time_zone().clone());
        lines.push(line(&fired_at.strftime("%Y-%m-%d %H:%M:%S").to_string(), row));
        lines.extend(remarks(alert).map(|remark| format!("{BELOW}{remark}")));
    }
    lines
}

fn cells(alert: &PastAlert, now: &Zoned) -> [String; 5] {
    let why = match alert.cause {
        Cause::Above(above) => format!("above {above}"),
        Cause::Pressure(pressure) => format!("pressure {pressure}"),
        Cause::SwapGrowth { grown_bytes, .. } => format!("swap grew {}", size(grown_bytes)),
    };
    let end = alert.ended_at.unwrap_or(now.timestamp());
    let lasted = span::say(Duration::try_from(end.duration_since(alert.fired_at)).unwrap_or_default());
    let told = match (&alert.silence, alert.told) {
        (_, true) => "yes".into(),
        (Some(silence), false) => format!("no: {}", silence.replace('_', " ")),
        (None, false) => "no".into(),
    };
    [alert.metric.to_string(), why, lasted, format!("{:.0}%", alert.peak_percent), told]
}

/// What no column has room for.
fn remarks(alert: &PastAlert) -> impl Iterator<Item = String> {
    let ending = match (alert.ended_at, alert.ending) {
        (None, _) => Some("goes on"),
        (Some(_), Some(PastEnding::NotSeen)) => Some("Loadline ended first: it may have gone on"),
        (Some(_), Some(PastEnding::RuleChanged)) => Some("ended because its rule was changed"),
        (Some(_), Some(PastEnding::Cleared) | None) => None,
    };
    let users = (!alert.processes.is_empty()).then(|| {
        let whose = if alert.are_all_seen { "" } else { "of your own programs: " };
        cut(&format!("{whose}{}", users(alert.metric, &alert.processes)), USERS_WIDTH)
    });
    [ending.map(str::to_owned), users].into_iter().flatten()
}
