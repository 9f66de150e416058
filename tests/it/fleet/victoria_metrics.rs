//! A real VictoriaMetrics, which has the same HTTP API.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use super::prometheus::PATIENCE;
use super::scrape::Served;
use super::tool;
use crate::process::Program;
use crate::program::Home;
use crate::wait::wait_for;

#[test]
fn the_machines_of_a_victoriametrics_are_listed() {
    let Some(victoria_metrics) = tool("victoria-metrics", "victoria-metrics") else { return };
    let served = Served::start("127.0.0.1", &["--memory", "1", "--after", "0s"], r#"{"history": false}"#);
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs:\n  - job_name: loadline\n    static_configs:\n\
         \x20     - {{ targets: ['{}'], labels: {{ instance: studio }} }}\n\
         \x20     - {{ targets: ['127.0.0.1:1'], labels: {{ instance: gone }} }}\n",
        served.address
    );
    fs::write(folder.path().join("scrape.yml"), config).unwrap();
    let mut command = Command::new(victoria_metrics);
    command.current_dir(folder.path()).args(["-storageDataPath=data", "-promscrape.config=scrape.yml"]);
    // It does not tell which port it has found free.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // It answers with values that are older by this, half a minute as a rule.
    command.args([&format!("-httpListenAddr={address}"), "-search.latencyOffset=1s"]);
    let _program = Program::start(command);
    let home = Home::new();
    let fleet = || home.run(&["fleet", "--from", &format!("http://{address}")]).stdout;
    wait_for("the alert", PATIENCE, || {
        let table = fleet();
        let is_there = table.starts_with(&format!("2 machines at {address}: 1 firing, 1 silent\n"));
        (is_there && table.contains("\nFIRING ") && table.ends_with("  gone\n")).then_some(())
    });
}
