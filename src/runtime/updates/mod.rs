//! The check for a newer version: one request, on a thread of its own, and the file that remembers it.

use std::path::PathBuf;
use std::sync::Arc;

use super::actions::webhook::page;
use super::inbox::{Inbox, Input};
use super::service::failures;
use super::trust::opening::{self, FileRole};
use super::{atomic_file, clock, platform};
use crate::core::messages::effect::Event;
use crate::core::text::actions::no_thread;
use crate::core::updates::release::{Release, Repository};
use crate::core::updates::schedule::UpdateCheck;

const NAME: &str = "updates.json";
/// Far more than a check takes.
const MAX_BYTES: u64 = 64 << 10;

fn path() -> Option<PathBuf> {
    Some(platform::state_dir()?.join(NAME))
}

/// The last check, of whichever run; `None` where there was none, or its file cannot be used, or others could have written it:
/// they would choose the version that the menu shows, and when the next check is.
pub fn last_check() -> Option<UpdateCheck> {
    let opened = opening::open(&path()?, FileRole::Person).ok()?;
    UpdateCheck::parse(&opened.trusted_text(MAX_BYTES)?)
}

/// Checks `repository` and stores the outcome, which comes as [`Event::UpdateChecked`]. Nobody waits for the thread: the end
/// of Loadline ends it.
pub fn check(repository: &Repository, inbox: &Arc<Inbox>) {
    let (sender, asked) = (Arc::clone(inbox), repository.clone());
    let work = move || {
        let reply = page::get(&asked.latest_release_url(), &|name| std::env::var(name).ok());
        let check = finished(&asked, reply.and_then(|reply| reply.map_or(Ok(None), |reply| asked.release(&reply))));
        if let Some(path) = path() {
            // Without the file the next run checks once more.
            let _ = atomic_file::replace(&path, &check.write());
        }
        sender.send(Input::Event(Event::UpdateChecked(check)));
    };
    if let Err(error) = failures::spawn("updates", work) {
        inbox.send(Input::Event(Event::UpdateChecked(finished(repository, Err(no_thread(&error))))));
    }
}

fn finished(repository: &Repository, outcome: Result<Option<Release>, String>) -> UpdateCheck {
    UpdateCheck { at: clock::now().wall.timestamp(), repository: repository.clone(), outcome }
}
