//! The alert of one metric: its rule, its state machine, its rate limit, snoozes and quiet hours.

pub mod alert;
pub mod event;
pub mod quiet_hours;
mod rate_limit;
pub mod rule;
pub mod snooze;
mod transition;
pub mod unknown_run;
