//! What one reading costs: this program takes so many of them, one way or another, and prints what that took.
//!
//! `reading HOW N`, with HOW one of [`ways`]. Whoever counts instructions or system calls runs it twice, with another N, and
//! divides the difference: what it takes to start is then out of it, and with that of `nothing` taken off, so is the pause.

use std::alloc::{GlobalAlloc, Layout, System as SystemAllocator};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use loadline::model::effect::Event;
use loadline::model::engine::{Engine, Manner};
use loadline::model::metric::{Percent, Threshold};
use loadline::model::reading::Reading;
use loadline::model::settings::{Overrides, Settings};
use loadline::model::view::View;
use loadline::shell::app::{App, Config};
use loadline::shell::clock;
use loadline::shell::console::Form;
use loadline::shell::history::recorder::Recorder;
use loadline::shell::inbox::{Inbox, Input};
use loadline::shell::machine::Machine;
use loadline::shell::sampler::Source;
use sysinfo::{MemoryRefreshKind, System};

/// Counts what is asked for, and hands it on.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is handed on as it came; counting touches no memory that is given out.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are those that are asked for here.
        unsafe { SystemAllocator.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { SystemAllocator.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { SystemAllocator.realloc(pointer, layout, size) }
    }
}

const REFRESH: Duration = Duration::from_secs(2);
/// Between two readings: in less, sysinfo answers the old CPU percentage and reads nothing.
const PAUSE: Duration = sysinfo::MINIMUM_CPU_UPDATE_INTERVAL.saturating_add(Duration::from_millis(5));

/// A way to take a reading, ready to be taken.
type Way = Box<dyn FnMut() -> Result<()>>;
type Make = fn() -> Result<Way>;

/// The ways: what each is called, and how it is made.
fn ways() -> [(&'static str, Make); 7] {
    [
        ("nothing", nothing),
        ("floor", floor),
        ("sysinfo", sysinfo),
        ("sampler", sampler),
        ("engine", engine),
        ("tick", tick),
        ("kept", kept),
    ]
}

/// What the pause and the measuring cost by themselves.
fn nothing() -> Result<Way> {
    Ok(Box::new(|| Ok(())))
}

/// The limit: two files that are open already, read by hand.
fn floor() -> Result<Way> {
    let (stat, memory) = (File::open("/proc/stat")?, File::open("/proc/meminfo")?);
    let mut buffer = [0; 4096];
    let mut before = (0u64, 0u64);
    Ok(Box::new(move || {
        let length = stat.read_at(&mut buffer, 0)?;
        let counted: [u64; 8] = {
            let mut ticks = numbers(buffer.get(..length).unwrap_or_default());
            std::array::from_fn(|_| ticks.next().unwrap_or_default())
        };
        let (all, idle) = (counted.iter().sum::<u64>(), counted[3] + counted[4]);
        let cpu = 1.0 - (idle - before.1) as f64 / (all - before.0).max(1) as f64;
        before = (all, idle);
        let length = memory.read_at(&mut buffer, 0)?;
        let mut sizes = numbers(buffer.get(..length).unwrap_or_default());
        let (total, _free, available) = (sizes.next(), sizes.next(), sizes.next());
        std::hint::black_box((cpu, total, available));
        Ok(())
    }))
}

/// The numbers of a text, in order.
fn numbers(text: &[u8]) -> impl Iterator<Item = u64> {
    let fields = text.split(|byte| !byte.is_ascii_digit()).filter(|field| !field.is_empty());
    fields.map(|digits| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// sysinfo alone, kept.
fn sysinfo() -> Result<Way> {
    let mut system = System::new().map_err(|error| anyhow!("{error}"))?;
    Ok(Box::new(move || {
        system.refresh_cpu_usage();
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
        std::hint::black_box((system.global_cpu_usage(), system.used_memory()));
        Ok(())
    }))
}

/// What Loadline's sampler does.
fn sampler() -> Result<Way> {
    let mut machine = Machine::new()?;
    Ok(Box::new(move || {
        std::hint::black_box(machine.take(REFRESH)?);
        Ok(())
    }))
}

/// What the engine does with a reading that changes nothing.
fn engine() -> Result<Way> {
    let manner = Manner { says_readings: false, names_processes: true };
    let mut engine = Engine::new(Settings::DEFAULT, Overrides::default(), manner);
    let (mut effects, mut now) = (Vec::new(), clock::now());
    let reading = Reading { cpu_percent: Some(20.0), memory_percent: Some(40.0), ..Reading::default() };
    Ok(Box::new(move || {
        now.elapsed += REFRESH;
        engine.handle(Event::Read(reading), &now, &mut effects);
        effects.clear();
        Ok(())
    }))
}

/// All that happens on a reading: it is taken, decided on, and what it shows is compared with what is shown.
fn tick() -> Result<Way> {
    whole(None)
}

/// The same with the history, which is written once in thirty readings.
fn kept() -> Result<Way> {
    whole(Some(tempfile::tempdir()?))
}

fn whole(history: Option<tempfile::TempDir>) -> Result<Way> {
    let config = Config {
        form: Form::Text,
        says_readings: false,
        overrides: Overrides::default(),
        samples: None,
        is_trace: false,
        is_history: false,
        has_tray: true,
    };
    // Judged as ever, but never crossed: an alert costs a look at the processes.
    let never = Percent::new(100).map_or(Threshold::Off, Threshold::Above);
    let settings = Settings { cpu: never, memory: never, ..Settings::DEFAULT };
    let (inbox, mut machine) = (Arc::new(Inbox::default()), Machine::new()?);
    let mut app = App::new(config, Arc::clone(&inbox), settings, None, None);
    if let Some(folder) = &history {
        app.record_with(Recorder::start(Arc::clone(&inbox), folder.path().join("history.sqlite3")));
    }
    let (mut shown, mut late): (Option<View>, _) = (None, Duration::ZERO);
    Ok(Box::new(move || {
        // What is named first is dropped first, and the app still writes into its folder then.
        let (app, _folder) = (&mut app, &history);
        let mut taken = machine.take(REFRESH)?.context("the machine has readings without end")?;
        late += REFRESH;
        taken.at.elapsed += late;
        inbox.send(Input::Reading(taken));
        while let Some(input) = inbox.poll() {
            app.take(input);
        }
        let view = app.view(shown.as_ref());
        std::hint::black_box(shown.as_ref() == Some(&view));
        shown = Some(view);
        Ok(())
    }))
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let (how, count) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let names = ways().map(|(name, _)| name).join("|");
    let usage = || format!("usage: reading {names} N");
    let (_, make) = ways().into_iter().find(|(name, _)| *name == how).with_context(usage)?;
    let count: usize = count.parse().with_context(usage)?;
    let mut way = make()?;
    // The first is another one: what is kept is made there.
    way()?;
    let (mut micros, mut allocations) = (Vec::with_capacity(count), 0);
    for _ in 0..count {
        std::thread::sleep(PAUSE);
        let (begin, before) = (Instant::now(), ALLOCATIONS.load(Ordering::Relaxed));
        way()?;
        micros.push(begin.elapsed().as_secs_f64() * 1e6);
        allocations += ALLOCATIONS.load(Ordering::Relaxed) - before;
    }
    micros.sort_by(f64::total_cmp);
    let median = micros.get(count / 2).context("give more than no readings")?;
    let allocations = allocations as f64 / count as f64;
    println!(
        "{{\"how\": \"{how}\", \"readings\": {count}, \"microseconds\": {median:.2}, \"allocations\": {allocations:.2}}}"
    );
    Ok(())
}
