//! The machines that a Prometheus knows, as a table.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Zoned};

use crate::core::fleet::overview::machines::{FleetMachine, MachineState};
use crate::core::text::figures::{UNKNOWN, truncate_chars};
use crate::core::time::local;

/// The longest name of a machine, with all that stands beside it: the rows fit into 80 columns.
const NAME_WIDTH: usize = 44;
/// The random name tells two machines of one name apart by so much of it.
const ID_CHARS: usize = 8;
/// A reading of the last five minutes is as good as one of now: the rule `LoadlineStuck` has the same limit.
const FRESH_SECONDS: i64 = 300;

/// The values in the table are older ones, for this reason.
pub fn not_of_now(problem: &str) -> String {
    format!("not of now: {problem}")
}

/// The lines of the table, with a `problem` of the server above them. Texts of the server are not escaped.
pub fn lines(server: &str, machines: &[&FleetMachine], problem: Option<&str>, now: &Zoned) -> Vec<String> {
    let count = |state| machines.iter().filter(|machine| machine.state == state).count();
    let (firing, silent) = (count(MachineState::Firing), count(MachineState::Silent));
    let noun = if machines.len() == 1 { "machine" } else { "machines" };
    let mut lines = vec![format!("{} {noun} at {server}: {firing} firing, {silent} silent", machines.len())];
    lines.extend(problem.map(str::to_owned));
    lines.push(row("", "CPU", "memory", "last reading", "machine"));
    let mut shared: BTreeMap<&str, usize> = BTreeMap::new();
    machines.iter().for_each(|machine| *shared.entry(&machine.instance).or_default() += 1);
    let is_shared = |machine: &FleetMachine| shared.get(machine.instance.as_str()).is_some_and(|count| *count > 1);
    lines.extend(machines.iter().map(|machine| machine_line(machine, is_shared(machine), now)));
    lines
}

fn row(state: &str, cpu: &str, memory: &str, last: &str, name: &str) -> String {
    format!("{state:<6}  {cpu:>4}  {memory:>6}  {last:<12}  {name}").trim_end().to_owned()
}

fn machine_line(machine: &FleetMachine, is_name_shared: bool, now: &Zoned) -> String {
    let state = match machine.state {
        MachineState::Firing => "FIRING",
        MachineState::Quiet => "ok",
        MachineState::Silent => "silent",
    };
    let percent = |value: Option<f64>| value.map_or_else(|| UNKNOWN.to_string(), |percent| format!("{percent:.0}%"));
    let mut name = name(machine, is_name_shared);
    if !machine.firing.is_empty() {
        name = format!("{name}: {}", machine.firing.join(", "));
    }
    let name = truncate_chars(&name, NAME_WIDTH);
    row(state, &percent(machine.cpu_percent), &percent(machine.memory_percent()), &last_reading(machine, now), &name)
}

/// `web1`, `10.0.0.7 (web1)`, and where another machine has the same name, the beginning of the random one, or job and labels.
fn name(machine: &FleetMachine, is_shared: bool) -> String {
    let mut name = machine.instance.clone();
    match &machine.host {
        Some(host) if name.is_empty() => name.clone_from(host),
        Some(host) if !name.starts_with(host.as_str()) => name = format!("{name} ({host})"),
        _ => {}
    }
    match &machine.host_id {
        Some(id) if is_shared => format!("{name} #{}", id.chars().take(ID_CHARS).collect::<String>()),
        None if is_shared => {
            let job = Some(&machine.job).filter(|job| !job.is_empty()).map(|job| format!(" of {job}"));
            let labels = machine.labels.iter().map(|(label, value)| format!(" {label}={value}"));
            name + &job.into_iter().chain(labels).collect::<String>()
        }
        _ => name,
    }
}

/// The time of the last reading, if it is not fresh: `14:03`, on another day `22 Nov 14:03`.
fn last_reading(machine: &FleetMachine, now: &Zoned) -> String {
    let Some(at) = machine.last_reading else { return UNKNOWN.to_string() };
    let is_fresh = now.timestamp().duration_since(at) <= SignedDuration::from_secs(FRESH_SECONDS);
    if is_fresh && machine.state != MachineState::Silent {
        return String::new();
    }
    let at = local(at, now);
    let format = if at.date() == now.date() { "%H:%M" } else { "%e %b %H:%M" };
    at.strftime(format).to_string()
}
