//! `loadline metrics`: the table on stdout, or in a file.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::{check_metrics, value};
use crate::program::{Home, Ran};

#[test]
fn the_table_is_printed_after_one_interval() {
    let home = Home::new().with_settings(r#"{"refresh": "250ms"}"#);
    let Ran { status, stdout, stderr } = home.run(&["metrics"]);
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    check_metrics(&stdout);
    let usage = value(&stdout, "loadline_cpu_usage_ratio").unwrap();
    assert!((0.0..=1.0).contains(&usage), "{usage}");
    let [used, size] = ["used", "size"].map(|of| value(&stdout, &format!("loadline_memory_{of}_bytes")).unwrap());
    assert!(0.0 < used && used < size, "{used} of {size}");
    assert_eq!(value(&stdout, "loadline_refresh_interval_seconds"), Some(0.25));
    let version =
        format!("loadline_build_info{{version=\"{}\",os=\"{}\"", env!("CARGO_PKG_VERSION"), std::env::consts::OS);
    assert!(stdout.contains(&version), "{stdout}");
}

#[test]
fn the_machine_keeps_its_random_name() {
    let home = Home::new();
    let info = || {
        let stdout = home.run(&["metrics", "--every", "250ms"]).stdout;
        stdout.lines().find(|line| line.starts_with("loadline_host_info{")).unwrap().to_owned()
    };
    let first = info();
    assert!(first.contains("host_id=\""), "{first}");
    assert_eq!(info(), first);
}

#[test]
fn alerts_and_totals_are_those_of_a_monitor_that_runs_and_are_left_out() {
    let home = Home::new();
    let arguments = ["metrics", "--memory", "1", "--after", "0s", "--every", "250ms"];
    let printed = home.run(&arguments).stdout;
    home.run(&[&arguments[..], &["--out", "loadline.prom"]].concat());
    for table in [printed, fs::read_to_string(home.path().join("loadline.prom")).unwrap()] {
        check_metrics(&table);
        assert!(value(&table, "loadline_memory_used_bytes").is_some(), "{table}");
        for word in ["loadline_alert", "_total", " counter\n", "ALERT"] {
            assert!(!table.contains(word), "{word} in {table}");
        }
    }
}

#[test]
fn a_file_is_replaced_as_a_whole_and_everybody_may_read_it() {
    let home = Home::new();
    let folder = home.path().join("collector");
    fs::create_dir(&folder).unwrap();
    let (file, link) = (folder.join("loadline.prom"), folder.join("link.prom"));
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    symlink("loadline.prom", &link).unwrap();
    let old = fs::metadata(&file).unwrap().ino();
    let ran = home.run(&["metrics", "--every", "250ms", "--out", link.to_str().unwrap()]);
    assert_eq!(ran, Ran { status: Some(0), stdout: String::new(), stderr: String::new() });
    let text = fs::read_to_string(&file).unwrap();
    check_metrics(&text);
    assert!(value(&text, "loadline_cpu_usage_ratio").is_some(), "{text}");
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o644);
    assert_ne!(metadata.ino(), old, "another file took its place");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let home = Home::new();
    for out in ["gone/loadline.prom", "."] {
        let ran = home.run(&["metrics", "--every", "250ms", "--out", out]);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.starts_with(&format!("loadline: could not write '{out}': ")), "{}", ran.stderr);
    }
    assert!(!home.path().join("gone").exists());
}

#[test]
fn options_of_other_commands_are_refused() {
    let home = Home::new();
    for (arguments, message) in [
        (&["metrics", "--json"][..], "'--json' is not for 'metrics', which prints Prometheus's own text format"),
        (&["--listen", "127.0.0.1:0", "metrics"], "'--listen' is for 'watch' and the menu-bar app"),
        (&["--listen", "127.0.0.1:0", "watch"], "'--listen' goes behind 'watch': loadline watch --listen ..."),
        (&["metrics", "--settings", "gone.json"], "'--settings gone.json': there is no such file"),
    ] {
        let ran = home.run(arguments);
        assert_eq!((ran.status, ran.stderr), (Some(2), format!("loadline: {message}\n")), "{arguments:?}");
    }
}
