//! The rule beside the one in Python (`rising_floor.py`), slot by slot.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use loadline::core::forecast::rising_floor::RisingFloor;
use loadline::core::forecast::slots::{SlotBuilder, SlotEnd};
use serde_json::Value;

const MINUTE: Duration = Duration::from_secs(60);
const SLOT_MINUTES: usize = 10;
/// Random series, in two programs side by side.
const SEEDS: [[&str; 2]; 2] = [["0", "5000"], ["5000", "10000"]];

/// The hours left at each slot of a series, as the program has them: fed as readings, a minute apart.
fn hours_left(series: &[Option<f64>], per_slot: usize) -> Vec<Option<f64>> {
    let (mut builder, mut floor, mut left) = (SlotBuilder::default(), RisingFloor::default(), Vec::new());
    let minutes = series.iter().flat_map(|value| std::iter::repeat_n(*value, SLOT_MINUTES / per_slot));
    // One reading more ends the last slot.
    for (minute, percent) in (0..).zip(minutes.chain([None])) {
        let at = Timestamp::from_second(minute * 60).unwrap();
        if let Some(SlotEnd::Complete { number, slot }) = builder.add(at, percent, MINUTE) {
            floor.add(number, slot);
            left.push(floor.rise(0, 80.0, None).map(|rise| rise.hours_left));
        }
    }
    left
}

/// Compares one line of the script; returns how many slots had an answer.
fn compare(line: &str) -> usize {
    let case: Value = serde_json::from_str(line).unwrap();
    let per_slot = case["per_slot"].as_u64().unwrap() as usize;
    let series = case["series"].as_array().unwrap();
    let series: Vec<Option<f64>> = series.iter().map(|value| value.as_f64().map(|value| value / 100.0)).collect();
    let mut expected = vec![None; series.len() / per_slot];
    for answer in case["left"].as_array().unwrap() {
        expected[answer[0].as_u64().unwrap() as usize] = answer[1].as_f64();
    }
    let found = hours_left(&series, per_slot);
    assert_eq!(found.len(), expected.len(), "{}", case["name"]);
    for (slot, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let is_same = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() < 1e-6 * expected.abs().max(1.0),
            (found, expected) => found.is_none() && expected.is_none(),
        };
        assert!(is_same, "{}, slot {slot}: {found:?}, and Python has {expected:?}", case["name"]);
    }
    expected.iter().flatten().count()
}

/// Runs the script and compares each of its lines; returns how many series there were, and how many had an answer.
fn compare_all(args: &[&str]) -> (usize, usize) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/forecast/rising_floor.py");
    let mut command = Command::new("/usr/bin/python3");
    let mut python = command.arg("-I").arg(script).args(args).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(python.stdout.take().unwrap()).lines();
    let answers: Vec<usize> = lines.map(|line| compare(&line.unwrap())).collect();
    assert!(python.wait().unwrap().success());
    (answers.len(), answers.iter().filter(|answers| **answers > 0).count())
}

#[test]
fn the_rule_agrees_with_the_one_in_python_on_named_series() {
    assert_eq!(compare_all(&["cases"]), (17, 10));
}

#[test]
fn the_rule_agrees_with_the_one_in_python_on_random_series() {
    let runs = std::thread::scope(|scope| {
        SEEDS.map(|[from, to]| scope.spawn(move || compare_all(&["random", from, to]))).map(|run| run.join().unwrap())
    });
    let (series, warned) = runs.iter().fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1));
    assert_eq!(series, 10_000);
    assert!((series / 3..series * 9 / 10).contains(&warned), "{warned} of {series} have an answer");
}
