//! **Loadline** tells people when their machine crosses its load line: live CPU and memory percentages in the menu bar,
//! and, when either goes above its threshold, a line on the console and a native notification.
//!
//! ```text
//! Source -> Reading -> Event::Read -> Engine::handle(event, now) -> Vec<Effect> -> perform
//!                                                  -> {Tray, Console, Notifier, Actions, Processes, Recorder, Store}
//! ```
//!
//! Menu clicks, signals, who uses the most and the outcomes of effects come back by the same door, the inbox.
//!
//! In reading order: [`core`] is pure and decides everything; [`runtime`] is all that can fail or surprise; [`cli`] is the
//! command line. `main.rs` only puts them together.
//!
//! # Invariants
//!
//! Each is checked by a test (`tests/it/tidy.rs` reads the source; the others run it).
//!
//! - **I1** `core/` reads no clock and touches nothing outside itself: no files, network, processes, threads, environment
//!   or locks, no printing, and none of the crates of the shell. It cannot fail.
//! - **I2** There is one clock read (`runtime/clock.rs`), one owner of the engine (`runtime/app.rs`), one module that writes
//!   what is kept (`runtime/atomic_file.rs`), but for the history: that file is SQLite's (`runtime/history`).
//! - **I3** `runtime/tray/event_loop.rs` decides nothing, runs on the main thread, builds the menu once, and waits.
//! - **I4** Readings wait in a bounded queue. A full one loses its oldest reading, never anything else.
//! - **I5** What is missing is `None`, never 0. A gap between readings never satisfies a rule's `after`.
//! - **I6** A failed effect is told once and never stops sampling. There is no `unwrap` outside tests.
//! - **I7** Settings that could not be read are never overwritten. Saves are atomic, follow a symbolic link, and keep
//!   unknown keys and the file's mode.
//! - **I8** JSON that is printed or stored comes from structs of its own, with a version.
//! - **I9** Menu bar, watch and replay share one loop body (`runtime/app.rs`).
//! - **I10** At most seven notifications of a metric in any hour, whatever is read; and every alert that fires is said on
//!   the console, as long as somebody reads it.
//! - **I11** The processes are looked at only while an alert is about to fire or fires.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod cli;
pub mod core;
pub mod runtime;
