//! The engine driver: an engine in virtual time, and every effect that it asked for.

use std::time::Duration;

use jiff::SignedDuration;

use loadline::core::engine::{Engine, EngineOptions};
use loadline::core::messages::effect::{Effect, Event};
use loadline::core::metrics::reading::Reading;
use loadline::core::settings::{Overrides, Settings};
use loadline::core::time::{Clock, Now};
use loadline::core::tray::view::View;

use super::events;

/// Prints alerts alone, and does not wait for the names of applications.
pub const ALERTS_ONLY: EngineOptions =
    EngineOptions { prints_readings: false, names_apps: false, checks_updates: false, clock: Clock::Hours24 };
/// The same, but alerts name the applications that use the most.
pub const WITH_APPS: EngineOptions =
    EngineOptions { prints_readings: false, names_apps: true, checks_updates: false, clock: Clock::Hours24 };

pub struct Driver {
    pub engine: Engine,
    pub now: Now,
    /// All effects so far, each with the time at which it was asked for.
    pub effects: Vec<(Duration, Effect)>,
}

impl Driver {
    pub fn new(settings: Settings) -> Driver {
        Driver::with(settings, Overrides::default(), ALERTS_ONLY)
    }

    pub fn with(settings: Settings, overrides: Overrides, options: EngineOptions) -> Driver {
        let engine = Engine::new(settings, overrides, options);
        Driver { engine, now: events::at(Duration::ZERO), effects: Vec::new() }
    }

    /// Hands the engine one event, and returns the effects of this one.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.engine.handle(event, &self.now, &mut effects);
        self.effects.extend(effects.iter().map(|effect| (self.now.elapsed, effect.clone())));
        effects
    }

    pub fn read(&mut self, reading: Reading) -> Vec<Effect> {
        self.handle(Event::Reading(reading))
    }

    /// Lets time pass on both clocks.
    pub fn advance(&mut self, span: Duration) {
        self.now.elapsed += span;
        self.shift_wall(SignedDuration::try_from(span).unwrap());
    }

    /// Lets time pass up to `elapsed` after the start.
    pub fn advance_to(&mut self, elapsed: Duration) {
        self.advance(elapsed - self.now.elapsed);
    }

    /// Moves the wall clock alone.
    pub fn shift_wall(&mut self, span: SignedDuration) {
        self.now.wall = self.now.wall.checked_add(span).unwrap();
    }

    pub fn view(&self) -> View {
        View::of(&self.engine, &self.now, None)
    }
}
