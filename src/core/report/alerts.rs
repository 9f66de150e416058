//! The alerts of the report, in words. Names from outside are escaped as for a terminal; the page shows them as text.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp, Zoned};
use serde::Serialize;

use super::apps::ReportedApps;
use crate::core::alerts::event::Cause;
use crate::core::escape::for_terminal;
use crate::core::history::record::{StoredAlert, StoredEnd, StoredForecast};
use crate::core::metrics::metric::Metric;
use crate::core::time::{between, local};
use crate::core::{duration, text};

/// The most alerts that are listed.
const MAX_ALERTS: usize = 1000;
const WHEN: &str = "%a %-d %b %Y, %H:%M:%S";
/// The longest time since the last reading in which Loadline is taken to run.
const RUNS_FOR: SignedDuration = SignedDuration::from_mins(2);

/// An alert that the page shows first: the newest one of `metric` that had fired by `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertFocus {
    pub metric: Metric,
    pub at: Timestamp,
}

impl AlertFocus {
    /// The place of the alert among the rows of `alerts`; `None` when it is not listed.
    pub(super) fn row(self, alerts: &[StoredAlert]) -> Option<usize> {
        // As the history has it: to the millisecond.
        let at_ms = self.at.as_millisecond();
        let is_it = |alert: &StoredAlert| alert.metric == self.metric && alert.fired_at.as_millisecond() <= at_ms;
        alerts.iter().rev().take(MAX_ALERTS).position(is_it)
    }
}

/// One row of the table.
#[derive(Debug, Serialize)]
pub(super) struct AlertRow {
    metric: &'static str,
    from_ms: i64,
    /// `None` while it is ongoing.
    to_ms: Option<i64>,
    when: String,
    what: String,
    lasted: String,
    peak: String,
    told: bool,
    notification_status: String,
    /// One by one: a name may be written from right to left.
    users: Vec<String>,
    users_note: Cow<'static, str>,
    /// The number of the applications around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    apps: Option<usize>,
}

/// The newest of `alerts`, the newest first. `known_until` is the time of the last reading.
pub(super) fn rows(
    alerts: &[StoredAlert],
    known_until: Timestamp,
    now: &Zoned,
    apps: &mut ReportedApps<'_>,
) -> Vec<AlertRow> {
    let row = |alert: &StoredAlert| {
        let alert = closed_if_unseen(alert, known_until, now.timestamp());
        let apps = apps.around(alert.fired_at, alert.ended_at.unwrap_or(now.timestamp()));
        AlertRow { apps, ..row(&alert, now) }
    };
    alerts.iter().rev().take(MAX_ALERTS).map(row).collect()
}

/// One early warning.
#[derive(Debug, Serialize)]
pub(super) struct ForecastRow {
    at_ms: i64,
    when: String,
    what: String,
    told: bool,
    /// The number of the applications around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    apps: Option<usize>,
}

/// The row of an early warning.
pub(super) fn forecast_row(forecast: &StoredForecast, now: &Zoned, apps: &mut ReportedApps<'_>) -> ForecastRow {
    ForecastRow {
        at_ms: forecast.at.as_millisecond(),
        when: local(forecast.at, now).strftime(WHEN).to_string(),
        what: for_terminal(&text::alerts::forecast::line(&forecast.event)).into_owned(),
        told: forecast.notified,
        apps: apps.around(forecast.at, forecast.at),
    }
}

/// Closes an alert that was left open when Loadline was killed: it lasted as far as there are readings.
fn closed_if_unseen(alert: &StoredAlert, known_until: Timestamp, now: Timestamp) -> StoredAlert {
    let mut seen = alert.clone();
    if alert.end.is_none() && now.duration_since(known_until) > RUNS_FOR {
        seen.ended_at = Some(known_until.max(alert.fired_at));
        seen.end = Some(StoredEnd::Interrupted);
    }
    seen
}

fn row(alert: &StoredAlert, now: &Zoned) -> AlertRow {
    let wall = local(alert.fired_at, now);
    let users = alert.top_apps.iter().flatten().map(|app| text::alerts::app_usage(alert.metric, app));
    AlertRow {
        metric: alert.metric.key(),
        from_ms: alert.fired_at.as_millisecond(),
        to_ms: alert.ended_at.map(Timestamp::as_millisecond),
        when: wall.strftime(WHEN).to_string(),
        what: what(alert),
        lasted: lasted(alert, now.timestamp()),
        peak: format!("{:.0}%", alert.peak_percent),
        told: alert.notified,
        notification_status: notification_status(alert),
        users: users.map(|user| for_terminal(&user).into_owned()).collect(),
        users_note: match (alert.steal_percent, &alert.top_apps) {
            (Some(percent), _) => text::alerts::stolen(percent).into(),
            (None, None) => "Not known".into(),
            (None, Some(apps)) => match (apps.is_empty(), alert.is_complete) {
                (true, true) => "None".into(),
                (true, false) => text::alerts::NO_OWN_PROGRAMS.into(),
                (false, true) => "".into(),
                (false, false) => "(of your own programs)".into(),
            },
        },
        apps: None,
    }
}

/// `CPU above 80%`, `Memory pressure: warning`, `Swap has grown by 2.0 GB in 10 min`.
fn what(alert: &StoredAlert) -> String {
    match alert.cause {
        Cause::Above(percent) => format!("{} above {percent}", alert.metric),
        Cause::Pressure(pressure) => format!("Memory pressure: {pressure}"),
        Cause::SwapGrowth { grown_bytes, within } => {
            format!("Swap has grown by {} in {}", text::figures::size(grown_bytes), duration::humanize(within))
        }
    }
}

fn lasted(alert: &StoredAlert, now: Timestamp) -> String {
    let end = alert.ended_at.unwrap_or(now);
    let lasted = duration::humanize(between(alert.fired_at, end));
    match alert.end {
        None => format!("{lasted} so far"),
        Some(StoredEnd::Cleared) => lasted,
        Some(StoredEnd::Unknown) => format!("{lasted}, value not known any more"),
        Some(StoredEnd::RuleChanged) => format!("{lasted}, rule changed"),
        Some(StoredEnd::Interrupted) => format!("{lasted}, end not seen"),
    }
}

/// `Told`, `Silent`, or with the reason.
fn notification_status(alert: &StoredAlert) -> String {
    match text::history_tables::why_silent(alert.suppressed_by.as_deref()) {
        _ if alert.notified => "Told".into(),
        "" => "Silent".into(),
        why => format!("Silent: {why}"),
    }
}
