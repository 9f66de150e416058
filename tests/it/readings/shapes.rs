//! Machines of all sizes and ages.

use super::{Counters, Watched, known, meminfo_text, steady};
use crate::support::fake_proc::{FakeProc, stat_text};

#[test]
fn a_machine_of_4096_processors_and_24_tb_is_measured() {
    const TERABYTE_KB: u64 = 1 << 30;
    let mut counters = Counters::new();
    // Counters above 2^53, where a floating-point number would lose ticks.
    counters.ticks.iter_mut().take(8).for_each(|ticks| *ticks += 1 << 53);
    let meminfo = meminfo_text(&[("MemTotal", Some(24 * TERABYTE_KB)), ("MemAvailable", Some(6 * TERABYTE_KB))]);
    let mut text = || {
        counters.next();
        stat_text(counters.ticks, 4096)
    };
    let Some(fake) = FakeProc::new(&text(), &meminfo) else { return };
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "off"]);
    let readings = watched.steps(5, || fake.set_stat(&text()));
    let cpu = known(&readings, "cpu_percent");
    assert!(!cpu.is_empty() && cpu.iter().all(|percent| *percent == 50.0), "{cpu:?}");
    assert_eq!(known(&readings, "memory_percent"), [75.0; 5]);
    assert_eq!(readings[0]["memory_total_bytes"], 24_u64 << 40);
}

#[test]
fn kernels_without_available_memory_are_estimated() {
    let Some(readings) = steady(&meminfo_text(&[("MemAvailable", None)]), 3) else { return };
    // Free 2,000,000, buffers 100,000, cached 3,500,000, reclaimable 300,000, less 20,000 of shared memory.
    assert_eq!(known(&readings, "memory_used_bytes"), [(10_120_000_u64 * 1024) as f64; 3]);
}

#[test]
fn kernels_with_fewer_columns_are_measured() {
    let mut idle = 0;
    let mut text = || {
        idle += 75;
        format!("cpu  {} 0 0 {idle}\ncpu0 {} 0 0 {idle}\n", idle / 3, idle / 3)
    };
    let Some(fake) = FakeProc::new(&text(), &meminfo_text(&[])) else { return };
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "off"]);
    let cpu = known(&watched.steps(5, || fake.set_stat(&text())), "cpu_percent");
    assert!(!cpu.is_empty() && cpu.iter().all(|percent| *percent == 25.0), "{cpu:?}");
}

#[test]
fn free_huge_pages_are_not_in_use() {
    let pages = [("HugePages_Free", Some(2_100)), ("HugePages_Rsvd", Some(100)), ("Hugepagesize", Some(2_048))];
    let meminfo = meminfo_text(&[&[("MemAvailable", Some(5_200_000))], &pages[..]].concat());
    let Some(readings) = steady(&meminfo, 3) else { return };
    assert_eq!(known(&readings, "memory_used_bytes"), [((10_800_000 - 2_000 * 2_048_u64) * 1024) as f64; 3]);
}
