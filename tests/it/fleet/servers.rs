//! The real servers, with the files that are shipped for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::prometheus::PATIENCE;
use super::tool;
use crate::process::Program;

/// The folder of the shipped files.
pub fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("resources/fleet")
}

/// The text of a shipped file, with each first text replaced by the second, which must be in it.
#[track_caller]
pub fn shipped_with(name: &str, replaced: &[(&str, &str)]) -> String {
    let text = fs::read_to_string(shipped().join(name)).unwrap();
    replaced.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from:?} is not in {name}");
        text.replace(from, to)
    })
}

/// A Prometheus with the shipped rules.
pub struct Prometheus {
    _program: Program,
    pub address: String,
}

impl Prometheus {
    /// Starts it in `folder` with this configuration; the token of the machines is `s3cret`. `None` where there is no such
    /// program.
    pub fn start(folder: &Path, config: &str) -> Option<Prometheus> {
        let mut command = Command::new(tool("prometheus", "prometheus")?);
        fs::write(folder.join("prometheus.yml"), config).unwrap();
        fs::write(folder.join("loadline.token"), "s3cret\n").unwrap();
        fs::copy(shipped().join("loadline.rules.yml"), folder.join("loadline.rules.yml")).unwrap();
        command.current_dir(folder).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        command.arg("--web.listen-address=127.0.0.1:0");
        let program = Program::start(command);
        let address = listening(&program);
        Some(Prometheus { _program: program, address })
    }
}

/// An Alertmanager with a configuration of ours.
pub struct AlertServer {
    _program: Program,
    pub address: String,
}

impl AlertServer {
    /// Starts it with its files in `folder`. `None` where there is no such program.
    pub fn start(folder: &Path, config: &str) -> Option<AlertServer> {
        let program = tool("prometheus-alertmanager", "prometheus-alertmanager")?;
        fs::write(folder.join("alertmanager.yml"), config).unwrap();
        let mut command = Command::new(&program);
        // Unpacked, it looks for its files below the folder it is started in: the one above `usr/bin`.
        command.current_dir(program.ancestors().nth(3).unwrap());
        command.arg(format!("--config.file={}/alertmanager.yml", folder.display()));
        command.arg(format!("--storage.path={}/alerts", folder.display()));
        command.args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]);
        let program = Program::start(command);
        let address = listening(&program);
        Some(AlertServer { _program: program, address })
    }

    /// The alerts that have not ended, as `NAME METRIC of INSTANCE: STATE`, in order.
    pub fn alerts(&self) -> Vec<String> {
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(PATIENCE)).build();
        let answer = ureq::Agent::new_with_config(config).get(format!("http://{}/api/v2/alerts", self.address)).call();
        let answer: Value = serde_json::from_str(&answer.unwrap().into_body().read_to_string().unwrap()).unwrap();
        let shown = |alert: &Value| {
            let label = |name: &str| alert["labels"][name].as_str().unwrap_or("-").to_owned();
            let state = alert["status"]["state"].as_str().unwrap();
            format!("{} {} of {}: {state}", label("alertname"), label("metric"), label("instance"))
        };
        let mut alerts: Vec<String> = answer.as_array().unwrap().iter().map(shown).collect();
        alerts.sort();
        alerts
    }

    /// Sends alerts as a Prometheus does: name, severity, instance and metric of each, as far as it has them.
    pub fn post(&self, alerts: &[[&str; 4]], ends_at: Option<jiff::Timestamp>) {
        let alert = |[name, severity, instance, metric]: &[&str; 4]| {
            let labels = [("alertname", name), ("severity", severity), ("instance", instance), ("metric", metric)];
            let labels = labels.into_iter().filter(|(_, value)| !value.is_empty());
            let labels: serde_json::Map<String, Value> =
                labels.map(|(name, value)| (name.to_owned(), (**value).into())).collect();
            let starts_at = (jiff::Timestamp::now() - Duration::from_secs(60)).to_string();
            match ends_at {
                Some(end) => serde_json::json!({"labels": labels, "startsAt": starts_at, "endsAt": end.to_string()}),
                None => serde_json::json!({"labels": labels, "startsAt": starts_at}),
            }
        };
        let body = Value::from(alerts.iter().map(alert).collect::<Vec<_>>()).to_string();
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(PATIENCE)).build();
        let post = ureq::Agent::new_with_config(config).post(format!("http://{}/api/v2/alerts", self.address));
        post.header("Content-Type", "application/json").send(body).unwrap();
    }
}

/// The address that a server has found free.
fn listening(program: &Program) -> String {
    let line = program.wait_err("msg=\"Listening on\"");
    line.split_once("address=").unwrap().1.split(' ').next().unwrap().to_owned()
}
