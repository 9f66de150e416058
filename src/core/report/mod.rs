//! The report: one self-contained HTML page about usage over time, from the rows of the history.

mod alerts;
mod apps;
mod series;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::Serialize;

use super::alerts::rule::{Rule, Signal};
use super::escape::for_markup;
use super::history::app_totals::StoredAppUse;
use super::history::record::{MINUTES_KEPT, Rollup, StoredAlert, StoredForecast, StoredReading};
use super::json::values::rfc3339;
use super::metrics::metric::Metric;
use super::settings::Settings;
use super::time::local;

pub use alerts::AlertFocus;

/// The version of the page's data. It grows only when a field changes its meaning or goes away.
const VERSION: u32 = 1;
/// The time before now that is drawn by single readings.
const IN_FULL: SignedDuration = SignedDuration::from_hours(1);

const PAGE: &str = include_str!("../../../resources/report/report.html");
const STYLE: &str = include_str!("../../../resources/report/report.css");
/// Concatenated they are one script: the data, the charts, the tables, the applications, the controls.
const SCRIPTS: [&str; 5] = [
    include_str!("../../../resources/report/data.js"),
    include_str!("../../../resources/report/chart.js"),
    include_str!("../../../resources/report/tables.js"),
    include_str!("../../../resources/report/apps.js"),
    include_str!("../../../resources/report/report.js"),
];

/// The data of a report.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    pub host: &'a str,
    /// The end of the report, in the zone in which times are shown.
    pub now: &'a Zoned,
    pub since: Timestamp,
    /// The time of the last reading.
    pub known_until: Timestamp,
    /// For the thresholds.
    pub settings: &'a Settings,
    /// The minutes of the last 31 days, in order.
    pub minutes: &'a [Rollup],
    /// The readings of the last hour, in order.
    pub readings: &'a [StoredReading],
    /// Those since `since`, in the order in which they fired.
    pub alerts: &'a [StoredAlert],
    /// The early warnings since `since`, in order.
    pub forecasts: &'a [StoredForecast],
    /// The use of applications since `since`.
    pub apps: &'a [StoredAppUse],
    /// Sentences about whether the machine is large enough.
    pub capacity: &'a [String],
    /// The alert that the page shows first; `None` for the page as a whole.
    pub focus: Option<AlertFocus>,
    /// Unpredictable letters and digits: only scripts that carry them run.
    pub nonce: &'a str,
}

/// The first minute that a report needs, and that tells whether the machine is large enough.
pub fn minutes_from(now: Timestamp) -> Timestamp {
    now.saturating_sub(MINUTES_KEPT).unwrap_or(Timestamp::MIN)
}

/// The first reading that a report since `since` needs.
pub fn in_full_from(since: Timestamp, now: Timestamp) -> Timestamp {
    since.max(now.saturating_sub(IN_FULL).unwrap_or(Timestamp::MIN))
}

#[derive(Serialize)]
struct Data<'a> {
    version: u32,
    loadline: &'a str,
    host: &'a str,
    /// The span of the charts, milliseconds since 1970.
    from_ms: i64,
    to_ms: i64,
    made_at: String,
    zone: ZoneTable,
    cpu_above_percent: Option<u8>,
    memory_above_percent: Option<u8>,
    /// Memory has no load line, for its alerts go by pressure alone.
    is_memory_by_pressure: bool,
    minutes: series::Minutes,
    points: series::Points,
    week: series::Week,
    alerts: Vec<alerts::AlertRow>,
    /// The number of all; fewer may be listed.
    alert_count: usize,
    /// The early warnings, the newest first.
    forecasts: Vec<alerts::ForecastRow>,
    /// The applications; `None` where none are recorded.
    apps: Option<apps::AppSection>,
    capacity: &'a [String],
    /// The place in `alerts` of the one to show first.
    #[serde(skip_serializing_if = "Option::is_none")]
    focus: Option<usize>,
}

/// The zone's offsets: with them the page needs no time-zone data of its own.
#[derive(Serialize)]
struct ZoneTable {
    name: String,
    offsets: Vec<Offset>,
}

/// The offset from UTC, from a moment on.
#[derive(Serialize)]
struct Offset {
    from_ms: i64,
    offset_ms: i64,
    abbreviation: String,
}

impl Report<'_> {
    /// The page as HTML.
    pub fn html(&self) -> String {
        let data = self.data();
        let wall = |ms: i64| local(Timestamp::from_millisecond(ms).unwrap_or_default(), self.now);
        let (from, to) = (wall(data.from_ms), wall(data.to_ms));
        let is_a_day = from.date() == to.date();
        // A string of numbers and escaped texts always has a JSON form. No `<`: nothing in it can end the element.
        let json = serde_json::to_string(&data).unwrap_or_default().replace('<', "\\u003c");
        let scripts = SCRIPTS.concat();
        fill(PAGE, |name| match name {
            "host" => for_markup(self.host),
            "from" => from.strftime("%a %-d %b %Y, %H:%M").to_string(),
            "to" => to.strftime(if is_a_day { "%H:%M" } else { "%a %-d %b %Y, %H:%M" }).to_string(),
            "zone" => for_markup(&data.zone.name),
            "recorded" => recorded(&data),
            "version" => data.loadline.into(),
            "nonce" => self.nonce.into(),
            "style" => STYLE.into(),
            "script" => scripts.clone(),
            "data" => json.clone(),
            _ => String::new(),
        })
    }

    fn data(&self) -> Data<'_> {
        let all = series::with_missing_minutes(self.minutes, self.readings);
        let since_ms = series::minute_ms(self.since);
        let from = all.iter().map(|minute| minute.at).find(|at| at.as_millisecond() >= since_ms).unwrap_or(self.since);
        let drawn: Vec<Rollup> = all.iter().filter(|minute| minute.at >= from).copied().collect();
        // A metric whose alerts go by pressure alone has no load line.
        let [cpu, memory] = Metric::ALL.map(|metric| self.settings.rule(metric));
        let above =
            |rule: Option<Rule>| rule.filter(|rule| rule.signal != Signal::Pressure).map(|rule| rule.above.get());
        let mut apps = apps::ReportedApps::new(self.apps, self.now);
        let alerts = alerts::rows(self.alerts, self.known_until, self.now, &mut apps);
        let forecasts = self.forecasts.iter().rev();
        let forecasts = forecasts.map(|forecast| alerts::forecast_row(forecast, self.now, &mut apps)).collect();
        Data {
            version: VERSION,
            loadline: env!("CARGO_PKG_VERSION"),
            host: self.host,
            from_ms: from.as_millisecond(),
            to_ms: self.now.timestamp().as_millisecond(),
            made_at: rfc3339(self.now),
            zone: zone(self.now.time_zone(), from, self.now.timestamp()),
            cpu_above_percent: above(cpu),
            memory_above_percent: above(memory),
            is_memory_by_pressure: memory.is_some_and(|rule| rule.signal == Signal::Pressure),
            minutes: series::minutes(&drawn),
            points: series::points(self.readings, in_full_from(self.since, self.now.timestamp())),
            week: series::week(&all, self.now.time_zone()),
            alerts,
            alert_count: self.alerts.len(),
            forecasts,
            apps: apps.section(),
            capacity: self.capacity,
            focus: self.focus.and_then(|focus| focus.row(self.alerts)),
        }
    }
}

/// `96%`: the share of minutes with a reading. Less than all is never rounded up to all.
fn recorded(data: &Data) -> String {
    let minutes = (data.to_ms - data.from_ms).max(60_000) as f64 / 60_000.0;
    let share = (data.minutes.known as f64 / minutes * 100.0).min(100.0);
    if share >= 99.95 { "100%".into() } else { format!("{:.1}%", (share * 10.0).floor() / 10.0) }
}

fn zone(zone: &TimeZone, from: Timestamp, to: Timestamp) -> ZoneTable {
    let offset = |from: Timestamp| {
        let info = zone.to_offset_info(from);
        Offset {
            from_ms: from.as_millisecond(),
            offset_ms: i64::from(info.offset().seconds()) * 1000,
            abbreviation: info.abbreviation().into(),
        }
    };
    let changes = zone.following(from).map(|change| change.timestamp()).take_while(|at| *at < to);
    let offsets = std::iter::once(from).chain(changes).map(offset).collect();
    let name = zone.iana_name().map_or_else(|| zone.to_offset_info(to).abbreviation().to_owned(), str::to_owned);
    ZoneTable { name, offsets }
}

/// `template` with the value of `name` in place of each `{{name}}`. The values are not expanded again.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (value, rest) = part.split_once("}}").map_or((String::new(), part), |(name, rest)| (value(name), rest));
        text.extend([&value, rest]);
    }
    text
}

#[cfg(test)]
mod tests;
