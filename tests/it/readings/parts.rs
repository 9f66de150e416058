//! The parts of memory and swap that do not count as in use, where their files fail, come or change: no alert comes of it.

use serde_json::Value;

use super::compressed::{MM_STAT, mm_stat, swaps};
use super::failing::Failing;
use super::{Counters, Watched, known, meminfo_text};
use crate::program::Home;
use crate::support::fake_proc::FakeProc;

const ARCSTATS: &str = "/proc/spl/kstat/zfs/arcstats";
/// 90 % of the memory are in use as the kernel counts.
const FULL: (&str, Option<u64>) = ("MemAvailable", Some(1_600_000));
/// `EIO` and `EACCES`.
const IO: i32 = 5;
const ACCESS: i32 = 13;

/// A program that alerts on memory above 80 % at once.
struct Machine {
    fake: FakeProc,
    counters: Counters,
    failing: Failing,
    watched: Watched,
}

impl Machine {
    fn start(fake: FakeProc, order: impl FnOnce(&Home) -> String) -> Machine {
        let home = Home::new().with_settings(r#"{"history": false}"#);
        let failing = Failing::new(&home);
        failing.set(&order(&home));
        let options = ["--cpu", "off", "--memory", "80", "--after", "0s"];
        let watched = Watched::start_as(&fake, &options, home, |command| failing.add_to(command));
        Machine { fake, counters: Counters::new(), failing, watched }
    }

    fn steps(&mut self, count: usize) -> Vec<Value> {
        self.watched.steps(count, || self.fake.set_stat(&self.counters.next()))
    }

    #[track_caller]
    fn assert_no_alert(&self) {
        assert_eq!(self.watched.program.out_with("\"alert\""), [""; 0]);
    }
}

/// The cache of ZFS has 8,000,000 kB, all of which can be given back.
fn arcstats(home: &Home) -> (String, String) {
    let text = format!("13 1 0x01\nname type data\nc_min 4 0\nsize 4 {}\n", 8_000_000_u64 * 1024);
    let path = home.file("arcstats", text).display().to_string();
    (path.clone(), format!("map 1 {ARCSTATS} {path}\n"))
}

#[test]
fn a_cache_of_zfs_that_cannot_be_read_makes_memory_unknown() {
    let shelf = Home::new();
    let (path, map) = arcstats(&shelf);
    let Some(fake) = FakeProc::new(&Counters::new().text(), &meminfo_text(&[FULL])) else { return };
    let mut machine = Machine::start(fake, |_| map.clone());
    assert_eq!(known(&machine.steps(3), "memory_percent"), [40.0; 3]);
    for order in [
        format!("{map}read {IO} {path}"),
        format!("{map}read {ACCESS} {path}\nopen {ACCESS} {ARCSTATS}"),
        format!("{map}read {IO} {path}\nopen {IO} {ARCSTATS}"),
    ] {
        machine.failing.set(&order);
        assert_eq!(known(&machine.steps(4).split_off(1), "memory_percent"), [0.0; 0], "{order}");
        machine.failing.set(&map);
        assert_eq!(known(&machine.steps(4).split_off(2), "memory_percent"), [40.0; 2], "{order}");
    }
    std::fs::write(&path, "damaged\n").unwrap();
    assert_eq!(known(&machine.steps(4).split_off(1), "memory_percent"), [0.0; 0]);
    machine.assert_no_alert();
}

#[test]
fn zfs_that_is_loaded_later_is_seen_before_its_cache_makes_an_alert() {
    let shelf = Home::new();
    let (_, map) = arcstats(&shelf);
    let Some(fake) = FakeProc::new(&Counters::new().text(), &meminfo_text(&[])) else { return };
    let mut machine = Machine::start(fake, |_| String::new());
    assert_eq!(known(&machine.steps(2), "memory_percent"), [62.5; 2]);
    machine.failing.set(&map);
    machine.fake.set_meminfo(&meminfo_text(&[FULL]));
    let loaded = known(&machine.steps(6), "memory_percent");
    assert!(loaded.len() >= 3 && loaded[1..].iter().all(|percent| *percent == 40.0), "{loaded:?}");
    machine.assert_no_alert();
}

#[test]
fn free_huge_pages_of_every_size_are_not_in_use() {
    const GIGABYTE: &str = "/sys/kernel/mm/hugepages/hugepages-1048576kB";
    if !std::path::Path::new(GIGABYTE).exists() {
        eprintln!("SKIPPED: this machine has no huge pages of 1 GiB");
        return;
    }
    // Eight of 1 GiB, two of which are in use or promised, and none of the default size.
    let pages = [
        ("HugePages_Total", Some(0)),
        ("HugePages_Free", Some(0)),
        ("HugePages_Rsvd", Some(0)),
        ("Hugepagesize", Some(2_048)),
        ("Hugetlb", Some(8 << 20)),
    ];
    let meminfo = meminfo_text(&[&[FULL], &pages[..]].concat());
    let Some(fake) = FakeProc::new(&Counters::new().text(), &meminfo) else { return };
    let free = fake.mount(&format!("{GIGABYTE}/free_hugepages"), "7\n");
    let _reserved = fake.mount(&format!("{GIGABYTE}/resv_hugepages"), "1\n");
    let mut machine = Machine::start(fake, |_| String::new());
    let used = ((14_400_000 - (6 << 20)) * 1024_u64) as f64;
    assert_eq!(known(&machine.steps(3), "memory_used_bytes"), [used; 3]);
    let path = format!("{GIGABYTE}/free_hugepages");
    for order in [format!("read {IO} {path}"), format!("read {ACCESS} {path}\nopen {ACCESS} {path}")] {
        machine.failing.set(&order);
        assert_eq!(known(&machine.steps(4).split_off(1), "memory_percent"), [0.0; 0], "{order}");
        machine.failing.set("");
        assert_eq!(known(&machine.steps(3).split_off(1), "memory_used_bytes"), [used; 2], "{order}");
    }
    free.set("damaged\n");
    assert_eq!(known(&machine.steps(4).split_off(1), "memory_percent"), [0.0; 0]);
    machine.assert_no_alert();
}

#[test]
fn more_available_memory_than_there_is_is_estimated() {
    let available = ("MemAvailable", Some(16_000_001));
    let Some(readings) = super::steady(&meminfo_text(&[available]), 3) else { return };
    // As on a kernel without that line.
    assert_eq!(known(&readings, "memory_used_bytes"), [(10_120_000_u64 * 1024) as f64; 3]);
    let Some(readings) = super::steady(&meminfo_text(&[available, ("Cached", Some(99_000_000))]), 3) else { return };
    assert_eq!(known(&readings, "memory_percent"), [0.0; 0], "neither can be true");
}

/// 1,000,000 kB of swap are in use.
fn swapped() -> String {
    meminfo_text(&[("SwapTotal", Some(8_000_000)), ("SwapFree", Some(7_000_000))])
}

#[test]
fn swap_areas_that_cannot_be_read_make_swap_unknown_until_they_can() {
    const SWAPS: &str = "/proc/swaps";
    let taken = 100_000_000;
    let Some(fake) = FakeProc::new(&Counters::new().text(), &swapped()) else { return };
    let areas = fake.mount(SWAPS, &swaps(1_000_000, 0));
    let _statistics = fake.in_sys_block(MM_STAT, &mm_stat(taken));
    let mut machine = Machine::start(fake, |_| format!("open {ACCESS} {SWAPS}\n"));
    assert_eq!(known(&machine.steps(3), "swap_used_bytes"), [0.0; 0]);
    machine.failing.set("");
    assert_eq!(known(&machine.steps(3).split_off(1), "swap_used_bytes"), [taken as f64; 2]);
    machine.failing.set(&format!("read {IO} {SWAPS}"));
    assert_eq!(known(&machine.steps(4).split_off(1), "swap_used_bytes"), [0.0; 0]);
    machine.failing.set("");
    assert_eq!(known(&machine.steps(3).split_off(1), "swap_used_bytes"), [taken as f64; 2]);
    for damaged in ["", "garbage\n"] {
        areas.set(damaged);
        machine.fake.set_meminfo(&meminfo_text(&[("SwapTotal", Some(9_000_000)), ("SwapFree", Some(8_000_000))]));
        assert_eq!(known(&machine.steps(4).split_off(1), "swap_used_bytes"), [0.0; 0], "{damaged}");
        areas.set(&swaps(1_000_000, 0));
        machine.fake.set_meminfo(&swapped());
        assert_eq!(known(&machine.steps(4).split_off(2), "swap_used_bytes"), [taken as f64; 2]);
    }
}

#[test]
fn a_disk_that_is_swapped_for_zram_of_the_same_size_is_seen_in_a_few_readings() {
    let taken = 100_000_000;
    let Some(fake) = FakeProc::new(&Counters::new().text(), &swapped()) else { return };
    let areas = fake.mount("/proc/swaps", &swaps(0, 1_000_000).replace("/dev/zram0", "/dev/sda01"));
    let _statistics = fake.in_sys_block(MM_STAT, &mm_stat(taken));
    let mut machine = Machine::start(fake, |_| String::new());
    assert_eq!(known(&machine.steps(3), "swap_used_bytes"), [(1_000_000_u64 * 1024) as f64; 3]);
    areas.set(&swaps(1_000_000, 0));
    assert_eq!(known(&machine.steps(18).split_off(17), "swap_used_bytes"), [taken as f64]);
}

#[test]
fn doctor_says_that_swap_is_not_known_and_fails_where_a_rule_needs_it() {
    let contradictory = meminfo_text(&[("SwapTotal", Some(1_048_576)), ("SwapFree", Some(1_048_580))]);
    let reason = "swap is not known: its figures cannot be read, or contradict each other";
    let growth = r#"{"alerts": {"memory": {"swap_growth": {"above_mb": 1000, "within": "10m"}}}}"#;
    for (settings, state) in [("{}", "ok  "), (growth, "FAIL")] {
        let home = Home::new().with_settings(settings);
        let mut counters = Counters::new();
        let Some(fake) = FakeProc::new(&counters.text(), &contradictory) else { return };
        let mut program = crate::process::Program::start(fake.wrap(&home.loadline(&["doctor"])));
        crate::wait::wait_for("the check", crate::wait::SOON, || {
            fake.set_stat(&counters.next());
            program.out_with("  readings  ").pop()
        });
        program.wait_exit();
        let line = program.out_with("  readings  ").remove(0);
        assert!(line.starts_with(state) && line.ends_with(reason), "{line}");
    }
}
