//! Notifications, and the lines of a console monitor that tell the same: a person who reads them has seen the alert, with or
//! without a notification.

use super::App;
use crate::core::messages::effect::{Event, Notification, NotificationOutcome};
use crate::core::messages::output_line::OutputEvent;
use crate::runtime::console::writer::{ConsoleWriters, Ticket};
use crate::runtime::inbox::Input;

impl App {
    /// Shows a notification. Without a notifier nobody sees it.
    pub(super) fn notify(&mut self, notification: Notification) {
        self.count_unprinted();
        let (id, sequence) = (notification.id, notification.sequence);
        self.told_lines.next = Some((id, sequence));
        match &self.notifier {
            Some(notifier) => notifier.show(notification),
            None if self.config.has_tray => self.handle(Event::Notified(NotificationOutcome::unsent(id, sequence))),
            // Its line decides; where none follows, it counts as unseen.
            None => {}
        }
    }

    /// Ends a telling whose notification nobody takes, and that has no line: its line was lost before.
    pub(super) fn count_unprinted(&mut self) {
        let Some((id, sequence)) = self.told_lines.next.take() else { return };
        if self.notifier.is_none() && !self.config.has_tray && sequence != 0 {
            self.handle(Event::Notified(NotificationOutcome::unsent(id, sequence)));
        }
    }

    /// Whether the outcome of a line of a console monitor is wanted: that of one that notifies. It follows its notification.
    pub(super) fn ticket(&mut self, event: &OutputEvent) -> Option<Ticket> {
        let notifies = match event {
            OutputEvent::Alert(alert) => alert.suppressed_by.is_none(),
            OutputEvent::Forecast(forecast) => forecast.suppressed_by.is_none(),
            OutputEvent::Reading(_) | OutputEvent::Recovery(_) | OutputEvent::Notice(_) | OutputEvent::Check { .. } => {
                false
            }
        };
        if !notifies || self.config.has_tray {
            return None;
        }
        let (id, sequence) = self.told_lines.next.take()?;
        let ticket = Ticket::new(sequence)?;
        self.told_lines.begin(id, sequence);
        Some(ticket)
    }

    /// Takes the outcomes of lines that were written, or lost.
    pub(super) fn collect_tickets(&mut self) {
        if self.told_lines.is_empty() {
            return;
        }
        let tickets = self.writers.as_ref().map(ConsoleWriters::take_tickets).unwrap_or_default();
        tickets.into_iter().for_each(|(ticket, is_printed)| self.on_line(ticket, is_printed));
    }

    /// Takes the outcome of a line.
    pub(super) fn on_line(&mut self, ticket: Ticket, is_printed: bool) {
        let outcome = self.told_lines.on_printed(ticket.get(), is_printed, self.notifier.is_some());
        outcome.into_iter().for_each(|outcome| self.handle(Event::Notified(outcome)));
    }

    /// Takes the outcome of a notification.
    pub(super) fn on_notified(&mut self, outcome: NotificationOutcome) {
        let outcome = self.told_lines.on_notified(outcome);
        outcome.into_iter().for_each(|outcome| self.handle(Event::Notified(outcome)));
    }
}

impl Drop for App {
    /// Takes the outcomes of the last notifications and lines, so that the history has an alert that came just before the end as
    /// told only where somebody could see it. Waits for them within limits.
    fn drop(&mut self) {
        if let (false, Some(writers)) = (self.told_lines.is_empty(), &self.writers) {
            writers.settle();
            self.collect_tickets();
        }
        drop(self.notifier.take());
        while let Some(input) = self.inbox.poll() {
            match input {
                Input::Event(Event::Notified(outcome)) => self.on_notified(outcome),
                Input::Event(event @ Event::ActionDelivered { .. }) => self.handle(event),
                _ => {}
            }
        }
        self.told_lines.end().into_iter().for_each(|outcome| self.handle(Event::Notified(outcome)));
        self.handle(Event::NotificationsEnded);
    }
}
