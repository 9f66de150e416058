//! Notifications of alerts: when, how often and of what. Floods are impossible, no alert is lost, and an alert waits a
//! moment for the names of the applications that use the most.

mod floods;
mod scans;
mod texts;

use std::time::Duration;

use loadline::core::messages::effect::{Effect, Event, NotificationId};
use loadline::core::messages::output_line::OutputEvent;
use loadline::core::metrics::metric::Metric;
use loadline::core::metrics::reading::Reading;
use loadline::core::processes::top_apps::TopApps;
use loadline::core::settings::{Overrides, Settings};
use loadline::core::text;

use crate::support::engine::{ALERTS_ONLY, Driver, WITH_APPS};
use crate::support::events;

const HOUR: Duration = Duration::from_secs(3600);

/// A driver that reads every two seconds, and an account of what fired.
struct Run {
    driver: Driver,
    /// When each metric's alerts fired, as the engine shows it.
    fired: [Vec<Duration>; 2],
}

impl Run {
    fn new(settings: Settings) -> Run {
        Run { driver: Driver::with(settings, Overrides::default(), ALERTS_ONLY), fired: Default::default() }
    }

    /// A run in which alerts name applications.
    fn with_apps(settings: Settings) -> Run {
        Run { driver: Driver::with(settings, Overrides::default(), WITH_APPS), ..Run::new(Settings::DEFAULT) }
    }

    fn handle(&mut self, event: Event) {
        self.driver.handle(event);
        for (metric, fired) in Metric::ALL.into_iter().zip(&mut self.fired) {
            let at = self.driver.engine.alert(metric).firing().map(|firing| firing.fired_at);
            fired.extend(at.filter(|at| fired.last() != Some(at)));
        }
    }

    /// A reading of the CPU, and time passing after it.
    fn cpu(&mut self, percent: f64) {
        self.read(events::cpu(percent));
    }

    fn read(&mut self, reading: Reading) {
        self.handle(Event::Reading(reading));
        self.driver.advance(Duration::from_secs(2));
    }

    /// The result of a scan: this application uses the most.
    fn scanned(&mut self, name: &str) {
        let app = events::app(name, &[7], 3 << 30);
        let top_apps = TopApps { by_cpu: [app.clone()].into(), by_memory: [app].into(), is_complete: true };
        self.handle(Event::ProcessScan(Ok(top_apps)));
    }

    fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.driver.effects.iter().map(|(_, effect)| effect)
    }

    /// The lines of the console so far, without their times.
    fn lines(&self) -> Vec<String> {
        let line = |effect: &Effect| match effect {
            Effect::Print(line) => Some(text::console::console_line(line)[21..].to_owned()),
            _ => None,
        };
        self.effects().filter_map(line).collect()
    }

    /// The times of the notifications of `metric`.
    fn notified(&self, metric: Metric) -> Vec<Duration> {
        let is_notified =
            |effect: &Effect| matches!(effect, Effect::Notify(n) if n.id == NotificationId::Alert(metric));
        self.driver.effects.iter().filter(|(_, effect)| is_notified(effect)).map(|(at, _)| *at).collect()
    }

    fn bodies(&self) -> Vec<String> {
        let body = |effect: &Effect| match effect {
            Effect::Notify(notification) => Some(notification.body.clone()),
            _ => None,
        };
        self.effects().filter_map(body).collect()
    }

    fn scans(&self) -> usize {
        self.effects().filter(|effect| **effect == Effect::ScanProcesses).count()
    }

    /// The names of the actions that were triggered, and by which event.
    fn actions(&self) -> Vec<(String, OutputEvent)> {
        let action = |effect: &Effect| match effect {
            Effect::RunAction(request) => Some((request.action.name.clone(), request.line.event.clone())),
            _ => None,
        };
        self.effects().filter_map(action).collect()
    }

    /// At most seven notifications in any hour, and a line for every time it fired.
    fn check(&mut self) {
        self.handle(Event::Stopping);
        for (index, metric) in Metric::ALL.into_iter().enumerate() {
            let notified = self.notified(metric);
            for from in &notified {
                let in_hour = notified.iter().filter(|at| (*from..*from + HOUR).contains(*at)).count();
                assert!(in_hour <= 7, "{metric}: {in_hour} notifications in an hour");
            }
            assert!(self.episodes(metric) >= self.fired[index].len(), "{metric}: an alert fired without a line");
        }
    }

    /// The number of alerts of `metric` that have a line of their own.
    fn episodes(&self, metric: Metric) -> usize {
        let (mut episodes, mut is_on) = (0, false);
        for effect in self.effects() {
            match effect {
                Effect::Print(line) => match &line.event {
                    OutputEvent::Alert(alert) if alert.metric == metric => {
                        episodes += usize::from(!is_on);
                        is_on = true;
                    }
                    OutputEvent::Recovery(recovery) if recovery.metric == metric => is_on = false,
                    _ => {}
                },
                Effect::Dismiss(NotificationId::Alert(dismissed)) if *dismissed == metric => is_on = false,
                _ => {}
            }
        }
        episodes
    }
}
