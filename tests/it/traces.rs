//! Recordings of other tools and damaged ones: read rightly, or refused in words.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::program::{Home, Ran};

const ALERT: &str = "ALERT  CPU 95% has been above 80% for 6 s";

#[track_caller]
fn replay(trace: impl AsRef<[u8]>) -> Ran {
    let home = Home::new();
    let file = home.file("trace", trace);
    home.run(&["replay", file.to_str().unwrap()])
}

/// The trace is refused with these words, and nothing of it counts.
#[track_caller]
fn refused(trace: impl AsRef<[u8]>, words: &str) {
    let ran = replay(trace);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
}

/// The trace raises one alert, and is remarked upon with these words.
#[track_caller]
fn alerts(trace: impl AsRef<[u8]>, remark: &str) {
    let ran = replay(trace);
    assert_eq!((ran.status, ran.stdout.matches(ALERT).count()), (Some(0), 1), "{ran:?}");
    assert!(ran.stderr.contains(remark) && ran.stderr.is_empty() == remark.is_empty(), "{}", ran.stderr);
}

#[test]
fn rows_that_could_be_read_wrongly_are_refused_with_their_line() {
    refused("time,cpu,memory\n0,3,5,92,5\n", "line 2: 5 fields, and the header has 3");
    refused("time,cpu,memory,top\n0,10,40,\"x\n2,95,40,a\n4,95,40,\"a\n", "line 2: a quote is opened");
    refused("time,cpu\n0,\"9\"5\n", "line 2: text follows a closing quote");
    refused("time,cpu,cpu_percent\n0,1,2\n", "names the column 'cpu' twice");
    refused("time,cpu\n0,101\n", "line 2: cpu '101' is out of range");
    refused("time,cpu\n20261122140300,1\n", "line 2: time '20261122140300'");
    refused("time;cpu\n1,234;1\n", "line 2: time '1,234'");
    for date in ["20261122", "2026112214", "202611221403", "22.11.2026 14:03:00", "817000000"] {
        refused(format!("time;cpu\n{date};1\n"), &format!("line 2: time '{date}' is neither"));
    }
}

#[test]
fn other_ways_to_write_times_values_and_fields_are_read() {
    alerts("time;cpu;memory\n0;95,0;3,5\n2;95;-\n4;95;nan\n6;95;NaN\n", "");
    alerts("time\tCPU (%)\n0\t95%\n2\t95 %\n4\t95.0\n6\t95\n", "");
    alerts("time,cpu,memory\n0,95,100.0001\n2,95,-0.01\n4,95,null\n6,95,100.4\n", "");
    alerts(b"time,top,cpu\n0,\xff\xfe,95\n2,a,95\n4,\"b \"\"c\"\"\",95\n6,\xe4,95\n", "");
    for unit in ["", "000", "000000", "000000000"] {
        let rows: String = (0..4).map(|i| format!("{}{unit},95\n", 1_795_000_000 + 2 * i)).collect();
        alerts(format!("time,cpu\n{rows}"), "");
    }
    let dates = |start: &str, end: &str| {
        let rows: String = (0..4).map(|i| format!("2026-11-22{start}14:03:0{}{end},95\n", 2 * i)).collect();
        format!("time,cpu\n{rows}")
    };
    for end in ["Z", "+01:00", "+0100", ".250Z"] {
        alerts(dates("T", end), "");
    }
    alerts(dates(" ", " +0100"), "");
    alerts(dates(" ", ""), "taken as local (UTC)");
    alerts(dates("T", ""), "taken as local (UTC)");
}

fn recording(seconds: [u32; 4]) -> String {
    let row = |s: u32| format!("{{\"type\":\"reading\",\"at\":\"2026-11-22T14:03:{s:02}Z\",\"cpu_percent\":95}}\n");
    seconds.map(row).concat()
}

#[test]
fn damage_of_a_power_failure_is_skipped_and_counted() {
    let good = recording([0, 2, 4, 6]);
    alerts(format!("{good}\0\0\0\0"), "1 damaged line of the trace was skipped");
    alerts(format!("{good}{{\"type\":\"reading\",\"at\":\"20"), "1 damaged line");
    alerts(format!("{good}{{\"type\":\0\0\n\0\0"), "2 damaged lines of the trace were skipped");
    alerts("time,cpu,memory\n0,95,40\n2,95,40\n4,95,40\n6,95,40\n8,9", "1 damaged line");
    alerts("time,cpu,memory\n0,95,40\n2,95,40\n4,95,40\n6,95,40", "");
    alerts("time,cpu\n0,95\n2,95\n4,95\n6,95\n8,9", "1 damaged line");
    alerts("time,cpu\n0,95\n2,95\n4,95\n6,95\n8,10", "1 damaged line");
    alerts("time,cpu\n0,95.1\n2,95.1\n4,95.1\n6,95.1\n8,95", "1 damaged line");
    alerts("time,cpu\n0,95\n2,95\n4,95\n6,95", "");
    refused("time,cpu\n0,9", "none of its readings is whole");
    refused("time,cpu\n\0\0\0\0", "none of its readings is whole");
    refused("\0\0\0\0\0", "none of its readings is whole");
    refused("time,cpu\n0,95\n2,3,5,92", "line 3: 4 fields");
}

#[test]
fn a_recording_is_read_with_a_mark_before_it_and_across_a_clock_that_was_set_back() {
    alerts(format!("\u{feff}{}", recording([0, 2, 4, 6])), "");
    alerts(recording([10, 12, 3, 5]), "the clock was set back once");
    alerts(recording([0, 2, 4, 6]).replacen("}\n", ",\"memory_percent\":NaN}\n", 1), "");
}

#[test]
fn files_that_are_no_trace_are_refused_with_the_way_out() {
    let utf16: Vec<u8> = "time,cpu\n0,95\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&utf16, "save it as UTF-8");
    refused([b"\xff\xfe".as_slice(), &utf16].concat(), "save it as UTF-8");
    refused(b"\x1f\x8b\x08\0\0", "packed with gzip");
    refused(b"PK\x03\x04\n", "packed with zip");
    refused(b"\x28\xb5\x2f\xfd\0", "packed with zstd");
    refused(b"\xfd7zXZ\0", "packed with xz");
    refused(b"SQLite format 3\0\x10", "SQLite database");
    refused("{\n  \"type\": \"reading\"\n}\n", "one object a line");
    refused("[\n{\"type\":\"reading\"}]\n", "is a JSON array: write one object a line");
    refused("time,cpu\n", "a header and no rows");
    refused("when;what\n1;2\n", "and is 'when;what'");
    refused("", "it is empty");
    refused("x".repeat(3 << 20), "line 1 is longer than 1048576 bytes");
}

const MINUTES: &str = "time,cpu\n0,10\n60,10\n121,99\n182,99\n243,99\n";

#[test]
fn the_interval_of_a_trace_is_its_own_and_is_told() {
    let home = Home::new();
    let file = home.file("minutes.csv", MINUTES);
    let file = file.to_str().unwrap();
    let ran = home.run(&["replay", file]);
    assert_eq!(ran.stdout.matches("ALERT").count(), 1, "{ran:?}");
    assert!(ran.stderr.contains("taken as --every 1m1s, in place of 2s"), "{}", ran.stderr);
    let given = home.run(&["replay", file, "--every", "1m1s"]);
    assert_eq!((&given.stdout, given.stderr.as_str()), (&ran.stdout, ""));
    let watched = home.run(&["watch", "--quiet", "--readings", file, "--speed", "max"]);
    assert_eq!((watched.stdout, watched.stderr), (ran.stdout, ran.stderr));
}

#[test]
fn the_hint_about_gaps_leads_to_an_alert_when_it_is_followed() {
    let home = Home::new();
    let piped = |options: &[&str]| {
        let mut child = home.loadline(&[&["replay", "-"], options].concat()).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(MINUTES.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let [stdout, stderr] = piped(&[]);
    assert!(
        stdout.is_empty()
            && stderr.ends_with(
                "the first readings of the trace are 1 min apart, more than three \
        refresh intervals of 2 s: gaps like that keep alerts from firing; give --every 1m\n"
            ),
        "{stderr}"
    );
    let [stdout, stderr] = piped(&["--every", "1m"]);
    assert_eq!((stdout.matches("ALERT").count(), stderr.as_str()), (1, ""));
    // Rows 60 s apart are no gap then, and those 61 s apart are.
    let [stdout, stderr] = piped(&["--every", "20s"]);
    assert!(stdout.is_empty() && stderr.contains("most readings of the trace are 1 min 1 s apart"), "{stderr}");
    assert!(stderr.ends_with("give --every 1m1s\n"), "{stderr}");
}

#[test]
fn remarks_are_notices_in_json_as_well() {
    let home = Home::new();
    let file =
        home.file("trace", "time,cpu\n2026-11-22 14:03:00,5\n\0\n2026-11-22 14:13:00,5\n2026-11-22 14:23:00,5\n");
    let file = file.to_str().unwrap();
    for arguments in [&["replay", file, "--json"][..], &["watch", "--readings", file, "--speed", "max", "--json"]] {
        let ran = home.run(arguments);
        for remark in ["taken as --every 10m", "taken as local (UTC)", "1 damaged line of the trace was skipped"] {
            let notices = ran.stdout.lines().filter(|line| line.contains("\"notice\"") && line.contains(remark));
            assert_eq!((notices.count(), ran.stderr.matches(remark).count()), (1, 1), "{ran:?}");
        }
    }
}

#[test]
fn an_hour_that_comes_twice_is_the_first_of_them_and_a_skipped_one_is_refused() {
    let home = Home::new();
    let replayed = |rows: &str| {
        let file = home.file("trace", format!("time,cpu\n{rows}"));
        let mut command = home.loadline(&["replay", "--json", file.to_str().unwrap()]);
        let output = command.env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3").output().unwrap();
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let [stdout, _] = replayed(&[0, 2, 4, 6].map(|s| format!("2026-10-25 02:30:0{s},95\n")).concat());
    assert!(stdout.contains("\"at\":\"2026-10-25T02:30:06.000+02:00\""), "{stdout}");
    let [_, stderr] = replayed("2026-03-29 02:30:00,95\n");
    assert!(stderr.contains("line 2: time '2026-03-29 02:30:00' does not come in"), "{stderr}");
}

#[test]
fn json_lines_that_are_sorted_backwards_are_refused() {
    refused(recording([16, 14, 12, 10]), "line 3: time goes back twice in a row");
}

#[test]
fn a_live_pipe_raises_its_alert_with_the_row_that_completes_it() {
    let home = Home::new();
    for arguments in [&["replay", "-"][..], &["watch", "--quiet", "--readings", "-", "--speed", "1000"]] {
        let mut child = home.loadline(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(b"time,cpu\n0,95\n2,95\n4,95\n6,95\n").unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.contains(ALERT), "{first}");
        drop(pipe);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_fault_of_standard_input_names_it() {
    let ran = Home::new().run(&["replay", "-"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.starts_with("loadline: could not read the trace from standard input: it is empty"), "{ran:?}");
}

#[test]
fn settings_with_a_byte_order_mark_are_read() {
    let home = Home::new().with_settings("\u{feff}{\"alerts\": {\"cpu\": {\"above_percent\": 99}}}");
    let file = home.file("trace.csv", "time,cpu\n0,95\n2,95\n4,95\n6,95\n");
    let ran = home.run(&["replay", file.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
}
