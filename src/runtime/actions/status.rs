//! The status of each action for `doctor`: whether it may run, and its last outcome.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::outbox_file;
use super::permissions::Permissions;
use crate::core::actions::outbox::{ActionRecord, Outbox};
use crate::core::escape::for_terminal;
use crate::core::settings::action::Action;
use crate::core::text::actions::status as text;
use crate::core::time::between;
use crate::runtime::platform::Check;

/// The most lines of output that are shown.
const OUTPUT_LINES: usize = 20;

/// The status of one action.
pub struct ActionStatus {
    pub check: Check,
    /// The end of the last output, escaped for a terminal.
    pub output: Vec<String>,
}

/// The status of each of `actions`, which come from `settings_file` and have their outbox in `folder`. Changes nothing.
pub fn statuses(
    actions: &[Arc<Action>],
    settings_file: &Path,
    folder: Option<&Path>,
    now: Timestamp,
) -> Vec<ActionStatus> {
    if actions.is_empty() {
        return Vec::new();
    }
    let outbox = folder.map_or(Ok(None), outbox_file::read).map_err(String::from).map(|outbox| {
        let mut outbox = outbox.unwrap_or_default();
        outbox.drop_expired(now);
        outbox
    });
    let permissions = Permissions::new(Some(settings_file.to_owned()), folder);
    actions.iter().map(|action| status(action, &permissions, &outbox, now)).collect()
}

fn status(action: &Action, permissions: &Permissions, outbox: &Result<Outbox, String>, now: Timestamp) -> ActionStatus {
    let record = outbox.as_ref().map(|outbox| outbox.actions.get(&action.name));
    let result = permissions.check(action).and_then(|()| match record {
        Ok(record) => last_outcome(record, now),
        Err(problem) => Err(text::unknown(problem)),
    });
    let last = record.ok().flatten().and_then(|record| record.last.as_ref());
    let lines: Vec<&str> = last.map(|last| last.output.lines().collect()).unwrap_or_default();
    let shown = lines.iter().skip(lines.len().saturating_sub(OUTPUT_LINES));
    let output = shown.map(|line| format!("    {}", for_terminal(line))).collect();
    ActionStatus { check: Check { name: format!("action {}", action.name), result: result.into() }, output }
}

fn last_outcome(record: Option<&ActionRecord>, now: Timestamp) -> Result<String, String> {
    let last = record.and_then(|record| record.last.as_ref());
    let last = last.map(|last| (between(last.at, now), (!last.ok).then_some(last.text.as_str())));
    text::last_outcome(last, record.map_or(0, |record| record.undelivered.len()))
}
