//! The manual's page followed to the letter: two machines, a Prometheus and an Alertmanager with the shipped files, and
//! `loadline fleet`.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::prometheus::PATIENCE;
use super::servers::{AlertServer, Prometheus, shipped, shipped_with};
use crate::process::Program;
use crate::program::Home;
use crate::wait::wait_for;

/// A machine with a host name of its own, in a namespace of its own.
struct Host {
    home: Home,
    program: Program,
    address: String,
}

/// Whether a namespace can be had with another host name.
fn unshare() -> Command {
    let mut command = Command::new("/usr/bin/unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.arg("--uts");
    command
}

/// The settings of a machine with this threshold of its memory.
fn settings(alertmanager: &str, above_percent: Option<u8>) -> String {
    let above_percent = above_percent.map_or(Value::from("off"), Value::from);
    let settings = serde_json::json!({
        "history": false,
        "alerts": {"cpu": {"above_percent": "off"}, "memory": {"above_percent": above_percent}, "after": "0s"},
        "metrics": {"token": "${LOADLINE_TOKEN}"},
        "actions": [{"name": "manager", "webhook": format!("http://{alertmanager}"), "preset": "alertmanager"}],
    });
    settings.to_string()
}

impl Host {
    fn start(name: &str, alertmanager: &str) -> Host {
        let home = Home::new().with_settings(settings(alertmanager, None));
        let loadline = home.loadline(&["watch", "--quiet", "--listen", "127.0.0.1:0"]);
        let mut command = unshare();
        command.args(["/bin/sh", "-c", "hostname \"$0\" && exec \"$@\"", name]);
        command.arg(loadline.get_program()).args(loadline.get_args());
        command.env_clear().envs(loadline.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("LOADLINE_TOKEN", "s3cret").current_dir(home.path());
        let program = Program::start(command);
        let line = program.wait_err("metrics are served on http://");
        let address = line.split_once("http://").unwrap().1.strip_suffix("/metrics").unwrap().to_owned();
        Host { home, program, address }
    }
}

#[test]
fn an_alert_of_the_second_machine_is_one_alert_within_a_minute() {
    let probe = unshare().args(["/bin/sh", "-c", "hostname x"]).status();
    if !probe.is_ok_and(|status| status.success()) {
        println!("not tested: no host name can be set in a namespace here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // The messages go to nobody.
    let people = shipped_with("alertmanager.yml", &[("http://127.0.0.1:8080", "http://127.0.0.1:1")]);
    let Some(alertmanager) = AlertServer::start(folder.path(), &people) else { return };
    let [first, second] = ["studio", "web2"].map(|name| Host::start(name, &alertmanager.address));
    let targets = folder.path().join("targets");
    fs::create_dir(&targets).unwrap();
    let config = shipped_with(
        "prometheus.yml",
        &[("127.0.0.1:9912", first.address.as_str()), ("127.0.0.1:9093", alertmanager.address.as_str())],
    );
    let Some(prometheus) = Prometheus::start(folder.path(), &config) else { return };
    // A machine that is listed later, in a file.
    assert!(shipped().join("targets/servers.yml").is_file());
    let listed = format!("- targets: ['{}']\n  labels: {{ class: server, instance: web2 }}\n", second.address);
    fs::write(targets.join("servers.yml"), listed).unwrap();

    let from = format!("http://{}", prometheus.address);
    let fleet = || first.home.run(&["fleet", "--from", &from]).stdout;
    let names = |table: &str| -> Vec<String> {
        let word =
            |line: &str| [line.split(' ').next(), line.split(' ').next_back()].map(|word| word.unwrap().to_owned());
        table.lines().skip(2).map(|line| word(line).join(" ")).collect()
    };
    wait_for("both machines", PATIENCE, || (names(&fleet()) == ["ok studio", "ok web2"]).then_some(()));

    fs::write(second.home.settings(), settings(&alertmanager.address, Some(1))).unwrap();
    second.program.wait_out("ALERT");
    // Its own message is there at once, and holds back the one of Prometheus.
    let once = ["LoadlineFiring memory of web2: suppressed", "LoadlineMemory memory of web2: active"];
    wait_for("the alert of the second machine", PATIENCE, || (alertmanager.alerts() == once).then_some(()));
    let table = fleet();
    assert!(table.contains(": 1 firing, 0 silent\n"), "{table}");
    assert_eq!(names(&table), ["FIRING memory", "ok studio"], "{table}");
    assert!(table.contains("  web2: memory\n"), "{table}");

    let Host { program, .. } = second;
    program.signal("TERM");
    wait_for("a silent machine", PATIENCE, || (names(&fleet()) == ["ok studio", "silent web2"]).then_some(()));
}
