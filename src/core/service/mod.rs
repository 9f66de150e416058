//! The life of the process: when a service manager such as systemd is told that it runs, and the threads that have failed.

pub mod thread_failures;
pub mod watchdog;
