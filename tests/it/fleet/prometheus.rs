//! A real Prometheus: it collects the metrics, its rules find the alert, and the dashboard finds its data.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::scrape::Served;
use super::servers::{Prometheus, shipped, shipped_with};
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

/// A machine whose alert fires, and a Prometheus that collects from it once a second; `None` where there is none.
fn start() -> Option<(Served, Prometheus, tempfile::TempDir)> {
    let settings = r#"{"history": false, "metrics": {"token": "s3cret"}}"#;
    let served = Served::start("127.0.0.1", &["--memory", "1", "--after", "0s"], settings);
    let folder = tempfile::tempdir().unwrap();
    let address = served.address.to_string();
    // Nobody is told: an Alertmanager may run on this machine.
    let replaced = [("127.0.0.1:9912", address.as_str()), (": 15s", ": 1s"), ("127.0.0.1:9093", "127.0.0.1:1")];
    let prometheus = Prometheus::start(folder.path(), &shipped_with("prometheus.yml", &replaced))?;
    Some((served, prometheus, folder))
}

#[test]
fn prometheus_collects_the_metrics_and_alerts_by_the_shipped_rules() {
    let Some((_served, server, _folder)) = start() else { return };
    let query = |expression: &str| query(&server.address, expression);
    let firing = "ALERTS{alertname=\"LoadlineFiring\",metric=\"memory\",alertstate=\"firing\"}";
    let alert = wait_for("the alert in Prometheus", PATIENCE, || query(firing).into_iter().next());
    assert_eq!(alert["metric"]["instance"], "studio");
    let up = query("up{job=\"loadline\"}");
    assert_eq!((up.len(), &up[0]["value"][1]), (1, &Value::from("1")), "{up:?}");
    let series = query("count({__name__=~\"loadline_.+\"})");
    // A machine may know neither its memory pressure nor its swap.
    let count: usize = series[0]["value"][1].as_str().unwrap().parse().unwrap();
    assert!((15..=17).contains(&count), "{count} series");
    assert_eq!(query("instance:loadline_memory_usage:ratio").len(), 1);
}

#[test]
fn every_expression_of_the_dashboard_has_data() {
    let Some((_served, server, _folder)) = start() else { return };
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(shipped().join("grafana.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() >= 10);
    for target in panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap()) {
        let expression = target["expr"].as_str().unwrap();
        let expression =
            expression.replace("$__rate_interval", "1m").replace("$job", "loadline").replace("$instance", ".*");
        assert!(!expression.contains('$'), "{expression}");
        // Not every machine knows its memory pressure: it is enough that the expression can be asked.
        let may_be_absent = expression.contains("memory_pressure");
        let asked = if may_be_absent { format!("{expression} or absent({expression})") } else { expression };
        wait_for(&asked, PATIENCE, || (!query(&server.address, &asked).is_empty()).then_some(()));
    }
}

#[test]
fn the_panels_of_the_dashboard_have_their_places() {
    let dashboard: Value = serde_json::from_str(&fs::read_to_string(shipped().join("grafana.json")).unwrap()).unwrap();
    let mut taken = Vec::new();
    for (index, panel) in dashboard["panels"].as_array().unwrap().iter().enumerate() {
        assert_eq!(panel["id"], index + 1, "each has a number of its own");
        let [x, y, width, height] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(width > 0 && height > 0 && x + width <= 24, "{panel}");
        for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(!taken.contains(&cell), "{} covers another", panel["title"]);
            taken.push(cell);
        }
        for part in [panel].into_iter().chain(panel["targets"].as_array().unwrap()) {
            assert_eq!(part["datasource"]["uid"], "${datasource}", "{part}");
        }
    }
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let names: Vec<&str> = variables.iter().map(|variable| variable["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["datasource", "job", "instance"]);
}
