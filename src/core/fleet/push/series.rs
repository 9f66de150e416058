//! The series of a push: the table of metrics over time, with the labels that a scrape would add, and the marks of their ends.

use std::collections::BTreeMap;

use crate::core::fleet::snapshot::MetricsSnapshot;
use crate::core::fleet::table::{MachineIdentity, MetricFamily, table, table_of_moment};

/// The label `job` of every pushed series: that of the shipped rules.
const JOB: &str = "loadline";
/// The value that ends a series at once, so that it is not taken for one that goes on for five minutes.
///
/// Source: Prometheus, `model/value/value.go`, `StaleNaN`.
const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// The values at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedSnapshot {
    pub snapshot: MetricsSnapshot,
    /// Milliseconds since 1970, by this machine's clock.
    pub at_ms: i64,
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Names and values, sorted by name, none of them empty: so the protocol demands it.
    pub labels: Vec<(&'static str, String)>,
    pub samples: Vec<TimedValue>,
}

/// A value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedValue {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    pub value: f64,
}

/// The series of `snapshots`, which are in the order of time. `before` is the last one that the server has: a series that it had
/// and that is not there any more is ended. With `end_ms` all are ended then.
///
/// The same arguments give the same series, in the same order: a retry must be the same to the byte.
pub fn series(
    before: Option<&TimedSnapshot>,
    snapshots: &[TimedSnapshot],
    end_ms: Option<i64>,
    identity: &MachineIdentity,
) -> Vec<Series> {
    let mut all: BTreeMap<Labels, SeriesRun> = BTreeMap::new();
    for labels in before.iter().flat_map(|before| labelled(&table(&before.snapshot, identity), identity)) {
        all.insert(labels.0, SeriesRun { is_open: true, samples: Vec::new() });
    }
    for TimedSnapshot { snapshot, at_ms } in snapshots {
        for (labels, value) in labelled(&table(snapshot, identity), identity) {
            let run = all.entry(labels).or_default();
            run.samples.push(TimedValue { at_ms: *at_ms, value });
            run.is_open = true;
        }
        let is_gone = |run: &&mut SeriesRun| run.samples.last().is_none_or(|last| last.at_ms < *at_ms);
        all.values_mut().filter(is_gone).for_each(|run| run.end(*at_ms));
    }
    if let Some(end_ms) = end_ms {
        all.values_mut().for_each(|run| run.end(end_ms));
    }
    let sent = all.into_iter().filter(|(_, run)| !run.samples.is_empty());
    sent.map(|(labels, run)| Series { labels, samples: run.samples }).collect()
}

/// The series of one moment, without a monitor that runs.
pub fn of_moment(taken: TimedSnapshot, identity: &MachineIdentity) -> Vec<Series> {
    let at_ms = taken.at_ms;
    let of_family = |(labels, value)| Series { labels, samples: vec![TimedValue { at_ms, value }] };
    let mut all: Vec<Series> =
        labelled(&table_of_moment(&taken.snapshot, identity), identity).into_iter().map(of_family).collect();
    all.sort_by(|one, other| one.labels.cmp(&other.labels));
    all
}

/// Names and values of labels, sorted by name.
type Labels = Vec<(&'static str, String)>;

#[derive(Default)]
struct SeriesRun {
    /// The server takes it to go on.
    is_open: bool,
    samples: Vec<TimedValue>,
}

impl SeriesRun {
    fn end(&mut self, at_ms: i64) {
        if std::mem::take(&mut self.is_open) {
            self.samples.push(TimedValue { at_ms, value: STALE });
        }
    }
}

/// Every value of the table with all its labels. Two machines of one name have the same `instance`; `host_id` tells them apart.
fn labelled(families: &[MetricFamily], identity: &MachineIdentity) -> Vec<(Labels, f64)> {
    let own = [("instance", Some(&identity.host)), ("host_id", identity.host_id.as_ref())];
    let own: Labels = own.iter().filter_map(|(name, value)| Some((*name, (*value)?.clone()))).collect();
    let of = |family: &MetricFamily| {
        let own = own.clone();
        let name = family.name.to_owned();
        let samples = family.samples.clone();
        samples.into_iter().map(move |sample| {
            let fixed = [("__name__", name.clone()), ("job", JOB.to_owned())];
            let all = fixed.into_iter().chain(own.clone()).chain(sample.labels);
            // A later one of the same name is the metric's own, and the same.
            let labels: BTreeMap<&'static str, String> = all.filter(|(_, value)| !value.is_empty()).collect();
            (labels.into_iter().collect(), sample.value)
        })
    };
    families.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests;
