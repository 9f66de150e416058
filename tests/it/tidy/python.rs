//! Python is started apart from its surroundings (`-I`): it would import from the folder that it is started in, and from where
//! the person's variables say, also as root.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file of the project but the sources and the manual, with its path and text; no pictures.
fn scripts() -> Vec<(String, String)> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = [".ci", ".github", "bundle", "tests"].map(|name| project.join(name)).into();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(project).unwrap().display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push((name, text));
            }
        }
    }
    assert!(found.len() > 100, "{} files", found.len());
    found
}

/// The calls of Python in a line that are not apart from their surroundings: each program by that name, or by that of its
/// installer, without `-I` right after it.
fn exposed(line: &str) -> Option<String> {
    let is_end = |c: char| c.is_whitespace() || "\"'`()[]{},;&|=<>".contains(c);
    // The methods that give a command its arguments stand between the two.
    let is_method = |word: &str| word.ends_with(".arg") || word.ends_with(".args");
    let mut words = line.split(is_end).filter(|word| !word.is_empty() && !is_method(word)).peekable();
    let mut before = "";
    while let Some(word) = words.next() {
        let name = word.trim_start_matches("#!").rsplit('/').next().unwrap_or_default();
        let version = |start: &str| {
            name.strip_prefix(start).is_some_and(|rest| {
                rest.trim_matches(['.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).is_empty()
            })
        };
        let is_module = ["-m", "venv"].contains(&before) || before.starts_with("python:");
        let is_call = (version("python") || version("pip")) && !is_module;
        if is_call && words.peek() != Some(&"-I") {
            return Some(word.to_owned());
        }
        before = word;
    }
    None
}

/// A line that names Python without starting it.
fn is_mention(file: &str, line: &str) -> bool {
    let line = line.trim_start();
    // The names of packages; the constants, whose uses are looked at below; and how Loadline names programs.
    (file == "bundle/system-packages" && line.contains("python:"))
        || line.starts_with("const PYTHON: &str")
        || line.starts_with("PYTHON = ")
        || line.starts_with("prepare python ")
        || (line.starts_with('#') && !line.starts_with("#!"))
        || line.starts_with("//")
        || (file == "tests/it/top_apps.rs" && (line.contains("fn python(") || line.contains(" python(&home")))
}

#[test]
fn python_imports_from_its_own_library_alone() {
    for (file, text) in scripts() {
        let is_prose = [".md", ".txt", "tests/it/tidy/python.rs"].iter().any(|end| file.ends_with(end));
        if is_prose {
            continue;
        }
        let is_program = file.ends_with(".rs") || file.ends_with(".py");
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !is_mention(&file, line)) {
            // In a program the words of a call are a path, or the constant that stands for it; other words are names.
            let by_constant = ["new(PYTHON", "[PYTHON", "output(PYTHON", "{PYTHON"]
                .iter()
                .fold(line.to_owned(), |line, call| line.replace(call, &call.replace("PYTHON", "/usr/bin/python3")));
            let line = if is_program { by_constant.replace("\\n", " ") } else { line.to_owned() };
            if is_program && !line.contains("/python") {
                continue;
            }
            let line =
                if is_program { line.replace("\"python\"", "a key").replace("python = ", "name = ") } else { line };
            let next = text.lines().nth(index + 1).unwrap_or_default();
            // A command and its arguments may stand on two lines.
            let call = if line.contains("Command::new(") { format!("{line} {next}") } else { line };
            assert_eq!(exposed(&call), None, "{file}, line {}: {call}", index + 1);
        }
    }
}

#[test]
fn an_exposed_call_is_found_in_every_form() {
    for line in [
        "#!/usr/bin/python3",
        "#!/usr/bin/env python3",
        "    python3 script.py",
        "if ! python3.11 -c 'import json'; then",
        "x=$(/usr/bin/python3 - \"$1\" <<'END'",
        "Command::new(\"/usr/bin/python3\").args([\"-c\", script])",
        "\"$tools/python/bin/pip\" install x",
        "run: pip3 install x",
        "/usr/bin/python3 -B -I script.py",
    ] {
        assert!(exposed(line).is_some(), "{line}");
    }
    for line in
        ["#!/usr/bin/python3 -I", "python3 -I -m pip install x", "[\"/usr/bin/python3\", \"-I\", \"-m\"]", "pythonic"]
    {
        assert_eq!(exposed(line), None, "{line}");
    }
}
