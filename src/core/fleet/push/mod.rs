//! Pushing the metrics to a server: which series, in which bytes, and when.
//!
//! Snapshots wait in the [`schedule`], become [`series`], and those a request of [`remote_write`].

pub mod remote_write;
pub mod schedule;
pub mod series;
