//! A writer that is killed at any moment: the file is intact, and all that was written before is in it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use jiff::Timestamp;
use loadline::core::alerts::event::SuppressedBy;
use loadline::core::history::record::Record;
use loadline::core::metrics::metric::Metric;
use loadline::runtime::history::recorder::Recorder;
use loadline::runtime::inbox::Inbox;
use rusqlite::{Connection, OpenFlags};

use super::alerts::fired;
use super::{CHILD, Place, child, reading};
use crate::process::Owned;

const FILES: usize = 4;
/// The writer of each file is killed so often.
const ROUNDS: usize = 50;
const STEP: Duration = Duration::from_secs(2);

/// When the first round begins, ms.
const BEGIN: i64 = 1_795_000_000_000;

/// The last reading in the file, as another connection sees it; `None` while there is none.
fn last(database: &Connection) -> Option<i64> {
    database.query_row("SELECT max(at) FROM reading", [], |row| row.get(0)).ok().flatten()
}

/// Records minutes as fast as they can be written, and prints after each the last time written. Does not end.
fn write_for_ever(path: &Path) {
    let mut recorder = Recorder::start(Arc::new(Inbox::default()), path.to_owned());
    let (mut reader, mut elapsed) = (None::<Connection>, Duration::ZERO);
    let open = || Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok();
    let before = open().as_ref().and_then(last).unwrap_or(BEGIN);
    println!("from {before}");
    let mut now = Timestamp::from_millisecond(before).unwrap();
    for minute in 0.. {
        for _ in 0..31 {
            (now, elapsed) = (now + STEP, elapsed + STEP);
            recorder.record(Record::Reading(reading(now, (elapsed.as_secs() % 100) as f64)), elapsed);
        }
        let silence = (minute % 3 == 0).then_some(SuppressedBy::Snoozed);
        recorder.record(fired(now, Metric::Cpu, silence), elapsed);
        while reader.as_ref().and_then(last) != Some(now.as_millisecond()) {
            reader = reader.or_else(open);
            std::thread::yield_now();
        }
        println!("kept {}", now.as_millisecond());
    }
}

/// Starts a writer, kills it at a random moment, and returns the times from which and to which it printed that all is written.
fn killed(path: &Path, random: &mut fastrand::Rng) -> Option<(i64, i64)> {
    let mut command = child("history::killed::a_killed_writer_loses_nothing_that_it_has_written");
    command.env(CHILD, path).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut writer = Owned(command.spawn().unwrap());
    let mut lines = BufReader::new(writer.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let (mut from, mut kept) = (None, None);
    let mut note = |line: String| {
        let number = |name: &str| line.strip_prefix(name).and_then(|number| number.parse().ok());
        from = from.or(number("from "));
        kept = number("kept ").or(kept);
    };
    // The harness prints three lines of its own.
    lines.by_ref().take(3 + random.usize(..25)).for_each(&mut note);
    let (_nobody_sends, pause) = mpsc::channel::<()>();
    let _ = pause.recv_timeout(Duration::from_micros(random.u64(..4000)));
    writer.0.kill().unwrap();
    lines.for_each(&mut note);
    from.zip(kept)
}

#[test]
fn a_killed_writer_loses_nothing_that_it_has_written() {
    if let Some(path) = std::env::var_os(CHILD) {
        return write_for_ever(Path::new(&path));
    }
    let mut random = fastrand::Rng::new();
    let mut kept_in_all = 0;
    for _ in 0..FILES {
        let place = Place::new();
        for round in 0..ROUNDS {
            let said = killed(&place.path(), &mut random);
            kept_in_all += said.map_or(0, |(from, kept)| check_kept(&place, round, from, kept));
            // Also where it was killed before it had begun.
            if place.path().exists() {
                let intact: String = place.sql().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
                assert_eq!(intact, "ok", "round {round}");
            }
        }
        let aside = std::fs::read_dir(place.path().parent().unwrap()).unwrap().count();
        assert!(aside <= 4, "nothing was put aside");
    }
    assert!(kept_in_all > 10_000, "{kept_in_all} readings: the writers hardly wrote");
}

/// Checks that a reader finds all that was printed as written, also in the log. Returns the number of readings.
fn check_kept(place: &Place, round: usize, from: i64, kept: i64) -> i64 {
    let (mut seen, moment) = (0, |ms| Timestamp::from_millisecond(ms).unwrap());
    let take = |_| seen += 1;
    place.history().readings(moment(from + 1), moment(kept), take).unwrap();
    assert_eq!(seen, (kept - from) / 2000, "round {round}");
    seen
}
