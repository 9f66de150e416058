//! The files that are shipped for Prometheus and Alertmanager, by their own checks.

use std::fs;

use super::check;
use super::servers::shipped;

#[test]
fn the_rules_do_as_their_tests_say() {
    check("prometheus", "promtool", &["check", "rules", "loadline.rules.yml"], &shipped(), "");
    check("prometheus", "promtool", &["test", "rules", "loadline.test.yml"], &shipped(), "");
}

#[test]
fn every_alert_has_a_test() {
    let [rules, tests] =
        ["loadline.rules.yml", "loadline.test.yml"].map(|name| fs::read_to_string(shipped().join(name)).unwrap());
    let names: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        assert!(tests.contains(&format!("alertname: {name}\n")), "{name} has no test in which it fires");
    }
}

#[test]
fn every_metric_in_the_rules_is_in_the_table() {
    let [rules, example] =
        ["loadline.rules.yml", "metrics.txt"].map(|name| fs::read_to_string(shipped().join(name)).unwrap());
    let is_name = |c: char| c == '_' || c == ':' || c.is_ascii_alphanumeric();
    let names: Vec<&str> = rules.split(|c| !is_name(c)).filter(|word| word.starts_with("loadline_")).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(example.contains(&format!("# TYPE {name} ")), "{name}");
    }
}

#[test]
fn the_manual_copies_what_is_shipped_as_root_and_keeps_the_token_from_others() {
    let page = shipped().join("../manual/fleet.md");
    let page = fs::read_to_string(page).unwrap();
    let mut parts = page.split("```").map(str::trim);
    let commands = parts.find(|part| part.contains("/etc/prometheus/")).unwrap();
    let needs_root = |line: &&str| ["apt", "systemctl", "cp ", "install "].iter().any(|word| line.contains(word));
    let lines: Vec<&str> = commands.lines().filter(needs_root).collect();
    assert!(lines.len() >= 4 && lines.iter().all(|line| line.starts_with("sudo ")), "{lines:#?}");
    let copied =
        lines.iter().find_map(|line| line.strip_prefix("sudo cp -r ")?.strip_suffix(" /etc/prometheus/")).unwrap();
    for name in copied.split(' ') {
        assert!(shipped().join(name).exists(), "{name}");
    }
    let config = fs::read_to_string(shipped().join("prometheus.yml")).unwrap();
    let token = config.lines().find_map(|line| line.trim().strip_prefix("credentials_file: ")).unwrap();
    let made = lines.iter().find(|line| line.contains(token)).unwrap();
    assert!(made.starts_with("sudo install -m 640 -g prometheus /dev/stdin "), "{made}");
}

#[test]
fn prometheus_takes_the_configuration_with_its_targets() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("targets")).unwrap();
    for name in ["prometheus.yml", "loadline.rules.yml", "targets/servers.yml"] {
        fs::copy(shipped().join(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("loadline.token"), "secret").unwrap();
    check("prometheus", "promtool", &["check", "config", "prometheus.yml"], folder.path(), "");
}

#[test]
fn alertmanager_takes_its_configuration_and_routes_by_severity() {
    let tool = |arguments: &[&str]| check("prometheus-alertmanager", "amtool", arguments, &shipped(), "");
    tool(&["check-config", "alertmanager.yml"]);
    for (severity, receiver) in [("warning", "people"), ("critical", "on-call"), ("info", "nobody")] {
        let severity = format!("severity={severity}");
        let verified = format!("--verify.receivers={receiver}");
        tool(&["config", "routes", "test", "--config.file=alertmanager.yml", &verified, &severity]);
    }
}
