//! The service manager as the app tells it: with the readings, and between them where they are rare.

use super::App;
use crate::runtime::clock;
use crate::runtime::inbox::Input;
use crate::runtime::service::manager::ServiceManager;
use crate::runtime::sources::sampler::Sampler;
use crate::runtime::work_queue::Popped;

impl App {
    /// Gives the app the service manager that started it.
    pub fn set_service_manager(&mut self, manager: ServiceManager) {
        self.service_manager = Some(manager);
    }

    /// Waits for the next input; `None` once there can be no more. The watchdog of a service manager hears from this wait, and so
    /// not from a loop that hangs.
    pub fn next_input(&mut self) -> Option<Input> {
        loop {
            let limit = self.service_manager.as_ref().and_then(ServiceManager::watchdog_due_at);
            let popped = match &mut self.sampler {
                Some(sampler) => sampler.next_input(limit),
                None => self.inbox.receive_until_some(limit),
            };
            match popped {
                Popped::Item(input) => return Some(input),
                Popped::TimedOut => self.tell_manager(ServiceManager::reset_watchdog),
                Popped::Closed => return None,
            }
        }
    }

    /// Reads the settings anew, as the service manager has asked.
    pub(super) fn reload(&mut self) {
        self.tell_manager(ServiceManager::note_reload);
        if self.config.is_machine() {
            self.now = clock::now();
        }
        if let Some(store) = &mut self.store {
            store.forget_stamp();
        }
        self.reload_settings(true);
        self.tell_manager(ServiceManager::note_reloaded);
    }

    pub(super) fn note_reading_to_manager(&mut self) {
        let next = self.sampler.as_ref().and_then(Sampler::next_reading_at);
        self.tell_manager(|manager| manager.note_reading(next));
        if let (0, Some(sampler), Some(manager)) = (self.samples_taken, &mut self.sampler, &self.service_manager)
            && let Some(tolerance) = manager.watchdog_tolerance()
        {
            sampler.limit_lateness(tolerance);
        }
    }

    pub(super) fn tell_manager(&mut self, tell: impl FnOnce(&mut ServiceManager) -> Result<(), String>) {
        if let Some(Err(problem)) = self.service_manager.as_mut().map(tell) {
            self.warn(problem);
        }
    }
}
