//! Lines of fields: CSV, or the same with semicolons or tabs.

use jiff::Timestamp;

use super::times::Times;
use super::values::{decimals_of, may_go_on, percent};
use crate::core::escape::for_terminal;
use crate::core::metrics::reading::Reading;
use crate::core::text::input_errors::{self, traces as text};

/// The most characters of a header that a sentence quotes.
const MAX_QUOTED_CHARS: usize = 200;
/// The separators of fields, in the order in which the header is tried with them.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Times since 1970 and dates are at least so long, and all of one length.
const MIN_FIXED_TIME_BYTES: usize = 10;

/// The columns of a table.
pub struct Table {
    separator: u8,
    width: usize,
    time: usize,
    cpu: Option<usize>,
    memory: Option<usize>,
    /// The most digits behind the point in the last field of a row.
    decimals: usize,
    /// The length of the time of the row before.
    time_bytes: usize,
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
                None => Ok(Table { separator, width: names.len(), time, cpu, memory, decimals: 0, time_bytes: 0 }),
            };
        }
        let header: String = String::from_utf8_lossy(line).chars().take(MAX_QUOTED_CHARS).collect();
        Err(input_errors::missing_columns(for_terminal(&header)))
    }

    /// The time and the values of a row.
    ///
    /// # Errors
    /// The fault, without the number of the line.
    pub fn row(&mut self, line: &[u8], times: &mut Times) -> Result<(Timestamp, Reading), String> {
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
        let last = fields.get(self.width - 1).map(|last| decimals_of(&String::from_utf8_lossy(last)));
        self.decimals = self.decimals.max(last.unwrap_or_default());
        self.time_bytes = fields.get(self.time).map_or(0, Vec::len);
        Ok((at, Reading { cpu_percent, memory_percent, ..Reading::default() }))
    }

    /// Whether a line without a line feed may lack its end: fields, or a part of the last one that counts.
    pub fn may_be_cut(&self, line: &[u8]) -> bool {
        let Ok(fields) = split(line, self.separator) else { return line.contains(&b'"') };
        let column = fields.len() - 1;
        let last = fields.last().map(|last| String::from_utf8_lossy(last)).unwrap_or_default();
        match () {
            () if column + 1 != self.width => column + 1 < self.width,
            () if line.ends_with(b"\"") => false,
            // Times of a fixed length are whole at that length.
            () if column == self.time => last.len() < MIN_FIXED_TIME_BYTES || last.len() != self.time_bytes,
            () if self.cpu == Some(column) || self.memory == Some(column) => may_go_on(&last, self.decimals),
            () => false,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fields(line: &str, separator: char) -> Vec<String> {
        let fields = split(line.as_bytes(), separator as u8).unwrap();
        fields.into_iter().map(|field| String::from_utf8(field).unwrap()).collect()
    }

    #[test]
    fn a_line_is_split_at_separators_outside_quotes() {
        assert_eq!(fields("a,b", ','), ["a", "b"]);
        assert_eq!(fields("", ','), [""]);
        assert_eq!(fields(",", ','), ["", ""]);
        assert_eq!(fields(" a , \"b, c\" ,\"\"", ','), ["a", "b, c", ""]);
        assert_eq!(fields("\"a \"\"b\"\"\",it's 5\"", ','), ["a \"b\"", "it's 5\""]);
        assert_eq!(fields("a\t\tb", '\t'), ["a", "", "b"]);
        assert_eq!(fields("3,5;92,5", ';'), ["3,5", "92,5"]);
        assert_eq!(split(b"a,\"b", b','), Err(text::OPEN_QUOTE.to_owned()));
        assert_eq!(split(b"\"a\"\"", b','), Err(text::OPEN_QUOTE.to_owned()));
        assert_eq!(split(b"\"a\"b,c", b','), Err(text::TEXT_AFTER_QUOTE.to_owned()));
    }

    #[test]
    fn a_header_names_its_columns_in_many_ways() {
        for header in [
            "time,cpu,memory",
            "Time, CPU (%), Memory (%)",
            "TIME;cpu_percent;memory_percent",
            "\"time\"\t\"cpu %\"\t\"memory\"",
            "time|cpu|memory",
        ] {
            let table = Table::of_header(header.as_bytes()).ok();
            let found = table.map(|table| (table.width, table.time, table.cpu, table.memory));
            assert_eq!(found, Some((3, 0, Some(1), Some(2))), "{header}");
        }
        for wrong in ["time", "cpu,memory", "time cpu", "time;cpu,memory", "time (utc),cpu", "sep=;", "\"time,cpu"] {
            let refusal = Table::of_header(wrong.as_bytes()).err().unwrap();
            assert!(refusal.ends_with(&format!("and is '{wrong}'")), "{refusal}");
        }
        assert!(Table::of_header("x,".repeat(5_000).as_bytes()).err().unwrap().len() < 400);
    }
}
