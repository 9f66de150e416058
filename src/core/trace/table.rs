//! Lines of fields: CSV, or the same with semicolons or tabs.

use jiff::Timestamp;

use super::values::{Times, percent};
use crate::core::escape::for_terminal;
use crate::core::metrics::reading::Reading;
use crate::core::text::input_errors::{self, traces as text};

/// The separators of fields, in the order in which the header is tried with them.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The columns of a table.
pub struct Table {
    separator: u8,
    width: usize,
    time: usize,
    cpu: Option<usize>,
    memory: Option<usize>,
}

impl Table {
    /// The table of this header.
    ///
    /// # Errors
    /// When it does not name a time and a value, or one of them twice.
    pub fn of_header(line: &[u8]) -> Result<Table, String> {
        if line.contains(&b'\r') {
            return Err(text::CARRIAGE_RETURNS.into());
        }
        for separator in SEPARATORS {
            let Ok(fields) = split(line, separator) else { continue };
            let names: Vec<String> = fields.iter().map(|field| column_name(field)).collect();
            let find = |name: &str| names.iter().position(|found| found == name);
            let (time, cpu, memory) = (find("time"), find("cpu"), find("memory"));
            let Some(time) = time.filter(|_| cpu.or(memory).is_some()) else { continue };
            let twice =
                ["time", "cpu", "memory"].into_iter().find(|name| names.iter().filter(|n| n == name).count() > 1);
            return match twice {
                Some(name) => Err(text::column_twice(name)),
                None => Ok(Table { separator, width: names.len(), time, cpu, memory }),
            };
        }
        Err(input_errors::missing_columns(for_terminal(&String::from_utf8_lossy(line))))
    }

    /// The time and the values of a row.
    ///
    /// # Errors
    /// The fault, without the number of the line.
    pub fn row(&self, line: &[u8], times: &mut Times) -> Result<(Timestamp, Reading), String> {
        let fields = split(line, self.separator)?;
        if fields.len() > self.width {
            return Err(text::too_many_fields(fields.len(), self.width));
        }
        let field = |name: &str, column: Option<usize>| match column.and_then(|column| fields.get(column)) {
            None => Ok(""),
            Some(bytes) => std::str::from_utf8(bytes).map_err(|_| text::not_utf8(name)),
        };
        let at = times.read(field("time", Some(self.time))?)?;
        let cpu_percent = percent("cpu", field("cpu", self.cpu)?)?;
        let memory_percent = percent("memory", field("memory", self.memory)?)?;
        Ok((at, Reading { cpu_percent, memory_percent, ..Reading::default() }))
    }

    /// Whether a line without a line feed lacks fields, or the end of its last field.
    pub fn is_cut(&self, line: &[u8]) -> bool {
        let ends_open = |last: &[u8]| matches!(last.last(), None | Some(b'.' | b'-' | b'+' | b'e' | b'E'));
        split(line, self.separator)
            .map_or(true, |fields| fields.len() < self.width || fields.last().is_some_and(|last| ends_open(last)))
    }
}

/// `CPU (%)` and `cpu_percent` are `cpu`.
fn column_name(field: &[u8]) -> String {
    let name = String::from_utf8_lossy(field).to_ascii_lowercase();
    let name = name.trim_end_matches([' ', '%', '(', ')', '_']);
    name.strip_suffix("_percent").unwrap_or(name).to_owned()
}

/// The fields of a line, without spaces and quotes around them.
///
/// # Errors
/// When a quote is not closed on its line: it would swallow the lines that follow; and when text follows one that is.
fn split(line: &[u8], separator: u8) -> Result<Vec<Vec<u8>>, String> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r') && *byte != separator;
        let start = rest.iter().position(|byte| !is_space(byte)).unwrap_or(rest.len());
        rest = rest.get(start..).unwrap_or_default();
        let (field, after) = match rest.strip_prefix(b"\"") {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = rest.iter().position(|byte| *byte == separator).unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                (field.trim_ascii().to_vec(), after)
            }
        };
        fields.push(field);
        let spaces = after.iter().position(|byte| !is_space(byte)).unwrap_or(after.len());
        match after.get(spaces..) {
            None | Some([]) => return Ok(fields),
            Some([byte, following @ ..]) if *byte == separator => rest = following,
            Some(_) => return Err(text::TEXT_AFTER_QUOTE.into()),
        }
    }
}

/// The text up to the closing quote, and the bytes after that. Two quotes are one.
fn unquote(quoted: &[u8]) -> Result<(Vec<u8>, &[u8]), String> {
    let mut field = Vec::new();
    let mut rest = quoted;
    loop {
        match rest {
            [] => return Err(text::OPEN_QUOTE.into()),
            [b'"', b'"', after @ ..] => {
                field.push(b'"');
                rest = after;
            }
            [b'"', after @ ..] => return Ok((field.trim_ascii().to_vec(), after)),
            [byte, after @ ..] => {
                field.push(*byte);
                rest = after;
            }
        }
    }
}
