//! What is told of alerts, when, and how often: floods are impossible, nothing is lost, and alerts wait a moment for the
//! name of who uses the most.

mod floods;
mod words;

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use loadline::core::engine::{Engine, EngineOptions};
use loadline::core::messages::effect::{Effect, Event, NotificationId};
use loadline::core::messages::output_line::OutputEvent;
use loadline::core::metrics::metric::Metric;
use loadline::core::metrics::reading::Reading;
use loadline::core::processes::top_apps::{AppUsage, TopApps};
use loadline::core::settings::{Overrides, Settings};
use loadline::core::text;
use loadline::core::time::Now;

const HOUR_SECONDS: f64 = 3600.0;

/// An engine in virtual time, and all that it has had done.
struct Run {
    engine: Engine,
    now: Now,
    effects: Vec<(f64, Effect)>,
    /// When each metric's alerts fired, as the engine shows it.
    fired: [Vec<Duration>; 2],
}

impl Run {
    fn new(settings: Settings, names_processes: bool) -> Run {
        let wall = "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap().to_zoned(TimeZone::UTC);
        let engine = Engine::new(
            settings,
            Overrides::default(),
            EngineOptions { prints_readings: false, names_apps: names_processes },
        );
        Run { engine, now: Now { elapsed: Duration::ZERO, wall }, effects: Vec::new(), fired: Default::default() }
    }

    fn seconds(&self) -> f64 {
        self.now.elapsed.as_secs_f64()
    }

    fn pass(&mut self, span: Duration) {
        self.now.elapsed += span;
        self.now.wall = self.now.wall.checked_add(jiff::SignedDuration::try_from(span).unwrap()).unwrap();
    }

    fn handle(&mut self, event: Event) {
        let at = self.seconds();
        let mut effects = Vec::new();
        self.engine.handle(event, &self.now, &mut effects);
        self.effects.extend(effects.into_iter().map(|effect| (at, effect)));
        for (metric, fired) in Metric::ALL.into_iter().zip(&mut self.fired) {
            let at = self.engine.alert(metric).firing().map(|firing| firing.fired_at);
            fired.extend(at.filter(|at| fired.last() != Some(at)));
        }
    }

    /// A reading of the CPU, and time passing after it.
    fn cpu(&mut self, percent: f64) {
        self.read(Reading { cpu_percent: Some(percent), ..Reading::default() });
    }

    fn read(&mut self, reading: Reading) {
        self.handle(Event::Reading(reading));
        self.pass(Duration::from_secs(2));
    }

    /// The answer to a look: this one uses the most.
    fn looked(&mut self, name: &str) {
        let process = AppUsage { name: name.into(), pids: vec![7], cpu_percent: 310.0, memory_bytes: 3 << 30 };
        let culprits = TopApps { by_cpu: [process.clone()].into(), by_memory: [process].into(), is_complete: true };
        self.handle(Event::ProcessScan(Ok(culprits)));
    }

    /// The lines of the console so far.
    fn lines(&self) -> Vec<String> {
        let line = |(_, effect): &(f64, Effect)| match effect {
            Effect::Print(line) => Some(text::console::console_line(line)[21..].to_owned()),
            _ => None,
        };
        self.effects.iter().filter_map(line).collect()
    }

    /// When notifications of `metric` were sent, seconds.
    fn notified(&self, metric: Metric) -> Vec<f64> {
        let note = |(at, effect): &(f64, Effect)| match effect {
            Effect::Notify(note) if note.id == NotificationId::Alert(metric) => Some(*at),
            _ => None,
        };
        self.effects.iter().filter_map(note).collect()
    }

    fn bodies(&self) -> Vec<String> {
        let body = |(_, effect): &(f64, Effect)| match effect {
            Effect::Notify(note) => Some(note.body.clone()),
            _ => None,
        };
        self.effects.iter().filter_map(body).collect()
    }

    fn looks(&self) -> usize {
        self.effects.iter().filter(|(_, effect)| *effect == Effect::ScanProcesses).count()
    }

    /// Which actions were done, and of what.
    fn acts(&self) -> Vec<(String, OutputEvent)> {
        let act = |(_, effect): &(f64, Effect)| match effect {
            Effect::RunAction(act) => Some((act.action.name.clone(), act.line.event.clone())),
            _ => None,
        };
        self.effects.iter().filter_map(act).collect()
    }

    /// At most seven notifications in any hour, and a line for every time it fired.
    fn check(&mut self) {
        self.handle(Event::Stopping);
        for (index, metric) in Metric::ALL.into_iter().enumerate() {
            let notified = self.notified(metric);
            for from in &notified {
                let in_hour = notified.iter().filter(|at| (*from..from + HOUR_SECONDS).contains(*at)).count();
                assert!(in_hour <= 7, "{metric}: {in_hour} notifications in an hour");
            }
            assert!(self.episodes(metric) >= self.fired[index].len(), "{metric}: what fired was never said");
        }
    }

    /// How many alerts of `metric` have a line of their own.
    fn episodes(&self, metric: Metric) -> usize {
        let (mut episodes, mut is_on) = (0, false);
        for (_, effect) in &self.effects {
            match effect {
                Effect::Print(line) => match &line.event {
                    OutputEvent::Alert(said) if said.metric == metric => {
                        episodes += usize::from(!is_on);
                        is_on = true;
                    }
                    OutputEvent::Recovery(said) if said.metric == metric => is_on = false,
                    _ => {}
                },
                Effect::Dismiss(withdrawn) if *withdrawn == metric => is_on = false,
                _ => {}
            }
        }
        episodes
    }
}
