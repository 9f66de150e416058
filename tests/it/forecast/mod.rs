//! The early warning of memory: held against the same rule in Python, and as a person meets it.

mod engine;
mod grower;
mod leaking_child;
mod named;
mod program;
mod rule;
mod told;
