//! `replay`: the lines of recorded traces. A bug report becomes a trace here.

use crate::program::{Home, Ran};

/// Replays a trace, and returns its stdout.
#[track_caller]
fn replay(trace: &str, options: &[&str]) -> String {
    let home = Home::new();
    let file = home.file("trace", trace);
    let Ran { status, stdout, stderr } = home.run(&[&["replay", file.to_str().unwrap()], options].concat());
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    stdout
}

/// A trace of one CPU value every two seconds.
fn every_two_seconds(values: &[f64]) -> String {
    let rows = values.iter().enumerate().map(|(i, value)| format!("{},{value},50\n", i * 2));
    format!("time,cpu,memory\n{}", rows.collect::<String>())
}

#[test]
fn a_replay_prints_an_alert_and_its_end() {
    let trace = every_two_seconds(&[20.0, 91.0, 97.0, 90.0, 85.0, 60.0, 50.0, 41.0, 41.0, 41.0]);
    assert_eq!(
        replay(&trace, &[]),
        "1970-01-01 00:00:08  ALERT  CPU 85% has been above 80% for 6 s\n\
         1970-01-01 00:00:16  OK     CPU 41% is back below 75% after 8 s (peak 97%)\n"
    );
}

#[test]
fn values_are_never_rounded_to_contradict_the_sentence() {
    assert_eq!(
        replay(&every_two_seconds(&[80.04, 74.96]), &["--after", "0s"]),
        "1970-01-01 00:00:00  ALERT  CPU 80.1% is above 80%\n\
         1970-01-01 00:00:02  OK     CPU 74.9% is back below 75% after 2 s (peak 80%)\n"
    );
}

#[test]
fn a_spike_shorter_than_the_delay_makes_no_alert() {
    assert_eq!(replay(&every_two_seconds(&[20.0, 99.0, 99.0, 20.0, 99.0, 99.0, 20.0]), &[]), "");
}

#[test]
fn a_flapping_load_notifies_once_and_prints_the_rest() {
    let flapping: Vec<f64> = (0..12).map(|i| if i % 2 == 0 { 95.0 } else { 40.0 }).collect();
    let stdout = replay(&every_two_seconds(&flapping), &["--after", "0s"]);
    assert_eq!(stdout.matches("ALERT").count(), 6);
    let again = "the 3rd time in the last hour (told less than 20 min ago)";
    assert_eq!(stdout.matches("(told less than ").count(), 5);
    assert_eq!(stdout.matches(again).count(), 1, "{stdout}");
}

#[test]
fn a_gap_never_counts_as_being_above() {
    let trace = "time,cpu\n0,95\n3600,95\n3602,95\n3604,95\n3606,20\n";
    let home = Home::new();
    let file = home.file("gap.csv", trace);
    let ran = home.run(&["replay", file.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), ""));
    assert!(ran.stderr.contains("are 1 h apart") && ran.stderr.contains("give --every 1h"), "{}", ran.stderr);
}

#[test]
fn the_interval_of_a_sparse_trace_is_taken_as_if_given() {
    for (apart, advice) in [(30, Some("30s")), (3_600, Some("1h")), (100_000, None)] {
        let home = Home::new();
        let file = home.file("sparse.csv", format!("time,cpu\n0,1\n{apart},1\n{},1\n", 2 * apart));
        let file = file.to_str().unwrap();
        let ran = home.run(&["replay", file]);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert_eq!(ran.stderr.contains("taken as --every"), advice.is_some(), "{}", ran.stderr);
        if let Some(every) = advice {
            assert!(ran.stderr.contains(&format!("taken as --every {every}, in place of 2s")), "{}", ran.stderr);
            assert_eq!(home.run(&["replay", file, "--every", every]).stderr, "");
        }
        assert!(home.run(&["replay", file, "--json"]).stdout.contains("\"notice\""));
    }
}

#[test]
fn missing_named_settings_stop_a_replay() {
    let home = Home::new();
    let file = home.file("trace.csv", every_two_seconds(&[1.0]));
    let ran = home.run(&["replay", file.to_str().unwrap(), "--settings", "nope.json"]);
    assert_eq!(ran.status, Some(2));
    assert!(ran.stderr.starts_with("loadline: '--settings nope.json': there is no such file"), "{}", ran.stderr);
}

#[test]
fn missing_values_other_columns_and_other_orders_are_accepted() {
    let trace = "host,memory,time,cpu\n\"a, b\",85,0,\nx,86,2,\nx,87,4,5\nx,88,6,\n";
    assert_eq!(replay(trace, &[]), "1970-01-01 00:00:06  ALERT  Memory 88% has been above 80% for 6 s\n");
}

#[test]
fn times_may_be_dates_and_are_shown_in_the_local_zone() {
    let trace = "time,cpu\n2026-11-22T14:03:01+01:00,91\n2026-11-22T14:03:04+01:00,91\n2026-11-22T13:03:07Z,91\n";
    assert_eq!(replay(trace, &[]), "2026-11-22 13:03:07  ALERT  CPU 91% has been above 80% for 6 s\n");
}

#[test]
fn json_is_one_record_a_line_and_can_be_replayed() {
    let trace = every_two_seconds(&[91.0, 97.0, 90.0, 85.0, 60.0, 50.0, 41.0, 41.0]);
    let home = Home::new();
    let file = home.file("trace.csv", &trace);
    let file = file.to_str().unwrap();
    let recorded = home.run(&["watch", "--readings", file, "--speed", "max", "--json"]).stdout;
    assert_eq!(recorded.lines().count(), 10, "8 readings, an alert and a recovery:\n{recorded}");
    let again = home.file("trace.json", &recorded);
    let stdout = home.run(&["replay", again.to_str().unwrap(), "--json"]).stdout;
    let records: Vec<serde_json::Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        records,
        [
            serde_json::json!({
                "version": 1, "type": "alert", "metric": "cpu", "value_percent": 85.0,
                "cause": "used", "above_percent": 80, "pressure": null, "swap_grown_bytes": null, "for_seconds": 6.0,
                "times_in_hour": 1, "told": true, "silence": null, "processes": null, "all_processes_seen": null,
                "at": "1970-01-01T00:00:06.000+00:00"
            }),
            serde_json::json!({
                "version": 1, "type": "recovery", "metric": "cpu", "value_percent": 41.0, "reason": "cleared",
                "lasted_seconds": 8.0, "peak_percent": 97.0, "at": "1970-01-01T00:00:14.000+00:00"
            }),
        ]
    );
    assert_eq!(home.run(&["replay", file, "--json"]).stdout, stdout, "the recording replays to the same lines");
}

#[test]
fn the_options_of_the_rule_apply_to_a_replay() {
    let trace = every_two_seconds(&[60.0, 60.0, 60.0, 60.0]);
    assert_eq!(replay(&trace, &["--cpu", "50%"]), "1970-01-01 00:00:06  ALERT  CPU 60% has been above 50% for 6 s\n");
    assert_eq!(replay(&trace, &["--cpu", "50", "--after", "1m"]), "");
    assert_eq!(replay(&trace, &["--cpu", "off", "--memory", "off"]), "");
}

/// The error of a wrong trace, with exit status 2.
#[track_caller]
fn wrong(trace: impl AsRef<[u8]>) -> String {
    let home = Home::new();
    let file = home.file("trace", trace);
    let Ran { status, stdout, stderr } = home.run(&["replay", file.to_str().unwrap()]);
    assert_eq!((status, stdout.as_str()), (Some(2), ""), "{stderr}");
    stderr
}

#[test]
fn the_error_of_a_wrong_trace_names_the_line() {
    assert!(
        wrong("when,what\n1,2\n")
            .contains("must name the columns 'time' and 'cpu' or 'memory' (time,cpu,memory), and is 'when,what'")
    );
    assert!(wrong("").contains("must name the columns"));
    assert!(wrong("time,cpu\n0,10\n2,many\n").contains("line 3: cpu 'many' is not a number"));
    assert!(wrong("time,cpu\n0,180\n").contains("line 2: cpu '180' is out of range: a percentage is from 0 to 100"));
    assert!(wrong("time,cpu\n0,inf\n").contains("line 2: cpu 'inf' is out of range"));
    assert!(wrong("time,cpu\nnoon,10\n").contains("line 2: time 'noon' is neither a number of seconds nor like 2026-"));
    assert!(wrong("time,cpu\n0,1\n9,1\n4,1\n").contains("line 4 of the trace: time goes back"));
    assert!(wrong("{\"type\":\"reading\",\"at\":\"soon\"}\n").contains("line 1: time 'soon'"));
    assert!(wrong("{\"type\":\n").contains("line 1: the JSON object does not end on its line"));
    assert!(wrong(b"time,cpu\n0,\xff\n").contains("UTF-8"));
}

#[test]
fn the_error_of_a_missing_trace_names_the_file() {
    let home = Home::new();
    let missing = home.run(&["replay", "nothing.csv"]);
    assert_eq!(missing.status, Some(2));
    assert_eq!(
        missing.stderr,
        "loadline: could not read the trace 'nothing.csv': No such file or directory (os error 2)\n"
    );
    let folder = home.run(&["replay", "."]);
    assert_eq!(
        (folder.status, folder.stderr.as_str()),
        (Some(2), "loadline: could not read the trace '.': it is a folder\n")
    );
}

#[test]
fn unreadable_settings_stop_a_replay() {
    let home = Home::new().with_settings("{\"refresh\": 7}");
    let file = home.file("trace.csv", every_two_seconds(&[1.0]));
    let ran = home.run(&["replay", file.to_str().unwrap()]);
    assert_eq!(ran.status, Some(2), "the defaults would replay other rules");
    assert!(ran.stderr.contains("'refresh'") && ran.stderr.contains("line 1 column 13"), "{}", ran.stderr);
}
