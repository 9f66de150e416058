//! The signals that end Loadline become an input like any other, so that the tray item and its files go too.

use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::inbox::{Inbox, Input};
use super::platform;

/// From now on SIGINT, SIGTERM and SIGHUP arrive in `inbox`. A SIGHUP that was ignored at start (`nohup`) still is.
///
/// # Errors
/// When the system refuses the handlers or the thread.
pub fn forward(inbox: Arc<Inbox>) -> Result<()> {
    let mut wanted = vec![SIGINT, SIGTERM];
    if !platform::ignores_hangup() {
        wanted.push(SIGHUP);
    }
    let mut signals = Signals::new(wanted).context("could not listen for signals")?;
    let listen = move || {
        signals.forever().take_while(|_| inbox.send(Input::Stop)).for_each(drop);
    };
    thread::Builder::new().name("signals".into()).spawn(listen).context("could not start the signals' thread")?;
    Ok(())
}
