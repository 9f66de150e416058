//! The metrics that the app serves: the endpoint follows the settings, and gets the values when somebody asks for them.

use super::App;
use crate::core::fleet::snapshot::MetricsSnapshot;
use crate::core::messages::effect::{Event, Operation};
use crate::core::text::fleet::endpoint as text;
use crate::runtime::fleet::endpoint::{Endpoint, Served};

impl App {
    /// Gives the app its endpoint; without one no metrics are served.
    pub fn set_endpoint(&mut self, endpoint: Endpoint) {
        self.endpoint = Some(endpoint);
        self.apply_endpoint();
    }

    /// Has the endpoint follow the settings in force.
    pub(super) fn apply_endpoint(&mut self) {
        let settings = self.engine.settings();
        let served = self.endpoint.as_mut().and_then(|endpoint| endpoint.apply(settings, self.now.elapsed));
        self.note_served(served);
    }

    pub(super) fn retry_endpoint(&mut self) {
        let served = self.endpoint.as_mut().and_then(|endpoint| endpoint.retry_if_due(self.now.elapsed));
        self.note_served(served);
    }

    pub(super) fn answer_scrape(&self) {
        if let Some(endpoint) = &self.endpoint {
            endpoint.answer(MetricsSnapshot::of(&self.engine));
        }
    }

    fn note_served(&mut self, served: Option<Served>) {
        let Some(served) = served else { return };
        // Whoever gave the address by hand reads the console.
        if let (Ok(Some(address)), Some(_)) = (&served, self.config.overrides.listen) {
            self.warn(text::serving(address));
        }
        self.handle(Event::Outcome { operation: Operation::ServeMetrics, result: served.map(drop) });
    }
}
