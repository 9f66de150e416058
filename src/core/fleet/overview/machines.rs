//! The list of machines, from the values of their series.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;

use super::answer::{SeriesLabels, SeriesValue};

/// The state of a machine, as the server has it; in the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MachineState {
    /// An alert of the machine fires.
    Firing,
    /// None does.
    Quiet,
    /// The server has no value of the machine now.
    Silent,
}

/// A machine that the server knows. Its texts are not escaped.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetMachine {
    /// The label `instance`.
    pub instance: String,
    /// The label `job`.
    pub job: String,
    /// The other labels of its target.
    pub labels: BTreeMap<String, String>,
    /// The random name that the machine keeps; `None` where the server has none now.
    pub host_id: Option<String>,
    /// The host's own name; `None` where the server has none now.
    pub host: Option<String>,
    pub state: MachineState,
    /// The metrics whose alerts fire.
    pub firing: Vec<String>,
    /// `None` where it is unknown, as all figures of a silent machine are.
    pub cpu_percent: Option<f64>,
    pub memory_used_bytes: Option<f64>,
    pub memory_size_bytes: Option<f64>,
    /// By the machine's own clock; `None` where the server has none from the last day.
    pub last_reading: Option<Timestamp>,
}

impl FleetMachine {
    /// The share of the memory that is in use; `None` where either figure is unknown.
    pub fn memory_percent(&self) -> Option<f64> {
        let (used, size) = (self.memory_used_bytes?, self.memory_size_bytes?);
        percent(used / size)
    }
}

/// Tells targets apart: job, instance, the random name where it is on every series, as it is on those that are pushed, and the
/// other labels.
type FleetKey = (String, String, String, BTreeMap<String, String>);

/// The machines that a server knows, and knew while it was asked.
#[derive(Clone, Debug, Default)]
pub struct FleetList {
    targets: BTreeMap<FleetKey, FleetMachine>,
    /// The same, with each machine once that has several targets: scraped and pushing, or known to several servers.
    machines: BTreeMap<FleetKey, FleetMachine>,
}

impl FleetList {
    /// Takes in the last readings and the names of a day.
    pub fn add_last_readings(&mut self, values: &[SeriesValue]) {
        // A server may leave the names of the metrics out.
        let (names, readings): (Vec<_>, Vec<_>) = values.iter().partition(|value| !value.labels.host.is_empty());
        for value in readings.into_iter().filter(|value| value.labels.name != HOST_INFO) {
            self.target(&value.labels).last_reading = value.value.and_then(moment);
        }
        self.take_names(&names);
        self.merge();
    }

    /// Takes in the values of now. A machine without any is silent, and keeps only its last reading and its names.
    pub fn update(&mut self, values: &[SeriesValue]) {
        for target in self.targets.values_mut() {
            target.silence();
        }
        let (names, others): (Vec<_>, Vec<_>) = values.iter().partition(|value| value.labels.name == HOST_INFO);
        for value in &others {
            self.target(&value.labels).take(value);
        }
        self.take_names(&names);
        // The values of a target that does not answer are the last ones that the server had. Some show them for minutes.
        for value in others.iter().filter(|value| value.labels.name == UP && value.value == Some(0.0)) {
            self.target(&value.labels).silence();
        }
        self.merge();
    }

    /// Whether the server knows no machine.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The machines: those that fire first, the silent ones last, each group by name.
    pub fn rows(&self) -> Vec<&FleetMachine> {
        self.rows_changed_since(&FleetList::default())
    }

    /// Those of the machines that `before` had not, or had otherwise.
    pub fn rows_changed_since(&self, before: &FleetList) -> Vec<&FleetMachine> {
        let changed = self.machines.iter().filter(|(key, machine)| before.machines.get(key) != Some(machine));
        let mut rows: Vec<&FleetMachine> = changed.map(|(_, machine)| machine).collect();
        rows.sort_by(|one, other| (one.state, &one.instance).cmp(&(other.state, &other.instance)));
        rows
    }

    fn target(&mut self, labels: &SeriesLabels) -> &mut FleetMachine {
        self.targets.entry(key(labels)).or_insert_with(|| FleetMachine::new(labels))
    }

    fn take_names(&mut self, names: &[&SeriesValue]) {
        for name in names {
            // A scraped target has the random name on this series alone.
            let scraped = key(&SeriesLabels { host_id: String::new(), ..name.labels.clone() });
            let target = match self.targets.contains_key(&key(&name.labels)) {
                true => self.target(&name.labels),
                false => self.targets.entry(scraped).or_insert_with(|| FleetMachine::new(&name.labels)),
            };
            target.host = some(&name.labels.host);
            target.host_id = some(&name.labels.host_id);
        }
    }

    /// Puts the targets of one machine together. Two machines that were cloned with their random name have different hosts.
    fn merge(&mut self) {
        self.machines.clear();
        let mut known: BTreeMap<(&String, &String), &FleetKey> = BTreeMap::new();
        for (key, target) in &self.targets {
            let name = target.host_id.as_ref().zip(target.host.as_ref());
            let first = name.map_or(key, |name| *known.entry(name).or_insert(key));
            match self.machines.entry(first.clone()) {
                Entry::Occupied(machine) => machine.into_mut().join(target),
                Entry::Vacant(place) => {
                    place.insert(target.clone());
                }
            }
        }
    }
}

const HOST_INFO: &str = "loadline_host_info";
/// Whether a target of the server answers: 1 or 0.
const UP: &str = "up";

fn key(labels: &SeriesLabels) -> FleetKey {
    (labels.job.clone(), labels.instance.clone(), labels.host_id.clone(), labels.others.clone())
}

fn some(label: &str) -> Option<String> {
    Some(label.to_owned()).filter(|label| !label.is_empty())
}

impl FleetMachine {
    fn new(labels: &SeriesLabels) -> FleetMachine {
        FleetMachine {
            instance: labels.instance.clone(),
            job: labels.job.clone(),
            labels: labels.others.clone(),
            host_id: some(&labels.host_id),
            host: None,
            state: MachineState::Silent,
            firing: Vec::new(),
            cpu_percent: None,
            memory_used_bytes: None,
            memory_size_bytes: None,
            last_reading: None,
        }
    }

    fn silence(&mut self) {
        self.state = MachineState::Silent;
        self.firing.clear();
        (self.cpu_percent, self.memory_used_bytes, self.memory_size_bytes) = (None, None, None);
    }

    /// Adds another target of the same machine, whose values are as new, or missing.
    fn join(&mut self, other: &FleetMachine) {
        self.state = self.state.min(other.state);
        self.firing.extend_from_slice(&other.firing);
        self.firing.sort();
        self.firing.dedup();
        self.cpu_percent = self.cpu_percent.or(other.cpu_percent);
        self.memory_used_bytes = self.memory_used_bytes.or(other.memory_used_bytes);
        self.memory_size_bytes = self.memory_size_bytes.or(other.memory_size_bytes);
        self.last_reading = self.last_reading.max(other.last_reading);
    }

    fn take(&mut self, series: &SeriesValue) {
        let value = series.value;
        match series.labels.name.as_str() {
            "loadline_cpu_usage_ratio" => self.cpu_percent = value.and_then(percent),
            "loadline_memory_used_bytes" => self.memory_used_bytes = value.filter(|bytes| *bytes >= 0.0),
            "loadline_memory_size_bytes" => self.memory_size_bytes = value.filter(|bytes| *bytes > 0.0),
            "loadline_last_reading_timestamp_seconds" => self.last_reading = value.and_then(moment),
            "loadline_alert_firing" if value == Some(1.0) => {
                self.state = MachineState::Firing;
                self.firing.push(series.labels.metric.clone());
                self.firing.sort();
            }
            "loadline_alert_firing" => {}
            // `up`: the target is known, and its values are not.
            _ => return,
        }
        self.state = self.state.min(MachineState::Quiet);
    }
}

/// A share as a percentage; `None` where it is not from 0 to 1.
fn percent(ratio: f64) -> Option<f64> {
    (0.0..=1.0).contains(&ratio).then_some(ratio * 100.0)
}

fn moment(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()
}
