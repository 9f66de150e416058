//! The measured work, for the guards and the bench: sysinfo alone, the engine alone, and a whole tick.

use std::sync::Arc;
use std::time::Duration;

use sysinfo::{MemoryRefreshKind, System};

use loadline::core::engine::{Engine, EngineOptions};
use loadline::core::messages::effect::{Effect, Event};
use loadline::core::metrics::metric::{Percent, Threshold};
use loadline::core::metrics::reading::Reading;
use loadline::core::settings::{Overrides, Settings};
use loadline::core::time::{Clock, Now};
use loadline::core::tray::view::View;
use loadline::runtime::actions::permissions::Permissions;
use loadline::runtime::app::App;
use loadline::runtime::app::config::{AppConfig, SourceKind};
use loadline::runtime::clock;
use loadline::runtime::console::Form;
use loadline::runtime::fleet::endpoint::Endpoint;
use loadline::runtime::fleet::pusher::Pusher;
use loadline::runtime::history::recorder::Recorder;
use loadline::runtime::inbox::{Inbox, Input};
use loadline::runtime::sources::machine::Machine;
use loadline::runtime::sources::sampler::Source;

const REFRESH: Duration = Duration::from_secs(2);
/// The pause between two readings: in less, sysinfo returns the old CPU percentage and reads nothing.
pub const PAUSE: Duration = sysinfo::MINIMUM_CPU_UPDATE_INTERVAL.saturating_add(Duration::from_millis(5));

/// The least work of any program that reads CPU and memory by sysinfo.
pub struct Bare(System);

impl Bare {
    pub fn new() -> Bare {
        Bare(System::new().unwrap())
    }

    pub fn round(&mut self) {
        self.0.refresh_cpu_usage();
        self.0.refresh_memory_specifics(MemoryRefreshKind::everything());
        std::hint::black_box((self.0.global_cpu_usage(), self.0.used_memory()));
    }
}

/// The engine and its view under readings that change nothing.
pub struct Flat {
    engine: Engine,
    effects: Vec<Effect>,
    now: Now,
    shown: Option<View>,
}

impl Flat {
    pub fn new() -> Flat {
        let options =
            EngineOptions { prints_readings: false, names_apps: true, checks_updates: false, clock: Clock::Hours24 };
        // The look at the applications once in five minutes is no part of a reading.
        let settings = Settings { history_applications: false, ..Settings::DEFAULT };
        let engine = Engine::new(settings, Overrides::default(), options);
        assert!(engine.settings().history, "each reading is recorded");
        Flat { engine, effects: Vec::new(), now: clock::now(), shown: None }
    }

    pub fn round(&mut self) {
        let reading = Reading { cpu_percent: Some(20.0), memory_percent: Some(40.0), ..Reading::default() };
        self.now.elapsed += REFRESH;
        self.engine.handle(Event::Reading(reading), &self.now, &mut self.effects);
        assert_eq!(self.effects.drain(..).count(), 1);
        let view = View::of(&self.engine, &self.now, self.shown.as_ref());
        assert!(self.shown.is_none() || self.shown.as_ref() == Some(&view));
        self.shown = Some(view);
    }
}

/// A tick of the app without the tray library and the pause: the machine is read, the reading goes through the inbox, and its
/// effects are performed.
pub struct Whole {
    machine: Machine,
    inbox: Arc<Inbox>,
    app: App,
    shown: Option<View>,
    late: Duration,
    _folder: Option<tempfile::TempDir>,
}

impl Whole {
    /// Without a history: a thread of its own writes it once a minute, as many readings at once as there are.
    pub fn new() -> Whole {
        let config = AppConfig {
            form: Form::Text,
            prints_readings: false,
            overrides: Overrides::default(),
            samples: None,
            source: SourceKind::Machine,
            has_tray: true,
            clock: Clock::Hours24,
        };
        let inbox = Arc::new(Inbox::default());
        // Evaluated as usual, but never crossed: an alert may cost some memory and some work.
        let never = Threshold::Above(Percent::new(100).unwrap());
        let settings = Settings { cpu: never, memory: never, history_applications: false, ..Settings::DEFAULT };
        let mut app = App::new(config, Arc::clone(&inbox), settings, None, None);
        // Neither is wanted by the settings.
        app.set_endpoint(Endpoint::new(Arc::clone(&inbox)));
        app.set_pusher(Pusher::new(Arc::clone(&inbox), Arc::new(Permissions::new(None, None))));
        let machine = Machine::new().unwrap();
        Whole { machine, inbox, app, shown: None, late: Duration::ZERO, _folder: None }
    }

    /// With a history.
    pub fn with_history() -> Whole {
        let (mut whole, folder) = (Whole::new(), tempfile::tempdir().unwrap());
        let recorder = Recorder::start(Arc::clone(&whole.inbox), folder.path().join("history.sqlite3"));
        whole.app.set_recorder(recorder);
        Whole { _folder: Some(folder), ..whole }
    }

    /// The readings are dated two seconds apart, so that the history is written as often as in use.
    pub fn round(&mut self) {
        let mut reading = self.machine.read(REFRESH).unwrap().unwrap();
        self.late += REFRESH;
        reading.at.elapsed += self.late;
        self.inbox.send(Input::Reading(reading));
        while let Some(input) = self.inbox.poll() {
            assert_eq!(self.app.take(input), None);
        }
        let view = self.app.view(self.shown.as_ref());
        std::hint::black_box(self.shown.as_ref() == Some(&view));
        self.shown = Some(view);
    }
}
