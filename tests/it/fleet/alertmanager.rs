//! A real Alertmanager with the shipped configuration: who is told of which alert, and which alert silences which.

use jiff::Timestamp;
use serde_json::Value;

use super::prometheus::PATIENCE;
use super::servers::{AlertServer, shipped_with};
use crate::wait::wait_for;
use crate::webhooks::server::Server;

/// A quick Alertmanager and its receivers.
struct Told {
    server: AlertServer,
    receivers: Server,
    _folder: tempfile::TempDir,
}

impl Told {
    /// `None` where there is no Alertmanager.
    fn start() -> Option<Told> {
        let (folder, receivers) = (tempfile::tempdir().unwrap(), Server::start());
        let url = receivers.url("");
        let quicker =
            [("http://127.0.0.1:8080", url.as_str()), (": 30s", ": 100ms"), (": 10s", ": 100ms"), (": 5m", ": 100ms")];
        let server = AlertServer::start(folder.path(), &shipped_with("alertmanager.yml", &quicker))?;
        Some(Told { server, receivers, _folder: folder })
    }

    /// Each alert that a receiver was told of, as `/RECEIVER NAME METRIC of INSTANCE`.
    fn told(&self) -> Vec<String> {
        let requests = (0..self.receivers.requests(0).len()).map(|index| self.receivers.request(index));
        let alerts = requests.flat_map(|request| {
            let body: Value = serde_json::from_str(request["body"].as_str().unwrap()).unwrap();
            let path = request["path"].as_str().unwrap().to_owned();
            let alerts = body["alerts"].as_array().unwrap().clone();
            alerts.into_iter().filter(|alert| alert["status"] == "firing").map(move |alert| (path.clone(), alert))
        });
        let shown = |(path, alert): (String, Value)| {
            let label = |name: &str| alert["labels"][name].as_str().unwrap_or("-").to_owned();
            format!("{path} {} {} of {}", label("alertname"), label("metric"), label("instance"))
        };
        let mut told: Vec<String> = alerts.map(shown).collect();
        told.sort();
        told.dedup();
        told
    }

    #[track_caller]
    fn wait_until_told(&self, expected: &[&str]) {
        wait_for(&format!("{expected:?}"), PATIENCE, || (self.told() == expected).then_some(()));
    }

    #[track_caller]
    fn wait_for_alerts(&self, expected: &[&str]) {
        wait_for(&format!("{expected:?}"), PATIENCE, || (self.server.alerts() == expected).then_some(()));
    }
}

const HOT: [&str; 4] = ["LoadlineFleetHot", "critical", "", "cpu"];

#[test]
fn critical_alerts_go_to_the_people_on_call() {
    let Some(alertmanager) = Told::start() else { return };
    alertmanager
        .server
        .post(&[["LoadlineMachineSilent", "critical", "a", ""], ["LoadlineFiring", "warning", "b", "memory"]], None);
    alertmanager.wait_until_told(&["/on-call LoadlineMachineSilent - of a", "/people LoadlineFiring memory of b"]);
}

#[test]
fn single_machines_are_silent_while_the_fleet_is_hot() {
    let Some(alertmanager) = Told::start() else { return };
    alertmanager.server.post(&[HOT], None);
    alertmanager.wait_until_told(&["/on-call LoadlineFleetHot cpu of -"]);
    let single = [
        ["LoadlineFiring", "warning", "a", "cpu"],
        ["LoadlineCPU", "warning", "b", "cpu"],
        ["LoadlineFiring", "warning", "a", "memory"],
    ];
    alertmanager.server.post(&single, None);
    alertmanager.wait_for_alerts(&[
        "LoadlineCPU cpu of b: suppressed",
        "LoadlineFiring cpu of a: suppressed",
        "LoadlineFiring memory of a: active",
        "LoadlineFleetHot cpu of -: active",
    ]);
    alertmanager.wait_until_told(&["/on-call LoadlineFleetHot cpu of -", "/people LoadlineFiring memory of a"]);
    // Once the fleet has cooled down the others are told of.
    alertmanager.server.post(&[HOT], Some(Timestamp::now()));
    alertmanager.wait_until_told(&[
        "/on-call LoadlineFleetHot cpu of -",
        "/people LoadlineCPU cpu of b",
        "/people LoadlineFiring cpu of a",
        "/people LoadlineFiring memory of a",
    ]);
}

#[test]
fn an_alert_that_a_machine_told_itself_is_told_once() {
    let Some(alertmanager) = Told::start() else { return };
    let own = ["LoadlineCPU", "warning", "a", "cpu"];
    alertmanager.server.post(&[own], None);
    alertmanager.wait_until_told(&["/people LoadlineCPU cpu of a"]);
    let found = [["LoadlineFiring", "warning", "a", "cpu"], ["LoadlineFiring", "warning", "b", "cpu"]];
    alertmanager.server.post(&found, None);
    alertmanager.wait_for_alerts(&[
        "LoadlineCPU cpu of a: active",
        "LoadlineFiring cpu of a: suppressed",
        "LoadlineFiring cpu of b: active",
    ]);
    alertmanager.wait_until_told(&["/people LoadlineCPU cpu of a", "/people LoadlineFiring cpu of b"]);
}

#[test]
fn a_machine_that_does_not_answer_is_not_said_to_be_stuck() {
    let Some(alertmanager) = Told::start() else { return };
    alertmanager.server.post(&[["LoadlineMachineSilent", "critical", "a", ""]], None);
    alertmanager.wait_until_told(&["/on-call LoadlineMachineSilent - of a"]);
    alertmanager.server.post(&[["LoadlineStuck", "warning", "a", ""], ["LoadlineStuck", "warning", "b", ""]], None);
    alertmanager.wait_for_alerts(&[
        "LoadlineMachineSilent - of a: active",
        "LoadlineStuck - of a: suppressed",
        "LoadlineStuck - of b: active",
    ]);
}
