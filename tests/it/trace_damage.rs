//! Random traces, damaged at random: each is read with the values of the undamaged rows, or refused.

use std::ops::Range;

use fastrand::Rng;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use loadline::core::json::json_line;
use loadline::core::messages::output_line::{OutputEvent, OutputLine};
use loadline::core::metrics::reading::{Pressure, Reading};
use loadline::core::trace::TraceParser;

/// So many random traces for each kind of damage.
const TRACES: u64 = 400;

/// A row: its time, and the percentages of CPU and memory.
type Row = (Timestamp, [Option<f64>; 2]);

/// The rows of a trace that is read, and the number of lines that were skipped.
type Outcome = Result<(Vec<Row>, u64), String>;

/// Reads a trace as a file is read.
fn read(trace: &[u8]) -> Outcome {
    let mut parser = TraceParser::new(TimeZone::UTC);
    let mut rows = Vec::new();
    for line in trace.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\n");
        if let Some(row) = parser.line(bare.unwrap_or(line), bare.is_some())? {
            rows.push((row.at, [row.reading.cpu_percent, row.reading.memory_percent]));
        }
    }
    parser.end()?;
    Ok((rows, parser.skipped()))
}

/// A random trace.
struct Sample {
    rows: Vec<Row>,
    /// The header of a table, and a line for each row, with line feeds.
    lines: Vec<String>,
    /// The separator of a table; `None` for JSON Lines.
    separator: Option<char>,
}

impl Sample {
    fn new(random: &mut Rng) -> Sample {
        let separator = *random.choice([Some(','), Some(';'), Some('\t'), Some('|'), None].iter()).unwrap();
        let decimals = random.usize(0..3);
        let start = *random.choice([0, 1_795_000_000].iter()).unwrap();
        let rows: Vec<Row> = (0..random.i64(3..12))
            .map(|n| {
                let at = Timestamp::from_second(start + 2 * n).unwrap();
                (at, [(); 2].map(|()| (n == 0 || random.u8(0..8) > 0).then(|| value(random, decimals))))
            })
            .collect();
        let lines = match separator {
            Some(separator) => table(random, separator, decimals, &rows),
            None => rows.iter().map(|(at, values)| json(*at, *values)).collect(),
        };
        Sample { rows, lines, separator }
    }

    fn text(&self) -> Vec<u8> {
        self.lines.concat().into_bytes()
    }

    /// A line of a row, by its index.
    fn any_row_line(&self, random: &mut Rng) -> usize {
        random.usize(self.lines.len() - self.rows.len()..self.lines.len())
    }
}

/// A percentage of so many digits behind the point.
fn value(random: &mut Rng, decimals: usize) -> f64 {
    let written = format!("{:.decimals$}", random.f64() * 101.0 - 0.5);
    written.parse::<f64>().unwrap().clamp(0.0, 100.0)
}

fn table(random: &mut Rng, separator: char, decimals: usize, rows: &[Row]) -> Vec<String> {
    let mut columns = vec!["time", "cpu", "memory", "top"];
    random.shuffle(&mut columns);
    let form = random.u8(0..5);
    let unknown = *random.choice(["", "NaN", "nan", "-", "null"].iter()).unwrap();
    let point = if separator != ',' && random.bool() { "," } else { "." };
    let time = |at: Timestamp| match form {
        0 => at.to_string(),
        1 => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        2 => format!("{}.500", at.as_second()),
        3 if at.as_second() > 1_000 => at.as_millisecond().to_string(),
        _ => at.as_second().to_string(),
    };
    let percent = |value: Option<f64>| {
        value.map_or(unknown.to_owned(), |value| format!("{value:.decimals$}").replace('.', point))
    };
    let head = columns.join(&separator.to_string());
    let line = |(at, [cpu, memory]): &Row| {
        let field = |column: &&str| match *column {
            "time" => time(*at),
            "cpu" => percent(*cpu),
            "memory" => percent(*memory),
            _ => format!("\"a{separator} \"\"b\"\"\""),
        };
        columns.iter().map(field).collect::<Vec<_>>().join(&separator.to_string())
    };
    std::iter::once(head).chain(rows.iter().map(line)).map(|line| line + "\n").collect()
}

fn json(at: Timestamp, values: [Option<f64>; 2]) -> String {
    let [cpu_percent, memory_percent] = values;
    let reading = Reading { cpu_percent, memory_percent, ..Reading::default() };
    json_line(&OutputLine { at: at.to_zoned(TimeZone::UTC), event: OutputEvent::Reading(reading) }) + "\n"
}

/// The rows of a sample as they are read: a form of the time may have half a second more.
fn whole(sample: &Sample) -> Vec<Row> {
    let (rows, skipped) = read(&sample.text()).unwrap_or_else(|refusal| panic!("{refusal}: {:?}", sample.lines));
    assert_eq!((rows.len(), skipped), (sample.rows.len(), 0));
    for ((at, values), (expected_at, expected)) in rows.iter().zip(&sample.rows) {
        let late = at.duration_since(*expected_at);
        assert!(late.is_zero() || late == SignedDuration::from_millis(500), "{:?}", sample.lines);
        assert_eq!(values, expected, "{:?}", sample.lines);
    }
    rows
}

/// Calls `check` with random traces, the rows of each, and chance.
fn for_each_trace(check: impl Fn(&Sample, &[Row], &mut Rng)) {
    for seed in 0..TRACES {
        let mut random = Rng::with_seed(seed);
        let sample = Sample::new(&mut random);
        check(&sample, &whole(&sample), &mut random);
    }
}

/// A damaged trace is refused with the line of the damage, if its number is given.
#[track_caller]
fn refused(trace: &[u8], line: Option<usize>) {
    let refusal = read(trace).err().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(trace)));
    let is_named = line.is_none_or(|index| refusal.starts_with(&format!("line {}: ", index + 1)));
    assert!(is_named, "{refusal} {line:?}: {}", String::from_utf8_lossy(trace));
}

#[test]
fn marks_blank_lines_and_other_line_ends_change_nothing() {
    for_each_trace(|sample, rows, random| {
        let with_line_ends = sample.lines.concat().replace('\n', "\r\n");
        assert_eq!(read(with_line_ends.as_bytes()), Ok((rows.to_vec(), 0)));
        let mut lines = sample.lines.clone();
        lines.insert(random.usize(0..=lines.len()), [" \n", "\n", "\r\n"][random.usize(0..3)].into());
        assert_eq!(read(format!("\u{feff}{}", lines.concat()).as_bytes()), Ok((rows.to_vec(), 0)));
    });
}

#[test]
fn a_trace_that_is_cut_has_the_rows_before_the_cut() {
    for_each_trace(|sample, rows, random| {
        let text = sample.text();
        // With two rows before it, the form of the values is known.
        let head: usize = sample.lines.iter().take(sample.lines.len() - sample.rows.len() + 2).map(String::len).sum();
        let end = random.usize(head..=text.len());
        let (found, skipped) = read(&text[..end]).unwrap();
        let ended = text[..end].iter().filter(|byte| **byte == b'\n').count() - (sample.lines.len() - rows.len());
        assert!(found.len() == ended || found.len() == ended + 1, "{:?} cut at {end}", sample.lines);
        assert_eq!(found, rows[..found.len()], "{:?} cut at {end}", sample.lines);
        let rest = text[..end].rsplit(|byte| *byte == b'\n').next().unwrap().trim_ascii();
        assert_eq!(found.len() + usize::try_from(skipped).unwrap(), ended + usize::from(!rest.is_empty()));
    });
}

#[test]
fn a_value_of_a_trace_that_is_cut_anywhere_is_less_than_one_percent_wrong() {
    for_each_trace(|sample, rows, random| {
        let text = sample.text();
        let Ok((found, _)) = read(&text[..random.usize(0..text.len())]) else { return };
        for ((at, values), (expected_at, expected)) in found.iter().zip(rows) {
            assert_eq!(at, expected_at, "{:?}", sample.lines);
            for (value, expected) in values.iter().zip(expected) {
                let is_near = value.zip(*expected).is_some_and(|(value, expected)| (value - expected).abs() < 1.0);
                assert!(is_near || value == expected, "{value:?} {expected:?}: {:?}", sample.lines);
            }
        }
    });
}

#[test]
fn lines_with_nuls_are_left_out() {
    for_each_trace(|sample, rows, random| {
        let mut text = sample.text();
        let header = if sample.separator.is_some() { sample.lines[0].len() } else { 0 };
        let start = random.usize(header..text.len());
        let range: Range<usize> = start..random.usize(start + 1..=text.len());
        text[range].fill(0);
        match read(&text) {
            Ok((found, skipped)) => {
                assert!(skipped > 0 && found.len() < rows.len(), "{:?}", sample.lines);
                let mut left = rows.iter();
                assert!(found.iter().all(|row| left.any(|other| other == row)), "{:?}", sample.lines);
            }
            Err(refusal) => assert!(refusal.contains("none of its readings is whole"), "{refusal}"),
        }
    });
}

#[test]
fn fields_too_many_and_open_quotes_are_refused_with_their_line() {
    for_each_trace(|sample, _, random| {
        let Some(separator) = sample.separator else { return };
        let index = sample.any_row_line(random);
        let mut lines = sample.lines.clone();
        let end = lines[index].len() - 1;
        lines[index].insert_str(end, &format!("{separator}7"));
        refused(lines.concat().as_bytes(), Some(index));
        let mut lines = sample.lines.clone();
        lines[index] = lines[index].replacen("\"\"\"", "", 1);
        refused(lines.concat().as_bytes(), Some(index));
    });
}

#[test]
fn a_digit_that_became_something_else_is_refused_with_its_line() {
    for_each_trace(|sample, _, random| {
        let index = sample.any_row_line(random);
        let mut lines: Vec<Vec<u8>> = sample.lines.iter().map(|line| line.clone().into_bytes()).collect();
        let digits: Vec<usize> = (0..lines[index].len()).filter(|at| lines[index][*at].is_ascii_digit()).collect();
        lines[index][*random.choice(digits.iter()).unwrap()] = *random.choice(b"x#?*\xff\x07_".iter()).unwrap();
        refused(&lines.concat(), Some(index));
    });
}

#[test]
fn other_files_are_refused_and_nothing_panics() {
    for_each_trace(|sample, _, random| {
        let text = String::from_utf8(sample.text()).unwrap();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        refused(&little, None);
        refused(&big, None);
        refused(&[b"\xff\xfe".as_slice(), &little].concat(), None);
        refused(&[b"\x1f\x8b\x08".as_slice(), text.as_bytes()].concat(), None);
        let noise: Vec<u8> = (0..random.usize(1..300)).map(|_| random.u8(..)).collect();
        refused(&noise, None);
        // Noise in place of a part: read or refused, without a panic, and every value in its bounds.
        let mut text = text.into_bytes();
        let start = random.usize(0..text.len());
        text.splice(start..random.usize(start..text.len()), noise);
        let rows = read(&text).map(|(rows, _)| rows).unwrap_or_default();
        assert!(rows.iter().flat_map(|(_, values)| values).flatten().all(|value| (0.0..=100.0).contains(value)));
    });
}

#[test]
fn our_own_lines_are_read_as_they_were_printed() {
    let mut random = Rng::with_seed(16);
    for _ in 0..TRACES {
        let any = |random: &mut Rng| random.bool().then(|| random.u64(..1 << 50));
        let reading = Reading {
            cpu_percent: random.bool().then(|| value(&mut random, 2)),
            memory_percent: random.bool().then(|| value(&mut random, 2)),
            memory_used_bytes: any(&mut random),
            memory_total_bytes: any(&mut random),
            swap_used_bytes: any(&mut random),
            memory_pressure: *random.choice([None, Some(Pressure::Warning), Some(Pressure::Critical)].iter()).unwrap(),
            ..Reading::default()
        };
        let at = Timestamp::from_millisecond(random.i64(0..4_000_000_000_000)).unwrap();
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let line = json_line(&OutputLine { at: at.to_zoned(zone), event: OutputEvent::Reading(reading) });
        let row = TraceParser::new(TimeZone::UTC).line(line.as_bytes(), true).unwrap().unwrap();
        assert_eq!((row.at, row.reading), (at, reading), "{line}");
    }
}
