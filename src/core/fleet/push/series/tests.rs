//! Series: their labels, and their ends.

use super::*;
use crate::core::fleet::once;
use crate::core::metrics::reading::Reading;
use crate::core::settings::{Overrides, Settings};
use crate::core::time::now_at;

const CPU: &str = "loadline_cpu_usage_ratio";
/// The bits of the mark of an end.
const END: u64 = 0x7ff0_0000_0000_0002;

fn identity() -> MachineIdentity {
    let (version, os, arch) = ("0.1.0", "linux", "x86_64");
    MachineIdentity { version, os, arch, host: "studio".into(), host_id: Some("ab12".into()) }
}

fn at(at_ms: i64, cpu_percent: Option<f64>) -> TimedSnapshot {
    let reading = Reading { cpu_percent, ..Reading::default() };
    let snapshot = once::snapshot(Settings::DEFAULT, Overrides::default(), &[(reading, now_at(0, 0))]);
    TimedSnapshot { snapshot, at_ms }
}

fn name(series: &Series) -> &str {
    series.labels.iter().find(|(label, _)| *label == "__name__").map(|(_, name)| name).unwrap()
}

/// Times and bits of the series with this name; none where it is not sent.
fn samples(all: &[Series], wanted: &str) -> Vec<(i64, u64)> {
    let found = all.iter().filter(|series| name(series) == wanted).flat_map(|series| &series.samples);
    found.map(|sample| (sample.at_ms, sample.value.to_bits())).collect()
}

#[test]
fn every_series_has_sorted_labels_and_the_name_of_its_machine() {
    let all = series(None, &[at(1000, Some(50.0))], None, &identity());
    assert!(all.len() >= 12, "{}", all.len());
    for Series { labels, samples } in &all {
        assert!(labels.is_sorted_by(|a, b| a.0 < b.0) && samples.len() == 1, "{labels:?}");
        for own in [("job", "loadline"), ("instance", "studio"), ("host_id", "ab12")] {
            assert!(labels.iter().any(|(name, value)| (*name, value.as_str()) == own), "{own:?} of {labels:?}");
        }
    }
    let metric = |series: &Series| series.labels.iter().find(|label| label.0 == "metric").unwrap().1.clone();
    let firing: Vec<String> = all.iter().filter(|s| name(s) == "loadline_alert_firing").map(metric).collect();
    assert_eq!(firing, ["cpu", "memory"]);
    let unnamed = MachineIdentity { host: String::new(), ..identity() };
    let all = series(None, &[at(1000, None)], None, &unnamed);
    assert!(all.iter().flat_map(|series| &series.labels).all(|(_, value)| !value.is_empty()));
}

#[test]
fn a_value_that_gets_unknown_ends_its_series_once() {
    let half = 0.5_f64.to_bits();
    let [known, gone, still_gone, back] = [at(1, Some(50.0)), at(2, None), at(3, None), at(4, Some(50.0))];
    let all = series(None, &[known, gone, still_gone, back], None, &identity());
    assert_eq!(samples(&all, CPU), [(1, half), (2, END), (4, half)]);
    assert_eq!(samples(&series(Some(&known), &[gone, still_gone], None, &identity()), CPU), [(2, END)]);
    assert_eq!(samples(&series(Some(&gone), &[still_gone], None, &identity()), CPU), []);
}

#[test]
fn a_clean_end_ends_every_series_that_the_server_has() {
    let [known, gone] = [at(1, Some(50.0)), at(2, None)];
    let all = series(Some(&known), &[], Some(9), &identity());
    assert_eq!(all.len(), series(None, &[known], None, &identity()).len());
    assert!(all.iter().all(|series| series.samples.len() == 1), "{all:?}");
    assert_eq!(samples(&all, CPU), [(9, END)]);
    assert_eq!(samples(&series(Some(&known), &[gone], Some(9), &identity()), CPU), [(2, END)], "it has ended already");
    assert_eq!(series(None, &[], Some(9), &identity()), []);
}

#[test]
fn a_test_has_no_series_of_a_run() {
    let all = of_moment(at(1, Some(50.0)), &identity());
    let names: Vec<&str> = all.iter().map(name).collect();
    assert!(names.contains(&CPU) && names.contains(&"loadline_host_info"), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("alert") || name.ends_with("_total")), "{names:?}");
}
