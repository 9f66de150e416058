//! The signals that end Loadline become an input like any other, so that the tray item and its files go too.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};
use signal_hook::iterator::Signals;

use super::inbox::{Inbox, Input};
use super::platform;

/// The exit status after a second signal.
const EXIT_BY_FORCE: i32 = 1;
/// What the system did if there is no listening.
const REFUSED: &str = "could not listen for signals";

/// From now on SIGINT, SIGTERM and SIGHUP arrive in `inbox`. A SIGHUP that was ignored at start (`nohup`) still is.
///
/// A second signal ends the process at once, whatever it is waiting for.
///
/// # Errors
/// When the system refuses the handlers or the thread.
pub fn forward(inbox: Arc<Inbox>) -> Result<()> {
    let mut wanted = vec![SIGINT, SIGTERM];
    if !platform::ignores_hangup() {
        wanted.push(SIGHUP);
    }
    let is_ending = Arc::new(AtomicBool::new(false));
    for &signal in &wanted {
        // The second one does not wait for a console that nobody reads. In this order: the first one only sets the flag.
        register_conditional_shutdown(signal, EXIT_BY_FORCE, Arc::clone(&is_ending)).context(REFUSED)?;
        register(signal, Arc::clone(&is_ending)).context(REFUSED)?;
    }
    let mut signals = Signals::new(wanted).context(REFUSED)?;
    let listen = move || {
        signals.forever().take_while(|_| inbox.send(Input::Stop)).for_each(drop);
    };
    thread::Builder::new().name("signals".into()).spawn(listen).context("could not start the signals' thread")?;
    Ok(())
}
