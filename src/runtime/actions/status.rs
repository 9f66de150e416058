//! What `doctor` says of the actions: whether they may run, and how each went last.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::{outbox_file, permissions};
use crate::core::actions::outbox::{ActionRecord, Outbox};
use crate::core::duration;
use crate::core::escape::for_terminal;
use crate::core::settings::action::{Action, ActionKind};
use crate::core::time::between;
use crate::runtime::platform::Check;

/// How much of what came back is shown, in lines.
const OUTPUT_LINES: usize = 20;

/// What is said of one action.
pub struct ActionStatus {
    /// How it stands.
    pub check: Check,
    /// The end of what came back last, escaped: for people.
    pub output: Vec<String>,
}

/// Looks at each of `actions`, which `settings_file` has, and at what `folder` keeps of them. Changes nothing.
pub fn statuses(
    actions: &[Arc<Action>],
    settings_file: &Path,
    folder: Option<&Path>,
    now: Timestamp,
) -> Vec<ActionStatus> {
    if actions.is_empty() {
        return Vec::new();
    }
    let state = folder.map_or(Ok(None), outbox_file::read).map(|state| {
        let mut state = state.unwrap_or_default();
        state.forget_old(now);
        state
    });
    actions.iter().map(|action| status(action, settings_file, &state, now)).collect()
}

fn status(action: &Action, settings_file: &Path, state: &Result<Outbox, String>, now: Timestamp) -> ActionStatus {
    let kept = state.as_ref().map(|state| state.actions.get(&action.name));
    let trust = match action.kind {
        ActionKind::Command { .. } => permissions::check(settings_file),
        ActionKind::Webhook { .. } => Ok(()),
    };
    let result = trust.and_then(|()| match kept {
        Ok(kept) => went(kept, now),
        Err(problem) => Err(format!("could not see how it went: {problem}; the next run puts the file aside")),
    });
    let last = kept.ok().flatten().and_then(|kept| kept.last.as_ref());
    let lines: Vec<&str> = last.map(|last| last.output.lines().collect()).unwrap_or_default();
    let shown = lines.iter().skip(lines.len().saturating_sub(OUTPUT_LINES));
    let output = shown.map(|line| format!("    {}", for_terminal(line))).collect();
    ActionStatus { check: Check { name: format!("action {}", action.name), result: result.into() }, output }
}

fn went(kept: Option<&ActionRecord>, now: Timestamp) -> Result<String, String> {
    let Some(kept) = kept else { return Ok("has not run yet".into()) };
    let waiting = match kept.undelivered.len() {
        0 => String::new(),
        1 => "; 1 message waits for its delivery".into(),
        count => format!("; {count} messages wait for their delivery"),
    };
    let Some(last) = &kept.last else { return Ok(format!("has not run yet{waiting}")) };
    let ago = duration::humanize(between(last.at, now));
    if last.ok {
        Ok(format!("ran {ago} ago and went well{waiting}"))
    } else {
        Err(format!("failed {ago} ago: {}{waiting}", last.text))
    }
}
