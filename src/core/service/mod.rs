//! A service manager such as systemd, which starts Loadline on servers: when it is told that Loadline still runs.

pub mod watchdog;
