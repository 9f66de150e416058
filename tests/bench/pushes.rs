//! Many machines that push their metrics to one server, each by a request of its own as Loadline makes them, as fast as the
//! server takes them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use loadline::core::fleet::push::remote_write::{CONTENT_TYPE, HEADERS, request};
use loadline::core::fleet::push::series::{TimedSnapshot, series};
use loadline::core::fleet::snapshot::MetricsSnapshot;
use loadline::core::fleet::table::MachineIdentity;
use loadline::core::fleet::totals::Totals;
use loadline::core::metrics::metric::Percent;
use loadline::core::metrics::reading::{Pressure, Reading};
use loadline::core::settings::Settings;

/// The pause between two pushes of a machine, by which the rounds are dated.
const EVERY_MS: i64 = 60_000;
/// Machines that push at the same time.
const AT_ONCE: u64 = 8;

/// Lets `machines` machines push `rounds` times to `server` (`HOST:PORT`), and prints the outcome as JSON. The rounds are dated
/// one minute apart and end now.
pub fn run(server: &str, machines: u64, rounds: u32) -> Result<()> {
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let begin = Instant::now();
    let (mut pushes, mut bytes) = (0, 0);
    for round in 0..rounds {
        let at_ms = now_ms - i64::from(rounds - 1 - round) * EVERY_MS;
        let next = AtomicU64::new(0);
        let sent: Vec<Result<(u64, u64)>> = thread::scope(|scope| {
            let work = || push_until_none_is_left(server, machines, &next, at_ms, round);
            let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        for sent in sent {
            let (more_pushes, more_bytes) = sent?;
            pushes += more_pushes;
            bytes += more_bytes;
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{{\"pushes\": {pushes}, \"bytes\": {bytes}, \"seconds\": {seconds:.3}}}");
    Ok(())
}

/// Takes the next machine until there is none; returns the number of pushes, and the bytes of their bodies.
fn push_until_none_is_left(
    server: &str,
    machines: u64,
    next: &AtomicU64,
    at_ms: i64,
    round: u32,
) -> Result<(u64, u64)> {
    let (mut pushes, mut bytes) = (0, 0);
    loop {
        let machine = next.fetch_add(1, Ordering::Relaxed);
        if machine >= machines {
            return Ok((pushes, bytes));
        }
        let body = request(&series(None, &[snapshot(machine, round, at_ms)], None, &identity(machine)));
        push(server, &body)?;
        pushes += 1;
        bytes += body.len() as u64;
    }
}

/// A connection for each push, as between two pushes of one machine there is none.
fn push(server: &str, body: &[u8]) -> Result<()> {
    let mut stream = TcpStream::connect(server)?;
    let headers = HEADERS.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
    let head = format!(
        "POST /api/v1/write HTTP/1.1\r\nHost: {server}\r\nContent-Type: {CONTENT_TYPE}\r\n{headers}Content-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).context("the server gave no answer")?;
    if !status.starts_with('2') {
        bail!("the server refused a push: {answer}");
    }
    Ok(())
}

fn identity(machine: u64) -> MachineIdentity {
    let host_id = Some(format!("{:032x}", u128::from(machine) << 64 | 0x4f1c_6f0c_0a5e_4a6f));
    MachineIdentity { version: "0.1.0", os: "linux", arch: "x86_64", host: format!("machine-{machine}"), host_id }
}

/// All values that a machine can have, changing from round to round.
fn snapshot(machine: u64, round: u32, at_ms: i64) -> TimedSnapshot {
    let step = machine + u64::from(round) * 7;
    let reading = Reading {
        cpu_percent: Some((step % 1000) as f64 / 10.0),
        swap_used_bytes: Some(step << 12),
        memory_pressure: Some(Pressure::Normal),
        ..Reading::default()
    };
    let reading = reading.with_memory((4 << 30) + (step << 12), 16 << 30);
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap();
    let totals = Totals {
        cpu_busy_seconds: f64::from(round) * 12.5,
        cpu_observed_seconds: f64::from(round) * 60.0,
        alerts: [0; 2],
    };
    let snapshot = MetricsSnapshot {
        reading: Some((reading, at)),
        totals,
        thresholds: [Some(Percent::DEFAULT); 2],
        are_firing: [false; 2],
        refresh: Settings::DEFAULT.refresh,
    };
    TimedSnapshot { snapshot, at_ms }
}
