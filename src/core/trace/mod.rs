//! Recorded traces: from lines to rows. CSV with a header (`time,cpu,memory`), or JSON Lines as `--json` prints them.
//!
//! A line is read rightly or refused in words, with its number; it is never read wrongly. What a power failure leaves (a last
//! line that was cut, NULs) is skipped and counted.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::metrics::reading::Reading;
use super::text::input_errors::traces as text;
use json_lines::JsonLine;
use table::Table;
use times::Times;

pub mod intervals;
pub mod json_lines;
pub mod signature;
pub mod table;
pub mod times;
pub mod values;

/// One reading of a trace.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceRow {
    /// The number of its line, from 1.
    pub line: u64,
    pub at: Timestamp,
    pub reading: Reading,
}

/// Reads a trace line by line.
pub struct TraceParser {
    format: Format,
    times: Times,
    /// The number of lines so far.
    line: u64,
    rows: u64,
    /// The lines that a power failure damaged, and a last one that was cut.
    skipped: u64,
    /// The refusal of a JSON object that does not end on its line. It counts unless that is the last line of the trace.
    unfinished: Option<String>,
}

enum Format {
    Unknown,
    Table(Table),
    Json,
}

impl TraceParser {
    /// A parser for a trace from its beginning. Times without an offset are in `zone`.
    pub fn new(zone: TimeZone) -> TraceParser {
        let times = Times::new(zone);
        TraceParser { format: Format::Unknown, times, line: 0, rows: 0, skipped: 0, unfinished: None }
    }

    /// The row of the next line, given without its line feed; `None` for a line without a reading. `is_ended` is whether it had
    /// a line feed: the last line may have been cut, and is skipped where that could have changed a value.
    ///
    /// # Errors
    /// The sentence that refuses the trace.
    pub fn line(&mut self, bytes: &[u8], is_ended: bool) -> Result<Option<TraceRow>, String> {
        self.line += 1;
        if self.line == 1 {
            signature::check(bytes)?;
        }
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        if bytes.contains(&0) {
            self.skipped += 1;
            return Ok(None);
        }
        if bytes.trim_ascii().is_empty() {
            return Ok(None);
        }
        // Tabs at the ends of a line are fields.
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if let Some(refusal) = self.unfinished.take() {
            return Err(refusal);
        }
        if !is_ended && self.may_be_cut(bytes) {
            self.skipped += 1;
            return Ok(None);
        }
        let row = self.row(bytes, is_ended)?;
        self.rows += u64::from(row.is_some());
        Ok(row)
    }

    /// The refusal of a line that is longer than `max_bytes`, of which `start` is the beginning.
    pub fn refuse_long_line(&self, start: &[u8], max_bytes: usize) -> String {
        let signature = if self.line == 0 { signature::check(start).err() } else { None };
        signature.unwrap_or_else(|| text::long_line(self.line + 1, max_bytes))
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// The sentence that refuses a trace without any row.
    pub fn end(&mut self) -> Result<(), String> {
        if let Some(refusal) = self.unfinished.take() {
            if self.rows == 0 {
                return Err(refusal);
            }
            self.skipped += 1;
        }
        match self.format {
            _ if self.rows > 0 => Ok(()),
            _ if self.skipped > 0 => Err(text::ALL_DAMAGED.into()),
            Format::Unknown => Err(text::EMPTY.into()),
            Format::Table(_) => Err(text::NO_ROWS.into()),
            Format::Json => Err(text::NO_READINGS.into()),
        }
    }

    /// The number of lines that were skipped because they are damaged.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Whether a time without an offset was taken as local.
    pub fn has_local_times(&self) -> bool {
        self.times.has_local()
    }

    /// Whether the rows are in the order of recording, in which a clock may have been set back.
    pub fn is_recording(&self) -> bool {
        matches!(self.format, Format::Json)
    }

    fn may_be_cut(&self, bytes: &[u8]) -> bool {
        matches!(&self.format, Format::Table(table) if table.may_be_cut(bytes))
    }

    fn row(&mut self, bytes: &[u8], is_ended: bool) -> Result<Option<TraceRow>, String> {
        let line = self.line;
        let numbered = |problem: String| text::on_line(line, &problem);
        let trimmed = bytes.trim_ascii();
        let read = match &mut self.format {
            Format::Unknown if trimmed.starts_with(b"[") => return Err(text::JSON_ARRAY.into()),
            Format::Unknown if !trimmed.starts_with(b"{") => {
                self.format = Format::Table(Table::of_header(bytes)?);
                return Ok(None);
            }
            Format::Table(table) => Some(table.row(bytes, &mut self.times).map_err(numbered)?),
            Format::Unknown | Format::Json => {
                self.format = Format::Json;
                match json_lines::read(trimmed, is_ended, &mut self.times).map_err(numbered)? {
                    JsonLine::Reading(at, reading) => Some((at, *reading)),
                    JsonLine::Other => None,
                    JsonLine::Unfinished => {
                        self.unfinished = Some(text::on_line(line, text::ONE_OBJECT_A_LINE));
                        None
                    }
                }
            }
        };
        Ok(read.map(|(at, reading)| TraceRow { line, at, reading }))
    }
}
