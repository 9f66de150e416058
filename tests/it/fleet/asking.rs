//! `loadline fleet`, and servers that answer in every way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::process::Program;
use crate::program::{Home, Ran};
use crate::wait::{SOON, wait_for};

/// A query is asked every 15 seconds.
const NEXT_QUERY: Duration = Duration::from_secs(60);

/// A server that answers each request with the same response, which can be changed, and knows nothing of the last day. It keeps
/// the heads of the requests.
struct FakeServer {
    address: String,
    response: Arc<Mutex<String>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FakeServer {
    fn start(response: String) -> FakeServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (response, requests) = (Arc::new(Mutex::new(response)), Arc::new(Mutex::new(Vec::new())));
        let (given, taken) = (Arc::clone(&response), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = head(&stream);
                let mut response = given.lock().unwrap().clone();
                if request.contains("last_over_time") && response.contains("resultType") {
                    response = vector(&[]);
                }
                taken.lock().unwrap().push(request);
                // A client that has seen enough goes away.
                let _ = stream.write_all(response.as_bytes());
            }
        });
        FakeServer { address, response, requests }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn answer(&self, response: String) {
        *self.response.lock().unwrap() = response;
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map(Result::unwrap).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

fn response(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// The answer with these series: name, instance, metric and value of each.
fn vector(series: &[(&str, &str, &str, &str)]) -> String {
    let element = |&(name, instance, metric, value): &(&str, &str, &str, &str)| {
        let labels = serde_json::json!({"__name__": name, "job": "loadline", "instance": instance, "metric": metric});
        serde_json::json!({"metric": labels, "value": [1795891784.807, value]})
    };
    let result: Vec<Value> = series.iter().map(element).collect();
    let body = serde_json::json!({"status": "success", "data": {"resultType": "vector", "result": result}});
    response("200 OK", &body.to_string())
}

fn fleet(home: &Home, url: &str, more: &[&str]) -> Ran {
    home.run(&[&["fleet", "--from", url], more].concat())
}

/// The problem of a run that fails.
#[track_caller]
fn problem(answer: String) -> String {
    let server = FakeServer::start(answer);
    let ran = fleet(&Home::new(), &server.url(), &[]);
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.lines().count()), (Some(1), "", 1), "{ran:?}");
    ran.stderr.trim_end().strip_prefix("loadline: ").unwrap().to_owned()
}

#[test]
fn the_machines_are_listed_once_with_two_queries() {
    let server = FakeServer::start(vector(&[
        ("loadline_cpu_usage_ratio", "web1", "", "0.91"),
        ("loadline_alert_firing", "web1", "cpu", "1"),
        ("loadline_alert_firing", "db1", "cpu", "0"),
    ]));
    let ran = fleet(&Home::new(), &server.url(), &[]);
    let table = format!(
        "2 machines at {}: 1 firing, 0 silent\n         CPU  memory  last reading  machine\n\
         FIRING   91%       –  –             web1: cpu\nok         –       –  –             db1\n",
        server.address
    );
    assert_eq!(ran, Ran { status: Some(0), stdout: table, stderr: String::new() });
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "{requests:#?}");
    for request in requests {
        let query = request.split(' ').nth(1).unwrap();
        assert!(query.starts_with("/api/v1/query?query=") && query.contains("loadline_host_info"), "{request}");
        assert!(!request.to_lowercase().contains("\ncookie:"), "{request}");
    }
}

#[test]
fn names_of_a_hostile_server_do_not_reach_the_terminal() {
    let series = [("loadline_alert_firing", "a\u{1b}]0;owned\u{7}\n\u{202e}b", "c\u{9b}2J", "1")];
    let server = FakeServer::start(vector(&series));
    let ran = fleet(&Home::new(), &server.url(), &[]);
    assert!(ran.stdout.contains(r"a\u{1b}]0;owned\u{7}\u{a}\u{202e}b: c\u{9b}2J"), "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 3);
    let ran = fleet(&Home::new(), &server.url(), &["--json"]);
    let line: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((line["instance"].as_str(), ran.stdout.lines().count()), (Some(series[0].1), 1));
    let refusal = response("422 x", r#"{"status":"error","errorType":"e","error":"no\u001b[2J\u202eway"}"#);
    assert_eq!(problem(refusal), r"'127.0.0.1' refuses the query: no\u{1b}[2J\u{202e}way");
}

#[test]
fn each_wrong_answer_has_its_sentence() {
    let redirect = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n".to_owned();
    for (answer, expected) in [
        (
            response("404 Not Found", "404 page not found"),
            "does not answer as a Prometheus does: give the address of one",
        ),
        (response("200 OK", "<html></html>"), "does not answer as a Prometheus does: give the address of one"),
        (response("200 OK", "{}"), "does not answer as a Prometheus does: give the address of one"),
        ("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), "does not answer as a web server does"),
        (String::new(), "has closed the connection"),
        (
            response("401 Unauthorized", ""),
            "wants to know whose query it is (401): give --header 'Authorization: Bearer",
        ),
        (response("403 Forbidden", ""), "wants to know whose query it is (403): give --header 'Authorization: Bearer"),
        (response("503 x", "Service Unavailable"), "'127.0.0.1' answered 503"),
        (redirect, "sends on to 'http://127.0.0.1"),
        (vector(&[]), "knows no machine that runs Loadline: see 'loadline help fleet'"),
    ] {
        let problem = problem(answer);
        assert!(problem.contains(expected), "{problem}");
    }
    let ran = fleet(&Home::new(), "http://127.0.0.1:1", &[]);
    assert!(ran.stderr.contains("no connection to '127.0.0.1': Connection refused"), "{ran:?}");
    let ran = fleet(&Home::new(), "http://8.8.8.8:9090", &[]);
    assert!(ran.stderr.contains("'8.8.8.8' is not this machine or one of a private network"), "{ran:?}");
}

#[test]
fn an_answer_of_a_part_of_the_storage_is_said_to_be_one() {
    let answer = vector(&[("loadline_alert_firing", "web1", "cpu", "0")]);
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let server = FakeServer::start(response("200 OK", &body.replacen('{', "{\"isPartial\":true,", 1)));
    for arguments in [&[][..], &["--json"]] {
        let ran = fleet(&Home::new(), &server.url(), arguments);
        assert!(ran.status == Some(0) && ran.stdout.contains("web1"), "{ran:?}");
        let said = format!("'{}' has answered without some of its storage: machines may be missing", server.address);
        assert!(ran.stderr.contains(&said) && ran.stderr.lines().count() == 1, "{ran:?}");
    }
}

#[test]
fn an_answer_without_an_end_is_not_read_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        head(&stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let mut sent_bytes = 0;
        while stream.write_all(&[b' '; 1 << 16]).is_ok() {
            sent_bytes += 1 << 16;
            assert!(sent_bytes < 1 << 30, "the client reads on and on");
        }
    });
    let ran = fleet(&Home::new(), &url, &[]);
    assert_eq!(ran.stderr, "loadline: the answer of '127.0.0.1' is longer than 64 MB\n");
    server.join().unwrap();
}

#[test]
fn a_token_comes_from_the_environment_and_is_not_shown() {
    let server = FakeServer::start(response("422 x", r#"{"status":"error","error":"no s3cret-token here"}"#));
    let home = Home::new();
    let header = ["--header", "Authorization: Bearer ${TOKEN}", "--header", "X-Scope-OrgID:web"];
    let mut command = home.loadline(&[&["fleet", "--from", &server.url()][..], &header].concat());
    let output = command.env("TOKEN", "s3cret-token").output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "loadline: '127.0.0.1' refuses the query: no … here\n");
    let request = &server.requests()[0].to_lowercase();
    assert!(request.contains("\nauthorization: bearer s3cret-token\n"), "{request}");
    assert!(request.ends_with("\nx-scope-orgid: web"), "{request}");
    // The words of a header are no secrets where they stand in the name of a machine.
    server.answer(vector(&[("loadline_alert_firing", "production-web1", "cpu", "0")]));
    let ran = fleet(&home, &server.url(), &["--header", "X-Scope-OrgID: production"]);
    assert!(ran.stdout.contains("  production-web1\n"), "{ran:?}");
    let ran = fleet(&home, &server.url(), &header[..2]);
    assert!(ran.stderr.contains("the header 'Authorization': the environment variable 'TOKEN' is not set"), "{ran:?}");
}

#[test]
fn a_wrong_command_line_is_named() {
    let home = Home::new();
    for (arguments, message) in [
        (
            &["fleet", "--from", "localhost:9090"][..],
            "'--from localhost:9090' is not a web address: write it as 'http://",
        ),
        (
            &["fleet", "--from", "http://h:0"],
            "'--from http://h:0' cannot be used: the address has a port that there is",
        ),
        (&["fleet", "--from", "http://a:b@h"], "'--from http://a:b@h' holds a name or password, which is not sent"),
        (&["fleet", "--from", "http://h", "--header", "x"], "'--header x' is not a header: write it as 'NAME: VALUE'"),
        (&["fleet", "--from", "http://h", "--cpu", "9"], "'--cpu' is not for 'fleet', which uses no settings"),
        (&["fleet"], "the following required arguments were not provided:"),
    ] {
        let ran = home.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.stderr.starts_with(&format!("loadline: {message}")), "{}", ran.stderr);
    }
}

#[test]
fn a_watch_shows_only_what_changed_and_survives_a_problem() {
    let series = |value: &'static str| {
        vector(&[("loadline_alert_firing", "web1", "cpu", value), ("loadline_alert_firing", "db1", "cpu", "0")])
    };
    let server = FakeServer::start(series("0"));
    let home = Home::new();
    let program = Program::start(home.loadline(&["fleet", "--from", &server.url(), "--watch", "--json"]));
    program.wait_line(1);
    let state = |index: usize| {
        let line = wait_for("another line", NEXT_QUERY, || program.out().get(index).cloned());
        let line: Value = serde_json::from_str(&line).unwrap();
        format!("{} {}", line["instance"].as_str().unwrap(), line["state"].as_str().unwrap())
    };
    assert_eq!([state(0), state(1)], ["db1 ok", "web1 ok"]);
    server.answer(series("1"));
    assert_eq!(state(2), "web1 firing");
    server.answer(response("502 x", ""));
    wait_for("the problem", NEXT_QUERY, || (!program.err().is_empty()).then_some(()));
    server.answer(vector(&[("loadline_alert_firing", "web1", "cpu", "1")]));
    assert_eq!(state(3), "db1 silent");
    assert_eq!((program.out().len(), program.err()), (4, vec!["loadline: '127.0.0.1' answered 502".to_owned()]));
    // One query for the last day, and one for each time.
    assert!((5..=7).contains(&server.requests().len()), "{}", server.requests().len());
}

#[test]
fn a_terminal_gets_the_table_once_and_then_rows() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let terminal = std::fs::OpenOptions::new().read(true).write(true).open(name).unwrap();
    let server = FakeServer::start(vector(&[("loadline_alert_firing", "web1", "cpu", "0")]));
    let home = Home::new();
    let mut command = home.loadline(&["fleet", "--from", &server.url(), "--watch"]);
    command.stdout(terminal);
    let _process = crate::process::Owned(command.spawn().unwrap());
    drop(command);
    let shown = Arc::new(Mutex::new(String::new()));
    let (sink, mut master) = (Arc::clone(&shown), std::fs::File::from(master));
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count) = master.read(&mut bytes) {
            sink.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    });
    let shown = |part: &str| shown.lock().unwrap().contains(part).then_some(());
    let title = format!("\u{1b}[H\u{1b}[2J1 machine at {}: 0 firing, 0 silent\r\n", server.address);
    wait_for("the table", SOON, || shown(&title));
    wait_for("its row", SOON, || shown("\nok         –       –  –             web1\r\n"));
    server.answer(vector(&[("loadline_alert_firing", "web1", "cpu", "1")]));
    let title = format!("\u{1b}[1;1H1 machine at {}: 1 firing, 0 silent\u{1b}[K", server.address);
    wait_for("the title", NEXT_QUERY, || shown(&title));
    wait_for("the row", SOON, || {
        shown("\u{1b}[3;1HFIRING     –       –  –             web1: cpu\u{1b}[K\u{1b}[3;1H\r\n")
    });
    server.answer(response("502 x", ""));
    wait_for("the problem", NEXT_QUERY, || shown("\u{1b}[2;1Hnot of now: '127.0.0.1' answered 502\u{1b}[K"));
}
