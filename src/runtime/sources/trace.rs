//! A recorded trace as a source of readings: CSV with a header (`time,cpu,memory`), or JSON Lines as `--json` prints them.
//!
//! Times are those of the trace: seconds (counted from 1970 where they are shown), or RFC 3339. An empty field is an unknown
//! value; other columns and records are skipped. Time must not go back.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Deserialize;

use super::sampler::Source;
use crate::core::escape::for_terminal;
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::text::input_errors;
use crate::core::time::{Now, between};
use crate::runtime::inbox::TimedReading;

/// The speed at which a trace is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as it was recorded.
    Times(f64),
    /// Without any pause.
    Max,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        match text.trim().parse::<f64>() {
            _ if text.trim() == "max" => Ok(Speed::Max),
            Ok(times) if (0.01..=1e6).contains(&times) => Ok(Speed::Times(times)),
            Ok(_) => Err(input_errors::SPEED_OUT_OF_RANGE.into()),
            Err(_) => Err(input_errors::NOT_A_SPEED.into()),
        }
    }
}

/// A trace that is being played.
pub struct Trace {
    rows: TraceRows,
    speed: Speed,
    zone: TimeZone,
    /// The time of the first row: the origin of the trace's own monotonic clock.
    origin: Timestamp,
    previous: Option<Timestamp>,
    /// The next row, read ahead for the pause before it. Its error is reported in its turn.
    next: Option<Result<TraceRow>>,
}

/// One reading of the trace.
#[derive(Debug)]
struct TraceRow {
    line: u64,
    at: Timestamp,
    reading: Reading,
}

enum TraceRows {
    Csv { records: Box<csv::StringRecordsIntoIter<BufReader<File>>>, columns: Columns },
    Json { lines: std::iter::Enumerate<std::io::Lines<BufReader<File>>> },
}

/// The indices of the columns.
struct Columns {
    time: usize,
    cpu: Option<usize>,
    memory: Option<usize>,
}

impl Trace {
    /// Opens a trace and reads its header and first row.
    pub fn open(path: &Path, speed: Speed) -> Result<Trace> {
        let name = format!("could not read the trace '{}'", path.display());
        let file = File::open(path).with_context(|| name.clone())?;
        ensure!(!file.metadata().is_ok_and(|m| m.is_dir()), "{name}: {}", input_errors::IS_A_FOLDER);
        let mut rows = TraceRows::new(BufReader::new(file)).with_context(|| name.clone())?;
        let first = rows.next_row().context(name)?;
        let origin = first.as_ref().map_or(Timestamp::UNIX_EPOCH, |row| row.at);
        Ok(Trace { rows, speed, zone: TimeZone::system(), origin, previous: None, next: first.map(Ok) })
    }
}

impl Source for Trace {
    fn initial_delay(&self) -> Duration {
        Duration::ZERO
    }

    fn read(&mut self, _refresh: Duration) -> Result<Option<TimedReading>> {
        let Some(row) = self.next.take().transpose()? else { return Ok(None) };
        if let Some(previous) = self.previous {
            ensure!(row.at >= previous, input_errors::time_goes_back(row.line, previous, row.at));
        }
        self.previous = Some(row.at);
        self.next = self.rows.next_row().context("could not read the trace").transpose();
        let elapsed = between(self.origin, row.at);
        let at = Now { elapsed, wall: row.at.to_zoned(self.zone.clone()) };
        Ok(Some(TimedReading { reading: row.reading, at }))
    }

    fn next_delay(&self, _refresh: Duration) -> Duration {
        let recorded = match (self.previous, &self.next) {
            (Some(previous), Some(Ok(next))) => between(previous, next.at),
            _ => Duration::ZERO,
        };
        match self.speed {
            Speed::Max => Duration::ZERO,
            Speed::Times(times) => recorded.div_f64(times),
        }
    }

    fn is_lossless(&self) -> bool {
        true
    }
}

impl TraceRows {
    fn new(mut file: BufReader<File>) -> Result<TraceRows> {
        let is_json = file.fill_buf()?.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        if is_json {
            return Ok(TraceRows::Json { lines: file.lines().enumerate() });
        }
        let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(file);
        let columns = Columns::find(reader.headers()?)?;
        Ok(TraceRows::Csv { records: Box::new(reader.into_records()), columns })
    }

    fn next_row(&mut self) -> Result<Option<TraceRow>> {
        match self {
            TraceRows::Csv { records, columns } => {
                let Some(record) = records.next().transpose()? else { return Ok(None) };
                let line = record.position().map_or(0, csv::Position::line);
                columns.row(line, &record).map(Some).with_context(|| format!("line {line}"))
            }
            TraceRows::Json { lines } => loop {
                let Some((index, line)) = lines.next() else { return Ok(None) };
                let number = index as u64 + 1;
                let row = json_row(number, &line?).with_context(|| format!("line {number}"))?;
                if row.is_some() {
                    return Ok(row);
                }
            },
        }
    }
}

impl Columns {
    fn find(header: &csv::StringRecord) -> Result<Columns> {
        let find = |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
        let either = |name: &str| find(name).or_else(|| find(&format!("{name}_percent")));
        let columns = Columns { time: usize::MAX, cpu: either("cpu"), memory: either("memory") };
        match find("time") {
            Some(time) if columns.cpu.or(columns.memory).is_some() => Ok(Columns { time, ..columns }),
            _ => {
                let found: Vec<&str> = header.iter().collect();
                bail!(input_errors::missing_columns(for_terminal(&found.join(","))))
            }
        }
    }

    fn row(&self, line: u64, record: &csv::StringRecord) -> Result<TraceRow> {
        let field = |column: Option<usize>| column.and_then(|c| record.get(c)).unwrap_or_default();
        let reading = Reading {
            cpu_percent: percent("cpu", field(self.cpu))?,
            memory_percent: percent("memory", field(self.memory))?,
            ..Reading::default()
        };
        Ok(TraceRow { line, at: time(field(Some(self.time)))?, reading })
    }
}

/// Seconds, or RFC 3339.
fn time(text: &str) -> Result<Timestamp> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
    let in_seconds =
        seconds.and_then(|s| SignedDuration::try_from_secs_f64(s).ok()).and_then(|s| Timestamp::from_duration(s).ok());
    in_seconds.or_else(|| text.parse().ok()).ok_or_else(|| anyhow!(input_errors::not_a_time(for_terminal(text))))
}

fn percent(column: &str, text: &str) -> Result<Option<f64>> {
    if text.is_empty() {
        return Ok(None);
    }
    let value: f64 = text.parse().map_err(|_| anyhow!(input_errors::not_a_number(column, for_terminal(text))))?;
    in_range(column, value).map(Some)
}

fn in_range(column: &str, value: f64) -> Result<f64> {
    ensure!((0.0..=100.0).contains(&value), input_errors::percentage_out_of_range(column, value));
    Ok(value)
}

/// The fields of a `--json` line that make a reading.
#[derive(Deserialize)]
struct JsonRow {
    #[serde(rename = "type")]
    kind: String,
    at: String,
    cpu_percent: Option<f64>,
    memory_percent: Option<f64>,
    memory_used_bytes: Option<u64>,
    memory_total_bytes: Option<u64>,
    swap_used_bytes: Option<u64>,
    memory_pressure: Option<Pressure>,
}

/// The reading of one line; `None` for an empty line and for other records.
fn json_row(line: u64, text: &str) -> Result<Option<TraceRow>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let row: JsonRow = serde_json::from_str(text)?;
    if row.kind != "reading" {
        return Ok(None);
    }
    let reading = Reading {
        cpu_percent: row.cpu_percent.map(|v| in_range("cpu_percent", v)).transpose()?,
        memory_percent: row.memory_percent.map(|v| in_range("memory_percent", v)).transpose()?,
        memory_used_bytes: row.memory_used_bytes,
        memory_total_bytes: row.memory_total_bytes,
        swap_used_bytes: row.swap_used_bytes,
        memory_pressure: row.memory_pressure,
        ..Reading::default()
    };
    Ok(Some(TraceRow { line, at: time(&row.at)?, reading }))
}
