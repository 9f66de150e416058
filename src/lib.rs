//! **Loadline** tells people when their machine crosses its load line: live CPU and memory percentages in the menu bar,
//! and, when either stays above its threshold, a line on the console and a native notification.
//!
//! ```text
//! Source -> Reading -> Inbox -> App -> Engine::handle(event, now) -> effects
//!     -> tray, console, notifier, actions, history, settings
//! ```
//!
//! Clicks, signals and the outcomes of effects come back through the same inbox. The engine decides; everything else
//! brings it events or performs its effects.
//!
//! # The house
//!
//! Three floors, and the same room names on each. A floor uses those below it, never one above; no two files need each
//! other. `main.rs` only starts the command.
//!
//! ```text
//! cli      ->  runtime  ->  core
//! arguments    clocks, files, threads,   pure: no clock, no IO, no threads;
//! commands     network, desktop          cannot fail
//! ```
//!
//! [`core`], in reading order:
//! - [`core::metrics`]: what is measured, and how often;
//! - [`core::proc`]: the figures of Linux's `/proc`, from bytes to numbers;
//! - [`core::cgroup`]: the limits of Linux's cgroups, and how much of them is used;
//! - [`core::processes`]: processes grouped into applications, and the ones that use the most;
//! - [`core::alerts`]: the alert rule of one metric, the heart of Loadline (`alert.rs`);
//! - [`core::forecast`]: the early warning of memory that rises slowly;
//! - [`core::settings`]: the settings, and the file that holds them;
//! - [`core::messages`]: the events and commands that go into the engine, and the effects that come out;
//! - [`core::engine`]: every decision beyond one alert: when to notify, scan, record, save and back off;
//! - [`core::history`]: stored readings, sums over time, and the recommended threshold;
//! - [`core::report`]: the data of the HTML report;
//! - [`core::trace`]: recorded traces, from lines to rows;
//! - [`core::actions`]: the payloads of webhooks, the environment of commands, retries, the outbox;
//! - [`core::updates`]: newer versions, and when to look for them;
//! - [`core::fleet`]: the table of metrics for servers that watch many machines, the rules of its endpoint, and the push;
//! - [`core::tray`]: what the tray shows, computed and never stored, but for the applications in the open menu;
//! - [`core::login_item`]: launch at login, its states, and what a click does;
//! - [`core::service`]: the watchdog of a service manager (systemd), and the threads that have failed;
//! - [`core::text`] and [`core::json`]: every sentence that people read, and every line that programs read.
//!
//! [`runtime`], in reading order:
//! - [`runtime::sources`]: the machine or a recorded trace, and the thread that samples them;
//! - [`runtime::inbox`] and [`runtime::app`]: the queue into the loop, and the loop body, which owns the engine;
//! - [`runtime::work_queue`]: the queue from the loop to every thread that works for it;
//! - `runtime::tray`: tao's event loop, the menu, the icon, and the thread that switches launch at login;
//! - [`runtime::console`], [`runtime::notifier`], [`runtime::process_scanner`]: one thread each, started when needed;
//! - [`runtime::actions`]: commands and webhooks, one thread for each action in use;
//! - [`runtime::history`]: the SQLite file, its one writer, its readers, the report;
//! - [`runtime::updates`]: the one request for the newest version;
//! - [`runtime::fleet`]: the endpoint that serves the metrics, and the push of them: one thread each, only where wanted;
//! - [`runtime::service`]: the service manager that started Loadline, what it is told, and another start where a thread failed;
//! - [`runtime::settings_store`]: the settings file, loaded, watched and saved;
//! - [`runtime::trust`]: who else could have written a file, or have chosen which one is read;
//! - [`runtime::platform`]: the code that differs between macOS and Linux.
//!
//! [`cli`]: `args.rs` is the command line, `setup.rs` puts the parts of a run together, and each command has a file.
//!
//! Three walks to begin with. *An alert*: `core/alerts/alert.rs` (`Alert::step`), `core/engine/alerts.rs`
//! (`Engine::on_reading`), `runtime/app.rs` (`App::perform`). *A click on a threshold*: `runtime/tray/menu.rs` makes a
//! `UserCommand`, `core/engine/mod.rs` (`Engine::apply_command`) returns `Effect::Save`,
//! `runtime/settings_store.rs` (`Store::save`) writes it. *A notification on macOS*: `runtime/notifier.rs`, then
//! `runtime/platform/macos/notifications.rs`.
//!
//! # Invariants
//!
//! Each is checked by a test: `tests/it/tidy` reads the source, the others run it.
//!
//! - **I1** `core/` reads no clock and touches nothing outside itself: no files, network, processes, threads, environment
//!   or locks, no printing, and none of the crates of the runtime. It cannot fail.
//! - **I2** There is one clock read (`runtime/clock.rs`), one owner of the engine (`runtime/app.rs`), one module that
//!   writes files (`runtime/atomic_file.rs`), except for the history: SQLite writes that (`runtime/history`).
//! - **I3** `runtime/tray/event_loop.rs` decides nothing, runs on the main thread, builds the menu once, and waits.
//! - **I4** Every queue is bounded. A full one drops its oldest reading, or what else may go; never a transition.
//! - **I5** A missing value is `None`, never 0. A gap between values never satisfies a rule's `after`; three
//!   readings in a row without one, over six seconds, are a gap.
//! - **I6** A failed effect is reported once and never stops sampling. There is no `unwrap` outside tests. A thread that fails
//!   all the same has the program start again, and say so.
//! - **I7** Settings that could not be read are never overwritten. Saves are atomic, follow a symbolic link of this user or
//!   root, and keep unknown keys and the file's mode. Nothing is done in the person's name that others could have written.
//! - **I8** Printed and stored JSON has a form of its own, with a version (`core/json`, the files' own structs).
//! - **I9** Menu bar, watch and replay share one loop body (`runtime/app.rs`).
//! - **I10** At most seven notifications of a metric are shown in any hour, whatever is read; one that nobody could see does
//!   not count as told; and every alert that fires is printed on the console, as long as somebody reads it.
//! - **I11** Processes are looked at when an alert is about to fire or fires, while the menu is open, and once in five minutes
//!   for the history; never else.
//! - **I12** A floor uses only those below it, no file needs itself by way of others, a room holds at most a dozen files,
//!   no two types share a name, and clap stays in `cli/`.
//! - **I13** Every sentence that people read is in `core/text`. The tray's labels, the report's cells and clap's help are
//!   with what they label; the runtime adds only the step that failed ("could not ...").

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod cli;
pub mod core;
pub mod runtime;
