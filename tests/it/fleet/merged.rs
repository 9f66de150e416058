//! The rows of `loadline fleet` where a server knows a machine twice, or two machines by one name.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use loadline::core::fleet::overview::answer::{SeriesLabels, SeriesValue};
use loadline::core::fleet::overview::machines::{FleetList, FleetMachine, MachineState};
use loadline::core::json;
use loadline::core::text::fleet::overview::lines;
use serde_json::{Value, json};

use super::prometheus::{PATIENCE, query};
use super::scrape::Served;
use super::tool;
use crate::process::Program;
use crate::program::Home;
use crate::wait::wait_for;

/// A target: its labels `instance`, `host_id` (on every series where it is pushed) and `cluster`.
#[derive(Clone, Copy)]
struct Target {
    instance: &'static str,
    host_id: &'static str,
    cluster: &'static str,
}

const SCRAPED: Target = Target { instance: "studio", host_id: "", cluster: "eu" };

impl Target {
    fn series(self, name: &str, metric: &str, value: f64) -> SeriesValue {
        let of = |text: &str| text.to_owned();
        let others = Some(self.cluster).filter(|cluster| !cluster.is_empty());
        let labels = SeriesLabels {
            name: of(name),
            job: of("loadline"),
            instance: of(self.instance),
            host_id: of(self.host_id),
            metric: of(metric),
            host: String::new(),
            others: others.map(|cluster| (of("cluster"), of(cluster))).into_iter().collect(),
        };
        SeriesValue { labels, value: Some(value) }
    }

    fn info(self, host: &str, host_id: &str) -> SeriesValue {
        let mut info = self.series("loadline_host_info", "", 1.0);
        (info.labels.host, info.labels.host_id) = (host.into(), host_id.into());
        info
    }

    /// A machine whose alert of the CPU fires or not.
    fn values(self, host: &str, host_id: &str, is_firing: bool) -> Vec<SeriesValue> {
        vec![
            self.series("loadline_cpu_usage_ratio", "", 0.5),
            self.series("loadline_alert_firing", "cpu", f64::from(u8::from(is_firing))),
            self.info(host, host_id),
        ]
    }
}

fn list(values: &[SeriesValue]) -> FleetList {
    let mut list = FleetList::default();
    list.update(values);
    list
}

fn states(list: &FleetList) -> Vec<MachineState> {
    list.rows().into_iter().map(|machine: &FleetMachine| machine.state).collect()
}

#[test]
fn two_targets_that_differ_by_another_label_are_two_machines() {
    let other = Target { cluster: "us", ..SCRAPED };
    let both = list(&[SCRAPED.values("a", "f00", true), other.values("b", "b00", false)].concat());
    assert_eq!(states(&both), [MachineState::Firing, MachineState::Quiet]);
    let now = "2026-11-22T15:00:00[UTC]".parse().unwrap();
    let line: Value = serde_json::from_str(&json::fleet::machine_line(both.rows()[1], &now)).unwrap();
    assert_eq!((&line["labels"], &line["host_id"]), (&json!({"cluster": "us"}), &json!("b00")));
    // Silent ones have no random name: their labels tell them apart.
    let silent = list(&[SCRAPED.series("up", "up", 0.0), other.series("up", "up", 0.0)]);
    let table = lines("h", &silent.rows(), None, &now);
    assert!(table[2].ends_with("studio of loadline cluster=eu") && table[3].ends_with("cluster=us"), "{table:#?}");
}

#[test]
fn a_machine_that_is_scraped_and_pushes_is_one() {
    let pushed = Target { instance: "studio.local", host_id: "f00", cluster: "" };
    let both = |scraped: bool, pushing: bool| {
        list(&[SCRAPED.values("studio", "f00", scraped), pushed.values("studio", "f00", pushing)].concat())
    };
    assert_eq!(states(&both(false, false)), [MachineState::Quiet]);
    for (scraped, pushing) in [(true, false), (false, true), (true, true)] {
        let list = both(scraped, pushing);
        let rows = list.rows();
        assert_eq!((rows.len(), rows[0].state, &rows[0].firing), (1, MachineState::Firing, &vec!["cpu".to_owned()]));
    }
    // The server cannot reach it any more, and it pushes on.
    let mut list = both(false, false);
    let before = list.clone();
    let values = [vec![SCRAPED.series("up", "up", 0.0)], pushed.values("studio", "f00", true)].concat();
    list.update(&values);
    assert_eq!(states(&list), [MachineState::Firing]);
    assert_eq!(list.rows_changed_since(&before).len(), 1);
    list.update(&[]);
    assert_eq!(states(&list), [MachineState::Silent]);
}

#[test]
fn a_machine_of_the_last_day_is_one_too_and_clones_are_two() {
    let pushed = Target { instance: "studio.local", host_id: "f00", cluster: "" };
    let reading = |target: Target, at: f64| target.series("loadline_last_reading_timestamp_seconds", "", at);
    let mut known = FleetList::default();
    // With and without the names of the metrics.
    let mut values = vec![reading(SCRAPED, 100.0), reading(pushed, 200.0)];
    values.extend([SCRAPED.info("studio", "f00"), pushed.info("studio", "f00")]);
    for has_names in [true, false] {
        let mut given = values.clone();
        given.iter_mut().filter(|_| !has_names).for_each(|value| value.labels.name.clear());
        known = FleetList::default();
        known.add_last_readings(&given);
        let rows = known.rows();
        assert_eq!((rows.len(), rows[0].last_reading.map(|at| at.as_second())), (1, Some(200)), "{has_names}");
    }
    assert_eq!(states(&known), [MachineState::Silent]);
    // An image that was cloned with the random name in it.
    let clones = [SCRAPED.values("a", "f00", false), Target { instance: "b", ..SCRAPED }.values("b", "f00", false)];
    assert_eq!(list(&clones.concat()).rows().len(), 2);
}

#[test]
fn a_target_that_does_not_answer_is_silent_also_where_the_server_still_shows_its_values() {
    let mut values = SCRAPED.values("studio", "f00", true);
    values.push(SCRAPED.series("up", "up", 1.0));
    assert_eq!(states(&list(&values)), [MachineState::Firing]);
    values.push(SCRAPED.series("up", "up", 0.0));
    let silent = list(&values);
    assert_eq!((states(&silent), silent.rows()[0].cpu_percent), (vec![MachineState::Silent], None));
    assert_eq!(silent.rows()[0].host.as_deref(), Some("studio"));
}

#[test]
fn a_real_prometheus_has_two_machines_of_one_instance_one_of_which_pushes_too() {
    let Some(prometheus) = tool("prometheus", "prometheus") else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = "global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: loadline\n    \
                  file_sd_configs: [ { files: ['targets.json'] } ]\n";
    fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let mut command = Command::new(prometheus);
    command.current_dir(folder.path()).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    command.args(["--web.listen-address=127.0.0.1:0", "--web.enable-remote-write-receiver"]);
    let program = Program::start(command);
    let line = program.wait_err("msg=\"Listening on\"");
    let server = line.split_once("address=").unwrap().1.split(' ').next().unwrap().to_owned();
    wait_for("Prometheus", PATIENCE, || query(&server, "vector(1)").into_iter().next());
    let off = ["--cpu", "off", "--memory", "off"];
    let scraped = Served::start("127.0.0.1", &off, r#"{"history": false}"#);
    let pushes = format!(
        r#"{{"history": false, "metrics": {{"push": {{"url": "http://{server}/api/v1/write", "every": "5s"}}}}}}"#
    );
    let pushing = Served::start("127.0.0.1", &off, &pushes);
    let target = |address: String, instance: &str, cluster: &str| {
        let labels = json!({"instance": instance, "cluster": cluster});
        json!({"targets": [address], "labels": labels})
    };
    let targets = json!([
        target(scraped.address.to_string(), "studio", "eu"),
        target(pushing.address.to_string(), "studio", "us"),
        target("127.0.0.1:1".into(), "gone", "eu"),
        target("127.0.0.1:1".into(), "gone", "us"),
    ]);
    fs::write(folder.path().join("targets.json"), targets.to_string()).unwrap();
    wait_for("all three series", PATIENCE, || (query(&server, "loadline_build_info").len() == 3).then_some(()));
    wait_for("all four targets", PATIENCE, || (query(&server, "up{job=\"loadline\"}").len() == 4).then_some(()));
    let ran = Home::new().run(&["fleet", "--from", &format!("http://{server}"), "--json"]);
    let machines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: BTreeSet<String> = machines
        .iter()
        .map(|machine| match machine["state"].as_str().unwrap() {
            "silent" => format!("silent {} {}", machine["instance"], machine["labels"]["cluster"]),
            state => format!("{state} {}", machine["host_id"]),
        })
        .collect();
    assert_eq!((machines.len(), seen.len()), (4, 4), "{machines:#?}");
    assert_eq!(seen.iter().filter(|machine| machine.starts_with("silent \"gone\" ")).count(), 2, "{seen:?}");
    assert_eq!(seen.iter().filter(|machine| machine.starts_with("ok \"")).count(), 2, "{seen:?}");
}
