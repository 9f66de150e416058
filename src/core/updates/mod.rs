//! Newer versions of Loadline: the repository that is asked, its reply, and the time of the next check.

pub mod release;
pub mod schedule;
