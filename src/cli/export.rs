//! The history for other programs: CSV, or JSON Lines. It is written as it is read, and never held as a whole.

pub mod csv_table;

use std::io::{self, BufWriter, StdoutLock, Write};

use anyhow::Result;
use csv_table::CsvTable;
use jiff::{Timestamp, Zoned};

use crate::core::history::record::{Rollup, StoredAlert, StoredEnd, StoredForecast, StoredReading};
use crate::core::json;
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::text::alerts::STEAL_IN_ROW;
use crate::core::time::local;
use crate::runtime::console;
use crate::runtime::history::reader::{History, Resolution, resolution_for};

const ALERT_COLUMNS: &str = "fired_at,ended_at,ending,metric,cause,above_percent,pressure,swap_grown_bytes,value_percent,\
    peak_percent,told,silence,processes";

/// The `cause` of an early warning.
const FORECAST_CAUSE: &str = "forecast";

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// With a header; `replay` takes it.
    Csv,
    /// JSON Lines.
    Json,
}

/// Prints the usage since `from`, in the finest resolution in which all of that time is stored; returns whether there was any.
pub fn rollups(history: &History, export: Export, from: Timestamp, now: &Zoned) -> Result<bool> {
    let to = now.timestamp();
    let mut rows = RowWriter { out: ExportWriter::new(export), now, is_any: false };
    match resolution_for(from, to) {
        None => {
            // A closed pipe makes the rest quick, and does not cut it short.
            let mut written = Ok(());
            history.readings(from, to, |reading| {
                if written.is_ok() {
                    written = rows.reading(&reading);
                }
            })?;
            written?;
        }
        Some(resolution) => {
            history.rollups(resolution, from, to)?.iter().try_for_each(|rollup| rows.rollup(rollup, resolution))?;
        }
    }
    rows.out.flush()?;
    Ok(rows.is_any)
}

/// Prints alerts, and then the early warnings.
pub fn alerts(alerts: &[StoredAlert], forecasts: &[StoredForecast], export: Export, now: &Zoned) -> io::Result<()> {
    let mut out = ExportWriter::new(export);
    match &mut out {
        ExportWriter::Json(out) => {
            alerts.iter().try_for_each(|alert| writeln!(out, "{}", json::history::past_alert_line(alert, now)))?;
            let line = |forecast| json::history::past_forecast_line(forecast, now);
            forecasts.iter().try_for_each(|forecast| writeln!(out, "{}", line(forecast)))?;
        }
        ExportWriter::Csv(csv) => {
            csv.row(ALERT_COLUMNS.split(','))?;
            alerts.iter().try_for_each(|alert| csv.row(alert_fields(alert, now)))?;
            forecasts.iter().try_for_each(|forecast| csv.row(forecast_fields(forecast, now)))?;
        }
    }
    out.flush()
}

/// Stdout in one of the forms of an export.
enum ExportWriter {
    Csv(Box<CsvTable>),
    Json(BufWriter<StdoutLock<'static>>),
}

impl ExportWriter {
    fn new(export: Export) -> ExportWriter {
        match export {
            Export::Csv => ExportWriter::Csv(Box::new(CsvTable::on_stdout())),
            Export::Json => ExportWriter::Json(console::out()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            ExportWriter::Csv(csv) => csv.flush(),
            ExportWriter::Json(out) => out.flush(),
        }
    }
}

/// Writes usage, times being in the zone of `now`.
struct RowWriter<'a> {
    out: ExportWriter,
    now: &'a Zoned,
    is_any: bool,
}

impl RowWriter<'_> {
    fn reading(&mut self, StoredReading { at, reading, .. }: &StoredReading) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.is_any, true);
        let at = local(*at, self.now);
        match &mut self.out {
            ExportWriter::Csv(csv) => {
                if is_first {
                    csv.row(["time", "cpu", "memory"])?;
                }
                let [cpu, memory] = [reading.cpu_percent, reading.memory_percent].map(field);
                csv.row([json::values::rfc3339(&at), cpu, memory])
            }
            ExportWriter::Json(out) => {
                writeln!(out, "{}", json::json_line(&OutputLine { at, event: OutputEvent::Reading(*reading) }))
            }
        }
    }

    fn rollup(&mut self, rollup: &Rollup, resolution: Resolution) -> io::Result<()> {
        let is_first = !std::mem::replace(&mut self.is_any, true);
        let at = local(rollup.at, self.now);
        match &mut self.out {
            ExportWriter::Csv(csv) => {
                if is_first {
                    csv.row(["time", "cpu", "memory", "cpu_max", "memory_max"])?;
                }
                let values = [rollup.cpu, rollup.memory];
                let [cpu, memory] = values.map(|value| field(value.map(|value| value.mean_percent)));
                let [cpu_max, memory_max] = values.map(|value| field(value.map(|value| value.max_percent)));
                csv.row([json::values::rfc3339(&at), cpu, memory, cpu_max, memory_max])
            }
            ExportWriter::Json(out) => writeln!(out, "{}", json::history::usage_line(rollup, resolution.span(), &at)),
        }
    }
}

fn alert_fields(alert: &StoredAlert, now: &Zoned) -> [String; 13] {
    let time = |at: Timestamp| json::values::rfc3339(&local(at, now));
    let (cause, above_percent, pressure, swap_grown_bytes) = json::cause_fields(alert.cause);
    let names = alert.top_apps.iter().flatten().map(|app| &*app.name);
    let names: Vec<&str> = names.chain(alert.steal_percent.map(|_| STEAL_IN_ROW)).collect();
    [
        time(alert.fired_at),
        alert.ended_at.map(time).unwrap_or_default(),
        alert.end.map(StoredEnd::key).unwrap_or_default().into(),
        alert.metric.key().into(),
        cause.into(),
        field(above_percent),
        field(pressure),
        field(swap_grown_bytes),
        alert.value_percent.to_string(),
        alert.peak_percent.to_string(),
        alert.notified.to_string(),
        alert.suppressed_by.clone().unwrap_or_default(),
        names.join("; "),
    ]
}

/// An early warning has no end, value and peak.
fn forecast_fields(forecast: &StoredForecast, now: &Zoned) -> [String; 13] {
    let mut fields: [String; 13] = Default::default();
    fields[0] = json::values::rfc3339(&local(forecast.at, now));
    (fields[3], fields[4]) = (Metric::Memory.key().into(), FORECAST_CAUSE.into());
    (fields[5], fields[10]) = (forecast.event.threshold.get().to_string(), forecast.notified.to_string());
    fields[11] = forecast.suppressed_by.clone().unwrap_or_default();
    fields[12] = forecast.event.grower.as_ref().map(|grower| grower.name.to_string()).unwrap_or_default();
    fields
}

/// Empty where the value is unknown.
fn field(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
