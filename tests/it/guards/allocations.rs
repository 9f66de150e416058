//! What a reading costs in memory that is asked for: nothing on top of what sysinfo asks for itself.

use std::alloc::{GlobalAlloc, Layout, System as SystemAllocator};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use sysinfo::{MemoryRefreshKind, System};

use loadline::model::effect::Event;
use loadline::model::engine::{Engine, Manner};
use loadline::model::metric::Threshold;
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

/// Counts, for each thread on its own, how often memory is asked for, and hands it on.
struct Counting;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn note() {
    // A thread that is ending has no counter any more.
    let _ = ASKED.try_with(|asked| asked.set(asked.get() + 1));
}

// SAFETY: every call is handed on as it came; counting asks for no memory and touches none that is given out.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promises are those that are asked for here.
        unsafe { SystemAllocator.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { SystemAllocator.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: as above.
        unsafe { SystemAllocator.realloc(pointer, layout, size) }
    }
}

/// How many times memory was asked for in `count` rounds, after some to warm up.
fn asked(count: usize, mut round: impl FnMut()) -> usize {
    (0..10).for_each(|_| round());
    let before = ASKED.get();
    (0..count).for_each(|_| round());
    ASKED.get() - before
}

const REFRESH: Duration = Duration::from_secs(2);

#[test]
fn a_reading_that_changes_nothing_asks_the_engine_for_no_memory() {
    let manner = Manner { says_readings: false, names_processes: true };
    let mut engine = Engine::new(Settings::DEFAULT, Overrides::default(), manner);
    assert!(engine.settings().history, "each reading is recorded");
    let (mut effects, mut now) = (Vec::new(), clock::now());
    let reading = Reading { cpu_percent: Some(20.0), memory_percent: Some(40.0), ..Reading::default() };
    let mut shown: Option<View> = None;
    let asked = asked(1000, || {
        now.elapsed += REFRESH;
        engine.handle(Event::Read(reading), &now, &mut effects);
        assert_eq!(effects.drain(..).count(), 1);
        let view = View::of(&engine, &now, shown.as_ref());
        assert!(shown.is_none() || shown.as_ref() == Some(&view));
        shown = Some(view);
    });
    assert_eq!(asked, 0);
}

#[test]
fn a_whole_tick_asks_for_hardly_more_than_sysinfo_does() {
    const TICKS: usize = 300;
    let mut system = System::new().unwrap();
    let bare = asked(TICKS, || {
        system.refresh_cpu_usage();
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
    });
    let config = Config {
        form: Form::Text,
        says_readings: false,
        overrides: Overrides::default(),
        samples: None,
        is_trace: false,
        is_history: false,
        has_tray: true,
    };
    let (folder, inbox) = (tempfile::tempdir().unwrap(), Arc::new(Inbox::default()));
    // No threshold that this machine may cross: an alert is worth some memory.
    let settings = Settings { cpu: Threshold::Off, memory: Threshold::Off, ..Settings::DEFAULT };
    let mut app = App::new(config, Arc::clone(&inbox), settings, None, None);
    app.record_with(Recorder::start(Arc::clone(&inbox), folder.path().join("history.sqlite3")));
    let (mut machine, mut shown) = (Machine::new().unwrap(), None);
    let mut late = Duration::ZERO;
    let whole = asked(TICKS, || {
        let mut taken = machine.take(REFRESH).unwrap().unwrap();
        late += REFRESH;
        taken.at.elapsed += late;
        inbox.send(Input::Reading(taken));
        while let Some(input) = inbox.poll() {
            assert_eq!(app.take(input), None);
        }
        shown = Some(app.view(shown.as_ref()));
    });
    // Ten batches are handed to the history's thread, which is started once.
    assert!(whole <= bare + TICKS / 10, "{whole} in {TICKS} ticks, and sysinfo alone {bare}");
}
