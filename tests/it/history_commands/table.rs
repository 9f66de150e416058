//! Usage over time as a table.

use jiff::{Timestamp, Zoned};
use loadline::core::history::buckets::Buckets;
use loadline::core::history::record::{MeanMax, Rollup};
use loadline::core::text::history_tables::UsageTable;
use loadline::runtime::history::schema::VERSION;

use super::{Past, row, seconds};
use crate::program::{Home, Ran};

#[test]
fn a_day_of_25_hours_has_25_rows() {
    let zoned = |text: &str| text.parse::<Zoned>().unwrap();
    let (from, to) = (zoned("2026-10-25T00:00[Europe/Berlin]"), zoned("2026-10-26T00:00[Europe/Berlin]"));
    let mut buckets = Buckets::new(&from, &to);
    let share = |mean_percent, max_percent| Some(MeanMax { mean_percent, max_percent });
    for hour in (0..25).filter(|hour| *hour != 5) {
        let at = from.timestamp() + seconds(hour * 3600);
        let mean = hour as f64 * 4.0;
        buckets.add_rollup(&Rollup { at, readings: 1800, cpu: share(mean, mean + 1.0), memory: share(50.0, 50.4) }, 60);
    }
    buckets.add_alert("2026-10-25T00:59:59Z".parse().unwrap());
    let lines = UsageTable { from: &from, is_young: false, to: &to, buckets: &buckets, above: None }.lines();
    let expected = "\
CPU and memory from 2026-10-25 00:00 to 2026-10-26 00:00, by the hour

CPU     ▁▁▁▁▂·▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███  mean 49%, max 97%
Memory  ▅▅▅▅▅·▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅  mean 50%, max 50%

                      CPU         memory
                   mean   max   mean   max  alerts
Sun 25 Oct  00:00    0%    1%    50%   50%       0
            01:00    4%    5%    50%   50%       0
            02:00    8%    9%    50%   50%       1
            02:00   12%   13%    50%   50%       0
            03:00   16%   17%    50%   50%       0
            04:00     –     –      –     –       –
            05:00   24%   25%    50%   50%       0";
    assert_eq!(lines[..14].join("\n"), expected, "{}", lines.join("\n"));
    assert_eq!(lines.len(), 7 + 25);
}

/// Holds for every table.
#[track_caller]
fn check_form(table: &str) {
    for line in table.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert_eq!(line.trim_end(), line, "no trailing spaces");
    }
}

#[test]
fn readings_without_a_rollup_count_and_gaps_stay_gaps() {
    let mut past = Past::new();
    past.refresh_interval(past.ago(400), 2);
    // Three hours, of which the middle one is not known. The last minutes are single readings alone.
    for minute in (11..=190).filter(|minute| !(100..160).contains(minute)) {
        past.rollup("minute", past.ago(minute), 20.0, 60.0);
    }
    let begin = past.ago(10);
    past.readings((0..270).map(|n| row(begin + seconds(2 * n), 95.0, 50.0)));
    past.alert(past.ago(9), None, None, "[]");
    let table = past.output(&["history", "--since", "3h"]);
    check_form(&table);
    assert!(table.contains(", by 15 minutes\n\nCPU     ▂"), "{table}");
    assert!(table.contains("max 95%, 8 min 58 s above 80%\n"), "{table}");
    assert!(table.contains("mean 50%, max 50%, never above 80%\n"), "{table}");
    // Of an hour three quarters at the least are whole; the last one may not have begun to be known.
    let gaps = table.lines().filter(|line| line.ends_with("     –     –      –     –       –")).count();
    assert!((3..=5).contains(&gaps), "{table}");
    assert!(table.lines().filter(|line| line.contains("  95%    50%   50%       1")).count() == 1, "{table}");
    let strict = past.output(&["history", "--since", "3h", "--cpu", "off", "--memory", "40"]);
    assert!(strict.contains("max 95%\n") && strict.contains("8 min 58 s above 40%\n"), "{strict}");
}

#[test]
fn means_in_the_table_weigh_by_time() {
    let mut past = Past::new();
    // Ten minutes of an alert, and ten locked ones.
    let (busy, locked) = (past.ago(40), past.ago(30));
    past.refresh_interval(busy, 2);
    past.refresh_interval(locked, 10);
    past.readings((0..300).map(|n| row(busy + seconds(2 * n), 95.0, 80.0)));
    past.readings((0..60).map(|n| row(locked + seconds(10 * n), 5.0, 40.0)));
    let table = past.output(&["history", "--since", "1h"]);
    assert!(table.contains("  mean 50%, max 95%, 9 min 58 s above 80%\n"), "{table}");
    assert!(table.contains("  mean 60%, max 80%, never above 80%\n"), "{table}");
}

#[test]
fn an_hour_weighs_as_much_as_its_stored_minutes() {
    let past = Past::new();
    past.rollup("hour", past.ago(60 * 24 * 40), 30.0, 30.0);
    let begin = past.ago(60 * 24 * 10).as_second() / 3600 * 3600;
    let at = |minute: i64| Timestamp::from_second(begin + 60 * minute).unwrap();
    past.rollup("hour", at(0), 90.0, 90.0);
    past.rollup("minute", at(59), 90.0, 90.0);
    past.rollup("hour", at(60), 30.0, 30.0);
    (60..120).for_each(|minute| past.rollup("minute", at(minute), 30.0, 30.0));
    let table = past.output(&["history", "--since", "50d"]);
    assert!(table.contains("  mean 31%, max 90%\n"), "one minute of ninety-one was busy: {table}");
}

#[test]
fn a_young_history_shows_its_beginning() {
    let past = Past::new();
    past.rollup("hour", past.ago(100), 20.0, 60.0);
    past.rollup("minute", past.ago(90), 20.0, 60.0);
    let table = past.output(&["history"]);
    check_form(&table);
    let since = past.ago(90).strftime("%Y-%m-%d %H:%M").to_string();
    let (first, second) = (table.lines().next().unwrap(), table.lines().nth(1).unwrap());
    assert!(first.starts_with(&format!("CPU and memory from {since} to 2")), "{table}");
    assert!(first.ends_with(", by 5 minutes"), "{table}");
    assert_eq!(second, format!("Recorded since {since}."));
}

#[test]
fn a_history_of_a_minute_has_a_table() {
    let mut past = Past::new();
    past.refresh_interval(past.ago(1), 2);
    let begin = past.ago(1);
    past.readings((0..5).map(|n| row(begin + seconds(2 * n), 50.0, 50.0)));
    let table = past.output(&["history", "--since", "7d"]);
    check_form(&table);
    assert!(table.contains(", by the minute\n") && table.contains("mean 50%, max 50%, never above 80%"), "{table}");
}

#[test]
fn a_long_span_is_a_table_of_months() {
    let past = Past::new();
    let march: Timestamp = "2026-03-28T23:00:00Z".parse().unwrap();
    for hour in 0..23 {
        past.rollup("hour", march + seconds(3600 * hour), 30.0, 90.0);
    }
    let table = past.run_in("Europe/Berlin", &["history", "--since", "2026-03-01"]).stdout;
    check_form(&table);
    assert!(table.contains("CPU and memory from 2026-03-29 00:00 to 20"), "{table}");
    assert!(table.contains(", by the month\nRecorded since 2026-03-29 00:00.\n"), "{table}");
    assert!(table.contains("\nMar 2026   30%   90%    50%   50%       0\n"), "{table}");
    assert!(table.contains("\nApr 2026     –     –      –     –       –\n"), "{table}");
}

#[track_caller]
fn fails(ran: &Ran, status: i32, message: &str) {
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(status), ""), "{}", ran.stderr);
    assert_eq!(ran.stderr, format!("loadline: {message}\n"));
}

const NOTHING: &str = "nothing has been recorded yet: Loadline records while it runs, \
                       unless 'history' is false in the settings";

#[test]
fn errors_about_an_empty_history_name_the_way_out() {
    let commands =
        [&["history"][..], &["history", "--alerts"], &["history", "--csv"], &["replay", "--history"], &["advise"]];
    for arguments in commands {
        fails(&Home::new().run(arguments), 1, NOTHING);
    }
    let past = Past::new();
    for arguments in [&["history"][..], &["history", "--json"], &["replay", "--history"], &["advise"]] {
        let ran = past.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(ran.stderr.starts_with("loadline: nothing is recorded since 2"), "{}", ran.stderr);
        assert!(ran.stderr.ends_with(": Loadline records while it runs; give an earlier --since\n"), "{}", ran.stderr);
    }
    past.rollup("hour", past.ago(60 * 24 * 40), 20.0, 60.0);
    assert!(past.run(&["history"]).stderr.contains("nothing is recorded since"), "only long ago");
    assert_eq!(past.run(&["history", "--since", "50d"]).status, Some(0));
}

#[test]
fn files_of_other_kinds_are_refused_by_name() {
    let past = Past::new();
    let path = past.home.path().join("history.sqlite3");
    past.file.sql.pragma_update(None, "user_version", 99).unwrap();
    let newer = past.run(&["history"]);
    let version = format!("its version is 99, and this Loadline reads version {VERSION}: update Loadline");
    fails(&newer, 1, &format!("could not read the history '{}': {version}", path.display()));
    let garbage = past.home.file("garbage", "this is no database at all, but it is long enough to look at".repeat(40));
    for arguments in [&["history"][..], &["replay", "--history"], &["advise"]] {
        let mut command = past.home.loadline(arguments);
        let output = command.env("LOADLINE_HISTORY", &garbage).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("could not read the history '") && stderr.contains("not a database"), "{stderr}");
    }
}

#[test]
fn an_unreadable_since_is_a_wrong_command_line() {
    let hint = "give a length of time such as 24h or 7d, or a date such as 2026-11-22 or 2026-11-22T14:00";
    for arguments in [&["history", "--since"][..], &["replay", "--history", "--since"], &["advise", "--since"]] {
        for (value, wrong) in [
            ("soon", "is neither a length of time nor a date"),
            ("-7d", "is neither a length of time nor a date"),
            ("0h", "is no time at all"),
        ] {
            let ran = Home::new().run(&[arguments, &[value]].concat());
            fails(&ran, 2, &format!("'--since {value}' {wrong}: {hint}"));
        }
    }
    for arguments in [&["history", "--csv", "--json"][..], &["--json", "history", "--csv"]] {
        fails(&Home::new().run(arguments), 2, "'--csv' and '--json' are two forms of the same: give one of them");
    }
    for since in ["24h", "7d", "2w", "2026-03-29", "2026-03-29T02:30", "2026-03-29T02:30:00Z", "15000y"] {
        assert!(Home::new().run(&["history", "--since", since]).stderr.contains(NOTHING), "{since}");
    }
}
