//! Many machines: the table of metrics that a Prometheus collects, its text format, and the endpoint's rules.
//!
//! The engine's state becomes a [`snapshot`], that becomes the [`table`], and that the [`exposition`] or a [`push`]. Each
//! metric is described once, in the table.

pub mod access;
pub mod endpoint;
pub mod exposition;
pub mod once;
pub mod overview;
pub mod push;
pub mod snapshot;
pub mod table;
pub mod totals;
