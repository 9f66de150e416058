//! The list of machines and its table, from the answers of a server.

use jiff::Zoned;
use loadline::core::fleet::overview::answer::{SeriesLabels, SeriesValue};
use loadline::core::fleet::overview::machines::{FleetList, MachineState};
use loadline::core::json;
use loadline::core::text::fleet::overview::{lines, not_of_now};
use serde_json::{Value, json};

/// A Sunday, at three in the afternoon.
fn now() -> Zoned {
    "2026-11-22T15:00:00[UTC]".parse().unwrap()
}

fn ago(seconds: i64) -> f64 {
    (now().timestamp().as_second() - seconds) as f64
}

fn series(name: &str, instance: &str, value: f64) -> SeriesValue {
    let labels = SeriesLabels {
        name: name.into(),
        job: "loadline".into(),
        instance: instance.into(),
        ..SeriesLabels::default()
    };
    SeriesValue { labels, value: Some(value).filter(|value| value.is_finite()) }
}

fn firing(instance: &str, metric: &str, value: f64) -> SeriesValue {
    let mut firing = series("loadline_alert_firing", instance, value);
    firing.labels.metric = metric.into();
    firing
}

fn info(instance: &str, host: &str, host_id: &str) -> SeriesValue {
    let mut info = series("loadline_host_info", instance, 1.0);
    (info.labels.host, info.labels.host_id) = (host.into(), host_id.into());
    info
}

fn with_id(mut value: SeriesValue, host_id: &str) -> SeriesValue {
    value.labels.host_id = host_id.into();
    value
}

fn last_reading(instance: &str, seconds: f64) -> SeriesValue {
    series("loadline_last_reading_timestamp_seconds", instance, seconds)
}

/// The values of a machine without an alert.
fn quiet(instance: &str) -> Vec<SeriesValue> {
    vec![
        series("loadline_cpu_usage_ratio", instance, 0.125),
        series("loadline_memory_used_bytes", instance, 3.0 * 1e9),
        series("loadline_memory_size_bytes", instance, 8.0 * 1e9),
        firing(instance, "cpu", 0.0),
        firing(instance, "memory", 0.0),
        last_reading(instance, ago(4)),
    ]
}

fn list(values: &[SeriesValue]) -> FleetList {
    let mut list = FleetList::default();
    list.update(values);
    list
}

fn table(list: &FleetList) -> Vec<String> {
    lines("prom:9090", &list.rows(), None, &now())
}

#[test]
fn firing_machines_come_first_and_silent_ones_last() {
    let mut list = FleetList::default();
    list.add_last_readings(&[
        last_reading("web1", ago(9)),
        last_reading("db1", ago(3600)),
        last_reading("db2", ago(86_000)),
    ]);
    let mut values = [quiet("web1"), quiet("app1"), quiet("web2"), quiet("web3")].concat();
    values.extend([firing("web2", "cpu", 1.0), firing("web2", "memory", 1.0), firing("web3", "cpu", 1.0)]);
    values.extend([info("web1", "web1", "f00"), info("app1", "studio", "b00"), series("up", "gone", 0.0)]);
    list.update(&values);
    let expected = [
        "7 machines at prom:9090: 2 firing, 3 silent",
        "         CPU  memory  last reading  machine",
        "FIRING   12%     38%                web2: cpu, memory",
        "FIRING   12%     38%                web3: cpu",
        "ok       12%     38%                app1 (studio)",
        "ok       12%     38%                web1",
        "silent     –       –  14:00         db1",
        "silent     –       –  21 Nov 15:06  db2",
        "silent     –       –  –             gone",
    ];
    assert_eq!(table(&list), expected);
}

#[test]
fn a_machine_that_vanishes_is_silent_and_comes_back() {
    let mut list = list(&[quiet("a"), vec![info("a", "studio", "f00")], quiet("b")].concat());
    let before = list.clone();
    list.update(&quiet("b"));
    let changed = list.rows_changed_since(&before);
    assert_eq!(changed.len(), 1);
    assert_eq!(
        (changed[0].state, changed[0].cpu_percent, changed[0].memory_percent()),
        (MachineState::Silent, None, None)
    );
    assert_eq!((changed[0].host.as_deref(), changed[0].host_id.as_deref()), (Some("studio"), Some("f00")));
    assert_eq!(table(&list)[3], "silent     –       –  14:59         a (studio)");
    list.update(&[quiet("a"), quiet("b")].concat());
    assert_eq!(table(&list)[2], "ok       12%     38%                a (studio)");
}

#[test]
fn an_alert_that_ended_fires_no_longer() {
    let mut list = list(&[quiet("a"), vec![firing("a", "cpu", 1.0)]].concat());
    assert_eq!(list.rows()[0].state, MachineState::Firing);
    list.update(&quiet("a"));
    assert_eq!((list.rows()[0].state, list.rows()[0].firing.len()), (MachineState::Quiet, 0));
}

#[test]
fn an_old_reading_of_a_machine_that_answers_has_its_time() {
    let stuck = |seconds: i64| table(&list(&[last_reading("a", ago(seconds)), firing("a", "cpu", 0.0)]))[2].clone();
    assert_eq!(stuck(300), "ok         –       –                a");
    assert_eq!(stuck(301), "ok         –       –  14:54         a");
    // A clock that is ahead.
    assert_eq!(stuck(-4000), "ok         –       –                a");
}

#[test]
fn two_machines_of_one_name_are_told_apart() {
    let pushed = |id: &str| -> Vec<SeriesValue> {
        quiet("studio").into_iter().chain([info("studio", "studio", id)]).map(|value| with_id(value, id)).collect()
    };
    let both = list(&[pushed("4f1c6f0c0a5e"), pushed("93aa11de7788")].concat());
    let table = table(&both);
    assert!(table[2].ends_with("  studio #4f1c6f0c") && table[3].ends_with("  studio #93aa11de"), "{table:#?}");
    let mut other = quiet("studio");
    other.iter_mut().for_each(|value| value.labels.job = "laptops".into());
    let jobs = list(&[quiet("studio"), other].concat());
    let table = self::table(&jobs);
    assert!(table[2].ends_with("  studio of laptops") && table[3].ends_with("  studio of loadline"), "{table:#?}");
}

#[test]
fn figures_that_cannot_be_are_unknown() {
    let cpu = |value: f64| list(&[series("loadline_cpu_usage_ratio", "a", value)]).rows()[0].cpu_percent;
    assert_eq!([cpu(0.0), cpu(1.0)], [Some(0.0), Some(100.0)]);
    for value in [-0.1, 1.01, f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(cpu(value), None, "{value}");
    }
    let memory = |used: f64, size: f64| {
        let values = [series("loadline_memory_used_bytes", "a", used), series("loadline_memory_size_bytes", "a", size)];
        list(&values).rows()[0].memory_percent()
    };
    assert_eq!(memory(1.0, 4.0), Some(25.0));
    for (used, size) in [(1.0, 0.0), (5.0, 4.0), (-1.0, 4.0), (1.0, f64::NAN)] {
        assert_eq!(memory(used, size), None, "{used} of {size}");
    }
    for seconds in [1e300, -1e300, f64::NAN] {
        assert_eq!(list(&[last_reading("a", seconds)]).rows()[0].last_reading, None, "{seconds}");
    }
    // Neither 0 nor 1 is no value of this metric.
    assert_eq!(list(&[firing("a", "cpu", 0.5)]).rows()[0].state, MachineState::Quiet);
}

#[test]
fn the_widest_rows_fit_into_80_columns() {
    let name = "x".repeat(300);
    let mut values = quiet(&name);
    values.extend([firing(&name, &"y".repeat(300), 1.0), info(&name, &"z".repeat(300), "f00")]);
    let mut list = list(&values);
    for line in &table(&list)[1..] {
        assert!(line.chars().count() <= 80, "{line}");
    }
    list.update(&[]);
    for line in &table(&list)[1..] {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_problem_stands_above_the_rows() {
    let list = list(&quiet("a"));
    let lines = lines("h", &list.rows(), Some(&not_of_now("'h' answered 502")), &now());
    assert_eq!(lines[..2], ["1 machine at h: 0 firing, 0 silent", "not of now: 'h' answered 502"]);
}

#[test]
fn a_machine_has_its_line_of_json() {
    let list = list(&[quiet("a"), vec![firing("a", "cpu", 1.0), info("a", "studio", "f00")]].concat());
    let line: Value = serde_json::from_str(&json::fleet::machine_line(list.rows()[0], &now())).unwrap();
    let expected = json!({
        "version": 1, "type": "machine", "instance": "a", "job": "loadline", "host": "studio", "host_id": "f00",
        "state": "firing", "firing": ["cpu"], "cpu_percent": 12.5, "memory_percent": 37.5,
        "memory_used_bytes": 3_000_000_000_u64, "memory_size_bytes": 8_000_000_000_u64,
        "last_reading": "2026-11-22T14:59:56.000+00:00", "at": "2026-11-22T15:00:00.000+00:00",
    });
    assert_eq!(line, expected);
}
