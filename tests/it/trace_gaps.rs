//! Traces with pauses of many lengths, clocks that were set back twice, and long stretches of NULs.

use std::io::Write;
use std::process::Stdio;

use crate::program::{Home, Ran};

/// The outcome of a replay of this trace from standard input.
fn piped(trace: &str, options: &[&str]) -> Ran {
    let home = Home::new();
    let mut child = home.loadline(&[&["replay", "-"], options].concat()).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(trace.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The same of a file.
fn replayed(trace: impl AsRef<[u8]>, options: &[&str]) -> Ran {
    let home = Home::new();
    let file = home.file("trace", trace);
    home.run(&[&["replay", file.to_str().unwrap()], options].concat())
}

/// Rows with 99 % at these seconds.
fn rows(seconds: &[u32]) -> String {
    let row = |at: &u32| format!("{at},99\n");
    format!("time,cpu\n{}", seconds.iter().map(row).collect::<String>())
}

/// The intervals that the remarks say to give, in their order.
fn hints(stderr: &str) -> Vec<&str> {
    stderr.lines().filter_map(|line| line.rsplit_once("give --every ")).map(|(_, interval)| interval).collect()
}

#[test]
fn the_hint_is_that_of_the_usual_gap_and_leads_to_an_alert() {
    // The shortest gap is 7 s.
    let trace = rows(&[0, 2, 9, 309, 609, 909, 1209]);
    for ran in [piped(&trace, &[]), replayed(&trace, &["--every", "2s"])] {
        assert_eq!((ran.stdout.as_str(), hints(&ran.stderr)), ("", vec!["5m"]), "{}", ran.stderr);
        assert!(ran.stderr.contains("most readings of the trace are 5 min apart"), "{}", ran.stderr);
    }
    let ran = piped(&trace, &["--every", "5m"]);
    assert_eq!((ran.stdout.matches("ALERT").count(), ran.stderr.as_str()), (1, ""), "{}", ran.stdout);
}

#[test]
fn a_first_pause_that_is_not_the_usual_one_is_followed_by_the_usual_one_at_the_end() {
    let trace = rows(&[0, 3600, 3610, 3620, 3630, 3640, 3650]);
    let ran = piped(&trace, &[]);
    assert_eq!((ran.stdout.as_str(), hints(&ran.stderr)), ("", vec!["1h", "10s"]), "{}", ran.stderr);
    let ran = piped(&trace, &["--every", hints(&ran.stderr)[1]]);
    assert_eq!(ran.stdout.matches("ALERT").count(), 1, "{ran:?}");
    // The other way round: the first pause is the short one.
    let ran = piped(&rows(&[0, 10, 310, 610, 910, 1210]), &[]);
    assert_eq!(hints(&ran.stderr), ["10s", "5m"], "{}", ran.stderr);
    // The first hint is as good as the usual one.
    let ran = piped(&rows(&[0, 60, 121, 182, 243]), &[]);
    assert_eq!(hints(&ran.stderr), ["1m"], "{}", ran.stderr);
    // No interval allows for either.
    let ran = piped(&rows(&[0, 20_000, 45_000, 70_000]), &[]);
    assert_eq!((ran.stderr.lines().count(), hints(&ran.stderr).len()), (1, 0), "{}", ran.stderr);
}

fn recording(seconds: &[u32], value: &str) -> String {
    let row = |s: &u32| {
        format!(
            "{{\"type\":\"reading\",\"at\":\"2026-11-22T14:03:{s:02}Z\",\"cpu_percent\":95,\"memory_percent\":{value}}}\n"
        )
    };
    seconds.iter().map(row).collect()
}

#[test]
fn a_clock_that_was_set_back_twice_running_is_read_and_rows_that_are_sorted_backwards_are_not() {
    let ran = replayed(recording(&[30, 32, 20, 10, 12, 14], "40"), &[]);
    assert_eq!((ran.status, ran.stdout.matches("ALERT").count()), (Some(0), 1), "{ran:?}");
    assert!(ran.stderr.contains("the clock was set back 2 times"), "{}", ran.stderr);
    for (seconds, refusal) in [
        (&[16, 14, 12, 10][..], "line 3: time goes back twice in a row"),
        (&[20, 22, 16, 14, 12, 10], "line 5: time goes back three times in a row"),
    ] {
        let ran = replayed(recording(seconds, "40"), &[]);
        assert_eq!(ran.status, Some(2));
        assert!(ran.stderr.contains(refusal) && ran.stderr.contains("sort it by time"), "{}", ran.stderr);
    }
}

#[test]
fn nan_without_quotes_is_unknown_in_any_spelling_and_a_fault_has_the_line_of_the_file() {
    for unknown in ["NaN", "nan", "NAN", "-nan", "null", "\"nan\"", "\"-\""] {
        let ran = replayed(recording(&[0, 2, 4, 6], unknown), &[]);
        assert_eq!((ran.status, ran.stdout.matches("ALERT").count()), (Some(0), 1), "{unknown}: {ran:?}");
    }
    let ran = replayed(recording(&[0], "40") + &recording(&[2], "4x"), &[]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.contains("line 2: it is no JSON object") && !ran.stderr.contains("line 1"), "{}", ran.stderr);
}

#[test]
fn nuls_are_skipped_and_counted_however_many_there_are() {
    let good = rows(&[0, 2, 4, 6]);
    for count in [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20] {
        let nuls = "\0".repeat(count);
        for trace in [format!("{good}{nuls}"), format!("{good}{nuls}\n8,99\n"), format!("{good}8,9{nuls}9\n8,99\n")] {
            let ran = replayed(&trace, &[]);
            assert_eq!((ran.status, ran.stdout.matches("ALERT").count()), (Some(0), 1), "{count} NULs: {ran:?}");
            assert!(ran.stderr.contains("1 damaged line of the trace was skipped"), "{count} NULs: {}", ran.stderr);
        }
    }
}
