//! The problems that are reported: one for each operation, the most important first.

use std::sync::Arc;

use super::{Engine, ReportedProblem};
use crate::core::messages::effect::{Effect, Operation, Problem, ProblemRemedy, UserCommand};
use crate::core::text;
use crate::core::time::Now;
use crate::core::tray::problem_row::problem_row;

impl Engine {
    /// The most important problem, for a menu row.
    pub fn problem(&self) -> Option<Arc<str>> {
        self.problems.values().next().map(|reported| Arc::clone(&reported.row))
    }

    /// The way out of that problem; `None` where no click helps.
    pub fn remedy(&self) -> Option<ProblemRemedy> {
        self.problems.keys().next().and_then(Operation::remedy)
    }

    /// Obeys a command, unless the machine's file makes its setting final: the row is grey then, but an older notification may
    /// still have its button.
    pub(super) fn on_command(&mut self, command: UserCommand, now: &Now, effects: &mut Vec<Effect>) {
        let locked = &self.saved.locked;
        match command.setting().filter(|setting| locked.menu().contains(*setting)) {
            None => self.apply_command(command, now, effects),
            Some(setting) => {
                effects.push(Effect::Warn(text::settings::layers::change_refused(setting.key(), locked.file())));
            }
        }
    }

    pub(super) fn note_settings_mistakes(&mut self, mistakes: &[String], effects: &mut Vec<Effect>) {
        if mistakes.is_empty() {
            self.problems.remove(&Operation::HeedSettings);
        } else {
            self.note_problem(Operation::HeedSettings, text::problems::settings_mistakes(mistakes), effects);
        }
    }

    /// Takes note whether the processes could be scanned.
    pub(super) fn note_scan<T>(&mut self, result: &Result<T, String>, effects: &mut Vec<Effect>) {
        match result {
            Ok(_) => drop(self.problems.remove(&Operation::ScanProcesses)),
            Err(problem) => self.note_problem(Operation::ScanProcesses, problem.clone().into(), effects),
        }
    }

    /// Stores a problem, and warns unless this very problem was reported already.
    pub(super) fn note_problem(&mut self, operation: Operation, problem: Problem, effects: &mut Vec<Effect>) {
        if self.problems.get(&operation).is_some_and(|reported| reported.problem == problem) {
            return;
        }
        effects.push(Effect::Warn(problem.text.clone()));
        let row = problem_row(&operation, &problem.brief).into();
        self.problems.insert(operation, ReportedProblem { problem, row });
    }
}
