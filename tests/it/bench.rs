//! The bench (`tests/bench/run`) still starts, its script and its results have the same tables and goals, and the published
//! costs are the measured ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Heads the table of costs, in the results and wherever it is published.
const COSTS: &str = "| every 2 s | CPU, of a core | memory |";

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap()
}

/// The bench's script, with the parts of each string literal joined.
fn script() -> String {
    text("tests/bench/bench.py").replace("\"\n        \"", "")
}

/// The heads of the tables of a Markdown file, in order.
fn heads(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    lines.windows(2).filter(|pair| pair[1].starts_with("| ---")).map(|pair| pair[0]).collect()
}

/// The rows of the table below `head`.
fn rows<'a>(text: &'a str, head: &str) -> Vec<&'a str> {
    text.lines().skip_while(|line| *line != head).skip(2).take_while(|line| line.starts_with('|')).collect()
}

#[test]
fn the_script_compiles_and_its_help_lists_the_parts() {
    let check = "import sys; compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')";
    let done = Command::new("/usr/bin/python3")
        .args(["-I", "-c", check])
        .arg(project("tests/bench/bench.py"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let done = Command::new(project("tests/bench/run")).arg("--help").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let help = String::from_utf8(done.stdout).unwrap();
    let parts = ["reading", "looks", "start", "crossing", "fleet", "size", "day", "whole", "build"];
    for word in parts.iter().chain(&["--minutes", "--quick", "--build", "--out"]) {
        assert!(help.contains(word), "{help}");
    }
}

#[test]
fn the_script_fills_every_table_of_the_results_and_no_other() {
    let (results, script) = (text("tests/bench/RESULTS.md"), script());
    let mut in_results = heads(&results);
    for head in &in_results {
        assert!(!rows(&results, head).is_empty(), "'{head}' has no rows");
    }
    let is_head = |literal: &&str| literal.starts_with("| ") && literal.ends_with(" |");
    let mut in_script: Vec<&str> = script.split('"').filter(is_head).collect();
    in_results.sort_unstable();
    in_script.sort_unstable();
    assert_eq!(in_results, in_script);
}

#[test]
fn the_results_have_every_goal_with_its_verdict() {
    let (results, script) = (text("tests/bench/RESULTS.md"), script());
    let in_script = script.split("goal(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let rows = rows(&results, "| goal | measured |  |");
    let in_results = rows.iter().filter_map(|row| row.trim_start_matches("| ").split(" | ").next());
    assert_eq!(in_results.collect::<Vec<_>>(), in_script.collect::<Vec<_>>());
    for row in rows {
        assert!(row.ends_with(" | met |") || row.ends_with(" | **missed** |"), "{row}");
    }
}

#[test]
fn the_published_costs_are_the_measured_ones() {
    let results = text("tests/bench/RESULTS.md");
    let measured = rows(&results, COSTS);
    let published =
        ["README.md", "resources/manual/costs.md"].map(|path| fs::read_to_string(project(path)).unwrap_or_default());
    let published: Vec<_> = published.iter().filter(|text| text.contains(COSTS)).collect();
    assert!(!published.is_empty(), "the costs are published nowhere");
    for text in published {
        assert_eq!(rows(text, COSTS), measured, "tests/bench/run fills this table, as in tests/bench/RESULTS.md");
    }
}
