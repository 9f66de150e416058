//! The machines that a Prometheus knows: the queries that it is asked, its answers, and the list that they make.
//!
//! Nothing is judged here: a machine fires because its own Loadline said so to the server, and is silent because the server
//! has no value of it now.

pub mod answer;
pub mod machines;
pub mod query;
