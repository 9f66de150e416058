//! The cost of the metrics for many machines: no memory that stays, no wake-up without a reason, and nothing while they are off.
//! (A tick with both off is that of the other guards.)

use std::time::Duration;

use loadline::core::fleet::once;
use loadline::core::fleet::push::schedule::{PushReply, PushRequest, PushSchedule, PushStep};
use loadline::core::fleet::push::series::TimedSnapshot;
use loadline::core::fleet::table::MachineIdentity;
use loadline::core::settings::{Overrides, Settings};
use loadline::core::time::Now;

use super::counting::HELD_BYTES;

/// Pushes under virtual time, to a server that takes all but every tenth request.
struct Pushes {
    now: Now,
    identity: MachineIdentity,
    schedule: PushSchedule,
    requests: usize,
}

impl Pushes {
    fn new() -> Pushes {
        let wall = "2026-11-22T15:00:00[UTC]".parse().unwrap();
        let now = Now { elapsed: Duration::ZERO, wall };
        let (version, os, arch) = ("0.1.0", "linux", "x86_64");
        let host_id = Some("4f1c6f0c0a5e4a6fb1a9e3f2d7c85b10".to_owned());
        let identity = MachineIdentity { version, os, arch, host: "studio".into(), host_id };
        let schedule = PushSchedule::new(Duration::from_secs(60), "studio", &now, 0.5);
        Pushes { now, identity, schedule, requests: 0 }
    }

    /// Runs until so many requests with values were sent.
    fn run(&mut self, count: usize) {
        let end = self.requests + count;
        while self.requests < end {
            match self.schedule.next_step(&self.now, 0.5) {
                PushStep::TakeSnapshot => {
                    let snapshot = once::snapshot(Settings::DEFAULT, Overrides::default(), &[]);
                    let at_ms = self.now.wall.timestamp().as_millisecond();
                    self.schedule.take(TimedSnapshot { snapshot, at_ms }, false, &self.now, 0.5);
                }
                PushStep::Send(kind) => {
                    std::hint::black_box(self.schedule.body(kind, &self.identity).len());
                    self.requests += usize::from(kind == PushRequest::Values);
                    let reply = self.reply();
                    let result = self.schedule.receive(kind, &reply, &self.now, 0.5);
                    assert_eq!(result.err(), reply.problem);
                }
                PushStep::Wait(until) => {
                    self.now.wall = &self.now.wall + until.saturating_sub(self.now.elapsed);
                    self.now.elapsed = until;
                }
            }
        }
    }

    fn reply(&self) -> PushReply {
        let server_time = Some(self.now.wall.timestamp());
        match self.requests % 10 {
            9 => {
                PushReply { problem: Some("no answer".into()), is_retryable: true, server_time, ..PushReply::default() }
            }
            _ => PushReply { status: Some(204), server_time, ..PushReply::default() },
        }
    }
}

#[test]
fn pushes_leave_no_memory_behind() {
    let mut pushes = Pushes::new();
    pushes.run(100);
    let before = HELD_BYTES.get();
    pushes.run(5000);
    assert_eq!(HELD_BYTES.get().wrapping_sub(before), 0);
}

#[cfg(target_os = "linux")]
mod process {
    use std::fs;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    use crate::process::Program;
    use crate::program::Home;
    use crate::wait::{SOON, wait_for};

    /// The threads of a program by this name, each with its wake-ups so far.
    fn wake_ups(program: &Program, name: &str) -> Vec<u64> {
        let tasks = fs::read_dir(format!("/proc/{}/task", program.id())).unwrap();
        let read = |task: &fs::DirEntry, file: &str| fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let named = tasks.map(Result::unwrap).filter(|task| read(task, "comm").trim() == name);
        let switches = named.map(|task| read(&task, "status"));
        let of = |status: String| {
            status.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok())
        };
        switches.filter_map(of).collect()
    }

    /// The memory that is the program's own, in kilobytes.
    fn own_kilobytes(program: &Program) -> u64 {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", program.id())).unwrap();
        let line = rollup.lines().find_map(|line| line.strip_prefix("Private_Dirty:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }

    fn scrape(address: &str) {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    }

    /// A server that takes every push.
    fn receiver() -> String {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for mut client in socket.incoming().map_while(Result::ok) {
                let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
                // The whole request, which has no end but a pause.
                client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
                let _ = client.read_to_end(&mut Vec::new());
                let _ = client.write_all(format!("HTTP/1.1 204 No Content\r\nDate: {date}\r\n\r\n").as_bytes());
            }
        });
        address
    }

    #[test]
    fn metrics_that_are_served_and_pushed_cost_no_memory_and_no_wake_up_unasked() {
        let push = format!(r#""push": {{"url": "http://{}/w", "every": "5s"}}"#, receiver());
        let home = Home::new().with_settings(format!(r#"{{"history": false, "metrics": {{{push}}}}}"#));
        let off = ["--cpu", "off", "--memory", "off"];
        let watch = ["watch", "--every", "250ms", "--listen", "127.0.0.1:0"];
        let program = Program::start(home.loadline(&[&watch[..], &off].concat()));
        let line = program.wait_err("metrics are served on http://");
        let address = line.split_once("http://").unwrap().1.strip_suffix("/metrics").unwrap();
        let grown = |_| {
            let before = own_kilobytes(&program);
            (0..500).for_each(|_| scrape(address));
            own_kilobytes(&program).saturating_sub(before)
        };
        // A leak of nine bytes a scrape would be a page in each span. The first ones fill the buffers.
        let grown: Vec<u64> = (0..8).map(grown).collect();
        assert!(grown[2..].contains(&0), "{grown:?} kB in 500 scrapes each");
        let quiet = wait_for("a time without a wake-up", SOON, || {
            let before = (wake_ups(&program, "metrics"), program.out().len());
            program.wait_line(before.1 + 4);
            (wake_ups(&program, "metrics") == before.0).then_some(before.0)
        });
        assert_eq!((quiet.len(), wake_ups(&program, "push").len()), (1, 1), "a thread for each");
    }

    #[test]
    fn metrics_that_are_off_have_no_thread() {
        let home = Home::new().with_settings(r#"{"history": false}"#);
        let program = Program::start(home.loadline(&["watch", "--every", "250ms"]));
        program.wait_line(4);
        assert_eq!((wake_ups(&program, "metrics"), wake_ups(&program, "push")), (Vec::new(), Vec::new()));
        assert!(!wake_ups(&program, "loadline").is_empty());
        assert!(!home.path().join(".local/state/loadline/push.lock").exists());
    }
}
