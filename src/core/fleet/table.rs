//! The table of metrics: every name, kind and value, in one place. Names are for ever: rules and dashboards hold them.
//!
//! An unknown value has no sample, never 0. The name of a process is never a label: each would be a series of its own.

use super::snapshot::MetricsSnapshot;
use crate::core::metrics::metric::{Metric, hundredths};
use crate::core::metrics::reading::{Pressure, Reading};
use crate::core::text::fleet::help;

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Goes up and down.
    Gauge,
    /// Only grows, until the program is started anew.
    Counter,
}

impl MetricKind {
    /// The word of the text format.
    pub fn key(self) -> &'static str {
        match self {
            MetricKind::Gauge => "gauge",
            MetricKind::Counter => "counter",
        }
    }
}

/// A metric with its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFamily {
    pub name: &'static str,
    pub kind: MetricKind,
    /// One sentence for people.
    pub help: &'static str,
    /// None where nothing is known.
    pub samples: Vec<MetricSample>,
}

/// A value, and the labels that tell it from others of its metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSample {
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

/// The machine and the program, as the metrics of information name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineIdentity {
    pub version: &'static str,
    /// As Rust names the system and the processor: `linux`, `x86_64`.
    pub os: &'static str,
    pub arch: &'static str,
    /// The host name. Two machines may have the same one.
    pub host: String,
    /// A random name that the machine keeps; `None` where there is no place to keep it.
    pub host_id: Option<String>,
}

/// The whole table. Metrics of which nothing is known are left out.
pub fn table(snapshot: &MetricsSnapshot, identity: &MachineIdentity) -> Vec<MetricFamily> {
    let mut families = of_program(identity);
    if let Some((reading, _)) = &snapshot.reading {
        families.push(gauge("loadline_cpu_usage_ratio", help::CPU_USAGE, reading.cpu_percent.map(ratio)));
    }
    let totals = &snapshot.totals;
    families.extend([
        counter("loadline_cpu_busy_seconds_total", help::CPU_BUSY, vec![sample(micros(totals.cpu_busy_seconds))]),
        counter(
            "loadline_cpu_observed_seconds_total",
            help::CPU_OBSERVED,
            vec![sample(micros(totals.cpu_observed_seconds))],
        ),
    ]);
    families.extend(snapshot.reading.iter().flat_map(|(reading, _)| of_memory(reading)));
    families.extend(of_alerts(snapshot));
    let read_at = snapshot.reading.map(|(_, at)| at.as_millisecond() as f64 / 1000.0);
    families.extend([
        gauge("loadline_last_reading_timestamp_seconds", help::LAST_READING, read_at),
        gauge("loadline_refresh_interval_seconds", help::REFRESH_INTERVAL, Some(snapshot.refresh.as_secs_f64())),
    ]);
    families.retain(|family| !family.samples.is_empty());
    families
}

/// The part of the table that is true without a running monitor: no totals and alerts, which are those of a run.
pub fn table_of_moment(snapshot: &MetricsSnapshot, identity: &MachineIdentity) -> Vec<MetricFamily> {
    let mut families = table(snapshot, identity);
    families.retain(|family| family.kind != MetricKind::Counter && !family.name.starts_with("loadline_alert_"));
    families
}

fn of_program(identity: &MachineIdentity) -> Vec<MetricFamily> {
    let MachineIdentity { version, os, arch, host, host_id } = identity;
    let build = [("version", *version), ("os", *os), ("arch", *arch)].map(|(name, value)| (name, value.to_owned()));
    let host_id = host_id.iter().map(|id| ("host_id", id.clone()));
    let host = [("host", host.clone())].into_iter().chain(host_id).collect();
    let info = |name, help, labels| MetricFamily {
        name,
        kind: MetricKind::Gauge,
        help,
        samples: vec![MetricSample { labels, value: 1.0 }],
    };
    vec![
        info("loadline_build_info", help::BUILD_INFO, build.to_vec()),
        info("loadline_host_info", help::HOST_INFO, host),
    ]
}

fn of_memory(reading: &Reading) -> [MetricFamily; 4] {
    let bytes = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
    let level = reading.memory_pressure.map(|pressure| match pressure {
        Pressure::Normal => 0.0,
        Pressure::Warning => 1.0,
        Pressure::Critical => 2.0,
    });
    [
        gauge("loadline_memory_used_bytes", help::MEMORY_USED, bytes(reading.memory_used_bytes)),
        gauge("loadline_memory_size_bytes", help::MEMORY_SIZE, bytes(reading.memory_total_bytes)),
        gauge("loadline_swap_used_bytes", help::SWAP_USED, bytes(reading.swap_used_bytes)),
        gauge("loadline_memory_pressure_level", help::MEMORY_PRESSURE, level),
    ]
}

fn of_alerts(snapshot: &MetricsSnapshot) -> [MetricFamily; 3] {
    let samples = |value: &dyn Fn(usize) -> Option<f64>| {
        let of = |metric: Metric| {
            let labels = vec![("metric", metric.key().to_owned())];
            Some(MetricSample { labels, value: value(metric as usize)? })
        };
        Metric::ALL.into_iter().filter_map(of).collect()
    };
    let threshold = |metric: usize| snapshot.thresholds[metric].map(|percent| ratio(percent.get().into()));
    [
        MetricFamily {
            name: "loadline_alert_threshold_ratio",
            kind: MetricKind::Gauge,
            help: help::ALERT_THRESHOLD,
            samples: samples(&threshold),
        },
        MetricFamily {
            name: "loadline_alert_firing",
            kind: MetricKind::Gauge,
            help: help::ALERT_FIRING,
            samples: samples(&|metric| Some(f64::from(u8::from(snapshot.are_firing[metric])))),
        },
        counter("loadline_alerts_total", help::ALERTS, samples(&|metric| Some(snapshot.totals.alerts[metric] as f64))),
    ]
}

fn gauge(name: &'static str, help: &'static str, value: Option<f64>) -> MetricFamily {
    MetricFamily { name, kind: MetricKind::Gauge, help, samples: value.map(sample).into_iter().collect() }
}

fn counter(name: &'static str, help: &'static str, samples: Vec<MetricSample>) -> MetricFamily {
    MetricFamily { name, kind: MetricKind::Counter, help, samples }
}

fn sample(value: f64) -> MetricSample {
    MetricSample { labels: Vec::new(), value }
}

/// A share of 1, in as many digits as a percentage can carry.
fn ratio(percent: f64) -> f64 {
    hundredths(percent) as f64 / 10_000.0
}

/// Whole microseconds, in seconds: sums of fractions end in digits that mean nothing.
fn micros(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}
