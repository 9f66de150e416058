//! Files that are damaged in any way: the value is unknown, and so it stays until the file is whole again.

use super::{Counters, Watched, known, meminfo_text};
use crate::support::fake_proc::{FakeProc, stat_text};

#[test]
fn a_damaged_file_of_counters_makes_the_cpu_unknown() {
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new(&counters.text(), &meminfo_text(&[])) else { return };
    let watched = Watched::start(&fake, &["--cpu", "60", "--memory", "off", "--after", "0s"]);
    let damages: [fn(&str) -> String; 6] = [
        |_| String::new(),
        |text| text[..20].to_owned(),
        |text| text.replacen("cpu ", "cpv ", 1),
        |text| text.split_once('\n').unwrap().1.to_owned(),
        |text| format!("\0\0garbage\n{text}"),
        |_| stat_text([0; 10], 4),
    ];
    for (index, damage) in damages.iter().enumerate() {
        let whole = known(&watched.steps(4, || fake.set_stat(&counters.next())), "cpu_percent");
        assert!(whole.iter().all(|percent| *percent == 50.0), "{index}: {whole:?}");
        // The first of them may have been read before.
        let damaged = watched.steps(3, || fake.set_stat(&damage(&counters.next()))).split_off(1);
        assert_eq!(known(&damaged, "cpu_percent"), [0.0; 0], "{index}");
        assert_eq!(known(&damaged, "memory_percent"), [62.5; 2], "{index}");
    }
    assert_eq!(watched.program.out_with("\"alert\""), [""; 0]);
}

#[test]
fn a_damaged_file_of_memory_makes_memory_unknown() {
    let mut counters = Counters::new();
    let whole = meminfo_text(&[]);
    let Some(fake) = FakeProc::new(&counters.text(), &whole) else { return };
    let watched = Watched::start(&fake, &["--cpu", "off", "--memory", "70", "--after", "0s"]);
    for damaged in [
        whole.replacen(" kB", " MB", 1),
        whole.replacen("MemTotal", "MemT0tal", 1),
        whole[..40].to_owned(),
        "\0".repeat(200),
        meminfo_text(&[("MemTotal", Some(0)), ("MemFree", Some(0)), ("MemAvailable", Some(0))]),
    ] {
        fake.set_meminfo(&damaged);
        let readings = watched.steps(3, || fake.set_stat(&counters.next())).split_off(1);
        assert_eq!(known(&readings, "memory_percent"), [0.0; 0], "{damaged}");
    }
    fake.set_meminfo(&meminfo_text(&[("SwapTotal", Some(0)), ("SwapFree", Some(0))]));
    let readings = watched.steps(3, || fake.set_stat(&counters.next())).split_off(1);
    assert_eq!(
        (known(&readings, "memory_percent"), known(&readings, "swap_used_bytes")),
        (vec![62.5; 2], vec![0.0; 2])
    );
    assert_eq!(watched.program.out_with("\"alert\""), [""; 0]);
}
