//! The start of threads.

use std::io;
use std::thread::Builder;

use super::reset_timer_tolerance;

/// Starts a thread with exact timers, also where the thread that starts it lets its own be late. So are those of the programs
/// that it starts.
///
/// # Errors
/// When the system has no thread to give.
pub fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let run = move || {
        reset_timer_tolerance();
        work();
    };
    Builder::new().name(name.into()).spawn(run).map(drop)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    use super::*;
    use crate::runtime::platform::set_timer_tolerance;

    #[test]
    fn a_thread_does_not_inherit_late_timers() {
        let (sender, tolerances) = sync_channel(2);
        let late = move || {
            set_timer_tolerance(Duration::from_millis(200));
            let of_this = || rustix::thread::current_timer_slack().unwrap();
            sender.send(of_this()).unwrap();
            start_thread("exact", move || sender.send(of_this()).unwrap()).unwrap();
        };
        start_thread("late", late).unwrap();
        let limit = Duration::from_secs(20);
        let taken = [(); 2].map(|()| tolerances.recv_timeout(limit).unwrap());
        assert_eq!(taken, [200_000_000, 50_000], "nanoseconds");
    }
}
