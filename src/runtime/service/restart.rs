//! Another start in the place of this one, where a thread has failed (a bug): a program that no longer reads, or no longer
//! notifies, would watch over nothing without a word. The process stays the same, and so do its arguments and its output.

use std::os::unix::process::CommandExt;
use std::panic::{self, PanicHookInfo};
use std::path::Path;
use std::process::{self, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, thread};

use super::{environment, failures};
use crate::core::service::thread_failures::ThreadFailure;
use crate::core::text::problems as text;
use crate::runtime::{clock, console, platform};

/// The name of a thread that has none.
const UNNAMED: &str = "?";

/// From now on a thread that fails ends no more than this start of the program. After too many failures the program ends: a
/// service manager then has its own ways.
///
/// The failed thread may hold any lock, so nothing is said here: the next start does that.
pub fn restart_on_failure() {
    // By its path as of now: once another version has taken its place, the system no longer tells it, and that one is started.
    let Ok(program) = env::current_exe() else { return };
    let is_under_way = AtomicBool::new(false);
    panic::set_hook(Box::new(move |failed| {
        while is_under_way.swap(true, Ordering::SeqCst) {
            // Another thread has failed as well, and starts the program again. That ends this one.
            thread::park();
        }
        let mut known = failures::earlier().clone();
        let failure = failure(failed);
        let last_words = text::thread_failed(&failure.thread, &failure.message);
        if !known.add(failure) {
            platform::reset_timer_tolerance();
            // It returns only where it fails.
            let _ = start(&program, &known.to_string()).exec();
        }
        console::print_failure(&last_words);
        process::abort();
    }));
}

/// The start of `program` as this one was started, told of the failures.
fn start(program: &Path, failures: &str) -> Command {
    let mut command = Command::new(program);
    let mut arguments = env::args_os();
    command.arg0(arguments.next().unwrap_or_else(|| program.into())).args(arguments);
    command.envs(environment::variables().as_given()).env(environment::FAILURES, failures);
    command
}

fn failure(failed: &PanicHookInfo) -> ThreadFailure {
    let payload = failed.payload();
    let message = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
    let place = failed.location().map(|place| format!("{}:{}: ", place.file(), place.line()));
    let message = place.unwrap_or_default() + message.unwrap_or_default();
    ThreadFailure::new(clock::system_monotonic(), thread::current().name().unwrap_or(UNNAMED), &message)
}
