//! The push to real servers: Prometheus, with and without a window for values out of order, and VictoriaMetrics.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::gate::{Gate, Passage};
use super::prometheus::{PATIENCE, query};
use super::tool;
use crate::process::Program;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

/// A Prometheus that takes pushes.
struct Receiver {
    folder: tempfile::TempDir,
    program: Option<Program>,
    address: String,
}

impl Receiver {
    /// With a window of 30 minutes for values out of order, or without. `None` where there is no such program.
    fn start(has_window: bool) -> Option<Receiver> {
        let folder = tempfile::tempdir().unwrap();
        let window = if has_window { "storage: { tsdb: { out_of_order_time_window: 30m } }\n" } else { "" };
        fs::write(folder.path().join("prometheus.yml"), window).unwrap();
        let mut receiver = Receiver { folder, program: None, address: "127.0.0.1:0".into() };
        receiver.launch().then_some(receiver)
    }

    /// Starts it, at the address that it had before. Returns whether there is such a program.
    fn launch(&mut self) -> bool {
        let Some(prometheus) = tool("prometheus", "prometheus") else { return false };
        let mut command = Command::new(prometheus);
        command.current_dir(self.folder.path()).args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
        command.arg(format!("--web.listen-address={}", self.address)).arg("--web.enable-remote-write-receiver");
        let program = Program::start(command);
        let line = program.wait_err("msg=\"Listening on\"");
        self.address = line.split_once("address=").unwrap().1.split(' ').next().unwrap().to_owned();
        wait_for("Prometheus", PATIENCE, || query(&self.address, "vector(1)").into_iter().next());
        self.program = Some(program);
        true
    }

    fn stop(&mut self) {
        let mut program = self.program.take().unwrap();
        program.signal("TERM");
        program.wait_exit();
    }

    /// The series that the query finds, of which there are some.
    #[track_caller]
    fn wait(&self, expression: &str) -> Vec<Value> {
        wait_for(expression, PATIENCE, || Some(query(&self.address, expression)).filter(|found| !found.is_empty()))
    }

    /// The first value of a query.
    fn value(&self, expression: &str) -> Option<f64> {
        query(&self.address, expression).first()?["value"][1].as_str()?.parse().ok()
    }
}

fn settings(gate: &Gate, headers: &str) -> String {
    format!(
        r#"{{"history": false, "metrics": {{"push": {{"url": "{}", "headers": {headers}, "every": "5s"}}}}}}"#,
        gate.url()
    )
}

/// A monitor that pushes, in a home of its own.
fn watch(home: &Home, arguments: &[&str]) -> Program {
    Program::start(home.loadline(&[&["watch", "--quiet", "--every", "250ms"], arguments].concat()))
}

#[test]
fn prometheus_gets_the_values_an_alert_at_once_and_the_clean_end() {
    for has_window in [false, true] {
        let Some(server) = Receiver::start(has_window) else { return };
        let gate = Gate::before(&server.address);
        let home = Home::new().with_settings(settings(&gate, "{}"));
        let mut program = watch(&home, &["--memory", "1", "--after", "0s"]);
        let fired = server.wait("loadline_alert_firing{job=\"loadline\",metric=\"memory\"} == 1");
        assert_eq!(fired[0]["metric"]["host_id"].as_str().unwrap().len(), 32, "{fired:?}");
        let series = server.value("count({__name__=~\"loadline_.+\",host_id!=\"\",instance!=\"\"})").unwrap();
        // A machine may know neither its memory pressure nor its swap.
        assert!((15.0..=17.0).contains(&series), "{series} series");
        assert_eq!(server.value("loadline_alerts_total{metric=\"memory\"}"), Some(1.0));
        // Another value comes by itself.
        wait_for("a second value", PATIENCE, || {
            server.value("count_over_time(loadline_build_info[1m])").filter(|count| *count >= 2.0)
        });
        program.signal("TERM");
        assert!(program.wait_exit().success());
        assert_eq!(program.err(), Vec::<String>::new());
        assert_eq!(query(&server.address, "{__name__=~\"loadline_.+\"}"), Vec::<Value>::new(), "the series have ended");
        assert!(gate.passed().iter().all(|request| request.head.contains("snappy")));
        assert!(!gate.passed()[0].has_values(), "the clocks are compared first");
    }
}

#[test]
fn a_request_whose_answer_was_lost_comes_again_to_the_byte_and_counts_once() {
    for has_window in [false, true] {
        let Some(server) = Receiver::start(has_window) else { return };
        let gate = Gate::before(&server.address);
        let home = Home::new().with_settings(settings(&gate, "{}"));
        // An alert would be a push of its own.
        let program = watch(&home, &["--cpu", "off", "--memory", "off"]);
        gate.with_values(1);
        gate.set(Passage::AnswerLost);
        let problem = program.wait_err("metrics are not pushed: '127.0.0.1' has closed the connection");
        let sent = gate.with_values(4);
        gate.set(Passage::Open);
        let lost: Vec<_> = sent.iter().filter(|request| request.passage == Passage::AnswerLost).collect();
        assert!(lost.len() >= 2 && lost.iter().all(|request| request.body == lost[0].body), "{problem}");
        let after = gate.with_values(sent.len() + 2);
        let retry = after.iter().find(|request| request.passage == Passage::Open && request.body == lost[0].body);
        assert!(retry.is_some());
        // No value is there twice, and none is missing.
        let values = format!("loadline_build_info[{}s]", 60);
        let times = wait_for("the values", PATIENCE, || {
            let found = query(&server.address, &values);
            let values = found.first()?["values"].as_array()?.clone();
            (values.len() >= 3).then_some(values)
        });
        let times: Vec<f64> = times.iter().map(|value| value[0].as_f64().unwrap()).collect();
        assert!(times.windows(2).all(|pair| (4.9..9.0).contains(&(pair[1] - pair[0]))), "{times:?}");
        assert_eq!(program.err().len(), 1, "{:?}", program.err());
    }
}

#[test]
fn a_clock_61_minutes_ahead_pushes_nothing_and_says_so_once() {
    let Some(server) = Receiver::start(false) else { return };
    let gate = Gate::before(&server.address);
    gate.set(Passage::Behind(61 * 60));
    let home = Home::new().with_settings(settings(&gate, "{}"));
    let program = watch(&home, &["--memory", "1", "--after", "0s"]);
    let problem = program.wait_err("metrics are not pushed: this machine's clock is 1 h");
    assert!(problem.contains("ahead of the server's; set the one that is wrong"), "{problem}");
    let doctor = home.run(&["doctor"]).stdout;
    assert!(doctor.contains("ahead of the server's"), "{doctor}");
    let test = home.run(&["metrics", "test"]);
    assert_eq!((test.status, test.stdout.as_str()), (Some(1), ""));
    assert!(test.stderr.contains("ahead of the server's"), "{}", test.stderr);
    // Longer than an interval.
    program.wait_out("ALERT");
    wait_for("the time of two pushes", SOON, || (program.started().elapsed() > Duration::from_secs(11)).then_some(()));
    assert!(gate.passed().iter().all(|request| !request.has_values()));
    assert_eq!(program.err().len(), 1, "{:?}", program.err());
    assert_eq!(query(&server.address, "{__name__=~\"loadline_.+\"}"), Vec::<Value>::new());
}

#[test]
fn two_machines_of_one_name_are_two() {
    let Some(server) = Receiver::start(false) else { return };
    let gate = Gate::before(&server.address);
    let homes = [(); 2].map(|()| Home::new().with_settings(settings(&gate, "{}")));
    let _programs = homes.each_ref().map(|home| watch(home, &[]));
    let both = server.wait("count by (instance) (loadline_build_info) == 2");
    assert_eq!(both.len(), 1, "{both:?}");
    assert_eq!(server.value("count(count by (host_id) (loadline_build_info))"), Some(2.0));
}

#[test]
fn a_server_that_was_away_gets_what_it_missed() {
    let Some(mut server) = Receiver::start(false) else { return };
    let gate = Gate::before(&server.address);
    let home = Home::new().with_settings(settings(&gate, "{}"));
    let program = watch(&home, &[]);
    let before = gate.with_values(1).len();
    server.stop();
    program.wait_err("metrics are not pushed: ");
    gate.with_values(before + 3);
    server.launch();
    // A gap of an interval would be seen here.
    let has_all = "count_over_time(loadline_build_info[2m]) >= 4";
    server.wait(has_all);
    let found = query(&server.address, "loadline_build_info[2m]");
    let times = found[0]["values"].as_array().unwrap().iter().map(|value| value[0].as_f64().unwrap());
    let times: Vec<f64> = times.collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] < 7.0), "{times:?}");
    assert_eq!(program.err().len(), 1, "{:?}", program.err());
}

#[test]
fn a_wrong_password_is_said_once_without_it_and_the_next_one_counts() {
    let Some(server) = Receiver::start(false) else { return };
    let gate = Gate::before(&server.address);
    gate.set(Passage::Answered(401));
    let headers = r#"{"Authorization": "Bearer ${PUSH_TOKEN}", "X-Scope-OrgID": "plain-s3cret"}"#;
    let home = Home::new().with_settings(settings(&gate, headers));
    let mut command = home.loadline(&["watch", "--quiet", "--every", "250ms"]);
    command.env("PUSH_TOKEN", "t0ken-s3cret");
    let program = Program::start(command);
    let problem = program.wait_err("metrics are not pushed: ");
    assert!(problem.ends_with("'127.0.0.1' answered 401"), "{problem}");
    wait_for("three attempts", SOON, || (gate.passed().len() >= 3).then_some(()));
    assert!(gate.passed()[0].head.contains("Bearer t0ken-s3cret"), "{}", gate.passed()[0].head);
    gate.set(Passage::Open);
    server.wait("loadline_build_info");
    assert_eq!(program.err().len(), 1, "{:?}", program.err());
    assert!(!program.err().concat().contains("s3cret"));
}

#[test]
fn a_server_that_does_not_answer_stops_neither_readings_nor_the_end() {
    let gate = Gate::before("127.0.0.1:1");
    gate.set(Passage::Silent);
    let home = Home::new().with_settings(settings(&gate, "{}"));
    let mut program = Program::start(home.loadline(&["watch", "--every", "250ms"]));
    wait_for("a request", SOON, || gate.passed().first().cloned());
    program.wait_line(program.out().len() + 8);
    program.signal("TERM");
    assert!(program.wait_exit().success());
}

#[test]
fn victoria_metrics_gets_the_values_and_the_clean_end() {
    let Some(victoria) = tool("victoria-metrics", "victoria-metrics") else { return };
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = Command::new(victoria);
    command.arg(format!("-storageDataPath={}", folder.path().display())).arg(format!("-httpListenAddr={free}"));
    command.args(["-search.latencyOffset=0s", "-search.disableCache"]);
    let _server = Program::start(command);
    let server = free.to_string();
    wait_for("VictoriaMetrics", PATIENCE, || query(&server, "vector(1)").into_iter().next());
    let gate = Gate::before(&server);
    let home = Home::new().with_settings(settings(&gate, "{}"));
    let mut program = watch(&home, &["--memory", "1", "--after", "0s"]);
    let firing = "loadline_alert_firing{job=\"loadline\",metric=\"memory\"} == 1";
    let fired = wait_for("the alert", PATIENCE, || query(&server, firing).into_iter().next());
    assert_eq!(fired["metric"]["host_id"].as_str().unwrap().len(), 32, "{fired}");
    program.signal("TERM");
    assert!(program.wait_exit().success());
    wait_for("the end of the series", PATIENCE, || query(&server, firing).is_empty().then_some(()));
    assert_eq!(program.err(), Vec::<String>::new());
}
