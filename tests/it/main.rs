//! The tests that look at Loadline from outside: its pure part through its public door, its source, and the program as
//! a person runs it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod engine;
mod program;
mod tidy;

mod command_line;
mod replay;
mod settings;
mod truth;
mod watching;
