//! The command line: its arguments and its commands. The only user of clap.

pub mod advise;
pub mod args;
pub mod doctor;
pub mod export;
pub mod fleet;
pub mod help;
pub mod history;
pub mod replay;
pub mod report;
pub mod setup;
pub mod test_action;
pub mod top;
pub mod usage_error;
pub mod watch;
