//! Takes N readings one way, and prints their median time and their allocations as JSON. The work is that of the guards in
//! the tests.
//!
//! `reading HOW N`, with HOW one of [`ways`]. To count instructions or system calls, run it twice with different N, and divide
//! the difference: that leaves out the start. Subtract the same of `nothing`: that leaves out the pause.
//!
//! `reading pushes HOST:PORT MACHINES ROUNDS` lets many machines push to a server instead.

#![allow(clippy::unwrap_used)]

#[path = "../it/guards/counting.rs"]
mod counting;
mod pushes;
#[path = "../it/guards/tick.rs"]
mod tick;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use loadline::runtime::clock;
use loadline::runtime::process_scanner::app_looks::AppLooker;
use loadline::runtime::sources::machine::Machine;
use loadline::runtime::sources::sampler::Source;

use tick::{Bare, Flat, PAUSE, Whole};

/// Takes a reading one way.
type Way = Box<dyn FnMut()>;
type Make = fn() -> Way;

/// Each way by its name.
fn ways() -> [(&'static str, Make); 8] {
    [
        ("nothing", || Box::new(|| ())),
        ("floor", floor),
        ("sysinfo", || {
            let mut bare = Bare::new();
            Box::new(move || bare.round())
        }),
        ("sampler", sampler),
        ("engine", || {
            let mut flat = Flat::new();
            Box::new(move || flat.round())
        }),
        ("tick", || whole(Whole::new())),
        ("kept", || whole(Whole::with_history())),
        ("look", look),
    ]
}

/// The limit: two open files, read by hand.
fn floor() -> Way {
    let [stat, memory] = ["/proc/stat", "/proc/meminfo"].map(|path| File::open(path).unwrap());
    let mut buffer = [0; 4096];
    let mut before = (0u64, 0u64);
    Box::new(move || {
        let length = stat.read_at(&mut buffer, 0).unwrap();
        let counted: [u64; 8] = {
            let mut ticks = numbers(buffer.get(..length).unwrap_or_default());
            std::array::from_fn(|_| ticks.next().unwrap_or_default())
        };
        let (all, idle) = (counted.iter().sum::<u64>(), counted[3] + counted[4]);
        let cpu = 1.0 - (idle - before.1) as f64 / (all - before.0).max(1) as f64;
        before = (all, idle);
        let length = memory.read_at(&mut buffer, 0).unwrap();
        let mut sizes = numbers(buffer.get(..length).unwrap_or_default());
        let (total, _free, available) = (sizes.next(), sizes.next(), sizes.next());
        std::hint::black_box((cpu, total, available));
    })
}

/// The numbers of a text, in order.
fn numbers(text: &[u8]) -> impl Iterator<Item = u64> {
    let fields = text.split(|byte| !byte.is_ascii_digit()).filter(|field| !field.is_empty());
    fields.map(|digits| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// Loadline's sampler alone.
fn sampler() -> Way {
    let mut machine = Machine::new().unwrap();
    Box::new(move || {
        std::hint::black_box(machine.read(Duration::from_secs(2)).unwrap());
    })
}

/// A look at the applications, which is no reading: all processes, compared with the look before.
fn look() -> Way {
    let mut looker = AppLooker::default();
    Box::new(move || {
        std::hint::black_box(looker.look().unwrap());
    })
}

/// All work of a reading: sampling, the decision, and the comparison with the shown view.
fn whole(mut whole: Whole) -> Way {
    Box::new(move || whole.round())
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let (how, count) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if how == "pushes" {
        let usage = || "usage: reading pushes HOST:PORT MACHINES ROUNDS";
        let (machines, rounds) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        return pushes::run(&count, machines.parse().with_context(usage)?, rounds.parse().with_context(usage)?);
    }
    let names = ways().map(|(name, _)| name).join("|");
    let usage = || format!("usage: reading {names} N");
    let (_, make) = ways().into_iter().find(|(name, _)| *name == how).with_context(usage)?;
    let count: usize = count.parse().with_context(usage)?;
    let mut way = make();
    // The first reading differs: it makes the state that the others use.
    way();
    let (mut micros, mut allocations) = (Vec::with_capacity(count), 0);
    for _ in 0..count {
        clock::wait_for(PAUSE);
        let (begin, before) = (Instant::now(), counting::asked());
        way();
        micros.push(begin.elapsed().as_secs_f64() * 1e6);
        allocations += counting::asked() - before;
    }
    micros.sort_by(f64::total_cmp);
    let median = micros.get(count / 2).context("give more than no readings")?;
    let allocations = allocations as f64 / count as f64;
    println!(
        "{{\"how\": \"{how}\", \"readings\": {count}, \"microseconds\": {median:.2}, \"allocations\": {allocations:.2}}}"
    );
    Ok(())
}
