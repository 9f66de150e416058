//! Forwards the signals that end Loadline to the inbox, so that the tray item and its files are removed too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use signal_hook::consts::{
    SIGALRM, SIGHUP, SIGINT, SIGIO, SIGPIPE, SIGPROF, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
};
use signal_hook::flag::register_conditional_shutdown;
use signal_hook::iterator::Signals;

use super::inbox::{Inbox, Input};
use super::{clock, platform};

/// The exit status after a late second signal.
const EXIT_BY_FORCE: i32 = 1;
/// The context of an error of the system.
const REFUSED: &str = "could not listen for signals";
/// The time for an orderly end after the first signal. Several come at once when a terminal is closed or a session ends.
const GRACE: Duration = Duration::from_secs(1);

/// Signals that end a process by default and mean nothing to Loadline, on every system: the limit on the size of files, after
/// which a write fails as on a full disk; the first limit on CPU time, of which the last ends a process in any case; a reader
/// that is gone; timers and whatever others send by mistake. Source: signal(7).
const HARMLESS: [i32; 9] = [SIGXFSZ, SIGXCPU, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO];

/// From now on these signals do nothing. They are not ignored, but handled, so that a command that Loadline starts has them as
/// it would from a shell.
pub fn survive_harmless() {
    let unread = Arc::<AtomicBool>::default();
    for signal in HARMLESS.into_iter().chain(platform::harmless_signals()) {
        // Where the system refuses, the signal does as before.
        let _ = signal_hook::flag::register(signal, Arc::clone(&unread));
    }
}

/// From now on SIGINT, SIGTERM and SIGHUP arrive in `inbox`. A SIGHUP that was ignored at start (`nohup`) still is. For a service
/// manager SIGHUP is no end (`is_hangup_reload`): it has the settings read anew.
///
/// A signal that comes a second or more after the first ends the process at once, even while it waits, say for a console
/// without a reader.
pub fn forward(inbox: Arc<Inbox>, is_hangup_reload: bool) -> Result<()> {
    let mut wanted = vec![SIGINT, SIGTERM];
    if !platform::ignores_hangup() {
        wanted.push(SIGHUP);
    }
    let is_late = Arc::new(AtomicBool::new(false));
    for &signal in wanted.iter().filter(|signal| **signal != SIGHUP || !is_hangup_reload) {
        register_conditional_shutdown(signal, EXIT_BY_FORCE, Arc::clone(&is_late)).context(REFUSED)?;
    }
    let mut signals = Signals::new(wanted).context(REFUSED)?;
    let listen = move || {
        for signal in signals.forever() {
            if signal == SIGHUP && is_hangup_reload {
                inbox.send(Input::Reload);
                continue;
            }
            inbox.send(Input::Stop);
            clock::wait_for(GRACE);
            is_late.store(true, Ordering::Relaxed);
        }
    };
    thread::Builder::new().name("signals".into()).spawn(listen).context("could not start the signals' thread")?;
    Ok(())
}
