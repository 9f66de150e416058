//! What the costs are measured with still runs, and what was measured is what is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap()
}

/// The rows of the tables of a section of a Markdown file, heads left out.
fn rows(text: &str, section: &str) -> Vec<String> {
    let section = text.split("\n## ").find(|part| part.lines().next() == Some(section)).unwrap_or_default();
    let lines: Vec<&str> = section.lines().collect();
    let is_row = |index: &usize| {
        let is_head = lines.get(index + 1).is_some_and(|next| next.starts_with("| ---"));
        lines[*index].starts_with("| ") && !lines[*index].starts_with("| ---") && !is_head
    };
    (0..lines.len()).filter(is_row).map(|index| lines[index].to_owned()).collect()
}

#[test]
fn the_scripts_can_be_read_and_tell_their_parts() {
    for entry in fs::read_dir(project("tests/bench")).unwrap().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|extension| extension == "py") {
            let check = "import sys; compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')";
            let done = Command::new("/usr/bin/python3").args(["-c", check]).arg(entry.path()).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
    }
    let done = Command::new(project("tests/bench/run")).arg("--help").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let help = String::from_utf8(done.stdout).unwrap();
    let parts = ["reading", "refresh", "start", "crossing", "size", "day", "whole", "build", "results"];
    for word in parts.iter().chain(&["--minutes", "--quick", "--build", "--out"]) {
        assert!(help.contains(word), "{help}");
    }
}

#[test]
fn the_results_tell_every_goal_with_its_verdict() {
    let (results, goals) = (text("tests/bench/RESULTS.md"), text("tests/bench/goals.py"));
    let rows = rows(&results, "Goals");
    assert_eq!(rows.len(), goals.matches("        yield ").count());
    for row in rows {
        let goal = row.split(" | ").next().unwrap().trim_start_matches("| ");
        assert!(goals.contains(&format!("\"{goal}\"")), "'{goal}' is no goal any more");
        assert!(row.ends_with(" | met |") || row.ends_with(" | **missed** |"), "{row}");
    }
}

#[test]
fn the_readme_tells_what_was_measured() {
    let results = text("tests/bench/RESULTS.md");
    let measured = rows(&results, "In short");
    let told = rows(&text("README.md"), "What it costs");
    assert_eq!(told, measured, "README.md, 'What it costs', takes its table from tests/bench/RESULTS.md, 'In short'");
    let size = "Replay, size, build";
    for section in ["One reading", "The whole process", "The panel", "A day of readings", "Start and alert", size] {
        assert!(!rows(&results, section).is_empty(), "{section}");
    }
}
