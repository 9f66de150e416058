//! Webhooks sent to real servers: Python's web server, and Prometheus Alertmanager.

mod alertmanager;
mod answers;
mod delivery;
pub mod https;
mod secrets;
pub mod server;

use std::time::{Duration, Instant};

use jiff::Zoned;
use loadline::core::actions::payload::Message;
use loadline::core::alerts::event::AlertEvent;
use loadline::core::messages::output_line::{OutputEvent, OutputLine};
use loadline::core::metrics::metric::Metric;
use loadline::core::settings::action::{Action, ActionKind, Preset};
use loadline::runtime::actions::exchange::{Exchange, Failure};
use loadline::runtime::actions::webhook::send_from;

use crate::support::events;
use crate::wait::SOON;

/// An empty environment.
fn nothing(_: &str) -> Option<String> {
    None
}

/// An alert of the CPU that fired at `at`, with a program of this name using the most.
fn alert(at: Zoned, name: &str) -> OutputLine {
    let top_apps = Some([events::app(name, &[7], 1 << 30)].into());
    let alert = AlertEvent { is_complete: true, top_apps, ..events::alert(Metric::Cpu, 91.0) };
    OutputLine { at, event: OutputEvent::Alert(alert) }
}

/// The end of that alert at `at`.
fn recovery(at: Zoned, lasted: Duration) -> OutputLine {
    OutputLine { at, event: OutputEvent::Recovery(events::recovery(Metric::Cpu, 41.0, lasted)) }
}

/// A message of this preset, of an alert a while ago.
fn message(preset: Preset) -> Message {
    let at = "2026-11-22T14:03:07+01:00[Europe/Vienna]".parse().unwrap();
    Message::of(preset, &alert(at, "漢字 \"quoted\" <!channel>"), "stüdio", false)
}

/// An action that sends to `url` with `headers`, and takes at most `timeout` for it.
fn action(url: &str, headers: &[(&str, &str)], timeout: Duration) -> Action {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let kind = ActionKind::Webhook { url: url.into(), preset: Preset::Json, headers };
    Action { on_recovery: true, timeout, ..events::action("hook", kind) }
}

/// Sends an alert to `url` with an empty environment and enough time.
fn send(url: &str) -> Exchange {
    send_from(&action(url, &[], SOON), &message(Preset::Json), &nothing)
}

/// The same, and the failure.
#[track_caller]
fn failure(url: &str) -> Failure {
    send(url).outcome.unwrap_err()
}

/// The exchange of an attempt that takes as long as `timeout`, and not much longer.
#[track_caller]
fn late(url: &str, timeout: Duration) -> Exchange {
    let began = Instant::now();
    let exchange = send_from(&action(url, &[], timeout), &message(Preset::Json), &nothing);
    let took = began.elapsed();
    assert!(took >= timeout && took < SOON, "it took {took:?}: {exchange:?}");
    exchange
}
