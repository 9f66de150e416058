//! A real Prometheus Alertmanager: it accepts an alert and its end, and notifies its receiver of both.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::server::Server;
use super::*;
use crate::process::Program;
use crate::wait::wait_for;

/// The names of the program, in Debian and upstream.
const NAMES: [&str; 2] = ["prometheus-alertmanager", "alertmanager"];
/// The variable that names another program.
const VARIABLE: &str = "LOADLINE_ALERTMANAGER";

/// The program: named by a variable, unpacked by `bundle/system-packages`, or installed.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let target = Path::new(env!("CARGO_BIN_EXE_loadline")).ancestors().nth(2).unwrap();
    let unpacked = target.join("unpacked/prometheus-alertmanager/usr/bin/prometheus-alertmanager");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    named.into_iter().chain([unpacked]).chain(installed).find(|path| path.is_file())
}

/// A fresh Alertmanager, and its receiver.
struct Alertmanager {
    _folder: tempfile::TempDir,
    _program: Program,
    listener: Server,
    url: String,
}

impl Alertmanager {
    /// `None` where there is no such program. On Linux there is: `bundle/system-packages` brings it.
    fn start() -> Option<Alertmanager> {
        let Some(program) = program() else {
            let problem =
                format!("there is no Alertmanager: run ./bundle/system-packages alertmanager, or set {VARIABLE}");
            if cfg!(target_os = "linux") {
                panic!("{problem}");
            }
            println!("not tested: {problem}");
            return None;
        };
        let (folder, listener) = (tempfile::tempdir().unwrap(), Server::start());
        let url = listener.url("/told");
        let config = format!(
            "route: {{receiver: test, group_by: [alertname], group_wait: 0s, group_interval: 100ms}}\n\
             receivers: [{{name: test, webhook_configs: [{{url: '{url}', send_resolved: true}}]}}]\n"
        );
        fs::write(folder.path().join("config.yml"), config).unwrap();
        let mut command = Command::new(&program);
        // Unpacked, it looks for its files below the folder it is started in: the one above `usr/bin`.
        command.current_dir(program.ancestors().nth(3).unwrap());
        command.arg(format!("--config.file={}/config.yml", folder.path().display()));
        command.arg(format!("--storage.path={}/data", folder.path().display()));
        // Port 0 is any that is free; without an address for a cluster it is alone.
        command.args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]);
        let program = Program::start(command);
        let line = program.wait_err("msg=\"Listening on\"");
        let address = line.split_once("address=").unwrap().1.split(' ').next().unwrap().to_owned();
        let url = format!("http://{address}");
        Some(Alertmanager { _folder: folder, _program: program, listener, url })
    }

    /// Sends `line` as Loadline does.
    #[track_caller]
    fn send(&self, line: &OutputLine, is_test: bool) {
        let message = Message::of(Preset::Alertmanager, line, "studio", is_test);
        let exchange = send_from(&action(&self.url, &[], SOON), &message, &nothing);
        assert_eq!(exchange.outcome, Ok(()), "{exchange:?}");
    }

    /// The active alerts, from its API.
    fn alerts(&self) -> Vec<Value> {
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(SOON)).build();
        let answer = ureq::Agent::new_with_config(config).get(format!("{}/api/v2/alerts", self.url)).call();
        serde_json::from_str(&answer.unwrap().into_body().read_to_string().unwrap()).unwrap()
    }

    /// Waits until these are the active alerts, by name.
    #[track_caller]
    fn wait_for_alerts(&self, names: &[&str]) -> Vec<Value> {
        wait_for(&format!("the alerts {names:?}"), SOON, || {
            let mut alerts = self.alerts();
            alerts.sort_by_key(|alert| alert["labels"]["alertname"].to_string());
            let have: Vec<&str> = alerts.iter().filter_map(|alert| alert["labels"]["alertname"].as_str()).collect();
            (have == names).then_some(alerts.clone())
        })
    }

    /// Waits until it has notified the receiver that the alert of this name is `status`.
    #[track_caller]
    fn wait_until_told(&self, name: &str, status: &str) -> Value {
        wait_for(&format!("a notification that {name} is {status}"), SOON, || {
            let requests = (0..self.listener.requests(0).len()).map(|index| self.listener.request(index));
            let bodies =
                requests.map(|request| serde_json::from_str::<Value>(request["body"].as_str().unwrap()).unwrap());
            let mut alerts = bodies.flat_map(|body| body["alerts"].as_array().unwrap().clone());
            alerts.find(|alert| alert["labels"]["alertname"] == name && alert["status"] == status)
        })
    }
}

fn ago(seconds: i64) -> Zoned {
    Zoned::now().saturating_sub(SignedDuration::from_secs(seconds))
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn an_alert_is_active_until_its_end() {
    let Some(alertmanager) = Alertmanager::start() else { return };
    let fired = ago(240);
    alertmanager.send(&alert(fired.clone(), "\"nasty\"\n<name>{{ .Labels }}"), false);
    let alert = alertmanager.wait_for_alerts(&["LoadlineCPU"]).remove(0);
    let labels = serde_json::json!({
        "alertname": "LoadlineCPU", "instance": "studio", "metric": "cpu", "severity": "warning",
    });
    assert_eq!(alert["labels"], labels);
    assert_eq!(alert["annotations"]["summary"], "CPU 91% on studio");
    assert_eq!(alert["annotations"]["processes"], r#""nasty"\u{a}<name>{{ .Labels }}"#);
    assert_eq!(time(&alert["startsAt"]).as_millisecond(), fired.timestamp().as_millisecond());
    let stands_for = time(&alert["endsAt"]).duration_since(time(&alert["startsAt"]));
    assert_eq!(stands_for.as_mins(), 15, "not the five minutes that Alertmanager gives on its own");
    assert_eq!(alertmanager.wait_until_told("LoadlineCPU", "firing")["labels"], labels);

    // Told again while it goes on: it stands for longer, and is the same alert as before.
    alertmanager.send(&super::alert(Zoned::now(), "firefox"), false);
    let again = wait_for("the alert to stand for longer", SOON, || {
        let again = alertmanager.wait_for_alerts(&["LoadlineCPU"]).remove(0);
        (again["endsAt"] != alert["endsAt"]).then_some(again)
    });
    assert_eq!((&again["startsAt"], &again["fingerprint"]), (&alert["startsAt"], &alert["fingerprint"]));

    alertmanager.send(&recovery(Zoned::now(), Duration::from_secs(240)), false);
    assert_eq!(alertmanager.wait_until_told("LoadlineCPU", "resolved")["labels"], labels);
    alertmanager.wait_for_alerts(&[]);
}

#[test]
fn an_end_is_accepted_by_a_server_whose_clock_is_behind() {
    let Some(alertmanager) = Alertmanager::start() else { return };
    // This machine's clock is 40 seconds ahead of Alertmanager's.
    alertmanager.send(&alert(ago(260), "x"), false);
    alertmanager.wait_until_told("LoadlineCPU", "firing");
    alertmanager.send(&recovery(ago(-40), Duration::from_secs(300)), false);
    alertmanager.wait_until_told("LoadlineCPU", "resolved");
    alertmanager.wait_for_alerts(&[]);
}

#[test]
fn a_test_does_not_end_a_real_alert() {
    let Some(alertmanager) = Alertmanager::start() else { return };
    alertmanager.send(&alert(ago(60), "x"), false);
    alertmanager.send(&alert(ago(60), "x"), true);
    alertmanager.wait_for_alerts(&["LoadlineCPU", "LoadlineTest"]);
    alertmanager.send(&recovery(Zoned::now(), Duration::from_secs(60)), true);
    let left = alertmanager.wait_for_alerts(&["LoadlineCPU"]).remove(0);
    assert_eq!(left["status"]["state"], "active");
}
