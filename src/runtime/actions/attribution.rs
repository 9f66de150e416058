//! The users whose processes an alert names, as they were when a command was requested for it. Later another process may have
//! the number of one that has ended.

use std::collections::BTreeSet;

use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::runtime::platform;

/// An alert or its end, for a command.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributedLine {
    pub line: OutputLine,
    /// The users who started the processes of the application that uses the most, each once. `None` where one of them is
    /// unknown, for anybody's program may have the name of that application.
    pub uids: Option<Vec<u32>>,
}

impl AttributedLine {
    /// `line` with the users as they are now.
    pub fn now(line: OutputLine) -> AttributedLine {
        let uids = owners(&line);
        AttributedLine { line, uids }
    }
}

/// The users whose processes `line` names, as they are now (see [`AttributedLine::uids`]).
pub fn owners(line: &OutputLine) -> Option<Vec<u32>> {
    let OutputEvent::Alert(alert) = &line.event else { return None };
    let pids = &alert.top_apps.as_ref()?.first()?.pids;
    let uids: Option<BTreeSet<u32>> = pids.iter().map(|pid| platform::owner_of(*pid)).collect();
    uids.filter(|uids| !uids.is_empty()).map(|uids| uids.into_iter().collect())
}
