//! The lines that the app prints, and the readers of stdout and stderr that are gone.

use std::io;

use super::App;
use super::config::End;
use crate::core::messages::effect::{Event, Operation};
use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::text;
use crate::runtime::console::writer::{self, ConsoleWriters};
use crate::runtime::console::{self, Form};

impl App {
    /// Prints a warning on stderr; with JSON output also on stdout, for the programs that read it.
    pub fn warn(&mut self, message: String) {
        match &mut self.writers {
            Some(writers) => writers.warn(&message),
            None => console::warn(&message),
        }
        if self.config.form == Form::Json {
            self.print(&OutputLine { at: self.now.wall.clone(), event: OutputEvent::Notice(message) });
        }
    }

    pub(super) fn print(&mut self, line: &OutputLine) {
        self.alert_counts.count(&line.event);
        // A notice is the JSON form of a warning, which is in the log already.
        if !matches!(line.event, OutputEvent::Notice(_)) {
            console::log(&line.event);
        }
        let text = console::text(line, self.config.form);
        let ticket = self.ticket(&line.event);
        match &mut self.writers {
            Some(writers) => {
                writers.print(text, matches!(line.event, OutputEvent::Reading(_)), ticket);
                self.collect_write_results();
            }
            None => {
                let result = console::print_text(&text);
                let is_printed = result.is_ok();
                self.on_printed(result);
                ticket.into_iter().for_each(|ticket| self.on_line(ticket, is_printed));
            }
        }
    }

    pub(super) fn collect_write_results(&mut self) {
        let results = self.writers.as_ref().map(ConsoleWriters::take_results).unwrap_or_default();
        results.into_iter().for_each(|result| self.on_printed(result));
        self.collect_tickets();
    }

    fn on_printed(&mut self, result: io::Result<()>) {
        let is_closed = result.as_ref().is_err_and(writer::is_closed);
        // The reader is gone: a console monitor has nothing left to do; for a tray item that is no problem.
        if is_closed && !self.config.has_tray {
            self.end.get_or_insert(End::Done);
        }
        let result = if is_closed { Ok(()) } else { result.map_err(text::console::not_written) };
        self.handle(Event::Outcome { operation: Operation::Print, result });
    }
}
