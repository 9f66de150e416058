//! The JSON of the machines that a Prometheus knows.

use jiff::Zoned;
use serde_json::json;

use super::line;
use super::values::{rfc3339, rounded};
use crate::core::fleet::overview::machines::{FleetMachine, MachineState};
use crate::core::time::local;

/// One machine.
pub fn machine_line(machine: &FleetMachine, at: &Zoned) -> String {
    let state = match machine.state {
        MachineState::Firing => "firing",
        MachineState::Quiet => "ok",
        MachineState::Silent => "silent",
    };
    let bytes = |value: Option<f64>| value.map(|bytes| bytes as u64);
    let mut body = json!({
        "type": "machine",
        "instance": machine.instance,
        "job": machine.job,
        "host": machine.host,
        "host_id": machine.host_id,
        "state": state,
        "firing": machine.firing,
        "cpu_percent": machine.cpu_percent.map(rounded),
        "memory_percent": machine.memory_percent().map(rounded),
        "memory_used_bytes": bytes(machine.memory_used_bytes),
        "memory_size_bytes": bytes(machine.memory_size_bytes),
        "last_reading": machine.last_reading.map(|reading| rfc3339(&local(reading, at))),
    });
    if !machine.labels.is_empty() {
        body["labels"] = json!(machine.labels);
    }
    line(body, at, None)
}
