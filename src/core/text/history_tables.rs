//! Usage over time and stored alerts, as tables that fit into 80 columns.

pub mod top;

use std::time::Duration;

use jiff::Zoned;

use super::alerts::{NO_OWN_PROGRAMS, app_usages, forecast, stolen};
use super::figures::{UNKNOWN, size, truncate_chars};
use crate::core::alerts::event::Cause;
use crate::core::duration;
use crate::core::history::buckets::{Bucket, Buckets, Step};
use crate::core::history::record::{MeanMax, NOT_SHOWN, StoredAlert, StoredEnd, StoredForecast};
use crate::core::history::time_above::TimeAbove;
use crate::core::metrics::metric::{Metric, Threshold};
use crate::core::time::{between, local};

/// Steps of an eighth of 100 %.
const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// A gap in a sparkline.
const NO_SPARK: char = '·';
/// The width of the line with the applications below an alert.
const APPS_WIDTH: usize = 62;
/// As wide as the time of an alert and the gap behind it.
const INDENT: &str = "                  ";

/// Usage over time.
pub struct UsageTable<'a> {
    pub from: &'a Zoned,
    /// The recording began at `from`, later than the time that was asked for.
    pub is_young: bool,
    pub to: &'a Zoned,
    pub buckets: &'a Buckets,
    /// `None` where it is unknown.
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
        let eighth = |usage: MeanMax| ((usage.mean_percent / 100.0 * 8.0) as usize).min(SPARKS.len() - 1);
        let spark = |bucket: &Bucket| bucket.mean_max(metric).map_or(NO_SPARK, |usage| SPARKS[eighth(usage)]);
        let sparks: String = self.buckets.all.iter().map(spark).collect();
        let known = match self.buckets.mean_max(metric) {
            Some(MeanMax { mean_percent, max_percent }) => format!("mean {mean_percent:.0}%, max {max_percent:.0}%"),
            None => "not known".into(),
        };
        let above = match self.above.map(|above| above.of(metric)) {
            None | Some((_, Threshold::Off)) => String::new(),
            Some((Duration::ZERO, Threshold::Above(above))) => format!(", never above {above}"),
            Some((time, Threshold::Above(above))) => format!(", {} above {above}", duration::humanize(time)),
        };
        format!("{:<6}  {sparks}  {known}{above}", metric.to_string())
    }
}

fn row(bucket: &Bucket, label: &str) -> String {
    let percent = |value: Option<f64>| value.map_or(UNKNOWN.to_string(), |value| format!("{value:.0}%"));
    let [[cpu_mean, cpu_max], [memory_mean, memory_max]] = Metric::ALL.map(|metric| {
        let usage = bucket.mean_max(metric);
        [usage.map(|usage| usage.mean_percent), usage.map(|usage| usage.max_percent)].map(percent)
    });
    // Where the usage is unknown, an absence of alerts is unknown too.
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

/// The beginning of a row; with the day only where it differs from that of the row `before`.
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
pub fn minute(at: &Zoned) -> impl std::fmt::Display {
    at.strftime("%Y-%m-%d %H:%M")
}

sentences! {
    no_alerts_since(from) = "No alerts since {from}.";
}

/// The lines of the table of alerts, with remarks below some. `known_until` is the time of the last reading (`None` without any):
/// an ongoing alert is not known to have lasted longer.
pub fn alert_lines(alerts: &[StoredAlert], known_until: Option<&Zoned>, now: &Zoned) -> Vec<String> {
    let until = known_until.unwrap_or(now);
    let rows: Vec<[String; 5]> = alerts.iter().map(|alert| cells(alert, until)).collect();
    let titles = ["what", "why", "lasted", "peak", "told"].map(str::to_owned);
    let width = |column: usize| rows.iter().chain([&titles]).map(|row| row[column].chars().count()).max();
    let [a, b, c, d] = [0, 1, 2, 3].map(|column| width(column).unwrap_or_default());
    let line = |when: &str, [what, why, lasted, peak, told]: &[String; 5]| {
        format!("{when:<16}  {what:<a$}  {why:<b$}  {lasted:<c$}  {peak:>d$}  {told}")
    };
    let mut lines = vec![line("when", &titles)];
    for (alert, row) in alerts.iter().zip(&rows) {
        lines.push(line(&minute(&local(alert.fired_at, now)).to_string(), row));
        lines.extend(remarks(alert, known_until).map(|remark| format!("{INDENT}{remark}")));
    }
    lines
}

/// The lines of the early warnings: `2026-11-22 14:03  Memory may cross 80% in about 2 h`, each with a remark below it.
pub fn forecast_lines(forecasts: &[StoredForecast], now: &Zoned) -> Vec<String> {
    let mut lines = vec!["Early warnings".to_owned()];
    for StoredForecast { at, event, notified, suppressed_by } in forecasts {
        let told = told(*notified, suppressed_by.as_deref());
        lines.push(format!("{:<16}  {}", minute(&local(*at, now)).to_string(), forecast::title(event)));
        lines.push(format!("{INDENT}{}; told: {told}", forecast::grown(event)));
    }
    lines
}

/// `yes`, `no`, `no: snoozed`.
fn told(notified: bool, suppressed_by: Option<&str>) -> String {
    match why_silent(suppressed_by) {
        _ if notified => "yes".into(),
        "" => "no".into(),
        why => format!("no: {why}"),
    }
}

fn cells(alert: &StoredAlert, until: &Zoned) -> [String; 5] {
    let why = match alert.cause {
        Cause::Above(above) => format!("above {above}"),
        Cause::Pressure(pressure) => format!("pressure {pressure}"),
        Cause::SwapGrowth { grown_bytes, .. } => format!("swap grew {}", size(grown_bytes)),
    };
    let end = alert.ended_at.unwrap_or(until.timestamp());
    let lasted = duration::humanize(between(alert.fired_at, end));
    let told = told(alert.notified, alert.suppressed_by.as_deref());
    [alert.metric.to_string(), why, lasted, format!("{:.0}%", alert.peak_percent), told]
}

/// The short reason that an alert fired silently, from [`crate::core::alerts::event::SuppressedBy::key`]; empty where it is
/// unknown.
pub fn why_silent(key: Option<&str>) -> &'static str {
    match key {
        Some("snoozed") => "snoozed",
        Some("quiet_hours") => "quiet hours",
        Some("ignored") => "ignored",
        Some("told_lately") => "too soon",
        Some("told_often") => "too often",
        Some(NOT_SHOWN) => "not shown",
        _ => "",
    }
}

/// Facts that no column has room for.
fn remarks(alert: &StoredAlert, known_until: Option<&Zoned>) -> impl Iterator<Item = String> {
    let ending = match (alert.ended_at, alert.end) {
        (None, _) => Some(known_until.map_or("goes on".into(), |until| format!("goes on (as of {})", minute(until)))),
        (Some(_), Some(StoredEnd::Interrupted)) => Some("Loadline ended first: it may have gone on".into()),
        (Some(_), Some(StoredEnd::Unknown)) => Some("its value was not known any more".into()),
        (Some(_), Some(StoredEnd::RuleChanged)) => Some("ended because its rule was changed".into()),
        (Some(_), Some(StoredEnd::Cleared) | None) => None,
    };
    let apps = alert.top_apps.as_deref().and_then(|apps| match (apps.is_empty(), alert.is_complete) {
        (false, true) => Some(app_usages(alert.metric, apps)),
        (false, false) => Some(format!("of your own programs: {}", app_usages(alert.metric, apps))),
        (true, true) => None,
        (true, false) => Some(NO_OWN_PROGRAMS.into()),
    });
    let apps = apps.map(|apps| truncate_chars(&apps, APPS_WIDTH));
    let stolen = alert.steal_percent.map(stolen);
    [ending, stolen, apps].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::reading::Pressure;
    use crate::core::processes::top_apps::AppUsage;

    #[test]
    fn the_widest_rows_of_the_tables_fit_into_80_columns() {
        let now: Zoned = "2026-11-22T15:00:00[UTC]".parse().unwrap();
        let name = "x".repeat(100).into();
        let app = AppUsage { name, pids: vec![1, 2], cpu_percent: 310.0, memory_bytes: 7 << 30 };
        let alert = StoredAlert {
            metric: Metric::Memory,
            fired_at: "2026-11-21T15:00:10Z".parse().unwrap(),
            ended_at: None,
            end: None,
            cause: Cause::Pressure(Pressure::Critical),
            value_percent: 99.0,
            peak_percent: 100.0,
            notified: false,
            suppressed_by: Some("quiet_hours".into()),
            top_apps: Some(vec![app.clone(), app]),
            is_complete: false,
            steal_percent: None,
        };
        let swap = Cause::SwapGrowth { grown_bytes: 2 << 30, within: Duration::from_secs(600) };
        let swap = StoredAlert { cause: swap, suppressed_by: None, top_apps: None, ..alert };
        let lines = alert_lines(&[alert, swap], None, &now);
        assert_eq!(lines[1], "2026-11-21 15:00  Memory  pressure critical  23 h 59 min  100%  no: quiet hours");
        assert!(lines[3].starts_with("                  of your own programs: xxx") && lines[3].ends_with('…'));
        assert_eq!(lines[4], "2026-11-21 15:00  Memory  swap grew 2.0 GB   23 h 59 min  100%  no");
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
        let from = "2026-11-21T14:00:00[UTC]".parse().unwrap();
        let buckets = Buckets::new(&from, &now);
        let above = TimeAbove::new([Threshold::Off; 2]);
        let table = UsageTable { from: &from, is_young: false, to: &now, buckets: &buckets, above: Some(&above) };
        let summary = &table.lines()[2];
        assert_eq!(summary, "CPU     ·························  not known");
        let widest = "mean 100%, max 100%, 23 h 59 min above 100%".len() - "not known".len();
        assert!(summary.chars().count() + widest <= 80);
    }
}
