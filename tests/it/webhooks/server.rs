//! The web server that webhooks are sent to, and its recorded requests.

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

use crate::process::Program;

/// `server.py`, running until it goes out of scope.
pub struct Server {
    program: Program,
    port: u16,
}

impl Server {
    pub fn start() -> Server {
        Server::knowing(&[])
    }

    /// A server with these targets of redirects and raw responses, by name.
    pub fn knowing(texts: &[(&str, &str)]) -> Server {
        Server::launch(texts, &[])
    }

    /// The same with https, and a certificate and its key.
    pub fn with_tls(texts: &[(&str, &str)], certificate: &Path, key: &Path) -> Server {
        Server::launch(texts, &[certificate, key])
    }

    fn launch(texts: &[(&str, &str)], arguments: &[&Path]) -> Server {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/webhooks/server.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg("-I");
        let texts: Map<String, Value> = texts.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        command.arg(script).arg(Value::Object(texts).to_string()).args(arguments);
        let program = Program::start(command);
        let port = program.wait_line(0).parse().unwrap();
        Server { program, port }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A URL of this server, by IP address and without TLS.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Waits for request `index`, counted from 0.
    #[track_caller]
    pub fn request(&self, index: usize) -> Value {
        serde_json::from_str(&self.program.wait_line(index + 1)).unwrap()
    }

    /// The requests so far, of which there are at least `least`, as `POST /path`.
    #[track_caller]
    pub fn requests(&self, least: usize) -> Vec<String> {
        self.program.wait_line(least);
        let lines = self.program.out();
        let requests = lines.iter().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
        requests.map(|r| format!("{} {}", r["method"].as_str().unwrap(), r["path"].as_str().unwrap())).collect()
    }
}
