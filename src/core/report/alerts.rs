//! The alerts of the report, in words. Names from outside are escaped here, as for a terminal; the page shows them as text.

use jiff::{SignedDuration, Timestamp, Zoned};
use serde::Serialize;

use crate::core::alerts::event::Cause;
use crate::core::escape::for_terminal;
use crate::core::history::record::{PastAlert, PastEnding};
use crate::core::time::between;
use crate::core::{duration, text};

/// The most alerts that are listed.
const MOST: usize = 1000;
/// How long ago the last reading may be while Loadline is still taken to run.
const UNSEEN: SignedDuration = SignedDuration::from_mins(2);

/// One alert.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    metric: &'static str,
    from_ms: i64,
    /// `None` while it goes on.
    to_ms: Option<i64>,
    when: String,
    what: String,
    lasted: String,
    peak: String,
    told: bool,
    telling: String,
    /// Each for itself: their names may be written from right to left.
    users: Vec<String>,
    /// What is to be said of them.
    users_note: &'static str,
}

/// The newest of `alerts`, the newest first. `known_until`: the last reading.
pub(super) fn rows(alerts: &[PastAlert], known_until: Timestamp, now: &Zoned) -> Vec<Row> {
    let row = |alert: &PastAlert| row(&seen(alert, known_until, now.timestamp()), now);
    alerts.iter().rev().take(MOST).map(row).collect()
}

/// One that is open although Loadline has not run lately, because it was killed, is seen as far as there are readings.
fn seen(alert: &PastAlert, known_until: Timestamp, now: Timestamp) -> PastAlert {
    let mut seen = alert.clone();
    if alert.ending.is_none() && now.duration_since(known_until) > UNSEEN {
        seen.ended_at = Some(known_until.max(alert.fired_at));
        seen.ending = Some(PastEnding::NotSeen);
    }
    seen
}

fn row(alert: &PastAlert, now: &Zoned) -> Row {
    let wall = alert.fired_at.to_zoned(now.time_zone().clone());
    let users = alert.processes.iter().map(|process| text::user(alert.metric, process));
    Row {
        metric: alert.metric.key(),
        from_ms: alert.fired_at.as_millisecond(),
        to_ms: alert.ended_at.map(Timestamp::as_millisecond),
        when: wall.strftime("%a %-d %b %Y, %H:%M:%S").to_string(),
        what: what(alert),
        lasted: lasted(alert, now.timestamp()),
        peak: format!("{:.0}%", alert.peak_percent),
        told: alert.told,
        telling: telling(alert),
        users: users.map(|user| for_terminal(&user).into_owned()).collect(),
        users_note: match alert.processes.is_empty() {
            true => "Not known",
            false if alert.are_all_seen => "",
            false => "(of your own programs)",
        },
    }
}

/// `CPU above 80%`, `Memory pressure: warning`, `Swap has grown by 2.0 GB in 10 min`.
fn what(alert: &PastAlert) -> String {
    match alert.cause {
        Cause::Above(percent) => format!("{} above {percent}", alert.metric),
        Cause::Pressure(pressure) => format!("Memory pressure: {pressure}"),
        Cause::SwapGrowth { grown_bytes, within } => {
            format!("Swap has grown by {} in {}", text::size(grown_bytes), duration::say(within))
        }
    }
}

fn lasted(alert: &PastAlert, now: Timestamp) -> String {
    let end = alert.ended_at.unwrap_or(now);
    let lasted = duration::say(between(alert.fired_at, end));
    match alert.ending {
        None => format!("{lasted} so far"),
        Some(PastEnding::Cleared) => lasted,
        Some(PastEnding::RuleChanged) => format!("{lasted}, rule changed"),
        Some(PastEnding::NotSeen) => format!("{lasted}, end not seen"),
    }
}

/// Whether it was told, or why not.
fn telling(alert: &PastAlert) -> String {
    match text::why_silent(alert.silence.as_deref()) {
        _ if alert.told => "Told".into(),
        "" => "Silent".into(),
        why => format!("Silent: {why}"),
    }
}
