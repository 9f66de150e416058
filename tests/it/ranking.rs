//! The ranking of applications, against a slow and simple account of the same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;

use loadline::core::processes::top_apps::{AppUsage, MAX_APPS, ProcessSample, TopApps, rank_apps};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "kernel", ""];

/// A process with few possible values, so that there are equals, and some extreme ones.
fn sample() -> impl Strategy<Value = ProcessSample> {
    let cpu_time = prop_oneof![
        8 => (0..5u64).prop_map(|n| Duration::from_millis(n * 10)),
        1 => Just(Duration::from_secs(1 << 40)),
    ];
    let bytes = || prop_oneof![8 => 0..4u64, 1 => Just(1u64 << 50)];
    (0..3u64, prop::sample::select(&NAMES[..]), cpu_time, bytes(), bytes()).prop_map(
        |(started, application, cpu_time, private_bytes, shared_bytes)| ProcessSample {
            pid: 0,
            started,
            parent: 0,
            application: application.into(),
            cpu_time,
            children_cpu_time: Duration::ZERO,
            private_bytes,
            shared_bytes,
        },
    )
}

/// A scan: each process has a number of its own, in any order.
fn scan() -> impl Strategy<Value = Vec<ProcessSample>> {
    let processes = prop::collection::btree_map(1..16u32, sample(), 0..16);
    let numbered =
        |map: BTreeMap<u32, ProcessSample>| map.into_iter().map(|(pid, s)| ProcessSample { pid, ..s }).collect();
    processes.prop_map(numbered).prop_shuffle()
}

fn elapsed() -> impl Strategy<Value = Duration> {
    prop_oneof![1 => Just(0), 9 => 1..10_000u64].prop_map(Duration::from_millis)
}

/// The usage of `name`, by its definition.
fn account(name: &str, before: &[ProcessSample], now: &[ProcessSample], elapsed: Duration) -> (Duration, AppUsage) {
    let mut used = Duration::ZERO;
    let (mut private, mut shared) = (0, 0);
    let mut pids = BTreeSet::new();
    for s in now.iter().filter(|s| &*s.application == name) {
        let earlier = before.iter().find(|b| b.pid == s.pid && b.started == s.started);
        let since = earlier.map_or(Duration::ZERO, |b| b.cpu_time);
        if s.cpu_time > since {
            used += s.cpu_time - since;
        }
        private += s.private_bytes;
        shared = shared.max(s.shared_bytes);
        pids.insert(s.pid);
    }
    let cpu_percent = if elapsed.is_zero() { 0.0 } else { used.as_secs_f64() * 100.0 / elapsed.as_secs_f64() };
    (
        used,
        AppUsage { name: name.into(), pids: pids.into_iter().collect(), cpu_percent, memory_bytes: private + shared },
    )
}

/// The greatest by amount, taken one after the other, without those that have a twentieth of the greatest or less.
fn greatest(mut of: Vec<(u128, AppUsage)>) -> Vec<AppUsage> {
    let mut first = Vec::new();
    let most = of.iter().map(|(amount, _)| *amount).max().unwrap_or_default();
    of.retain(|(amount, _)| *amount > most / 20);
    while first.len() < MAX_APPS && !of.is_empty() {
        let better = |a: usize, b: usize| of[a].0 > of[b].0 || of[a].0 == of[b].0 && of[a].1.name < of[b].1.name;
        let best = (0..of.len()).reduce(|best, next| if better(next, best) { next } else { best }).unwrap();
        first.push(of.remove(best).1);
    }
    first
}

fn are_alike(ours: &[AppUsage], theirs: &[AppUsage]) -> bool {
    let facts = |p: &AppUsage| (p.name.clone(), p.pids.clone(), p.memory_bytes);
    let percents_agree =
        ours.iter().zip(theirs).all(|(a, b)| (a.cpu_percent - b.cpu_percent).abs() <= b.cpu_percent * 1e-9);
    ours.iter().map(facts).eq(theirs.iter().map(facts)) && percents_agree
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_ranking_follows_its_definition(before in scan(), now in scan(), elapsed in elapsed()) {
        let TopApps { by_cpu, by_memory, .. } = rank_apps(&before, &now, elapsed);
        let names: BTreeSet<&str> = now.iter().map(|s| &*s.application).collect();
        let accounts = || names.iter().map(|name| account(name, &before, &now, elapsed));
        let users = accounts().map(|(used, p)| (used.as_nanos(), p)).filter(|(used, _)| *used > 0 && !elapsed.is_zero());
        let users = users.collect();
        prop_assert!(are_alike(&by_cpu, &greatest(users)), "{by_cpu:?}");
        let holders = accounts().map(|(_, p)| (u128::from(p.memory_bytes), p)).filter(|(bytes, _)| *bytes > 0).collect();
        prop_assert!(are_alike(&by_memory, &greatest(holders)), "{by_memory:?}");
    }
}
