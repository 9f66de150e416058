//! A real Prometheus: it collects the metrics, and its rules find the alert.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::scrape::Served;
use super::tool;
use crate::process::Program;
use crate::wait::wait_for;

/// Prometheus needs some seconds to start on a busy machine, and collects once a second.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The result of an instant query.
pub fn query(server: &str, expression: &str) -> Vec<Value> {
    let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(PATIENCE)).build();
    let request = ureq::Agent::new_with_config(config).get(format!("http://{server}/api/v1/query"));
    let Ok(answer) = request.query("query", expression).call() else { return Vec::new() };
    let answer: Value = serde_json::from_str(&answer.into_body().read_to_string().unwrap()).unwrap();
    answer["data"]["result"].as_array().cloned().unwrap_or_default()
}

#[test]
fn prometheus_collects_the_metrics_and_alerts_by_the_shipped_rules() {
    let Some(prometheus) = tool("prometheus", "prometheus") else { return };
    let settings = r#"{"history": false, "metrics": {"token": "s3cret"}}"#;
    let served = Served::start("127.0.0.1", &["--memory", "1", "--after", "0s"], settings);
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("resources/fleet");
    // The shipped configuration, with this machine at its port, and quicker.
    let config = fs::read_to_string(shipped.join("prometheus.yml")).unwrap();
    let config = config.replace("127.0.0.1:9912", &served.address.to_string()).replace(": 15s", ": 1s");
    // Nobody is told: an Alertmanager may run on this machine.
    let config = config.replace("127.0.0.1:9093", "127.0.0.1:1");
    fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    fs::write(folder.path().join("loadline.token"), "s3cret\n").unwrap();
    fs::copy(shipped.join("loadline.rules.yml"), folder.path().join("loadline.rules.yml")).unwrap();
    let mut command = Command::new(prometheus);
    command.current_dir(folder.path()).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    command.arg("--web.listen-address=127.0.0.1:0");
    let program = Program::start(command);
    let line = program.wait_err("msg=\"Listening on\"");
    let server = line.split_once("address=").unwrap().1.split(' ').next().unwrap();

    let firing = "ALERTS{alertname=\"LoadlineFiring\",metric=\"memory\",alertstate=\"firing\"}";
    let alert = wait_for("the alert in Prometheus", PATIENCE, || query(server, firing).into_iter().next());
    assert_eq!(alert["metric"]["instance"], "studio");
    let up = query(server, "up{job=\"loadline\"}");
    assert_eq!((up.len(), &up[0]["value"][1]), (1, &Value::from("1")), "{up:?}");
    let series = query(server, "count({__name__=~\"loadline_.+\"})");
    // A machine may know neither its memory pressure nor its swap.
    let count: usize = series[0]["value"][1].as_str().unwrap().parse().unwrap();
    assert!((15..=17).contains(&count), "{count} series");
    assert_eq!(query(server, "instance:loadline_memory_usage:ratio").len(), 1);
}
