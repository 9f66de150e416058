//! When the endpoint is on: by the settings, by the command line, and by edits of a running monitor's file.

use std::fs;
use std::net::{TcpListener, TcpStream};

use super::scrape::Served;
use crate::process::Program;
use crate::program::Home;
use crate::wait::{SOON, wait_for};

/// An address that is free now.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn is_served(address: &str) -> bool {
    TcpStream::connect(address).is_ok()
}

fn settings(listen: &str) -> String {
    format!(r#"{{"history": false, "metrics": {{"listen": "{listen}"}}}}"#)
}

fn watch(home: &Home) -> Program {
    Program::start(home.loadline(&["watch", "--every", "250ms"]))
}

#[test]
fn the_endpoint_follows_the_settings() {
    let [first, second] = [(); 2].map(|()| free_address());
    let home = Home::new().with_settings(settings(&first));
    let program = watch(&home);
    wait_for("the endpoint", SOON, || is_served(&first).then_some(()));
    fs::write(home.settings(), settings(&second)).unwrap();
    wait_for("the other endpoint", SOON, || (is_served(&second) && !is_served(&first)).then_some(()));
    fs::write(home.settings(), r#"{"history": false}"#).unwrap();
    wait_for("no endpoint", SOON, || (!is_served(&second)).then_some(()));
    assert_eq!(program.err(), Vec::<String>::new());
}

#[test]
fn an_address_in_use_is_said_once_and_had_later() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let home = Home::new().with_settings(settings(&address));
    let program = watch(&home);
    let problem = program.wait_err("metrics are not served: could not listen on");
    assert!(problem.contains(&address) && problem.contains("in use"), "{problem}");
    program.wait_line(3);
    assert_eq!(program.err().len(), 1, "{:?}", program.err());
    drop(holder);
    // An edit of the settings is an attempt, too: nobody waits for the next one here.
    fs::write(home.settings(), r#"{"history": false}"#).unwrap();
    let line = program.out().len();
    program.wait_line(line + 2);
    fs::write(home.settings(), settings(&address)).unwrap();
    wait_for("the endpoint", SOON, || is_served(&address).then_some(()));
    assert_eq!(program.err().len(), 1, "{:?}", program.err());
}

#[test]
fn an_address_that_others_reach_is_refused() {
    for (listen, token, reason) in [
        ("0.0.0.0:9912", "null", "is neither this machine's loopback nor in a private network"),
        ("0.0.0.0:9912", "\"s3cret\"", "is neither this machine's loopback nor in a private network"),
        ("10.0.0.1:9912", "null", "set 'metrics.token', or listen on 127.0.0.1"),
        ("127.0.0.1:0", "\"\"", "'metrics.token' is empty: give it a value, or null"),
        ("127.0.0.1:0", "\"s3cret word\"", "a character that a header cannot carry"),
        ("127.0.0.1:0", "\"${GONE}\"", "the environment variable 'GONE' is not set"),
    ] {
        let text = format!(r#"{{"history": false, "metrics": {{"listen": "{listen}", "token": {token}}}}}"#);
        let home = Home::new().with_settings(text);
        let ran = home.run(&["watch", "--samples", "2", "--every", "250ms"]);
        assert_eq!((ran.status, ran.stdout.lines().count()), (Some(0), 2), "the readings go on");
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(ran.stderr.starts_with("loadline: metrics are not served: "), "{}", ran.stderr);
        assert!(ran.stderr.contains(reason) && !ran.stderr.contains("s3cret"), "{}", ran.stderr);
    }
}

#[test]
fn a_wrong_address_on_the_command_line_is_a_wrong_command_line() {
    let home = Home::new();
    for (listen, reason) in [
        ("localhost:9912", "'--listen localhost:9912' is not an address with a port: write it as 127.0.0.1:9912"),
        ("9912", "'--listen 9912' is not an address with a port"),
        ("0.0.0.0:9912", "'0.0.0.0:9912' is neither this machine's loopback nor in a private network"),
        ("192.168.0.1:9912", "other machines can reach '192.168.0.1:9912'; set 'metrics.token'"),
    ] {
        let ran = home.run(&["watch", "--samples", "1", "--listen", listen]);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{listen}");
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
    }
    let trace = home.file("trace.csv", "time,cpu\n0,10\n");
    let ran = home.run(&["watch", "--readings", trace.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
}

#[test]
fn a_trace_is_not_served() {
    let address = free_address();
    let home = Home::new().with_settings(settings(&address));
    let trace = home.file("trace.csv", "time,cpu\n0,10\n3600,20\n");
    let program = Program::start(home.loadline(&["watch", "--readings", trace.to_str().unwrap()]));
    program.wait_line(0);
    assert!(!is_served(&address));
}

#[test]
fn a_monitor_that_serves_ends_when_asked() {
    let mut served = Served::start("127.0.0.1", &[], r#"{"history": false}"#);
    let _held = TcpStream::connect(served.address).unwrap();
    served.program.signal("TERM");
    assert!(served.program.wait_exit().success());
}

#[cfg(target_os = "linux")]
#[test]
fn the_endpoint_is_one_thread_and_sleeps_when_nobody_asks() {
    let threads = |pid: u32| -> Vec<String> {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
        tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok()).collect()
    };
    let endpoints = |pid: u32| threads(pid).iter().filter(|name| name.trim() == "metrics").count();
    let home = Home::new().with_settings(r#"{"history": false}"#);
    let off = watch(&home);
    off.wait_line(2);
    assert_eq!(endpoints(off.id()), 0, "{:?}", threads(off.id()));

    let home = Home::new().with_settings(settings(&free_address()));
    let on = watch(&home);
    on.wait_line(2);
    assert_eq!(endpoints(on.id()), 1, "{:?}", threads(on.id()));
    let wakeups = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", on.id())).unwrap().map(|task| task.unwrap().path());
        let is_endpoint = |task: &std::path::PathBuf| {
            fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "metrics")
        };
        let status = fs::read_to_string(tasks.into_iter().find(is_endpoint).unwrap().join("status")).unwrap();
        status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).unwrap().to_owned()
    };
    let before = wakeups();
    on.wait_line(on.out().len() + 8);
    assert_eq!(wakeups(), before);
}
