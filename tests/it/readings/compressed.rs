//! Swap that is kept compressed in memory counts by what it takes there.

use super::{Counters, Watched, known, meminfo_text};
use crate::support::fake_proc::FakeProc;

pub const MM_STAT: &str = "zram0/mm_stat";
const ZRAM_KB: u64 = 4_000_000;

pub fn swaps(zram_used_kb: u64, disk_used_kb: u64) -> String {
    let area = |name, kind, used| format!("{name:<40}{kind}\t{ZRAM_KB}\t\t{used}\t\t100\n");
    let title = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
    [title, &area("/dev/zram0", "partition", zram_used_kb), &area("/swapfile", "file", disk_used_kb)].concat()
}

fn meminfo(used_kb: u64) -> String {
    meminfo_text(&[("SwapTotal", Some(2 * ZRAM_KB)), ("SwapFree", Some(2 * ZRAM_KB - used_kb))])
}

pub fn mm_stat(taken_bytes: u64) -> String {
    format!("{:>9} {:>9} {taken_bytes:>9} 0 {taken_bytes:>9} 0 0 0 0\n", taken_bytes * 4, taken_bytes)
}

#[test]
fn zram_that_fills_up_raises_no_alert_of_swap() {
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo(100_000)) else { return };
    let (areas, statistics) = (fake.mount("/proc/swaps", &swaps(0, 100_000)), fake.in_sys_block(MM_STAT, &mm_stat(0)));
    let home = crate::program::Home::new();
    let settings = r#"{"history": false, "alerts": {"memory": {"swap_growth": {"above_mb": 1000, "within": "10m"}}}}"#;
    let watched = Watched::start_with(&fake, &["--after", "0s"], home.with_settings(settings));
    watched.steps(2, || fake.set_stat(&counters.next()));
    // 3.2 GB are swapped out to zram, which take 0.8 GB.
    areas.set(&swaps(3_200_000, 100_000));
    statistics.set(&mm_stat(819_200_000));
    fake.set_meminfo(&meminfo(3_300_000));
    let filled = watched.steps(4, || fake.set_stat(&counters.next())).split_off(1);
    assert_eq!(known(&filled, "swap_used_bytes"), [(100_000_u64 * 1024 + 819_200_000) as f64; 3]);
    // The same on the disk raises one.
    areas.set(&swaps(0, 3_300_000));
    statistics.set(&mm_stat(0));
    let paged = watched.steps(4, || fake.set_stat(&counters.next())).split_off(1);
    assert_eq!(known(&paged, "swap_used_bytes"), [(3_300_000_u64 * 1024) as f64; 3]);
    let alerts = crate::wait::wait_for("an alert", crate::wait::SOON, || {
        Some(watched.program.out_with("\"alert\"")).filter(|alerts| !alerts.is_empty())
    });
    assert!(alerts.len() == 1 && alerts[0].contains("\"swap_grown_bytes\":3276800000"), "{alerts:?}");
}

#[test]
fn zram_whose_statistics_cannot_be_read_makes_swap_unknown() {
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo(100_000)) else { return };
    let _mounted = (fake.mount("/proc/swaps", &swaps(100_000, 0)), fake.in_sys_block(MM_STAT, "damaged\n"));
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "off"]);
    let readings = watched.steps(3, || fake.set_stat(&counters.next()));
    assert_eq!(known(&readings, "swap_used_bytes"), [0.0; 0]);
    assert_eq!(known(&readings, "memory_percent"), [62.5; 3]);
}

#[test]
fn swap_that_zram_has_written_back_to_a_disk_counts_as_swap_on_a_disk() {
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo(1_000_000)) else { return };
    let _areas = fake.mount("/proc/swaps", &swaps(1_000_000, 0));
    let _memory = fake.in_sys_block(MM_STAT, &mm_stat(100_000_000));
    let backing = fake.in_sys_block("zram0/bd_stat", "       0        0        0\n");
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "off"]);
    let mut swap = |figures: &str| {
        backing.set(figures);
        let readings = watched.steps(3, || fake.set_stat(&counters.next())).split_off(1);
        known(&readings, "swap_used_bytes")
    };
    assert_eq!(swap("       0        0        0\n"), [100_000_000.0; 2]);
    // 50,000 pages of 4 KiB are on the disk.
    assert_eq!(swap("   50000        0    50000\n"), [(100_000_000 + 50_000 * 4096_u64) as f64; 2]);
    // More than is in use at all: the figures are of different moments.
    assert_eq!(swap("  250001        0   250001\n"), [(100_000_000 + 1_000_000 * 1024_u64) as f64; 2]);
    assert_eq!(swap("damaged\n"), [0.0; 0]);
}
